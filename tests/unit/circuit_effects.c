/* A circuit against measured effects, where the answer is known: made so, or computed by
 * scikit-learn and SciPy. */
#include "src/circuit/effects_pair.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 30, TARGETS = 50, CELLS = SOURCES * TARGETS };

static effect_cell cells[CELLS];

/* A tenth of the cells moves, by 0.1 to 1.9 one way or the other; none is predicted. */
static void measure(void)
{
    for (uint32_t i = 0; i < CELLS; i++) {
        double size = i % 10 == 3 ? 0.1 + (i * 37 % 180) / 100.0 : 0;
        cells[i] = (effect_cell){
            .source = i / TARGETS, .target = i % TARGETS, .measured = i % 20 == 3 ? -size : size};
    }
}

static effects_score judge(void)
{
    effects_score s;
    cr_assert_eq(effects_score_cells(cells, CELLS, CELLS, EFFECTS_CUT, &s, NULL), STATUS_OK);
    return s;
}

Test(effects, a_perfect_circuit)
{
    measure();
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i].edge = fabs(cells[i].measured) > 0;
        cells[i].predicted = cells[i].measured;
    }
    effects_score s = judge();
    cr_expect_eq(s.cells, CELLS);
    cr_expect_eq(s.moved, CELLS / 10);
    cr_expect_eq(s.edges, CELLS / 10);
    cr_expect_eq(s.found, CELLS / 10);
    cr_expect_float_eq(s.average_precision, 1, 1e-12);
    cr_expect_float_eq(s.precision[0], 1, 1e-12);
    cr_expect(isnan(s.precision[1]), "there are no 300 edges");
    cr_expect_float_eq(s.sign_agreement, 1, 1e-12);
    cr_expect_float_eq(s.rank_correlation, 1, 1e-12);
    cr_expect_float_eq(s.slope, 1, 1e-12);
}

Test(effects, a_circuit_whose_signs_are_wrong)
{
    measure();
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i].edge = fabs(cells[i].measured) > 0;
        cells[i].predicted = -2 * cells[i].measured;
    }
    effects_score s = judge();
    cr_expect_float_eq(s.average_precision, 1, 1e-12, "it ranks by size");
    cr_expect_float_eq(s.sign_agreement, 0, 1e-12);
    cr_expect_float_eq(s.rank_correlation, -1, 1e-12);
    cr_expect_float_eq(s.slope, -0.5, 1e-12);
}

Test(effects, a_useless_circuit_has_the_base_rate)
{
    measure();
    effects_score none = judge();
    cr_expect_float_eq(none.average_precision, 0.1, 1e-12);
    cr_expect(isnan(none.sign_agreement) && isnan(none.slope) && isnan(none.rank_correlation));
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i].edge = true;
        cells[i].predicted = 0.3;
    }
    effects_score same = judge();
    cr_expect_float_eq(same.average_precision, 0.1, 1e-12);
    for (int p = 0; p < EFFECTS_PLACES; p++)
        cr_expect_float_eq(same.precision[p], 0.1, 1e-12);
    cr_expect(isnan(same.rank_correlation), "it orders nothing");
}

/* Cells that are neither edges nor moved need not be listed. */
Test(effects, what_is_not_listed_counts)
{
    measure();
    for (uint32_t i = 0; i < CELLS; i += 7) {
        cells[i].edge = true;
        cells[i].predicted = (i % 11) / 10.0 - 0.3;
    }
    effects_score whole = judge();
    uint32_t kept = 0;
    for (uint32_t i = 0; i < CELLS; i++)
        if (cells[i].edge || fabs(cells[i].measured) > 0)
            cells[kept++] = cells[i];
    cr_assert_lt(kept, CELLS / 2);
    effects_score listed;
    cr_assert_eq(effects_score_cells(cells, kept, CELLS, EFFECTS_CUT, &listed, NULL), STATUS_OK);
    cr_expect_eq(memcmp(&whole, &listed, sizeof whole), 0);
}

/* p = np.array([-.9,-.5,.5,-.3,.25,-.25,.1,-.08,.06,-.02,0,0,0,0,0,0])
 * m = np.array([-.7,-.6,.02,.1,.3,-.01,0,-.06,0,-.07,.4,-.2,0,0,0,0]); e = p != 0
 * average_precision_score(abs(m) > .05, abs(p)), spearmanr(p[e], m[e]), p[e]@m[e] / (p[e]@p[e])
 * with scikit-learn 1.2.1, SciPy 1.10.1. */
