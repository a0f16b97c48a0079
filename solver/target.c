/* The working-set loop, cut at the point where it needs a pass over the data.
 *
 *     begin:    correlations Z'y; the most promising candidates form the working set W
 *     loop:     solve on W (descent.c); residual r from the data; wait for the shared pass
 *     advance:  the pass gave all (z_k - mu_k)'r: gap small enough, done; else violators join W
 *
 * W only grows, so the loop ends; by doubling at most, so it takes few passes: measured on 8,192
 * features, 2.0 a target at a tenth of lambda_max (46 parents), 4 at a fiftieth (440). The
 * first W is the most promising 128 of the features with |z_k'y| > L p_k: in SAE-like data most
 * of those become parents, few others do. In dense layers W grows on inner products, which give
 * the certificate too (gradient.c): one pass is enough, Z'y, and `advance` follows each round at
 * once. In sparse layers Z'y is cheap by itself (correlation.c), and passes are made in float and
 * only where float cannot tell in double (sweep.c). The arithmetic of a target never sees which
 * other targets share its passes, its thread or its block. */
#include "solver/target.h"

#include "solver/correlation.h"
#include "solver/descent_wide.h"
#include "solver/fista.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SET = 128, LEAST_GROWTH = 32, STUBBORN_ROUND = 12, MOST_TURNS = 30 };

/* Features join for the next point of a path from this part of its threshold on: they would break
 * their bound there when others have joined, and cost the point another round. */
static const double anticipation = 0.8;

status workspace_create(workspace *w, const target_rules *rules, error *err)
{
    const lasso_design *design = rules->design;
    bool dense = design->x->dense;
    size_t size = design->size;
    *w = (workspace){
        .lane_count = dense ? rules->wide_lanes : SWEEP_LANES,
        .r = mem_try(design->rows, sizeof *w->r),
        .correlation = mem_try(size, sizeof *w->correlation),
        .u = mem_try(size, sizeof *w->u),
        .g = mem_try(size, sizeof *w->g),
        .threshold = mem_try(size, sizeof *w->threshold),
        .ridge = mem_try(size, sizeof *w->ridge),
    };
    bool whole = w->r && w->correlation && w->u && w->g && w->threshold && w->ridge;
    for (uint32_t t = 0; t < w->lane_count; t++) {
        lane *l = &w->lanes[t];
        l->place = calloc(size + 1, sizeof *l->place);
        l->residual = dense ? NULL : mem_try(design->rows, sizeof *l->residual);
        whole = whole && l->place && (dense || l->residual) && lane_reserve(l, FIRST_SET);
    }
    if (!whole)
        return error_memory(err, "the solver's threads");
    status code = dense ? product_create(&w->product, design, w->lane_count, err)
                        : sweep_space_create(&w->sweep, design, err);
    if (code == STATUS_OK)
        code = descent_space_create(&w->space, design, err);
    return code == STATUS_OK ? gradient_space_create(&w->gradient, design, err) : code;
}

void workspace_release(workspace *w)
{
    for (uint32_t t = 0; t < w->lane_count; t++) {
        free(w->lanes[t].residual);
        free(w->lanes[t].rank);
        free(w->lanes[t].place);
        free(w->lanes[t].u);
        free(w->lanes[t].g);
        free(w->lanes[t].violators);
    }
    sweep_space_release(&w->sweep);
    product_release(&w->product);
    free(w->r);
    free(w->correlation);
    free(w->u);
    free(w->g);
    free(w->threshold);
    free(w->ridge);
    descent_space_release(&w->space);
    gradient_space_release(&w->gradient);
    *w = (workspace){0};
}

double target_lambda_scale(const lasso_design *design, const column_moments *y)
{
    return design->scale ? y->norm / sqrt(design->rows) : 1.0;
}

candidate target_candidate(const lane *l, const target_rules *rules)
{
    return (candidate){.y = rules->y,
                       .column = l->column,
                       .moments = &l->y,
                       .size = l->size,
                       .rank = l->rank,
                       .u = l->u};
}

/* Recomputes the lane's residual from the data and lays it beside those of the other lanes. */
static void lay_residual(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    candidate c = target_candidate(l, rules);
    double *r = l->residual ? l->residual : w->r;
    l->r = residual_compute(design, &c, r);
    if (design->x->dense)
        dense_lay(&w->product, design, l, r, t);
    else
        sweep_lay(&w->sweep, design, l, t);
}

target_step target_pass(workspace *w, const target_rules *rules)
{
    const lasso_design *design = rules->design;
    if (design->x->dense)
        return dense_pass(&w->product, design, w->lanes, rules->cancel) ? TARGET_WAITS
                                                                        : TARGET_INTERRUPTED;
    switch (sweep_pass(&w->sweep, design, w->lanes, rules->cancel)) {
    case STATUS_OK: return TARGET_WAITS;
    case STATUS_INTERRUPTED: return TARGET_INTERRUPTED;
    default: return TARGET_NO_MEMORY;
    }
}

