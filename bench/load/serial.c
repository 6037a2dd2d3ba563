/* One sender, one message at a time, everybody in one room: how long until the last has it.
 *
 * usage: serial PORT SOCKETS SECONDS BYTES
 *
 * The next message leaves when the last socket has the one before. Prints "started" when the clock runs, then one line of
 * JSON: `count` messages, `seconds`, and from a send to its last delivery `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "socketio.h"

static int sockets, joined, received, message_length;
static struct client *clients;
static char message[LONGEST_TEXT];
static double sent_at;
static bool running;
static struct histogram waits;

static void send_message(void) {
    received = 0;
    sent_at = now();
    send_text(&clients[0], message, (size_t)message_length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (answer_protocol(client, text, length))
        return;
    if (begins(text, length, "40")) {
        send_text(client, "420[\"join\",\"all\"]", 17);
    } else if (begins(text, length, "430")) {
        joined++;
    } else if (begins(text, length, "42") && ++received == sockets) {
        if (running)
            note(&waits, now() - sent_at);
        send_message();
    }
}

int main(int count, char **arguments) {
    if (count != 5)
        refuse("usage: serial PORT SOCKETS SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[4]);
    sockets = atoi(arguments[2]);
    if (sockets < 1 || bytes < 0 || bytes > 60000)
        refuse("serial: need SOCKETS from 1, BYTES from 0 to 60000");
    message_length = snprintf(message, sizeof message, "42[\"msg\",{\"text\":\"%s\"}]", filling(bytes));

    int poller = epoll_create1(0);
    clients = open_all(sockets, ports, poller, 1 << 14);
    wait_until(poller, &joined, sockets, "not every socket could join");
    read_for(poller, 0.3);
    send_message();
    read_for(poller, 0.5);

    say("started");
    running = true;
    double start = now();
    read_for(poller, atof(arguments[3]));
    report(&waits, now() - start);
    return 0;
}
