/* How the findings of each kind of check are shown: which figures stand in its row and in the
 * table of layer pairs, what its chart is, and what is listed. The names are those that the kind
 * stores its findings by (the head of src/jobs/check_<kind>.c). */
#ifndef UI_TRUST_KINDS_H
#define UI_TRUST_KINDS_H

#include "src/circuit/plot.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TRUST_COLUMNS = 8,
    TRUST_LISTS = 3,
    TRUST_VALUES = 3,
    TRUST_CURVES = 4,
    TRUST_PREFIXES = 6
};

typedef enum trust_as {
    AS_COUNT,   /* 1,234 */
    AS_RATIO,   /* 0.41: R2, precision, correlations */
    AS_PERCENT, /* a share as 41% */
    AS_FIGURE   /* three significant digits */
} trust_as;

typedef struct trust_column {
    const char *figure, *head;
    trust_as as;
} trust_column;

typedef enum trust_order {
    TRUST_GREATEST,   /* by the value, the greatest first */
    TRUST_LARGEST,    /* by its size */
    TRUST_UNSTABLE,   /* edges whose value is below the check's cut, the strongest first */
    TRUST_DISAGREEING /* edges by |value + removal|: measured against predicted */
} trust_order;

typedef struct trust_list_look {
    const char *name, *brief;
    const char *value; /* of target features, or of edges; NULL: no list */
    bool edges;
    trust_order order;
    const char *also[TRUST_VALUES - 1]; /* of targets: further values, shown beside it */
    const char *head[TRUST_VALUES];     /* of the values; NULL: not shown */
    trust_as as;
    const char *about, *none; /* one line below it; the same when it is empty */
} trust_list_look;

typedef struct trust_curve {
    const char *series, *name;
    plot_stroke stroke;
    bool dots; /* points, not a line */
} trust_curve;

typedef enum trust_chart_kind {
    TRUST_NO_CHART,
    TRUST_CURVE,    /* lines over x */
    TRUST_SHARES,   /* how many edges have each share: from the number at or above it */
    TRUST_AGREEMENT /* y against x, and the diagonal where they agree */
} trust_chart_kind;

typedef struct trust_chart {
    trust_chart_kind kind;
    const char *title, *x, *y;
    bool logarithmic; /* x */
    trust_curve curve[TRUST_CURVES];
    const char *axis[2]; /* of the scatter of target values: the series of x and y; NULL: none */
} trust_chart;

typedef struct trust_look {
    const char *kind;
    trust_column brief[TRUST_COLUMNS];  /* the whole circuit's, in the row of the overview */
    trust_column column[TRUST_COLUMNS]; /* of the table of pairs */
    const char *prefix[TRUST_PREFIXES]; /* further rows: figures by these prefixes */
    const char *prefix_name[TRUST_PREFIXES];
    trust_column by_prefix[TRUST_COLUMNS];
    const char *table; /* what the table of prefixes is called; NULL: there is none */
    trust_list_look list[TRUST_LISTS];
    trust_chart chart;
    const char *asks; /* what to ask for before it is run: a file, in these words; NULL: nothing */
    bool of_variable;  /* it is of a target variable's fit, which a dialog of its own asks for; the
                          newest one shows, whatever circuit is open */
} trust_look;

/* Kinds that nobody has described yet show their sentence and their figures. */
const trust_look *trust_look_of(const char *kind);

#endif
