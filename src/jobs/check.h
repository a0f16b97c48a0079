/* Trust checks: is the circuit real? Each kind looks at a finished fit in its own way, as a job
 * that shows progress, can be cancelled and killed, and resumes from its finished units of work.
 * The command line and the screen run the same functions.
 *
 * A kind is a file check_<kind>.c that defines a check_kind, and a line in CHECK_KIND_LIST. */
#ifndef JOBS_CHECK_H
#define JOBS_CHECK_H

#include "db/check.h"
#include "db/layer.h"

#include <stdatomic.h>
#include <stddef.h>

/* C name, in the order in which they are run and shown */
#define CHECK_KIND_LIST(X)                                                                        \
    X(held_out) X(null) X(stability) X(effects) X(truth) X(debias) X(faithfulness)

/* What a check can be told; a kind looks at those that it knows. What is left 0 (NaN, NULL) is the
 * kind's default: `settle` fills it in. */
#define CHECK_SETTING_COUNT_LIST(X)                                                               \
    X(rounds, "how often something random is repeated")                                           \
    X(folds, "parts of the documents, each held out once")                                        \
    X(target_fit,                                                                                 \
      "of faithfulness: the fit of the target variable; 0: the newest that it can be")            \
    X(retrain, "of debias: also fit anew without the spurious features")                          \
    X(seed, "what the random choices follow from")
#define CHECK_SETTING_NUMBER_LIST(X)                                                              \
    X(cut, "from which size on something counts")                                                 \
    X(rate, "the rate of false findings that is wanted")                                          \
    X(stable, "of truth: only edges that come back in at least this share of halves")             \
    X(fdr, "of truth: only edges whose false discovery rate is at most this")
#define CHECK_SETTING_TEXT_LIST(X)                                                                \
    X(attribute, "of debias: the variable that the classifier should not lean on")                \
    X(features, "of debias: the spurious features, a line each: layer/index")                     \
    X(measured, "of faithfulness: a file of kept nodes and values, measured on the real model")   \
    X(file, "a file to compare with")                                                             \
    X(noise, "of null: unexplained or whole")                                                     \
    X(by, "of truth: which strength is judged")                                                   \
    X(pairs, "of truth: which layer pairs are judged: truth or all")

typedef struct check_settings {
#define CHECK_SETTING_COUNT(name, meaning) uint64_t name;
    CHECK_SETTING_COUNT_LIST(CHECK_SETTING_COUNT)
#undef CHECK_SETTING_COUNT
#define CHECK_SETTING_NUMBER(name, meaning) double name;
    CHECK_SETTING_NUMBER_LIST(CHECK_SETTING_NUMBER)
#undef CHECK_SETTING_NUMBER
#define CHECK_SETTING_TEXT(name, meaning) char *name;
    CHECK_SETTING_TEXT_LIST(CHECK_SETTING_TEXT)
#undef CHECK_SETTING_TEXT
} check_settings;

/* Everything left open. */
check_settings check_settings_open(void);
void check_settings_release(check_settings *s); /* frees the texts */
check_settings check_settings_copy(const check_settings *s);

/* A check at work, as its kind sees it. */
typedef struct check_job {
    db *connection; /* this thread's */
    const char *study;
    const layer_set *layers;
    const fit *fit; /* finished, and of the layers as they are now */
    check about;    /* `done`: units that are stored already */
    check_settings settings;
    unsigned threads;          /* 0: all */
    uint64_t memory;           /* 0: default */
    const atomic_bool *cancel; /* may be NULL */
    atomic_uint units, done;   /* for the progress bar: see check_plan and check_keep */
    atomic_uint part, parts;   /* how far the unit at work is; parts 0: not known */
    double since;              /* when the last unit was stored */
} check_job;

