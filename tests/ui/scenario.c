#include "tests/ui/scenario.h"

#include "src/base/clock.h"
#include "src/base/memory.h"
#include "tests/ui/terminal.h"

#include <ctype.h>
#include <fcntl.h>
#include <regex.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 40, VARIABLES_MAX = 32, MASKS_MAX = 16 };

typedef struct scenario {
    const scenario_options *options;
    FILE *out;
    const char *script;
    int line;
    int rows, columns;
    double patience;
    char *study;
    char *variable[VARIABLES_MAX + 1]; /* the environment, ended by NULL */
    regex_t mask[MASKS_MAX];
    int masks;
    terminal *terminal;
    bool hung_up;
    char *said; /* output of the last `run` */
} scenario;

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

/* Says what is wrong; false, for the directive to return. */
__attribute__((format(printf, 2, 3))) static bool wrong(const scenario *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(s->out, "  %s:%d: ", s->script, s->line);
    vfprintf(s->out, format, list);
    fputc('\n', s->out);
    va_end(list);
    return false;
}

/* -- the environment ----------------------------------------------------------------------- */

static void unset(scenario *s, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; s->variable[i]; i++)
        if (strncmp(s->variable[i], name, length) == 0 && s->variable[i][length] == '=') {
            free(s->variable[i]);
            int last = i;
            while (s->variable[last + 1])
                last++;
            s->variable[i] = s->variable[last];
            s->variable[last] = NULL;
            return;
        }
}

static void set(scenario *s, const char *name, const char *value)
{
    unset(s, name);
    int end = 0;
    while (s->variable[end])
        end++;
    if (end < VARIABLES_MAX)
        s->variable[end] = mem_format("%s=%s", name, value);
}

