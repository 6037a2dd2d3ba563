/* What the machine can do: the events of the bench's servers in C, one thread, epoll, nothing of the protocol but what the
 * loads say. No server can deliver more per processor second over TCP; how near one comes is the question.
 *
 * What is sent in one turn of the loop is joined, so that each socket costs one send a turn, as in Chorus.
 *
 * usage: ceiling PORT
 *
 * Not checked: masks (the loads mask with zeros), the handshake's key, packets that the loads do not send.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, READ_BYTES = 1 << 17, ROOMS = 4096, HEAD = 10 };

struct room {
    struct peer **members;
    int count, size;
};

struct peer {
    int fd;
    bool open;  /* the handshake is done */
    bool dirty; /* something waits in `out` */
    struct room *room;
    char *in, *out;
    size_t held, waiting, size;
};

static struct room rooms[ROOMS]; /* "room7" is the eighth; any other name the first */
static struct peer **dirty;
static int dirty_count, dirty_size;

static void *grown(void *at, size_t bytes) {
    void *more = realloc(at, bytes);
    if (!more) {
        perror("ceiling: memory");
        exit(1);
    }
    return more;
}

static void put(struct peer *peer, const char *bytes, size_t count) {
    if (peer->waiting + count > peer->size) {
        peer->size = (peer->waiting + count) * 2;
        peer->out = grown(peer->out, peer->size);
    }
    memcpy(peer->out + peer->waiting, bytes, count);
    peer->waiting += count;
    if (peer->dirty)
        return;
    peer->dirty = true;
    if (dirty_count == dirty_size)
        dirty = grown(dirty, sizeof *dirty * (size_t)(dirty_size = dirty_size * 2 + 64));
    dirty[dirty_count++] = peer;
}

/* A text frame around `text`, in a buffer that the next call uses again. */
static const char *framed(const char *text, size_t length, size_t *total) {
    static char frame[READ_BYTES + HEAD];
    size_t head = 2;
    frame[0] = (char)0x81;
    if (length < 126) {
        frame[1] = (char)length;
    } else {
        head = 4;
        frame[1] = 126;
        frame[2] = (char)(length >> 8);
        frame[3] = (char)length;
    }
    memcpy(frame + head, text, length);
    *total = head + length;
    return frame;
}

static void put_text(struct peer *peer, const char *text, size_t length) {
    size_t total;
    const char *frame = framed(text, length, &total);
    put(peer, frame, total);
}

static void leave(struct peer *peer) {
    struct room *room = peer->room;
    for (int index = 0; room && index < room->count; index++)
        if (room->members[index] == peer)
            room->members[index--] = room->members[--room->count];
    peer->room = NULL;
}

static void join(struct peer *peer, const char *name) {
    struct room *room = &rooms[strncmp(name, "room", 4) ? 0 : atoi(name + 4) % ROOMS];
    leave(peer);
    if (room->count == room->size)
        room->members = grown(room->members, sizeof *room->members * (size_t)(room->size = room->size * 2 + 8));
    room->members[room->count++] = peer;
    peer->room = room;
}

static bool begins(const char *text, size_t length, const char *with) {
    return length >= strlen(with) && !memcmp(text, with, strlen(with));
}

static void take(struct peer *peer, const char *text, size_t length) {
    if (begins(text, length, "40")) {
        put_text(peer, "40{\"sid\":\"c\"}", 13);
    } else if (begins(text, length, "420[\"join\",\"")) {
        join(peer, text + 12);
        put_text(peer, "430[]", 5);
    } else if (begins(text, length, "427[\"echo\",")) { /* the answer is the question without its event's name */
        static char answer[READ_BYTES];
        memcpy(answer, "437[", 4);
        memcpy(answer + 4, text + 11, length - 11);
        put_text(peer, answer, length - 7);
    } else if (begins(text, length, "42[\"msg\",") && peer->room) {
        size_t total;
        const char *frame = framed(text, length, &total);
        for (int index = 0; index < peer->room->count; index++)
            put(peer->room->members[index], frame, total);
    }
}

static void open_session(struct peer *peer) {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: not-checked\r\n\r\n";
    static const char opening[] =
        "0{\"sid\":\"c\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";
    peer->in[peer->held] = 0;
    if (!strstr(peer->in, "\r\n\r\n"))
        return;
    peer->open = true;
    peer->held = 0;
    put(peer, answer, sizeof answer - 1);
    put_text(peer, opening, sizeof opening - 1);
}

static void take_frames(struct peer *peer) {
    size_t at = 0;
    while (peer->held - at >= 6) {
        const unsigned char *frame = (unsigned char *)peer->in + at;
        size_t head = 6, length = frame[1] & 127;
        if (length == 126) {
            head = 8;
            length = (size_t)frame[2] << 8 | frame[3];
        }
        if (peer->held - at < head + length)
            break;
        take(peer, (const char *)frame + head, length);
        at += head + length;
    }
    memmove(peer->in, peer->in + at, peer->held - at);
    peer->held -= at;
}

static void drop(struct peer *peer) {
    leave(peer);
    for (int index = 0; peer->dirty && index < dirty_count; index++)
        if (dirty[index] == peer)
            dirty[index--] = dirty[--dirty_count];
    close(peer->fd);
    free(peer->in);
    free(peer->out);
    free(peer);
}

static void read_some(struct peer *peer) {
    if (!peer->in)
        peer->in = grown(NULL, READ_BYTES);
    ssize_t got = recv(peer->fd, peer->in + peer->held, READ_BYTES - peer->held - 1, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        drop(peer);
        return;
    }
    if (got < 0)
        return;
    peer->held += (size_t)got;
    if (peer->open)
        take_frames(peer);
    else
        open_session(peer);
    if (!peer->held) { /* an idle socket holds nothing */
        free(peer->in);
        peer->in = NULL;
    }
}

static void accept_one(int listener, int poller) {
    struct peer *peer = calloc(1, sizeof *peer);
    int on = 1;
    peer->fd = accept(listener, NULL, NULL);
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &interest);
}

/* What a socket does not take at once is dropped: the loads read all. */
static void flush(void) {
    for (int index = 0; index < dirty_count; index++) {
        struct peer *peer = dirty[index];
        send(peer->fd, peer->out, peer->waiting, MSG_NOSIGNAL | MSG_DONTWAIT);
        peer->waiting = 0;
        peer->dirty = false;
    }
    dirty_count = 0;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: ceiling PORT\n");
        return 2;
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, poller = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("ceiling: listen");
        return 1;
    }
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &interest);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.ptr)
                read_some(events[index].data.ptr);
            else
                accept_one(listener, poller);
        }
        flush();
    }
}
