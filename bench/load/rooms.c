/* A closed loop over Socket.IO on WebSocket: the load of the room scenarios.
 *
 * Every socket joins one room. Each room keeps a fixed number of messages under way: whoever sent one sends the next when
 * its own comes back. So the server is always busy, and never asked for more than it can do.
 *
 * usage: rooms PORT SOCKETS ROOMS UNDER_WAY SECONDS BYTES
 *
 * Prints "started" when every socket has joined and the clock runs, then one line of JSON:
 *   deliveries   messages that reached a socket
 *   seconds      how long the clock ran
 *   p50_ms, p99_ms, worst_ms   from a send to each of its deliveries
 * Exits 1 when the server closes a socket or does not get ready in 60 s.
 */
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

enum { READ_BYTES = 1 << 17, EVENTS = 512, READY_SECONDS = 60, BUCKETS = 64 * 16 };

struct client {
    int fd;
    int room;
    size_t held; /* bytes in `bytes` that are not a whole frame yet */
    size_t size;
    unsigned char *bytes;
};

static struct client *clients;
static int sockets, rooms, under_way, joined;
static char *filling;
static double *sent_at; /* [room * under_way + lane] */
static bool running;
static uint64_t deliveries, histogram[BUCKETS];
static double worst;

static void fail(const char *what) {
    fprintf(stderr, "rooms: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Logarithmic buckets, sixteen to a doubling: under 5 % off, whatever the magnitude. Microseconds. */
static int bucket_of(double seconds) {
    uint64_t us = (uint64_t)(seconds * 1e6) + 16;
    int doubling = 63 - __builtin_clzll(us);
    return (doubling - 4) * 16 + (int)((us >> (doubling - 4)) & 15);
}

static double bucket_ms(int bucket) {
    int doubling = bucket / 16 + 4;
    return ((double)(16 + bucket % 16) * (double)(1ULL << (doubling - 4)) - 16) / 1e3;
}

static double percentile_ms(double share) {
    uint64_t before = 0, wanted = (uint64_t)((double)deliveries * share);
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        if ((before += histogram[bucket]) > wanted)
            return bucket_ms(bucket);
    return worst * 1e3;
}

static void write_all(int fd, const void *from, size_t count) {
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

/* One masked text frame (RFC 6455, 5.2); a mask of zeros leaves the payload as it is. */
static void send_text(int fd, const char *text, size_t length) {
    unsigned char frame[8 + 65536];
    size_t head = 2;
    if (length > 65535) {
        errno = EMSGSIZE;
        fail("message over 65,535 bytes");
    }
    frame[0] = 0x81;
    if (length < 126) {
        frame[1] = (unsigned char)(0x80 | length);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
        head = 4;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, length);
    write_all(fd, frame, head + 4 + length);
}

static void send_message(struct client *client, int lane) {
    char text[65600];
    int length = snprintf(text, sizeof text, "42[\"msg\",{\"lane\":%d,\"text\":\"%s\"}]", lane, filling);
    sent_at[client->room * under_way + lane] = now();
    send_text(client->fd, text, (size_t)length);
}

static struct client *sender_of(int room, int lane) { return &clients[(room + lane * rooms) % sockets]; }

static void on_message(struct client *client, const char *text, size_t length) {
    const char *mark = memmem(text, length, "\"lane\":", 7);
    if (!mark)
        return;
    int lane = atoi(mark + 7);
    double waited = now() - sent_at[client->room * under_way + lane];
    if (running) {
        deliveries++;
        histogram[bucket_of(waited)]++;
        if (waited > worst)
            worst = waited;
    }
    if (client == sender_of(client->room, lane))
        send_message(client, lane);
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (length && text[0] == '0') { /* Engine.IO open: connect to the main namespace */
        send_text(client->fd, "40", 2);
    } else if (length && text[0] == '2') { /* ping */
        send_text(client->fd, "3", 1);
    } else if (length > 1 && text[0] == '4' && text[1] == '0') { /* connected: join */
        char join[64];
        int size = snprintf(join, sizeof join, "42[\"join\",\"room%d\"]", client->room);
        send_text(client->fd, join, (size_t)size);
        joined++;
    } else if (length > 1 && text[0] == '4' && text[1] == '2') {
        on_message(client, text, length);
    }
}

/* Takes the whole frames off the front of what was read; servers do not mask. */
static void take_frames(struct client *client) {
    size_t at = 0;
    for (;;) {
        unsigned char *frame = client->bytes + at;
        size_t left = client->held - at, head = 2, length;
        if (left < 2)
            break;
        length = frame[1] & 127;
        if (length == 126) {
            head = 4;
            if (left < head)
                break;
            length = (size_t)frame[2] << 8 | frame[3];
        } else if (length == 127) {
            head = 10;
            if (left < head)
                break;
            length = 0;
            for (int byte = 2; byte < 10; byte++)
                length = length << 8 | frame[byte];
        }
        if (left < head + length)
            break;
        if ((frame[0] & 15) == 1)
            on_text(client, (char *)frame + head, length);
        at += head + length;
    }
    memmove(client->bytes, client->bytes + at, client->held - at);
    client->held -= at;
}

static void read_some(struct client *client) {
    for (;;) {
        ssize_t got = recv(client->fd, client->bytes + client->held, client->size - client->held, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            fail("the server closed a socket");
        client->held += (size_t)got;
        take_frames(client);
    }
}

static void open_socket(struct client *client, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address))
        fail("connect");
    int on = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: Y2hvcnVzIGJlbmNobWFyaw==\r\n\r\n",
                          port);
    write_all(client->fd, request, (size_t)length);
    unsigned char *end = NULL;
    while (!end) {
        ssize_t got = recv(client->fd, client->bytes + client->held, client->size - client->held, 0);
        if (got <= 0)
            fail("closed in the handshake");
        client->held += (size_t)got;
        end = memmem(client->bytes, client->held, "\r\n\r\n", 4);
    }
    if (!memmem(client->bytes, (size_t)(end - client->bytes), " 101 ", 5)) {
        errno = EPROTO;
        fail("the upgrade was refused");
    }
    client->held -= (size_t)(end + 4 - client->bytes);
    memmove(client->bytes, end + 4, client->held);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

static void wait_and_read(int poller) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, 100);
    for (int index = 0; index < count; index++)
        read_some(events[index].data.ptr);
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: rooms PORT SOCKETS ROOMS UNDER_WAY SECONDS BYTES\n");
        return 2;
    }
    int port = atoi(arguments[1]), bytes = atoi(arguments[6]);
    double seconds = atof(arguments[5]);
    sockets = atoi(arguments[2]), rooms = atoi(arguments[3]), under_way = atoi(arguments[4]);
    if (sockets < rooms || rooms < 1 || under_way < 1 || under_way > sockets / rooms || bytes < 0 || bytes > 65000) {
        fprintf(stderr, "rooms: need SOCKETS >= ROOMS >= 1, UNDER_WAY from 1 to the room's size, BYTES from 0 to 65000\n");
        return 2;
    }
    clients = calloc((size_t)sockets, sizeof *clients);
    sent_at = calloc((size_t)(rooms * under_way), sizeof *sent_at);
    filling = malloc((size_t)bytes + 1);
    memset(filling, 'm', (size_t)bytes);
    filling[bytes] = 0;

    int poller = epoll_create1(0);
    for (int index = 0; index < sockets; index++) {
        struct client *client = &clients[index];
        client->room = index % rooms;
        client->size = READ_BYTES;
        client->bytes = malloc(client->size);
        open_socket(client, port);
        take_frames(client);
        struct epoll_event interest = {.events = EPOLLIN | EPOLLET, .data.ptr = client};
        epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &interest);
        read_some(client);
    }
    double deadline = now() + READY_SECONDS;
    while (joined < sockets) {
        if (now() > deadline) {
            errno = ETIMEDOUT;
            fail("not every socket could join");
        }
        wait_and_read(poller);
    }
    usleep(300000); /* the last joins are still on their way through the server */
    for (int room = 0; room < rooms; room++)
        for (int lane = 0; lane < under_way; lane++)
            send_message(sender_of(room, lane), lane);
    for (double warm = now() + 0.5; now() < warm;)
        wait_and_read(poller);

    printf("started\n");
    fflush(stdout);
    running = true;
    double start = now();
    while (now() < start + seconds)
        wait_and_read(poller);
    double took = now() - start;
    printf("{\"deliveries\":%llu,\"seconds\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"worst_ms\":%.3f}\n",
           (unsigned long long)deliveries, took, percentile_ms(0.5), percentile_ms(0.99), worst * 1e3);
    return 0;
}
