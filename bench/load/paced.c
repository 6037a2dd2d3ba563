/* Messages that are stored, at a fixed pace, and how long each takes to those who are at another instance.
 *
 * Every socket is a person in one room (people.h). The rooms take turns, and so do the members of each: whoever is next
 * sends when it is time, whatever became of the messages before. So a server that falls behind is not asked for less:
 * the wait counts from when the message was due.
 *
 * usage: paced PORT,PORT[,PORT…] SCRIPT SOCKETS ROOMS RATE SECONDS BYTES
 *
 * Sockets take turns among the ports, and so do the members of each room. Prints "started" when every socket has joined,
 * a second of sending is over and the clock runs, then one line of JSON: `count` messages that reached a socket at
 * another port than their sender's, `seconds` on the clock, and from when they were due `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "people.h"
#include "socketio.h"

enum { UNDER_WAY = 1 << 16 };

static int sockets, rooms, joined, port_count;
static struct client *clients;
static struct person *people;
static char *text_of_message;
static double due_at[UNDER_WAY]; /* by the number of the message */
static int sender_of[UNDER_WAY];
static unsigned long sent;
static bool running;
static struct histogram waits;

static void send_message(double due) {
    unsigned long number = sent++;
    int room = (int)(number % (unsigned long)rooms), members = sockets / rooms;
    int sender = room * members + (int)(number / (unsigned long)rooms % (unsigned long)members);
    char text[LONGEST_TEXT];
    int length = snprintf(text, sizeof text, "%s%08x-0000-4000-8000-%012lx\",\"text\":\"number %lu %s\"}]",
                          people[sender].send, (unsigned)getpid(), number, number, text_of_message);
    due_at[number % UNDER_WAY] = due;
    sender_of[number % UNDER_WAY] = sender;
    send_text(&clients[sender], text, (size_t)length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    const struct person *person = &people[client->number];
    if (length && text[0] == '0') {
        send_text(client, person->connect, strlen(person->connect));
    } else if (answer_protocol(client, text, length)) {
        return;
    } else if (begins(text, length, "44")) {
        fprintf(stderr, "load: a client was refused: %.*s\n", (int)length, text);
        exit(1);
    } else if (begins(text, length, "40")) {
        if (*person->join)
            send_text(client, person->join, strlen(person->join));
    } else if (says_joined(person, text, length)) {
        joined++;
    } else if (begins(text, length, "42") && running) {
        const char *mark = memmem(text, length, "\"text\":\"number ", 15);
        unsigned long number = mark ? strtoul(mark + 15, NULL, 10) : sent;
        if (number >= sent || sent - number > UNDER_WAY)
            return;
        if (sender_of[number % UNDER_WAY] % port_count != client->number % port_count)
            note(&waits, now() - due_at[number % UNDER_WAY]);
    }
}

/* Sends what is due and reads what has come; a pace is kept to a millisecond. */
static void send_for(int poller, double rate, double seconds) {
    double start = now();
    for (unsigned long number = 0; now() < start + seconds;) {
        for (; start + (double)number / rate <= now(); number++)
            send_message(start + (double)number / rate);
        read_ready(poller, 1);
    }
}

int main(int count, char **arguments) {
    if (count != 8)
        refuse("usage: paced PORT,PORT[,PORT…] SCRIPT SOCKETS ROOMS RATE SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[7]), poller = epoll_create1(0);
    double rate = atof(arguments[5]), seconds = atof(arguments[6]);
    port_count = ports.count, sockets = atoi(arguments[3]), rooms = atoi(arguments[4]);
    if (port_count < 2 || rooms < 1 || sockets % rooms || sockets / rooms < 2 || rate <= 0 || bytes < 0 || bytes > 15000)
        refuse("paced: need two ports, two members or more and as many in each room, a RATE, BYTES from 0 to 15000");
    people = read_people(arguments[2], sockets);
    text_of_message = filling(bytes);
    clients = calloc((size_t)sockets, sizeof *clients);
    for (int index = 0; index < sockets; index++) {
        clients[index].number = index;
        open_client(&clients[index], ports.each[index % port_count], poller, 1 << 17);
        if (index % 100 == 99)
            read_ready(poller, 0);
    }
    wait_until(poller, &joined, sockets, "not every socket could join");
    read_for(poller, 0.3); /* subscriptions may still be on their way between instances */
    send_for(poller, rate, 1);

    say("started");
    running = true;
    double start = now();
    send_for(poller, rate, seconds);
    report(&waits, now() - start);
    return 0;
}
