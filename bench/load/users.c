/* People at work, more of them step by step: what each asks for, how often, and how long the answers take.
 *
 * Everybody has a live connection. Between two acts a user rests from one second to 39, 20 on average; an act is drawn
 * by the weights below. What an act asks over HTTP goes over a connection of its own, which is closed behind it.
 *
 *     switch    GET a channel's newest 50 messages; PUT how far they are read     6.5
 *     scroll    GET the 50 messages before those that are shown                   2
 *     unread    GET the channels, with what is unread in each                     1
 *     post      message.send into the channel that is shown                       1
 *     leave     close the live connection and come back with a cursor             0.14
 *     react     message.react to the newest message that is shown                 0.13
 *     edit      message.edit of one's own last message; none: post                0.04
 *     search    GET what is found for a word                                      0.03
 *
 * usage: users PORT[,PORT…] SCRIPT FIRST STEP MOST SECONDS
 *
 * The script has a line a user: an access token, a tab, the ids of channels with commas between them. FIRST users come,
 * 100 a second, each in the middle of a rest; three seconds after the last one SECONDS are measured and one line of JSON is printed:
 * `users`, `seconds`, `count` of answers, `errors`, `posts`, `deliveries`, and `mean_ms`, `p99_ms`, `worst_ms` of
 * answers. Then STEP more come, until there are MOST. An error is an answer that is a refusal, a connection that the
 * server closed, or no answer within ten seconds.
 */
#include "socketio.h"
#include <math.h>

enum { LONGEST_LINE = 4096, MOST_CHANNELS = 64, HTTP_BYTES = 1 << 20, PATIENCE = 10, ARRIVALS = 100, SETTLING = 3 };
enum act { SWITCH, SCROLL, UNREAD, POST, LEAVE, REACT, EDIT, SEARCH, ACTS };
enum waiting { NOTHING, LIVE, PAGE, ANSWER }; /* for an acknowledgement or caught_up; for a page to show; for any other answer */

static const double weights[ACTS] = {6.5, 2, 1, 1, 0.14, 0.13, 0.04, 0.03};
static const char words[] = "the build of yesterday evening is on the staging server, have a look when you find the time";

struct user {
    struct client live; /* first: what epoll names; with its lowest bit set, the HTTP connection */
    char *token;
    int channels[MOST_CHANNELS], channel_count;
    int shown; /* channel */
    long oldest, newest, last_message, own_channel, own_message;
    bool upgraded, here;
    enum waiting waiting;
    double asked_at, acts_at;
    int http;
    char *answer;
    size_t held;
};

static struct user *users;
static int here, port_count, *ports_of;
static int poller;
static unsigned long made, posts, deliveries, errors;
static double total;
static bool measuring;
static struct histogram waits;

static double chance(void) { return (double)random() / ((double)RAND_MAX + 1); }

/* What is left of a rest that somebody is in the middle of: longer ones are met more often. */
static double rest_left(void) { return chance() * sqrt(1 + chance() * (39 * 39 - 1)); }

/* The first few that are not answered as they should be are told of. */
static void complain(const struct user *user, const char *found) {
    static int told;
    static const char *asked[] = {"nothing", "a packet", "a page", "an answer"};
    if (told++ < 5)
        fprintf(stderr, "users: user %d waited for %s; found %.600s\n", user->live.number, asked[user->waiting], found);
}

static void answered(struct user *user, bool good) {
    double took = now() - user->asked_at;
    bool late = user->waiting == NOTHING; /* it was given up, and counted */
    user->waiting = NOTHING;
    user->acts_at = now() + (user->here ? 1 + chance() * 38 : rest_left());
    if (!measuring || late)
        return;
    note(&waits, took);
    total += took;
    errors += !good;
}

/* The live connection */

static void watch(int fd, void *who, uint32_t flags) {
    struct epoll_event interest = {.events = flags, .data.ptr = who};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &interest);
}

