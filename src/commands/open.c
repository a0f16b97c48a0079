#include "src/commands/command.h"

static const char *theme;
static bool no_color;
static uint64_t threads;

static const command_option options[] = {
    {"theme", OPTION_TEXT, &theme, "NAME", "default, light, contrast, mono, or one of your own"},
    {"no-color", OPTION_FLAG, &no_color, NULL, "no colours (so does NO_COLOR in the environment)"},
    {"threads", OPTION_COUNT, &threads, "N", "threads for fits (default: all cores)"},
    {0},
};

static status run(char **arguments, int count, error *err)
{
    (void)count;
    return command_the_screen.run(arguments[0], theme, no_color, (unsigned)threads, err);
}

const command command_open = {
    .name = "open",
    .arguments = "STUDY",
    .summary = "open a study on the screen (what circuitlasso STUDY does)",
    .details = "Browse layers and features, start fits, walk the circuit. ? shows the keys.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
