/* How fast the screen answers, and what it sends, through a pseudo-terminal of 80 x 24:
 *
 *   screen_bench PROGRAM STUDY        (a copy of a study: a fit is started in it)
 *
 * A key's latency is the time from writing it to the last byte of the burst that answers it; the
 * silence that ends a burst is not counted. Its cost is the bytes of the burst. Keys are measured
 * while a fit uses every core; the progress that it repaints ten times a second falls into some
 * bursts, and is counted with them. Beside it stand `less` and `tig`, where they are
 * installed, on a list as long as the study has features. Writes a Markdown table. */
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
        setenv("XDG_STATE_HOME", "/proc/nothing", 1); /* no greeting over the views */
        setenv("XDG_CONFIG_HOME", "/proc/nothing", 1);
        unsetenv("LESS");
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

/* What comes within so many seconds, whatever the silences. */
static size_t listen_for(const session *s, double seconds)
{
    size_t bytes = 0;
    for (double end = clock_seconds() + seconds, left; (left = end - clock_seconds()) > 0;)
        bytes += listen_burst(s, end, (int)(1e3 * left) + 1, 1).bytes;
    return bytes;
}

static burst press(const session *s, const char *key, int silence)
{
    listen_burst(s, 0, 0, 0); /* what is left of the last burst */
    double since = clock_seconds();
    if (write(s->terminal, key, strlen(key)) < 0)
        return (burst){.seconds = -1};
    return listen_burst(s, since, 500, silence);
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

static void repeat(const session *s, const char *const *keys, int kinds, int count, int silence,
                   const char *what, const char *wanted)
{
    series all = {.count = 0};
    for (int i = 0; i < count; i++)
        add(&all, press(s, keys[i % kinds], silence));
    report(what, &all, wanted);
}

/* Every letter of some words, as a slow typist types them: until the list stands still. The card follows
 * when the keys rest, after 60 ms, and is not waited for. */
static void search(const session *s, const char *what)
{
    static const char *const words[] = {"pronouns", "quotes end", "weather", "tnspst", "past in"};
    series all = {.count = 0};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        press(s, "\025", 200);
        for (const char *letter = words[w]; *letter; letter++)
            add(&all, press(s, (char[]){*letter, '\0'}, 45));
    }
    report(what, &all, "50 ms");
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
    while (listen_burst(s, 0, 2000, 100).bytes > 0)
        ; /* it may wait until its last bytes are read */
    waitpid(s->child, NULL, 0);
    close(s->terminal);
}

static void measure_start(char **command)
{
    series paint = {.count = 0}, study = {.count = 0};
    for (int i = 0; i < 5; i++) {
        session s = start(command);
        burst first = listen_burst(&s, s.started, 5000, SILENCE_MS);
        burst rest = listen_burst(&s, s.started, 2000, 1000);
        add(&paint, first);
        add(&study, rest.bytes > 0 ? rest : first);
        stop(&s);
    }
    report("start to first paint", &paint, "150 ms");
    report("start to all of the study on the screen", &study, "");
}

/* True: a fit has begun, and tells of it. */
static bool start_fit(const session *s)
{
    press(s, "1", 200);
    press(s, "f", 200);
    press(s, "\0250.3", 200); /* so large a lambda that targets are quickly done */
    press(s, "\r", 200);
    listen_for(s, 12); /* until the layers are read and the cores at work */
    size_t bytes = listen_for(s, 5);
    printf("| progress alone, bytes a second | | | %zu | 2,000 |\n", bytes / 5);
    return bytes > 0;
}

/* A step with a rest behind it: the card of the feature comes too. */
static void measure_card(const session *s)
{
    size_t bytes = 0;
    for (int i = 0; i < 10; i++) {
        bytes += press(s, "j", 1).bytes;
        bytes += listen_for(s, 0.3);
    }
    printf("| one step in Features and its card, mean bytes | | | %zu | |\n", bytes / 10);
}

