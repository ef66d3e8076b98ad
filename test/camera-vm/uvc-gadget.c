/*
 * The brain of a USB webcam made of usb_f_uvc: answers the control requests of the host's uvcvideo.
 *
 *   uvc-gadget /dev/videoN
 *
 * /dev/videoN is the node that usb_f_uvc made. The kernel plugs the webcam in when this program has subscribed to the
 * SETUP event, and pulls it when the program ends. Formats, frame sizes and intervals are described in configfs
 * (uvc-gadget.sh); the tables below must say the same. dummy_hcd fails isochronous transfers, so no picture can be
 * sent: STREAMON is answered, and the host then sees a camera that never delivers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/usb/ch9.h>
#include <linux/usb/g_uvc.h>
#include <linux/usb/video.h>
#include <linux/videodev2.h>

enum { INTERFACE_STREAMING = 1, FORMATS = 2, FRAMES = 2 };
enum { DEFAULT_INTERVAL = 333333 }; /* 100 ns units */

static const uint32_t frame_bytes[FRAMES] = {640 * 480 * 2, 1280 * 720 * 2};

/* One control of a unit: values are little-endian, as many bytes as `length`. */
struct control {
    uint8_t unit, selector, length;
    int32_t minimum, maximum, step, preset, current;
};

static struct control controls[] = {
    {1, UVC_CT_AE_MODE_CONTROL, 1, 1, 15, 0x0f, 8, 8},      /* here `step` is the bit map of modes */
    {2, UVC_PU_BRIGHTNESS_CONTROL, 2, -64, 64, 1, 0, 0},
};

static struct uvc_streaming_control probe, commit;
static struct uvc_streaming_control *streaming_target; /* what the data stage of a SET_CUR is for */
static struct control *control_target;