/* The selected violators join the working set: behind the others in a dense layer, in the order
 * of rank in a sparse one. False: out of memory. */
static bool grow(lane *l, const lasso_design *design)
{
    uint32_t left = l->violator_count;
    if (!lane_reserve(l, l->size + left))
        return false;
    uint32_t old = l->size;
    l->size += left;
    for (uint32_t j = l->size; left > 0;) {
        const violator *v = &l->violators[left - 1];
        bool moves = !design->x->dense && old > 0 && l->rank[old - 1] > v->rank;
        uint32_t from = moves ? --old : 0;
        left -= !moves;
        j--;
        l->rank[j] = moves ? l->rank[from] : v->rank;
        l->u[j] = moves ? l->u[from] : 0;
        l->g[j] = moves ? l->g[from] : v->g;
        l->place[l->rank[j]] = j;
    }
    return true;
}

/* How well a working set is worth solving: the first ones lack features anyway, and the gap
 * falls by two or more digits a round; one that hardly grew is likely the last. */
static double inner_tolerance(const lane *l, const target_rules *rules)
{
    double tight = 0.3 * rules->settings.tolerance;
    if (l->round > 0 && l->violator_count <= l->size / 8)
        return tight;
    return fmax(tight, l->round == 0 ? 1e-3 : 3e-2 * l->gap);
}

/* Solves on the working set, from the lane's g. */
static target_step solve_inner(workspace *w, const target_rules *rules, uint32_t t,
                               double tolerance)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    if (l->size > GRAM_LIMIT) {
        candidate c = target_candidate(l, rules);
        descent_wide(design, &c, l->u, l->threshold, w->r, rules->cancel);
        return TARGET_WAITS;
    }
    double unit = 1 / l->y.norm;
    double rr = l->r.rr * unit * unit;
    for (uint32_t j = 0; j < l->size; j++) {
        uint32_t k = l->rank[j];
        double inverse = design->inverse[k];
        w->g[j] = l->g[j] * inverse * unit;
        w->threshold[j] = l->threshold * design->penalty[k] * inverse * unit;
        w->ridge[j] = design->ridge[k] * inverse * inverse;
        rr += w->ridge[j] * l->u[j] * l->u[j];
    }
    subproblem problem = {
        .design = design,
        .size = l->size,
        .rank = l->rank,
        .u = l->u,
        .g = w->g,
        .threshold = w->threshold,
        .ridge = w->ridge,
        .rr = rr,
        .tolerance = tolerance,
        .stubborn = l->round >= STUBBORN_ROUND,
        .cancel = rules->cancel,
    };
    if (!descent_run(&problem, &w->space))
        return TARGET_NO_MEMORY;
    for (uint32_t j = 0; j < l->size; j++)
        l->g[j] = w->g[j] * design->norm[l->rank[j]] * l->y.norm;
    return TARGET_WAITS;
}

/* Solves on a working set that grows until no feature of the layer is missing, as far as the
 * inner products tell; roughly at first. */
static target_step solve_by_gradients(workspace *w, const target_rules *rules, uint32_t t)
{
    lane *l = &w->lanes[t];
    double tight = 0.3 * rules->settings.tolerance;
    double tolerance = inner_tolerance(l, rules);
    for (uint32_t turn = 0;; turn++) {
        target_step step = solve_inner(w, rules, t, tolerance);
        if (step != TARGET_WAITS)
            return step;
        if (!gradient_screen(&w->gradient, rules->design, l))
            return TARGET_NO_MEMORY;
        if (l->size > GRAM_LIMIT || turn == MOST_TURNS ||
            (rules->cancel && atomic_load(rules->cancel)) ||
            (l->violator_count == 0 && tolerance <= tight))
            return TARGET_WAITS;
        if (l->violator_count == 0)
            tolerance = tight;
        screen_select(rules->design, l, l->size > LEAST_GROWTH ? l->size : LEAST_GROWTH);
        uint32_t before = l->size;
        if (!grow(l, rules->design))
            return TARGET_NO_MEMORY;
        gradient_enter(&w->gradient, rules->design, l, before);
    }
}

static target_step finish_round(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    bool cheap = gradient_is_cheap(design);
    target_step step = cheap ? solve_by_gradients(w, rules, t)
                             : solve_inner(w, rules, t, inner_tolerance(l, rules));
    if (step != TARGET_WAITS)
        return step;
    if (rules->cancel && atomic_load(rules->cancel))
        return TARGET_INTERRUPTED;
    l->round++;
    l->certify = l->round >= rules->max_rounds || l->size > GRAM_LIMIT;
    if (!cheap) {
        lay_residual(w, rules, t);
        return TARGET_WAITS;
    }
    candidate c = target_candidate(l, rules);
    l->r = residual_compute(design, &c, w->r);
    return gradient_settle(&w->gradient, design, l, w->r) ? TARGET_READY : TARGET_NO_MEMORY;
}

