/* Recomputes, from the raw files, the relative duality gap and the optimality conditions of every
 * target of every pair of a fit of the sample (scale none), and compares them with what the
 * workspace says.
 *
 *   certify STUDY SAMPLE_FOLDER FIT
 *
 * With r = y - b - Z a and g = Z'r / M - kappa a, kappa_k = rho sqrt(var_k vbar) (centring is
 * free: r sums to 0), and s = min(1, lambda / max|g|):
 *   P = |r|^2 / 2M + sum kappa a^2 / 2 + lambda |a|_1
 *   D = s <r, y> / M - s^2 / 2 (|r|^2 / M + sum kappa a^2)        (y centred)
 */
#include "tests/oracle/sample/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct judge {
    sqlite3 *d;
    raw_layer source, target;
    double ridge, tolerance;
    double *kappa;
    double *y, *r, *g, *a, *dense_target; /* dense_target: one column a target */
    double worst_gap, worst_kkt, worst_difference;
    int targets, failures;
} judge;

static double *ridges(const raw_layer *l, double ridge)
{
    double *sum = calloc(l->cols, sizeof *sum);
    double *squares = calloc(l->cols, sizeof *squares);
    double *kappa = calloc(l->cols, sizeof *kappa);
    for (size_t i = 0; i < l->rows; i++)
        for (int64_t k = l->start[i]; k < l->start[i + 1]; k++) {
            sum[l->col[k]] += l->value[k];
            squares[l->col[k]] += l->value[k] * l->value[k];
        }
    double total = 0;
    size_t varying = 0;
    double m = (double)l->rows;
    for (size_t c = 0; c < l->cols; c++) {
        double variance = squares[c] / m - sum[c] / m * (sum[c] / m);
        if (variance > 0) {
            kappa[c] = ridge * sqrt(variance);
            total += variance;
            varying++;
        }
    }
    free(sum);
    free(squares);
    for (size_t c = 0; varying && c < l->cols; c++)
        kappa[c] *= sqrt(total / (double)varying);
    return kappa;
}

static void judge_target(judge *j, int64_t pair, int64_t feature, double lambda, double intercept,
                         double claimed_gap)
{
    const raw_layer *x = &j->source;
    size_t rows = x->rows;
    double m = (double)rows;
    memset(j->a, 0, x->cols * sizeof *j->a);
    sqlite3_stmt *edges = sample_query(
        j->d, "SELECT source_feature, weight FROM edge WHERE pair_id = ?1 AND target_feature = ?2",
        pair);
    sqlite3_bind_int64(edges, 2, feature);
    while (sqlite3_step(edges) == SQLITE_ROW)
        j->a[sqlite3_column_int64(edges, 0)] = sqlite3_column_double(edges, 1);
    sqlite3_finalize(edges);

    const double *column = j->dense_target + (size_t)feature * rows;
    double mean = 0;
    for (size_t i = 0; i < rows; i++)
        mean += column[i] / m;
    double rr = 0;
    double ry = 0;
    double yy = 0;
    double residual_sum = 0;
    for (size_t i = 0; i < rows; i++) {
        double fitted = intercept;
        for (int64_t k = x->start[i]; k < x->start[i + 1]; k++)
            fitted += x->value[k] * j->a[x->col[k]];
        j->y[i] = column[i] - mean;
        j->r[i] = column[i] - fitted;
        residual_sum += j->r[i];
    }
    for (size_t i = 0; i < rows; i++) {
        j->r[i] -= residual_sum / m; /* the intercept is judged apart, below */
        rr += j->r[i] * j->r[i];
        ry += j->r[i] * j->y[i];
        yy += j->y[i] * j->y[i];
    }
    sample_correlate(x, j->r, j->g);
    double largest = 0;
    double l1 = 0;
    double l2 = 0;
    double kkt = 0;
    for (size_t c = 0; c < x->cols; c++) {
        j->g[c] = j->g[c] / m - j->kappa[c] * j->a[c];
        largest = fmax(largest, fabs(j->g[c]));
        l1 += fabs(j->a[c]);
        l2 += j->kappa[c] * j->a[c] * j->a[c];
        double violation = j->a[c] != 0 ? fabs(j->g[c] - copysign(lambda, j->a[c]))
                                        : fmax(0, fabs(j->g[c]) - lambda);
        kkt = fmax(kkt, violation / lambda);
    }
    double s = largest > lambda ? lambda / largest : 1;
    double primal = rr / (2 * m) + l2 / 2 + lambda * l1;
    double dual = s * ry / m - s * s / 2 * (rr / m + l2);
    double gap = (primal - dual) / (yy / (2 * m));
    j->targets++;
    j->worst_gap = fmax(j->worst_gap, gap);
    j->worst_kkt = fmax(j->worst_kkt, kkt);
    j->worst_difference = fmax(j->worst_difference, fabs(gap - claimed_gap));
    double intercept_error = fabs(residual_sum) / m / sqrt(yy / m);
    if (!(gap <= j->tolerance * 1.001 + 1e-12) || !(fabs(gap - claimed_gap) < 1e-9) ||
        !(intercept_error < 1e-6)) {
        if (j->failures++ < 5)
            printf("target %lld: gap %.3e, the fit says %.3e; intercept off by %.1e sd\n",
                   (long long)feature, gap, claimed_gap, intercept_error);
    }
}

