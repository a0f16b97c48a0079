/* The circuit that needs no fit: covariances. Declared in effects_cells.h. */
#include "src/base/memory.h"
#include "src/circuit/ranking.h"
#include "src/jobs/effects_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The removed features' columns, by samples. */
typedef struct by_sample {
    size_t *start; /* samples + 1 */
    uint32_t *place;
    float *value;
    double *mean;     /* by place */
    uint32_t *active; /* by place: samples where it is not zero */
} by_sample;

/* The entries of a column; row is NULL in a dense matrix. */
typedef struct entries {
    const uint32_t *row;
    const float *value;
    uint64_t count;
} entries;

static entries column_of(const matrix *m, uint32_t c)
{
    if (m->dense)
        return (entries){NULL, m->value + (size_t)c * m->rows, m->rows};
    uint64_t first = m->col_start[c];
    return (entries){m->row + first, m->value + first, m->col_start[c + 1] - first};
}

static uint32_t row_of(const entries *e, uint64_t i)
{
    return e->row ? e->row[i] : (uint32_t)i;
}

static void by_sample_release(by_sample *s)
{
    free(s->start);
    free(s->place);
    free(s->value);
    free(s->mean);
    free(s->active);
}

static bool by_sample_create(by_sample *s, const effects_grid *g, const matrix *source)
{
    size_t total = 0;
    for (uint32_t p = 0; p < g->removed_count; p++)
        total += column_of(source, g->removed[p]).count;
    *s = (by_sample){.start = calloc((size_t)source->rows + 2, sizeof *s->start),
                     .place = mem_try(total, sizeof *s->place),
                     .value = mem_try(total, sizeof *s->value),
                     .mean = mem_zero(g->removed_count, sizeof *s->mean),
                     .active = mem_zero(g->removed_count, sizeof *s->active)};
    if (!s->start || !s->place || !s->value)
        return false;
    /* shifted by two, so that filling leaves start[i] at the start of sample i */
    for (uint32_t p = 0; p < g->removed_count; p++) {
        entries e = column_of(source, g->removed[p]);
        for (uint64_t i = 0; i < e.count; i++) {
            s->start[(size_t)row_of(&e, i) + 2]++;
            s->mean[p] += (double)e.value[i] / source->rows;
            s->active[p] += e.value[i] > 0 || e.value[i] < 0;
        }
    }
    for (size_t r = 2; r < (size_t)source->rows + 2; r++)
        s->start[r] += s->start[r - 1];
    for (uint32_t p = 0; p < g->removed_count; p++) {
        entries e = column_of(source, g->removed[p]);
        for (uint64_t i = 0; i < e.count; i++) {
            size_t at = s->start[(size_t)row_of(&e, i) + 1]++;
            s->place[at] = p;
            s->value[at] = e.value[i];
        }
    }
    return true;
}

/* What a target column adds up to with each removed feature. */
typedef struct products {
    double zy; /* sum of source times target */
    double z;  /* sum of the source where the target is not zero */
} products;

/* removal[place * targets + target] = cov(source, target) * active_mean(source), or, without
 * active_mean, times the source's mean over its active samples, counted as 0 where the target is
 * silent. */
static void fill_removals(const effects_grid *g, const by_sample *s, const double *active_mean,
                          const matrix *target, double *removal, products *of)
{
    for (uint32_t t = 0; t < target->cols; t++) {
        entries e = column_of(target, t);
        double sum = 0;
        memset(of, 0, g->removed_count * sizeof *of);
        for (uint64_t i = 0; i < e.count; i++) {
            size_t row = row_of(&e, i);
            double y = (double)e.value[i];
            sum += y;
            bool silent = !(y > 0 || y < 0);
            for (size_t k = s->start[row]; k < s->start[row + 1]; k++) {
                of[s->place[k]].zy += (double)s->value[k] * y;
                of[s->place[k]].z += silent ? 0 : (double)s->value[k];
            }
        }
        for (uint32_t p = 0; p < g->removed_count; p++) {
            double covariance = (of[p].zy - s->mean[p] * sum) / target->rows;
            double fall = active_mean    ? active_mean[g->removed[p]]
                          : s->active[p] ? of[p].z / s->active[p]
                                         : 0;
            removal[(size_t)p * target->cols + t] = covariance * fall;
        }
    }
}

/* Ranks all cells and takes those at or above the `most`-th; of equal ones there, the first. */
static double take_strongest(const effects_grid *g, const double *removal, ranked *item,
                             uint64_t most, effects_edges *edges)
{
    uint32_t targets = g->target->features;
    size_t cells = (size_t)g->removed_count * targets;
    for (size_t i = 0; i < cells; i++)
        item[i] = (ranked){fabs(removal[i]), false};
    for (uint32_t i = 0; i < g->effect_count; i++) {
        const effect *e = &g->effect[i];
        item[(size_t)(g->place[e->source] - 1) * targets + e->target].relevant =
            fabs(e->effect) > g->cut;
    }
    ranking_sort(item, cells);
    if (most > cells)
        most = cells;
    double last = most > 0 ? item[most - 1].score : (double)INFINITY;
    uint64_t above = 0;
    while (above < most && item[above].score > last)
        above++;
    uint64_t equal = most - above;
    for (size_t i = 0; i < cells; i++) {
        bool at_last = fabs(removal[i]) <= last;
        if (fabs(removal[i]) < last || (at_last && equal == 0))
            continue;
        equal -= at_last;
        effects_edges_add(edges, g, g->removed[i / targets], (uint32_t)(i % targets), removal[i]);
    }
    return ranking_average_precision(&(ranking){.item = item, .count = cells});
}

status effects_covariance(const effects_grid *g, const matrix *source, const double *active_mean,
                          const matrix *target, bool coactive, uint64_t most, effects_edges *edges,
                          double *precision, error *err)
{
    size_t cells = (size_t)g->removed_count * target->cols;
    by_sample samples;
    bool sound = by_sample_create(&samples, g, source);
    double *removal = mem_try(cells, sizeof *removal);
    ranked *item = mem_try(cells, sizeof *item);
    products *of = mem_alloc(g->removed_count * sizeof *of);
    sound = sound && removal && item;
    if (sound) {
        fill_removals(g, &samples, coactive ? NULL : active_mean, target, removal, of);
        *precision = take_strongest(g, removal, item, most, edges);
    }
    free(of);
    free(item);
    free(removal);
    by_sample_release(&samples);
    return sound ? STATUS_OK : error_memory(err, "covariances");
}
