#include "src/base/memory.h"
#include "src/base/xdg.h"
#include "src/commands/command.h"
#include "src/commands/progress.h"
#include "src/commands/show.h"
#include "src/jobs/fit.h"
#include "src/jobs/import.h"

#include <stdlib.h>
#include <unistd.h>

static const char *theme;
static bool no_color, no_screen;

static const command_option options[] = {
    {"theme", OPTION_TEXT, &theme, "NAME", "as for open"},
    {"no-color", OPTION_FLAG, &no_color, NULL, "as for open"},
    {"no-screen", OPTION_FLAG, &no_screen, NULL,
     "print the study and its strongest edges instead"},
    {0},
};

static status import_sample(const char *path, error *err)
{
    char *manifest = xdg_shared("sample_data/manifest.yaml");
    if (!manifest)
        return error_set(err, STATUS_MACHINE, "the sample data are not installed: no '%s'",
                         "sample_data/manifest.yaml");
    fprintf(stderr, "importing the sample study into %s\n", path);
    import_request request = {.study = path, .manifest = manifest};
    import_report report = {0};
    status code = import_run(&request, progress_import, NULL, progress_cancel(), &report, err);
    progress_end();
    free(manifest);
    return code;
}

/* The sample's fit: the newest one that can be shown or gone on with, else a new one. */
static status find_fit(study *s, int64_t *fit_id, bool *finished, error *err)
{
    fit_set fits = {0};
    status code = fit_list(s->connection, &fits, err);
    *fit_id = 0;
    *finished = false;
    for (uint32_t i = 0; i < fits.count && !*finished; i++) {
        const fit *f = &fits.item[i];
        bool others = f->state == FIT_RUNNING && !fit_is_cut_off(f);
        *finished = f->state == FIT_DONE || others;
        if (*finished || (!*fit_id && f->state != FIT_FAILED))
            *fit_id = f->id;
    }
    fit_set_release(&fits);
    if (code == STATUS_OK && !*fit_id) {
        fit_request request = {.settings = lasso_defaults(), .wiring = true};
        fit_request_adjacent(&request, &s->layers, NULL, 0);
        code = fit_create(s->connection, &s->layers, &request, fit_id, err);
        fit_request_release(&request);
    }
    return code;
}

static status fit_sample(study *s, int64_t *fit_id, error *err)
{
    bool finished = false;
    status code = find_fit(s, fit_id, &finished, err);
    if (code != STATUS_OK || finished)
        return code;
    fprintf(stderr, "fitting adjacent layers\n");
    fit_progress last = {0};
    fit_run_options how = {
        .progress = progress_fit, .user = &s->layers, .cancel = progress_cancel()};
    code = fit_run(s->path, *fit_id, &how, &last, err);
    progress_end();
    if (code == STATUS_OK || code == STATUS_PARTIAL)
        fprintf(stderr, "%u targets, %llu edges, worst gap %.1e, %.1f s\n", last.targets,
                (unsigned long long)last.edges, last.worst_gap, last.seconds);
    return code == STATUS_PARTIAL ? STATUS_OK : code;
}

static status print_study(study *s, int64_t fit_id, error *err)
{
    char *arguments[] = {(char *)s->path, NULL};
    status code = command_info.run(arguments, 1, err);
    putchar('\n');
    if (code == STATUS_OK)
        code = command_layers.run(arguments, 1, err);
    circuit *c = NULL;
    if (code == STATUS_OK)
        code = circuit_load(s->connection, &s->layers, fit_id, STRENGTH_REMOVAL, &c, err);
    if (code == STATUS_OK) {
        printf("\nstrongest edges\n");
        output *o = output_begin(false);
        edge_choice choice = {.limit = 20};
        code = show_edges(s, c, &choice, o, err);
        output_end(o);
    }
    circuit_free(c);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)arguments;
    (void)count;
    char *path = NULL;
    int64_t fit_id = 0;
    study s = {0};
    status code = xdg_data("sample.clw", &path, err);
    if (code == STATUS_OK && access(path, F_OK) != 0)
        code = import_sample(path, err);
    if (code == STATUS_OK)
        code = study_open(&s, path, DB_WRITE, err);
    if (code == STATUS_OK)
        code = fit_sample(&s, &fit_id, err);
    bool screen = !no_screen && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    if (code == STATUS_OK && !screen)
        code = print_study(&s, fit_id, err);
    study_release(&s);
    if (code == STATUS_OK && screen)
        code = command_the_screen.run(path, theme, no_color, 0, err);
    free(path);
    return code;
}

const command command_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "import the sample study, fit it and open it",
    .details =
        "The sample comes with the program: six layers of a small language model's features on\n"
        "12,900 tokens of stories. It is kept as circuitlasso/sample.clw below $XDG_DATA_HOME\n"
        "(~/.local/share) and opened again the next time. Without a terminal the study and its\n"
        "strongest edges are printed instead.",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
