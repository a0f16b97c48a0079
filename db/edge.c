/* What a fit found: finished targets and their edges. Declared in fit.h. */
#include "db/fit.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const target_states[] = {"converged", "unconverged", "constant"};

/* The counts of one block, and the targets in it that were there before. */
typedef struct tally {
    uint32_t done, converged, constant;
    uint64_t edges;
    double worst_gap;
    uint32_t *known;
    uint32_t known_count;
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
                        " intercept, r2, gap, parents) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                        " ON CONFLICT (pair_id, feature) DO NOTHING",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < count; i++)
        s = add_target(&q, pair_id, &targets[i], sum, err);
    sql_close(&q);
    return s;
}

static bool was_known(const tally *sum, uint32_t target)
{
    for (uint32_t i = 0; i < sum->known_count; i++) {
        if (sum->known[i] == target)
            return true;
    }
    return false;
}

static status add_edges(db *d, int64_t pair_id, const edge *edges, uint64_t count, tally *sum,
                        error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO edge (pair_id, target_feature, source_feature, weight,"
                        " standardised, removal) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, pair_id);
    for (uint64_t i = 0; s == STATUS_OK && i < count; i++) {
        if (was_known(sum, edges[i].target))
            continue;
        sql_bind_int(&q, 2, edges[i].target);
        sql_bind_int(&q, 3, edges[i].source);
        sql_bind_real(&q, 4, edges[i].weight);
        sql_bind_real(&q, 5, edges[i].standardised);
        sql_bind_real(&q, 6, edges[i].removal);
        s = sql_run(&q, err);
        sum->edges++;
    }
    sql_close(&q);
    return s;
}

static status add_counts(db *d, int64_t pair_id, const tally *sum, double seconds, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "UPDATE fit_pair SET done = done + ?2, converged = converged + ?3,"
                        " constant = constant + ?4, edges = edges + ?5,"
                        " worst_gap = max(worst_gap, ?6), seconds = seconds + ?7"
                        " WHERE pair_id = ?1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, pair_id);
        sql_bind_int(&q, 2, sum->done);
        sql_bind_int(&q, 3, sum->converged);
        sql_bind_int(&q, 4, sum->constant);
        sql_bind_int(&q, 5, (int64_t)sum->edges);
        sql_bind_real(&q, 6, sum->worst_gap);
        sql_bind_real(&q, 7, seconds);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
        s = no_such_pair(d, pair_id, err);
    return s;
}

status fit_add_block(db *d, int64_t pair_id, const fit_target *targets, uint32_t target_count,
                     const edge *edges, uint64_t edge_count, double seconds, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    tally sum = {.known = mem_alloc(target_count * sizeof *sum.known)};
    s = add_targets(d, pair_id, targets, target_count, &sum, err);
    if (s == STATUS_OK)
        s = add_edges(d, pair_id, edges, edge_count, &sum, err);
    if (s == STATUS_OK)
        s = add_counts(d, pair_id, &sum, seconds, err);
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

status fit_target_get(db *d, int64_t pair_id, uint32_t feature, fit_target *out, bool *found,
                      error *err)
{
    *out = (fit_target){0};
    *found = false;
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT state, lambda, lambda_max, intercept, r2, gap, parents"
                        " FROM fit_target WHERE pair_id = ?1 AND feature = ?2",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, pair_id);
        sql_bind_int(&q, 2, feature);
        s = sql_step(&q, &row, err);
    }
    if (row) {
        *out = (fit_target){
            .feature = feature,
            .state = target_states[sql_name(&q, 0, target_states,
                                            sizeof target_states / sizeof *target_states)],
            .lambda = sql_real(&q, 1),
            .lambda_max = sql_real(&q, 2),
            .intercept = sql_real(&q, 3),
            .r2 = sql_real(&q, 4),
            .gap = sql_real(&q, 5),
            .parents = sql_u32(&q, 6),
        };
        s = sql_check(&q, err);
    }
    *found = row && s == STATUS_OK;
    sql_close(&q);
    return s;
}

status fit_each_edge(db *d, int64_t pair_id, bool (*each)(void *user, const edge *e), void *user,
                     error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT target_feature, source_feature, weight, standardised, removal"
                        " FROM edge WHERE pair_id = ?1 ORDER BY target_feature, source_feature",
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
        };
        s = sql_check(&q, err);
        if (s == STATUS_OK && !each(user, &e))
            break;
    }
    sql_close(&q);
    return s;
}