/* Nothing of the tester's own surroundings may show on a screen. */
static void set_up_environment(scenario *s)
{
    static const char *const passed[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                                         "LSAN_OPTIONS"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (getenv(passed[i]))
            set(s, passed[i], getenv(passed[i]));
    /* not xterm-256color: libvterm repeats characters (REP) wrongly at the end of a line */
    set(s, "TERM", "screen-256color");
    set(s, "LC_ALL", "C.UTF-8");
    set(s, "TZ", "UTC");
    set(s, "HOME", s->options->folder);
    set(s, "XDG_CONFIG_HOME", s->options->folder);
    set(s, "XDG_DATA_HOME", s->options->folder);
    set(s, "XDG_STATE_HOME", s->options->folder);
    set(s, "XDG_CACHE_HOME", s->options->folder);
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

/* -- saved screens ------------------------------------------------------------------------- */

static void hide_masked(const scenario *s, char *screen)
{
    for (int i = 0; i < s->masks; i++) {
        regmatch_t at;
        for (char *from = screen; *from && regexec(&s->mask[i], from, 1, &at, 0) == 0;) {
            regoff_t end = at.rm_eo > at.rm_so ? at.rm_eo : at.rm_so + 1;
            memset(from + at.rm_so, '~', (size_t)(at.rm_eo - at.rm_so));
            from += end;
        }
    }
}

static char *masked_screen(const scenario *s)
{
    char *screen = terminal_text(s->terminal);
    hide_masked(s, screen);
    return screen;
}

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return NULL;
    size_t length = 0, room = 4096;
    char *text = mem_alloc(room);
    size_t got = 0;
    while ((got = fread(text + length, 1, room - length - 1, in)) > 0) {
        length += got;
        text = mem_grow(text, room *= 2, 1);
    }
    text[length] = '\0';
    fclose(in);
    return text;
}

static bool equals_masked(const scenario *s, const char *wanted)
{
    char *screen = masked_screen(s);
    bool same = strcmp(screen, wanted) == 0;
    free(screen);
    return same;
}

static void show_difference(const scenario *s, const char *wanted)
{
    char *screen = masked_screen(s);
    const char *a = wanted, *b = screen;
    while (*a || *b) {
        int la = (int)strcspn(a, "\n"), lb = (int)strcspn(b, "\n");
        if (la == lb && strncmp(a, b, (size_t)la) == 0)
            fprintf(s->out, "     |%.*s\n", la, a);
        else
            fprintf(s->out, "    -|%.*s\n    +|%.*s\n", la, a, lb, b);
        a += la + (a[la] == '\n');
        b += lb + (b[lb] == '\n');
    }
    free(screen);
}

static bool golden(scenario *s, char **word, int words)
{
    (void)words;
    char *path = mem_format("%s/%s.txt", s->options->golden, word[1]);
    bool good = true;
    if (s->options->update) {
        terminal_settle(s->terminal, 0.4, s->patience);
        char *screen = masked_screen(s);
        FILE *out = fopen(path, "w");
        good = out && fputs(screen, out) >= 0;
        if (out)
            fclose(out);
        free(screen);
        if (!good)
            wrong(s, "cannot write '%s'", path);
    } else {
        char *wanted = read_file(path);
        if (!wanted)
            good = wrong(s, "no saved screen '%s' (make it with --update)", path);
        else if (!until(s, equals_masked, wanted)) {
            good = wrong(s, "the screen is not '%s' (- saved, + seen):", path);
            show_difference(s, wanted);
        }
        free(wanted);
    }
    free(path);
    return good;
}

/* -- other programs ------------------------------------------------------------------------ */

/* Runs to the end; its exit status as a shell says it. Its output goes to the file. */
static int run_to_end(scenario *s, char *const argv[], const char *output)
{
    pid_t child = fork();
    if (child == 0) {
        int to = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int none = open("/dev/null", O_RDONLY);
        dup2(none, STDIN_FILENO);
        dup2(to, STDOUT_FILENO);
        dup2(to, STDERR_FILENO);
        execvpe(argv[0], argv, s->variable);
        _exit(127);
    }
    int how = 0;
    if (child < 0 || waitpid(child, &how, 0) < 0)
        return 127;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static bool run_program(scenario *s, char **word, int words)
{
    char *argv[WORDS_MAX + 2] = {(char *)s->options->program};
    for (int i = 2; i < words; i++)
        argv[i - 1] = word[i];
    char *output = mem_format("%s/said.txt", s->options->folder);
    int status = run_to_end(s, argv, output);
    free(s->said);
    s->said = read_file(output);
    free(output);
    if (status == atoi(word[1]))
        return true;
    wrong(s, "exit status %d, expected %s, saying:", status, word[1]);
    fprintf(s->out, "%s\n", s->said ? s->said : "");
    return false;
}

static bool said(scenario *s, char **word, int words)
{
    (void)words;
    if (s->said && strstr(s->said, word[1]))
        return true;
    return wrong(s, "it did not say \"%s\" but:\n%s", word[1], s->said ? s->said : "");
}

static bool copy_file(scenario *s, const char *from, const char *to)
{
    char *argv[] = {(char *)"cp", (char *)"--", (char *)from, (char *)to, NULL};
    return run_to_end(s, argv, "/dev/null") == 0;
}

static bool copy(scenario *s, char **word, int words)
{
    (void)words;
    return copy_file(s, word[1], word[2]) ||
           wrong(s, "cannot copy '%s' to '%s'", word[1], word[2]);
}

static bool delete_file(scenario *s, char **word, int words)
{
    (void)words;
    return unlink(word[1]) == 0 || wrong(s, "cannot delete '%s'", word[1]);
}

static bool study(scenario *s, char **word, int words)
{
    (void)words;
    char *from = mem_format("%s/%s.clw", s->options->studies, word[1]);
    free(s->study);
    s->study = mem_format("%s/%s.clw", s->options->folder, word[1]);
    bool good = copy_file(s, from, s->study) || wrong(s, "no study '%s'", from);
    free(from);
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
    if (equals) {
        *equals = '\0';
        set(s, word[1], equals + 1);
    } else {
        unset(s, word[1]);
    }
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
    return s->terminal || wrong(s, "no pseudo-terminal to be had");
}

static bool keys(scenario *s, char **word, int words)
{
    terminal_count_from_here(s->terminal);
    for (int i = 1; i < words; i++) {
        if (!terminal_key(s->terminal, word[i]))
            return wrong(s, "no such key: %s", word[i]);
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

/* Lets what is being drawn come to its end: before bytes are counted. */
static bool settle(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    return terminal_settle(s->terminal, 0.2, s->patience) || wrong(s, "it never stops writing");
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
        return wrong(s, "bytes: only < is known");
    return sent < strtoul(word[2], NULL, 10) ||
           wrong(s, "%zu bytes were sent, not < %s", sent, word[2]);
}

static bool see(scenario *s, condition holds, const char *text, const char *complaint)
{
    if (until(s, holds, text))
        return true;
    wrong(s, complaint[0] ? "\"%s\" %s" : "%s%s", text, complaint);
    show_screen(s);
    return false;
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
    return !terminal_has_colour(s->terminal) || wrong(s, "there is colour on the screen");
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
    return wrong(s, "no such signal: %s", word[1]);
}

static bool is_harmless(scenario *s)
{
    const char *harm = terminal_harm(s->terminal);
    return !harm || wrong(s, "the terminal was harmed: %s", harm);
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
    return (!left || wrong(s, "the terminal is not as it was: %s", left)) && is_harmless(s);
}

static bool leave(scenario *s, char **word, int words)
{
    if (!until(s, has_ended, NULL)) {
        wrong(s, "it does not end");
        show_screen(s);
        return false;
    }
    int status = terminal_exit_status(s->terminal);
    bool wanted = false;
    for (int i = 1; i < words; i++)
        wanted = wanted || status == atoi(word[i]);
    if (!wanted) {
        wrong(s, "exit status %d, expected %s", status, word[1]);
        show_screen(s);
        return false;
    }
    return is_tidy(s);
}

static bool stopped(scenario *s, char **word, int words)
{
    (void)word;
    (void)words;
    return (until(s, has_stopped, NULL) || wrong(s, "it does not stop")) && is_tidy(s);
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
    return terminal_picture(s->terminal, path) || wrong(s, "cannot write %s", path);
}

static bool mask(scenario *s, char **word, int words)
{
    (void)words;
    if (s->masks == MASKS_MAX ||
        regcomp(&s->mask[s->masks], word[1], REG_EXTENDED | REG_NEWLINE) != 0)
        return wrong(s, "not a mask: %s", word[1]);
    s->masks++;
    return true;
}

static bool patience(scenario *s, char **word, int words)
{
    (void)words;
    s->patience = atof(word[1]);
    return true;
}

/* -- the script ---------------------------------------------------------------------------- */

static const struct directive {
    const char *name;
    int least, most; /* words, its name included */
    bool on_screen;  /* needs a program in the terminal */
    bool (*obey)(scenario *s, char **word, int words);
} directives[] = {
    {"study", 2, 2, false, study},
    {"size", 3, 3, false, size},
    {"env", 2, 2, false, environment},
    {"start", 1, WORDS_MAX, false, start},
    {"keys", 2, WORDS_MAX, true, keys},
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
    {"run", 2, WORDS_MAX, false, run_program},
    {"said", 2, 2, false, said},
    {"copy", 3, 3, false, copy},
    {"delete", 2, 2, false, delete_file},
    {"patience", 2, 2, false, patience},
    {"settle", 1, 1, true, settle},
    {"pause", 2, 2, true, pause_a_moment},
    {"picture", 2, 2, true, picture},
};

/* Copies one word into `out` and returns what follows it; NULL when there is none. */
static const char *next_word(const scenario *s, const char *at, char *out, size_t room)
{
    const struct {
        const char *name, *value;
    } variables[] = {
        {"$STUDY", s->study}, {"$DIR", s->options->folder}, {"$PROGRAM", s->options->program}};
    size_t length = 0;
    bool quoted = false;
    at += strspn(at, " \t\n");
    if (!*at || *at == '#')
        return NULL;
    for (; *at && (quoted || !isspace((unsigned char)*at)); at++) {
        const char *piece = (const char[]){*at, '\0'};
        char escaped[2] = {0};
        if (*at == '"') {
            quoted = !quoted;
            continue;
        }
        if (*at == '\\' && at[1]) {
            at++;
            escaped[0] = *at == 'e' ? '\x1b' : *at;
            piece = escaped;
        } else if (*at == '$') {
            for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
                if (strncmp(at, variables[i].name, strlen(variables[i].name)) == 0) {
                    piece = variables[i].value ? variables[i].value : "";
                    at += strlen(variables[i].name) - 1;
                    break;
                }
        }
        size_t more = strlen(piece);
        if (length + more >= room)
            return NULL;
        memcpy(out + length, piece, more);
        length += more;
    }
    out[length] = '\0';
    return at;
}

static bool obey_line(scenario *s, const char *line)
{
    char *word[WORDS_MAX];
    char text[2048];
    int words = 0;
    while (words < WORDS_MAX && (line = next_word(s, line, text, sizeof text)))
        word[words++] = mem_copy_text(text);
    bool good = true, known = words == 0;
    for (size_t i = 0; words && !known && i < sizeof directives / sizeof *directives; i++) {
        const struct directive *d = &directives[i];
        if (strcmp(word[0], d->name) != 0)
            continue;
        known = true;
        if (words < d->least || words > d->most)
            good = wrong(s, "%s: wrong number of words", d->name);
        else if (d->on_screen && !s->terminal)
            good = wrong(s, "%s: nothing was started", d->name);
        else
            good = d->obey(s, word, words);
    }
    if (!known)
        good = wrong(s, "no such directive: %s", word[0]);
    for (int i = 0; i < words; i++)
        free(word[i]);
    return good;
}

bool scenario_run(const char *script, const scenario_options *options, FILE *out)
{
    scenario s = {.options = options,
                  .out = out,
                  .script = script,
                  .rows = 24,
                  .columns = 80,
                  .patience = 20};
    FILE *in = fopen(script, "r");
    if (!in)
        return wrong(&s, "cannot be read");
    s.study = mem_copy_text(options->study);
    set_up_environment(&s);
    char line[4096];
    bool good = true;
    while (good && fgets(line, sizeof line, in)) {
        s.line++;
        good = obey_line(&s, line);
    }
    fclose(in);
    if (good && s.terminal)
        good = is_harmless(&s);
    terminal_free(s.terminal);
    for (int i = 0; s.variable[i]; i++)
        free(s.variable[i]);
    for (int i = 0; i < s.masks; i++)
        regfree(&s.mask[i]);
    free(s.study);
    free(s.said);
    return good;
}