static void judge_pair(judge *j, const char *folder, int64_t pair, const char *source,
                       const char *target)
{
    j->source = sample_layer(folder, source);
    j->target = sample_layer(folder, target);
    size_t rows = j->source.rows;
    j->kappa = ridges(&j->source, j->ridge);
    j->y = malloc(rows * sizeof *j->y);
    j->r = malloc(rows * sizeof *j->r);
    j->g = malloc(j->source.cols * sizeof *j->g);
    j->a = malloc(j->source.cols * sizeof *j->a);
    j->dense_target = calloc(rows * j->target.cols, sizeof *j->dense_target);
    for (size_t i = 0; i < rows; i++)
        for (int64_t k = j->target.start[i]; k < j->target.start[i + 1]; k++)
            j->dense_target[(size_t)j->target.col[k] * rows + i] = j->target.value[k];
    j->targets = j->failures = 0;
    j->worst_gap = j->worst_kkt = j->worst_difference = 0;

    sqlite3_stmt *targets = sample_query(j->d,
                                         "SELECT feature, lambda, intercept, gap FROM fit_target "
                                         "WHERE pair_id = ?1 AND state <> 'constant'",
                                         pair);
    while (sqlite3_step(targets) == SQLITE_ROW)
        judge_target(j, pair, sqlite3_column_int64(targets, 0), sqlite3_column_double(targets, 1),
                     sqlite3_column_double(targets, 2), sqlite3_column_double(targets, 3));
    sqlite3_finalize(targets);
    printf("%s -> %s: %d targets, worst gap %.2e, worst KKT violation %.2e lambda, gaps as stored "
           "to %.1e\n",
           source, target, j->targets, j->worst_gap, j->worst_kkt, j->worst_difference);
    free(j->y);
    free(j->r);
    free(j->g);
    free(j->a);
    free(j->kappa);
    free(j->dense_target);
    sample_layer_free(&j->source);
    sample_layer_free(&j->target);
}

int main(int argc, char **argv)
{
    judge j = {0};
    int passed = 0;
    int failed = 0;
    if (argc != 4 || sqlite3_open(argv[1], &j.d) != SQLITE_OK)
        return 2;
    int64_t fit = atoll(argv[3]);
    sqlite3_stmt *asked = sample_query(
        j.d, "SELECT ridge, tolerance FROM fit WHERE fit_id = ?1 AND scale = 'none'", fit);
    if (sqlite3_step(asked) != SQLITE_ROW)
        return 2;
    j.ridge = sqlite3_column_double(asked, 0);
    j.tolerance = sqlite3_column_double(asked, 1);
    sqlite3_finalize(asked);
    sqlite3_stmt *pairs = sample_query(
        j.d,
        "SELECT pair_id, s.name, t.name FROM fit_pair "
        "JOIN layer s ON s.layer_id = source_layer JOIN layer t ON t.layer_id = target_layer "
        "WHERE fit_id = ?1 ORDER BY pair_id",
        fit);
    while (sqlite3_step(pairs) == SQLITE_ROW) {
        judge_pair(&j, argv[2], sqlite3_column_int64(pairs, 0),
                   (const char *)sqlite3_column_text(pairs, 1),
                   (const char *)sqlite3_column_text(pairs, 2));
        /* most features of the sample vary; a pair without targets proves nothing */
        if (j.failures == 0 && j.targets > 400)
            passed++;
        else
            failed++;
    }
    sqlite3_finalize(pairs);
    sqlite3_close(j.d);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
