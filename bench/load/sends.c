/* A closed loop of messages that are stored before they are acknowledged: the load of the durable scenarios.
 *
 * Every socket is a person in one room. Each room keeps a fixed number of messages under way: whoever sent one sends the
 * next when its own comes back, acknowledged or not. Who they are and how they send is read from a script: people.h.
 * What follows the client id of a send is ","text":"lane LANE …"}].
 *
 * usage: sends PORT[,PORT…] SCRIPT SOCKETS ROOMS UNDER_WAY SECONDS BYTES
 *
 * Sockets take turns among the ports, and so do the members of each room, who are neighbours in the script. Prints
 * "started" when every socket has joined and the clock runs, then one line of JSON: `count` messages that reached a
 * socket, `seconds` on the clock, and from a send to each of its deliveries `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "people.h"
#include "socketio.h"

static int sockets, rooms, under_way, joined;
static struct client *clients;
static struct person *people;
static char *text_of_message;
static double *sent_at; /* [room * under_way + lane] */
static uint64_t sent;
static bool running;
static struct histogram waits;

static int room_of(int number) { return (int)((long)number * rooms / sockets); }
static int first_of(int room) { return (int)(((long)room * sockets + rooms - 1) / rooms); }
static struct client *sender_of(int room, int lane) { return &clients[first_of(room) + lane]; }

static void send_message(struct client *client, int lane) {
    char text[LONGEST_TEXT];
    int length = snprintf(text, sizeof text, "%s%08x-0000-4000-8000-%012llx\",\"text\":\"lane %d %s\"}]",
                          people[client->number].send, (unsigned)getpid(), (unsigned long long)++sent, lane,
                          text_of_message);
    sent_at[room_of(client->number) * under_way + lane] = now();
    send_text(client, text, (size_t)length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    const struct person *person = &people[client->number];
    if (length && text[0] == '0') {
        send_text(client, person->connect, strlen(person->connect));
        return;
    }
    if (answer_protocol(client, text, length))
        return;
    int room = room_of(client->number);
    if (begins(text, length, "40")) {
        if (*person->join)
            send_text(client, person->join, strlen(person->join));
    } else if (begins(text, length, "44")) {
        fprintf(stderr, "load: a client was refused: %.*s\n", (int)length, text);
        exit(1);
    } else if (says_joined(person, text, length)) {
        joined++;
    } else if (begins(text, length, "42")) {
        const char *mark = memmem(text, length, "\"text\":\"lane ", 13);
        if (!mark)
            return;
        int lane = atoi(mark + 13);
        if (running)
            note(&waits, now() - sent_at[room * under_way + lane]);
        if (client->number == first_of(room) + lane)
            send_message(client, lane);
    }
}

int main(int count, char **arguments) {
    if (count != 8)
        refuse("usage: sends PORT[,PORT…] SCRIPT SOCKETS ROOMS UNDER_WAY SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[7]);
    double seconds = atof(arguments[6]);
    sockets = atoi(arguments[3]), rooms = atoi(arguments[4]), under_way = atoi(arguments[5]);
    if (sockets < rooms || rooms < 1 || under_way < 1 || under_way > sockets / rooms || bytes < 0 || bytes > 15000)
        refuse("sends: need SOCKETS >= ROOMS >= 1, UNDER_WAY from 1 to the room's size, BYTES from 0 to 15000");
    people = read_people(arguments[2], sockets);
    sent_at = calloc((size_t)(rooms * under_way), sizeof *sent_at);
    text_of_message = filling(bytes);

    int poller = epoll_create1(0);
    clients = calloc((size_t)sockets, sizeof *clients);
    for (int index = 0; index < sockets; index++) {
        clients[index].number = index;
        open_client(&clients[index], ports.each[index % ports.count], poller, 1 << 17);
        if (index % 100 == 99)
            read_ready(poller, 0);
    }
    wait_until(poller, &joined, sockets, "not every socket could join");
    read_for(poller, 0.3); /* subscriptions may still be on their way between instances */
    for (int room = 0; room < rooms; room++)
        for (int lane = 0; lane < under_way; lane++)
            send_message(sender_of(room, lane), lane);
    read_for(poller, 1.0);

    say("started");
    running = true;
    double start = now();
    read_for(poller, seconds);
    report(&waits, now() - start);
    return 0;
}
