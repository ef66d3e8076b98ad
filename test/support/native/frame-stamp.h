/* How a fake frame says when it was captured and which one it is, readable by whoever receives it.
 *
 * In a JPEG: a COM segment right behind SOI, the payload "FAKECAM1", then 8 bytes CLOCK_MONOTONIC nanoseconds and 4 bytes
 * sequence, big endian. In raw pictures: the same 12 bytes, most significant bit first, drawn as black and white squares
 * of 8x8 pixels along the top edge, so that the stamp survives an encoder (a square is exactly one JPEG block). */
#ifndef FRAME_STAMP_H
#define FRAME_STAMP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
  STAMP_PAYLOAD_BYTES = 12,
  STAMP_MAGIC_BYTES = 8,
  STAMP_SEGMENT_BYTES = 2 + 2 + STAMP_MAGIC_BYTES + STAMP_PAYLOAD_BYTES, /* marker, length, magic, payload */
  STAMP_SQUARE_PIXELS = 8,
  STAMP_SQUARES = STAMP_PAYLOAD_BYTES * 8,
};

static const char stamp_magic[STAMP_MAGIC_BYTES + 1] = "FAKECAM1";

struct frame_stamp {
  uint64_t capture_ns;
  uint32_t sequence;
};

static inline uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void encode_stamp_payload(uint8_t payload[STAMP_PAYLOAD_BYTES], struct frame_stamp stamp) {
  for (int i = 0; i < 8; i++) payload[i] = (uint8_t)(stamp.capture_ns >> (56 - 8 * i));
  for (int i = 0; i < 4; i++) payload[8 + i] = (uint8_t)(stamp.sequence >> (24 - 8 * i));
}

/* Writes the COM segment's STAMP_SEGMENT_BYTES bytes to `out`. */
static inline void encode_stamp_segment(uint8_t *out, struct frame_stamp stamp) {
  const uint16_t length = STAMP_SEGMENT_BYTES - 2; /* the length counts itself but not the marker */
  out[0] = 0xff;
  out[1] = 0xfe;
  out[2] = (uint8_t)(length >> 8);
  out[3] = (uint8_t)length;
  memcpy(out + 4, stamp_magic, STAMP_MAGIC_BYTES);
  encode_stamp_payload(out + 4 + STAMP_MAGIC_BYTES, stamp);
}

/* Finds the stamp in a JPEG's first `size` bytes: 1 and fills `stamp`, or 0 where there is none. */
static inline int find_stamp(const uint8_t *jpeg, size_t size, struct frame_stamp *stamp) {
  const uint8_t *magic = memmem(jpeg, size, stamp_magic, STAMP_MAGIC_BYTES);
  if (!magic || (size_t)(magic - jpeg) + STAMP_MAGIC_BYTES + STAMP_PAYLOAD_BYTES > size) return 0;
  const uint8_t *payload = magic + STAMP_MAGIC_BYTES;
  stamp->capture_ns = 0;
  stamp->sequence = 0;
  for (int i = 0; i < 8; i++) stamp->capture_ns = stamp->capture_ns << 8 | payload[i];
  for (int i = 0; i < 4; i++) stamp->sequence = stamp->sequence << 8 | payload[8 + i];
  return 1;
}

#endif
