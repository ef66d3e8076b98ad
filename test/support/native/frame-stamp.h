/* How a fake frame says when it was captured and which one it is, readable by whoever receives it.
 *
 * In a JPEG: a COM segment right behind SOI, the payload "FAKECAM1", then 8 bytes CLOCK_MONOTONIC nanoseconds and 4 bytes
 * sequence, big endian. In raw pictures: the same 12 bytes, most significant bit first, drawn as black and white squares
 * of 8x8 pixels along the top edge, so that the stamp survives an encoder (a square is exactly one JPEG block). In H.264: an
 * SEI NAL unit of type user_data_unregistered in front of the first slice, with a UUID of its own, then the 12 bytes as 24
 * hexadecimal digits: no zero bytes, so no emulation prevention, wherever the access unit is carried. */
#ifndef FRAME_STAMP_H
#define FRAME_STAMP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  STAMP_PAYLOAD_BYTES = 12,
  STAMP_MAGIC_BYTES = 8,
  STAMP_SEGMENT_BYTES = 2 + 2 + STAMP_MAGIC_BYTES + STAMP_PAYLOAD_BYTES, /* marker, length, magic, payload */
  STAMP_SQUARE_PIXELS = 8,
  STAMP_SQUARES = STAMP_PAYLOAD_BYTES * 8,
  STAMP_UUID_BYTES = 16,
  STAMP_DIGITS = STAMP_PAYLOAD_BYTES * 2,
  STAMP_SEI_BYTES = 4 + 3 + STAMP_UUID_BYTES + STAMP_DIGITS + 1, /* start code, NAL header, type, size; data; stop bit */
};

static const char stamp_magic[STAMP_MAGIC_BYTES + 1] = "FAKECAM1";

static const uint8_t stamp_uuid[STAMP_UUID_BYTES] = {
  0x6d, 0x1f, 0xc4, 0x92, 0x58, 0xb7, 0x4e, 0x3a, 0x9c, 0x21, 0xe8, 0x75, 0x4b, 0xd6, 0x93, 0xaf,
};

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

/* Writes the SEI NAL unit's STAMP_SEI_BYTES bytes, start code included, to `out`. */
static inline void encode_stamp_sei(uint8_t *out, struct frame_stamp stamp) {
  static const uint8_t head[] = {0, 0, 0, 1, 6 /* SEI */, 5 /* user_data_unregistered */, STAMP_UUID_BYTES + STAMP_DIGITS};
  char digits[STAMP_DIGITS + 1];
  memcpy(out, head, sizeof head);
  memcpy(out + sizeof head, stamp_uuid, STAMP_UUID_BYTES);
  snprintf(digits, sizeof digits, "%016llx%08x", (unsigned long long)stamp.capture_ns, stamp.sequence);
  memcpy(out + sizeof head + STAMP_UUID_BYTES, digits, STAMP_DIGITS);
  out[STAMP_SEI_BYTES - 1] = 0x80;
}

/* Finds the stamp in an access unit's first `size` bytes, in whatever format: 1 and fills `stamp`, or 0. */
static inline int find_stamp_sei(const uint8_t *unit, size_t size, struct frame_stamp *stamp) {
  char digits[STAMP_DIGITS + 1] = "";
  unsigned long long capture_ns;
  const uint8_t *uuid = memmem(unit, size, stamp_uuid, STAMP_UUID_BYTES);
  if (!uuid || (size_t)(uuid - unit) + STAMP_UUID_BYTES + STAMP_DIGITS > size) return 0;
  memcpy(digits, uuid + STAMP_UUID_BYTES, STAMP_DIGITS);
  if (sscanf(digits, "%16llx%8x", &capture_ns, &stamp->sequence) != 2) return 0;
  stamp->capture_ns = capture_ns;
  return 1;
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