static void come(struct user *user) {
    char request[512];
    int port = ports_of[user->live.number % port_count];
    user->live.fd = connect_to(port);
    user->live.held = 0;
    user->upgraded = false;
    user->waiting = LIVE;
    user->asked_at = now();
    int length = snprintf(request, sizeof request,
                          "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: Y2hvcnVzIGJlbmNobWFyaw==\r\n\r\n",
                          port);
    write_all(user->live.fd, request, (size_t)length);
    fcntl(user->live.fd, F_SETFL, O_NONBLOCK);
    watch(user->live.fd, &user->live, EPOLLIN);
}

static void go(struct user *user) {
    close(user->live.fd);
    user->live.fd = -1;
}

static long number_behind(const char *text, size_t length, const char *mark) {
    const char *at = memmem(text, length, mark, strlen(mark));
    return at ? strtol(at + strlen(mark), NULL, 10) : 0;
}

static void on_text(struct client *client, const char *text, size_t length) {
    struct user *user = (struct user *)client;
    char packet[LONGEST_LINE];
    if (length && text[0] == '0') {
        int size = user->newest ? snprintf(packet, sizeof packet, "40{\"token\":\"%s\",\"cursors\":{\"%d\":%ld}}",
                                           user->token, user->shown, user->newest)
                                : snprintf(packet, sizeof packet, "40{\"token\":\"%s\"}", user->token);
        send_text(client, packet, (size_t)size);
    } else if (answer_protocol(client, text, length)) {
        return;
    } else if (begins(text, length, "42[\"caught_up\"")) {
        answered(user, true);
        here += !user->here;
        user->here = true;
    } else if (begins(text, length, "44") || begins(text, length, "431[")) {
        bool good = text[1] == '3' && memmem(text, length, "\"seq\":", 6);
        if (good && memmem(text, length, "\"kind\":\"posted\"", 15)) {
            user->own_channel = user->shown;
            user->own_message = number_behind(text, length, "\"seq\":");
        }
        if (!good)
            complain(user, text);
        answered(user, good);
    } else if (begins(text, length, "42[\"entry\"")) {
        deliveries += measuring;
    }
}

static void hear(struct user *user) {
    struct client *live = &user->live;
    if (live->size - live->held < 4096)
        live->bytes = realloc(live->bytes, live->size = 2 * live->size + 8192);
    ssize_t got = recv(live->fd, live->bytes + live->held, live->size - live->held, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        complain(user, "the live connection closed");
        go(user);
        errors += measuring;
        user->waiting = NOTHING;
        user->acts_at = now() + 1; /* then it comes again */
        return;
    }
    live->held += (size_t)got;
    if (!user->upgraded) {
        unsigned char *end = memmem(live->bytes, live->held, "\r\n\r\n", 4);
        if (!end)
            return;
        user->upgraded = true;
        live->held -= (size_t)(end + 4 - live->bytes);
        memmove(live->bytes, end + 4, live->held);
    }
    take_frames(live);
}

/* HTTP */

