/* The pass over a sparse layer, and what its working sets pick, against products written out. */
#include "solver/sweep.h"
#include "src/base/memory.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>

/* A sweep never misses a product above its limit, and rules out most of those below; what it
 * cannot judge, and what is no number, it names. */
static void judge_sweep(const kernels *v, generator *g)
{
    enum { ROWS = 3000, COLUMNS = 40 };
    matrix x = problem_sparse(ROWS, COLUMNS, 71);
    x.value[x.col_start[7]] = 3e38F;
    x.value[x.col_start[7] + 1] = 3e38F; /* the sum may overflow */
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
    error err;
    lasso_design *design;
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    lane lanes[SWEEP_LANES] = {{0}};
    sweep_space space;
    cr_assert_eq(sweep_space_create(&space, design, &err), STATUS_OK);
    for (uint32_t t = 0; t < SWEEP_LANES; t++) {
        lane *l = &lanes[t];
        double scale = pow(10, 20 * generator_normal(g));
        l->residual = mem_alloc(ROWS * sizeof *l->residual);
        for (uint32_t i = 0; i < ROWS; i++) {
            l->residual[i] = scale * (generator_normal(g) + 0.5);
            l->r.sum += l->residual[i];
            l->r.rr += l->residual[i] * l->residual[i];
        }
        l->r.rr -= l->r.sum * l->r.sum / ROWS;
        l->busy = t != 5;
        l->threshold = l->limit = t == 6 ? 0 : scale * 30 * (1 + t % 3);
        l->place = mem_zero(design->size, sizeof *l->place);
        if (l->busy)
            sweep_lay(&space, design, l, t);
    }
    design->vector = v;
    cr_assert_eq(sweep_pass(&space, design, lanes, NULL), STATUS_OK);
    for (uint32_t t = 0; t < SWEEP_LANES; t++) {
        lane *l = &lanes[t];
        uint32_t expected = 0;
        for (uint32_t k = 0; k < design->size; k++) {
            long double sum = 0;
            uint32_t column = design->column[k];
            for (uint64_t e = x.col_start[column]; e < x.col_start[column + 1]; e++)
                sum += (long double)x.value[e] * (long double)l->residual[x.row[e]];
            sum -= (long double)design->mean[k] * (long double)l->r.sum;
            expected += l->busy && fabsl(sum) > (long double)l->threshold;
        }
        cr_assert_eq(l->violator_count, expected, "%s: lane %u: %u, not %u", v->name, t,
                     l->violator_count, expected);
        cr_assert(l->busy ? expected > 0 : true);
        free(l->residual);
        free(l->place);
        free(l->violators);
    }
    sweep_space_release(&space);
    lasso_design_free(design);
    matrix_release(&x);
}

Test(solver_sweep, every_kind)
{
    generator g = {62};
    const kernels *const *all = kernels_all();
    for (unsigned n = 0; all[n]; n++)
        judge_sweep(all[n], &g);
}

Test(solver_sweep, picks)
{
    enum { GROUPS = 5, WIDTH = GROUPS * PICK_GROUP };
    generator g = {63};
    float row[WIDTH];
    for (unsigned i = 0; i < WIDTH; i++)
        row[i] = (float)i;
    const kernels *const *all = kernels_all();
    for (unsigned turn = 0; turn < 200; turn++) {
        kernel_pick picks[GROUPS];
        float expected[WIDTH];
        size_t count = 0;
        size_t picked = 0;
        for (uint16_t group = 0; group < GROUPS; group++) {
            uint16_t mask = (uint16_t)(generator_uniform(&g) * 65536);
            if (generator_uniform(&g) < 0.3)
                continue;
            picks[count++] = (kernel_pick){group, mask};
            for (unsigned bit = 0; bit < PICK_GROUP; bit++)
                if (mask >> bit & 1)
                    expected[picked++] = row[group * PICK_GROUP + bit];
        }
        for (unsigned n = 0; all[n]; n++) {
            float found[WIDTH + PICK_GROUP] = {0};
            all[n]->pick(found, row, picks, count);
            cr_assert_arr_eq(found, expected, picked * sizeof *found, "%s", all[n]->name);
        }
    }
}