/* Lambda at a point, of the problem as solved. */
static double lambda_at(const lane *l, const target_rules *rules, uint32_t point)
{
    const lasso_settings *settings = &rules->settings;
    if (settings->rule == LASSO_OF_TARGET) {
        double unit = rules->design->rows * target_lambda_scale(rules->design, &l->y);
        return l->lambda_max > 0 ? rules->level[point] * (l->lambda_max / unit) : 0;
    }
    bool own = settings->rule == LASSO_ABSOLUTE && settings->target_lambda;
    return own ? settings->target_lambda[l->column] : rules->level[point];
}

/* M times it, for unscaled y. */
static double threshold_at(const lane *l, const target_rules *rules, uint32_t point)
{
    return rules->settings.rule == LASSO_OF_TARGET
               ? rules->level[point] * l->lambda_max
               : rules->design->rows * lambda_at(l, rules, point) *
                     target_lambda_scale(rules->design, &l->y);
}

void target_enter(lane *l, const target_rules *rules, uint32_t point)
{
    l->point = point;
    l->threshold = threshold_at(l, rules, point);
    l->limit = l->threshold;
    if (point + 1 < rules->points)
        l->limit = fmin(l->limit, anticipation * threshold_at(l, rules, point + 1));
    l->gap = 0;
}

double target_gap(const lane *l, const target_rules *rules)
{
    const lasso_design *design = rules->design;
    candidate c = target_candidate(l, rules);
    if (l->threshold > 0 || design->rho == 0)
        return certificate_gap(design, &c, &l->r, l->worst, l->threshold);
    double gap = 0; /* at lambda 0 a feature is missing wherever its correlation is not zero */
    for (uint32_t j = 0; j < l->size; j++)
        gap += certificate_ridge_part(design, &c, l->rank[j], l->g[j]);
    for (uint32_t v = 0; v < l->violator_count; v++)
        gap += certificate_ridge_part(design, &c, l->violators[v].rank, l->violators[v].g);
    return gap;
}

/* Where the path of a target without parents so far begins: the first point at which it has some,
 * else the last. */
static uint32_t first_point(const lane *l, const target_rules *rules)
{
    uint32_t point = 0;
    while (point + 1 < rules->points &&
           !screen_exceeds(l->lambda_max, 1, threshold_at(l, rules, point)))
        point++;
    return point;
}

/* The violators that exceed this threshold join; the first round, or the next. */
static target_step go_on(workspace *w, const target_rules *rules, uint32_t t, double threshold,
                         uint32_t most)
{
    lane *l = &w->lanes[t];
    screen_drop_within(l, rules->design, threshold);
    if (l->size == 0 && l->violator_count == 0)
        return TARGET_DONE;
    screen_select(rules->design, l, most);
    return grow(l, rules->design) ? finish_round(w, rules, t) : TARGET_NO_MEMORY;
}

/* Begins the path; l->violators has what exceeds the threshold of its first point with parents,
 * and maybe more. */
static target_step begin_path(workspace *w, const target_rules *rules, uint32_t t)
{
    lane *l = &w->lanes[t];
    l->round = 0;
    target_enter(l, rules, 0);
    return screen_exceeds(l->lambda_max, 1, l->threshold)
               ? go_on(w, rules, t, l->threshold, FIRST_SET)
               : TARGET_DONE;
}

target_step target_next(workspace *w, const target_rules *rules, uint32_t t)
{
    lane *l = &w->lanes[t];
    double before = l->threshold;
    target_enter(l, rules, l->point + 1);
    bool begins = l->size == 0; /* still without parents: what begin_path was given holds */
    if (begins && !screen_exceeds(l->lambda_max, 1, l->threshold))
        return TARGET_DONE;
    if (begins)
        return go_on(w, rules, t, l->threshold, FIRST_SET);
    /* after a small step the next solution is near, and little will be missing: solved well at
     * once */
    l->round = 1;
    l->gap = l->threshold < 0.7 * before ? 0.1 : 0;
    return go_on(w, rules, t, anticipation * l->threshold,
                 l->size > FIRST_SET ? l->size : FIRST_SET);
}