static uint32_t bounded(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Fills in what the camera grants for the format, frame and interval that were asked for. */
static void negotiate(struct uvc_streaming_control *to, uint32_t format, uint32_t frame, uint32_t interval)
{
    memset(to, 0, sizeof *to);
    to->bmHint = 1;
    to->bFormatIndex = bounded(format, 1, FORMATS);
    to->bFrameIndex = bounded(frame, 1, FRAMES);
    to->dwFrameInterval = bounded(interval, DEFAULT_INTERVAL, 10000000);
    to->dwMaxVideoFrameSize = frame_bytes[to->bFrameIndex - 1];
    to->dwMaxPayloadTransferSize = 1024;
    to->bmFramingInfo = 3;
    to->bPreferedVersion = to->bMinVersion = to->bMaxVersion = 1;
}

static void put(struct uvc_request_data *answer, const void *bytes, size_t length, uint16_t wanted)
{
    answer->length = length < wanted ? length : wanted;
    memcpy(answer->data, bytes, answer->length);
}

static void answer_streaming(const struct usb_ctrlrequest *ask, struct uvc_request_data *answer)
{
    struct uvc_streaming_control *state = (ask->wValue >> 8) == UVC_VS_COMMIT_CONTROL ? &commit : &probe;
    struct uvc_streaming_control limit;
    const uint8_t info = 3, length = sizeof limit;

    switch (ask->bRequest) {
    case UVC_SET_CUR:
        streaming_target = state;
        answer->length = ask->wLength;
        return;
    case UVC_GET_CUR:
        return put(answer, state, sizeof *state, ask->wLength);
    case UVC_GET_MIN:
    case UVC_GET_DEF:
        negotiate(&limit, 1, 1, DEFAULT_INTERVAL);
        return put(answer, &limit, sizeof limit, ask->wLength);
    case UVC_GET_MAX:
        negotiate(&limit, FORMATS, FRAMES, DEFAULT_INTERVAL);
        return put(answer, &limit, sizeof limit, ask->wLength);
    case UVC_GET_INFO:
        return put(answer, &info, 1, ask->wLength);
    case UVC_GET_LEN:
        return put(answer, &length, 1, ask->wLength);
    }
}

static void answer_control(const struct usb_ctrlrequest *ask, struct uvc_request_data *answer)
{
    const uint8_t info = 3;
    const uint16_t none = 0;
    uint8_t unit = ask->wIndex >> 8, selector = ask->wValue >> 8;
    struct control *c = NULL;

    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (controls[i].unit == unit && controls[i].selector == selector) c = &controls[i];
    if (unit == 0 && selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL) return put(answer, &none, 1, ask->wLength);
    if (!c) return;

    switch (ask->bRequest) {
    case UVC_SET_CUR:
        control_target = c;
        answer->length = ask->wLength;
        return;
    case UVC_GET_CUR: return put(answer, &c->current, c->length, ask->wLength);
    case UVC_GET_MIN: return put(answer, &c->minimum, c->length, ask->wLength);
    case UVC_GET_MAX: return put(answer, &c->maximum, c->length, ask->wLength);
    case UVC_GET_RES: return put(answer, &c->step, c->length, ask->wLength);
    case UVC_GET_DEF: return put(answer, &c->preset, c->length, ask->wLength);
    case UVC_GET_INFO: return put(answer, &info, 1, ask->wLength);
    case UVC_GET_LEN: return put(answer, &(uint16_t){c->length}, 2, ask->wLength);
    }
}

static void on_setup(int fd, const struct usb_ctrlrequest *ask)
{
    struct uvc_request_data answer = {.length = -EL2HLT}; /* stall, unless somebody knows better */

    streaming_target = NULL;
    control_target = NULL;
    if ((ask->bRequestType & USB_TYPE_MASK) == USB_TYPE_CLASS) {
        if ((ask->wIndex & 0xff) == INTERFACE_STREAMING) answer_streaming(ask, &answer);
        else answer_control(ask, &answer);
    }
    if (ioctl(fd, UVCIOC_SEND_RESPONSE, &answer) < 0) perror("UVCIOC_SEND_RESPONSE");
}

static void on_data(const struct uvc_request_data *data)
{
    if (streaming_target && data->length >= 26) {
        struct uvc_streaming_control wanted = {0};
        memcpy(&wanted, data->data, (size_t)data->length < sizeof wanted ? (size_t)data->length : sizeof wanted);
        negotiate(streaming_target, wanted.bFormatIndex, wanted.bFrameIndex, wanted.dwFrameInterval);
    } else if (control_target && data->length >= control_target->length) {
        int32_t value = 0;
        memcpy(&value, data->data, control_target->length);
        control_target->current = value;
        printf("control %u.%u = %d\n", control_target->unit, control_target->selector,
               control_target->length == 2 ? (int16_t)value : value);
    }
}

int main(int argc, char **argv)
{
    static const uint32_t events[] = {UVC_EVENT_CONNECT, UVC_EVENT_DISCONNECT, UVC_EVENT_STREAMON,
                                      UVC_EVENT_STREAMOFF, UVC_EVENT_DATA, UVC_EVENT_SETUP};
    int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

    if (fd < 0) {
        perror(argc == 2 ? argv[1] : "usage: uvc-gadget /dev/videoN");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    negotiate(&probe, 1, 1, DEFAULT_INTERVAL);
    commit = probe;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct v4l2_event_subscription wanted = {.type = events[i]};
        if (ioctl(fd, VIDIOC_SUBSCRIBE_EVENT, &wanted) < 0) {
            perror("VIDIOC_SUBSCRIBE_EVENT");
            return 1;
        }
    }
    puts("plugged in");
    for (;;) {
        struct v4l2_event event;
        struct uvc_event body;
        if (ioctl(fd, VIDIOC_DQEVENT, &event) < 0) {
            perror("VIDIOC_DQEVENT");
            return 1;
        }
        memcpy(&body, &event.u, sizeof body);
        switch (event.type) {
        case UVC_EVENT_SETUP: on_setup(fd, &body.req); break;
        case UVC_EVENT_DATA: on_data(&body.data); break;
        case UVC_EVENT_CONNECT: puts("connected"); break;
        case UVC_EVENT_DISCONNECT: puts("disconnected"); break;
        case UVC_EVENT_STREAMON: puts("stream on"); break;
        case UVC_EVENT_STREAMOFF: puts("stream off"); break;
        }
    }
}
