/* The solver's times, with every gap verified by code that shares nothing with it.
 *
 *   solver_bench [SIZE or DIR]... [--rule target] [--lambda 0.1] [--ridge 0] [--scale]
 *                [--tolerance 1e-6] [--threads 2] [--memory BYTES] [--targets N] [--method fista]
 *                [--verify N] [--dump] [--dense] [--path POINTS] [--slide N]
 *
 * SIZE is generated (gen.c) and cached below $BENCH_DATA as raw files, which peers.py reads too:
 * DIR/{X,Y}.{p,i,x} (column starts and rows int32, values float32) and .shape; a dense layer has
 * no .p and .i, and .x holds column after column. A DIR of such files is read as it is. --dump
 * writes them and solves nothing; --dense solves the dense form of a sparse pair; --path solves
 * POINTS lambdas, log-spaced from the largest down to --lambda, and reports the last; --slide solves N
 * targets one by one at 20 lambdas each, from half its largest down to --lambda, as the screen does
 * when lambda is changed for the feature under the cursor, and says what processor time each such solve takes. */
#include "solver/lasso.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "tests/bench/gen.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static void die(const char *what, const char *name)
{
    fprintf(stderr, "solver_bench: %s '%s': %s\n", what, name, strerror(errno));
    exit(STATUS_MACHINE);
}

static FILE *open_part(const char *folder, char layer, const char *part, const char *mode)
{
    char *path = mem_format("%s/%c.%s", folder, layer, part);
    FILE *file = fopen(path, mode);
    if (!file)
        die("cannot open", path);
    free(path);
    return file;
}

static void transfer(const char *folder, char layer, const char *part, void *data, size_t count,
                     bool writing)
{
    FILE *file = open_part(folder, layer, part, writing ? "wb" : "rb");
    size_t done = writing ? fwrite(data, 4, count, file) : fread(data, 4, count, file);
    if (done != count || fclose(file) != 0)
        die("cannot transfer", folder);
}

static void write_layer(const char *folder, char layer, const matrix *m)
{
    if (!m->dense) {
        uint32_t *start = mem_alloc(((size_t)m->cols + 1) * sizeof *start);
        for (uint32_t k = 0; k <= m->cols; k++)
            start[k] = (uint32_t)m->col_start[k];
        transfer(folder, layer, "p", start, (size_t)m->cols + 1, true);
        transfer(folder, layer, "i", m->row, matrix_entries(m), true);
        free(start);
    }
    transfer(folder, layer, "x", m->value, matrix_entries(m), true);
    FILE *shape = open_part(folder, layer, "shape", "w");
    fprintf(shape, "%u %u\n", m->rows, m->cols);
    fclose(shape);
}

static void read_layer(const char *folder, char layer, matrix *m)
{
    uint32_t rows = 0;
    uint32_t cols = 0;
    FILE *shape = open_part(folder, layer, "shape", "r");
    if (fscanf(shape, "%u %u", &rows, &cols) != 2)
        die("no shape in", folder);
    fclose(shape);
    char *starts = mem_format("%s/%c.p", folder, layer);
    struct stat found;
    bool dense = stat(starts, &found) != 0;
    free(starts);
    error err;
    if (dense) {
        if (matrix_create(m, rows, cols, true, 0, &err) != STATUS_OK)
            die(err.message, folder);
        transfer(folder, layer, "x", m->value, matrix_entries(m), false);
        return;
    }
    uint32_t *start = mem_alloc(((size_t)cols + 1) * sizeof *start);
    transfer(folder, layer, "p", start, (size_t)cols + 1, false);
    if (matrix_create(m, rows, cols, false, start[cols], &err) != STATUS_OK)
        die(err.message, folder);
    for (uint32_t k = 0; k <= cols; k++)
        m->col_start[k] = start[k];
    transfer(folder, layer, "i", m->row, start[cols], false);
    transfer(folder, layer, "x", m->value, start[cols], false);
    free(start);
}

/* The folder that holds the pair, generated if need be. */
static char *find_pair(const char *name)
{
    const gen_size *size = gen_sizes;
    while (size->name && strcmp(size->name, name) != 0)
        size++;
    if (!size->name)
        return mem_copy_text(name);
    const char *root = getenv("BENCH_DATA");
    char *folder = mem_format("%s/%s", root ? root : "/tmp", name);
    char *last = mem_format("%s/Y.shape", folder);
    struct stat found;
    if (stat(last, &found) != 0) {
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            die("cannot make", folder);
        matrix x;
        matrix y;
        gen_pair(size, 1, &x, &y);
        write_layer(folder, 'X', &x);
        write_layer(folder, 'Y', &y);
        matrix_release(&x);
        matrix_release(&y);
    }
    free(last);
    return folder;
}

