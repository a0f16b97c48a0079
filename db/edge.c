/* What a fit found: finished targets and their edges. Declared in fit.h. */
#include "db/fit.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const target_states[] = {"converged", "unconverged", "constant"};

/* Edges of one block in one pair. */
typedef struct pair_edges {
    int64_t pair_id;
    uint64_t edges, wired_alone;
} pair_edges;

/* The counts of one block, and the targets in it that were there before. */
typedef struct tally {
    uint32_t done, converged, constant;
    double worst_gap;
    uint32_t *known;
    uint32_t known_count;
    pair_edges *pair; /* the targets' own pair first */
    uint32_t pairs;
} tally;

static status no_such_pair(const db *d, int64_t pair_id, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s' has no layer pair %lld in a fit", d->path,
                     (long long)pair_id);
}

static status add_target(sql *q, int64_t pair_id, const fit_target *t, tally *sum, error *err)
{
    sql_bind_int(q, 1, pair_id);
    sql_bind_int(q, 2, t->feature);
    sql_bind_text(q, 3, t->state);
    sql_bind_real(q, 4, t->lambda);
    sql_bind_real(q, 5, t->lambda_max);
    sql_bind_real(q, 6, t->intercept);
    sql_bind_real(q, 7, t->r2);
    sql_bind_real(q, 8, t->gap);
    sql_bind_int(q, 9, t->parents);
    sql_bind_real(q, 10, t->stretch);
    status s = sql_run(q, err);
    if (s != STATUS_OK && q->code == SQLITE_CONSTRAINT_FOREIGNKEY) /* deleted while it ran */
        return no_such_pair(q->owner, pair_id, err);
    if (s != STATUS_OK)
        return s;
    if (sqlite3_changes(q->owner->handle) == 0) {
        sum->known[sum->known_count++] = t->feature;
        return STATUS_OK;
    }
    sum->done++;
    sum->converged += strcmp(t->state, "converged") == 0;
    sum->constant += strcmp(t->state, "constant") == 0;
    if (t->gap > sum->worst_gap)
        sum->worst_gap = t->gap;
    return STATUS_OK;
}

static status add_targets(db *d, int64_t pair_id, const fit_target *targets, uint32_t count,
                          tally *sum, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO fit_target (pair_id, feature, state, lambda, lambda_max,"
                        " intercept, r2, gap, parents, stretch)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
                        " ON CONFLICT (pair_id, feature) DO NOTHING",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < count; i++)
        s = add_target(&q, pair_id, &targets[i], sum, err);
    sql_close(&q);
    return s;
}

double edge_removal(double regression, double wired)
{
    return (regression + 2 * wired) / 3;
}

double edge_by_regression(double removal, double wired)
{
    return isnan(wired) ? removal : 3 * removal - 2 * wired;
}

bool edge_wired_alone(double weight, double wired)
{
    return weight == 0 && !isnan(wired);
}

static bool was_known(const tally *sum, uint32_t target)
{
    for (uint32_t i = 0; i < sum->known_count; i++) {
        if (sum->known[i] == target)
            return true;
    }
    return false;
}

/* The pair that an edge counts in. */
static pair_edges *counted_in(tally *sum, int64_t pair_id)
{
    for (uint32_t i = 0; i < sum->pairs; i++) {
        if (sum->pair[i].pair_id == pair_id)
            return &sum->pair[i];
    }
    sum->pair = mem_grow(sum->pair, sum->pairs + 1, sizeof *sum->pair);
    sum->pair[sum->pairs] = (pair_edges){.pair_id = pair_id};
    return &sum->pair[sum->pairs++];
}