static int measure_screen(char *program, char *study)
{
    char *command[] = {program, study, NULL};
    measure_start(command);
    session s = start(command);
    listen_for(&s, 8); /* the circuit is read behind the first paint */
    press(&s, "2", 500);
    press(&s, "4", 500);
    press(&s, "2", 500);
    printf("| memory at its peak, no fit running | %.0f MiB | | | 300 MiB |\n",
           peak_memory(s.child));
    bool fits = start_fit(&s);

    press(&s, "2", 200);
    repeat(&s, (const char *const[]){"j"}, 1, 200, SILENCE_MS, "cursor held down in Features",
           "16 ms, 400 bytes");
    measure_card(&s);
    repeat(&s, (const char *const[]){"\006"}, 1, 100, SILENCE_MS, "page in Features", "16 ms");
    repeat(&s, (const char *const[]){"s"}, 1, 35, SILENCE_MS, "sort a layer of 32,768", "100 ms");
    press(&s, "3", 200); /* the oldest fit is the study's own, of millions of edges */
    press(&s, "G", 200);
    press(&s, "\r", 200);
    listen_for(&s, 8);
    repeat(&s, (const char *const[]){"j"}, 1, 200, SILENCE_MS, "cursor held down in Circuit",
           "16 ms, 400 bytes");
    repeat(&s, (const char *const[]){"\006"}, 1, 100, SILENCE_MS, "page in Circuit", "16 ms");
    repeat(&s, (const char *const[]){"1", "2", "3", "4"}, 4, 120, SILENCE_MS, "view switch",
           "16 ms");
    press(&s, "2", 300);
    press(&s, "/", 1500); /* the labels are read behind it */
    search(&s, "one more letter of a search in one layer");
    press(&s, "\r", 300);
    press(&s, "a", 1500);
    press(&s, "/", 300);
    search(&s, "one more letter of a search in 393,216 labels");
    printf("| memory at its peak, with the fit | %.0f MiB | | | |\n", peak_memory(s.child));
    stop(&s);
    return fits ? 0 : 1;
}

/* -- peers --------------------------------------------------------------------------------- */

static bool write_list(const char *path)
{
    FILE *file = fopen(path, "w");
    for (int i = 0; file && i < 393216; i++)
        fprintf(file, "%6d  label of feature %-24d  %5.2f%%  %8.3f\n", i % 32768, i,
                i % 311 / 100.0, i % 4711 / 1000.0);
    return file && fclose(file) == 0;
}

/* Nothing is said of a peer that is not installed. */
static void measure_peer(const char *name, const char *line)
{
    char what[128], look[64];
    snprintf(look, sizeof look, "command -v %s >/dev/null", name);
    if (system(look) != 0)
        return;
    session s = start((char *[]){"/bin/sh", "-c", (char *)line, NULL});
    listen_for(&s, 4);
    snprintf(what, sizeof what, "%s, 393,216 lines: cursor held down", name);
    repeat(&s, (const char *const[]){"j"}, 1, 200, SILENCE_MS, what, "");
    snprintf(what, sizeof what, "%s: page", name);
    repeat(&s, (const char *const[]){" "}, 1, 200, SILENCE_MS, what, "");
    printf("| %s: memory at its peak | %.0f MiB | | | |\n", name, peak_memory(s.child));
    stop(&s);
}

int main(int argc, char **argv)
{
    char list[] = "/tmp/screen-bench-XXXXXX";
    if (argc != 3) {
        fprintf(stderr, "usage: screen_bench PROGRAM STUDY\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("| what | median | 99 of 100 under | median bytes | wanted |\n|---|---|---|---|---|\n");
    int code = measure_screen(argv[1], argv[2]);
    int file = mkstemp(list);
    if (file >= 0 && write_list(list)) {
        char line[128];
        snprintf(line, sizeof line, "exec less %s", list);
        measure_peer("less", line);
        snprintf(line, sizeof line, "exec tig < %s", list);
        measure_peer("tig", line);
        close(file);
    }
    unlink(list);
    return code;
}
