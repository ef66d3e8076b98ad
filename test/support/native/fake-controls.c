#include "fake-controls.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct description {
  uint32_t id, type;
  const char *name;
  int minimum, maximum, step, initial;
  int of_encoder;
  const char *const *items; /* of a menu, up to `maximum`; NULL: the driver lacks this one */
};

static const char *const power_line_items[] = {"Disabled", "50 Hz", "60 Hz"};
static const char *const mode_items[] = {"Variable Bitrate", "Constant Bitrate"};
static const char *const level_items[] = {"1", "1b", "1.1", "1.2", "1.3", "2", "2.1", "2.2",
  "3", "3.1", "3.2", "4", "4.1", "4.2", "5", "5.1"};
static const char *const profile_items[] = {"Baseline", "Constrained Baseline", "Main", NULL, "High"};

enum { INTEGER = V4L2_CTRL_TYPE_INTEGER, BOOLEAN = V4L2_CTRL_TYPE_BOOLEAN, MENU = V4L2_CTRL_TYPE_MENU,
  BUTTON = V4L2_CTRL_TYPE_BUTTON };

/* In the order of their ids, as V4L2_CTRL_FLAG_NEXT_CTRL promises. */
static const struct description descriptions[FAKE_CONTROL_COUNT] = {
  {V4L2_CID_BRIGHTNESS, INTEGER, "Brightness", 0, 255, 1, 128, 0, NULL},
  {V4L2_CID_CONTRAST, INTEGER, "Contrast", 0, 255, 1, 32, 0, NULL},
  {V4L2_CID_AUTO_WHITE_BALANCE, BOOLEAN, "White Balance, Automatic", 0, 1, 1, 1, 0, NULL},
  {V4L2_CID_POWER_LINE_FREQUENCY, MENU, "Power Line Frequency", 0, 2, 1, 1, 0, power_line_items},
  {V4L2_CID_MPEG_VIDEO_BITRATE_MODE, MENU, "Video Bitrate Mode", 0, 1, 1, 0, 1, mode_items},
  {V4L2_CID_MPEG_VIDEO_BITRATE, INTEGER, "Video Bitrate", 25000, 25000000, 25000, 10000000, 1, NULL},
  {V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, BOOLEAN, "Repeat Sequence Header", 0, 1, 1, 0, 1, NULL},
  {V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, BUTTON, "Force Key Frame", 0, 0, 0, 0, 1, NULL},
  {V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, INTEGER, "H264 I-Frame Period", 0, 2147483647, 1, 60, 1, NULL},
  {V4L2_CID_MPEG_VIDEO_H264_LEVEL, MENU, "H264 Level", 0, 15, 1, 11, 1, level_items},
  {V4L2_CID_MPEG_VIDEO_H264_PROFILE, MENU, "H264 Profile", 0, 4, 1, 4, 1, profile_items},
};

static int fail(int error) {
  errno = error;
  return -1;
}

void reset_controls(struct fake_controls *controls) {
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) controls->value[i] = descriptions[i].initial;
}

static int has(const struct fake_controls *controls, int index) {
  return controls->has_encoder || !descriptions[index].of_encoder;
}

/* The place of `id` in the table, or -1. */
static int index_of(const struct fake_controls *controls, uint32_t id) {
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) {
    if (descriptions[i].id == id) return has(controls, i) ? i : -1;
  }
  return -1;
}

/* What a query asks for: the control itself, or with the NEXT flags the first one behind it; NULL where there is none. */
static const struct description *find_queried(const struct fake_controls *controls, uint32_t id) {
  const uint32_t next_flags = V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
  const uint32_t bare = id & ~next_flags;
  const int index = index_of(controls, bare);
  if (!(id & next_flags)) return index < 0 ? NULL : &descriptions[index];
  if (!(id & V4L2_CTRL_FLAG_NEXT_CTRL)) return NULL; /* compound ones only: there are none */
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) {
    if (descriptions[i].id > bare && has(controls, i)) return &descriptions[i];
  }
  return NULL;
}

static uint32_t flags_of(const struct description *description) {
  return description->type == BUTTON ? V4L2_CTRL_FLAG_WRITE_ONLY | V4L2_CTRL_FLAG_EXECUTE_ON_WRITE : 0;
}