static status add_edges(db *d, int64_t pair_id, const edge *edges, uint64_t count, tally *sum,
                        error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO edge (pair_id, target_feature, source_feature, weight,"
                        " standardised, removal, wired) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                        err);
    for (uint64_t i = 0; s == STATUS_OK && i < count; i++) {
        if (was_known(sum, edges[i].target))
            continue;
        pair_edges *in = counted_in(sum, edges[i].pair_id ? edges[i].pair_id : pair_id);
        sql_bind_int(&q, 1, in->pair_id);
        sql_bind_int(&q, 2, edges[i].target);
        sql_bind_int(&q, 3, edges[i].source);
        sql_bind_real(&q, 4, edges[i].weight);
        sql_bind_real(&q, 5, edges[i].standardised);
        sql_bind_real(&q, 6, edges[i].removal);
        sql_bind_real(&q, 7, edges[i].wired); /* NAN is NULL */
        s = sql_run(&q, err);
        in->edges++;
        in->wired_alone += edge_wired_alone(edges[i].weight, edges[i].wired);
    }
    sql_close(&q);
    return s;
}

static status add_counts(db *d, const tally *sum, double seconds, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "UPDATE fit_pair SET done = done + ?2, converged = converged + ?3,"
                        " constant = constant + ?4, edges = edges + ?5,"
                        " worst_gap = max(worst_gap, ?6), seconds = seconds + ?7,"
                        " wired_alone = wired_alone + ?8"
                        " WHERE pair_id = ?1",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < sum->pairs; i++) {
        bool own = i == 0;
        sql_bind_int(&q, 1, sum->pair[i].pair_id);
        sql_bind_int(&q, 2, own ? sum->done : 0);
        sql_bind_int(&q, 3, own ? sum->converged : 0);
        sql_bind_int(&q, 4, own ? sum->constant : 0);
        sql_bind_int(&q, 5, (int64_t)sum->pair[i].edges);
        sql_bind_real(&q, 6, own ? sum->worst_gap : 0);
        sql_bind_real(&q, 7, own ? seconds : 0);
        sql_bind_int(&q, 8, (int64_t)sum->pair[i].wired_alone);
        s = sql_run(&q, err);
        if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
            s = no_such_pair(d, sum->pair[i].pair_id, err);
    }
    sql_close(&q);
    return s;
}

status fit_add_block(db *d, int64_t pair_id, const fit_target *targets, uint32_t target_count,
                     const edge *edges, uint64_t edge_count, double seconds, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    tally sum = {.known = mem_alloc(target_count * sizeof *sum.known)};
    counted_in(&sum, pair_id);
    s = add_targets(d, pair_id, targets, target_count, &sum, err);
    if (s == STATUS_OK)
        s = add_edges(d, pair_id, edges, edge_count, &sum, err);
    if (s == STATUS_OK)
        s = add_counts(d, &sum, seconds, err);
    free(sum.pair);
    free(sum.known);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

status fit_done_targets(db *d, int64_t pair_id, uint8_t *done, uint32_t features, error *err)
{
    sql q;
    bool row = false;
    memset(done, 0, features);
    status s = sql_open(&q, d, "SELECT feature FROM fit_target WHERE pair_id = ?1", err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, pair_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        uint32_t feature = sql_u32(&q, 0);
        if (feature >= features)
            s = error_set(err, STATUS_INPUT, "'%s' is damaged: a fit of feature %u, of %u",
                          d->path, feature, features);
        else
            done[feature] = 1;
    }
    sql_close(&q);
    return s;
}

#define TARGET_COLUMNS                                                                            \
    "SELECT feature, state, lambda, lambda_max, intercept, r2, gap, parents, stretch"             \
    " FROM fit_target WHERE pair_id = ?1"

static fit_target read_target(sql *q)
{
    return (fit_target){
        .feature = sql_u32(q, 0),
        .state = target_states[sql_name(q, 1, target_states,
                                        sizeof target_states / sizeof *target_states)],
        .lambda = sql_real(q, 2),
        .lambda_max = sql_real(q, 3),
        .intercept = sql_real(q, 4),
        .r2 = sql_real(q, 5),
        .gap = sql_real(q, 6),
        .parents = sql_u32(q, 7),
        .stretch = sql_real(q, 8),
    };
}

status fit_target_get(db *d, int64_t pair_id, uint32_t feature, fit_target *out, bool *found,
                      error *err)
{
    *out = (fit_target){0};
    *found = false;
    sql q;
    bool row = false;
    status s = sql_open(&q, d, TARGET_COLUMNS " AND feature = ?2", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, pair_id);
        sql_bind_int(&q, 2, feature);
        s = sql_step(&q, &row, err);
    }
    if (row) {
        *out = read_target(&q);
        s = sql_check(&q, err);
    }
    *found = row && s == STATUS_OK;
    sql_close(&q);
    return s;
}