target_step target_begin(workspace *w, const target_rules *rules, uint32_t t, uint32_t slot,
                         uint32_t column)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    l->slot = slot;
    l->column = column;
    l->round = 0;
    l->size = 0;
    l->gap = 0;
    l->point = 0;
    l->threshold = l->limit = 0;
    l->lambda_max = 0;
    l->y = column_measure(rules->y, column);
    l->r = (residual){.intercept = l->y.mean};
    l->worst = 0;
    l->busy = true;
    l->r.rr = l->r.ry = l->y.norm * l->y.norm;
    if (l->y.constant || !(l->y.norm > 0) || design->size == 0)
        return TARGET_DONE;
    if (rules->settings.method == LASSO_FISTA)
        return fista_run(w, rules, t);
    if (design->x->dense) {
        lay_residual(w, rules, t);
        return TARGET_WAITS;
    }
    if (correlation_is_cheap(design, rules->y, column)) {
        correlation_of_target(design, rules->y, column, l->y.sum, w->correlation);
    } else {
        candidate c = target_candidate(l, rules);
        l->r = residual_compute(design, &c, l->residual);
        correlation_of_vector(design, l->residual, l->r.sum, w->correlation);
    }
    screen_correlations(design, l, w->correlation);
    l->lambda_max = l->worst;
    l->limit = threshold_at(l, rules, first_point(l, rules));
    if (!screen_candidates(design, l, w->correlation))
        return TARGET_NO_MEMORY;
    return begin_path(w, rules, t);
}

/* The first pass over a dense layer gives the target's correlations. */
static target_step begin_dense(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    candidate c = target_candidate(l, rules);
    gradient_space *gradient = &w->gradient;
    l->r = residual_compute(design, &c, w->r);
    gradient->doubt = dense_estimates(&w->product, design, l, w->r, t, gradient->base);
    gradient_start(gradient, design);
    dense_largest(design, l, w->r, gradient->base, gradient->doubt);
    l->limit = threshold_at(l, rules, first_point(l, rules));
    return dense_candidates(design, l, gradient->base) ? begin_path(w, rules, t)
                                                       : TARGET_NO_MEMORY;
}

/* What later passes over a wide dense layer say. False: out of memory. */
static bool settle_by_pass(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    candidate c = target_candidate(l, rules);
    double *g = w->gradient.g;
    l->r = residual_compute(design, &c, w->r);
    dense_doubt doubt = dense_estimates(&w->product, design, l, w->r, t, g);
    return dense_settle(design, l, w->r, g, doubt);
}

target_step target_advance(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    if (l->round == 0)
        return begin_dense(w, rules, t);
    if (design->x->dense && !gradient_is_cheap(design) && !settle_by_pass(w, rules, t))
        return TARGET_NO_MEMORY;
    l->gap = target_gap(l, rules);
    if (l->certified && (l->gap <= rules->settings.tolerance || l->round >= rules->max_rounds))
        return TARGET_DONE;
    return go_on(w, rules, t, l->threshold, l->size > LEAST_GROWTH ? l->size : LEAST_GROWTH);
}

void target_end(workspace *w, uint32_t t)
{
    w->lanes[t].busy = false;
    w->lanes[t].size = 0;
}

/* Both lists by ascending column: shell sort, they are short and nearly everything is in cache. */
static void sort_parents(uint32_t *source, double *weight, uint32_t count)
{
    uint32_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < count; i++) {
            uint32_t column = source[i];
            double value = weight[i];
            uint32_t j = i;
            for (; j >= gap && source[j - gap] > column; j -= gap) {
                source[j] = source[j - gap];
                weight[j] = weight[j - gap];
            }
            source[j] = column;
            weight[j] = value;
        }
    }
}

void target_result(const workspace *w, const target_rules *rules, uint32_t t, uint32_t *source,
                   double *weight, lasso_result *result)
{
    const lasso_design *design = rules->design;
    const lane *l = &w->lanes[t];
    candidate c = target_candidate(l, rules);
    uint32_t parents = 0;
    for (uint32_t j = 0; j < l->size; j++) {
        if (l->u[j] == 0)
            continue;
        source[parents] = design->column[l->rank[j]];
        weight[parents++] = candidate_weight(design, &c, j);
    }
    sort_parents(source, weight, parents);
    double unit = design->rows * target_lambda_scale(design, &l->y);
    double lambda_max = l->lambda_max > 0 ? l->lambda_max / unit : 0;
    bool constant = l->y.constant || !(l->y.norm > 0);
    *result = (lasso_result){
        .target = l->column,
        .state = constant                              ? LASSO_CONSTANT
                 : l->gap <= rules->settings.tolerance ? LASSO_CONVERGED
                                                       : LASSO_UNCONVERGED,
        .point = l->point,
        .lambda = lambda_at(l, rules, l->point),
        .lambda_max = lambda_max,
        .intercept = l->r.intercept,
        .r2 = constant ? 0 : 1 - l->r.rr / (l->y.norm * l->y.norm),
        .gap = l->gap,
        .parents = parents,
        .source = source,
        .weight = weight,
    };
}
