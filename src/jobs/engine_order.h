/* What is asked of the engine: one order a wish, which owns all that it was told. */
#ifndef JOBS_ENGINE_ORDER_H
#define JOBS_ENGINE_ORDER_H

#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "src/jobs/variable.h"

typedef enum order_kind {
    ORDER_FIT,      /* make a fit */
    ORDER_VARIABLE, /* make a fit of a target variable */
    ORDER_CHECK,    /* make a check */
    ORDER_RESUME,
    ORDER_SHELVE,
    ORDER_DELETE
} order_kind;

/* A fit, or a check of one. */
typedef struct task {
    bool check;
    int64_t id; /* 0: none */
} task;

typedef struct order {
    struct order *next;
    order_kind kind;
    fit_request request;       /* of ORDER_FIT */
    variable_request variable; /* of ORDER_VARIABLE: its texts and lists belong to the order */
    check_request check;       /* of ORDER_CHECK; owns all of it. Of ORDER_VARIABLE: what checks
                                  the fit once it is done; kind NULL: nothing */
    task about;                /* of the others */
} order;

/* Copies of what was asked for. `then` may be NULL; its fit is the one that is made. */
order *order_fit(const fit_request *request);
order *order_variable(const variable_request *request, const check_request *then);
order *order_check(const check_request *request);

order *order_resume(task about); /* to run it */

/* The check that is to follow the fit that this order made; it goes over. NULL: none is. */
order *order_check_then(order *made, int64_t fit_id);

void order_free(order *o); /* NULL is fine */

#endif
