/* A file of video, cut into the frames a fake camera hands out one after the other. */
#ifndef CLIP_H
#define CLIP_H

#include <stddef.h>
#include <stdint.h>

#define NO_SLICE ((size_t)-1)

struct clip_frame {
  const uint8_t *bytes;
  size_t size;
  size_t slice_at; /* H264: where its first slice's start code begins; an SEI goes there. NO_SLICE: it has none */
  int keyframe;    /* H264: decodable by itself (IDR) */
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
