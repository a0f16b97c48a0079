/* Filter expressions over features: `density>0.001 in>3 label~pronoun !tag:odd pin`.
 *
 * Terms are parted by blanks and must all hold; `!` before a term turns it round.
 *
 *   COLUMN OP NUMBER   OP is > >= < <= = !=; a number may end in %
 *   label~WORD         the label has the word, whatever its case; "..." keeps blanks
 *   tag:WORD           the feature has this tag
 *   pin  labelled      it is pinned; it has a label */
#ifndef CIRCUIT_FILTER_H
#define CIRCUIT_FILTER_H

#include "src/base/error.h"

#include <stdint.h>

#define FILTER_COLUMN_LIST(X)                                                                     \
    X(FILTER_INDEX, "index")                                                                      \
    X(FILTER_DENSITY, "density")                                                                  \
    X(FILTER_ACTIVE, "active")                                                                    \
    X(FILTER_MEAN, "mean")                                                                        \
    X(FILTER_SD, "sd")                                                                            \
    X(FILTER_MAX, "max")                                                                          \
    X(FILTER_IN, "in")                                                                            \
    X(FILTER_OUT, "out")

typedef enum filter_column {
#define FILTER_COLUMN_ENUM(id, name) id,
    FILTER_COLUMN_LIST(FILTER_COLUMN_ENUM)
#undef FILTER_COLUMN_ENUM
        FILTER_COLUMNS
} filter_column;

enum { FILTER_TERMS = 16, FILTER_WORD = 64 };

typedef struct filter_term {
    enum { FILTER_FIGURE, FILTER_LABEL, FILTER_TAG, FILTER_PIN, FILTER_LABELLED } kind;
    bool turned; /* `!` */
    filter_column column;
    enum {
        FILTER_ABOVE,
        FILTER_AT_LEAST,
        FILTER_BELOW,
        FILTER_AT_MOST,
        FILTER_IS,
        FILTER_IS_NOT
    } op;
    double number;
    char word[FILTER_WORD];
} filter_term;

typedef struct filter {
    filter_term term[FILTER_TERMS];
    int count;      /* 0: everything passes */
    bool by_degree; /* some term looks at in or out */
    bool by_note;   /* some term looks at tags or pins */
} filter;

/* What a feature is judged by. */
typedef struct filter_facts {
    double figure[FILTER_COLUMNS];
    const char *label, *tags; /* tags apart by blanks; NULL: none */
    bool pinned;
} filter_facts;

/* STATUS_INPUT says which term is meant and what was expected; *out is not changed then. */
status filter_parse(filter *out, const char *text, error *err);

/* What is known of an edge itself */
#define EDGE_COLUMN_LIST(X)                                                                       \
    X(EDGE_STABLE, "stable")         /* share of the halves of the documents that have it */      \
    X(EDGE_FDR, "fdr")               /* false discovery rate of its pair's edges as strong */     \
    X(EDGE_REGRESSION, "regression") /* |removal| as the regression has it */

typedef enum edge_column {
#define EDGE_COLUMN_ENUM(id, name) id,
    EDGE_COLUMN_LIST(EDGE_COLUMN_ENUM)
#undef EDGE_COLUMN_ENUM
        EDGE_COLUMNS
} edge_column;

typedef struct edge_term {
    edge_column column;
    filter_term compare;
} edge_term;

/* A filter over edges: a term holds when it holds of one end; `from.TERM` must hold of the source
 * and `to.TERM` of the target (`!` before either turns it round). `stable>0.8`, `fdr<5%` and
 * `regression>0.1` look at the edge itself; of an edge of which that is not known they do not
 * hold, turned round or not. */
typedef struct edge_filter {
    filter either, source, target;
    edge_term itself[FILTER_TERMS];
    int itself_count;
} edge_filter;

/* Whether an edge passes the terms that look at itself; figure: by edge_column, NaN: not known. */
bool edge_filter_passes(const edge_filter *f, const double figure[EDGE_COLUMNS]);

/* Whether some term looks at this column. */
bool edge_filter_asks(const edge_filter *f, edge_column column);

/* As filter_parse. */
status edge_filter_parse(edge_filter *out, const char *text, error *err);

bool filter_passes(const filter *f, const filter_facts *facts);

#endif
