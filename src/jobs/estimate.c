#include "src/jobs/estimate.h"

#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/layer_data.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLOTS = 6,        /* regressions that are tried, spread over the fit's */
    TRIED = 252,      /* targets of each that are solved at most: */
    BATCH = 4,        /* so many at first, then twice as many each time */
    FOR_PARENTS = 24, /* targets that lambda is looked for with */
    FOR_LAMBDA = 512, /* targets among which the pair's lambda_max is looked for */
    TABLE_MEMORY = 64 << 20
};

/* What stands in the workspace for an edge, its index and what its pages leave free included, as
 * measured on fits of the sample: of the regression; what the wiring says beside it; of the wiring
 * alone, whose two zeros take no room. */
enum { BYTES_A_EDGE = 57, BYTES_A_WIRE = 9, BYTES_WIRED_ALONE = 44, BYTES_A_TARGET = 90 };

/* Seconds after which no further regression, and no further batch, is tried. */
static const double patience = 1.2;

/* What it takes to store an edge, which no trial does. */
static const double seconds_an_edge = 3e-6;

typedef struct slot {
    layer_data source, target;
    int64_t source_layer, target_layer; /* of these; a joint fit's source_layer is 0 */
    double load_seconds;
} slot;

struct estimator {
    slot slot[SLOTS];
};

/* One regression of a fit: a pair, or all pairs of a joint fit with the same target. */
typedef struct regression {
    int64_t target_layer;
    uint32_t pair; /* the first of them */
    uint32_t targets;
} regression;

estimator *estimator_create(void)
{
    return mem_zero(1, sizeof(estimator));
}

void estimator_free(estimator *e)
{
    if (!e)
        return;
    for (int i = 0; i < SLOTS; i++) {
        layer_data_release(&e->slot[i].source);
        layer_data_release(&e->slot[i].target);
    }
    free(e);
}

/* -- what the fit consists of ----------------------------------------------------------------- */

static uint32_t list_regressions(const layer_set *layers, const fit_request *request,
                                 regression *list)
{
    uint32_t count = 0;
    for (uint32_t p = 0; p < request->pair_count; p++) {
        const layer *to = layer_by_id(layers, request->pair[p].target_layer);
        if (!to || !layer_by_id(layers, request->pair[p].source_layer))
            continue;
        uint32_t at = count;
        for (uint32_t r = 0; request->joint && r < count; r++)
            at = list[r].target_layer == to->id ? r : at;
        if (at == count)
            list[count++] = (regression){to->id, p, to->features};
    }
    return count;
}

static status load_sources(slot *s, db *d, const layer_set *layers, const fit_request *request,
                           const regression *r, error *err)
{
    if (!request->joint)
        return layer_data_load(&s->source, d,
                               layer_by_id(layers, request->pair[r->pair].source_layer), err);
    layer_data *side = mem_zero(request->pair_count, sizeof *side);
    uint32_t count = 0;
    status code = STATUS_OK;
    for (uint32_t p = 0; p < request->pair_count && code == STATUS_OK; p++)
        if (request->pair[p].target_layer == r->target_layer)
            code = layer_data_load(&side[count++], d,
                                   layer_by_id(layers, request->pair[p].source_layer), err);
    if (code == STATUS_OK)
        code = layer_data_stack(&s->source, side, count, err);
    for (uint32_t p = 0; p < count; p++)
        layer_data_release(&side[p]);
    free(side);
    return code;
}

/* Reads what the regression needs, unless the last trial did. */
static status load(slot *s, db *d, const layer_set *layers, const fit_request *request,
                   const regression *r, error *err)
{
    int64_t source_layer = request->joint ? 0 : request->pair[r->pair].source_layer;
    if (s->target.layer_id && s->source_layer == source_layer &&
        s->target_layer == r->target_layer)
        return STATUS_OK;
    double since = clock_seconds();
    layer_data_release(&s->source);
    layer_data_release(&s->target);
    s->source_layer = source_layer;
    s->target_layer = r->target_layer;
    status code = load_sources(s, d, layers, request, r, err);
    if (code == STATUS_OK)
        code = layer_data_load(&s->target, d, layer_by_id(layers, r->target_layer), err);
    s->load_seconds = clock_seconds() - since;
    if (code != STATUS_OK)
        layer_data_release(&s->target);
    return code;
}

/* -- which targets are tried ------------------------------------------------------------------ */

/* Up to `most` targets that vary, spread evenly over the layer. */
static uint32_t spread(const layer_data *to, uint32_t most, uint32_t *list)
{
    uint32_t count = 0, next = 0, features = to->m.cols;
    for (uint32_t i = 0; i < most; i++) {
        uint32_t at = (uint32_t)((uint64_t)i * features / most);
        for (at = at > next ? at : next; at < features && !(to->sd[at] > 0); at++)
            ;
        if (at >= features)
            break;
        list[count++] = at;
        next = at + 1;
    }
    return count;
}

