#include "src/commands/command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

command_screen command_the_screen;

enum { OPTIONS_MAX = 32 };

const command *command_find(const char *name)
{
#define COMMAND_FIND(which)                                                                       \
    if (strcmp(name, #which) == 0)                                                                \
        return &command_##which;
    COMMAND_LIST(COMMAND_FIND)
#undef COMMAND_FIND
    return NULL;
}

void command_print_help(const command *c, FILE *out)
{
    fprintf(out, "circuitlasso %s%s%s%s: %s\n\n%s\n", c->name, c->arguments[0] ? " " : "",
            c->arguments, c->options[0].name ? " [OPTIONS]" : "", c->summary, c->details);
    if (c->options[0].name)
        fprintf(out, "\nOptions:\n");
    for (const command_option *o = c->options; o->name; o++) {
        int length = fprintf(out, "  --%s%s%s", o->name, o->argument ? " " : "",
                             o->argument ? o->argument : "");
        fprintf(out, "%*s%s\n", length < 24 ? 24 - length : 1, "", o->help);
    }
}

static status read_bytes(const char *text, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    double number = strtod(text, &end);
    double unit = 1;
    switch (*end) {
    case 'G': case 'g': unit *= 1024; /* fall through */
    case 'M': case 'm': unit *= 1024; /* fall through */
    case 'K': case 'k': unit *= 1024; end++; break;
    default: break;
    }
    if (end == text || *end || errno || !(number >= 0) || number * unit > 1e18)
        return STATUS_USAGE;
    *value = (uint64_t)(number * unit);
    return STATUS_OK;
}

static status read_value(const command *c, const command_option *o, const char *text, error *err)
{
    char *end = NULL;
    errno = 0;
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)o->value = true;
        return STATUS_OK;
    case OPTION_TEXT:
        *(const char **)o->value = text;
        return STATUS_OK;
    case OPTION_NUMBER: {
        double number = strtod(text, &end);
        if (end == text || *end || !isfinite(number))
            return error_set(err, STATUS_USAGE, "%s: option --%s: '%s' is not a number", c->name,
                             o->name, text);
        *(double *)o->value = number;
        return STATUS_OK;
    }
    case OPTION_COUNT: {
        unsigned long long count = strtoull(text, &end, 10);
        if (end == text || *end || errno || text[0] == '-')
            return error_set(err, STATUS_USAGE,
                             "%s: option --%s: '%s' is not a whole number from 0 up", c->name,
                             o->name, text);
        *(uint64_t *)o->value = count;
        return STATUS_OK;
    }
    case OPTION_BYTES:
        if (read_bytes(text, o->value) != STATUS_OK)
            return error_set(err, STATUS_USAGE,
                             "%s: option --%s: '%s' is not a size like 500M or 2G", c->name,
                             o->name, text);
        return STATUS_OK;
    }
    return STATUS_OK;
}

status command_read_scale(const char *name, const char *text, bool *scale, error *err)
{
    *scale = strcmp(text, "sd") == 0;
    return *scale || strcmp(text, "none") == 0
               ? STATUS_OK
               : error_set(err, STATUS_USAGE, "%s: option --scale: '%s', expected none or sd",
                           name, text);
}

status command_run(const command *c, int argc, char **argv, error *err)
{
    struct option table[OPTIONS_MAX + 2] = {{0}};
    int count = 0;
    for (const command_option *o = c->options; o->name && count < OPTIONS_MAX; o++, count++)
        table[count] = (struct option){
            o->name, o->kind == OPTION_FLAG ? no_argument : required_argument, NULL, 0};
    table[count] = (struct option){"help", no_argument, NULL, 'h'};
    opterr = 0;
    optind = 0; /* glibc: start afresh, whatever was read before */
    for (int found, at; at = -1, (found = getopt_long(argc, argv, ":", table, &at)) != -1;) {
        if (found == ':')
            return error_set(err, STATUS_USAGE, "%s: option '%s' needs a value", c->name,
                             argv[optind - 1]);
        if (found == '?')
            return error_set(err, STATUS_USAGE,
                             "%s: unknown option '%s'; circuitlasso %s --help lists them", c->name,
                             argv[optind - 1], c->name);
        if (found == 'h') {
            command_print_help(c, stdout);
            return STATUS_OK;
        }
        status code = read_value(c, &c->options[at], optarg, err);
        if (code != STATUS_OK)
            return code;
    }
    int given = argc - optind;
    if (given < c->least || given > c->most)
        return error_set(err, STATUS_USAGE,
                         "%s: %d argument%s, expected: circuitlasso %s %s", c->name, given,
                         given == 1 ? "" : "s", c->name, c->arguments);
    return c->run(argv + optind, given, err);
}
