/*
 * Makes a v4l2loopback node an MJPEG camera that shows a clip, for as long as this program runs:
 *
 *   loopback-feeder DEVICE CLIP.mjpeg WIDTH HEIGHT FPS
 *
 * Does what `ffmpeg -re -f mjpeg -i CLIP -c copy -f v4l2 DEVICE` does, but starts at once under emulation.
 */
#define _GNU_SOURCE
#include "mjpeg-clip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/videodev2.h>

static bool set_format(int device, unsigned width, unsigned height, unsigned fps)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    format.fmt.pix.width = width;
    format.fmt.pix.height = height;
    format.fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    format.fmt.pix.sizeimage = width * height * 2;
    format.fmt.pix.colorspace = V4L2_COLORSPACE_JPEG;
    struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    rate.parm.output.timeperframe.numerator = 1;
    rate.parm.output.timeperframe.denominator = fps;
    if (ioctl(device, VIDIOC_S_FMT, &format) < 0 || ioctl(device, VIDIOC_S_PARM, &rate) < 0) return false;
    return format.fmt.pix.width == width && format.fmt.pix.height == height;
}

/* -1 while somebody who reads has the node open: v4l2loopback keeps its format until nobody has, this program included. */
static int open_output(const char *path, unsigned width, unsigned height, unsigned fps)
{
    int device = open(path, O_RDWR);
    if (device < 0 || set_format(device, width, height, fps)) return device;
    close(device);
    errno = EBUSY;
    return -1;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: loopback-feeder DEVICE CLIP.mjpeg WIDTH HEIGHT FPS\n", stderr);
        return 2;
    }
    unsigned width = (unsigned)atoi(argv[3]), height = (unsigned)atoi(argv[4]), fps = (unsigned)atoi(argv[5]);
    struct clip clip = load_clip(argv[2]);
    int device, timer = timerfd_create(CLOCK_MONOTONIC, 0);
    if (timer < 0) die("timer");
    for (int tries = 0; (device = open_output(argv[1], width, height, fps)) < 0; tries++) {
        if (tries == 1500) die(argv[1]);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }

    long period = 1000000000L / fps;
    struct itimerspec tick = {{0, period}, {0, period}};
    timerfd_settime(timer, 0, &tick, NULL);
    for (int first = 1;; first = 0) {
        const uint8_t *picture;
        uint64_t ticks;
        size_t size = next_jpeg(&clip, &picture);
        if (write(device, picture, size) < 0) die("write");
        if (first && puts("feeding") >= 0) fflush(stdout);
        if (read(timer, &ticks, sizeof ticks) < 0) die("timer");
    }
}
