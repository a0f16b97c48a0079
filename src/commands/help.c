#include "src/commands/command.h"

#include <string.h>

static bool manual, markdown;

static const command_option options[] = {
    {"man", OPTION_FLAG, &manual, NULL, "the whole manual as a man page"},
    {"markdown", OPTION_FLAG, &markdown, NULL, "keys as a Markdown table"},
    {0},
};

#define COMMAND_ADDRESS(name) &command_##name,
static const command *const commands[] = {COMMAND_LIST(COMMAND_ADDRESS)};
#undef COMMAND_ADDRESS
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct {
    status code;
    const char *meaning;
} exits[] = {
#define EXIT_ROW(name, value, meaning) {name, meaning},
    STATUS_LIST(EXIT_ROW)
#undef EXIT_ROW
};
enum { EXITS = sizeof exits / sizeof exits[0] };

static void print_overview(void)
{
    printf("circuitlasso %s: learn the circuits inside a language model and walk them\n\n"
           "  circuitlasso STUDY               open a study on the screen\n"
           "  circuitlasso COMMAND [OPTIONS]   one of these; COMMAND --help says more\n\n",
           CIRCUITLASSO_VERSION);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nExit status:\n");
    for (int i = 0; i < EXITS; i++)
        printf("  %-4d %s\n", (int)exits[i].code, exits[i].meaning);
    printf("\nWeights rank dependencies between features; they are not causal effects.\n");
}

/* Text for roff: a backslash and a leading dot or quote have meanings there. */
static void print_roff(const char *text)
{
    bool line_start = true;
    for (const char *at = text; *at; at++) {
        if (line_start && (*at == '.' || *at == '\''))
            fputs("\\&", stdout);
        if (*at == '\\')
            fputs("\\\\", stdout);
        else if (*at == '-')
            fputs("\\-", stdout);
        else
            putchar(*at);
        line_start = *at == '\n';
    }
}

static void print_command_manual(const command *c)
{
    printf(".SS ");
    print_roff(c->name);
    printf(" ");
    print_roff(c->arguments);
    printf("\n");
    print_roff(c->details);
    printf("\n");
    for (const command_option *o = c->options; o->name; o++) {
        printf(".TP\n\\fB\\-\\-");
        print_roff(o->name);
        printf("\\fR");
        if (o->argument) {
            printf(" \\fI");
            print_roff(o->argument);
            printf("\\fR");
        }
        printf("\n");
        print_roff(o->help);
        printf("\n");
    }
}

static void print_manual(void)
{
    printf(".TH CIRCUITLASSO 1 \"\" \"circuitlasso %s\" \"User Commands\"\n",
           CIRCUITLASSO_VERSION);
    printf(".SH NAME\ncircuitlasso \\- learn the circuits inside a language model and walk them\n"
           ".SH SYNOPSIS\n.B circuitlasso\n.I STUDY\n.br\n.B circuitlasso\n.I COMMAND\n"
           "[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
           "Explores sparse\\-autoencoder features of a language model: imports activation "
           "dumps,\n"
           "learns which features of a layer depend on which features of the layer before by\n"
           "certified sparse regression, and shows the circuit as lists of edges that can be\n"
           "followed with the keyboard. Weights rank dependencies; they are not causal effects.\n"
           ".SH COMMANDS\n");
    for (int i = 0; i < COMMANDS; i++)
        print_command_manual(commands[i]);
    printf(".SH KEYS\n");
    command_the_screen.print_keys(stdout, KEYS_ROFF);
    printf(".SH EXIT STATUS\n");
    for (int i = 0; i < EXITS; i++) {
        printf(".TP\n.B %d\n", (int)exits[i].code);
        print_roff(exits[i].meaning);
        printf("\n");
    }
    printf(".SH FILES\n.TP\n.I ~/.config/circuitlasso/config.yaml\nThe screen's settings: theme.\n"
           ".TP\n.I ~/.config/circuitlasso/themes/\nThemes of your own.\n"
           ".TP\n.I ~/.local/share/circuitlasso/sample.clw\nThe study that demo makes.\n");
}

static status run(char **arguments, int count, error *err)
{
    if (manual)
        print_manual();
    else if (count == 0)
        print_overview();
    else if (strcmp(arguments[0], "keys") == 0)
        command_the_screen.print_keys(stdout, markdown ? KEYS_MARKDOWN : KEYS_PLAIN);
    else if (command_find(arguments[0]))
        command_print_help(command_find(arguments[0]), stdout);
    else
        return error_set(err, STATUS_USAGE, "no command '%s'; circuitlasso help lists them",
                         arguments[0]);
    return STATUS_OK;
}

const command command_help = {
    .name = "help",
    .arguments = "[COMMAND | keys]",
    .summary = "explain a command, or the keys of the screen",
    .details = "Without an argument: all commands and the exit statuses.",
    .least = 0,
    .most = 1,
    .options = options,
    .run = run,
};
