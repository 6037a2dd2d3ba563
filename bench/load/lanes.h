/* A closed loop over rooms, which the loads of the fan-out and of the durable scenarios run.
 *
 * Each room keeps a fixed number of messages under way, a lane each: whoever sent one sends the next when its own comes
 * back. So the server is always busy, and never asked for more than it can do.
 *
 * A program includes this, defines `send_message`, counts in `joined` who is in its room, and calls `heard` with each
 * message that comes; `run_lanes` then runs the clock.
 */
#include "socketio.h"

static int sockets, rooms, under_way, joined;
static struct client *clients;
static double *sent_at; /* [room * under_way + lane] */
static bool running;
static struct histogram waits;

static void send_message(struct client *client, int lane);

/* Members of a room are neighbours, so that they spread over the ports. */
static inline int room_of(int number) { return (int)((long)number * rooms / sockets); }
static inline int first_of(int room) { return (int)(((long)room * sockets + rooms - 1) / rooms); }
static inline struct client *sender_of(int room, int lane) { return &clients[first_of(room) + lane]; }

static inline void read_lanes(char **arguments, const char *name) {
    sockets = atoi(arguments[0]), rooms = atoi(arguments[1]), under_way = atoi(arguments[2]);
    if (sockets < rooms || rooms < 1 || under_way < 1 || under_way > sockets / rooms) {
        fprintf(stderr, "%s: need SOCKETS >= ROOMS >= 1, UNDER_WAY from 1 to the room's size\n", name);
        exit(2);
    }
    sent_at = calloc((size_t)(rooms * under_way), sizeof *sent_at);
}

static inline void sends_now(const struct client *client, int lane) {
    sent_at[room_of(client->number) * under_way + lane] = now();
}

static inline void heard(struct client *client, int lane) {
    int room = room_of(client->number);
    if (running)
        note(&waits, now() - sent_at[room * under_way + lane]);
    if (client->number == first_of(room) + lane)
        send_message(client, lane);
}

/* When all have joined: begin, let it run for a while, and measure for so many seconds. */
static inline void run_lanes(int poller, double before, double seconds) {
    wait_until(poller, &joined, sockets, "not every socket could join");
    read_for(poller, 0.3); /* subscriptions may still be on their way between instances */
    for (int room = 0; room < rooms; room++)
        for (int lane = 0; lane < under_way; lane++)
            send_message(sender_of(room, lane), lane);
    read_for(poller, before);

    say("started");
    running = true;
    double start = now();
    read_for(poller, seconds);
    report(&waits, now() - start);
}
