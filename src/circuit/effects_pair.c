#include "src/circuit/effects_pair.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void effects_pair_release(effects_pair *pair)
{
    free(pair->edge);
    *pair = (effects_pair){0};
}

status effects_pair_calibrate(effects_pair *pair, error *err)
{
    double *x = mem_try(pair->edge_count, sizeof *x);
    double *y = mem_try(pair->edge_count, sizeof *y);
    for (uint32_t i = 0; x && y && i < pair->edge_count; i++) {
        x[i] = pair->edge[i].predicted;
        y[i] = pair->edge[i].measured;
    }
    status code = x && y ? calibration_curve(x, y, pair->edge_count, pair->bin, &pair->bins, err)
                         : error_memory(err, "a calibration curve");
    free(x);
    free(y);
    return code;
}

/* The mean of one of the circuits' scores, over the pairs that have it. */
static effects_score mean_score(const effects_pair *pair, uint32_t pairs, size_t offset)
{
    effects_score *list = mem_alloc(pairs * sizeof *list);
    uint32_t count = 0;
    for (uint32_t p = 0; p < pairs; p++) {
        const effects_score *score = (const void *)((const char *)&pair[p] + offset);
        if (score->cells > 0)
            list[count++] = *score;
    }
    effects_score mean = effects_score_mean(list, count);
    free(list);
    return mean;
}

static status join_edges(const effects_pair *pair, uint32_t pairs, effects_pair *out, error *err)
{
    for (uint32_t p = 0; p < pairs; p++)
        out->edge_count += pair[p].edge_count;
    out->edge = mem_try(out->edge_count, sizeof *out->edge);
    if (!out->edge)
        return error_memory(err, "the edges of all layer pairs");
    uint32_t at = 0;
    for (uint32_t p = 0; p < pairs; p++) {
        memcpy(out->edge + at, pair[p].edge, pair[p].edge_count * sizeof *out->edge);
        at += pair[p].edge_count;
    }
    effects_score_worst(out->edge, out->edge_count);
    return effects_pair_calibrate(out, err);
}

/* The mean of the numbers that lie `offset` bytes into each pair, of those that are there. */
static double mean_number(const effects_pair *pair, uint32_t pairs, size_t offset)
{
    double sum = 0;
    uint32_t terms = 0;
    for (uint32_t p = 0; p < pairs; p++) {
        double number;
        memcpy(&number, (const char *)&pair[p] + offset, sizeof number);
        sum += isnan(number) ? 0 : number;
        terms += isnan(number) ? 0 : 1;
    }
    return terms ? sum / terms : (double)NAN;
}

status effects_pair_mean(const effects_pair *pair, uint32_t pairs, effects_pair *out, error *err)
{
    effects_gain *gain = mem_alloc(pairs * sizeof *gain);
    *out = (effects_pair){
        .circuit = mean_score(pair, pairs, offsetof(effects_pair, circuit)),
        .covariance = mean_score(pair, pairs, offsetof(effects_pair, covariance)),
        .lasso = mean_score(pair, pairs, offsetof(effects_pair, lasso)),
        .coactive = mean_score(pair, pairs, offsetof(effects_pair, coactive)),
        .covariance_all = mean_number(pair, pairs, offsetof(effects_pair, covariance_all)),
        .coactive_all = mean_number(pair, pairs, offsetof(effects_pair, coactive_all)),
    };
    for (uint32_t p = 0; p < pairs; p++) {
        out->removed += pair[p].removed;
        gain[p] = pair[p].gain;
    }
    out->gain = effects_gain_mean(gain, pairs);
    free(gain);
    status code = join_edges(pair, pairs, out, err);
    if (code != STATUS_OK)
        effects_pair_release(out);
    return code;
}

static double best_covariance(const effects_pair *pair)
{
    return fmax(pair->covariance.average_precision, pair->covariance_all);
}

effects_standing effects_standing_of(const effects_pair *pair, uint32_t pairs,
                                     const effects_pair *mean)
{
    effects_standing s = {
        .pairs = pairs,
        .circuit = mean->circuit.average_precision,
        .covariance = best_covariance(mean),
        .gain = mean->gain,
        .coactive = fmax(mean->coactive.cells ? mean->coactive.average_precision : (double)NAN,
                         mean->coactive_all)};
    for (uint32_t p = 0; p < pairs; p++)
        s.better += pair[p].circuit.average_precision > best_covariance(&pair[p]);
    return s;
}

int effects_standing_sign(const effects_standing *s)
{
    double sure = 2 * s->gain.error; /* NaN: nothing is */
    if (s->circuit > s->covariance)
        return s->gain.mean > 0 && s->gain.mean >= sure ? 1 : 0;
    return s->gain.mean < 0 && s->gain.mean <= -sure ? -1 : 0;
}

char *effects_standing_say(const effects_standing *s)
{
    static const char *const what[] = {
        "the circuit does not beat covariance, which needs no fit: it is not worth its name here",
        "the circuit does not clearly beat covariance, which needs no fit",
        "the circuit finds what removals move better than covariance does",
    };
    if (isnan(s->circuit))
        return mem_copy_text("no removal moved anything: there is nothing to find");
    char *more =
        isnan(s->coactive)
            ? mem_copy_text("")
            : mem_format(
                  "; covariance only where both features are active reaches %.2f, %s", s->coactive,
                  s->coactive < s->circuit ? "less than the circuit" : "no less than the circuit");
    char *said = mem_format("%s: average precision %.2f against %.2f, better in %u of %u layer "
                            "pairs; with as many edges each, the difference is %+.3f (standard "
                            "error %.3f)%s",
                            what[effects_standing_sign(s) + 1], s->circuit, s->covariance,
                            s->better, s->pairs, s->gain.mean, s->gain.error, more);
    free(more);
    return said;
}
