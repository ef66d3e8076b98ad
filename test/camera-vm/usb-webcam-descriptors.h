/*
 * What the USB webcam says it is: a UVC 1.0 camera with a bulk stream, MJPEG and YUYV, 640x480 and 1280x720 each.
 * Section numbers: "USB Device Class Definition for Video Devices" 1.0a.
 */
#ifndef USB_WEBCAM_DESCRIPTORS_H
#define USB_WEBCAM_DESCRIPTORS_H

#include <stdint.h>

#define LE16(x) (uint8_t)(x), (uint8_t)((x) >> 8)
#define LE32(x) LE16(x), LE16((x) >> 16)

enum {
    CAMERA_TERMINAL = 1, PROCESSING_UNIT = 2, OUTPUT_TERMINAL = 3,
    CONTROL_INTERFACE = 0, STREAMING_INTERFACE = 1,
    VIDEO_ENDPOINT = 0x81,
    PACKET_BYTES = 512,
    PAYLOAD_BYTES = 32 * PACKET_BYTES, /* uvcvideo makes its bulk transfers this long at most */
    FORMAT_MJPEG = 1, FORMAT_YUYV = 2, FORMATS = 2, FRAMES = 2,
    FAST_INTERVAL = 333333, MIDDLE_INTERVAL = 666666, SLOW_INTERVAL = 2000000, /* units of 100 ns */
};

static const struct { uint16_t width, height; } frame_sizes[FRAMES] = {{640, 480}, {1280, 720}};

static const uint8_t device_descriptor[] = {
    18, 1, LE16(0x0200), 0xef, 2, 1, 64, LE16(0x1d6b), LE16(0x0102), LE16(0x0100), 1, 2, 3, 1,
};

/* 3.9.2.4 and 3.9.2.5: `subtype` 7 is an MJPEG frame, 5 an uncompressed one */
#define FRAME_BYTES 38
#define FRAME(subtype, index, w, h) \
    FRAME_BYTES, 0x24, subtype, index, 0, LE16(w), LE16(h), LE32((w) * (h) * 2 * 8 * 5), LE32((w) * (h) * 2 * 8 * 30), \
    LE32((w) * (h) * 2), LE32(FAST_INTERVAL), 3, LE32(FAST_INTERVAL), LE32(MIDDLE_INTERVAL), LE32(SLOW_INTERVAL)

#define CONTROL_BYTES (13 + 18 + 11 + 9)
#define STREAMING_BYTES (15 + 11 + 27 + 4 * FRAME_BYTES)
#define CONFIGURATION_BYTES (9 + 8 + 9 + CONTROL_BYTES + 9 + STREAMING_BYTES + 7)

static const uint8_t configuration_descriptor[] = {
    9, 2, LE16(CONFIGURATION_BYTES), 2, 1, 0, 0x80, 250,
    8, 11, CONTROL_INTERFACE, 2, 0x0e, 3, 0, 2,                                  /* interface association */
    9, 4, CONTROL_INTERFACE, 0, 0, 0x0e, 1, 0, 2,
    13, 0x24, 1, LE16(0x0100), LE16(CONTROL_BYTES), LE32(48000000), 1, STREAMING_INTERFACE, /* 3.7.2 */
    18, 0x24, 2, CAMERA_TERMINAL, LE16(0x0201), 0, 0, LE16(0), LE16(0), LE16(0), 3, 0x02, 0, 0, /* 3.7.2.3: AE mode */
    11, 0x24, 5, PROCESSING_UNIT, CAMERA_TERMINAL, LE16(0), 2, 0x03, 0, 0,         /* 3.7.2.5: brightness, contrast */
    9, 0x24, 3, OUTPUT_TERMINAL, LE16(0x0101), 0, PROCESSING_UNIT, 0,              /* 3.7.2.2 */
    9, 4, STREAMING_INTERFACE, 0, 1, 0x0e, 2, 0, 0,
    15, 0x24, 1, FORMATS, LE16(STREAMING_BYTES), VIDEO_ENDPOINT, 0, OUTPUT_TERMINAL, 0, 0, 0, 1, 0, 0, /* 3.9.2.1 */
    11, 0x24, 6, FORMAT_MJPEG, FRAMES, 0, 1, 0, 0, 0, 0,
    FRAME(7, 1, 640, 480), FRAME(7, 2, 1280, 720),
    27, 0x24, 4, FORMAT_YUYV, FRAMES,
    'Y', 'U', 'Y', '2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71, 16, 1, 0, 0, 0, 0,
    FRAME(5, 1, 640, 480), FRAME(5, 2, 1280, 720),
    7, 5, VIDEO_ENDPOINT, 2, LE16(PACKET_BYTES), 0,
};

_Static_assert(sizeof configuration_descriptor == CONFIGURATION_BYTES, "descriptor lengths");

#endif
