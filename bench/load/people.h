/* The people of a load, read from a script: how one connects, joins and sends differs between servers.
 *
 * A line a socket, its parts between tabs:
 *
 *     CONNECT    the Socket.IO packet that connects: 40{"token":"…"}
 *     JOIN       an event with acknowledgement 0 that joins the room; or nothing: then 42["caught_up" says it has
 *     SEND       an event up to a client id, which the load makes up, as it does what follows
 *
 * Those of one room are neighbours, and there are as many in each.
 */
#include "load.h"

enum { LONGEST_LINE = 4096 };

struct person {
    char *connect, *join, *send;
};

static inline struct person *read_people(const char *path, int count) {
    FILE *file = fopen(path, "r");
    char line[LONGEST_LINE];
    if (!file)
        fail(path);
    struct person *people = calloc((size_t)count, sizeof *people);
    for (int index = 0; index < count; index++) {
        if (!fgets(line, sizeof line, file))
            refuse("load: the script has fewer lines than there are sockets");
        char *rest = strdup(line);
        rest[strcspn(rest, "\n")] = 0;
        people[index].connect = strsep(&rest, "\t");
        people[index].join = strsep(&rest, "\t");
        people[index].send = strsep(&rest, "\t");
        if (!people[index].send)
            refuse("load: found a line of the script without two tabs");
    }
    fclose(file);
    return people;
}

/* Whether the packet says that the person has joined. */
static inline bool says_joined(const struct person *person, const char *text, size_t length) {
    const char *sign = *person->join ? "430" : "42[\"caught_up\"";
    return length >= strlen(sign) && !memcmp(text, sign, strlen(sign));
}
