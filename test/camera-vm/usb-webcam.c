/*
 * A USB webcam in software: a UVC device that speaks USB/IP with the guest's own vhci_hcd, so that uvcvideo sees it.
 *
 *   usb-webcam SERIAL SMALL.mjpeg LARGE.mjpeg
 *
 * It is plugged in while this program runs and pulled out when it ends. The clips are JPEG files one after the other,
 * 640x480 and 1280x720; YUYV pictures are drawn. What the host does is printed, a line for each thing.
 *
 * Why not usb_f_uvc on dummy_hcd: that function insists on an isochronous endpoint, and dummy_hcd has none.
 * The protocol: Documentation/usb/usbip_protocol.rst; all header fields are big-endian.
 */
#define _GNU_SOURCE
#include "mjpeg-clip.h"
#include "usb-webcam-descriptors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };
enum { DIRECTION_IN = 1, HIGH_SPEED = 3, PENDING_MAX = 64 };

struct header { /* 48 bytes on the wire */
    uint32_t command, seqnum, devid, direction, ep;
    union {
        struct { uint32_t flags, length, start_frame, packets, interval; struct usb_ctrlrequest setup; } submit;
        struct { uint32_t status, length, start_frame, packets, errors, padding[2]; } submitted;
        struct { uint32_t value, padding[6]; } unlink; /* the seqnum to forget; in the answer: the status */
    };
} __attribute__((packed));
_Static_assert(sizeof(struct header) == 48, "USB/IP header");

struct control { /* a control of a unit; `bytes` as on the wire, little-endian */
    const char *name;
    uint8_t unit, selector, bytes;
    int32_t minimum, maximum, step, preset, current;
};

static struct control controls[] = {
    {"auto_exposure", CAMERA_TERMINAL, UVC_CT_AE_MODE_CONTROL, 1, 1, 15, 0x0f, 8, 8}, /* `step`: bit map of modes */
    {"brightness", PROCESSING_UNIT, UVC_PU_BRIGHTNESS_CONTROL, 2, -64, 64, 1, 0, 0},
    {"contrast", PROCESSING_UNIT, UVC_PU_CONTRAST_CONTROL, 2, 0, 95, 1, 32, 32},
};

static int host = -1, timer = -1;
static const char *serial;
static struct clip clips[FRAMES];
static uint8_t *drawn;
static struct uvc_streaming_control probe, commit;
static struct { uint32_t seqnum, length; } pending[PENDING_MAX]; /* bulk transfers that wait for a picture */
static size_t pending_count;
static struct { const uint8_t *bytes; size_t size, offset; uint8_t id; bool open; } picture;
static bool streaming;

static void receive(void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(host, (uint8_t *)to + done, size - done);
        if (n == 0) exit(0);
        if (n < 0 && errno != EINTR) die("read");
        if (n > 0) done += (size_t)n;
    }
}

static void transmit(const void *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(host, (const uint8_t *)from + done, size - done);
        if (n < 0 && errno != EINTR) die("write");
        if (n > 0) done += (size_t)n;
    }
}

static void complete(uint32_t seqnum, int status, uint32_t length)
{
    struct header answer = {.command = htonl(RET_SUBMIT), .seqnum = htonl(seqnum)};
    answer.submitted.status = htonl((uint32_t)status);
    answer.submitted.length = htonl(length);
    transmit(&answer, sizeof answer);
}

/* ---- pictures ---- */

/* Grey bars that wander two pixels a picture. */
static size_t draw_yuyv(size_t width, size_t height, unsigned step)
{
    for (size_t x = 0; x < width; x++) {
        drawn[2 * x] = (uint8_t)(16 + ((x + 2 * step) & 127));
        drawn[2 * x + 1] = 128;
    }
    for (size_t y = 1; y < height; y++) memcpy(drawn + 2 * width * y, drawn, 2 * width);
    return 2 * width * height;
}