static int compare_sd(const void *left, const void *right, void *user)
{
    const double *sd = user;
    double x = sd[*(const uint32_t *)left], y = sd[*(const uint32_t *)right];
    return (x < y) - (x > y);
}

/* Those that vary most: one of them has the pair's lambda_max, or nearly. */
static uint32_t most_varying(const layer_data *to, uint32_t most, uint32_t *list)
{
    uint32_t *all = mem_alloc((to->m.cols + 1) * sizeof *all);
    for (uint32_t i = 0; i < to->m.cols; i++)
        all[i] = i;
    qsort_r(all, to->m.cols, sizeof *all, compare_sd, to->sd);
    uint32_t count = to->m.cols < most ? to->m.cols : most;
    memcpy(list, all, count * sizeof *list);
    free(all);
    return count;
}

static status take_columns(const matrix *from, const uint32_t *list, uint32_t count, matrix *out,
                           error *err)
{
    uint64_t entries = 0;
    for (uint32_t k = 0; k < count && !from->dense; k++)
        entries += from->col_start[list[k] + 1] - from->col_start[list[k]];
    status code = matrix_create(out, from->rows, count, from->dense, entries, err);
    if (code != STATUS_OK)
        return code;
    uint64_t at = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint64_t first = from->dense ? (uint64_t)list[k] * from->rows : from->col_start[list[k]];
        uint64_t size = from->dense ? from->rows : from->col_start[list[k] + 1] - first;
        memcpy(out->value + at, from->value + first, size * sizeof *out->value);
        if (!from->dense) {
            memcpy(out->row + at, from->row + first, size * sizeof *out->row);
            out->col_start[k] = at;
        }
        at += size;
    }
    if (!from->dense)
        out->col_start[count] = at;
    return STATUS_OK;
}

/* -- the trial -------------------------------------------------------------------------------- */

typedef struct trial {
    const lasso_design *design;
    const layer_data *to;
    lasso_settings settings;
    const atomic_bool *cancel;
    double choose_seconds, solve_seconds; /* a target, on one thread */
    double parents;
    uint32_t tried;
} trial;

/* Makes the rule an absolute lambda from a few targets, as the fit will from all. */
static status choose_lambda(trial *t, uint32_t features, error *err)
{
    uint32_t list[FOR_LAMBDA];
    matrix few = {0};
    double lambda = 0, most = 0;
    if (t->settings.rule == LASSO_OF_TARGET || t->settings.rule == LASSO_ABSOLUTE)
        return STATUS_OK;
    bool of_pair = t->settings.rule == LASSO_OF_PAIR;
    if (t->settings.rule == LASSO_EDGES) {
        t->settings.rule = LASSO_PARENTS;
        t->settings.lambda /= features;
    }
    uint32_t count = of_pair && !t->settings.scale
                         ? most_varying(t->to, FOR_LAMBDA, list)
                         : spread(t->to, of_pair ? FOR_LAMBDA : FOR_PARENTS, list);
    status code = take_columns(&t->to->m, list, count, &few, err);
    double since = clock_seconds();
    if (code == STATUS_OK)
        code = lasso_choose_lambda(t->design, &few, &t->settings, t->cancel, &lambda, &most, err);
    t->choose_seconds = (clock_seconds() - since) / count;
    matrix_release(&few);
    t->settings.rule = LASSO_ABSOLUTE;
    t->settings.lambda = lambda;
    return code;
}

static bool add_parents(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    trial *t = user;
    (void)first;
    for (uint32_t i = 0; i < count; i++)
        t->parents += results[i].parents;
    return true;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* An order in which the first few are spread as all are: steps of the golden section. */
static void scatter(uint32_t *list, uint32_t count)
{
    uint32_t from[TRIED], at = 0, step = (uint32_t)(0.618 * count) + 1;
    while (common_divisor(count, step) > 1)
        step++;
    memcpy(from, list, count * sizeof *list);
    for (uint32_t i = 0; i < count; i++, at = (at + step) % count)
        list[i] = from[at];
}

/* Solves batch after batch while there is time. What a target takes is what it took in the last
 * and largest of them, to which beginning matters least. */
static status solve(trial *t, double until, error *err)
{
    uint32_t list[TRIED];
    lasso_report report = {0};
    lasso_hooks hooks = {.user = t, .block = add_parents, .cancel = t->cancel};
    uint32_t count = spread(t->to, TRIED, list), size = BATCH;
    status code = STATUS_OK;
    if (count == 0)
        return error_set(err, STATUS_INPUT, "no target varies: there is nothing to fit");
    scatter(list, count);
    for (double since = clock_seconds(), now; t->tried < count && code == STATUS_OK;
         size *= 2, since = now) {
        size = size < count - t->tried ? size : count - t->tried;
        code = lasso_solve(t->design, &t->to->m, list + t->tried, size, &t->settings, &hooks,
                           &report, err);
        if (code == STATUS_OK && report.stopped)
            code = error_set(err, STATUS_INTERRUPTED, "cancelled");
        now = clock_seconds();
        t->tried += size;
        t->solve_seconds = (now - since) / size;
        if (now > until)
            break;
    }
    t->parents /= t->tried;
    return code;
}

static status try_some(const slot *s, const fit_request *request, const atomic_bool *cancel,
                       double until, trial *t, error *err)
{
    lasso_design *design = NULL;
    *t = (trial){.to = &s->target, .settings = request->settings, .cancel = cancel};
    t->settings.threads = 1;
    t->settings.memory = TABLE_MEMORY;
    status code = lasso_design_create(&design, &s->source.m, &t->settings, err);
    t->design = design;
    if (code == STATUS_OK)
        code = choose_lambda(t, s->target.m.cols, err);
    if (code == STATUS_OK)
        code = solve(t, until, err);
    lasso_design_free(design);
    return code;
}

/* The share of a layer's features that vary. */
static double varying(const layer_data *data)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < data->m.cols; i++)
        count += data->sd[i] > 0;
    return (double)count / data->m.cols;
}

