/* What the Trust view reads, on threads of its own: how the checks of a fit stand and what they
 * say, and what is listed of one of them. */
#ifndef UI_TRUST_READ_H
#define UI_TRUST_READ_H

#include "src/circuit/circuit.h"
#include "src/jobs/check.h"
#include "src/jobs/reader.h"
#include "ui/trust_kinds.h"

/* One kind of check, and the newest one of it that the fit has. Every text is clean. */
typedef struct trust_check {
    const check_kind *kind;
    const trust_look *look;
    check_report report; /* about.id is 0: there is none */
    const char *state;   /* check_state_shown */
    bool cut_off;
    char *whose;         /* of target variables' fits: "fit 2 of job"; else NULL */
    char *settings;      /* what it was told, such as "rounds 20, seed 3" */
    char *why;           /* why the check does not apply; empty: it does */
    char *verdict, *say; /* of a finished one; else NULL */
} trust_check;

/* The layer pairs that the report has figures of: the whole circuit is pair 0. Ids of layers. */
uint32_t trust_pairs(const check_report *r);
void trust_pair(const check_report *r, uint32_t pair, int64_t *from, int64_t *to);

typedef struct trust_checks {
    int64_t fit_id;    /* 0: of none, only those of target variables' fits */
    trust_check *item; /* by the order of kinds */
    uint32_t count;
} trust_checks;

/* Asks for the checks of a fit (0: none is open): the answer is a READ_CHECKS. */
void trust_ask_checks(reader *r, int64_t fit_id);
void trust_checks_free(void *checks);

/* Asks how well the fit was solved: the answer is a READ_TRUST, a summary. c: the fit's circuit,
 * for its hubs; may be NULL. */
void trust_ask_summary(reader *r, int64_t fit_id, circuit *c);

/* A row of a list: a target feature, or an edge. Nodes are numbered as in a circuit. */
typedef struct trust_item {
    uint32_t source, target; /* source NOTHING: of the target alone */
    double value[TRUST_VALUES];
} trust_item;

typedef struct trust_listed {
    trust_item *item; /* the first TRUST_MOST of all */
    uint32_t count, all;
} trust_listed;

enum { TRUST_MOST = 500 };

/* A dot of the scatter of two values of the targets; from and to: ids of its layers. */
typedef struct trust_dot {
    int64_t from, to;
    float x, y;
} trust_dot;

/* What is listed of one check. */
typedef struct trust_findings {
    int64_t check_id;
    uint32_t done; /* units, when it was read */
    trust_listed list[TRUST_LISTS];
    trust_dot *dot;
    uint32_t dots;
} trust_findings;

/* Asks for the lists of a check: the answer is a READ_FINDINGS. c: the fit's circuit. */
void trust_ask_findings(reader *r, const trust_check *of, circuit *c);
void trust_findings_free(void *findings);

#endif
