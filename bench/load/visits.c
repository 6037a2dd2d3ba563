/* Visitors of a server over HTTP: each opens a connection, asks once, reads the answer and opens the next one.
 *
 * usage: visits PORT CLIENTS REST_MS
 *
 * A visitor rests for REST_MS between two visits. Prints "started" when each has been answered once, goes on until its
 * standard input ends, finishes what is open, and prints one line of JSON: `answered`, and of the rest `refused`
 * (no connection), `reset` (the connection was reset), `closed` (it ended before the answer did), `wrong` (another
 * answer than 200) and `late` (none within 30 s); `seconds`, and of the answered `p99_ms` and `worst_ms`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLIENTS = 4096, ANSWER_BYTES = 4096, PATIENCE = 30, BUCKETS = 30000 };

enum outcome { ANSWERED, REFUSED, RESET, CLOSED, WRONG, LATE, OUTCOMES };

struct visitor {
    int fd;
    bool asked;
    double began, comes_at;
    size_t size;
    char answer[ANSWER_BYTES];
};

static const char question[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static struct visitor visitors[MOST_CLIENTS];
static struct sockaddr_in server;
static int poller, clients;
static double rest;
static bool over;
static uint64_t outcomes[OUTCOMES], waits[BUCKETS]; /* by millisecond */
static double worst;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "visits: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void leave(struct visitor *visitor, enum outcome outcome) {
    double took = now() - visitor->began;
    close(visitor->fd);
    visitor->fd = -1;
    visitor->comes_at = now() + rest;
    outcomes[outcome]++;
    if (outcome == ANSWERED) {
        int bucket = (int)(took * 1000);
        waits[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
        worst = took > worst ? took : worst;
    }
}

static enum outcome outcome_of(int error) {
    return error == ECONNREFUSED ? REFUSED : RESET;
}

static void come(struct visitor *visitor) {
    struct epoll_event watched = {.events = EPOLLOUT, .data.ptr = visitor};
    *visitor = (struct visitor){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .began = now()};
    if (visitor->fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, visitor->fd, &watched))
        fail("socket");
    if (connect(visitor->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)
        leave(visitor, outcome_of(errno));
}

static void ask(struct visitor *visitor) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(visitor->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error || send(visitor->fd, question, sizeof question - 1, MSG_NOSIGNAL) < 0) {
        leave(visitor, outcome_of(error ? error : errno));
        return;
    }
    struct epoll_event watched = {.events = EPOLLIN, .data.ptr = visitor};
    visitor->asked = true;
    epoll_ctl(poller, EPOLL_CTL_MOD, visitor->fd, &watched);
}

static bool complete(struct visitor *visitor) {
    visitor->answer[visitor->size] = 0;
    char *body = strstr(visitor->answer, "\r\n\r\n");
    if (!body)
        return false;
    *body = 0;
    char *length = strcasestr(visitor->answer, "\r\ncontent-length:");
    *body = '\r';
    if (!length)
        return strstr(body, "0\r\n\r\n") != NULL; /* chunked */
    return visitor->size >= (size_t)(body + 4 - visitor->answer) + strtoul(length + 17, NULL, 10);
}

static void listen_to(struct visitor *visitor) {
    size_t room = ANSWER_BYTES - 1 - visitor->size;
    ssize_t got = recv(visitor->fd, visitor->answer + visitor->size, room, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got > 0)
        visitor->size += (size_t)got;
    if (got < 0)
        leave(visitor, RESET);
    else if (complete(visitor))
        leave(visitor, strncmp(visitor->answer, "HTTP/1.1 200", 12) ? WRONG : ANSWERED);
    else if (got == 0)
        leave(visitor, CLOSED);
}

/* Let everybody do what can be done; false when nobody is there and nobody comes any more. */
static bool turn(void) {
    bool anybody = false;
    struct epoll_event events[256];
    for (struct visitor *each = visitors; each < visitors + clients; each++) {
        if (each->fd < 0 && !over && each->comes_at <= now())
            come(each);
        else if (each->fd >= 0 && now() - each->began > PATIENCE)
            leave(each, LATE);
        anybody = anybody || each->fd >= 0;
    }
    int count = epoll_wait(poller, events, 256, 1);
    for (int place = 0; place < count; place++) {
        struct visitor *visitor = events[place].data.ptr;
        if (!visitor)
            over = true;
        else if (visitor->asked)
            listen_to(visitor);
        else
            ask(visitor);
    }
    if (over)
        epoll_ctl(poller, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
    return anybody || !over;
}

static int percentile(double share) {
    uint64_t wanted = (uint64_t)(share * (double)outcomes[ANSWERED]);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        if (waits[bucket] > wanted)
            return bucket + 1;
        wanted -= waits[bucket];
    }
    return BUCKETS;
}

int main(int count, char **arguments) {
    if (count != 4 || (clients = atoi(arguments[2])) < 1 || clients > MOST_CLIENTS) {
        fprintf(stderr, "usage: visits PORT CLIENTS REST_MS, CLIENTS from 1 to %d\n", MOST_CLIENTS);
        return 2;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rest = atof(arguments[3]) / 1000;
    poller = epoll_create1(0);
    struct epoll_event end = {.events = EPOLLIN | EPOLLHUP, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &end))
        fail("standard input must be a pipe");
    for (int place = 0; place < clients; place++)
        visitors[place].fd = -1;

    double start = now();
    while (outcomes[ANSWERED] < (uint64_t)clients && now() - start < PATIENCE)
        turn();
    if (outcomes[ANSWERED] < (uint64_t)clients) {
        fprintf(stderr, "visits: fewer than %d answers within %d s\n", clients, PATIENCE);
        return 1;
    }
    puts("started");
    fflush(stdout);
    while (turn())
        ;
    const char *names[] = {"answered", "refused", "reset", "closed", "wrong", "late"};
    for (int each = 0; each < OUTCOMES; each++)
        printf("%s\"%s\":%lu", each ? "," : "{", names[each], outcomes[each]);
    printf(",\"seconds\":%.3f,\"p99_ms\":%d,\"worst_ms\":%.1f}\n", now() - start, percentile(0.99), worst * 1000);
    return 0;
}
