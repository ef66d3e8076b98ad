/* The controls of a fake camera: one of each common type, and those of an encoder where it has H.264. */
#ifndef FAKE_CONTROLS_H
#define FAKE_CONTROLS_H

#include <linux/videodev2.h>

enum { FAKE_CONTROL_COUNT = 11 };

struct fake_controls {
  int has_encoder; /* encoder controls are kept, but change nothing: the clip stays as it is */
  int value[FAKE_CONTROL_COUNT];
  int force_keyframe; /* set by FORCE_KEY_FRAME; whoever delivers the keyframe takes it back */
};

void reset_controls(struct fake_controls *controls);

/* The control ioctls (QUERYCTRL, QUERY_EXT_CTRL, QUERYMENU, [GS]_CTRL, {G,S,TRY}_EXT_CTRLS): 0, or -1 with errno, ENOTTY
 * for every other request. */
int control_ioctl(struct fake_controls *controls, unsigned int request, void *argument);

#endif
