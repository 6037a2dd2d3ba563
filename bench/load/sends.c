/* A closed loop of messages that are stored before they are acknowledged: the load of the durable scenarios.
 *
 * Every socket is a person in one room; what happens there is in lanes.h, and whether a message is acknowledged makes no
 * difference. Who they are and how they send is read from a script: people.h. What follows the client id of a send is
 * ","text":"lane LANE of ROOM …"}]. A message that reaches a socket of another room ends the program with 1: it would be
 * counted, and answered.
 *
 * usage: sends PORT[,PORT…] SCRIPT SOCKETS ROOMS UNDER_WAY SECONDS BYTES
 *
 * Sockets take turns among the ports, and so do the members of each room, who are neighbours in the script. Prints
 * "started" when every socket has joined and the clock runs, then one line of JSON: `count` messages that reached a
 * socket, `seconds` on the clock, and from a send to each of its deliveries `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "lanes.h"
#include "people.h"

static struct person *people;
static char *text_of_message;
static uint64_t sent;

static void send_message(struct client *client, int lane) {
    char text[LONGEST_TEXT];
    int length = snprintf(text, sizeof text, "%s%08x-0000-4000-8000-%012llx\",\"text\":\"lane %d of %d %s\"}]",
                          people[client->number].send, (unsigned)getpid(), (unsigned long long)++sent, lane,
                          room_of(client->number), text_of_message);
    sends_now(client, lane);
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
        int lane, room;
        if (!mark || sscanf(mark + 13, "%d of %d ", &lane, &room) != 2)
            return;
        if (room != room_of(client->number)) {
            fprintf(stderr, "sends: socket %d is in room %d and got a message of room %d\n", client->number,
                    room_of(client->number), room);
            exit(1);
        }
        heard(client, lane);
    }
}

int main(int count, char **arguments) {
    if (count != 8)
        refuse("usage: sends PORT[,PORT…] SCRIPT SOCKETS ROOMS UNDER_WAY SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[7]);
    double seconds = atof(arguments[6]);
    read_lanes(arguments + 3, "sends");
    if (bytes < 0 || bytes > 15000)
        refuse("sends: need BYTES from 0 to 15000");
    people = read_people(arguments[2], sockets);
    text_of_message = filling(bytes);

    int poller = epoll_create1(0);
    clients = calloc((size_t)sockets, sizeof *clients);
    for (int index = 0; index < sockets; index++) {
        clients[index].number = index;
        open_client(&clients[index], ports.each[index % ports.count], poller, 1 << 17);
        if (index % 100 == 99)
            read_ready(poller, 0);
    }
    run_lanes(poller, 1.0, seconds);
    return 0;
}
