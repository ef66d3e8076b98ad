/* A file of video, cut into the frames a fake camera hands out one after the other. */
#ifndef CLIP_H
#define CLIP_H

#include <stddef.h>
#include <stdint.h>

struct clip_frame {
  const uint8_t *bytes;
  size_t size;
};

struct clip {
  struct clip_frame *frames;
  size_t count;
  size_t largest; /* bytes of the largest frame */
};

/* Bytes of one uncompressed picture; 0 where `fourcc` is a compressed format or unknown. */
size_t raw_frame_bytes(uint32_t fourcc, uint32_t width, uint32_t height);

/* Maps `file` and finds its frames: JPEGs back to back (MJPG), access units (H264), or pictures of equal size.
 * Returns 0, or -1 with errno; a file without a frame is EINVAL. */
int load_clip(struct clip *clip, const char *file, uint32_t fourcc, uint32_t width, uint32_t height);

#endif
