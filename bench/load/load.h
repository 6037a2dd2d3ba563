/* What every load program shares: the clock, its ports, how long things took, writing to a socket, giving up. */
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 64 * 16, MOST_PORTS = 8 };

struct ports {
    int count;
    int each[MOST_PORTS];
};

static inline void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static inline void refuse(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(2);
}

static inline double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* "3000" or "3000,3001": clients take turns among them. */
static inline struct ports read_ports(char *text) {
    struct ports ports = {0};
    for (char *each = strtok(text, ","); each && ports.count < MOST_PORTS; each = strtok(NULL, ","))
        ports.each[ports.count++] = atoi(each);
    if (!ports.count)
        refuse("load: found no port");
    return ports;
}

static inline char *filling(int bytes) {
    char *text = malloc((size_t)bytes + 1);
    memset(text, 'm', (size_t)bytes);
    text[bytes] = 0;
    return text;
}

/* How long things took. Logarithmic buckets, sixteen to a doubling: under 5 % off, whatever the magnitude. */

struct histogram {
    uint64_t count, buckets[BUCKETS];
    double worst;
};

static inline void note(struct histogram *histogram, double seconds) {
    uint64_t us = (uint64_t)(seconds * 1e6) + 16;
    int doubling = 63 - __builtin_clzll(us);
    histogram->buckets[(doubling - 4) * 16 + (int)((us >> (doubling - 4)) & 15)]++;
    histogram->count++;
    if (seconds > histogram->worst)
        histogram->worst = seconds;
}

static inline double percentile_ms(const struct histogram *histogram, double share) {
    uint64_t before = 0, wanted = (uint64_t)((double)histogram->count * share);
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        if ((before += histogram->buckets[bucket]) > wanted) {
            uint64_t unit = 1ULL << (bucket / 16);
            return ((double)(16 + bucket % 16) * (double)unit - 16) / 1e3;
        }
    return histogram->worst * 1e3;
}

static inline void report(const struct histogram *histogram, double seconds) {
    printf("{\"count\":%llu,\"seconds\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"worst_ms\":%.3f}\n",
           (unsigned long long)histogram->count, seconds, percentile_ms(histogram, 0.5), percentile_ms(histogram, 0.99),
           histogram->worst * 1e3);
}

/* Writing */

static inline void write_all(int fd, const void *from, size_t count) {
    const char *at = from;
    while (count) {
        ssize_t wrote = send(fd, at, count, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, 1000);
        } else if (wrote < 0) {
            fail("send");
        } else {
            at += wrote;
            count -= (size_t)wrote;
        }
    }
}

/* A connection to a port of loopback; writes are not held back to be joined. */
static inline int connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static inline void say(const char *word) {
    puts(word);
    fflush(stdout);
}
