/* Many viewers of one MJPEG stream in one thread: what each of them gets, how old it is on arrival, and what the server
 * spends on it.
 *
 *   mjpeg-load -p PORT -u PATH -n VIEWERS [-x STALLED] [-w WARM_UP_S] [-t SECONDS] [-P SERVER_PID] [-o DIRECTORY -k EVERY]
 *              [-a AUTHORIZATION]... [-s]
 *
 * STALLED of the viewers read during the warm-up and then stop reading. -o keeps every EVERYth picture of the first
 * viewer as DIRECTORY/ARRIVAL.jpg, ARRIVAL in CLOCK_MONOTONIC nanoseconds. -a is the value of the header of that name; the
 * viewers take turns with several. -s encrypts (TLS 1.3, whoever's certificate). The age of a frame comes from its stamp
 * (frame-stamp.h) and ends when its last byte was read. Prints one line of JSON; nothing of the warm-up is in it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../support/native/frame-stamp.h"

enum {
  HEAD_BYTES = 2048,
  FIRST_BYTES = 128,
  SCRATCH_BYTES = 1 << 18,
  EVENTS = 256,
  MAX_PICTURE_BYTES = 8 << 20,
  MAX_AUTHORIZATIONS = 16,
  TLS_AHEAD_BYTES = 1 << 16, /* read from the kernel at once: several records */
};

struct viewer {
  int fd, stalls, ended;
  SSL *tls;  /* NULL: plain */
  int asked; /* the request is written */
  char head[HEAD_BYTES]; /* the part's (or the response's) header so far */
  size_t head_size;
  size_t body_size, body_read; /* in the body while body_size > 0 */
  uint8_t first[FIRST_BYTES];  /* the body's first bytes: the stamp is there */
  uint8_t last[2];             /* the body's last bytes */
  uint64_t frames, bytes;
};

struct options {
  int port, viewers, stalled, server_pid, keep_every, encrypted, authorization_count;
  const char *path, *keep_directory, *authorizations[MAX_AUTHORIZATIONS];
  double warm_up_s, seconds;
};

struct usage {
  double server_s, camera_s, load_s, machine_s;
};

static struct options options = {.port = 8080, .viewers = 1, .path = "/stream", .warm_up_s = 2, .seconds = 5, .keep_every = 1};
static struct viewer *viewers;
static SSL_CTX *tls_context;
static int counting, ended;
static uint64_t broken;
static float *ages_ms;
static size_t age_count, age_capacity;
static uint8_t *kept; /* the first viewer's picture, where pictures are kept */

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now_s(void) { return (double)monotonic_ns() / 1e9; }

/* ---- what the server and the machine spent ------------------------------------------------------------------------ */

static double clock_s(clockid_t clock) {
  struct timespec time;
  return clock_gettime(clock, &time) ? 0 : (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* user + system time of all threads, those that ended too, in nanoseconds: the same sum that /proc/PID/stat rounds. */
static double process_cpu_s(int pid) {
  clockid_t clock;
  return pid > 0 && clock_getcpuclockid(pid, &clock) == 0 ? clock_s(clock) : 0;
}

static int read_text(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  const size_t count = fread(text, 1, size - 1, file);
  text[count] = 0;
  fclose(file);
  return 0;
}

/* The share of the fake camera's own thread, which the server's time contains. */
static double camera_cpu_s(int pid) {
  char path[64], text[256];
  double total_s = 0;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = pid > 0 ? opendir(path) : NULL;
  for (struct dirent *task; tasks && (task = readdir(tasks));) {
    const int tid = atoi(task->d_name);
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, tid);
    if (tid <= 0 || read_text(path, text, sizeof text) || strncmp(text, "fake-camera", 11) != 0) continue;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, tid);
    if (read_text(path, text, sizeof text) == 0) total_s += strtod(text, NULL) / 1e9;
  }
  if (tasks) closedir(tasks);
  return total_s;
}

/* Everything but idling and waiting for disks, on all processors. */
static double machine_cpu_s(void) {
  char text[512];
  unsigned long long user, nice, system, idle, wait, irq, soft_irq, steal;
  if (read_text("/proc/stat", text, sizeof text)) return 0;
  if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &soft_irq,
             &steal) != 8) return 0;
  return (double)(user + nice + system + irq + soft_irq + steal) / (double)sysconf(_SC_CLK_TCK);
}

