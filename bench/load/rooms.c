/* A closed loop over rooms: the load of the fan-out scenarios.
 *
 * Every socket joins one room. Each room keeps a fixed number of messages under way: whoever sent one sends the next when
 * its own comes back. So the server is always busy, and never asked for more than it can do.
 *
 * usage: rooms PORT[,PORT…] SOCKETS ROOMS UNDER_WAY SECONDS BYTES
 *
 * Sockets take turns among the ports, and so do the members of each room. Prints "started" when every socket has joined
 * and the clock runs, then one line of JSON: `count` messages that reached a socket, `seconds` on the clock, and from a
 * send to each of its deliveries `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "socketio.h"

static int sockets, rooms, under_way, joined;
static struct client *clients;
static char *text_of_message;
static double *sent_at; /* [room * under_way + lane] */
static bool running;
static struct histogram waits;

/* Members of a room are neighbours, so that they spread over the ports. */
static int room_of(int number) { return (int)((long)number * rooms / sockets); }
static int first_of(int room) { return (int)(((long)room * sockets + rooms - 1) / rooms); }
static struct client *sender_of(int room, int lane) { return &clients[first_of(room) + lane]; }

static void send_message(struct client *client, int lane) {
    char text[LONGEST_TEXT];
    int length = snprintf(text, sizeof text, "42[\"msg\",{\"lane\":%d,\"text\":\"%s\"}]", lane, text_of_message);
    sent_at[room_of(client->number) * under_way + lane] = now();
    send_text(client, text, (size_t)length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (answer_protocol(client, text, length))
        return;
    int room = room_of(client->number);
    if (begins(text, length, "40")) { /* connected: join */
        char join[64];
        int size = snprintf(join, sizeof join, "420[\"join\",\"room%d\"]", room);
        send_text(client, join, (size_t)size);
    } else if (begins(text, length, "430")) {
        joined++;
    } else if (begins(text, length, "42")) {
        const char *mark = memmem(text, length, "\"lane\":", 7);
        if (!mark)
            return;
        int lane = atoi(mark + 7);
        if (running)
            note(&waits, now() - sent_at[room * under_way + lane]);
        if (client->number == first_of(room) + lane)
            send_message(client, lane);
    }
}

int main(int count, char **arguments) {
    if (count != 7)
        refuse("usage: rooms PORT[,PORT…] SOCKETS ROOMS UNDER_WAY SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[6]);
    double seconds = atof(arguments[5]);
    sockets = atoi(arguments[2]), rooms = atoi(arguments[3]), under_way = atoi(arguments[4]);
    if (sockets < rooms || rooms < 1 || under_way < 1 || under_way > sockets / rooms || bytes < 0 || bytes > 60000)
        refuse("rooms: need SOCKETS >= ROOMS >= 1, UNDER_WAY from 1 to the room's size, BYTES from 0 to 60000");
    sent_at = calloc((size_t)(rooms * under_way), sizeof *sent_at);
    text_of_message = filling(bytes);

    int poller = epoll_create1(0);
    clients = open_all(sockets, ports, poller, 1 << 17);
    wait_until(poller, &joined, sockets, "not every socket could join");
    read_for(poller, 0.3); /* subscriptions may still be on their way between instances */
    for (int room = 0; room < rooms; room++)
        for (int lane = 0; lane < under_way; lane++)
            send_message(sender_of(room, lane), lane);
    read_for(poller, 0.5);

    say("started");
    running = true;
    double start = now();
    read_for(poller, seconds);
    report(&waits, now() - start);
    return 0;
}
