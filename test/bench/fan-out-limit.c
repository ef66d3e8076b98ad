/* The limit for MJPEG over TCP: capture by V4L2 and one writev of the driver's buffer per viewer and frame. One thread,
 * no features; a viewer whose socket is full skips frames, and only then is a frame copied.
 *
 *   fan-out-limit DEVICE PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CAPTURE = V4L2_BUF_TYPE_VIDEO_CAPTURE, BUFFERS = 4, MAX_VIEWERS = 4096 };

struct viewer {
  int fd, watching; /* `watching`: the request was read and answered */
  char *rest;       /* what did not fit into the socket, or NULL */
  size_t sent, size;
};

static struct viewer viewers[MAX_VIEWERS];
static int viewer_count;
static void *memory[BUFFERS];

static int die(const char *what) {
  perror(what);
  exit(1);
}

static int open_camera(const char *path) {
  const int camera = open(path, O_RDWR | O_NONBLOCK);
  if (camera < 0) die(path);
  struct v4l2_format format = {.type = CAPTURE};
  if (ioctl(camera, VIDIOC_G_FMT, &format)) die("VIDIOC_G_FMT");
  format.fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
  if (ioctl(camera, VIDIOC_S_FMT, &format)) die("VIDIOC_S_FMT");
  struct v4l2_requestbuffers request = {.count = BUFFERS, .type = CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (ioctl(camera, VIDIOC_REQBUFS, &request) || request.count > BUFFERS) die("VIDIOC_REQBUFS");
  for (unsigned int i = 0; i < request.count; i++) {
    struct v4l2_buffer buffer = {.type = CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    if (ioctl(camera, VIDIOC_QUERYBUF, &buffer)) die("VIDIOC_QUERYBUF");
    memory[i] = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera, buffer.m.offset);
    if (memory[i] == MAP_FAILED || ioctl(camera, VIDIOC_QBUF, &buffer)) die("VIDIOC_QBUF");
  }
  int type = CAPTURE;
  if (ioctl(camera, VIDIOC_STREAMON, &type)) die("VIDIOC_STREAMON");
  return camera;
}

static int listen_on(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) die("bind");
  return listener;
}

static void accept_viewers(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (viewer_count < MAX_VIEWERS) viewers[viewer_count++] = (struct viewer){.fd = fd};
    else close(fd);
  }
}

static void drop_viewer(int index) {
  close(viewers[index].fd);
  free(viewers[index].rest);
  viewers[index] = viewers[--viewer_count];
}

/* The request comes in one piece here, and whatever it asks, the answer is the stream; -1 when the viewer left. */
static int answer_request(struct viewer *viewer) {
  static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
  char request[2048];
  if (read(viewer->fd, request, sizeof request) <= 0) return -1;
  if (!viewer->watching && write(viewer->fd, head, sizeof head - 1) < 0) return -1;
  viewer->watching = 1;
  return 0;
}

static void send_rest(struct viewer *viewer) {
  const ssize_t written = write(viewer->fd, viewer->rest + viewer->sent, viewer->size - viewer->sent);
  if (written > 0) viewer->sent += (size_t)written;
  if (viewer->sent < viewer->size) return;
  free(viewer->rest);
  viewer->rest = NULL;
}

static void keep_rest(struct viewer *viewer, const struct iovec *parts, int count, size_t total, size_t sent) {
  viewer->rest = malloc(total);
  viewer->size = total;
  viewer->sent = sent;
  size_t at = 0;
  for (int i = 0; i < count; i++) {
    memcpy(viewer->rest + at, parts[i].iov_base, parts[i].iov_len);
    at += parts[i].iov_len;
  }
}

static void send_frame(void *frame, size_t size) {
  char head[128];
  const int head_size = snprintf(head, sizeof head,
    "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", size);
  const struct iovec parts[3] = {{head, (size_t)head_size}, {frame, size}, {"\r\n", 2}};
  const size_t total = (size_t)head_size + size + 2;
  for (int i = viewer_count - 1; i >= 0; i--) {
    struct viewer *viewer = &viewers[i];
    if (!viewer->watching || viewer->rest) continue;
    const ssize_t written = writev(viewer->fd, parts, 3);
    if (written < 0 && errno != EAGAIN) drop_viewer(i);
    else if (written >= 0 && (size_t)written < total) keep_rest(viewer, parts, 3, total, (size_t)written);
  }
}

static void serve_frame(int camera) {
  struct v4l2_buffer buffer = {.type = CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (ioctl(camera, VIDIOC_DQBUF, &buffer)) return;
  send_frame(memory[buffer.index], buffer.bytesused);
  ioctl(camera, VIDIOC_QBUF, &buffer);
}

int main(int count, char **arguments) {
  static struct pollfd polled[MAX_VIEWERS + 2];
  if (count != 3) {
    fprintf(stderr, "usage: fan-out-limit DEVICE PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  const int camera = open_camera(arguments[1]), listener = listen_on(atoi(arguments[2]));
  for (;;) {
    const int polled_viewers = viewer_count;
    polled[0] = (struct pollfd){.fd = camera, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 0; i < polled_viewers; i++) {
      polled[2 + i] = (struct pollfd){.fd = viewers[i].fd, .events = POLLIN | (viewers[i].rest ? POLLOUT : 0)};
    }
    poll(polled, (nfds_t)polled_viewers + 2, 1000);
    for (int i = polled_viewers - 1; i >= 0; i--) {
      const short events = polled[2 + i].revents;
      if (events & POLLOUT && viewers[i].rest) send_rest(&viewers[i]);
      if (events & (POLLIN | POLLHUP | POLLERR) && answer_request(&viewers[i])) drop_viewer(i);
    }
    if (polled[1].revents) accept_viewers(listener);
    if (polled[0].revents & POLLIN) serve_frame(camera);
  }
}
