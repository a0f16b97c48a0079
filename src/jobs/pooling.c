#include "src/jobs/pooling.h"

#include <math.h>

/* The pooled value of one document: n of its `tokens` tokens have an entry, the last of them at
 * row[n - 1]; `end` is the row after the document. */
static float pool_document(manifest_pool how, const uint32_t *row, const float *value, uint32_t n,
                           uint32_t tokens, uint32_t end)
{
    double sum = 0;
    float largest = value[0];
    switch (how) {
    case POOL_MAX:
        for (uint32_t i = 1; i < n; i++)
            largest = value[i] > largest ? value[i] : largest;
        return n < tokens && largest < 0 ? 0 : largest;
    case POOL_MEAN:
        for (uint32_t i = 0; i < n; i++)
            sum += (double)value[i];
        return (float)(sum / tokens);
    default:
        return row[n - 1] == end - 1 ? value[n - 1] : 0;
    }
}

void pooling_apply(column *c, manifest_pool how, const uint32_t *start, uint32_t documents)
{
    if (how == POOL_NONE)
        return;
    uint32_t kept = 0, i = 0;
    for (uint32_t d = 0; d < documents && i < c->count; d++) {
        uint32_t first = i;
        while (i < c->count && c->row[i] < start[d + 1])
            i++;
        if (i == first)
            continue;
        float value = pool_document(how, c->row + first, c->value + first, i - first,
                                    start[d + 1] - start[d], start[d + 1]);
        c->row[kept] = d;
        c->value[kept] = value;
        kept += value != 0;
    }
    c->count = kept;
}

static void fill_histogram(const column *c, float least, float greatest, uint32_t *bin)
{
    double width = ((double)greatest - (double)least) / FEATURE_BINS;
    for (uint32_t i = 0; i < c->count; i++) {
        double place = width > 0 ? ((double)c->value[i] - (double)least) / width : 0;
        bin[place < FEATURE_BINS ? (int)place : FEATURE_BINS - 1]++;
    }
}

void pooling_stats(const column *c, uint32_t samples, feature_stats *out)
{
    *out = (feature_stats){.active = c->count};
    if (c->count == 0)
        return;
    double sum = 0;
    float least = c->value[0], greatest = c->value[0];
    for (uint32_t i = 0; i < c->count; i++) {
        sum += (double)c->value[i];
        least = c->value[i] < least ? c->value[i] : least;
        greatest = c->value[i] > greatest ? c->value[i] : greatest;
    }
    out->mean = sum / samples;
    out->active_mean = sum / c->count;
    double squares = (double)(samples - c->count) * out->mean * out->mean;
    for (uint32_t i = 0; i < c->count; i++) {
        double away = (double)c->value[i] - out->mean;
        squares += away * away;
    }
    out->sd = sqrt(squares / samples);
    bool zeros = c->count < samples;
    out->minimum = (double)(zeros && least > 0 ? 0 : least);
    out->maximum = (double)(zeros && greatest < 0 ? 0 : greatest);
    fill_histogram(c, least, greatest, out->histogram);
}
