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

/* A filter over edges: a term holds when it holds of one end; `from.TERM` must hold of the source
 * and `to.TERM` of the target (`!` before either turns it round). `stable>0.8` looks at the edge
 * itself: the share of the resampled fits that have it. */
typedef struct edge_filter {
    filter either, source, target;
    filter stable; /* its figures are all that share */
} edge_filter;

/* Whether an edge of this stability passes. */
bool edge_filter_stable(const edge_filter *f, double share);

/* As filter_parse. */
status edge_filter_parse(edge_filter *out, const char *text, error *err);

bool filter_passes(const filter *f, const filter_facts *facts);

#endif