static void next_picture(void)
{
    static unsigned count;
    unsigned frame = commit.bFrameIndex - 1u;
    if (picture.open) return; /* the host is slow: this picture is lost */
    if (commit.bFormatIndex == FORMAT_MJPEG) {
        picture.size = next_jpeg(&clips[frame], &picture.bytes);
    } else {
        picture.bytes = drawn;
        picture.size = draw_yuyv(frame_sizes[frame].width, frame_sizes[frame].height, count);
    }
    count++;
    picture.offset = 0;
    picture.open = true;
    picture.id ^= UVC_STREAM_FID;
}

/* Answers waiting transfers with what there is of the picture; one transfer is one payload (2.4.3.2.1). */
static void pump(void)
{
    size_t used = 0;
    for (; picture.open && used < pending_count; used++) {
        size_t room = pending[used].length - 2u, left = picture.size - picture.offset;
        size_t size = left < room ? left : room;
        bool last = size == left;
        uint8_t head[2] = {2, (uint8_t)(UVC_STREAM_EOH | picture.id | (last ? UVC_STREAM_EOF : 0))};
        complete(pending[used].seqnum, 0, (uint32_t)(size + 2));
        transmit(head, 2);
        transmit(picture.bytes + picture.offset, size);
        picture.offset += size;
        picture.open = !last;
    }
    pending_count -= used;
    memmove(pending, pending + used, pending_count * sizeof *pending);
}

static void set_streaming(bool on)
{
    struct itimerspec tick = {0};
    if (on) tick.it_interval.tv_nsec = tick.it_value.tv_nsec = commit.dwFrameInterval * 100L;
    timerfd_settime(timer, 0, &tick, NULL);
    if (on != streaming) printf("streaming %s\n", on ? "on" : "off");
    streaming = on;
    picture.open = false;
}

/* ---- control requests ---- */

static uint32_t bounded(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void negotiate(struct uvc_streaming_control *to, uint32_t format, uint32_t frame, uint32_t interval)
{
    memset(to, 0, sizeof *to);
    to->bmHint = 1;
    to->bFormatIndex = (uint8_t)bounded(format, 1, FORMATS);
    to->bFrameIndex = (uint8_t)bounded(frame, 1, FRAMES);
    to->dwFrameInterval = interval <= FAST_INTERVAL     ? FAST_INTERVAL
                          : interval <= MIDDLE_INTERVAL ? MIDDLE_INTERVAL
                                                        : SLOW_INTERVAL;
    to->dwMaxVideoFrameSize = frame_sizes[to->bFrameIndex - 1].width * frame_sizes[to->bFrameIndex - 1].height * 2u;
    to->dwMaxPayloadTransferSize = PAYLOAD_BYTES;
}

/* The answers below write at most 255 bytes to `to` and return how many, or -1 to refuse (a stall). */
static int give(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return (int)size;
}

static int get_streaming(uint8_t request, uint8_t selector, uint8_t *to)
{
    struct uvc_streaming_control answer = selector == UVC_VS_COMMIT_CONTROL ? commit : probe;
    const uint8_t length = 26; /* UVC 1.0: what came later in the struct is not sent */
    if (selector != UVC_VS_PROBE_CONTROL && selector != UVC_VS_COMMIT_CONTROL) return -1;
    if (request == UVC_GET_MIN || request == UVC_GET_DEF) negotiate(&answer, 1, 1, FAST_INTERVAL);
    if (request == UVC_GET_MAX) negotiate(&answer, FORMATS, FRAMES, SLOW_INTERVAL);
    if (request == UVC_GET_LEN) return give(to, (uint8_t[]){length, 0}, 2);
    if (request == UVC_GET_INFO) return give(to, (uint8_t[]){3}, 1);
    return give(to, &answer, length);
}

static int set_streaming_control(uint8_t selector, const uint8_t *data, size_t size)
{
    struct uvc_streaming_control wanted = {0};
    memcpy(&wanted, data, size < 26 ? size : 26);
    negotiate(selector == UVC_VS_COMMIT_CONTROL ? &commit : &probe, wanted.bFormatIndex, wanted.bFrameIndex,
              wanted.dwFrameInterval);
    if (selector == UVC_VS_COMMIT_CONTROL) set_streaming(true);
    return 0;
}

static struct control *find_control(uint8_t unit, uint8_t selector)
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (controls[i].unit == unit && controls[i].selector == selector) return &controls[i];
    return NULL;
}

