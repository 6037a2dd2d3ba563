/* People who come and go: connect, upgrade, open, connect to the namespace, join a room of ten, be told so, leave.
 *
 * usage: arrivals PORT AT_ONCE SECONDS
 *
 * As many arrivals as AT_ONCE are under way all the time. Prints "started" when the clock runs, then one line of JSON:
 * `count` arrivals that were completed, `seconds`, and from the upgrade's answer to the join's acknowledgement `p50_ms`,
 * `p99_ms`, `worst_ms`.
 */
#include "socketio.h"

static int arrived;
static bool running;
static struct histogram waits;
static struct client **leaving;
static int leaving_count;

static void on_text(struct client *client, const char *text, size_t length) {
    if (answer_protocol(client, text, length))
        return;
    if (begins(text, length, "40")) {
        char join[64];
        int size = snprintf(join, sizeof join, "420[\"join\",\"room%d\"]", client->number / 10);
        send_text(client, join, (size_t)size);
    } else if (begins(text, length, "430")) {
        arrived++;
        if (running)
            note(&waits, now() - client->since);
        leaving[leaving_count++] = client;
    }
}

static void arrive(struct client *client, int port, int poller) {
    client->since = now();
    open_client(client, port, poller, 1 << 12);
}

/* Those that are done make room for the next. An arrival may be done before `arrive` returns, so the list may grow. */
static void renew(struct ports ports, int poller) {
    while (leaving_count) {
        struct client *client = leaving[--leaving_count];
        close(client->fd);
        client->fd = -1;
        arrive(client, ports.each[0], poller);
    }
}

static void renew_for(struct ports ports, int poller, double seconds) {
    for (double until = now() + seconds; now() < until;) {
        wait_and_read(poller);
        renew(ports, poller);
    }
}

int main(int count, char **arguments) {
    if (count != 4)
        refuse("usage: arrivals PORT AT_ONCE SECONDS");
    struct ports ports = read_ports(arguments[1]);
    int at_once = atoi(arguments[2]);
    if (at_once < 1)
        refuse("arrivals: need AT_ONCE from 1");
    leaving = calloc((size_t)at_once, sizeof *leaving);
    struct client *clients = calloc((size_t)at_once, sizeof *clients);

    int poller = epoll_create1(0);
    for (int index = 0; index < at_once; index++) {
        clients[index].number = index;
        arrive(&clients[index], ports.each[0], poller);
    }
    renew_for(ports, poller, 0.5);

    say("started");
    running = true;
    double start = now();
    renew_for(ports, poller, atof(arguments[3]));
    report(&waits, now() - start);
    return 0;
}
