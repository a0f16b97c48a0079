#include "db/run_state.h"

#include <time.h>

static const char *const state_names[] = {
#define FIT_STATE_TEXT(name, text) text,
    FIT_STATE_LIST(FIT_STATE_TEXT)
#undef FIT_STATE_TEXT
};

const char *fit_state_name(fit_state state)
{
    return state_names[state];
}

fit_state run_read_state(sql *q, int column)
{
    return (fit_state)sql_name(q, column, state_names, sizeof state_names / sizeof *state_names);
}

status run_missing(const db *d, const run_table *t, int64_t id, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s' has no %s %lld", d->path, t->what, (long long)id);
}

static status exists(db *d, const run_table *t, int64_t id, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, t->exists, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        s = sql_step(&q, &row, err);
    }
    sql_close(&q);
    return s == STATUS_OK && !row ? run_missing(d, t, id, err) : s;
}

static status claim(db *d, const run_table *t, int64_t id, const char *runner,
                    const char *stale_runner, bool *taken, error *err)
{
    sql q;
    status s = exists(d, t, id, err);
    if (s != STATUS_OK)
        return s;
    s = sql_open(&q, d, t->claim, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        sql_bind_text(&q, 2, runner);
        sql_bind_text(&q, 3, stale_runner);
        sql_bind_int(&q, 4, (int64_t)time(NULL));
        s = sql_run(&q, err);
    }
    *taken = s == STATUS_OK && sqlite3_changes(d->handle) == 1;
    sql_close(&q);
    return s;
}

status run_claim(db *d, const run_table *t, int64_t id, const char *runner,
                 const char *stale_runner, bool *taken, error *err)
{
    *taken = false;
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = claim(d, t, id, runner, stale_runner, taken, err);
    if (s == STATUS_OK)
        s = db_commit(d, err);
    else
        db_rollback(d);
    *taken = *taken && s == STATUS_OK;
    return s;
}

status run_set_state(db *d, const run_table *t, int64_t id, fit_state state, const char *message,
                     error *err)
{
    sql q;
    bool over = state == FIT_DONE || state == FIT_CANCELLED || state == FIT_FAILED;
    status s = sql_open(&q, d, t->set_state, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        sql_bind_text(&q, 2, fit_state_name(state));
        sql_bind_text(&q, 3, message);
        if (over)
            sql_bind_int(&q, 4, (int64_t)time(NULL));
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
        s = run_missing(d, t, id, err);
    return s;
}

status run_delete(db *d, const run_table *t, int64_t id, error *err)
{
    sql q;
    status s = sql_open(&q, d, t->remove, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
        s = run_missing(d, t, id, err);
    return s;
}
