/* What each directive of a scenario does; scenario.h lists them. */
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "tests/ui/scenario_state.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void show_screen(const scenario *s)
{
    if (!s->terminal)
        return;
    char *text = terminal_text(s->terminal);
    fprintf(s->out, "    the screen (%d x %d):\n", s->columns, s->rows);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        fprintf(s->out, "    |%s\n", line);
    free(text);
}

/* -- looking until it is so ---------------------------------------------------------------- */

typedef bool (*condition)(const scenario *s, const char *text);

static bool until(scenario *s, condition holds, const char *text)
{
    double end = clock_seconds() + s->patience;
    while (!holds(s, text)) {
        if (clock_seconds() > end)
            return false;
        terminal_step(s->terminal);
    }
    return true;
}

static bool is_shown(const scenario *s, const char *text)
{
    char *screen = terminal_text(s->terminal);
    bool shown = strstr(screen, text) != NULL;
    free(screen);
    return shown;
}

static bool is_not_shown(const scenario *s, const char *text)
{
    return !is_shown(s, text);
}

static bool is_reverse(const scenario *s, const char *text)
{
    return terminal_looks(s->terminal, text, LOOK_REVERSE);
}

static bool is_bold(const scenario *s, const char *text)
{
    return terminal_looks(s->terminal, text, LOOK_BOLD);
}

static bool is_coloured(const scenario *s, const char *text)
{
    return terminal_looks(s->terminal, text, LOOK_COLOUR);
}

static bool is_marked(const scenario *s, const char *text)
{
    return terminal_looks(s->terminal, text, LOOK_STANDS_OUT);
}

static bool has_ended(const scenario *s, const char *text)
{
    (void)text;
    return terminal_state_now(s->terminal) == TERMINAL_ENDED;
}

static bool has_stopped(const scenario *s, const char *text)
{
    (void)text;
    return terminal_state_now(s->terminal) == TERMINAL_STOPPED;
}

static bool see(scenario *s, condition holds, const char *text, const char *complaint)
{
    if (until(s, holds, text))
        return true;
    scenario_wrong(s, complaint[0] ? "\"%s\" %s" : "%s%s", text, complaint);
    show_screen(s);
    return false;
}

/* -- saved screens ------------------------------------------------------------------------- */

static char *masked_screen(const scenario *s)
{
    char *screen = terminal_text(s->terminal);
    page_hide(&s->masks, screen);
    return screen;
}

static bool equals_masked(const scenario *s, const char *wanted)
{
    char *screen = masked_screen(s);
    bool same = strcmp(screen, wanted) == 0;
    free(screen);
    return same;
}

static bool save(scenario *s, const char *path)
{
    terminal_settle(s->terminal, 0.4, s->patience);
    char *screen = masked_screen(s);
    bool good = page_write(path, screen) || scenario_wrong(s, "cannot write '%s'", path);
    free(screen);
    return good;
}

static bool compare(scenario *s, const char *path)
{
    char *wanted = page_read(path);
    if (!wanted)
        return scenario_wrong(s, "no saved screen '%s' (make it with --update)", path);
    bool good = until(s, equals_masked, wanted);
    if (!good) {
        char *seen = masked_screen(s);
        scenario_wrong(s, "the screen is not '%s' (- saved, + seen):", path);
        page_show_difference(s->out, wanted, seen);
        free(seen);
    }
    free(wanted);
    return good;
}

static bool golden(scenario *s, char **word, int words)
{
    (void)words;
    char *path = mem_format("%s/%s.txt", s->options->golden, word[1]);
    bool good = s->options->update ? save(s, path) : compare(s, path);
    free(path);
    return good;
}

/* -- the program in the terminal ----------------------------------------------------------- */

static bool size(scenario *s, char **word, int words)
{
    (void)words;
    s->columns = atoi(word[1]);
    s->rows = atoi(word[2]);
    return true;
}

static bool resize(scenario *s, char **word, int words)
{
    size(s, word, words);
    terminal_count_from_here(s->terminal);
    terminal_resize(s->terminal, s->rows, s->columns);
    return true;
}

static bool environment(scenario *s, char **word, int words)
{
    (void)words;
    char *equals = strchr(word[1], '=');
    if (equals)
        *equals = '\0';
    scenario_set(s, word[1], equals ? equals + 1 : NULL);
    return true;
}

