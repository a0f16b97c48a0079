/* Where the program is put together: the commands, and the screen that they must not know. */
#include "src/base/text.h"
#include "src/commands/command.h"
#include "ui/ui.h"

#include <stdio.h>
#include <string.h>

static status run_screen(const char *study, const char *theme, bool no_color, unsigned threads,
                         error *err)
{
    ui_options options = {
        .study = study, .theme = theme, .no_color = no_color, .threads = threads};
    return ui_run(&options, err);
}

static void print_keys(FILE *out, key_form form)
{
    static const ui_keys_form forms[] = {[KEYS_PLAIN] = UI_KEYS_PLAIN,
                                         [KEYS_ROFF] = UI_KEYS_ROFF,
                                         [KEYS_MARKDOWN] = UI_KEYS_MARKDOWN};
    ui_print_keys(out, forms[form]);
}

static status run(int argc, char **argv, error *err)
{
    if (argc < 2)
        return command_run(&command_help, 1, (char *[]){"help", NULL}, err);
    if (strcmp(argv[1], "--version") == 0) {
        printf("circuitlasso %s\n", CIRCUITLASSO_VERSION);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_run(&command_help, 1, (char *[]){"help", NULL}, err);
    const command *c = command_find(argv[1]);
    if (c)
        return command_run(c, argc - 1, argv + 1, err);
    /* not a command: the study to open, with options before or after it */
    if (argv[1][0] != '-' && !strchr(argv[1], '.') && !strchr(argv[1], '/') && argc > 2)
        return error_set(err, STATUS_USAGE, "no command '%s'; circuitlasso help lists them",
                         argv[1]);
    return command_run(&command_open, argc, argv, err);
}

int main(int argc, char **argv)
{
    text_setup();
    command_the_screen = (command_screen){.run = run_screen, .print_keys = print_keys};
    error err = {0};
    status code = run(argc, argv, &err);
    /* a reader that went away (a closed pipe) is no failure; a full disk is */
    if (fflush(stdout) != 0 && code == STATUS_OK)
        code = error_errno(&err, "cannot write to standard output");
    if (code != STATUS_OK && err.message[0])
        fprintf(stderr, "circuitlasso: %s\n", err.message);
    return (int)code;
}
