/* Sockets that are connected and say nothing.
 *
 * usage: idle PORT SOCKETS
 *
 * Prints "started" when all are connected to the namespace; answers pings until its standard input is closed.
 */
#include "socketio.h"

static int connected;

static void on_text(struct client *client, const char *text, size_t length) {
    if (!answer_protocol(client, text, length) && begins(text, length, "40"))
        connected++;
}

int main(int count, char **arguments) {
    if (count != 3)
        refuse("usage: idle PORT SOCKETS");
    int sockets = atoi(arguments[2]), poller = epoll_create1(0);
    open_all(sockets, read_ports(arguments[1]), poller, 1 << 10);
    wait_until(poller, &connected, sockets, "not every socket could connect");
    say("started");
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (!poll(&input, 1, 0))
        wait_and_read(poller);
    return 0;
}