static void densify(matrix *m)
{
    matrix dense;
    error err;
    if (matrix_create(&dense, m->rows, m->cols, true, 0, &err) != STATUS_OK)
        die(err.message, "dense form");
    memset(dense.value, 0, matrix_entries(&dense) * sizeof *dense.value);
    for (uint32_t k = 0; k < m->cols; k++)
        for (uint64_t e = m->col_start[k]; e < m->col_start[k + 1]; e++)
            dense.value[(size_t)k * m->rows + m->row[e]] = m->value[e];
    matrix_release(m);
    *m = dense;
}

/* Independent certificate, scale none: everything from the stored entries, in long double sums. */
typedef struct verifier {
    const matrix *x, *y;
    const lasso_settings *settings;
    double *mean, *r, *kappa;
    uint32_t every, verified, points;
    double worst_gap, worst_difference;
} verifier;

static double entry(const matrix *m, uint32_t k, uint64_t e, uint32_t *row)
{
    *row = m->dense ? (uint32_t)e : m->row[m->col_start[k] + e];
    return (double)(m->dense ? m->value[(size_t)k * m->rows + e] : m->value[m->col_start[k] + e]);
}

static uint64_t entries(const matrix *m, uint32_t k)
{
    return m->dense ? m->rows : m->col_start[k + 1] - m->col_start[k];
}

static void verifier_prepare(verifier *v)
{
    const matrix *x = v->x;
    v->mean = mem_zero(x->cols, sizeof *v->mean);
    v->r = mem_zero(x->rows, sizeof *v->r);
    v->kappa = mem_zero(x->cols, sizeof *v->kappa);
    double variances = 0;
    uint32_t varying = 0;
    uint32_t row;
    for (uint32_t k = 0; k < x->cols; k++) {
        double sum = 0;
        double squares = 0;
        for (uint64_t e = 0; e < entries(x, k); e++)
            sum += entry(x, k, e, &row);
        v->mean[k] = sum / x->rows;
        for (uint64_t e = 0; e < entries(x, k); e++)
            squares += pow(entry(x, k, e, &row) - v->mean[k], 2);
        squares += (double)(x->rows - entries(x, k)) * v->mean[k] * v->mean[k];
        v->kappa[k] = v->settings->ridge * sqrt(squares / x->rows);
        variances += squares / x->rows;
        varying += squares > 0;
    }
    for (uint32_t k = 0; varying && k < x->cols; k++)
        v->kappa[k] *= sqrt(variances / varying);
}

static double verify(verifier *v, const lasso_result *result)
{
    const matrix *x = v->x;
    double rows = x->rows;
    double sum = 0;
    uint32_t row;
    for (uint32_t i = 0; i < x->rows; i++)
        v->r[i] = 0;
    for (uint64_t e = 0; e < entries(v->y, result->target); e++) {
        double value = entry(v->y, result->target, e, &row);
        v->r[row] = value;
        sum += value;
    }
    double mean = sum / rows;
    double yy = 0;
    for (uint32_t i = 0; i < x->rows; i++) {
        v->r[i] -= mean;
        yy += v->r[i] * v->r[i];
    }
    double *y = mem_alloc(x->rows * sizeof *y);
    memcpy(y, v->r, x->rows * sizeof *y);
    double l1 = 0;
    double l2 = 0;
    double *a = mem_zero(x->cols, sizeof *a);
    for (uint32_t j = 0; j < result->parents; j++) {
        uint32_t k = result->source[j];
        a[k] = result->weight[j];
        l1 += fabs(a[k]);
        l2 += v->kappa[k] * a[k] * a[k];
        for (uint32_t i = 0; i < x->rows; i++)
            v->r[i] += a[k] * v->mean[k];
        for (uint64_t e = 0; e < entries(x, k); e++) {
            double value = entry(x, k, e, &row);
            v->r[row] -= a[k] * value;
        }
    }
    double total = 0;
    double rr = rows * l2;
    double ry = 0;
    for (uint32_t i = 0; i < x->rows; i++) {
        total += v->r[i];
        rr += v->r[i] * v->r[i];
        ry += v->r[i] * y[i];
    }
    double worst = 0;
    for (uint32_t k = 0; k < x->cols; k++) {
        double g = -v->mean[k] * total - rows * v->kappa[k] * a[k];
        for (uint64_t e = 0; e < entries(x, k); e++) {
            double value = entry(x, k, e, &row);
            g += value * v->r[row];
        }
        worst = fmax(worst, fabs(g));
    }
    free(y);
    free(a);
    double level = rows * result->lambda;
    double s = worst > level ? level / worst : 1;
    return (0.5 * rr + level * l1 - s * ry + 0.5 * s * s * rr) / (0.5 * yy);
}