static int get_control(const struct control *c, uint8_t request, uint8_t *to)
{
    switch (request) {
    case UVC_GET_CUR: return give(to, &c->current, c->bytes);
    case UVC_GET_MIN: return give(to, &c->minimum, c->bytes);
    case UVC_GET_MAX: return give(to, &c->maximum, c->bytes);
    case UVC_GET_RES: return give(to, &c->step, c->bytes);
    case UVC_GET_DEF: return give(to, &c->preset, c->bytes);
    case UVC_GET_INFO: return give(to, (uint8_t[]){3}, 1);
    case UVC_GET_LEN: return give(to, (uint8_t[]){c->bytes, 0}, 2);
    default: return -1;
    }
}

static int set_control(struct control *c, const uint8_t *data, size_t size)
{
    if (size < c->bytes) return -1;
    c->current = c->bytes == 2 ? (int16_t)(data[0] | data[1] << 8) : data[0];
    printf("%s=%d\n", c->name, c->current);
    return 0;
}

static int class_request(const struct usb_ctrlrequest *setup, const uint8_t *data, uint8_t *to)
{
    uint8_t selector = setup->wValue >> 8, unit = setup->wIndex >> 8;
    bool set = !(setup->bRequestType & USB_DIR_IN);
    struct control *control;
    if ((setup->wIndex & 0xff) == STREAMING_INTERFACE)
        return set ? set_streaming_control(selector, data, setup->wLength)
                   : get_streaming(setup->bRequest, selector, to);
    if (unit == 0 && selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL && !set) return give(to, (uint8_t[]){6}, 1);
    if (!(control = find_control(unit, selector))) return -1;
    return set ? set_control(control, data, setup->wLength) : get_control(control, setup->bRequest, to);
}

static int string_descriptor(uint8_t index, uint8_t *to)
{
    const char *const texts[] = {"", "Sightline", "Test Webcam", serial};
    if (index == 0) return give(to, (uint8_t[]){4, USB_DT_STRING, 0x09, 0x04}, 4);
    if (index >= sizeof texts / sizeof *texts) return -1;
    size_t length = strlen(texts[index]);
    to[0] = (uint8_t)(2 + 2 * length);
    to[1] = USB_DT_STRING;
    for (size_t i = 0; i < length; i++) {
        to[2 + 2 * i] = (uint8_t)texts[index][i];
        to[3 + 2 * i] = 0;
    }
    return to[0];
}

static int standard_request(const struct usb_ctrlrequest *setup, uint8_t *to)
{
    switch (setup->bRequest) {
    case USB_REQ_GET_DESCRIPTOR:
        switch (setup->wValue >> 8) {
        case USB_DT_DEVICE: return give(to, device_descriptor, sizeof device_descriptor);
        case USB_DT_CONFIG: return give(to, configuration_descriptor, sizeof configuration_descriptor);
        case USB_DT_STRING: return string_descriptor(setup->wValue & 0xff, to);
        default: return -1;
        }
    case USB_REQ_GET_STATUS: return give(to, (uint8_t[]){0, 0}, 2);
    case USB_REQ_CLEAR_FEATURE: /* how uvcvideo ends a bulk stream */
        if (setup->wIndex == VIDEO_ENDPOINT) set_streaming(false);
        return 0;
    case USB_REQ_SET_CONFIGURATION:
        puts("configured");
        return 0;
    case USB_REQ_SET_INTERFACE: return 0;
    default: return -1;
    }
}

