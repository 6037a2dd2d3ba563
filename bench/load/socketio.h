/* What the load programs share: Socket.IO over WebSocket, as a client on loopback sees it.
 *
 * A program includes this, defines `on_text` (an Engine.IO packet has come) and opens its clients; `wait_and_read` then
 * calls it. A server that closes a socket or refuses an upgrade ends the program with 1 and a line on stderr.
 */
#include "load.h"

enum { EVENTS = 512, READY_SECONDS = 60, LONGEST_TEXT = 65535 };

struct client {
    int fd;
    int number; /* of this client, from 0 */
    int phase;  /* the program's own */
    double since;
    size_t held; /* bytes in `bytes` that are not a whole frame yet */
    size_t size;
    unsigned char *bytes;
};

static void on_text(struct client *client, const char *text, size_t length);

/* Writing */

/* One masked text frame (RFC 6455, 5.2); a mask of zeros leaves the payload as it is. */
static inline void send_text(const struct client *client, const char *text, size_t length) {
    unsigned char frame[8 + LONGEST_TEXT];
    size_t head = 2;
    if (length > LONGEST_TEXT) {
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
    write_all(client->fd, frame, head + 4 + length);
}

/* What every session says the same way; whether the packet was one of these. */
static inline bool answer_protocol(const struct client *client, const char *text, size_t length) {
    if (length && text[0] == '0') /* Engine.IO open: connect to the main namespace */
        send_text(client, "40", 2);
    else if (length && text[0] == '2') /* ping */
        send_text(client, "3", 1);
    else
        return false;
    return true;
}

static inline bool begins(const char *text, size_t length, const char *with) {
    size_t wanted = strlen(with);
    return length >= wanted && !memcmp(text, with, wanted);
}

/* Reading */

/* Takes the whole frames off the front of what was read; servers do not mask. */
static inline void take_frames(struct client *client) {
    size_t at = 0;
    int fd = client->fd;
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
        if (client->fd != fd) /* closed by on_text */
            return;
        at += head + length;
    }
    memmove(client->bytes, client->bytes + at, client->held - at);
    client->held -= at;
}

static inline void read_some(struct client *client) {
    for (int fd = client->fd; client->fd == fd;) {
        ssize_t got = recv(fd, client->bytes + client->held, client->size - client->held, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got == 0)
            errno = ECONNRESET;
        if (got <= 0)
            fail("the server closed a socket");
        client->held += (size_t)got;
        take_frames(client);
    }
}

static inline void read_ready(int poller, int patience_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, patience_ms);
    for (int index = 0; index < count; index++)
        read_some(events[index].data.ptr);
}

static inline void wait_and_read(int poller) { read_ready(poller, 100); }

/* Opening */

static inline void give_buffer(struct client *client, size_t buffer) {
    client->held = 0;
    if (!client->bytes) {
        client->size = buffer;
        client->bytes = malloc(buffer);
    }
}

static inline void ask_upgrade(const struct client *client, int port) {
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: Y2hvcnVzIGJlbmNobWFyaw==\r\n\r\n",
                          port);
    write_all(client->fd, request, (size_t)length);
}

/* Takes the answer off the front of what was read; false: it is not all there yet. */
static inline bool take_upgrade(struct client *client) {
    unsigned char *end = memmem(client->bytes, client->held, "\r\n\r\n", 4);
    if (!end)
        return false;
    if (!memmem(client->bytes, (size_t)(end - client->bytes), " 101 ", 5)) {
        errno = EPROTO;
        fail("the upgrade was refused");
    }
    client->held -= (size_t)(end + 4 - client->bytes);
    memmove(client->bytes, end + 4, client->held);
    return true;
}

/* Connects, upgrades and hands the socket to `poller`. What came with the answer is read at once. */
static inline void open_client(struct client *client, int port, int poller, size_t buffer) {
    client->fd = connect_to(port);
    give_buffer(client, buffer);
    ask_upgrade(client, port);
    do {
        ssize_t got = recv(client->fd, client->bytes + client->held, client->size - client->held, 0);
        if (got <= 0)
            fail("closed in the handshake");
        client->held += (size_t)got;
    } while (!take_upgrade(client));
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event interest = {.events = EPOLLIN | EPOLLET, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &interest);
    take_frames(client);
    read_some(client);
}

static inline struct client *open_all(int count, struct ports ports, int poller, size_t buffer) {
    struct client *clients = calloc((size_t)count, sizeof *clients);
    for (int index = 0; index < count; index++) {
        clients[index].number = index;
        open_client(&clients[index], ports.each[index % ports.count], poller, buffer);
        if (index % 100 == 99) /* the first want their pings answered while the last are still opened */
            read_ready(poller, 0);
    }
    return clients;
}

/* Reads until `*count` has reached `wanted`. */
static inline void wait_until(int poller, const int *count, int wanted, const char *what) {
    double deadline = now() + READY_SECONDS;
    while (*count < wanted) {
        if (now() > deadline) {
            errno = ETIMEDOUT;
            fail(what);
        }
        wait_and_read(poller);
    }
}

static inline void read_for(int poller, double seconds) {
    for (double until = now() + seconds; now() < until;)
        wait_and_read(poller);
}
