/* The camera itself: the thread that fills a device's queued buffers at the camera's rate. */
#ifndef FAKE_FEEDER_H
#define FAKE_FEEDER_H

#include "fake-device.h"

void push_buffer(struct buffer_queue *queue, unsigned int index);

/* The oldest of a queue that is not empty. */
unsigned int shift_buffer(struct buffer_queue *queue);

/* Starts the thread: 0, or -1 with errno. Started already is fine. */
int start_feeder(struct device *device);

/* Ends the thread and leaves every buffer idle, in neither queue. */
void stop_feeder(struct device *device);

#endif
