/* Everybody comes back at once: all connect in the same moment, none waits for another, each with what it has seen.
 *
 * usage: storm PORT[,PORT…] SCRIPT SOCKETS MISSED SECONDS
 *
 * The script is people.h's; CONNECT says what the person has seen, JOIN and SEND are not used. Each has come back when
 * it was told "caught_up" behind the entries with the seqs 1 to MISSED; an entry that is missing, twice or out of order
 * ends the program with 1, and so does whoever is refused, cut off, or not there after SECONDS. Prints "started" before
 * the first connects, then one line of JSON: `count` who came back, `seconds` until the last of them had, and from the
 * start to each one's "caught_up" `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "people.h"
#include "socketio.h"

enum { BUFFER = 1 << 13 };

static struct person *people;
static int missed, back;
static double began;
static struct histogram waits;

/* A client's `phase` is the seq of the last entry it was sent. */
static void take_entry(struct client *client, const char *text, size_t length) {
    const char *mark = memmem(text, length, "\"seq\":", 6);
    int seq = mark ? atoi(mark + 6) : 0;
    if (seq != client->phase + 1) {
        fprintf(stderr, "storm: client %d got entry %d behind %d\n", client->number, seq, client->phase);
        exit(1);
    }
    client->phase = seq;
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (length && text[0] == '0') {
        const char *connect = people[client->number].connect;
        send_text(client, connect, strlen(connect));
    } else if (answer_protocol(client, text, length)) {
        return;
    } else if (begins(text, length, "44")) {
        fprintf(stderr, "storm: a client was refused: %.*s\n", (int)length, text);
        exit(1);
    } else if (begins(text, length, "42[\"entry\"")) {
        take_entry(client, text, length);
    } else if (begins(text, length, "42[\"caught_up\"")) {
        if (client->phase != missed) {
            fprintf(stderr, "storm: client %d has caught up with %d entries of %d\n", client->number, client->phase, missed);
            exit(1);
        }
        note(&waits, now() - began);
        back++;
    }
}

/* The start of a connection, which is completed when its socket can be written. */
static void begin(struct client *client, int port, int poller) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    give_buffer(client, BUFFER);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0 || (connect(client->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS))
        fail("connect");
    struct epoll_event interest = {.events = EPOLLOUT, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &interest);
}

static void connected(struct client *client, int port, int poller) {
    socklen_t size = sizeof errno;
    int on = 1;
    if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &errno, &size) || errno)
        fail("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ask_upgrade(client, port);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &interest);
}

static void read_answer(struct client *client, bool *upgraded) {
    ssize_t got = recv(client->fd, client->bytes + client->held, client->size - client->held, 0);
    if (got <= 0)
        fail("closed in the handshake");
    client->held += (size_t)got;
    if (take_upgrade(client)) {
        *upgraded = true;
        take_frames(client);
    }
}

int main(int count, char **arguments) {
    if (count != 6)
        refuse("usage: storm PORT[,PORT…] SCRIPT SOCKETS MISSED SECONDS");
    struct ports ports = read_ports(arguments[1]);
    int sockets = atoi(arguments[3]);
    missed = atoi(arguments[4]);
    if (sockets < 1 || missed < 0)
        refuse("storm: need SOCKETS from 1 and MISSED from 0");
    people = read_people(arguments[2], sockets);
    struct client *clients = calloc((size_t)sockets, sizeof *clients);
    bool *upgraded = calloc((size_t)sockets, sizeof *upgraded);
    int poller = epoll_create1(0);

    say("started");
    began = now();
    for (int index = 0; index < sockets; index++) {
        clients[index].number = index;
        begin(&clients[index], ports.each[index % ports.count], poller);
    }
    for (double until = began + atof(arguments[5]); back < sockets;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poller, events, EVENTS, 100);
        for (int index = 0; index < ready; index++) {
            struct client *client = events[index].data.ptr;
            if (events[index].events & EPOLLOUT)
                connected(client, ports.each[client->number % ports.count], poller);
            else if (!upgraded[client->number])
                read_answer(client, &upgraded[client->number]);
            else
                read_some(client);
        }
        if (now() > until) {
            fprintf(stderr, "storm: %d of %d had come back after %s s\n", back, sockets, arguments[5]);
            return 1;
        }
    }
    report(&waits, now() - began);
    return 0;
}
