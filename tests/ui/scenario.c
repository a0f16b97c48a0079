#include "tests/ui/scenario.h"

#include "src/base/memory.h"
#include "tests/ui/scenario_state.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool scenario_wrong(const scenario *s, const char *format, ...)
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

void scenario_set(scenario *s, const char *name, const char *value)
{
    unset(s, name);
    int end = 0;
    while (s->variable[end])
        end++;
    if (value && end < VARIABLES_MAX)
        s->variable[end] = mem_format("%s=%s", name, value);
}

/* Nothing of the tester's own surroundings may show on a screen. */
static void set_up_environment(scenario *s)
{
    static const char *const passed[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                                         "LSAN_OPTIONS"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (getenv(passed[i]))
            scenario_set(s, passed[i], getenv(passed[i]));
    /* not xterm-256color: libvterm repeats characters (REP) wrongly at the end of a line */
    scenario_set(s, "TERM", "screen-256color");
    scenario_set(s, "LC_ALL", "C.UTF-8");
    scenario_set(s, "TZ", "UTC");
    scenario_set(s, "HOME", s->options->folder);
    scenario_set(s, "XDG_CONFIG_HOME", s->options->folder);
    scenario_set(s, "XDG_DATA_HOME", s->options->folder);
    scenario_set(s, "XDG_STATE_HOME", s->options->folder);
    scenario_set(s, "XDG_CACHE_HOME", s->options->folder);
    /* the first start's greeting has been shown, unless a script deletes this */
    char *folder = mem_format("%s/circuitlasso", s->options->folder);
    char *greeted = mem_format("%s/greeted", folder);
    mkdir(folder, 0700);
    close(open(greeted, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    free(greeted);
    free(folder);
}

/* -- the script ---------------------------------------------------------------------------- */

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
    bool good = true;
    const directive *d = words ? directive_find(word[0]) : NULL;
    if (words && !d)
        good = scenario_wrong(s, "no such directive: %s", word[0]);
    else if (words && (words < d->least || words > d->most))
        good = scenario_wrong(s, "%s: wrong number of words", d->name);
    else if (words && d->on_screen && !s->terminal)
        good = scenario_wrong(s, "%s: nothing was started", d->name);
    else if (words)
        good = d->obey(s, word, words);
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
        return scenario_wrong(&s, "cannot be read");
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
        good = scenario_is_harmless(&s);
    terminal_free(s.terminal);
    for (int i = 0; s.variable[i]; i++)
        free(s.variable[i]);
    page_masks_release(&s.masks);
    free(s.study);
    free(s.said);
    return good;
}
