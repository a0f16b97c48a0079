#include "src/circuit/effects_score.h"

#include "src/base/memory.h"
#include "src/circuit/calibration.h"
#include "src/circuit/ranking.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const uint32_t effects_place[EFFECTS_PLACES] = {100, 300, 1000};

static bool moved(const effect_cell *c, double cut)
{
    return fabs(c->measured) > cut;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

static void count_cells(const effect_cell *cell, uint32_t count, double cut, effects_score *out)
{
    uint64_t agree = 0;
    for (uint32_t i = 0; i < count; i++) {
        const effect_cell *c = &cell[i];
        bool hit = moved(c, cut);
        out->moved += hit;
        out->edges += c->edge;
        out->found += hit && c->edge;
        agree += hit && c->edge && c->predicted * c->measured > 0;
    }
    out->sign_agreement = share(agree, out->found);
}

/* Average precision and precision: cells without an edge are the block that scores 0. */
static status rank_cells(const effect_cell *cell, uint32_t count, double cut, effects_score *out,
                         error *err)
{
    ranked *item = mem_try(out->edges, sizeof *item);
    if (!item)
        return error_memory(err, "judging a circuit");
    size_t edges = 0;
    for (uint32_t i = 0; i < count; i++)
        if (cell[i].edge)
            item[edges++] = (ranked){fabs(cell[i].predicted), moved(&cell[i], cut)};
    ranking_sort(item, edges);
    ranking r = {.item = item,
                 .count = edges,
                 .zeros = out->cells - edges,
                 .zeros_relevant = out->moved - out->found};
    out->average_precision = ranking_average_precision(&r);
    for (int p = 0; p < EFFECTS_PLACES; p++)
        out->precision[p] =
            edges >= effects_place[p] ? ranking_precision_at(&r, effects_place[p]) : (double)NAN;
    free(item);
    return STATUS_OK;
}

static status calibrate(const effect_cell *cell, uint32_t count, effects_score *out, error *err)
{
    double *x = mem_try(out->edges, sizeof *x);
    double *y = mem_try(out->edges, sizeof *y);
    size_t n = 0;
    for (uint32_t i = 0; x && y && i < count; i++) {
        if (!cell[i].edge)
            continue;
        x[n] = cell[i].predicted;
        y[n++] = cell[i].measured;
    }
    status code = x && y ? calibration_rank(x, y, n, &out->rank_correlation, err)
                         : error_memory(err, "judging a circuit");
    if (code == STATUS_OK)
        out->slope = calibration_slope(x, y, n);
    free(x);
    free(y);
    return code;
}

status effects_score_cells(const effect_cell *cell, uint32_t count, uint64_t cells, double cut,
                           effects_score *out, error *err)
{
    *out = (effects_score){.cells = cells};
    count_cells(cell, count, cut, out);
    status code = rank_cells(cell, count, cut, out, err);
    return code == STATUS_OK ? calibrate(cell, count, out, err) : code;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

status effects_score_without(const effect_cell *cell, uint32_t count, const uint32_t *source,
                             uint32_t sources, uint64_t targets, double cut, uint32_t groups,
                             double *out, error *err)
{
    effect_cell *rest = mem_try(count, sizeof *rest);
    status code = rest ? STATUS_OK : error_memory(err, "judging a circuit");
    for (uint32_t g = 0; g < groups && code == STATUS_OK; g++) {
        uint32_t left_out = sources / groups + (g < sources % groups ? 1 : 0);
        effects_score without = {.cells = targets * (sources - left_out)};
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t *at =
                bsearch(&cell[i].source, source, sources, sizeof *source, by_number);
            if (at && (uint32_t)(at - source) % groups != g)
                rest[kept++] = cell[i];
        }
        count_cells(rest, kept, cut, &without);
        code = rank_cells(rest, kept, cut, &without, err);
        out[g] = without.average_precision;
    }
    free(rest);
    return code;
}

effects_gain effects_gain_of(double first, double second, const double *first_without,
                             const double *second_without, uint32_t groups)
{
    effects_gain gain = {.mean = first - second, .error = (double)NAN};
    double middle = 0;
    double squares = 0;
    for (uint32_t g = 0; g < groups; g++)
        middle += (first_without[g] - second_without[g]) / groups;
    for (uint32_t g = 0; g < groups; g++) {
        double off = first_without[g] - second_without[g] - middle;
        squares += off * off;
    }
    if (groups > 1)
        gain.error = sqrt(squares * (groups - 1) / groups);
    return gain;
}

effects_gain effects_gain_mean(const effects_gain *part, uint32_t parts)
{
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < parts; i++) {
        sum += part[i].mean;
        squares += part[i].error * part[i].error;
    }
    return (effects_gain){.mean = parts ? sum / parts : (double)NAN,
                          .error = parts ? sqrt(squares) / parts : (double)NAN};
}

/* The mean over the pairs of the number that lies `offset` bytes into a score. */
static double mean_of(const effects_score *pair, uint32_t pairs, size_t offset)
{
    double sum = 0;
    uint32_t terms = 0;
    for (uint32_t i = 0; i < pairs; i++) {
        double value;
        memcpy(&value, (const char *)&pair[i] + offset, sizeof value);
        sum += isnan(value) ? 0 : value;
        terms += isnan(value) ? 0 : 1;
    }
    return terms ? sum / terms : (double)NAN;
}

effects_score effects_score_mean(const effects_score *pair, uint32_t pairs)
{
    effects_score mean = {0};
    for (uint32_t i = 0; i < pairs; i++) {
        mean.cells += pair[i].cells;
        mean.moved += pair[i].moved;
        mean.edges += pair[i].edges;
        mean.found += pair[i].found;
    }
#define MEAN(field) mean.field = mean_of(pair, pairs, offsetof(effects_score, field))
    MEAN(average_precision);
    MEAN(sign_agreement);
    MEAN(rank_correlation);
    MEAN(slope);
#undef MEAN
    for (size_t p = 0; p < EFFECTS_PLACES; p++)
        mean.precision[p] =
            mean_of(pair, pairs, offsetof(effects_score, precision) + p * sizeof(double));
    return mean;
}

static double off_by(const effect_cell *c)
{
    return fabs(c->measured - c->predicted);
}

static int worst_first(const void *a, const void *b)
{
    const effect_cell *x = a, *y = b;
    if (off_by(x) != off_by(y))
        return off_by(x) > off_by(y) ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->target > y->target) - (x->target < y->target);
}

uint32_t effects_score_worst(effect_cell *cell, uint32_t count)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!cell[i].edge)
            continue;
        effect_cell swap = cell[edges];
        cell[edges++] = cell[i];
        cell[i] = swap;
    }
    if (edges > 0)
        qsort(cell, edges, sizeof *cell, worst_first);
    return edges;
}

const char *effects_disagreement(const effect_cell *cell, double cut)
{
    if (!moved(cell, cut))
        return "nothing moved";
    if (cell->predicted * cell->measured < 0)
        return "sign";
    return fabs(cell->predicted) > fabs(cell->measured) ? "too large" : "too small";
}
