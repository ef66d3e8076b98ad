#define _GNU_SOURCE
#include "fake-feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frame-stamp.h"

enum { NS_PER_SECOND = 1000000000 };

void push_buffer(struct buffer_queue *queue, unsigned int index) {
  queue->index[(queue->head + queue->size++) % MAX_BUFFERS] = index;
}

unsigned int shift_buffer(struct buffer_queue *queue) {
  const unsigned int index = queue->index[queue->head];
  queue->head = (queue->head + 1) % MAX_BUFFERS;
  queue->size--;
  return index;
}

static void draw_stamp(uint8_t *picture, const struct mode *mode, struct frame_stamp stamp) {
  uint8_t payload[STAMP_PAYLOAD_BYTES];
  const int packed = mode->fourcc == V4L2_PIX_FMT_YUYV || mode->fourcc == V4L2_PIX_FMT_UYVY;
  const int rgb = mode->fourcc == V4L2_PIX_FMT_RGB24 || mode->fourcc == V4L2_PIX_FMT_BGR24;
  const size_t step = packed ? 2 : 1, first = mode->fourcc == V4L2_PIX_FMT_UYVY ? 1 : 0;
  if (rgb || mode->width < STAMP_SQUARES * STAMP_SQUARE_PIXELS || mode->height < STAMP_SQUARE_PIXELS) return;
  encode_stamp_payload(payload, stamp);
  for (int y = 0; y < STAMP_SQUARE_PIXELS; y++) {
    uint8_t *row = picture + (size_t)y * mode->width * step + first;
    for (int x = 0; x < STAMP_SQUARES * STAMP_SQUARE_PIXELS; x++) {
      const int bit = x / STAMP_SQUARE_PIXELS;
      row[(size_t)x * step] = payload[bit / 8] >> (7 - bit % 8) & 1 ? 216 : 40;
    }
  }
}

static size_t fill_access_unit(uint8_t *out, const struct clip_frame *unit, struct frame_stamp stamp) {
  const size_t before = unit->slice_at == NO_SLICE ? unit->size : unit->slice_at;
  memcpy(out, unit->bytes, before);
  if (before == unit->size) return before;
  encode_stamp_sei(out + before, stamp);
  memcpy(out + before + STAMP_SEI_BYTES, unit->bytes + before, unit->size - before);
  return unit->size + STAMP_SEI_BYTES;
}

/* Copies the frame with its stamp to `out`; returns the bytes written. */
static size_t fill(uint8_t *out, const struct mode *mode, const struct clip_frame *frame, struct frame_stamp stamp) {
  if (mode->fourcc == V4L2_PIX_FMT_H264) return fill_access_unit(out, frame, stamp);
  if (mode->fourcc != V4L2_PIX_FMT_MJPEG) {
    memcpy(out, frame->bytes, frame->size);
    if (raw_frame_bytes(mode->fourcc, mode->width, mode->height) > 0) draw_stamp(out, mode, stamp);
    return frame->size;
  }
  memcpy(out, frame->bytes, 2); /* SOI */
  encode_stamp_segment(out + 2, stamp);
  memcpy(out + 2 + STAMP_SEGMENT_BYTES, frame->bytes + 2, frame->size - 2);
  return frame->size + STAMP_SEGMENT_BYTES;
}

/* Takes the next queued buffer and its number; 0 where the program left the camera none: that frame is lost. */
static int take_buffer(struct device *device, unsigned int *index, uint32_t *sequence) {
  pthread_mutex_lock(&device->lock);
  const int available = device->queued.size > 0;
  *sequence = device->sequence++;
  if (available) {
    *index = shift_buffer(&device->queued);
    device->buffers[*index].state = BUFFER_FILLING;
  }
  pthread_mutex_unlock(&device->lock);
  return available;
}

/* The clip's frame that is the `sequence`th; where a keyframe was asked for, the next one that is. */
static const struct clip_frame *choose_frame(struct device *device, uint32_t sequence) {
  const struct mode *mode = &device->modes[device->mode];
  const struct clip *clip = &mode->clip;
  const int forced = __atomic_exchange_n(&device->controls.force_keyframe, 0, __ATOMIC_ACQ_REL);
  size_t passed = 0;
  while (forced && mode->fourcc == V4L2_PIX_FMT_H264 && passed < clip->count
         && !clip->frames[(sequence + device->ahead + passed) % clip->count].keyframe) passed++;
  device->ahead += passed;
  return &clip->frames[(sequence + device->ahead) % clip->count];
}