/* What the trials of some regressions say together. */
typedef struct tally {
    uint32_t regressions, tried;
    /* sums; the last two a target, over all that vary or not */
    double load_seconds, parents, seconds;
} tally;

static status try_regressions(estimator *e, db *d, const layer_set *layers,
                              const fit_request *request, const regression *list, uint32_t count,
                              const atomic_bool *cancel, tally *sum, error *err)
{
    double since = clock_seconds();
    uint32_t tries = count < SLOTS ? count : SLOTS;
    status code = STATUS_OK;
    for (uint32_t i = 0; i < tries && code == STATUS_OK; i++) {
        trial t;
        slot *s = &e->slot[i];
        if (i > 0 && clock_seconds() - since > patience)
            break;
        code = load(s, d, layers, request,
                    &list[tries > 1 ? (uint64_t)i * (count - 1) / (tries - 1) : 0], err);
        if (code == STATUS_OK)
            code = try_some(s, request, cancel, since + patience * (i + 1) / tries, &t, err);
        if (code != STATUS_OK)
            break;
        double share = varying(&s->target);
        sum->regressions++;
        sum->tried += t.tried;
        sum->load_seconds += s->load_seconds / 2; /* each layer is read once, not twice */
        sum->parents += share * t.parents;
        sum->seconds += share * (t.choose_seconds + t.solve_seconds);
    }
    return code;
}

/* What the pairs' wirings take and add. */
static void add_wiring(const layer_set *layers, const fit_request *request, double parallel,
                       estimate *out)
{
    for (uint32_t p = 0; request->wiring && !request->joint && p < request->pair_count; p++) {
        const layer *source = layer_by_id(layers, request->pair[p].source_layer);
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        if (!fit_pair_wireable(source, target))
            continue;
        uint64_t edges = (uint64_t)(out->parents * target->features);
        wiring_needs n = fit_wiring_needs(source, target, edges);
        out->seconds += n.seconds / parallel;
        out->edges += n.alone;
        out->wired_alone += n.alone;
        out->bytes += edges * BYTES_A_WIRE + n.alone * BYTES_WIRED_ALONE;
    }
}

status estimate_fit(estimator *e, db *d, const layer_set *layers, const fit_request *request,
                    unsigned threads, const atomic_bool *cancel, estimate *out, error *err)
{
    tally sum = {0};
    *out = (estimate){0};
    if (request->settings.rule == LASSO_CROSS)
        return error_set(err, STATUS_INPUT,
                         "how many edges there will be is what cross-validation finds out");
    regression *list = mem_alloc((request->pair_count + 1) * sizeof *list);
    uint32_t count = list_regressions(layers, request, list);
    status code = lasso_settings_check(&request->settings, err);
    if (code == STATUS_OK && count == 0)
        code = error_set(err, STATUS_INPUT, "there is no pair of layers to fit");
    if (code == STATUS_OK)
        code = try_regressions(e, d, layers, request, list, count, cancel, &sum, err);
    if (code == STATUS_OK) {
        double parallel = threads ? threads : (double)sysconf(_SC_NPROCESSORS_ONLN);
        for (uint32_t r = 0; r < count; r++)
            out->targets += list[r].targets;
        out->tried = sum.tried;
        out->parents = sum.parents / sum.regressions;
        out->edges = (uint64_t)(out->parents * out->targets + 0.5);
        out->bytes = out->edges * BYTES_A_EDGE + (uint64_t)out->targets * BYTES_A_TARGET;
        out->seconds = count * sum.load_seconds / sum.regressions +
                       out->targets * sum.seconds / sum.regressions / parallel +
                       (double)out->edges * seconds_an_edge;
        add_wiring(layers, request, parallel, out);
    }
    free(list);
    return code;
}
