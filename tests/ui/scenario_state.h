/* A scenario under way: what its script reader (scenario.c) and its directives (directives.c)
 * share. */
#ifndef TESTS_UI_SCENARIO_STATE_H
#define TESTS_UI_SCENARIO_STATE_H

#include "tests/ui/page.h"
#include "tests/ui/scenario.h"
#include "tests/ui/terminal.h"

enum { WORDS_MAX = 40, VARIABLES_MAX = 32 };

typedef struct scenario {
    const scenario_options *options;
    FILE *out;
    const char *script;
    int line;
    int rows, columns;
    double patience;
    char *study;
    char *variable[VARIABLES_MAX + 1]; /* the environment, ended by NULL */
    page_masks masks;
    terminal *terminal;
    bool hung_up;
    char *said; /* output of the last `run` */
} scenario;

typedef struct directive {
    const char *name;
    int least, most;                                   /* words, its name included */
    bool on_screen;                                    /* needs a program in the terminal */
    bool (*obey)(scenario *s, char **word, int words); /* false: not as the script says */
} directive;

/* The directive of this name, or NULL. */
const directive *directive_find(const char *name);

/* Those that do not look at the screen (directives_beside.c). */
bool directive_run(scenario *s, char **word, int words);
bool directive_said(scenario *s, char **word, int words);
bool directive_copy(scenario *s, char **word, int words);
bool directive_delete(scenario *s, char **word, int words);
bool directive_study(scenario *s, char **word, int words);

/* The environment of programs that are started: value NULL removes the name. */
void scenario_set(scenario *s, const char *name, const char *value);

/* Says what is wrong and where; false, for a directive to return. */
bool scenario_wrong(const scenario *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the program has sent nothing that a label must never make it send. */
bool scenario_is_harmless(scenario *s);

#endif
