/* Strengths of edges against their definitions, from whole columns, on sparse and dense layers. */
#include "src/jobs/strength.h"
#include "src/base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS = 300, COLS = 6, TARGETS = 3 };

typedef struct layer_made {
    layer_data data;
    double column[COLS][ROWS]; /* the same numbers, one column after the other */
} layer_made;

static uint64_t seed = 42;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double spread(const double *v)
{
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < ROWS; i++)
        sum += v[i];
    for (int i = 0; i < ROWS; i++)
        squares += (v[i] - sum / ROWS) * (v[i] - sum / ROWS);
    return sqrt(squares / ROWS);
}

/* Column c of a target layer depends on the columns 0, 1 and 2 of `from`. */
static void make(layer_made *l, uint32_t cols, bool dense, const layer_made *from)
{
    uint64_t stored = 0;
    for (uint32_t c = 0; c < cols; c++)
        for (int i = 0; i < ROWS; i++) {
            double value = dense ? uniform() + 3 : uniform() < 0.3 ? uniform() + 0.5 : 0;
            if (from)
                value += from->column[0][i] - 0.5 * from->column[1][i] + 0.3 * from->column[2][i];
            if (!dense && value < 0.7)
                value = 0;
            l->column[c][i] = (double)(float)value;
            stored += value != 0;
        }
    cr_assert_eq(matrix_create(&l->data.m, ROWS, cols, dense, stored, NULL), STATUS_OK);
    l->data.sd = mem_alloc(cols * sizeof *l->data.sd);
    l->data.active_mean = NULL;
    uint64_t at = 0;
    for (uint32_t c = 0; c < cols; c++) {
        l->data.sd[c] = spread(l->column[c]);
        if (!dense)
            l->data.m.col_start[c] = at;
        for (uint32_t i = 0; i < ROWS; i++)
            if (dense) {
                l->data.m.value[(size_t)c * ROWS + i] = (float)l->column[c][i];
            } else if (l->column[c][i] != 0) {
                l->data.m.row[at] = i;
                l->data.m.value[at++] = (float)l->column[c][i];
            }
    }
    if (!dense)
        l->data.m.col_start[cols] = at;
}

/* By the definitions: predictions first, then everything from them. */
static void expect_strengths(const layer_made *x, const layer_made *y, const lasso_result *r,
                             const edge_strength *got)
{
    const double *t = y->column[r->target];
    double p[ROWS];
    double t_mean = 0;
    double p_mean = 0;
    double tp = 0;
    double pp = 0;
    for (int i = 0; i < ROWS; i++) {
        p[i] = r->intercept;
        for (uint32_t k = 0; k < r->parents; k++)
            p[i] += r->weight[k] * x->column[r->source[k]][i];
        t_mean += t[i] / ROWS;
        p_mean += p[i] / ROWS;
    }
    for (int i = 0; i < ROWS; i++) {
        tp += (t[i] - t_mean) * (p[i] - p_mean);
        pp += (p[i] - p_mean) * (p[i] - p_mean);
    }
    cr_expect_gt(tp / pp, 1, "a shrunk fit");
    for (uint32_t k = 0; k < r->parents; k++) {
        const double *z = x->column[r->source[k]];
        double fall = 0;
        int active = 0;
        for (int i = 0; i < ROWS; i++) {
            active += z[i] != 0;
            fall += t[i] != 0 ? tp / pp * r->weight[k] * z[i] : 0;
        }
        cr_expect_float_eq(got[k].removal, fall / active, 1e-9 * fabs(fall) + 1e-12);
        cr_expect_float_eq(got[k].standardised, r->weight[k] * spread(z) / spread(t), 1e-12);
    }
}

typedef struct taken {
    const layer_made *x, *y;
    uint32_t edges;
} taken;

static bool take(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    taken *all = user;
    float scratch[ROWS] = {0};
    edge_strength got[COLS];
    for (uint32_t i = 0; i < count; i++) {
        strength_measure(&all->x->data, &all->y->data, &results[i], scratch, got);
        for (int row = 0; row < ROWS; row++)
            cr_assert_eq(scratch[row], 0);
        expect_strengths(all->x, all->y, &results[i], got);
        all->edges += results[i].parents;
    }
    return true;
}

static void try_layers(bool dense_source, bool dense_target)
{
    error err = {0};
    layer_made *x = mem_zero(1, sizeof *x);
    layer_made *y = mem_zero(1, sizeof *y);
    make(x, COLS, dense_source, NULL);
    make(y, TARGETS, dense_target, x);
    lasso_settings settings = lasso_defaults();
    lasso_design *design = NULL;
    lasso_report report;
    taken all = {.x = x, .y = y};
    lasso_hooks hooks = {.user = &all, .block = take};
    settings.lambda = 0.1;
    settings.threads = 1;
    cr_assert_eq(lasso_design_create(&design, &x->data.m, &settings, &err), STATUS_OK);
    cr_assert_eq(lasso_solve(design, &y->data.m, NULL, TARGETS, &settings, &hooks, &report, &err),
                 STATUS_OK, "%s", err.message);
    cr_expect_geq(all.edges, TARGETS * 2);
    lasso_design_free(design);
    layer_data_release(&x->data);
    layer_data_release(&y->data);
    free(x);
    free(y);
}

Test(strength, follows_its_definitions_on_sparse_layers)
{
    try_layers(false, false);
}

Test(strength, follows_its_definitions_where_a_layer_is_dense)
{
    try_layers(true, true);
    try_layers(false, true);
    try_layers(true, false);
}

/* One source, never active together with the target: nothing can fall. */
Test(strength, a_target_that_is_silent_cannot_fall)
{
    layer_data x = {0};
    layer_data y = {0};
    double sd = 0.5;
    x.sd = y.sd = &sd;
    uint64_t start[] = {0, 2};
    uint32_t x_row[] = {0, 1};
    uint32_t y_row[] = {2, 3};
    float value[] = {1, 1};
    x.m = (matrix){.rows = 4, .cols = 1, .col_start = start, .row = x_row, .value = value};
    y.m = (matrix){.rows = 4, .cols = 1, .col_start = start, .row = y_row, .value = value};
    uint32_t source = 0;
    double weight = -0.5; /* half of what least squares gives */
    lasso_result r = {.r2 = 0.75, .parents = 1, .source = &source, .weight = &weight};
    float scratch[4] = {0};
    edge_strength got;
    strength_measure(&x, &y, &r, scratch, &got);
    cr_expect_eq(got.removal, 0);
    cr_expect_float_eq(got.standardised, -0.5, 1e-15);

    y_row[0] = 1; /* together in one of the source's two samples: cov = 0, so nothing to undo */
    strength_measure(&x, &y, &r, scratch, &got);
    cr_expect_float_eq(got.removal, -0.25, 1e-15);
}