status fit_each_target(db *d, int64_t pair_id, bool (*each)(void *user, const fit_target *t),
                       void *user, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, TARGET_COLUMNS " ORDER BY feature", err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, pair_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        fit_target t = read_target(&q);
        s = sql_check(&q, err);
        if (s == STATUS_OK && !each(user, &t))
            break;
    }
    sql_close(&q);
    return s;
}

status fit_each_edge(db *d, int64_t pair_id, bool (*each)(void *user, const edge *e), void *user,
                     error *err)
{
    sql q;
    bool row = false;
    status s =
        sql_open(&q, d,
                 "SELECT target_feature, source_feature, weight, standardised, removal,"
                 " wired FROM edge WHERE pair_id = ?1 ORDER BY target_feature, source_feature",
                 err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, pair_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        edge e = {
            .target = sql_u32(&q, 0),
            .source = sql_u32(&q, 1),
            .weight = sql_real(&q, 2),
            .standardised = sql_real(&q, 3),
            .removal = sql_real(&q, 4),
            .wired = sql_real_or_nan(&q, 5),
        };
        s = sql_check(&q, err);
        if (s == STATUS_OK && !each(user, &e))
            break;
    }
    sql_close(&q);
    return s;
}

#define FIGURE_QUERY(column, which)                                                               \
    "SELECT target_feature, source_feature, " column " FROM edge WHERE pair_id = ?1 " which       \
    " ORDER BY target_feature, source_feature"

/* Room for more, twice as much as before. */
static bool grow_figures(uint32_t **source, uint32_t **target, float **figure, uint32_t *room)
{
    size_t wanted = *room ? 2 * (size_t)*room : 4096;
    void *more[3] = {realloc(*source, wanted * sizeof **source),
                     realloc(*target, wanted * sizeof **target),
                     realloc(*figure, wanted * sizeof **figure)};
    *source = more[0] ? more[0] : *source;
    *target = more[1] ? more[1] : *target;
    *figure = more[2] ? more[2] : *figure;
    *room = wanted < UINT32_MAX ? (uint32_t)wanted : UINT32_MAX;
    return more[0] && more[1] && more[2] && wanted <= UINT32_MAX;
}

status fit_load_figures(db *d, int64_t pair_id, edge_figure which, uint32_t **source,
                        uint32_t **target, float **figure, uint32_t *count, error *err)
{
    static const char *const queries[] = {
        [EDGE_REMOVAL] = FIGURE_QUERY("removal", ""),
        [EDGE_WEIGHT] = FIGURE_QUERY("weight", "AND " EDGES_OF_REGRESSION),
        [EDGE_STANDARDISED] = FIGURE_QUERY("standardised", "AND " EDGES_OF_REGRESSION)};
    sql q;
    bool row = false;
    uint32_t room = 0;
    *source = *target = NULL;
    *figure = NULL;
    *count = 0;
    status s = sql_open(&q, d, queries[which], err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, pair_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (*count == room && !grow_figures(source, target, figure, &room)) {
            s = error_memory(err, "the edges of a fit");
            break;
        }
        (*target)[*count] = sql_u32(&q, 0);
        (*source)[*count] = sql_u32(&q, 1);
        (*figure)[(*count)++] = (float)sql_real(&q, 2);
        s = sql_check(&q, err);
    }
    sql_close(&q);
    return s;
}
