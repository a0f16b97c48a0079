#include "src/jobs/null_curve.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS_A_DECADE = 24 };

static int descending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a < b) - (a > b);
}

void null_curve_make(null_curve *c, double *value, size_t count)
{
    if (count > 0) /* else there may be no list */
        qsort(value, count, sizeof *value, descending);
    uint32_t room = 16;
    c->edges = mem_alloc(room * sizeof *c->edges);
    c->threshold = mem_alloc(room * sizeof *c->threshold);
    for (size_t rank = 1; rank <= count;) {
        if (c->points + 1 >= room) {
            room *= 2;
            c->edges = mem_grow(c->edges, room, sizeof *c->edges);
            c->threshold = mem_grow(c->threshold, room, sizeof *c->threshold);
        }
        while (rank < count && value[rank] >= value[rank - 1])
            rank++; /* ties come together */
        c->edges[c->points] = (double)rank;
        c->threshold[c->points++] = rank == count ? 0 : value[rank - 1];
        size_t next = (size_t)ceil((double)rank * pow(10, 1.0 / POINTS_A_DECADE));
        next = next > rank ? next : rank + 1;
        rank = rank < count && next > count ? count : next;
    }
}

void null_curve_release(null_curve *c)
{
    free(c->edges);
    free(c->threshold);
}

uint32_t null_curve_place(const null_curve *c, double strength)
{
    uint32_t low = 0, high = c->points;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->threshold[middle] <= strength)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

null_totals null_totals_create(const null_curve *c)
{
    return (null_totals){mem_zero((size_t)c->points + 1, sizeof(double)),
                         mem_zero((size_t)c->points + 1, sizeof(double))};
}

void null_totals_release(null_totals *t)
{
    free(t->sum);
    free(t->variance);
}

void null_totals_add(null_totals *t, const check_report *r, const null_curve *of,
                     const char *series, const char *squares, double rounds)
{
    uint32_t count = 0, squared = 0;
    const check_point *sum = check_curve_of(r, of->source_layer, of->target_layer, series, &count);
    const check_point *square =
        check_curve_of(r, of->source_layer, of->target_layer, squares, &squared);
    for (uint32_t i = 0; i < count && i < squared; i++) {
        t->sum[i] += sum[i].y;
        t->variance[i] += fmax(0, square[i].y - sum[i].y * sum[i].y / rounds);
    }
}

void null_curve_judge(const null_curve *c, const null_totals *t, double rounds, double rate,
                      findings *out)
{
    if (c->points == 0)
        return;
    out->source_layer = c->source_layer;
    out->target_layer = c->target_layer;
    double least = 1;
    uint32_t kept = 0;
    uint32_t last = c->points - 1;
    double *fdr = mem_alloc(c->points * sizeof *fdr);
    for (uint32_t i = c->points; i-- > 0;) {
        least = fmin(least, (1 + t->sum[i]) / (rounds * c->edges[i]));
        fdr[i] = least;
        kept = kept || least > rate ? kept : i + 1;
    }
    for (uint32_t i = 0; i < c->points; i++) {
        findings_point(out, "threshold", i, c->edges[i], c->threshold[i]);
        findings_point(out, "fdr", i, c->edges[i], fdr[i]);
        findings_point(out, "fdr error", i, c->edges[i],
                       sqrt(t->variance[i]) / rounds / c->edges[i]);
    }
    findings_figure(out, "edges", c->edges[last]);
    findings_figure(out, "null edges", t->sum[last] / rounds);
    findings_figure(out, "fdr", fdr[last]);
    findings_figure(out, "fdr error", sqrt(t->variance[last]) / rounds / c->edges[last]);
    findings_figure(out, "threshold", kept ? c->threshold[kept - 1] : (double)NAN);
    findings_figure(out, "edges kept", kept ? c->edges[kept - 1] : 0);
    free(fdr);
}
