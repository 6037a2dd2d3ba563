/* A closed loop of questions: every socket sends an event, waits for its acknowledgement, and sends the next.
 *
 * usage: echo PORT SOCKETS SECONDS BYTES
 *
 * Prints "started" when all are connected and the clock runs, then one line of JSON: `count` answers, `seconds`, and from
 * question to answer `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "socketio.h"

static int connected, question_length;
static char question[LONGEST_TEXT];
static bool running;
static struct histogram waits;

static void ask(struct client *client) {
    client->since = now();
    send_text(client, question, (size_t)question_length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (answer_protocol(client, text, length))
        return;
    if (begins(text, length, "40")) {
        connected++;
    } else if (begins(text, length, "437[")) {
        if (running)
            note(&waits, now() - client->since);
        ask(client);
    }
}

int main(int count, char **arguments) {
    if (count != 5)
        refuse("usage: echo PORT SOCKETS SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int sockets = atoi(arguments[2]), bytes = atoi(arguments[4]);
    if (sockets < 1 || bytes < 0 || bytes > 60000)
        refuse("echo: need SOCKETS from 1, BYTES from 0 to 60000");
    question_length = snprintf(question, sizeof question, "427[\"echo\",{\"text\":\"%s\"}]", filling(bytes));

    int poller = epoll_create1(0);
    struct client *clients = open_all(sockets, ports, poller, 1 << 17);
    wait_until(poller, &connected, sockets, "not every socket could connect");
    for (int index = 0; index < sockets; index++)
        ask(&clients[index]);
    read_for(poller, 0.5);

    say("started");
    running = true;
    double start = now();
    read_for(poller, atof(arguments[3]));
    report(&waits, now() - start);
    return 0;
}
