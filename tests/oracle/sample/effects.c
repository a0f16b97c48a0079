/* Holds a fit of the sample against what really happened when features were removed.
 *
 *   effects STUDY SAMPLE_FOLDER FIT SLOPE_FROM SLOPE_TO AP AP AP AP AP
 *
 * For every pair with measured effects, over all (measured source, target feature) cells: average
 * precision of |removal| at finding |effect| > 0.05 (cells with equal scores are one step), and
 * the slope through the origin of the measured effect against the predicted one, which is
 * -removal, over the cells that have an edge. The AP arguments are what each pair's is expected to
 * be, within 0.01: a circuit that is better than expected is another circuit too. */
#include "tests/oracle/sample/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 512 };

typedef struct cell {
    double score, effect, removal;
} cell;

static int strongest_first(const void *a, const void *b)
{
    double x = ((const cell *)a)->score;
    double y = ((const cell *)b)->score;
    return (x < y) - (x > y);
}

static double average_precision(cell *cells, size_t count)
{
    double positives = 0;
    double found = 0;
    double before = 0;
    double area = 0;
    for (size_t i = 0; i < count; i++)
        positives += fabs(cells[i].effect) > 0.05;
    qsort(cells, count, sizeof *cells, strongest_first);
    for (size_t i = 0; i < count; i++) {
        found += fabs(cells[i].effect) > 0.05;
        if (i + 1 < count && cells[i + 1].score >= cells[i].score)
            continue;
        area += (found - before) / positives * (found / (double)(i + 1));
        before = found;
    }
    return area;
}

static double slope(const cell *cells, size_t count)
{
    double xy = 0;
    double xx = 0;
    for (size_t i = 0; i < count; i++) {
        xy += -cells[i].removal * cells[i].effect;
        xx += cells[i].removal * cells[i].removal;
    }
    return xx > 0 ? xy / xx : 0;
}

/* Fills the cells of one pair: all targets of every source that was removed. */
static size_t read_cells(sqlite3 *d, const char *folder, int64_t pair, const char *source,
                         const char *target, cell *cells)
{
    char path[1024];
    char line[256];
    int place[FEATURES];
    size_t sources = 0;
    memset(place, -1, sizeof place);
    snprintf(path, sizeof path, "%s/interventions/%s--%s.tsv", folder, source, target);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) {
        fprintf(stderr, "oracle: cannot read %s\n", path);
        exit(2);
    }
    memset(cells, 0, (size_t)FEATURES * FEATURES * sizeof *cells);
    int s;
    int t;
    double effect;
    while (fscanf(file, "%d %d %lf %*d", &s, &t, &effect) == 3) {
        if (place[s] < 0)
            place[s] = (int)sources++;
        cells[(size_t)place[s] * FEATURES + (size_t)t].effect = effect;
    }
    fclose(file);
    sqlite3_stmt *edges = sample_query(
        d, "SELECT source_feature, target_feature, removal FROM edge WHERE pair_id = ?1", pair);
    while (sqlite3_step(edges) == SQLITE_ROW) {
        int from = place[sqlite3_column_int(edges, 0)];
        if (from < 0)
            continue;
        cell *c = &cells[(size_t)from * FEATURES + (size_t)sqlite3_column_int(edges, 1)];
        c->removal = sqlite3_column_double(edges, 2);
        c->score = fabs(c->removal);
    }
    sqlite3_finalize(edges);
    return sources * FEATURES;
}

int main(int argc, char **argv)
{
    sqlite3 *d = NULL;
    if (argc < 7 || sqlite3_open(argv[1], &d) != SQLITE_OK)
        return 2;
    double slope_from = atof(argv[4]);
    double slope_to = atof(argv[5]);
    cell *cells = malloc((size_t)FEATURES * FEATURES * sizeof *cells);
    int passed = 0;
    int failed = 0;
    int number = 0;
    sqlite3_stmt *pairs = sample_query(
        d,
        "SELECT pair_id, s.name, t.name, 1.0 * edges / (done - constant) FROM fit_pair "
        "JOIN layer s ON s.layer_id = source_layer JOIN layer t ON t.layer_id = target_layer "
        "WHERE fit_id = ?1 ORDER BY s.position",
        atoll(argv[3]));
    while (sqlite3_step(pairs) == SQLITE_ROW) {
        const char *source = (const char *)sqlite3_column_text(pairs, 1);
        const char *target = (const char *)sqlite3_column_text(pairs, 2);
        size_t count =
            read_cells(d, argv[2], sqlite3_column_int64(pairs, 0), source, target, cells);
        double calibration = slope(cells, count);
        double precision = average_precision(cells, count);
        double wanted = 6 + number < argc ? atof(argv[6 + number]) : 1;
        int good = fabs(precision - wanted) <= 0.01 && calibration >= slope_from &&
                   calibration <= slope_to;
        printf("%s -> %s: %.1f parents a target, average precision %.3f (expected %.2f), slope "
               "%.2f (%.2f to %.2f)%s\n",
               source, target, sqlite3_column_double(pairs, 3), precision, wanted, calibration,
               slope_from, slope_to, good ? "" : " FAILED");
        if (good)
            passed++;
        else
            failed++;
        number++;
    }
    sqlite3_finalize(pairs);
    sqlite3_close(d);
    free(cells);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || passed != argc - 6;
}