static bool verify_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    verifier *v = user;
    for (uint32_t i = 0; i < count * v->points; i++) {
        const lasso_result *r = &results[i];
        if (r->state == LASSO_CONSTANT || r->target % v->every != 0)
            continue;
        double gap = verify(v, r);
        v->verified++;
        v->worst_gap = fmax(v->worst_gap, gap);
        v->worst_difference = fmax(v->worst_difference, fabs(gap - r->gap));
    }
    return true;
}

typedef struct options {
    lasso_settings settings;
    uint32_t targets, verify, points, slide;
    bool dump, dense;
} options;

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* The solve, or the path, whose last report it is. */
static void solve(const options *o, const lasso_design *design, const matrix *y,
                  const uint32_t *targets, uint32_t count, const lasso_hooks *hooks,
                  lasso_report *report)
{
    uint32_t points = o->points ? o->points : 1;
    double *grid = mem_alloc(points * sizeof *grid);
    lasso_report *reports = mem_alloc(points * sizeof *reports);
    for (uint32_t p = 0; p < points; p++)
        grid[p] = points > 1 ? pow(o->settings.lambda, (double)p / (points - 1)) : 0;
    error err;
    status code = points > 1
                      ? lasso_path(design, y, targets, count, &o->settings, grid, points, hooks,
                                   reports, &err)
                      : lasso_solve(design, y, targets, count, &o->settings, hooks, reports, &err);
    if (code != STATUS_OK)
        die(err.message, "solve");
    *report = reports[points - 1];
    free(grid);
    free(reports);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void slide(const char *name, const options *o, const matrix *x, const matrix *y)
{
    enum { LAMBDAS = 20 };
    uint32_t count = 0;
    double *taken = mem_alloc((size_t)o->slide * LAMBDAS * sizeof *taken);
    lasso_settings settings = o->settings;
    settings.threads = 1;
    lasso_design *design = NULL;
    lasso_report report;
    error err;
    if (lasso_design_create(&design, x, &settings, &err) != STATUS_OK)
        die(err.message, name);
    for (uint32_t i = 0; i < o->slide; i++) {
        uint32_t target = (uint32_t)((uint64_t)i * y->cols / o->slide);
        for (uint32_t p = 0; p < LAMBDAS; p++) {
            settings.lambda = 0.5 * pow(o->settings.lambda / 0.5, (double)p / (LAMBDAS - 1));
            double began = processor_seconds();
            if (lasso_solve(design, y, &target, 1, &settings, NULL, &report, &err) != STATUS_OK)
                die(err.message, name);
            taken[count++] = 1e3 * (processor_seconds() - began);
        }
    }
    qsort(taken, count, sizeof *taken, by_size);
    printf("%-24s %6u x %-6u one target at another lambda, %u times: median %.2f ms, 99 of 100 under "
           "%.2f ms, most %.2f ms\n",
           name, x->rows, x->cols, count, taken[count / 2], taken[(size_t)count * 99 / 100],
           taken[count - 1]);
    lasso_design_free(design);
    free(taken);
}

static void run(const char *name, const options *o)
{
    char *folder = find_pair(name);
    if (o->dump) {
        printf("%s\n", folder);
        free(folder);
        return;
    }
    matrix x;
    matrix y;
    read_layer(folder, 'X', &x);
    read_layer(folder, 'Y', &y);
    if (o->dense && !x.dense) {
        densify(&x);
        densify(&y);
    }
    if (o->slide) {
        slide(name, o, &x, &y);
        matrix_release(&x);
        matrix_release(&y);
        free(folder);
        return;
    }
    uint32_t count = o->targets && o->targets < y.cols ? o->targets : y.cols;
    uint32_t *targets = mem_alloc(count * sizeof *targets);
    for (uint32_t i = 0; i < count; i++)
        targets[i] = (uint32_t)((uint64_t)i * y.cols / count);
    error err;
    lasso_design *design = NULL;
    lasso_report report;
    struct rusage before;
    getrusage(RUSAGE_SELF, &before);
    double processor_before = seconds(before.ru_utime) + seconds(before.ru_stime);
    double began = clock_seconds();
    if (lasso_design_create(&design, &x, &o->settings, &err) != STATUS_OK)
        die(err.message, name);
    double prepared = clock_seconds() - began;
    solve(o, design, &y, targets, count, NULL, &report);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double processor = seconds(usage.ru_utime) + seconds(usage.ru_stime) - processor_before;
    printf("%-24s %6u x %-6u %6u  set-up %6.3f s  solve %7.3f s  cpu %7.3f s  parents %6.1f  gap "
           "%.1e  "
           "unconverged %u  memory %ld MiB",
           name, x.rows, x.cols, count, prepared, report.seconds, processor,
           (double)report.edges / fmax(1, report.targets - report.constant), report.worst_gap,
           report.unconverged, usage.ru_maxrss / 1024);
    fflush(stdout);
    if (o->verify && !o->settings.scale) {
        verifier v = {.x = &x, .y = &y, .settings = &o->settings};
        v.points = o->points ? o->points : 1;
        v.every = y.cols / o->verify > 0 ? y.cols / o->verify : 1;
        verifier_prepare(&v);
        lasso_hooks hooks = {.user = &v, .block = verify_block};
        uint32_t chosen = 0;
        for (uint32_t k = 0; k < y.cols && chosen < count; k += v.every)
            targets[chosen++] = k;
        solve(o, design, &y, targets, chosen, &hooks, &report);
        printf("  verified %u: gap %.1e, off by %.1e", v.verified, v.worst_gap,
               v.worst_difference);
        free(v.mean);
        free(v.r);
        free(v.kappa);
    }
    printf("\n");
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
    free(targets);
    free(folder);
}

static lasso_rule rule_named(const char *name)
{
#define RULE(value, text, meaning)                                                                \
    if (strcmp(name, text) == 0)                                                                  \
        return value;
    LASSO_RULE_LIST(RULE)
#undef RULE
    fprintf(stderr, "solver_bench: no rule '%s'\n", name);
    exit(STATUS_USAGE);
}

int main(int count, char **arguments)
{
    options o = {.settings = lasso_defaults(), .verify = 100};
    o.settings.rule = LASSO_OF_TARGET;
    o.settings.lambda = 0.1;
    o.settings.ridge = 0;
    o.settings.threads = 2;
    unsigned pairs = 0;
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strncmp(word, "--", 2) != 0)
            continue;
        if (strcmp(word, "--scale") == 0)
            o.settings.scale = true;
        else if (strcmp(word, "--dump") == 0)
            o.dump = true;
        else if (strcmp(word, "--dense") == 0)
            o.dense = true;
        else {
            if (strcmp(word, "--rule") == 0)
                o.settings.rule = rule_named(value);
            else if (strcmp(word, "--lambda") == 0)
                o.settings.lambda = atof(value);
            else if (strcmp(word, "--ridge") == 0)
                o.settings.ridge = atof(value);
            else if (strcmp(word, "--tolerance") == 0)
                o.settings.tolerance = atof(value);
            else if (strcmp(word, "--threads") == 0)
                o.settings.threads = (unsigned)atoi(value);
            else if (strcmp(word, "--memory") == 0)
                o.settings.memory = strtoull(value, NULL, 10);
            else if (strcmp(word, "--targets") == 0)
                o.targets = (uint32_t)atoi(value);
            else if (strcmp(word, "--path") == 0)
                o.points = (uint32_t)atoi(value);
            else if (strcmp(word, "--slide") == 0)
                o.slide = (uint32_t)atoi(value);
            else if (strcmp(word, "--verify") == 0)
                o.verify = (uint32_t)atoi(value);
            else if (strcmp(word, "--method") == 0)
                o.settings.method = strcmp(value, "fista") == 0 ? LASSO_FISTA : LASSO_DESCENT;
            else {
                fprintf(stderr, "solver_bench: no option '%s'\n", word);
                return STATUS_USAGE;
            }
            arguments[++i] = NULL;
        }
        arguments[word == arguments[i] ? i : i - 1] = NULL;
    }
    for (int i = 1; i < count; i++) {
        if (arguments[i]) {
            run(arguments[i], &o);
            pairs++;
        }
    }
    if (pairs == 0)
        for (const gen_size *size = gen_sizes; size->name; size++)
            run(size->name, &o);
    return 0;
}
