#define _GNU_SOURCE
#include "clip.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int add_frame(struct clip *clip, struct clip_frame frame) {
  struct clip_frame *grown = realloc(clip->frames, (clip->count + 1) * sizeof *grown);
  if (!grown) return -1;
  clip->frames = grown;
  clip->frames[clip->count++] = frame;
  if (frame.size > clip->largest) clip->largest = frame.size;
  return 0;
}

/* From SOI to the next EOI: right for pictures without an embedded thumbnail, which is what encoders write. */
static int split_jpegs(struct clip *clip, const uint8_t *bytes, size_t size) {
  static const uint8_t soi[] = {0xff, 0xd8}, eoi[] = {0xff, 0xd9};
  const uint8_t *end = bytes + size;
  for (const uint8_t *at = bytes; (at = memmem(at, (size_t)(end - at), soi, 2));) {
    const uint8_t *last = memmem(at, (size_t)(end - at), eoi, 2);
    if (!last) break;
    if (add_frame(clip, (struct clip_frame){.bytes = at, .size = (size_t)(last + 2 - at)})) return -1;
    at = last + 2;
  }
  return 0;
}

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEI = 6, NAL_AUD = 9 };

/* Whether the NAL unit at `nal` opens an access unit, given that the unit so far has (`*has_picture`) a slice. */
static int opens_access_unit(const uint8_t *nal, size_t size, int *has_picture) {
  const int type = nal[0] & 31;
  const int is_slice = type >= NAL_SLICE && type <= NAL_IDR;
  if (is_slice) {
    const int first_slice = size > 1 && (nal[1] & 0x80); /* first_mb_in_slice == 0 */
    const int opens = first_slice && *has_picture;
    *has_picture = 1;
    return opens;
  }
  if (type < NAL_SEI || type > NAL_AUD || !*has_picture) return 0;
  *has_picture = 0;
  return 1;
}

/* Notes in `unit` where the first slice begins, and whether it is an IDR's; what it says of the slices behind the first is the same. */
static void note_slice(struct clip_frame *unit, const uint8_t *nal, const uint8_t *begin) {
  const int type = nal[0] & 31;
  if (unit->slice_at != NO_SLICE || (type != NAL_SLICE && type != NAL_IDR)) return;
  unit->slice_at = (size_t)(begin - unit->bytes);
  unit->keyframe = type == NAL_IDR;
}

static int split_access_units(struct clip *clip, const uint8_t *bytes, size_t size) {
  static const uint8_t start_code[] = {0, 0, 1};
  const uint8_t *end = bytes + size, *at = bytes;
  struct clip_frame unit = {.bytes = bytes, .slice_at = NO_SLICE};
  int has_picture = 0;
  while (end - at > 4 && (at = memmem(at, (size_t)(end - at - 1), start_code, 3))) {
    const uint8_t *nal = at + 3, *begin = at > bytes && at[-1] == 0 ? at - 1 : at;
    if (opens_access_unit(nal, (size_t)(end - nal), &has_picture)) {
      unit.size = (size_t)(begin - unit.bytes);
      if (add_frame(clip, unit)) return -1;
      unit = (struct clip_frame){.bytes = begin, .slice_at = NO_SLICE};
    }
    note_slice(&unit, nal, begin);
    at = nal;
  }
  unit.size = (size_t)(end - unit.bytes);
  return unit.size > 0 ? add_frame(clip, unit) : 0;
}

size_t raw_frame_bytes(uint32_t fourcc, uint32_t width, uint32_t height) {
  const size_t pixels = (size_t)width * height;
  switch (fourcc) {
    case V4L2_PIX_FMT_GREY: return pixels;
    case V4L2_PIX_FMT_NV12:
    case V4L2_PIX_FMT_YUV420: return pixels + pixels / 2;
    case V4L2_PIX_FMT_YUYV:
    case V4L2_PIX_FMT_UYVY: return pixels * 2;
    case V4L2_PIX_FMT_RGB24:
    case V4L2_PIX_FMT_BGR24: return pixels * 3;
    default: return 0;
  }
}

static int split_pictures(struct clip *clip, const uint8_t *bytes, size_t size, size_t picture) {
  for (size_t at = 0; at + picture <= size; at += picture) {
    if (add_frame(clip, (struct clip_frame){.bytes = bytes + at, .size = picture})) return -1;
  }
  return 0;
}

int load_clip(struct clip *clip, const char *file, uint32_t fourcc, uint32_t width, uint32_t height) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat status;
  const size_t size = fstat(fd, &status) ? 0 : (size_t)status.st_size;
  const uint8_t *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  close(fd);
  if (bytes == MAP_FAILED) return -1;

  const size_t picture = raw_frame_bytes(fourcc, width, height);
  int failed = 0;
  if (fourcc == V4L2_PIX_FMT_MJPEG) failed = split_jpegs(clip, bytes, size);
  else if (fourcc == V4L2_PIX_FMT_H264) failed = split_access_units(clip, bytes, size);
  else if (picture > 0) failed = split_pictures(clip, bytes, size, picture);
  if (failed || clip->count > 0) return failed;
  errno = EINVAL;
  return -1;
}