static bool start(scenario *s, char **word, int words)
{
    char *argv[WORDS_MAX + 2] = {(char *)s->options->program};
    for (int i = 1; i < words; i++)
        argv[i] = word[i];
    terminal_free(s->terminal);
    s->hung_up = false;
    s->terminal = terminal_start(argv, s->variable, s->rows, s->columns);
    return s->terminal || scenario_wrong(s, "no pseudo-terminal to be had");
}

static bool keys(scenario *s, char **word, int words)
{
    terminal_count_from_here(s->terminal);
    for (int i = 1; i < words; i++) {
        if (!terminal_key(s->terminal, word[i]))
            return scenario_wrong(s, "no such key: %s", word[i]);
        /* A key right behind Esc would be read as Alt and that key. */
        if (strcmp(word[i], "Esc") == 0) {
            terminal_wait_output(s->terminal, 0.5);
            terminal_settle(s->terminal, 0.06, s->patience);
        }
    }
    return true;
}

static bool type(scenario *s, char **word, int words)
{
    (void)words;
    terminal_count_from_here(s->terminal);
    terminal_type(s->terminal, word[1]);
    return true;
}

/* click TEXT, double TEXT, wheel up|down TEXT: where that text stands. */
static bool mouse(scenario *s, char **word, int words)
{
    const char *text = word[words - 1];
    bool turned = strcmp(word[0], "wheel") == 0;
    int row = 0, column = 0, button = !turned ? 1 : strcmp(word[1], "up") == 0 ? 4 : 5;
    if (words != (turned ? 3 : 2))
        return scenario_wrong(s, "%s: one text is wanted", word[0]);
    if (!see(s, is_shown, text, "is not shown"))
        return false;
    if (!terminal_find(s->terminal, text, &row, &column))
        return scenario_wrong(s, "\"%s\" is gone again", text);
    terminal_count_from_here(s->terminal);
    terminal_mouse(s->terminal, button, strcmp(word[0], "double") == 0 ? 2 : 1, row, column);
    return true;
}

/* Lets what is being drawn come to its end: before bytes are counted. */
static bool settle(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    return terminal_settle(s->terminal, 0.2, s->patience) ||
           scenario_wrong(s, "it never stops writing");
}

static bool pause_a_moment(scenario *s, char **word, int words)
{
    (void)words;
    terminal_settle(s->terminal, atof(word[1]), atof(word[1]));
    return true;
}

static bool bytes(scenario *s, char **word, int words)
{
    (void)words;
    terminal_settle(s->terminal, 0.3, s->patience);
    size_t sent = terminal_bytes(s->terminal);
    if (strcmp(word[1], "<") != 0)
        return scenario_wrong(s, "bytes: only < is known");
    return sent < strtoul(word[2], NULL, 10) ||
           scenario_wrong(s, "%zu bytes were sent, not < %s", sent, word[2]);
}

static bool expect(scenario *s, char **word, int words)
{
    for (int i = 1; i < words; i++)
        if (!see(s, is_shown, word[i], "is not shown"))
            return false;
    return true;
}

static bool absent(scenario *s, char **word, int words)
{
    for (int i = 1; i < words; i++)
        if (!see(s, is_not_shown, word[i], "is shown"))
            return false;
    return true;
}

static bool look(scenario *s, char **word, int words)
{
    (void)words;
    condition holds = strcmp(word[0], "reverse") == 0    ? is_reverse
                      : strcmp(word[0], "bold") == 0     ? is_bold
                      : strcmp(word[0], "coloured") == 0 ? is_coloured
                                                         : is_marked;
    return see(s, holds, word[1], "does not stand out so");
}

static bool colourless(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    terminal_settle(s->terminal, 0.2, s->patience);
    return !terminal_has_colour(s->terminal) || scenario_wrong(s, "there is colour on the screen");
}

static bool send_signal(scenario *s, char **word, int words)
{
    (void)words;
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},   {"TSTP", SIGTSTP},
                   {"HUP", SIGHUP},   {"KILL", SIGKILL}, {"WINCH", SIGWINCH}};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcmp(word[1], signals[i].name) == 0) {
            terminal_signal(s->terminal, signals[i].number);
            return true;
        }
    return scenario_wrong(s, "no such signal: %s", word[1]);
}

