#include "fake-controls.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct description {
  uint32_t id, type;
  const char *name;
  int minimum, maximum, initial;
};

/* In the order of their ids, as V4L2_CTRL_FLAG_NEXT_CTRL promises. */
static const struct description descriptions[FAKE_CONTROL_COUNT] = {
  {V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", 0, 255, 128},
  {V4L2_CID_CONTRAST, V4L2_CTRL_TYPE_INTEGER, "Contrast", 0, 255, 32},
  {V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1},
  {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "Power Line Frequency", 0, 2, 1},
};
static const char *const power_line_items[] = {"Disabled", "50 Hz", "60 Hz"};

static int fail(int error) {
  errno = error;
  return -1;
}

void reset_controls(struct fake_controls *controls) {
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) controls->value[i] = descriptions[i].initial;
}

/* The place of `id` in the table, or -1. */
static int index_of(uint32_t id) {
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) {
    if (descriptions[i].id == id) return i;
  }
  return -1;
}

/* What a query asks for: the control itself, or with the NEXT flags the first one behind it; NULL where there is none. */
static const struct description *find_queried(uint32_t id) {
  const uint32_t next_flags = V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
  const uint32_t bare = id & ~next_flags;
  if (!(id & next_flags)) return index_of(bare) < 0 ? NULL : &descriptions[index_of(bare)];
  if (!(id & V4L2_CTRL_FLAG_NEXT_CTRL)) return NULL; /* compound ones only: there are none */
  for (int i = 0; i < FAKE_CONTROL_COUNT; i++) {
    if (descriptions[i].id > bare) return &descriptions[i];
  }
  return NULL;
}

static int query(struct v4l2_queryctrl *asked) {
  const struct description *found = find_queried(asked->id);
  if (!found) return fail(EINVAL);
  *asked = (struct v4l2_queryctrl){.id = found->id, .type = found->type, .minimum = found->minimum,
    .maximum = found->maximum, .step = 1, .default_value = found->initial};
  snprintf((char *)asked->name, sizeof asked->name, "%s", found->name);
  return 0;
}

static int query_extended(struct v4l2_query_ext_ctrl *asked) {
  const struct description *found = find_queried(asked->id);
  if (!found) return fail(EINVAL);
  *asked = (struct v4l2_query_ext_ctrl){.id = found->id, .type = found->type, .minimum = found->minimum,
    .maximum = found->maximum, .step = 1, .default_value = found->initial, .elem_size = 4, .elems = 1};
  snprintf(asked->name, sizeof asked->name, "%s", found->name);
  return 0;
}

static int query_menu(struct v4l2_querymenu *asked) {
  if (asked->id != V4L2_CID_POWER_LINE_FREQUENCY || asked->index > 2) return fail(EINVAL);
  snprintf((char *)asked->name, sizeof asked->name, "%s", power_line_items[asked->index]);
  return 0;
}

static int check_value(int index, int value) {
  if (value >= descriptions[index].minimum && value <= descriptions[index].maximum) return 0;
  return fail(ERANGE);
}

static int get_or_set(struct fake_controls *controls, struct v4l2_control *control, int set) {
  const int index = index_of(control->id);
  if (index < 0) return fail(EINVAL);
  if (!set) {
    control->value = controls->value[index];
    return 0;
  }
  if (check_value(index, control->value)) return -1;
  controls->value[index] = control->value;
  return 0;
}

/* All are checked before any is set, as the kernel does it. */
static int extended(struct fake_controls *controls, struct v4l2_ext_controls *list, unsigned int request) {
  for (uint32_t i = 0; i < list->count; i++) {
    const int index = index_of(list->controls[i].id);
    const int wrong = index < 0 ? fail(EINVAL)
      : request != VIDIOC_G_EXT_CTRLS ? check_value(index, list->controls[i].value) : 0;
    if (wrong) {
      list->error_idx = request == VIDIOC_TRY_EXT_CTRLS ? i : list->count;
      return -1;
    }
  }
  for (uint32_t i = 0; i < list->count; i++) {
    struct v4l2_ext_control *control = &list->controls[i];
    if (request == VIDIOC_G_EXT_CTRLS) control->value = controls->value[index_of(control->id)];
    if (request == VIDIOC_S_EXT_CTRLS) controls->value[index_of(control->id)] = control->value;
  }
  return 0;
}

int control_ioctl(struct fake_controls *controls, unsigned int request, void *argument) {
  switch (request) {
    case VIDIOC_QUERYCTRL: return query(argument);
    case VIDIOC_QUERY_EXT_CTRL: return query_extended(argument);
    case VIDIOC_QUERYMENU: return query_menu(argument);
    case VIDIOC_G_CTRL: return get_or_set(controls, argument, 0);
    case VIDIOC_S_CTRL: return get_or_set(controls, argument, 1);
    case VIDIOC_G_EXT_CTRLS:
    case VIDIOC_S_EXT_CTRLS:
    case VIDIOC_TRY_EXT_CTRLS: return extended(controls, argument, request);
    default: return fail(ENOTTY);
  }
}
