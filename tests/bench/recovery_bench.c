/* How much of a planted circuit is found, by sample size: makes data up, imports, fits, checks and
 * scores them as the program does, and prints the tables; the picture goes to a file.
 *
 *   bench-recovery PICTURE.svg */
#include "src/base/memory.h"
#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "src/jobs/import.h"
#include "src/jobs/synth.h"
#include "tests/bench/chart.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZES = 7, METHODS = 4, CIRCUITS = 2, ROUNDS = 10, SEEDS = 2, LAYERS = 4 };
static const double sizes[SIZES] = {250, 500, 1000, 2000, 4000, 8000, 16000};
static const double stable_share = 0.9;

static const struct {
    const char *name, *colour;
    bool joint;
    double ridge;  /* 0: the Lasso, as by default */
    double scaled; /* on columns divided by their deviation, at this part of lambda_max; 0: not */
} methods[METHODS] = {{"the default", "#1b6ca8", false, 0, 0},
                      {"ridge 0.25", "#7a7a7a", false, 0.25, 0},
                      {"scaled Lasso", "#2a8a4a", false, 0, 0.1},
                      {"joint Lasso", "#c8641b", true, 0, 0}};

static const struct {
    const char *name, *means;
} circuits[CIRCUITS] = {
    {"plain", "features that continue, merge and drop; noise"},
    {"hard", "the same with near copies, hidden common causes, products and thresholds"}};

typedef struct kind_count {
    char name[CHECK_NAME];
    double lines, found[METHODS][2];
} kind_count;

/* Means over the seeds. */
typedef struct outcome {
    double distance[2], precision[2], recall[2], f1[2]; /* all edges; stable ones */
    double auroc, average_precision, best_f1, edges;
} outcome;

static outcome result[CIRCUITS][METHODS][SIZES];
static kind_count kinds[64];
static uint32_t kind_total;

static void must(status code, const error *err)
{
    if (code == STATUS_OK || code == STATUS_PARTIAL)
        return;
    fprintf(stderr, "bench-recovery: %s\n", err->message);
    exit((int)code);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

typedef struct trial {
    char *folder, *study, *truth;
    db *d;
    layer_set layers;
} trial;

static void make_study(trial *t, const char *scratch, uint32_t circuit, uint64_t seed,
                       uint32_t samples)
{
    error err;
    synth_report made;
    import_report imported;
    synth_settings s = synth_defaults(LAYER_SAE);
    s.layers = LAYERS;
    s.seed = seed;
    s.samples = samples;
    if (circuit == 0)
        s.twins = s.confounders = s.nonlinear = 0;
    t->folder = mem_format("%s/data", scratch);
    t->study = mem_format("%s/study.clw", scratch);
    t->truth = mem_format("%s/truth.tsv", t->folder);
    char *manifest = mem_format("%s/manifest.yaml", t->folder);
    import_request request = {.study = t->study, .manifest = manifest};
    must(synth_write(t->folder, &s, NULL, NULL, NULL, &made, &err), &err);
    must(import_run(&request, NULL, NULL, NULL, &imported, &err), &err);
    must(db_open(&t->d, t->study, DB_WRITE, &err), &err);
    must(layer_list(t->d, &t->layers, &err), &err);
    free(manifest);
}

static void drop_study(trial *t)
{
    layer_set_release(&t->layers);
    db_close(t->d);
    nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    unlink(t->study);
    free(t->folder);
    free(t->study);
    free(t->truth);
    *t = (trial){0};
}

static int64_t run_fit(const trial *t, uint32_t method)
{
    error err;
    fit_request request = {.settings = lasso_defaults(), .joint = methods[method].joint};
    fit_run_options how = {0};
    fit_progress last;
    int64_t id;
    request.settings.ridge = methods[method].ridge;
    if (methods[method].scaled > 0) {
        request.settings.scale = true;
        request.settings.rule = LASSO_OF_PAIR;
        request.settings.lambda = methods[method].scaled;
    }
    if (methods[method].joint)
        fit_request_all(&request, &t->layers, NULL, 0);
    else
        fit_request_adjacent(&request, &t->layers, NULL, 0);
    must(fit_create(t->d, &t->layers, &request, &id, &err), &err);
    must(fit_run(t->study, id, &how, &last, &err), &err);
    fit_request_release(&request);
    return id;
}

static int64_t run_check(const trial *t, int64_t fit_id, const char *kind,
                         const check_settings *settings)
{
    error err;
    check_request request = {.fit_id = fit_id, .kind = kind, .settings = *settings};
    check_run_options how = {0};
    check_progress last;
    int64_t id;
    must(check_create(t->d, &t->layers, &request, &id, &err), &err);
    must(check_run(t->study, id, &how, &last, &err), &err);
    return id;
}

/* What the truth calls its lines, and how many of them are found. */
static void note_kinds(const check_report *r, uint32_t method, bool stable)
{
    static const char head[] = "lines ";
    for (uint32_t i = 0; i < r->figures; i++) {
        const check_figure *f = &r->figure[i];
        if (f->source_layer != 0 || strncmp(f->name, head, strlen(head)) != 0)
            continue;
        const char *name = f->name + strlen(head);
        uint32_t k = 0;
        while (k < kind_total && strcmp(kinds[k].name, name) != 0)
            k++;
        if (k == kind_total)
            snprintf(kinds[kind_total++].name, sizeof kinds[k].name, "%s", name);
        char found[CHECK_NAME + 8];
        snprintf(found, sizeof found, "found %s", name);
        kinds[k].lines += method == 0 && !stable ? f->value : 0;
        kinds[k].found[method][stable] += check_figure_of(r, 0, 0, found);
    }
}

static double whole(const check_report *r, const char *name)
{
    double value = check_figure_of(r, 0, 0, name);
    return isnan(value) ? 0 : value / SEEDS; /* nothing found: no precision */
}

static void judge(const trial *t, int64_t fit_id, uint32_t circuit, uint32_t method, uint32_t size,
                  bool stable)
{
    error err;
    check_report r;
    check_settings settings = check_settings_open();
    outcome *o = &result[circuit][method][size];
    settings.file = t->truth;
    settings.pairs = (char *)"all";
    if (stable)
        settings.stable = stable_share;
    int64_t id = run_check(t, fit_id, "truth", &settings);
    must(check_get_report(t->d, id, &r, &err), &err);
    o->distance[stable] += whole(&r, "distance");
    o->precision[stable] += whole(&r, "precision");
    o->recall[stable] += whole(&r, "recall");
    o->f1[stable] += whole(&r, "f1");
    if (!stable) {
        o->auroc += whole(&r, "auroc");
        o->average_precision += whole(&r, "average precision");
        o->best_f1 += whole(&r, "best f1");
        o->edges += whole(&r, "true edges");
    }
    if (circuit == 1 && size == SIZES - 1)
        note_kinds(&r, method, stable);
    check_report_release(&r);
}

static void try_all(const char *scratch, uint32_t circuit, uint32_t size)
{
    check_settings rounds = check_settings_open();
    rounds.rounds = ROUNDS;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        trial t = {0};
        make_study(&t, scratch, circuit, seed, (uint32_t)sizes[size]);
        for (uint32_t m = 0; m < METHODS; m++) {
            int64_t fit_id = run_fit(&t, m);
            run_check(&t, fit_id, "stability", &rounds);
            judge(&t, fit_id, circuit, m, size, false);
            judge(&t, fit_id, circuit, m, size, true);
        }
        drop_study(&t);
    }
}