static uint32_t kind_of(const struct mode *mode, const struct clip_frame *frame) {
  if (mode->fourcc != V4L2_PIX_FMT_H264) return 0;
  return frame->keyframe ? V4L2_BUF_FLAG_KEYFRAME : V4L2_BUF_FLAG_PFRAME;
}

/* One frame into one buffer; -1 when the reading end is gone. */
static int capture(struct device *device, struct timespec now) {
  const struct mode *mode = &device->modes[device->mode];
  unsigned int index;
  uint32_t sequence;
  if (!take_buffer(device, &index, &sequence)) return 0;
  struct buffer *buffer = &device->buffers[index];
  uint8_t *out = device->memory_type == V4L2_MEMORY_USERPTR ? buffer->user_memory
                                                            : device->memory + index * device->buffer_size;
  const struct frame_stamp stamp = {(uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec, sequence};
  const struct clip_frame *frame = choose_frame(device, sequence);
  const size_t used = fill(out, mode, frame, stamp);
  pthread_mutex_lock(&device->lock);
  buffer->state = BUFFER_DONE;
  buffer->used = used;
  buffer->captured = now;
  buffer->sequence = sequence;
  buffer->kind = kind_of(mode, frame);
  push_buffer(&device->done, index);
  pthread_mutex_unlock(&device->lock);
  return write(device->signal_fd, "", 1) == 1 || errno == EAGAIN ? 0 : -1;
}

/* Sleeps to the next tick of the camera's clock; after a long suspension the clock starts anew. */
static void await_tick(struct timespec *tick, long step_ns) {
  struct timespec now;
  tick->tv_nsec += step_ns;
  tick->tv_sec += tick->tv_nsec / NS_PER_SECOND;
  tick->tv_nsec %= NS_PER_SECOND;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec - tick->tv_sec > 1) *tick = now;
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, tick, NULL);
}

static int is_stalled(const struct device *device) {
  char marker[sizeof device->path + sizeof ".stalled"];
  snprintf(marker, sizeof marker, "%s.stalled", device->path);
  return access(marker, F_OK) == 0;
}

static void unplug(struct device *device) {
  pthread_mutex_lock(&device->lock);
  device->gone = 1;
  pthread_mutex_unlock(&device->lock);
  /* The reader's end now polls as hung up, as an unplugged device does; the number stays taken until the close. */
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) {
    dup3(nothing, device->signal_fd, O_CLOEXEC);
    close(nothing);
  }
}

static void *feed(void *argument) {
  struct device *device = argument;
  sigset_t all;
  sigfillset(&all); /* signals belong to the program; a closed pipe is an error code here */
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  const long step_ns = lround(NS_PER_SECOND / device->modes[device->mode].fps);
  struct timespec tick, now;
  clock_gettime(CLOCK_MONOTONIC, &tick);
  for (;;) {
    await_tick(&tick, step_ns);
    if (!__atomic_load_n(&device->streaming, __ATOMIC_ACQUIRE)) return NULL;
    if (access(device->path, F_OK)) {
      unplug(device);
      return NULL;
    }
    if (is_stalled(device)) continue;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (capture(device, now)) return NULL;
  }
}

int start_feeder(struct device *device) {
  if (device->streaming) return 0;
  device->streaming = 1;
  device->controls.force_keyframe = 1; /* as encoders do */
  const int error = pthread_create(&device->feeder, NULL, feed, device);
  if (error) {
    device->streaming = 0;
    errno = error;
    return -1;
  }
  pthread_setname_np(device->feeder, "fake-camera");
  return 0;
}

void stop_feeder(struct device *device) {
  if (!device->streaming) return;
  __atomic_store_n(&device->streaming, 0, __ATOMIC_RELEASE);
  pthread_join(device->feeder, NULL);
  device->queued = device->done = (struct buffer_queue){0};
  for (int i = 0; i < MAX_BUFFERS; i++) device->buffers[i].state = BUFFER_IDLE;
}