static struct usage usage_now(void) {
  return (struct usage){process_cpu_s(options.server_pid), camera_cpu_s(options.server_pid),
                        clock_s(CLOCK_PROCESS_CPUTIME_ID), machine_cpu_s()};
}

/* ---- the stream --------------------------------------------------------------------------------------------------- */

static void keep_picture(size_t size, uint64_t arrival_ns) {
  char path[512];
  snprintf(path, sizeof path, "%s/%llu.jpg", options.keep_directory, (unsigned long long)arrival_ns);
  FILE *file = fopen(path, "w");
  if (!file || fwrite(kept, 1, size, file) != size || fclose(file)) die(path);
}

static void note_age(double age_ms) {
  if (age_count == age_capacity) {
    age_capacity = age_capacity ? age_capacity * 2 : 1 << 16;
    ages_ms = realloc(ages_ms, age_capacity * sizeof *ages_ms);
    if (!ages_ms) die("realloc");
  }
  ages_ms[age_count++] = (float)age_ms;
}

static void end_frame(struct viewer *viewer) {
  static const uint8_t soi[] = {0xff, 0xd8}, eoi[] = {0xff, 0xd9};
  struct frame_stamp stamp;
  if (!counting) return;
  const uint64_t arrival_ns = monotonic_ns();
  viewer->frames++;
  viewer->bytes += viewer->body_size;
  if (memcmp(viewer->first, soi, 2) != 0 || memcmp(viewer->last, eoi, 2) != 0) broken++;
  const size_t first_size = viewer->body_size < FIRST_BYTES ? viewer->body_size : FIRST_BYTES;
  if (find_stamp(viewer->first, first_size, &stamp)) note_age((double)(arrival_ns - stamp.capture_ns) / 1e6);
  const int keeps = kept && viewer == viewers && viewer->body_size <= MAX_PICTURE_BYTES;
  if (keeps && viewer->frames % (uint64_t)options.keep_every == 0) keep_picture(viewer->body_size, arrival_ns);
}

/* Takes what belongs to the body; returns how much that was. */
static size_t read_body(struct viewer *viewer, const uint8_t *bytes, size_t size) {
  const size_t missing = viewer->body_size - viewer->body_read, taken = size < missing ? size : missing;
  if (viewer->body_read < FIRST_BYTES) {
    const size_t room = FIRST_BYTES - viewer->body_read;
    memcpy(viewer->first + viewer->body_read, bytes, taken < room ? taken : room);
  }
  if (taken == 1) viewer->last[0] = viewer->last[1];
  else memcpy(viewer->last, bytes + taken - 2, 2);
  if (taken == 1) viewer->last[1] = bytes[0];
  if (kept && viewer == viewers && viewer->body_size <= MAX_PICTURE_BYTES) {
    memcpy(kept + viewer->body_read, bytes, taken);
  }
  viewer->body_read += taken;
  if (viewer->body_read == viewer->body_size) {
    end_frame(viewer);
    viewer->body_size = 0;
  }
  return taken;
}

/* Ends the program when this is the head of an answer other than 200. */
static void check_status(const char *head) {
  if (strncmp(head, "HTTP/", 5) != 0 || strncmp(head + 8, " 200", 4) == 0) return;
  fprintf(stderr, "the server answered %.*s\n", (int)strcspn(head, "\r"), head);
  exit(1);
}

/* Takes bytes up to and with the empty line that ends a header; returns how many. */
static size_t read_head(struct viewer *viewer, const uint8_t *bytes, size_t size) {
  size_t taken = 0;
  while (taken < size) {
    if (viewer->head_size == HEAD_BYTES - 1) {
      fprintf(stderr, "a part's header is longer than %d bytes\n", HEAD_BYTES);
      exit(1);
    }
    viewer->head[viewer->head_size++] = (char)bytes[taken++];
    if (viewer->head_size < 4 || memcmp(viewer->head + viewer->head_size - 4, "\r\n\r\n", 4) != 0) continue;
    viewer->head[viewer->head_size] = 0;
    check_status(viewer->head);
    const char *length = strcasestr(viewer->head, "content-length:");
    viewer->body_size = length ? strtoul(length + sizeof "content-length:" - 1, NULL, 10) : 0;
    viewer->body_read = viewer->head_size = 0;
    return taken;
  }
  return taken;
}