Test(effects, agrees_with_scikit_learn_and_scipy)
{
    static const double p[16] = {-.9, -.5, .5, -.3, .25, -.25, .1, -.08, .06, -.02};
    static const double m[16] = {-.7, -.6, .02, .1, .3, -.01, 0, -.06, 0, -.07, .4, -.2};
    effect_cell few[16];
    for (uint32_t i = 0; i < 16; i++)
        few[i] = (effect_cell){
            .target = i, .predicted = p[i], .measured = m[i], .edge = fabs(p[i]) > 0};
    effects_score s;
    cr_assert_eq(effects_score_cells(few, 16, 16, 0.05, &s, NULL), STATUS_OK);
    cr_expect_eq(s.moved, 8);
    cr_expect_eq(s.found, 6);
    cr_expect_float_eq(s.average_precision, 0.6635416666666667, 1e-12);
    cr_expect_float_eq(s.rank_correlation, 0.6686960980480711, 1e-12);
    cr_expect_float_eq(s.slope, 0.6430050472369612, 1e-12);
    cr_expect_float_eq(s.sign_agreement, 5.0 / 6, 1e-12, "only the fourth goes the other way");
    cr_assert_eq(effects_score_cells(few, 16, 16, 0.5, &s, NULL), STATUS_OK);
    cr_expect_eq(s.moved, 2, "the cut is what counts");
}

Test(effects, pairs_weigh_the_same_and_counts_add_up)
{
    effects_score pair[2] = {{.cells = 7,
                              .edges = 3,
                              .average_precision = 0.4,
                              .precision = {0.5, 0.3, (double)NAN},
                              .sign_agreement = (double)NAN,
                              .rank_correlation = -0.5,
                              .slope = 1},
                             {.cells = 4,
                              .edges = 1,
                              .average_precision = 0.8,
                              .precision = {0.9, (double)NAN, (double)NAN},
                              .sign_agreement = 0.7,
                              .rank_correlation = 0.5,
                              .slope = 2}};
    effects_score mean = effects_score_mean(pair, 2);
    cr_expect_eq(mean.cells, 11);
    cr_expect_eq(mean.edges, 4);
    cr_expect_float_eq(mean.average_precision, 0.6, 1e-12);
    cr_expect_float_eq(mean.precision[0], 0.7, 1e-12);
    cr_expect_float_eq(mean.precision[1], 0.3, 1e-12);
    cr_expect(isnan(mean.precision[2]));
    cr_expect_float_eq(mean.sign_agreement, 0.7, 1e-12);
    cr_expect_float_eq(mean.rank_correlation, 0, 1e-12);
    cr_expect_float_eq(mean.slope, 1.5, 1e-12);
}

Test(effects, the_worst_edges_come_first)
{
    effect_cell some[] = {
        {.source = 0, .predicted = 0.5, .measured = 0.4, .edge = true},
        {.source = 1, .predicted = 0, .measured = 3}, /* no edge: not an edge that disagrees */
        {.source = 2, .predicted = -0.3, .measured = 0.6, .edge = true},
        {.source = 3, .predicted = 0.8, .measured = 0.01, .edge = true},
        {.source = 4, .predicted = 0.2, .measured = 0.6, .edge = true},
    };
    cr_assert_eq(effects_score_worst(some, 5), 4);
    cr_expect_eq(some[0].source, 2);
    cr_expect_str_eq(effects_disagreement(&some[0], 0.05), "sign");
    cr_expect_eq(some[1].source, 3);
    cr_expect_str_eq(effects_disagreement(&some[1], 0.05), "nothing moved");
    cr_expect_eq(some[2].source, 4);
    cr_expect_str_eq(effects_disagreement(&some[2], 0.05), "too small");
    cr_expect_eq(some[3].source, 0);
    cr_expect_str_eq(effects_disagreement(&some[3], 0.05), "too large");
    cr_expect_eq(some[4].source, 1, "cells without an edge are last");
}

/* Three sources of four targets; without each in turn, the rest is what effects_score_cells says
 * of the rest. */
