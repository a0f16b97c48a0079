/* Dense layers in float: what is said of their errors holds, and products have the same bits
 * whatever stands beside them. */
#include "solver/gradient.h"
#include "src/base/memory.h"
#include "tests/unit/solver_problem.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2100, WIDTH = 61 };

/* Columns that float has trouble with: means far from zero, values near its ends, a few tiny
 * values beside one that is large, nearly constant ones. */
static matrix hard_columns(uint64_t seed)
{
    matrix x = problem_dense(ROWS, WIDTH, seed);
    generator g = {seed + 1};
    for (uint32_t k = 0; k < WIDTH; k++) {
        float *column = x.value + (size_t)k * ROWS;
        for (uint32_t i = 0; i < ROWS; i++) {
            switch (k % 6) {
            case 1: column[i] += 1e4F; break;
            case 2: column[i] *= k % 4 ? 1e-30F : 1e25F; break;
            case 3: column[i] = i == k ? 1e3F : 1e-4F * column[i]; break;
            case 4: column[i] = 1000 + 1e-3F * (float)generator_normal(&g); break;
            default: break;
            }
        }
    }
    return x;
}

static lane lane_for(const lasso_design *design, const matrix *y, uint32_t column)
{
    lane l = {.busy = true, .column = column, .y = column_measure(y, column)};
    l.place = calloc(design->size + 1, sizeof *l.place);
    cr_assert(lane_reserve(&l, design->size));
    return l;
}

static void lane_release(lane *l)
{
    free(l->place);
    free(l->rank);
    free(l->u);
    free(l->g);
    free(l->violators);
}

static candidate candidate_of(const lane *l, const matrix *y)
{
    return (candidate){y, l->column, &l->y, l->size, l->rank, l->u};
}

/* (z_k - mu_k)'r with more digits than anybody uses, the mean being the design's. */
static double product_exactly(const lasso_design *design, uint32_t rank, const double *r)
{
    const float *z = design_get(design, rank).value;
    long double mean = 0;
    long double sum = 0;
    for (uint32_t i = 0; i < design->rows; i++)
        mean += (long double)z[i] / design->rows;
    for (uint32_t i = 0; i < design->rows; i++)
        sum += ((long double)z[i] - mean) * (long double)r[i];
    return (double)sum;
}

static void judge_bounds(const lasso_design *design, const double *g, const double *r,
                         dense_doubt doubt, const char *what)
{
    double size = 0;
    for (uint32_t i = 0; i < design->rows; i++)
        size += r[i] * r[i];
    for (uint32_t k = 0; k < design->size; k++) {
        double off = fabs(g[k] - product_exactly(design, k, r)) * design->inverse[k];
        double bound = doubt.all + doubt.shifted * dense_shift(design, k);
        /* of double, which the certificate is made in anyway */
        bound += 1e-12 * sqrt(size) *
                 (1 + fabs(design->mean[k]) * design->inverse[k] * sqrt(design->rows));
        cr_assert(off <= bound, "%s of column %u: off by %g, bound %g", what, design->column[k],
                  off, bound);
    }
}

/* The products of the lanes [from, from + count) of a pass over as many targets. */
static void take_pass(const lasso_design *design, const kernels *v, const matrix *y, uint32_t from,
                      uint32_t count, double *out)
{
    lasso_design own = *design;
    own.vector = v;
    static lane lanes[WIDE_LANES];
    double *r = mem_alloc(ROWS * sizeof *r);
    product p;
    error err;
    memset(lanes, 0, sizeof lanes);
    cr_assert_eq(product_create(&p, &own, count, &err), STATUS_OK);
    for (uint32_t t = 0; t < count; t++) {
        lanes[t] = lane_for(&own, y, from + t);
        candidate c = candidate_of(&lanes[t], y);
        lanes[t].r = residual_compute(&own, &c, r);
        dense_lay(&p, &own, &lanes[t], r, t);
    }
    cr_assert(dense_pass(&p, &own, lanes, NULL));
    for (uint32_t t = 0; t < count; t++) {
        candidate c = candidate_of(&lanes[t], y);
        lanes[t].r = residual_compute(&own, &c, r);
        double *g = out + (size_t)t * own.size;
        dense_doubt doubt = dense_estimates(&p, &own, &lanes[t], r, t, g);
        judge_bounds(&own, g, r, doubt, "product");
        double largest = 0;
        for (uint32_t k = 0; k < own.size; k++)
            largest = fmax(largest, fabs(product_exactly(&own, k, r)) / own.penalty[k]);
        double *copy = mem_alloc(own.size * sizeof *copy);
        memcpy(copy, g, own.size * sizeof *copy);
        dense_largest(&own, &lanes[t], r, copy, doubt);
        cr_assert(fabs(lanes[t].lambda_max - largest) <= 1e-11 * largest);
        free(copy);
        lane_release(&lanes[t]);
    }
    product_release(&p);
    free(r);
}

Test(solver_dense, products, .timeout = 120)
{
    enum { TARGETS = 14, ALONE = 8 };
    matrix x = hard_columns(70);
    matrix y = problem_targets(&x, TARGETS, true, 71);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
    lasso_design *design;
    error err;
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    double *all = mem_alloc((size_t)TARGETS * WIDTH * sizeof *all);
    double *one = mem_alloc(WIDTH * sizeof *one);
    const kernels *const *kinds = kernels_all();
    for (unsigned n = 0; kinds[n]; n++) {
        take_pass(design, kinds[n], &y, 0, TARGETS, all);
        take_pass(design, kinds[n], &y, ALONE, 1, one);
        cr_assert_arr_eq(one, all + (size_t)ALONE * design->size, design->size * sizeof *one);
    }
    free(all);
    free(one);
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
}

/* Gradients at coefficients that are not zero, from correlations and inner products. */
Test(solver_dense, gradients, .timeout = 120)
{
    matrix x = hard_columns(72);
    matrix y = problem_targets(&x, 1, true, 73);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
    lasso_design *design;
    gradient_space space;
    error err;
    generator g = {74};
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    cr_assert_eq(gradient_space_create(&space, design, &err), STATUS_OK);
    double *r = mem_alloc(ROWS * sizeof *r);
    for (unsigned trial = 0; trial < 20; trial++) {
        static lane lanes[WIDE_LANES];
        lane l = lanes[0] = lane_for(design, &y, 0);
        product p;
        cr_assert_eq(product_create(&p, design, 1, &err), STATUS_OK);
        candidate c = candidate_of(&l, &y);
        l.r = residual_compute(design, &c, r);
        dense_lay(&p, design, &l, r, 0);
        cr_assert(dense_pass(&p, design, lanes, NULL));
        space.doubt = dense_estimates(&p, design, &l, r, 0, space.base);
        gradient_start(&space, design);
        l.size = trial;
        for (uint32_t j = 0; j < l.size; j++) {
            l.rank[j] = (j * 7 + trial) % design->size;
            l.place[l.rank[j]] = j;
            l.u[j] = generator_normal(&g);
        }
        c = candidate_of(&l, &y);
        l.r = residual_compute(design, &c, r);
        for (uint32_t j = 0; j < l.size; j++)
            l.g[j] = dense_exact(design, l.rank[j], r, l.r.sum);
        cr_assert(gradient_screen(&space, design, &l));
        judge_bounds(design, space.g, r, gradient_doubt(&space, design, &l), "gradient");
        product_release(&p);
        lane_release(&l);
    }
    free(r);
    gradient_space_release(&space);
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
}