static void end_viewer(struct viewer *viewer) {
  if (viewer->tls) SSL_free(viewer->tls);
  viewer->tls = NULL;
  close(viewer->fd);
  viewer->ended = 1;
  ended++;
}

/* ---- connections -------------------------------------------------------------------------------------------------- */

/* What read() and write() would say of an encrypted connection: -1 with EAGAIN where it has to wait. */
static ssize_t tls_outcome(SSL *tls, int done, size_t count) {
  if (done > 0) return (ssize_t)count;
  const int error = SSL_get_error(tls, done);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  ERR_clear_error();
  return -1;
}

static ssize_t read_some(struct viewer *viewer, uint8_t *bytes, size_t size) {
  size_t count = 0;
  if (!viewer->tls) return read(viewer->fd, bytes, size);
  const int done = SSL_read_ex(viewer->tls, bytes, size, &count);
  return tls_outcome(viewer->tls, done, count);
}

static ssize_t write_some(struct viewer *viewer, const char *bytes, size_t size) {
  size_t count = 0;
  if (!viewer->tls) return write(viewer->fd, bytes, size);
  const int done = SSL_write_ex(viewer->tls, bytes, size, &count);
  return tls_outcome(viewer->tls, done, count);
}

static void read_viewer(struct viewer *viewer) {
  static uint8_t scratch[SCRATCH_BYTES];
  ssize_t count;
  do { /* a TLS record is at most 16 kB, and what was read ahead wakes nobody */
    count = read_some(viewer, scratch, sizeof scratch);
    for (size_t at = 0; count > 0 && at < (size_t)count;) {
      const size_t left = (size_t)count - at;
      at += viewer->body_size > 0 ? read_body(viewer, scratch + at, left) : read_head(viewer, scratch + at, left);
    }
  } while (count > 0 && viewer->tls);
  if (count == 0 || (count < 0 && errno != EAGAIN)) end_viewer(viewer);
}

/* Writes the request as soon as the handshake, if there is one, is through. */
static void ask(struct viewer *viewer) {
  char request[2048], authorization[1024] = "";
  const long number = viewer - viewers;
  if (options.authorization_count > 0) {
    snprintf(authorization, sizeof authorization, "Authorization: %s\r\n",
             options.authorizations[number % options.authorization_count]);
  }
  const int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n", options.path,
                            options.port, authorization);
  const ssize_t written = write_some(viewer, request, (size_t)size);
  viewer->asked = written == size;
  if (viewer->asked || (written < 0 && errno == EAGAIN)) return;
  fprintf(stderr, "viewer %ld: no connection\n", number);
  exit(1);
}

static void attend(struct viewer *viewer) {
  if (!viewer->asked) ask(viewer);
  if (viewer->asked) read_viewer(viewer);
}

static void prepare_tls(void) {
  tls_context = SSL_CTX_new(TLS_client_method());
  if (!tls_context || !SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION)) exit(1);
  SSL_CTX_set_read_ahead(tls_context, 1);
  SSL_CTX_set_default_read_buffer_len(tls_context, TLS_AHEAD_BYTES);
}

