/* HTTP requests on connections that stay, in a closed loop or at a pace: the load of the scenarios that read.
 *
 * What is asked is read from a script: a line a question, its parts between tabs.
 *
 *     PATH    what to GET
 *     TOKEN   who asks: Authorization: Bearer TOKEN
 *
 * usage: asks PORT[,PORT…] SCRIPT CONNECTIONS SECONDS [RATE]
 *
 * Each connection asks, reads the whole answer, and asks the next question; together they go round the script. With
 * RATE, in questions a second of all together, a question is asked when it is due, by a connection that has its answer;
 * while none has, it waits, and its wait counts from when it was due. Prints
 * "started" when everybody has been answered twice and the clock runs, then one line of JSON: `count` answers, `seconds`
 * on the clock, and from a question to the end of its answer `p50_ms`, `p99_ms`, `worst_ms`. Another answer than 200,
 * or a connection that the server closes, ends the program with 1 and a line on stderr.
 */
#include "load.h"

enum { MOST_QUESTIONS = 65536, LONGEST_LINE = 2048, ANSWER_BYTES = 1 << 20, EVENTS = 256 };

struct asker {
    int fd;
    double asked_at;
    size_t held, wanted; /* bytes of the answer that are here; all of them, or 0 while its head is not complete */
    char *bytes;
};

static char *questions[MOST_QUESTIONS];
static int question_count, next_question, answered;
static struct asker **resting; /* a ring of those that have their answer, while there is a pace: who rests longest asks next */
static int connections;
static unsigned long rested, called;
static bool running, paced;
static struct histogram waits;

static void read_script(const char *path) {
    FILE *file = fopen(path, "r");
    char line[LONGEST_LINE], request[2 * LONGEST_LINE];
    if (!file)
        fail(path);
    while (question_count < MOST_QUESTIONS && fgets(line, sizeof line, file)) {
        char *token = strchr(line, '\t');
        if (!token)
            refuse("asks: found a line of the script without a tab");
        *token++ = 0;
        token[strcspn(token, "\n")] = 0;
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\n\r\n",
                 line, token);
        questions[question_count++] = strdup(request);
    }
    fclose(file);
    if (!question_count)
        refuse("asks: the script is empty");
}

static void ask(struct asker *asker, double due) {
    const char *question = questions[next_question++ % question_count];
    asker->held = asker->wanted = 0;
    asker->asked_at = due;
    write_all(asker->fd, question, strlen(question));
}

/* How long the answer is, as soon as its head is here. */
static void read_head(struct asker *asker) {
    char *body = memmem(asker->bytes, asker->held, "\r\n\r\n", 4);
    if (!body)
        return;
    *body = 0;
    const char *length = strcasestr(asker->bytes, "\r\ncontent-length:");
    if (strncmp(asker->bytes, "HTTP/1.1 200", 12) || !length) {
        fprintf(stderr, "asks: found this answer, expected 200 and its length:\n%s\n", asker->bytes);
        exit(1);
    }
    asker->wanted = (size_t)(body + 4 - asker->bytes) + strtoul(length + 17, NULL, 10);
    if (asker->wanted > ANSWER_BYTES)
        refuse("asks: found an answer above 1 MiB");
}

static void listen_to(struct asker *asker) {
    for (;;) {
        ssize_t got = recv(asker->fd, asker->bytes + asker->held, ANSWER_BYTES - asker->held, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got == 0)
            errno = ECONNRESET;
        if (got <= 0)
            fail("the server closed a connection");
        asker->held += (size_t)got;
        if (!asker->wanted)
            read_head(asker);
        if (asker->wanted && asker->held >= asker->wanted) {
            answered++;
            if (running)
                note(&waits, now() - asker->asked_at);
            if (paced)
                resting[rested++ % connections] = asker;
            else
                ask(asker, now());
            return;
        }
    }
}

static void turn(int poller, int patience_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, patience_ms);
    for (int index = 0; index < count; index++)
        listen_to(events[index].data.ptr);
}

/* In a closed loop, answers are what makes the next question; a pace is kept to a millisecond. */
static void ask_for(int poller, double rate, double seconds) {
    double start = now();
    for (unsigned long number = 0; now() < start + seconds;) {
        for (; paced && called < rested && start + (double)number / rate <= now(); number++)
            ask(resting[called++ % connections], start + (double)number / rate);
        turn(poller, 1);
    }
}

int main(int count, char **arguments) {
    if (count != 5 && count != 6)
        refuse("usage: asks PORT[,PORT…] SCRIPT CONNECTIONS SECONDS [RATE]");
    struct ports ports = read_ports(arguments[1]);
    int poller = epoll_create1(0);
    connections = atoi(arguments[3]);
    double seconds = atof(arguments[4]), rate = count == 6 ? atof(arguments[5]) : 0;
    if (connections < 1 || connections > 4096 || (count == 6 && rate <= 0))
        refuse("asks: need CONNECTIONS from 1 to 4,096, and a RATE above 0 or none");
    read_script(arguments[2]);
    struct asker *askers = calloc((size_t)connections, sizeof *askers);
    resting = calloc((size_t)connections, sizeof *resting);
    for (int index = 0; index < connections; index++) {
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &askers[index]};
        askers[index].fd = connect_to(ports.each[index % ports.count]);
        askers[index].bytes = malloc(ANSWER_BYTES + 1);
        epoll_ctl(poller, EPOLL_CTL_ADD, askers[index].fd, &interest);
        ask(&askers[index], now());
    }
    double deadline = now() + 60;
    while (answered < 2 * connections && now() < deadline)
        turn(poller, 100);
    if (answered < 2 * connections)
        refuse("asks: not every question was answered within 60 s");

    paced = rate > 0;
    if (paced)
        ask_for(poller, rate, 1); /* those who still ask in a loop come to rest */

    say("started");
    running = true;
    double start = now();
    ask_for(poller, rate, seconds);
    report(&waits, now() - start);
    return 0;
}
