/* A closed loop over rooms: the load of the fan-out scenarios.
 *
 * Every socket joins one room. What happens there is in lanes.h.
 *
 * usage: rooms PORT[,PORT…] SOCKETS ROOMS UNDER_WAY SECONDS BYTES
 *
 * Sockets take turns among the ports, and so do the members of each room. Prints "started" when every socket has joined
 * and the clock runs, then one line of JSON: `count` messages that reached a socket, `seconds` on the clock, and from a
 * send to each of its deliveries `p50_ms`, `p99_ms`, `worst_ms`.
 */
#include "lanes.h"

static char *text_of_message;

static void send_message(struct client *client, int lane) {
    char text[LONGEST_TEXT];
    int length = snprintf(text, sizeof text, "42[\"msg\",{\"lane\":%d,\"text\":\"%s\"}]", lane, text_of_message);
    sends_now(client, lane);
    send_text(client, text, (size_t)length);
}

static void on_text(struct client *client, const char *text, size_t length) {
    if (answer_protocol(client, text, length))
        return;
    if (begins(text, length, "40")) { /* connected: join */
        char join[64];
        int size = snprintf(join, sizeof join, "420[\"join\",\"room%d\"]", room_of(client->number));
        send_text(client, join, (size_t)size);
    } else if (begins(text, length, "430")) {
        joined++;
    } else if (begins(text, length, "42")) {
        const char *mark = memmem(text, length, "\"lane\":", 7);
        if (mark)
            heard(client, atoi(mark + 7));
    }
}

int main(int count, char **arguments) {
    if (count != 7)
        refuse("usage: rooms PORT[,PORT…] SOCKETS ROOMS UNDER_WAY SECONDS BYTES");
    struct ports ports = read_ports(arguments[1]);
    int bytes = atoi(arguments[6]);
    double seconds = atof(arguments[5]);
    read_lanes(arguments + 2, "rooms");
    if (bytes < 0 || bytes > 60000)
        refuse("rooms: need BYTES from 0 to 60000");
    text_of_message = filling(bytes);

    int poller = epoll_create1(0);
    clients = open_all(sockets, ports, poller, 1 << 17);
    run_lanes(poller, 0.5, seconds);
    return 0;
}