static void connect_viewer(struct viewer *viewer) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  viewer->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (viewer->fd < 0 || connect(viewer->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
  fcntl(viewer->fd, F_SETFL, O_NONBLOCK);
  if (options.encrypted) {
    viewer->tls = SSL_new(tls_context);
    if (!viewer->tls || !SSL_set_fd(viewer->tls, viewer->fd)) exit(1);
    SSL_set_connect_state(viewer->tls);
  }
  ask(viewer);
}

/* ---- the measurement ---------------------------------------------------------------------------------------------- */

static int by_float(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static double age_at(double quantile) {
  return age_count > 0 ? ages_ms[(size_t)((double)(age_count - 1) * quantile)] : -1;
}

static void report(double seconds, struct usage before, struct usage after) {
  const int readers = options.viewers - options.stalled;
  uint64_t *frames = calloc((size_t)options.viewers, sizeof *frames), total = 0, bytes = 0;
  for (int i = 0, reader = 0; i < options.viewers; i++) {
    total += viewers[i].frames;
    bytes += viewers[i].bytes;
    if (!viewers[i].stalls) frames[reader++] = viewers[i].frames;
  }
  qsort(frames, (size_t)readers, sizeof *frames, by_count);
  qsort(ages_ms, age_count, sizeof *ages_ms, by_float);
  printf("{\"seconds\":%.3f,\"frames\":%llu,\"bytes\":%llu,\"broken\":%llu,\"ended\":%d,", seconds,
         (unsigned long long)total, (unsigned long long)bytes, (unsigned long long)broken, ended);
  printf("\"fps\":{\"min\":%.2f,\"median\":%.2f},", readers > 0 ? (double)frames[0] / seconds : 0,
         readers > 0 ? (double)frames[readers / 2] / seconds : 0);
  printf("\"latencyMs\":{\"count\":%zu,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f},", age_count, age_at(0.5),
         age_at(0.95), age_at(0.99), age_at(1));
  if (viewers[0].tls) {
    printf("\"tls\":{\"version\":\"%s\",\"suite\":\"%s\"},", SSL_get_version(viewers[0].tls),
           SSL_get_cipher_name(viewers[0].tls));
  }
  printf("\"cpuSeconds\":{\"server\":%.6f,\"camera\":%.6f,\"load\":%.6f,\"machine\":%.2f}}\n",
         after.server_s - before.server_s, after.camera_s - before.camera_s, after.load_s - before.load_s,
         after.machine_s - before.machine_s);
}

static void start_counting(int poller) {
  counting = 1;
  for (int i = 0; i < options.viewers; i++) {
    if (viewers[i].stalls && !viewers[i].ended) epoll_ctl(poller, EPOLL_CTL_DEL, viewers[i].fd, NULL);
  }
}

static void read_options(int count, char **arguments) {
  for (int option; (option = getopt(count, arguments, "p:u:n:x:w:t:P:o:k:a:s")) != -1;) {
    switch (option) {
      case 'p': options.port = atoi(optarg); break;
      case 'u': options.path = optarg; break;
      case 'n': options.viewers = atoi(optarg); break;
      case 'x': options.stalled = atoi(optarg); break;
      case 'w': options.warm_up_s = atof(optarg); break;
      case 't': options.seconds = atof(optarg); break;
      case 'P': options.server_pid = atoi(optarg); break;
      case 'o': options.keep_directory = optarg; break;
      case 'k': options.keep_every = atoi(optarg); break;
      case 'a':
        if (options.authorization_count == MAX_AUTHORIZATIONS) exit(2);
        options.authorizations[options.authorization_count++] = optarg;
        break;
      case 's': options.encrypted = 1; break;
      default: exit(2);
    }
  }
  if (options.viewers < 1 || options.stalled > options.viewers || options.keep_every < 1) exit(2);
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  signal(SIGPIPE, SIG_IGN);
  if (options.encrypted) prepare_tls();
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  viewers = calloc((size_t)options.viewers, sizeof *viewers);
  if (options.keep_directory) kept = malloc(MAX_PICTURE_BYTES);
  for (int i = 0; i < options.viewers; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    viewers[i].stalls = i >= options.viewers - options.stalled;
    connect_viewer(&viewers[i]);
    epoll_ctl(poller, EPOLL_CTL_ADD, viewers[i].fd, &event);
  }
  struct usage before = {0};
  double started_s = now_s() + options.warm_up_s, end_s = started_s + options.seconds;
  while (now_s() < end_s) {
    if (!counting && now_s() >= started_s) {
      start_counting(poller);
      before = usage_now();
      started_s = now_s();
      end_s = started_s + options.seconds;
    }
    struct epoll_event events[EVENTS];
    const int ready = epoll_wait(poller, events, EVENTS, 20);
    for (int i = 0; i < ready; i++) attend(&viewers[events[i].data.u32]);
  }
  report(now_s() - started_s, before, usage_now());
  return 0;
}