bool scenario_is_harmless(scenario *s)
{
    const char *harm = terminal_harm(s->terminal);
    return !harm || scenario_wrong(s, "the terminal was harmed: %s", harm);
}

static bool is_as_before(const scenario *s, const char *text)
{
    (void)text;
    return !terminal_left_behind(s->terminal);
}

static bool is_tidy(scenario *s)
{
    if (s->hung_up) /* nobody sees that terminal any more */
        return true;
    until(s, is_as_before, NULL); /* its last words may still be on their way */
    const char *left = terminal_left_behind(s->terminal);
    return (!left || scenario_wrong(s, "the terminal is not as it was: %s", left)) &&
           scenario_is_harmless(s);
}

static bool leave(scenario *s, char **word, int words)
{
    if (!until(s, has_ended, NULL)) {
        scenario_wrong(s, "it does not end");
        show_screen(s);
        return false;
    }
    int status = terminal_exit_status(s->terminal);
    bool wanted = false;
    for (int i = 1; i < words; i++)
        wanted = wanted || status == atoi(word[i]);
    if (!wanted) {
        scenario_wrong(s, "exit status %d, expected %s", status, word[1]);
        show_screen(s);
        return false;
    }
    return is_tidy(s);
}

static bool stopped(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    return (until(s, has_stopped, NULL) || scenario_wrong(s, "it does not stop")) && is_tidy(s);
}

static bool go_on(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    terminal_continue(s->terminal);
    return true;
}

static bool hang_up(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    terminal_hang_up(s->terminal);
    s->hung_up = true;
    return true;
}

/* Pictures are of the README: written when they are asked for, else only drawn. */
static bool picture(scenario *s, char **word, int words)
{
    (void)words;
    const char *path = s->options->update ? word[1] : "/dev/null";
    return terminal_picture(s->terminal, path) || scenario_wrong(s, "cannot write %s", path);
}

static bool mask(scenario *s, char **word, int words)
{
    (void)words;
    return page_mask_add(&s->masks, word[1]) || scenario_wrong(s, "not a mask: %s", word[1]);
}

static bool patience(scenario *s, char **word, int words)
{
    (void)words;
    s->patience = atof(word[1]);
    return true;
}

/* -- all of them --------------------------------------------------------------------------- */

static const directive directives[] = {
    {"study", 2, 2, false, directive_study},
    {"size", 3, 3, false, size},
    {"env", 2, 2, false, environment},
    {"start", 1, WORDS_MAX, false, start},
    {"keys", 2, WORDS_MAX, true, keys},
    {"click", 2, 2, true, mouse},
    {"double", 2, 2, true, mouse},
    {"wheel", 3, 3, true, mouse},
    {"type", 2, 2, true, type},
    {"expect", 2, WORDS_MAX, true, expect},
    {"absent", 2, WORDS_MAX, true, absent},
    {"reverse", 2, 2, true, look},
    {"bold", 2, 2, true, look},
    {"coloured", 2, 2, true, look},
    {"marked", 2, 2, true, look},
    {"colourless", 1, 1, true, colourless},
    {"golden", 2, 2, true, golden},
    {"mask", 2, 2, false, mask},
    {"bytes", 3, 3, true, bytes},
    {"resize", 3, 3, true, resize},
    {"signal", 2, 2, true, send_signal},
    {"stopped", 1, 1, true, stopped},
    {"continue", 1, 1, true, go_on},
    {"hangup", 1, 1, true, hang_up},
    {"exit", 2, 4, true, leave},
    {"run", 2, WORDS_MAX, false, directive_run},
    {"said", 2, 2, false, directive_said},
    {"copy", 3, 3, false, directive_copy},
    {"delete", 2, 2, false, directive_delete},
    {"patience", 2, 2, false, patience},
    {"settle", 1, 1, true, settle},
    {"pause", 2, 2, true, pause_a_moment},
    {"picture", 2, 2, true, picture},
};

const directive *directive_find(const char *name)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (strcmp(name, directives[i].name) == 0)
            return &directives[i];
    return NULL;
}
