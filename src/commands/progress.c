#include "src/commands/progress.h"

#include "src/base/clock.h"
#include "src/base/text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static atomic_bool cancel;
static bool bar_shown;
static double last_line;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&cancel, true);
}

const atomic_bool *progress_cancel(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    return &cancel;
}

static int terminal_columns(void)
{
    struct winsize size;
    if (!isatty(STDERR_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col ? size.ws_col : 80;
}

static void show(const char *what, double fraction, const char *facts)
{
    enum { BAR = 24 };
    char name[128];
    text_clean_into(name, sizeof name, what, strlen(what));
    int columns = terminal_columns();
    if (columns) {
        char line[512];
        char bar[BAR + 1];
        int full = (int)(fraction * BAR + 0.5);
        for (int i = 0; i < BAR; i++)
            bar[i] = i < full ? '#' : '.';
        bar[BAR] = '\0';
        snprintf(line, sizeof line, "[%s] %3.0f%%  %s  %s", bar, 100 * fraction, name, facts);
        int used = 0;
        size_t bytes = text_fit(line, columns - 1, &used);
        fprintf(stderr, "\r%.*s%*s", (int)bytes, line, columns - 1 - used, "");
        bar_shown = true;
    } else if (clock_seconds() - last_line >= 5) {
        if (last_line > 0)
            fprintf(stderr, "%3.0f%%  %s  %s\n", 100 * fraction, name, facts);
        last_line = clock_seconds();
    }
}

void progress_end(void)
{
    int columns = terminal_columns();
    if (bar_shown && columns)
        fprintf(stderr, "\r%*s\r", columns - 1, "");
    bar_shown = false;
    last_line = 0;
}

void progress_import(void *user, const import_progress *p)
{
    (void)user;
    char facts[64];
    snprintf(facts, sizeof facts, "file %u of %u", p->step, p->steps);
    show(p->layer ? p->layer : "", p->fraction, facts);
}

void progress_synth(void *user, double fraction)
{
    (void)user;
    show("samples", fraction, "");
}

void progress_path(void *user, double fraction)
{
    (void)user;
    show("path", fraction, "");
}

void progress_variable(void *user, const fit_progress *p)
{
    char facts[64];
    snprintf(facts, sizeof facts, "%u of %u points", p->done, p->targets);
    show(user, p->targets ? (double)p->done / p->targets : 0, facts);
}

void progress_fit(void *user, const fit_progress *p)
{
    const layer_set *layers = user;
    if (p->of_variable) {
        progress_variable((void *)(uintptr_t) "", p);
        return;
    }
    char facts[192];
    char left[32] = "";
    if (p->seconds_left >= 0)
        snprintf(left, sizeof left, ", %.0f s left", p->seconds_left);
    snprintf(facts, sizeof facts, "pair %u of %u  %u of %u targets  %llu edges  %.0f/s%s",
             p->pair + 1, p->pairs, p->done, p->targets, (unsigned long long)p->edges, p->rate,
             left);
    const char *name =
        layers && p->target_position < layers->count ? layers->item[p->target_position].name : "";
    show(name, p->targets ? (double)p->done / p->targets : 0, facts);
}

void progress_check(void *user, const check_progress *p)
{
    (void)user;
    char facts[96];
    char left[32] = "";
    if (p->seconds_left >= 0)
        snprintf(left, sizeof left, ", %.0f s left", p->seconds_left);
    snprintf(facts, sizeof facts, "%u of %u%s", p->done, p->units, left);
    show(p->kind, p->fraction, facts);
}

void progress_score(void *user, double fraction)
{
    (void)user;
    show("judging", fraction, "");
}
