/* What a fake camera says about itself, and the choice of one of its modes. */
#ifndef FAKE_FORMATS_H
#define FAKE_FORMATS_H

#include "fake-device.h"

/* Bytes a buffer must hold for one frame of `mode`. */
size_t image_bytes(const struct mode *mode);

/* QUERYCAP, {ENUM,G,S}_INPUT, ENUM_*, {G,S,TRY}_FMT and [GS]_PARM: 0, or -1 with errno, ENOTTY for every other request. */
int format_ioctl(struct device *device, int fd, unsigned int request, void *argument);

#endif
