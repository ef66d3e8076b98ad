#define _GNU_SOURCE
#include "fake-formats.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <math.h>
#include <stdio.h>

#include "frame-stamp.h"

enum { CAPTURE = V4L2_BUF_TYPE_VIDEO_CAPTURE };

static int fail(int error) {
  errno = error;
  return -1;
}

static struct mode *current_mode(struct device *device) { return &device->modes[device->mode]; }

size_t image_bytes(const struct mode *mode) {
  const size_t raw = raw_frame_bytes(mode->fourcc, mode->width, mode->height);
  const size_t stamp = mode->fourcc == V4L2_PIX_FMT_H264 ? STAMP_SEI_BYTES : STAMP_SEGMENT_BYTES;
  return raw > 0 ? raw : mode->clip.largest + stamp;
}

static int same_format(const struct mode *a, const struct mode *b) { return a->fourcc == b->fourcc; }

static int same_size(const struct mode *a, const struct mode *b) {
  return same_format(a, b) && a->width == b->width && a->height == b->height;
}

/* The `nth` mode among those that match `wanted` in the fields that are not 0, each told once by `same`. */
static const struct mode *enumerate(const struct device *device, struct mode wanted, unsigned int nth,
                                    int (*same)(const struct mode *, const struct mode *)) {
  for (unsigned int i = 0; i < device->mode_count; i++) {
    const struct mode *mode = &device->modes[i];
    int repeated = 0;
    for (unsigned int j = 0; same && j < i; j++) repeated |= same(mode, &device->modes[j]);
    if (repeated || (wanted.fourcc && mode->fourcc != wanted.fourcc)) continue;
    if (wanted.width && (mode->width != wanted.width || mode->height != wanted.height)) continue;
    if (nth-- == 0) return mode;
  }
  return NULL;
}

static int enumerate_format(const struct device *device, struct v4l2_fmtdesc *request) {
  const struct mode *mode = enumerate(device, (struct mode){0}, request->index, same_format);
  if (!mode || request->type != CAPTURE) return fail(EINVAL);
  const int raw = raw_frame_bytes(mode->fourcc, mode->width, mode->height) > 0;
  const char *name = raw ? "Uncompressed" : mode->fourcc == V4L2_PIX_FMT_MJPEG ? "Motion-JPEG" : "H.264";
  request->flags = raw ? 0 : V4L2_FMT_FLAG_COMPRESSED;
  request->pixelformat = mode->fourcc;
  snprintf((char *)request->description, sizeof request->description, "%s", name);
  return 0;
}

static int enumerate_size(const struct device *device, struct v4l2_frmsizeenum *request) {
  const struct mode *mode = enumerate(device, (struct mode){.fourcc = request->pixel_format}, request->index, same_size);
  if (!mode) return fail(EINVAL);
  request->type = V4L2_FRMSIZE_TYPE_DISCRETE;
  request->discrete = (struct v4l2_frmsize_discrete){mode->width, mode->height};
  return 0;
}

static struct v4l2_fract interval_of(const struct mode *mode) {
  const double whole = round(mode->fps);
  if (fabs(mode->fps - whole) < 1e-6) return (struct v4l2_fract){1, (uint32_t)whole};
  return (struct v4l2_fract){1000, (uint32_t)lround(mode->fps * 1000)};
}

static int enumerate_interval(const struct device *device, struct v4l2_frmivalenum *request) {
  const struct mode wanted = {.fourcc = request->pixel_format, .width = request->width, .height = request->height};
  const struct mode *mode = enumerate(device, wanted, request->index, NULL);
  if (!mode) return fail(EINVAL);
  request->type = V4L2_FRMIVAL_TYPE_DISCRETE;
  request->discrete = interval_of(mode);
  return 0;
}

/* The mode nearest to what was asked: same format and size, else same format, else the first. */
static unsigned int nearest_mode(const struct device *device, const struct v4l2_pix_format *asked) {
  unsigned int best = 0, best_score = 0;
  for (unsigned int i = 0; i < device->mode_count; i++) {
    const struct mode *mode = &device->modes[i];
    const unsigned int fits = mode->width == asked->width && mode->height == asked->height;
    const unsigned int score = mode->fourcc == asked->pixelformat ? 1 + fits : 0;
    if (score > best_score) {
      best = i;
      best_score = score;
    }
  }
  return best;
}

