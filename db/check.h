/* Trust checks of a fit, and what they found.
 *
 * A check is asked for, runs as a job in units of work, and stores the findings of its finished
 * units together with their number, so that one that was cut off goes on where it stood. Findings
 * are of four shapes: figures, points of curves, values of target features and values of edges.
 * Each belongs to a layer pair, or (both layers 0) to the whole circuit. What names mean is for
 * the check's kind to say (src/jobs/check.h). A check goes with its fit. */
#ifndef DB_CHECK_H
#define DB_CHECK_H

#include "db/fit.h"

enum { CHECK_NAME = 32 };

typedef struct check {
    int64_t id, fit_id;
    char kind[CHECK_NAME];
    char *settings; /* JSON object */
    fit_state state;
    char *runner, *message;             /* as in fit */
    uint32_t units, done;               /* units 0: not known yet */
    double seconds;                     /* over all its runs */
    int64_t created, started, finished; /* unix seconds; 0: not yet */
} check;

typedef struct check_figure {
    int64_t source_layer, target_layer;
    char name[CHECK_NAME];
    double value; /* NaN: there is none */
} check_figure;

typedef struct check_point {
    int64_t source_layer, target_layer;
    char series[CHECK_NAME];
    uint32_t place; /* in its series */
    double x, y;    /* finite */
} check_point;

typedef struct check_value {
    int64_t source_layer, target_layer;
    char name[CHECK_NAME];
    uint32_t feature; /* of the target layer */
    double value;     /* NaN: there is none */
} check_value;

/* A number for each of some edges into one target feature. */
typedef struct check_edges {
    int64_t source_layer, target_layer;
    char name[CHECK_NAME];
    uint32_t target, count;
    uint32_t *source; /* count, ascending */
    float *value;     /* count */
} check_edges;

/* What some units found. Figures, values and edges replace those of the same place and name. Of
 * points the y of those there already is replaced, or with `add` added to. */
typedef struct check_findings {
    const check_figure *figure;
    const check_point *point;
    const check_value *value;
    const check_edges *edges;
    uint32_t figures, points, values, edge_rows;
    bool add;
} check_findings;

/* What a check says, without the (many) values of features and edges. */
typedef struct check_report {
    check about;
    check_figure *figure; /* by pair (the whole circuit first), then name */
    check_point *point;   /* by pair, series, place */
    uint32_t figures, points;
} check_report;

typedef struct check_set {
    check_report *item; /* newest first */
    uint32_t count;
} check_set;

/* A queued check of a fit; sets id, state and time. fit_id, kind and settings must be set; there
 * is no such fit: STATUS_INPUT. */
status check_add(db *d, check *c, error *err);
/* STATUS_INPUT: there is no such check. */
status check_get(db *d, int64_t check_id, check *out, error *err);
void check_release(check *c);

/* As fit_claim, fit_set_state, fit_delete. */
status check_claim(db *d, int64_t check_id, const char *runner, const char *stale_runner,
                   bool *taken, error *err);
status check_set_state(db *d, int64_t check_id, fit_state state, const char *message, error *err);
status check_delete(db *d, int64_t check_id, error *err);

/* Sets how many units there are. */
status check_set_units(db *d, int64_t check_id, uint32_t units, error *err);
/* Takes all findings away: done is 0 again. */
status check_clear(db *d, int64_t check_id, error *err);
/* Puts findings away with the number of units that are done then, and adds `seconds` to the
 * check's, in one transaction. The check is gone: STATUS_INPUT. findings may be NULL. */
status check_store(db *d, int64_t check_id, const check_findings *findings, uint32_t done,
                   double seconds, error *err);

/* All checks of a fit (fit_id 0: of all fits) with their figures and curves, of one moment. */
status check_list(db *d, int64_t fit_id, check_set *out, error *err);
/* One check with its figures and curves. */
status check_get_report(db *d, int64_t check_id, check_report *out, error *err);
void check_report_release(check_report *r);
void check_set_release(check_set *set);

/* NaN when the report has no such figure. Layers 0 and 0: of the whole circuit. */
double check_figure_of(const check_report *r, int64_t source_layer, int64_t target_layer,
                       const char *name);
/* The points of one curve: *count of them, the first is returned; NULL when there is none. */
const check_point *check_curve_of(const check_report *r, int64_t source_layer,
                                  int64_t target_layer, const char *series, uint32_t *count);

/* The newest finished check of this kind that the fit has; *check_id is 0 when it has none. */
status check_newest(db *d, int64_t fit_id, const char *kind, int64_t *check_id, error *err);

/* The newest check of this kind, of whichever fit and however it stands; *check_id is 0 when there
 * is none. */
status check_newest_of_all(db *d, const char *kind, int64_t *check_id, error *err);

/* Calls `each` for all values of this name in a pair, by feature; false from it stops. */
status check_each_value(db *d, int64_t check_id, int64_t source_layer, int64_t target_layer,
                        const char *name, bool (*each)(void *user, uint32_t feature, double value),
                        void *user, error *err);
/* The `limit` values of this name, of all pairs, that are greatest (or least); those that are NaN
 * are left out. Free *list. */
status check_top_values(db *d, int64_t check_id, const char *name, bool greatest, uint32_t limit,
                        check_value **list, uint32_t *count, error *err);
/* Calls `each` for the edges of this name in a pair, a call a target feature, ascending; what it
 * is given is borrowed for the call. Lists that do not ascend are STATUS_INPUT. */
status check_each_edges(db *d, int64_t check_id, int64_t source_layer, int64_t target_layer,
                        const char *name, bool (*each)(void *user, const check_edges *e),
                        void *user, error *err);

#endif
