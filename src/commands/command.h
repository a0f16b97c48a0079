/* The subcommands: one file each, all of this shape. What a command takes is one table, which
 * reads the command line, prints `--help` and feeds the man page. */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "src/base/error.h"

#include <stdint.h>
#include <stdio.h>

typedef enum option_kind {
    OPTION_FLAG,   /* bool: given or not */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* double */
    OPTION_COUNT,  /* uint64_t */
    OPTION_BYTES   /* uint64_t, written 500M, 2G, ... */
} option_kind;

typedef struct command_option {
    const char *name; /* without the dashes; NULL ends the table */
    option_kind kind;
    void *value;          /* where it goes; holds the default */
    const char *argument; /* what its argument is called; NULL for a flag */
    const char *help;     /* one sentence, with the default */
} command_option;

typedef struct command {
    const char *name;
    const char *arguments; /* STUDY MANIFEST */
    const char *summary;   /* one line */
    const char *details;   /* paragraphs for --help and the manual */
    int least, most;       /* positional arguments */
    const command_option *options;
    status (*run)(char **arguments, int count, error *err);
} command;

#define COMMAND_LIST(X) X(open) X(demo) X(import) X(info) X(layers) X(features) X(fit) X(fits)    \
    X(target) X(debias) X(edges) X(paths) X(effects) X(check) X(score) X(compare)                 \
    X(export) X(note) X(sample) X(synth) X(help)

#define COMMAND_DECLARE(name) extern const command command_##name;
COMMAND_LIST(COMMAND_DECLARE)
#undef COMMAND_DECLARE

/* How the table of keys is written: for a person, the man page, the README. */
typedef enum key_form { KEYS_PLAIN, KEYS_ROFF, KEYS_MARKDOWN } key_form;

/* What the commands ask of the screen, which they must not know: set by main. */
typedef struct command_screen {
    status (*run)(const char *study, const char *theme, bool no_color, unsigned threads,
                  error *err);
    void (*print_keys)(FILE *out, key_form form);
} command_screen;

extern command_screen command_the_screen;

/* NULL: no such command. */
const command *command_find(const char *name);

/* Reads options and arguments (argv[0] is the command's name), runs it; `--help` prints help. */
status command_run(const command *c, int argc, char **argv, error *err);

/* What --scale says: none or sd. Anything else: STATUS_USAGE. */
status command_read_scale(const char *name, const char *text, bool *scale, error *err);

void command_print_help(const command *c, FILE *out);

#endif