static int query(const struct fake_controls *controls, struct v4l2_queryctrl *asked) {
  const struct description *found = find_queried(controls, asked->id);
  if (!found) return fail(EINVAL);
  *asked = (struct v4l2_queryctrl){.id = found->id, .type = found->type, .minimum = found->minimum,
    .maximum = found->maximum, .step = found->step, .default_value = found->initial, .flags = flags_of(found)};
  snprintf((char *)asked->name, sizeof asked->name, "%s", found->name);
  return 0;
}

static int query_extended(const struct fake_controls *controls, struct v4l2_query_ext_ctrl *asked) {
  const struct description *found = find_queried(controls, asked->id);
  if (!found) return fail(EINVAL);
  *asked = (struct v4l2_query_ext_ctrl){.id = found->id, .type = found->type, .minimum = found->minimum,
    .maximum = found->maximum, .step = (uint64_t)found->step, .default_value = found->initial,
    .flags = flags_of(found), .elem_size = 4, .elems = 1};
  snprintf(asked->name, sizeof asked->name, "%s", found->name);
  return 0;
}

static int query_menu(const struct fake_controls *controls, struct v4l2_querymenu *asked) {
  const int index = index_of(controls, asked->id);
  const struct description *found = index < 0 ? NULL : &descriptions[index];
  if (!found || !found->items || asked->index > (uint32_t)found->maximum || !found->items[asked->index]) {
    return fail(EINVAL);
  }
  snprintf((char *)asked->name, sizeof asked->name, "%s", found->items[asked->index]);
  return 0;
}

/* Whether the value may be set: ERANGE, EINVAL for a menu's missing item. */
static int check_value(int index, int value) {
  const struct description *control = &descriptions[index];
  if (control->type == BUTTON) return 0;
  if (value < control->minimum || value > control->maximum) return fail(ERANGE);
  return control->items && !control->items[value] ? fail(EINVAL) : 0;
}

/* Whole steps from the minimum on, as drivers round. */
static void set_value(struct fake_controls *controls, int index, int value) {
  const struct description *control = &descriptions[index];
  if (control->type == BUTTON) __atomic_store_n(&controls->force_keyframe, 1, __ATOMIC_RELEASE);
  else controls->value[index] = value - (value - control->minimum) % control->step;
}

static int get_or_set(struct fake_controls *controls, struct v4l2_control *control, int set) {
  const int index = index_of(controls, control->id);
  if (index < 0) return fail(EINVAL);
  if (!set && descriptions[index].type == BUTTON) return fail(EACCES);
  if (set && check_value(index, control->value)) return -1;
  if (set) set_value(controls, index, control->value);
  control->value = controls->value[index];
  return 0;
}

static int check_extended(const struct fake_controls *controls, const struct v4l2_ext_control *control, int get) {
  const int index = index_of(controls, control->id);
  if (index < 0) return fail(EINVAL);
  if (get) return descriptions[index].type == BUTTON ? fail(EACCES) : 0;
  return check_value(index, control->value);
}

/* All are checked before any is set, as the kernel does it. */
static int extended(struct fake_controls *controls, struct v4l2_ext_controls *list, unsigned int request) {
  for (uint32_t i = 0; i < list->count; i++) {
    if (check_extended(controls, &list->controls[i], request == VIDIOC_G_EXT_CTRLS) == 0) continue;
    list->error_idx = request == VIDIOC_TRY_EXT_CTRLS ? i : list->count;
    return -1;
  }
  for (uint32_t i = 0; i < list->count; i++) {
    struct v4l2_ext_control *control = &list->controls[i];
    const int index = index_of(controls, control->id);
    if (request == VIDIOC_S_EXT_CTRLS) set_value(controls, index, control->value);
    if (request != VIDIOC_TRY_EXT_CTRLS) control->value = controls->value[index];
  }
  return 0;
}

int control_ioctl(struct fake_controls *controls, unsigned int request, void *argument) {
  switch (request) {
    case VIDIOC_QUERYCTRL: return query(controls, argument);
    case VIDIOC_QUERY_EXT_CTRL: return query_extended(controls, argument);
    case VIDIOC_QUERYMENU: return query_menu(controls, argument);
    case VIDIOC_G_CTRL: return get_or_set(controls, argument, 0);
    case VIDIOC_S_CTRL: return get_or_set(controls, argument, 1);
    case VIDIOC_G_EXT_CTRLS:
    case VIDIOC_S_EXT_CTRLS:
    case VIDIOC_TRY_EXT_CTRLS: return extended(controls, argument, request);
    default: return fail(ENOTTY);
  }
}
