/* How processor time and memory grow with the problem: a table on standard output, and a picture.
 *
 *   growth_bench OUT.svg LASSO DEFAULT
 *
 * LASSO and DEFAULT hold what solver_bench printed at two settings, of four pairs that double in
 * features and targets, then of three that double in samples. */
#include "tests/bench/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDER = 4, TALLER = 3, LINES = WIDER + TALLER, SETTINGS = 2 };

typedef struct figure {
    unsigned samples, features;
    double seconds, memory; /* of the processor; MiB */
} figure;

static double after(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    return at ? atof(at + strlen(word)) : (double)NAN;
}

static void read_figures(const char *path, figure *f)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    for (unsigned i = 0; i < LINES; i++) {
        if (!file || !fgets(line, sizeof line, file) ||
            sscanf(line, "%*s %u x %u", &f[i].samples, &f[i].features) != 2) {
            fprintf(stderr, "growth_bench: no line %u of figures in '%s'\n", i + 1, path);
            exit(3);
        }
        f[i].seconds = after(line, " cpu ");
        f[i].memory = after(line, " memory ");
    }
    fclose(file);
}

static void print_table(const char *setting, const figure *f)
{
    printf("| %s: samples | features, targets | processor | times the one before | peak memory |\n"
           "|---|---|---|---|---|\n",
           setting);
    for (unsigned i = 0; i < LINES; i++) {
        printf("| %u | %u | %.2f s | ", f[i].samples, f[i].features, f[i].seconds);
        if (i == 0 || i == WIDER)
            printf(" ");
        else
            printf("%.2f", f[i].seconds / f[i - 1].seconds);
        printf(" | %.0f MiB |\n", f[i].memory);
    }
    printf("\n");
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "growth_bench OUT.svg LASSO DEFAULT\n");
        return 2;
    }
    static const double size[WIDER] = {1, 2, 4, 8};
    static const double seconds[] = {0.3, 1, 3, 10, 30};
    static const double mebibytes[] = {30, 100, 300};
    static const chart_series looks[SETTINGS] = {
        {"Lasso, a tenth of each target's lambda_max", "#1f77b4", false, NULL},
        {"the default: 0.005 of the pair's lambda_max", "#d62728", false, NULL}};
    double wider[SETTINGS][WIDER], taller[SETTINGS][WIDER], memory[SETTINGS][WIDER];
    chart_series series[3][SETTINGS];
    for (int s = 0; s < SETTINGS; s++) {
        figure f[LINES];
        read_figures(arguments[2 + s], f);
        print_table(looks[s].name, f);
        for (unsigned i = 0; i < WIDER; i++) {
            wider[s][i] = f[i].seconds;
            memory[s][i] = f[i].memory;
            taller[s][i] = i < TALLER ? f[WIDER + i].seconds : (double)NAN;
        }
        series[0][s] = series[1][s] = series[2][s] = looks[s];
        series[0][s].value = wider[s];
        series[1][s].value = memory[s];
        series[2][s].value = taller[s];
    }
    const chart_panel panel[] = {
        {"features and targets: seconds", 0.1, 30, true, seconds, 5, series[0], SETTINGS},
        {"features and targets: MiB", 10, 1000, true, mebibytes, 3, series[1], SETTINGS},
        {"samples: seconds", 0.1, 30, true, seconds, 5, series[2], SETTINGS}};
    const chart drawing = {
        .title = "How the solver grows",
        .note = "processor time and peak memory for all targets of a pair; 1 is 4,096 features and "
                "targets, or 4,276 samples",
        .sizes_name = "times the smallest",
        .size = size,
        .sizes = WIDER,
        .panel = panel,
        .panels = 3,
        .across = 3,
        .legend = looks,
        .legends = SETTINGS};
    FILE *out = fopen(arguments[1], "w");
    if (!out) {
        fprintf(stderr, "growth_bench: cannot write '%s'\n", arguments[1]);
        return 4;
    }
    chart_print(&drawing, out);
    return fclose(out) == 0 ? 0 : 4;
}