typedef struct check_kind {
    const char *name;    /* as in files and on the command line */
    const char *meaning; /* one line */
    /* Fills in what was left open, and refuses what makes no sense (STATUS_USAGE). */
    status (*settle)(check_settings *settings, error *err);
    /* Whether this fit can be checked so, and if not (why[0]), why: a clause without a full stop.
     * Quick: looks at the workspace, not at activations. */
    status (*applies)(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err);
    /* Does the units from job->about.done on: check_plan, then check_keep after each. */
    status (*run)(check_job *job, error *err);
    /* What the findings say, in whole sentences that hold for the data and settings at hand; free
     * it. The report is of a finished check. */
    char *(*say)(const check_report *report, const layer_set *layers, const fit *f);
    /* What it comes to, in one sentence without a full stop that begins small, of about 130
     * characters at most; free it. What says no is said as plainly as what says yes. */
    char *(*verdict)(const check_report *report);
    /* The values by which target features are listed, those that deserve a look first; NULL: none.
     */
    const char *worst;
    bool worst_is_greatest;
} check_kind;

#define CHECK_KIND_DECLARE(id) extern const check_kind check_kind_##id;
CHECK_KIND_LIST(CHECK_KIND_DECLARE)
#undef CHECK_KIND_DECLARE

/* All kinds, in order; *count of them. */
const check_kind *const *check_kinds(uint32_t *count);
const check_kind *check_kind_find(const char *name); /* NULL: none */

/* ---- for the kinds ---- */

/* How many units there are, always the same for the same fit and settings. If an interrupted run
 * counted otherwise, its findings are dropped. */
status check_plan(check_job *job, uint32_t units, error *err);

/* Stores findings (may be NULL) with the number of units that are done with them.
 * STATUS_INTERRUPTED when the check was cancelled meanwhile: return it at once. */
status check_keep(check_job *job, const check_findings *findings, uint32_t done, error *err);

/* Shows that so many units are done although their findings are not stored yet. */
void check_show(check_job *job, uint32_t done);

bool check_cancelled(const check_job *job);

/* ---- asking for checks and running them ---- */

typedef struct check_feature {
    int64_t layer_id;
    uint32_t feature;
} check_feature;

typedef struct check_request {
    int64_t fit_id;
    const char *kind;
    check_settings settings; /* borrowed */
    /* By number, for who does not know names as they are stored; they replace their settings. */
    int64_t attribute_id;         /* a target variable; 0: settings.attribute */
    const check_feature *feature; /* borrowed, in any order, repeats count once */
    uint32_t features;            /* 0: settings.features */
} check_request;

/* Stores a queued check. STATUS_USAGE: no such kind, or settings that make no sense. STATUS_INPUT:
 * no such fit, or the check does not apply to it, or what is named by number is gone. */
status check_create(db *d, const layer_set *layers, const check_request *request,
                    int64_t *check_id, error *err);

/* The settings of a stored check. */
status check_settings_of(const check *c, check_settings *out, error *err);

/* How a check stands; a value, copied freely. */
typedef struct check_progress {
    int64_t check_id, fit_id;
    char kind[CHECK_NAME];
    fit_state state;
    uint32_t units, done;         /* units 0: not known yet */
    double fraction;              /* done, the unit at work included: 0 to 1 */
    double seconds, seconds_left; /* of this run; left < 0: not known yet */
    char message[256];            /* why it failed; safe to show */
} check_progress;

typedef struct check_run_options {
    unsigned threads; /* 0: all */
    uint64_t memory;  /* 0: default */
    bool take_over;   /* resume although another machine claims to be running it */
    void (*progress)(void *user, const check_progress *progress); /* ten times a second */
    void *user;
    const atomic_bool *cancel; /* may be NULL */
} check_run_options;

/* Runs or resumes a queued, cancelled, failed or cut-off check to its end. *last is how it ended.
 * STATUS_INTERRUPTED: cancelled; finished units are kept. STATUS_INPUT: no such check, the fit is
 * not finished or its data changed, somebody runs the check already, or the data do not allow it.
 */
status check_run(const char *study, int64_t check_id, const check_run_options *options,
                 check_progress *last, error *err);

/* Deletes a check that does not run. STATUS_INPUT: somebody runs it, or there is no such check. */
status check_delete_idle(db *d, int64_t check_id, error *err);

/* As fit_is_cut_off, fit_was_interrupted, fit_state_shown. */
bool check_is_cut_off(const check *c);
bool check_was_interrupted(const check *c);
const char *check_state_shown(const check *c);

#endif
