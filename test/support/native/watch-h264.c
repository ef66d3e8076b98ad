/* Captures H.264 and tells what each buffer is: a line of type (K keyframe, P other, ? neither), size, sequence and
 * driver's time (ns), to standard error; the bytes go to standard output.
 *
 *   watch-h264 DEVICE FRAMES FORCE_AFTER RESTART_AFTER
 *
 * It asks for a keyframe, or stops the stream and starts it again, when so many frames have come (0: never). */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* So many that a slow machine loses no frame of a short run. */
enum { CAPTURE = V4L2_BUF_TYPE_VIDEO_CAPTURE, BUFFERS = 32 };

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void prepare(int camera, void *memory[BUFFERS]) {
  struct v4l2_format format = {.type = CAPTURE};
  if (ioctl(camera, VIDIOC_G_FMT, &format)) die("VIDIOC_G_FMT");
  format.fmt.pix.pixelformat = V4L2_PIX_FMT_H264;
  if (ioctl(camera, VIDIOC_S_FMT, &format)) die("VIDIOC_S_FMT");
  struct v4l2_requestbuffers request = {.count = BUFFERS, .type = CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (ioctl(camera, VIDIOC_REQBUFS, &request)) die("VIDIOC_REQBUFS");
  for (unsigned int i = 0; i < BUFFERS; i++) {
    struct v4l2_buffer buffer = {.type = CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    if (ioctl(camera, VIDIOC_QUERYBUF, &buffer)) die("VIDIOC_QUERYBUF");
    memory[i] = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera, buffer.m.offset);
    if (memory[i] == MAP_FAILED) die("mmap");
  }
}

static void start(int camera) {
  const int type = CAPTURE;
  for (unsigned int i = 0; i < BUFFERS; i++) {
    struct v4l2_buffer buffer = {.type = CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    if (ioctl(camera, VIDIOC_QBUF, &buffer)) die("VIDIOC_QBUF");
  }
  if (ioctl(camera, VIDIOC_STREAMON, &type)) die("VIDIOC_STREAMON");
}

static void restart(int camera) {
  const int type = CAPTURE;
  if (ioctl(camera, VIDIOC_STREAMOFF, &type)) die("VIDIOC_STREAMOFF");
  start(camera);
}

static void force_keyframe(int camera) {
  struct v4l2_control force = {.id = V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME};
  if (ioctl(camera, VIDIOC_S_CTRL, &force)) die("VIDIOC_S_CTRL");
}

static void take(int camera, void *const memory[BUFFERS]) {
  struct v4l2_buffer buffer = {.type = CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (ioctl(camera, VIDIOC_DQBUF, &buffer)) die("VIDIOC_DQBUF");
  const char type = buffer.flags & V4L2_BUF_FLAG_KEYFRAME ? 'K' : buffer.flags & V4L2_BUF_FLAG_PFRAME ? 'P' : '?';
  fprintf(stderr, "%c %u %u %lld\n", type, buffer.bytesused, buffer.sequence,
          buffer.timestamp.tv_sec * 1000000000LL + buffer.timestamp.tv_usec * 1000LL);
  if (write(STDOUT_FILENO, memory[buffer.index], buffer.bytesused) != (ssize_t)buffer.bytesused) die("write");
  if (ioctl(camera, VIDIOC_QBUF, &buffer)) die("VIDIOC_QBUF");
}

int main(int count, char **arguments) {
  void *memory[BUFFERS];
  if (count != 5) return 2;
  const int frames = atoi(arguments[2]), force_after = atoi(arguments[3]), restart_after = atoi(arguments[4]);
  const int camera = open(arguments[1], O_RDWR);
  if (camera < 0) die(arguments[1]);
  prepare(camera, memory);
  start(camera);
  for (int i = 0; i < frames; i++) {
    if (i > 0 && i == force_after) force_keyframe(camera);
    if (i > 0 && i == restart_after) restart(camera);
    take(camera, memory);
  }
  return close(camera);
}
