/* A V4L2 camera without a kernel driver: preloaded into any capture program, it answers open, ioctl, mmap and close for
 * the paths it was told, at native speed.
 *
 *   FAKE_CAMERA="PATH=FOURCC:WIDTHxHEIGHT@FPS:CLIP;…"  LD_PRELOAD=fake-camera.so  program
 *
 * The same PATH more than once gives one camera several modes. PATH must exist (any file will do; a program that looks
 * for a character device needs one, or a link to one): removing it unplugs the camera. While PATH.stalled exists the camera
 * is there but delivers nothing. Frames carry a stamp (frame-stamp.h). An H264 clip begins with a keyframe, has them with
 * parameter sets, and no B-frames; its camera has an encoder's controls, of which FORCE_KEY_FRAME does something. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-device.h"

enum { MAX_DEVICES = 32, MAX_DESCRIPTORS = 65536 };

/* A descriptor of ours is a pipe's reading end: readable when a buffer is done, and never writable. */
struct handle {
  struct device *device;
  int signal_fd; /* the pipe's writing end */
  ino_t inode;   /* tells a number that was closed behind our back (by a raw system call) and used again */
};

static struct device devices[MAX_DEVICES];
static unsigned int device_count;
static struct handle handles[MAX_DESCRIPTORS];

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);

static void add_mode(const char *entry) {
  char path[sizeof devices->path], fourcc[5];
  struct mode mode = {0};
  const int fields = sscanf(entry, "%255[^=]=%4c:%ux%u@%lf:%511[^;]", path, fourcc, &mode.width, &mode.height, &mode.fps,
                            mode.clip_file);
  unsigned int i = 0;
  while (fields == 6 && i < device_count && strcmp(devices[i].path, path) != 0) i++;
  if (fields != 6 || mode.fps <= 0 || i == MAX_DEVICES || devices[i].mode_count == MAX_MODES) {
    fprintf(stderr, "fake camera: cannot use FAKE_CAMERA entry %s\n", entry);
    _exit(3);
  }
  struct device *device = &devices[i];
  if (i == device_count) {
    device_count++;
    snprintf(device->path, sizeof device->path, "%s", path);
    device->number = i;
    device->owner_fd = device->memory_fd = -1;
    pthread_mutex_init(&device->lock, NULL);
    reset_controls(&device->controls);
  }
  mode.fourcc = v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]);
  if (mode.fourcc == V4L2_PIX_FMT_H264) device->controls.has_encoder = 1;
  device->modes[device->mode_count++] = mode;
}

static void initialise(void) {
  real_open = dlsym(RTLD_NEXT, "open");
  real_openat = dlsym(RTLD_NEXT, "openat");
  real_ioctl = dlsym(RTLD_NEXT, "ioctl");
  real_close = dlsym(RTLD_NEXT, "close");
  real_mmap = dlsym(RTLD_NEXT, "mmap");
  const char *setting = getenv("FAKE_CAMERA");
  char *copy = setting ? strdup(setting) : NULL, *rest = copy, *entry;
  while (rest && (entry = strsep(&rest, ";"))) {
    if (*entry) add_mode(entry);
  }
  free(copy);
}

static void ensure_initialised(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, initialise);
}

static struct device *device_at(const char *path) {
  ensure_initialised();
  for (unsigned int i = 0; path && i < device_count; i++) {
    if (strcmp(devices[i].path, path) == 0) return &devices[i];
  }
  return NULL;
}

/* The handle behind `fd`, or NULL where the descriptor is not ours. */
static struct handle *handle_of(int fd) {
  struct stat status;
  if (fd < 0 || fd >= MAX_DESCRIPTORS || !handles[fd].device) return NULL;
  return fstat(fd, &status) == 0 && status.st_ino == handles[fd].inode ? &handles[fd] : NULL;
}

static void release_handle(int fd) {
  release_device(handles[fd].device, fd);
  real_close(handles[fd].signal_fd);
  handles[fd] = (struct handle){0};
}

static int open_device(struct device *device, int flags) {
  int ends[2];
  struct stat status;
  const int owner = device->owner_fd;
  if (owner >= 0 && !handle_of(owner)) release_handle(owner); /* closed behind our back */
  if (access(device->path, F_OK) || prepare_device(device) || pipe2(ends, O_CLOEXEC)) return -1;
  if (ends[0] >= MAX_DESCRIPTORS || fstat(ends[0], &status)) {
    real_close(ends[0]);
    real_close(ends[1]);
    errno = EMFILE;
    return -1;
  }
  if (flags & O_NONBLOCK) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  if (handles[ends[0]].device) release_handle(ends[0]);
  handles[ends[0]] = (struct handle){device, ends[1], status.st_ino};
  return ends[0];
}

/* ---- the functions a program calls -------------------------------------------------------------------------------- */

static mode_t mode_argument(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  struct device *device = device_at(path);
  return device ? open_device(device, flags) : real_open(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  struct device *device = device_at(path);
  return device ? open_device(device, flags) : real_openat(directory, path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  ensure_initialised();
  struct handle *handle = handle_of(fd);
  if (!handle) return real_ioctl(fd, request, argument);
  return device_ioctl(handle->device, fd, handle->signal_fd, (unsigned int)request, argument);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  if (!real_mmap) real_mmap = dlsym(RTLD_NEXT, "mmap"); /* the loader maps before anything is initialised */
  struct handle *handle = handle_of(fd);
  return real_mmap(address, size, protection, flags, handle ? handle->device->memory_fd : fd, offset);
}

int close(int fd) {
  ensure_initialised();
  if (handle_of(fd)) release_handle(fd);
  return real_close(fd);
}

/* The same functions under the names that large-file and fortified builds call. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset) __attribute__((alias("mmap")));

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open(path, flags); }