static int format(struct device *device, int fd, unsigned int request, struct v4l2_format *asked) {
  if (asked->type != CAPTURE) return fail(EINVAL);
  unsigned int index = device->mode;
  if (request != VIDIOC_G_FMT) index = nearest_mode(device, &asked->fmt.pix);
  if (request == VIDIOC_S_FMT) {
    if (device->streaming || (device->owner_fd >= 0 && device->owner_fd != fd)) return fail(EBUSY);
    device->mode = index;
  }
  const struct mode *mode = &device->modes[index];
  const size_t raw = raw_frame_bytes(mode->fourcc, mode->width, mode->height);
  const int planar = mode->fourcc == V4L2_PIX_FMT_NV12 || mode->fourcc == V4L2_PIX_FMT_YUV420;
  asked->fmt.pix = (struct v4l2_pix_format){.width = mode->width, .height = mode->height,
    .pixelformat = mode->fourcc, .field = V4L2_FIELD_NONE, .colorspace = V4L2_COLORSPACE_SRGB,
    .bytesperline = planar ? mode->width : (uint32_t)(raw / mode->height),
    .sizeimage = (uint32_t)image_bytes(mode), .priv = V4L2_PIX_FMT_PRIV_MAGIC};
  return 0;
}

static void choose_rate(struct device *device, struct v4l2_fract interval) {
  if (interval.numerator == 0 || interval.denominator == 0) return;
  const double asked = (double)interval.denominator / interval.numerator;
  const struct mode now = *current_mode(device);
  for (unsigned int i = 0; i < device->mode_count; i++) {
    const struct mode *mode = &device->modes[i];
    const int nearer = fabs(mode->fps - asked) < fabs(current_mode(device)->fps - asked);
    if (same_size(mode, &now) && nearer) device->mode = i;
  }
}

static int stream_parameters(struct device *device, struct v4l2_streamparm *request, int set) {
  if (request->type != CAPTURE) return fail(EINVAL);
  if (set && device->streaming) return fail(EBUSY);
  if (set) choose_rate(device, request->parm.capture.timeperframe);
  request->parm.capture = (struct v4l2_captureparm){.capability = V4L2_CAP_TIMEPERFRAME,
    .timeperframe = interval_of(current_mode(device)), .readbuffers = 4};
  return 0;
}

static int describe_device(const struct device *device, struct v4l2_capability *out) {
  *out = (struct v4l2_capability){.version = 0x060100,
    .device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT};
  out->capabilities = out->device_caps | V4L2_CAP_DEVICE_CAPS;
  snprintf((char *)out->driver, sizeof out->driver, "fake-camera");
  snprintf((char *)out->card, sizeof out->card, "Fake Camera %u", device->number);
  snprintf((char *)out->bus_info, sizeof out->bus_info, "usb-fake-%u", device->number);
  return 0;
}

static int describe_input(struct v4l2_input *out) {
  if (out->index > 0) return fail(EINVAL);
  *out = (struct v4l2_input){.name = "Camera 1", .type = V4L2_INPUT_TYPE_CAMERA};
  return 0;
}

int format_ioctl(struct device *device, int fd, unsigned int request, void *argument) {
  switch (request) {
    case VIDIOC_QUERYCAP: return describe_device(device, argument);
    case VIDIOC_ENUMINPUT: return describe_input(argument);
    case VIDIOC_G_INPUT: return *(int *)argument = 0;
    case VIDIOC_S_INPUT: return *(int *)argument == 0 ? 0 : fail(EINVAL);
    case VIDIOC_ENUM_FMT: return enumerate_format(device, argument);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_size(device, argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_interval(device, argument);
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT:
    case VIDIOC_TRY_FMT: return format(device, fd, request, argument);
    case VIDIOC_G_PARM: return stream_parameters(device, argument, 0);
    case VIDIOC_S_PARM: return stream_parameters(device, argument, 1);
    default: return fail(ENOTTY);
  }
}