Test(effects, without_a_source_the_rest_is_judged)
{
    static const uint32_t source[3] = {5, 7, 9};
    effect_cell list[] = {
        {.source = 5, .target = 1, .predicted = 0.9, .measured = 0.5, .edge = true},
        {.source = 9, .target = 2, .predicted = -0.7, .measured = 0, .edge = true},
        {.source = 7, .target = 3, .predicted = 0.5, .measured = -0.2, .edge = true},
        {.source = 5, .target = 2, .measured = 0.3},
        {.source = 9, .target = 0, .predicted = 0.1, .measured = 0.4, .edge = true},
    };
    double without[3];
    cr_assert_eq(effects_score_without(list, 5, source, 3, 4, 0.05, 3, without, NULL), STATUS_OK);
    for (uint32_t g = 0; g < 3; g++) {
        effect_cell rest[5];
        uint32_t kept = 0;
        effects_score s;
        for (uint32_t i = 0; i < 5; i++)
            if (list[i].source != source[g])
                rest[kept++] = list[i];
        cr_assert_eq(effects_score_cells(rest, kept, 8, 0.05, &s, NULL), STATUS_OK);
        cr_expect_float_eq(without[g], s.average_precision, 1e-12);
    }
    /* two groups: the first and the third source together */
    cr_assert_eq(effects_score_without(list, 5, source, 3, 4, 0.05, 2, without, NULL), STATUS_OK);
    cr_expect_float_eq(without[0], 1, 1e-12, "one edge, and it moved");
}

/* d = np.array([.1, .3, .2, .0]); n = 4; se = sqrt((n - 1) / n * ((d - d.mean()) ** 2).sum()) */
Test(effects, a_difference_counts_when_it_is_beyond_chance)
{
    static const double first[4] = {.5, .6, .6, .5}, second[4] = {.4, .3, .4, .5};
    effects_gain g = effects_gain_of(.7, .55, first, second, 4);
    cr_expect_float_eq(g.mean, .15, 1e-12);
    cr_expect_float_eq(g.error, 0.19364916731037085, 1e-12);
    cr_expect(isnan(effects_gain_of(.7, .55, first, second, 1).error));
    effects_gain pair[2] = {{.1, .03}, {.3, .04}}, mean = effects_gain_mean(pair, 2);
    cr_expect_float_eq(mean.mean, .2, 1e-12);
    cr_expect_float_eq(mean.error, .025, 1e-12);

    effects_standing s = {
        .pairs = 5, .better = 5, .circuit = .6, .covariance = .5, .gain = {.1, .04}};
    cr_expect_eq(effects_standing_sign(&s), 1);
    s.gain.error = .06;
    cr_expect_eq(effects_standing_sign(&s), 0);
    s.gain.error = (double)NAN;
    cr_expect_eq(effects_standing_sign(&s), 0);
    s = (effects_standing){.pairs = 5, .circuit = .4, .covariance = .5, .gain = {-.1, .04}};
    cr_expect_eq(effects_standing_sign(&s), -1);
    char *said = effects_standing_say(&s);
    cr_expect_not_null(strstr(said, "not worth its name"), "%s", said);
    free(said);
    s.gain.mean = .01; /* only covariance with all cells is better */
    cr_expect_eq(effects_standing_sign(&s), 0);
    s.circuit = (double)NAN;
    said = effects_standing_say(&s);
    cr_expect_not_null(strstr(said, "nothing to find"), "%s", said);
    free(said);
}

Test(calibration, bins_hold_as_many_points_each)
{
    double x[25], y[25];
    for (int i = 0; i < 25; i++) {
        x[i] = (i * 7 % 25) / 10.0; /* 0 to 2.4, out of order */
        y[i] = 2 * x[i];
    }
    calibration_bin bin[CALIBRATION_BINS];
    size_t bins = 0, points = 0;
    cr_assert_eq(calibration_curve(x, y, 25, bin, &bins, NULL), STATUS_OK);
    cr_assert_eq(bins, CALIBRATION_BINS);
    for (size_t b = 0; b < bins; b++) {
        cr_expect(bin[b].count == 2 || bin[b].count == 3);
        cr_expect_float_eq(bin[b].from, (double)points / 10, 1e-12);
        points += bin[b].count;
        cr_expect_float_eq(bin[b].to, (double)(points - 1) / 10, 1e-12);
        cr_expect_float_eq(bin[b].measured, 2 * bin[b].predicted, 1e-12);
        /* of 2 or 3 values 0.2 apart */
        cr_expect_float_eq(bin[b].deviation, bin[b].count == 2 ? 0.1 : 0.2 * sqrt(2.0 / 3), 1e-12);
    }
    cr_expect_eq(points, 25);
    cr_assert_eq(calibration_curve(x, y, 3, bin, &bins, NULL), STATUS_OK);
    cr_expect_eq(bins, 3);
    cr_assert_eq(calibration_curve(x, y, 0, bin, &bins, NULL), STATUS_OK);
    cr_expect_eq(bins, 0);
    cr_expect(isnan(calibration_slope(x, y, 0)));
}
