/* One fake capture device: its modes, its buffers and the thread that fills them at the camera's rate. */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "clip.h"
#include "fake-controls.h"

enum { MAX_MODES = 16, MAX_BUFFERS = 32 };

struct mode {
  uint32_t fourcc, width, height;
  double fps;
  char clip_file[512];
  struct clip clip;
};

enum buffer_state { BUFFER_IDLE, BUFFER_QUEUED, BUFFER_FILLING, BUFFER_DONE };

struct buffer {
  enum buffer_state state;
  void *user_memory; /* V4L2_MEMORY_USERPTR only */
  size_t used;
  struct timespec captured;
  uint32_t sequence, kind; /* `kind`: V4L2_BUF_FLAG_{KEY,P}FRAME of H264, else 0 */
};

/* Indexes of buffers, first in, first out. */
struct buffer_queue {
  unsigned int index[MAX_BUFFERS], head, size;
};

struct device {
  char path[256];
  unsigned int number;
  struct mode modes[MAX_MODES];
  unsigned int mode_count, mode; /* `mode` is the current one */
  int loaded;
  struct fake_controls controls;

  int owner_fd;  /* the descriptor that holds the buffers; -1 without buffers */
  int signal_fd; /* the writing end of the owner's pipe: one byte per finished buffer */
  uint32_t memory_type;
  int memory_fd;
  uint8_t *memory;
  size_t buffer_size;
  unsigned int buffer_count;
  struct buffer buffers[MAX_BUFFERS];
  struct buffer_queue queued, done;

  pthread_mutex_t lock; /* guards buffers, both queues, streaming and gone */
  pthread_t feeder;
  int streaming, gone;
  uint32_t sequence;
  size_t ahead; /* pictures of the clip that were passed over for a keyframe */
};

/* Loads the clips on the first open: 0, or -1 with errno. */
int prepare_device(struct device *device);

/* One ioctl on descriptor `fd`, whose finished buffers are told through `signal_fd`: 0, or -1 with errno. */
int device_ioctl(struct device *device, int fd, int signal_fd, unsigned int request, void *argument);

/* Lets go of what `fd` holds: the stream stops, the buffers are gone. */
void release_device(struct device *device, int fd);

#endif
