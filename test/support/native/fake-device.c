#define _GNU_SOURCE
#include "fake-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake-feeder.h"
#include "fake-formats.h"

enum { CAPTURE = V4L2_BUF_TYPE_VIDEO_CAPTURE, PAGE_BYTES = 4096 };

static int fail(int error) {
  errno = error;
  return -1;
}

static void free_buffers(struct device *device) {
  if (device->memory) munmap(device->memory, device->buffer_size * device->buffer_count);
  if (device->memory_fd >= 0) close(device->memory_fd);
  device->memory = NULL;
  device->memory_fd = -1;
  device->buffer_count = 0;
  device->owner_fd = -1;
}

static int allocate_memory(struct device *device) {
  const size_t total = device->buffer_size * device->buffer_count;
  device->memory_fd = memfd_create("fake-camera", MFD_CLOEXEC);
  if (device->memory_fd < 0 || ftruncate(device->memory_fd, (off_t)total)) return -1;
  device->memory = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED, device->memory_fd, 0);
  if (device->memory != MAP_FAILED) return 0;
  device->memory = NULL;
  return -1;
}

static int request_buffers(struct device *device, int fd, int signal_fd, struct v4l2_requestbuffers *request) {
  const int known_memory = request->memory == V4L2_MEMORY_MMAP || request->memory == V4L2_MEMORY_USERPTR;
  if (request->type != CAPTURE || !known_memory) return fail(EINVAL);
  if (device->streaming || (device->owner_fd >= 0 && device->owner_fd != fd)) return fail(EBUSY);
  free_buffers(device);
  request->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP | V4L2_BUF_CAP_SUPPORTS_USERPTR;
  if (request->count == 0) return 0;
  if (request->count > MAX_BUFFERS) request->count = MAX_BUFFERS;
  device->buffer_count = request->count;
  device->buffer_size = (image_bytes(&device->modes[device->mode]) + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
  device->memory_type = request->memory;
  device->owner_fd = fd;
  device->signal_fd = signal_fd;
  for (int i = 0; i < MAX_BUFFERS; i++) device->buffers[i] = (struct buffer){0};
  if (request->memory == V4L2_MEMORY_USERPTR || allocate_memory(device) == 0) return 0;
  free_buffers(device);
  return fail(ENOMEM);
}

static void describe_buffer(const struct device *device, unsigned int index, struct v4l2_buffer *out) {
  const struct buffer *buffer = &device->buffers[index];
  out->index = index;
  out->type = CAPTURE;
  out->memory = device->memory_type;
  out->field = V4L2_FIELD_NONE;
  out->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_EOF;
  if (buffer->state == BUFFER_QUEUED || buffer->state == BUFFER_FILLING) out->flags |= V4L2_BUF_FLAG_QUEUED;
  if (buffer->state == BUFFER_DONE) out->flags |= V4L2_BUF_FLAG_DONE;
  out->flags |= buffer->kind;
  out->length = (uint32_t)device->buffer_size;
  out->bytesused = (uint32_t)buffer->used;
  out->sequence = buffer->sequence;
  out->timestamp.tv_sec = buffer->captured.tv_sec;
  out->timestamp.tv_usec = buffer->captured.tv_nsec / 1000;
  if (device->memory_type == V4L2_MEMORY_MMAP) out->m.offset = (uint32_t)(index * device->buffer_size);
  else out->m.userptr = (unsigned long)buffer->user_memory;
}

static int query_buffer(const struct device *device, struct v4l2_buffer *request) {
  if (request->type != CAPTURE || request->index >= device->buffer_count) return fail(EINVAL);
  describe_buffer(device, request->index, request);
  return 0;
}

static int queue_buffer(struct device *device, struct v4l2_buffer *request) {
  if (request->type != CAPTURE || request->index >= device->buffer_count) return fail(EINVAL);
  if (device->gone) return fail(ENODEV);
  pthread_mutex_lock(&device->lock);
  struct buffer *buffer = &device->buffers[request->index];
  const int idle = buffer->state == BUFFER_IDLE;
  if (idle) {
    buffer->state = BUFFER_QUEUED;
    if (device->memory_type == V4L2_MEMORY_USERPTR) buffer->user_memory = (void *)request->m.userptr;
    push_buffer(&device->queued, request->index);
    request->flags = V4L2_BUF_FLAG_QUEUED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  }
  pthread_mutex_unlock(&device->lock);
  return idle ? 0 : fail(EINVAL);
}

static int dequeue_buffer(struct device *device, struct v4l2_buffer *request) {
  char byte;
  ssize_t count;
  if (device->gone) return fail(ENODEV);
  if (request->type != CAPTURE || !device->streaming) return fail(EINVAL);
  do count = read(device->owner_fd, &byte, 1); /* blocks, or EAGAIN where the descriptor does not block */
  while (count < 0 && errno == EINTR);
  if (count == 0) return fail(ENODEV);
  if (count < 0) return -1;
  pthread_mutex_lock(&device->lock);
  const unsigned int index = shift_buffer(&device->done);
  device->buffers[index].state = BUFFER_IDLE;
  describe_buffer(device, index, request);
  pthread_mutex_unlock(&device->lock);
  return 0;
}

static void drain_signals(int fd) {
  char byte;
  const int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  while (read(fd, &byte, 1) == 1) {}
  fcntl(fd, F_SETFL, flags);
}

/* Requests that only the descriptor with the buffers may make. */
static int buffer_ioctl(struct device *device, int fd, unsigned int request, void *argument) {
  if (device->owner_fd != fd) return fail(device->owner_fd >= 0 ? EBUSY : EINVAL);
  switch (request) {
    case VIDIOC_QUERYBUF: return query_buffer(device, argument);
    case VIDIOC_QBUF: return queue_buffer(device, argument);
    case VIDIOC_DQBUF: return dequeue_buffer(device, argument);
    case VIDIOC_STREAMON: return start_feeder(device);
    default: /* VIDIOC_STREAMOFF */
      stop_feeder(device);
      drain_signals(fd);
      return 0;
  }
}

int prepare_device(struct device *device) {
  for (unsigned int i = 0; !device->loaded && i < device->mode_count; i++) {
    struct mode *mode = &device->modes[i];
    if (load_clip(&mode->clip, mode->clip_file, mode->fourcc, mode->width, mode->height)) {
      fprintf(stderr, "fake camera: no frames in %s: %s\n", mode->clip_file, strerror(errno));
      return -1;
    }
  }
  device->loaded = 1;
  return 0;
}

void release_device(struct device *device, int fd) {
  if (device->owner_fd != fd) return;
  stop_feeder(device);
  free_buffers(device);
  device->gone = 0;
}

int device_ioctl(struct device *device, int fd, int signal_fd, unsigned int request, void *argument) {
  switch (request) {
    case VIDIOC_REQBUFS: return request_buffers(device, fd, signal_fd, argument);
    case VIDIOC_QUERYBUF:
    case VIDIOC_QBUF:
    case VIDIOC_DQBUF:
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF: return buffer_ioctl(device, fd, request, argument);
    default: break;
  }
  if (access(device->path, F_OK)) return fail(ENODEV); /* unplugged */
  const int answer = format_ioctl(device, fd, request, argument);
  return answer == 0 || errno != ENOTTY ? answer : control_ioctl(&device->controls, request, argument);
}