/* ---- what comes of it ---- */

static void print_tables(FILE *out)
{
    for (uint32_t c = 0; c < CIRCUITS; c++) {
        fprintf(out, "\n**%s circuits**: %s. %.0f true edges.\n\n", circuits[c].name,
                circuits[c].means, result[c][0][SIZES - 1].edges);
        fprintf(
            out,
            "| fit | samples | SHD | F1 | stable: SHD | F1 | precision | recall | AUROC | average "
            "precision | best F1 |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (uint32_t m = 0; m < METHODS; m++)
            for (uint32_t s = 0; s < SIZES; s++) {
                const outcome *o = &result[c][m][s];
                fprintf(out,
                        "| %s | %.0f | %.0f | %.2f | %.0f | %.2f | %.2f | %.2f | %.3f | %.3f | "
                        "%.2f |\n",
                        methods[m].name, sizes[s], o->distance[0], o->f1[0], o->distance[1],
                        o->f1[1], o->precision[1], o->recall[1], o->auroc, o->average_precision,
                        o->best_f1);
            }
    }
    fprintf(out,
            "\n**Where it fails**: what the hard circuits are made of, and how many of each kind "
            "a fit of "
            "%.0f samples\nhas (its stable edges in brackets). Of `confounded` and `twin` it "
            "should have none.\n\n",
            sizes[SIZES - 1]);
    fprintf(out, "| kind | lines |");
    for (uint32_t m = 0; m < METHODS; m++)
        fprintf(out, " %s |", methods[m].name);
    fprintf(out, "\n|---|---|---|---|---|---|\n");
    for (uint32_t k = 0; k < kind_total; k++) {
        fprintf(out, "| %s | %.0f |", kinds[k].name, kinds[k].lines / SEEDS);
        for (uint32_t m = 0; m < METHODS; m++)
            fprintf(out, " %.0f (%.0f) |", kinds[k].found[m][0] / SEEDS,
                    kinds[k].found[m][1] / SEEDS);
        fputc('\n', out);
    }
}

/* The README's: few rows, few columns. */
static void print_short(FILE *out)
{
    fprintf(out, "\n<!-- short -->\n| samples |");
    for (uint32_t c = 0; c < CIRCUITS; c++)
        for (uint32_t m = 0; m < METHODS; m++)
            fprintf(out, " %s%s%s |", m ? "" : circuits[c].name, m ? "" : ": ", methods[m].name);
    fprintf(out, "\n|");
    for (uint32_t i = 0; i <= CIRCUITS * METHODS; i++)
        fprintf(out, "---|");
    fputc('\n', out);
    for (uint32_t s = 0; s < SIZES; s += 2) {
        fprintf(out, "| %.0f |", sizes[s]);
        for (uint32_t c = 0; c < CIRCUITS; c++)
            for (uint32_t m = 0; m < METHODS; m++)
                fprintf(out, " %.2f (%.0f) |", result[c][m][s].f1[1], result[c][m][s].distance[1]);
        fputc('\n', out);
    }
    fprintf(out, "<!-- end of short -->\n");
}

/* F1, AUROC and SHD, a row of panels for each sort of circuit. */
static void draw(const char *path)
{
    enum { FIGURES = 3 };
    static const double shares[] = {0, 0.2, 0.4, 0.6, 0.8, 1},
                        areas[] = {0.5, 0.6, 0.7, 0.8, 0.9, 1};
    static const double distances[] = {10, 100, 1000, 10000};
    static const struct {
        const char *name;
        double from, to;
        const double *marks;
        uint32_t mark_count;
        bool logarithmic, of_stable;
    } figures[FIGURES] = {{"F1", 0, 1, shares, 6, false, true},
                          {"AUROC", 0.5, 1, areas, 6, false, false},
                          {"SHD", 5, 10000, distances, 4, true, true}};
    double value[CIRCUITS][FIGURES][METHODS][2][SIZES];
    chart_series series[CIRCUITS][FIGURES][2 * METHODS], legend[METHODS + 1];
    chart_panel panel[CIRCUITS * FIGURES];
    for (uint32_t c = 0; c < CIRCUITS; c++)
        for (uint32_t f = 0; f < FIGURES; f++) {
            uint32_t count = 0;
            for (uint32_t m = 0; m < METHODS; m++)
                for (uint32_t stable = 0; stable < (figures[f].of_stable ? 2U : 1U); stable++) {
                    double *at = value[c][f][m][stable];
                    for (uint32_t s = 0; s < SIZES; s++) {
                        const outcome *o = &result[c][m][s];
                        at[s] = f == 0 ? o->f1[stable] : f == 1 ? o->auroc : o->distance[stable];
                    }
                    series[c][f][count++] =
                        (chart_series){methods[m].name, methods[m].colour, stable == 1, at};
                }
            char *title = mem_format("%s, %s circuits", figures[f].name, circuits[c].name);
            panel[c * FIGURES + f] = (chart_panel){title,
                                                   figures[f].from,
                                                   figures[f].to,
                                                   figures[f].logarithmic,
                                                   figures[f].marks,
                                                   figures[f].mark_count,
                                                   series[c][f],
                                                   count};
        }
    for (uint32_t m = 0; m < METHODS; m++)
        legend[m] = (chart_series){methods[m].name, methods[m].colour, false, NULL};
    legend[METHODS] = (chart_series){"dashed: stable edges only", "#444", true, NULL};
    chart drawing = {
        .title = "How much of a planted circuit is found, by sample size",
        .note = "4 layers x 200 SAE-like features; hard: with near copies, hidden common causes, "
                "products and thresholds",
        .sizes_name = "samples",
        .size = sizes,
        .sizes = SIZES,
        .panel = panel,
        .panels = CIRCUITS * FIGURES,
        .across = FIGURES,
        .legend = legend,
        .legends = METHODS + 1};
    FILE *out = fopen(path, "w");
    if (out)
        chart_print(&drawing, out);
    if (!out || fclose(out) != 0) {
        fprintf(stderr, "bench-recovery: cannot write '%s'\n", path);
        exit(STATUS_MACHINE);
    }
    for (uint32_t i = 0; i < CIRCUITS * FIGURES; i++)
        free((char *)panel[i].title);
}

int main(int argc, char **argv)
{
    char scratch[] = "/tmp/circuitlasso-recovery-XXXXXX";
    if (argc != 2 || !mkdtemp(scratch)) {
        fprintf(stderr, "usage: bench-recovery PICTURE.svg\n");
        return STATUS_USAGE;
    }
    for (uint32_t c = 0; c < CIRCUITS; c++)
        for (uint32_t s = 0; s < SIZES; s++)
            try_all(scratch, c, s);
    rmdir(scratch);
    print_tables(stdout);
    print_short(stdout);
    draw(argv[1]);
    return STATUS_OK;
}
