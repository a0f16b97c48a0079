/* How fast the screen answers, through a pseudo-terminal of 80 x 24:
 *
 *   screen_bench PROGRAM STUDY [PEER_COMMAND...]
 *
 * A key's latency is the time from writing it to the last byte of the burst that answers it (a
 * burst ends with 8 ms of silence, which are not counted); its cost is the bytes of the burst.
 * Keys are measured while a fit uses every core. A peer command is a pager or the like, given a
 * list of the same length, that moves its cursor with `j` and a page with space. */
#include "src/base/clock.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 8, KEYS_MAX = 400 };

typedef struct session {
    pid_t child;
    int terminal;
    double started;
} session;

typedef struct burst {
    double seconds; /* until its last byte; < 0: nothing came */
    size_t bytes;
} burst;

typedef struct series {
    double seconds[KEYS_MAX];
    size_t bytes[KEYS_MAX];
    int count;
} series;

static session start(char **command)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    session s = {.started = clock_seconds()};
    s.child = forkpty(&s.terminal, NULL, NULL, &size);
    if (s.child == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(command[0], command);
        _exit(127);
    }
    return s;
}

/* Reads until `silence` ms pass without a byte, having waited `patience` ms for the first one. */
static burst listen_burst(const session *s, double since, int patience, int silence)
{
    burst b = {.seconds = -1};
    char bytes[65536];
    for (;;) {
        struct pollfd at = {.fd = s->terminal, .events = POLLIN};
        if (poll(&at, 1, b.bytes ? silence : patience) <= 0)
            return b;
        ssize_t got = read(s->terminal, bytes, sizeof bytes);
        if (got <= 0)
            return b;
        b.bytes += (size_t)got;
        b.seconds = clock_seconds() - since;
    }
}

static burst press(const session *s, const char *key)
{
    double since = clock_seconds();
    if (write(s->terminal, key, strlen(key)) < 0)
        return (burst){.seconds = -1};
    return listen_burst(s, since, 1000, SILENCE_MS);
}

static void add(series *all, burst b)
{
    if (b.seconds < 0 || all->count >= KEYS_MAX)
        return;
    all->seconds[all->count] = b.seconds;
    all->bytes[all->count++] = b.bytes;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, series *all, const char *wanted)
{
    if (all->count == 0) {
        printf("| %s | no answer | | | %s |\n", what, wanted);
        return;
    }
    qsort(all->seconds, (size_t)all->count, sizeof all->seconds[0], by_value);
    qsort(all->bytes, (size_t)all->count, sizeof all->bytes[0], by_size);
    int high = (all->count * 99 + 99) / 100 - 1;
    printf("| %s | %.1f ms | %.1f ms | %zu | %s |\n", what, 1e3 * all->seconds[all->count / 2],
           1e3 * all->seconds[high], all->bytes[all->count / 2], wanted);
}

static void repeat(const session *s, const char *const *keys, int kinds, int count,
                   const char *what, const char *wanted)
{
    series all = {.count = 0};
    for (int i = 0; i < count; i++)
        add(&all, press(s, keys[i % kinds]));
    report(what, &all, wanted);
}

static double peak_memory(pid_t child)
{
    char path[64];
    char line[256];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return kilobytes / 1024;
}

static void stop(const session *s)
{
    kill(s->child, SIGTERM);
    waitpid(s->child, NULL, 0);
    close(s->terminal);
}

static void measure_screen(char *program, char *study)
{
    char *command[] = {program, study, NULL};
    session s = start(command);
    burst first = listen_burst(&s, s.started, 5000, 30);
    series paint = {.count = 0};
    add(&paint, first);
    report("first paint from start", &paint, "150 ms");
    listen_burst(&s, clock_seconds(), 3000, 500); /* what it loads behind the first paint */

    repeat(&s, (const char *const[]){"2"}, 1, 1, "view Features, first time", "");
    listen_burst(&s, clock_seconds(), 2000, 500);
    repeat(&s, (const char *const[]){"s"}, 1, 12, "sort a layer", "100 ms");
    printf("| memory at its peak, no fit running | %.0f MiB | | | 300 MiB |\n",
           peak_memory(s.child));

    press(&s, "1");
    press(&s, "f"); /* the dialog, then its default: a fit of all layers with every core */
    press(&s, "\r");
    listen_burst(&s, clock_seconds(), 3000, 2000);
    double since = clock_seconds();
    size_t bytes = 0;
    while (clock_seconds() - since < 4)
        bytes += listen_burst(&s, since, 100, 5).bytes;
    printf("| progress alone, bytes a second | | | %.0f | 2,000 |\n",
           (double)bytes / (clock_seconds() - since));
    press(&s, "2");
    listen_burst(&s, clock_seconds(), 500, 200);
    repeat(&s, (const char *const[]){"j"}, 1, 300, "cursor in Features, a fit on every core",
           "16 ms, 400 bytes");
    repeat(&s, (const char *const[]){"\006"}, 1, 200, "page in Features, a fit on every core",
           "16 ms");
    press(&s, "4");
    listen_burst(&s, clock_seconds(), 2000, 500);
    repeat(&s, (const char *const[]){"j"}, 1, 300, "cursor in Circuit, a fit on every core",
           "16 ms, 400 bytes");
    repeat(&s, (const char *const[]){"1", "2", "3", "4"}, 4, 200, "view switch, a fit on every core",
           "16 ms");
    press(&s, "2");
    press(&s, "/");
    repeat(&s, (const char *const[]){"p", "r", "o", "n"}, 4, 4, "one more letter of a search",
           "50 ms");
    stop(&s);
}

static void measure_peer(char **command)
{
    char what[128];
    session s = start(command);
    listen_burst(&s, s.started, 5000, 1500);
    snprintf(what, sizeof what, "%s: cursor", command[0]);
    repeat(&s, (const char *const[]){"j"}, 1, 300, what, "");
    snprintf(what, sizeof what, "%s: page", command[0]);
    repeat(&s, (const char *const[]){" "}, 1, 200, what, "");
    stop(&s);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("| what | median | 99 of 100 under | median bytes | wanted |\n|---|---|---|---|---|\n");
    measure_screen(argv[1], argv[2]);
    if (argc > 3)
        measure_peer(argv + 3);
    return 0;
}