static void on_control(uint32_t seqnum, const struct usb_ctrlrequest *setup, const uint8_t *data)
{
    uint8_t answer[512];
    bool standard = (setup->bRequestType & USB_TYPE_MASK) == USB_TYPE_STANDARD;
    int size = standard ? standard_request(setup, answer) : class_request(setup, data, answer);
    if (size < 0) return complete(seqnum, -EPIPE, 0);
    if (!(setup->bRequestType & USB_DIR_IN)) return complete(seqnum, 0, setup->wLength);
    if (size > setup->wLength) size = setup->wLength;
    complete(seqnum, 0, (uint32_t)size);
    transmit(answer, (size_t)size);
}

/* ---- USB/IP ---- */

static void on_unlink(uint32_t seqnum, uint32_t victim)
{
    struct header answer = {.command = htonl(RET_UNLINK), .seqnum = htonl(seqnum)};
    for (size_t i = 0; i < pending_count; i++) {
        if (pending[i].seqnum != victim) continue;
        pending_count--;
        memmove(pending + i, pending + i + 1, (pending_count - i) * sizeof *pending);
        answer.unlink.value = htonl((uint32_t)-ECONNRESET);
        break;
    }
    transmit(&answer, sizeof answer);
}

static void on_host(void)
{
    struct header ask;
    uint8_t data[512] = {0};
    receive(&ask, sizeof ask);
    uint32_t seqnum = ntohl(ask.seqnum), length = ntohl(ask.submit.length);
    if (ntohl(ask.command) == CMD_UNLINK) return on_unlink(seqnum, ntohl(ask.unlink.value));
    if (ntohl(ask.direction) != DIRECTION_IN) {
        if (length > sizeof data) exit(1); /* no request of UVC is that long */
        receive(data, length);
    }
    if (ntohl(ask.ep) == 0) return on_control(seqnum, &ask.submit.setup, data);
    if (pending_count == PENDING_MAX) return complete(seqnum, -ENOSR, 0);
    pending[pending_count].seqnum = seqnum;
    pending[pending_count++].length = length;
}

/* Hands one end of a socket pair to vhci_hcd, and with it the device. A pulled webcam's port takes a moment to empty. */
static void plug_in(void)
{
    int pair[2], attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY);
    char words[64];
    if (attach < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) die("vhci_hcd");
    int size = snprintf(words, sizeof words, "0 %d 1 %d", pair[0], HIGH_SPEED);
    for (int tries = 0; write(attach, words, (size_t)size) < 0; tries++) {
        if (errno != EBUSY || tries == 500) die("attach");
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    close(attach);
    close(pair[0]);
    host = pair[1];
}

int main(int argc, char **argv)
{
    if (argc != 2 + FRAMES || strlen(argv[1]) > 100) {
        fputs("usage: usb-webcam SERIAL SMALL.mjpeg LARGE.mjpeg\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    serial = argv[1];
    for (int i = 0; i < FRAMES; i++) clips[i] = load_clip(argv[2 + i]);
    drawn = malloc(2u * frame_sizes[FRAMES - 1].width * frame_sizes[FRAMES - 1].height);
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    if (!drawn || timer < 0) die("start");
    negotiate(&probe, 1, 1, FAST_INTERVAL);
    commit = probe;
    plug_in();
    puts("plugged in");
    for (;;) {
        struct pollfd ready[] = {{.fd = host, .events = POLLIN}, {.fd = timer, .events = POLLIN}};
        uint64_t ticks;
        if (poll(ready, 2, -1) < 0 && errno != EINTR) die("poll");
        if (ready[0].revents) on_host();
        if (ready[1].revents && read(timer, &ticks, sizeof ticks) == sizeof ticks) next_picture();
        pump();
    }
}
