/** Constants of <linux/videodev2.h> that capture uses, by their kernel names. */

export const V4L2_CAP_VIDEO_CAPTURE = 0x0000_0001;
export const V4L2_CAP_VIDEO_CAPTURE_MPLANE = 0x0000_1000;
export const V4L2_CAP_VIDEO_M2M_MPLANE = 0x0000_4000;
export const V4L2_CAP_VIDEO_M2M = 0x0000_8000;
export const V4L2_CAP_STREAMING = 0x0400_0000;
export const V4L2_CAP_DEVICE_CAPS = 0x8000_0000;

export const V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
export const V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9;
export const V4L2_MEMORY_MMAP = 1;
export const V4L2_FIELD_NONE = 1;

export const V4L2_BUF_FLAG_ERROR = 0x0000_0040;
export const V4L2_BUF_FLAG_TIMESTAMP_MASK = 0x0000_e000;
export const V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC = 0x0000_2000;

export const V4L2_FMT_FLAG_COMPRESSED = 0x0001;
export const V4L2_FMT_FLAG_EMULATED = 0x0002;
export const V4L2_FRMSIZE_TYPE_DISCRETE = 1;
export const V4L2_FRMSIZE_TYPE_CONTINUOUS = 2;
export const V4L2_FRMIVAL_TYPE_DISCRETE = 1;
export const V4L2_CAP_TIMEPERFRAME = 0x1000;

export const V4L2_EVENT_CTRL = 3;
export const V4L2_EVENT_SOURCE_CHANGE = 5;