static void ask(struct user *user, enum waiting what, const char *method, const char *path, const char *body) {
    char request[2 * LONGEST_LINE];
    int length = snprintf(request, sizeof request,
                          "%s /api/v1%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          method, path, user->token, strlen(body), body);
    user->waiting = what;
    user->asked_at = now();
    user->held = 0;
    if (user->http < 0) {
        user->http = connect_to(ports_of[random() % port_count]);
        user->answer = malloc(HTTP_BYTES + 1);
        watch(user->http, (char *)user + 1, EPOLLIN);
    }
    write_all(user->http, request, (size_t)length);
}

static void hang_up(struct user *user) {
    close(user->http);
    free(user->answer);
    user->http = -1;
}

/* The page is shown from now on: how far it goes, and the newest message in it. */
static void show(struct user *user, const char *page, size_t length) {
    const char *mark = ",\"kind\":\"posted\"";
    user->newest = number_behind(page, length, "\"as_of\":");
    user->oldest = number_behind(page, length, "\"seq\":");
    for (const char *at = page; (at = memmem(at, length - (size_t)(at - page), mark, strlen(mark))); at++) {
        const char *digit = at;
        while (digit > page && digit[-1] >= '0' && digit[-1] <= '9')
            digit--;
        user->last_message = strtol(digit, NULL, 10);
    }
}

static void read_answer(struct user *user) {
    ssize_t got = recv(user->http, user->answer + user->held, HTTP_BYTES - user->held, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    user->held += got > 0 ? (size_t)got : 0;
    user->answer[user->held] = 0;
    char *body = strstr(user->answer, "\r\n\r\n");
    if (got > 0 && !body)
        return;
    const char *told = got > 0 ? strcasestr(user->answer, "\r\ncontent-length:") : NULL;
    size_t length = told && told < body ? strtoul(told + 17, NULL, 10) : 0;
    if (got > 0 && user->held < (size_t)(body + 4 - user->answer) + length)
        return;
    bool good = got > 0 && begins(user->answer, user->held, "HTTP/1.1 2");
    if (!good)
        complain(user, got > 0 ? user->answer : "the connection closed");
    bool read = good && user->waiting == PAGE && memmem(body, length + 4, "\"as_of\":", 8);
    if (read)
        show(user, body, length + 4);
    answered(user, good);
    if (read) {
        char path[64], seq[64];
        snprintf(path, sizeof path, "/channels/%d/read", user->shown);
        snprintf(seq, sizeof seq, "{\"seq\":%ld}", user->newest);
        ask(user, ANSWER, "PUT", path, seq);
    } else {
        hang_up(user);
    }
}

/* Acts */

static enum act drawn(void) {
    double sum = 0, at;
    for (int each = 0; each < ACTS; each++)
        sum += weights[each];
    at = chance() * sum;
    for (int each = 0; each < ACTS; each++)
        if ((at -= weights[each]) < 0)
            return (enum act)each;
    return SWITCH;
}

static void say_live(struct user *user, const char *event, const char *fields, const char *behind) {
    char packet[LONGEST_LINE];
    int length = snprintf(packet, sizeof packet, "421[\"%s\",{%s,\"client_id\":\"%08x-0000-4000-8000-%012lx\",%s}]", event,
                          fields, (unsigned)getpid(), ++made, behind);
    user->waiting = LIVE;
    user->asked_at = now();
    send_text(&user->live, packet, (size_t)length);
}

static void act(struct user *user) {
    enum act what = user->shown ? drawn() : SWITCH;
    char text[LONGEST_LINE], behind[LONGEST_LINE];
    if (what == EDIT && !user->own_message)
        what = POST;
    if (what == REACT && !user->last_message)
        what = SWITCH;
    if (what == SWITCH || what == SCROLL) {
        user->shown = what == SCROLL ? user->shown : user->channels[random() % user->channel_count];
        bool further = what == SCROLL && user->oldest > 1;
        if (further)
            snprintf(text, sizeof text, "/channels/%d/messages?limit=50&before=%ld", user->shown, user->oldest);
        else
            snprintf(text, sizeof text, "/channels/%d/messages?limit=50", user->shown);
        ask(user, what == SCROLL ? ANSWER : PAGE, "GET", text, "");
        user->oldest -= further ? 50 : 0;
    } else if (what == UNREAD) {
        ask(user, ANSWER, "GET", "/channels", "");
    } else if (what == SEARCH) {
        ask(user, ANSWER, "GET", "/search?q=staging", "");
    } else if (what == POST) {
        posts += measuring;
        snprintf(text, sizeof text, "\"channel\":%d", user->shown);
        snprintf(behind, sizeof behind, "\"text\":\"%s\"", words);
        say_live(user, "message.send", text, behind);
    } else if (what == EDIT) {
        snprintf(text, sizeof text, "\"channel\":%ld,\"seq\":%ld", user->own_channel, user->own_message);
        snprintf(behind, sizeof behind, "\"text\":\"%s, at %lu\"", words, made);
        say_live(user, "message.edit", text, behind);
    } else if (what == REACT) {
        snprintf(text, sizeof text, "\"channel\":%d,\"seq\":%ld", user->shown, user->last_message);
        say_live(user, "message.react", text, "\"emoji\":\"\xf0\x9f\x91\x8d\"");
    } else {
        go(user);
        come(user);
    }
}

static void look_after(struct user *user) {
    if (user->here && user->waiting != NOTHING && now() > user->asked_at + PATIENCE) {
        complain(user, "none within ten seconds");
        answered(user, false);
        if (user->http >= 0)
            hang_up(user);
    } else if (user->waiting == NOTHING && now() >= user->acts_at) {
        if (user->live.fd < 0)
            come(user);
        else
            act(user);
    }
}

static void turn(int count) {
    static double looked;
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, 2);
    for (int index = 0; index < ready; index++) {
        uintptr_t who = (uintptr_t)events[index].data.ptr;
        struct user *user = (struct user *)(who & ~(uintptr_t)1);
        if (!(who & 1) && user->live.fd >= 0)
            hear(user);
        else if (who & 1 && user->http >= 0)
            read_answer(user);
    }
    if (now() < looked + 0.005)
        return;
    looked = now();
    for (int index = 0; index < count; index++)
        look_after(&users[index]);
}

static void measure(int count, double seconds) {
    memset(&waits, 0, sizeof waits);
    posts = deliveries = errors = 0, total = 0, measuring = true;
    double start = now();
    while (now() < start + seconds)
        turn(count);
    measuring = false;
    printf("{\"users\":%d,\"seconds\":%.3f,\"count\":%llu,\"errors\":%lu,\"posts\":%lu,\"deliveries\":%lu,"
           "\"mean_ms\":%.3f,\"p99_ms\":%.3f,\"worst_ms\":%.3f}\n",
           count, now() - start, (unsigned long long)waits.count, errors, posts, deliveries,
           waits.count ? total / (double)waits.count * 1e3 : 0, percentile_ms(&waits, 0.99), waits.worst * 1e3);
    fflush(stdout);
}

static void read_script(const char *path, int most) {
    FILE *file = fopen(path, "r");
    char line[LONGEST_LINE];
    if (!file)
        fail(path);
    users = calloc((size_t)most, sizeof *users);
    for (int index = 0; index < most; index++) {
        if (!fgets(line, sizeof line, file))
            refuse("users: the script has fewer lines than there are users");
        char *rest = line;
        users[index].token = strdup(strsep(&rest, "\t"));
        for (char *each = rest ? strtok(rest, ",\n") : NULL; each; each = strtok(NULL, ",\n"))
            if (users[index].channel_count < MOST_CHANNELS)
                users[index].channels[users[index].channel_count++] = atoi(each);
        if (!users[index].channel_count)
            refuse("users: found a line of the script without a channel");
        users[index].live.number = index;
        users[index].live.fd = users[index].http = -1;
    }
    fclose(file);
}

int main(int count, char **arguments) {
    if (count != 7)
        refuse("usage: users PORT[,PORT…] SCRIPT FIRST STEP MOST SECONDS");
    struct ports ports = read_ports(arguments[1]);
    int first = atoi(arguments[3]), step = atoi(arguments[4]), most = atoi(arguments[5]);
    double seconds = atof(arguments[6]);
    if (first < 1 || step < 1 || most < first)
        refuse("users: need FIRST and STEP from 1, MOST from FIRST");
    ports_of = ports.each, port_count = ports.count, poller = epoll_create1(0);
    read_script(arguments[2], most);
    int present = 0;
    for (int wanted = first; wanted <= most; wanted += step) {
        double start = now(), deadline = start + (double)(wanted - present) / ARRIVALS + 60;
        int before = present;
        while (here < wanted) {
            for (; present < wanted && present - before <= (now() - start) * ARRIVALS; present++)
                come(&users[present]);
            turn(present);
            if (now() > deadline)
                refuse("users: not everybody could come within a minute");
        }
        for (double until = now() + SETTLING; now() < until;)
            turn(present);
        measure(present, seconds);
    }
    return 0;
}
