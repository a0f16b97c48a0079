/* The state of the Trust view, and what its files ask of one another. */
#ifndef UI_TRUST_STATE_H
#define UI_TRUST_STATE_H

#include "src/circuit/summary.h"
#include "ui/app.h"
#include "ui/trust_read.h"

/* Pages: all rows, how well the fit was solved, then one for each kind of check, in their order.
 */
enum { PAGE_OVERVIEW, PAGE_SOLVED, PAGE_CHECKS };

enum { TRUST_TABS = 6, NOT_ASKED = -1 };

enum { TRUST_TAG_FILE = 40 };    /* of the input line; those of notes are larger */
enum { TRUST_CLICK_TAB = 1000 }; /* clicks: rows of the overview, from here on tabs */

typedef struct trust_state {
    reader *summaries, *checks; /* its own: a summary of five million edges takes a second */
    summary *s;                 /* as read last; NULL: none */
    bool summary_asked;
    const circuit *of;     /* the circuit that was asked about; only compared */
    trust_checks *c;       /* likewise of the checks */
    int64_t checks_asked;  /* of which fit, 0: of none; NOT_ASKED */
    trust_findings *found; /* of the check whose page is up */
    int64_t found_asked;   /* the check that was asked about last, and */
    uint32_t found_done;   /* how much of it was done then */

    uint32_t page;
    list rows;            /* of the overview */
    list tab[TRUST_TABS]; /* of the page */
    uint32_t at;          /* which tab */
    uint32_t pair;        /* of the chart and the table: see trust_pair */
    double wanted;        /* rate or cut that is looked at; NaN: the check's own */
    bool zoomed;
    double pending;  /* a threshold that waits for the circuit's strengths; NaN: none */
    uint32_t asking; /* kind that the input line is for */
} trust_state;

typedef enum tab_kind {
    TAB_SOLVED,
    TAB_PAIRS,
    TAB_TABLE,
    TAB_LIST,
    TAB_FIGURES,
    TAB_WORDS /* what it says, a line a row */
} tab_kind;

typedef struct trust_tab {
    tab_kind kind;
    int which; /* list of the look, or of the summary */
    const char *name, *brief;
    uint32_t count; /* of words: not known before they are drawn */
    uint32_t all;   /* how many there are; only the head of a long list is listed */
} trust_tab;

/* The check whose page is `page`; NULL: none, or not read yet. */
const trust_check *trust_check_at(const trust_state *v, uint32_t page);

/* What the page lists, and how many lists there are. */
uint32_t trust_tabs(const trust_state *v, uint32_t page, trust_tab tab[TRUST_TABS]);

/* What is listed of the page's check; NULL: not read yet. */
const trust_findings *trust_found(const trust_state *v, uint32_t page);

/* Layer and feature of a node, whether the circuit is here or not. */
void trust_place(const app *a, uint32_t node, uint32_t *position, uint32_t *feature);

/* ---- trust_act.c: asking for checks and using what they found ---- */

void trust_run(app *a, trust_state *v, int count); /* the check at hand */
void trust_run_all(app *a, const trust_state *v);
void trust_cancel(app *a, const trust_state *v);
void trust_delete(app *a, const trust_state *v);
void trust_typed(app *a, trust_state *v, prompt_event event, const char *text);
void trust_use(app *a, trust_state *v);
/* Whether a check has a rate or a cut to choose. NULL: no. */
bool trust_steps(const trust_check *c);
/* The next wanted rate or cut; false: the page has none, or none yet. */
bool trust_step(trust_state *v, bool fewer);

/* The wanted rate or cut, and what it comes to in the pair's curve: the threshold (of the null),
 * edges that are left, and the noise among them (of stability). False: not known. */
typedef struct trust_choice {
    double wanted, threshold, edges, noise;
} trust_choice;
bool trust_choose(const trust_state *v, const trust_check *c, uint32_t pair, trust_choice *out);

/* Whether this program is at work on the check now. */
bool trust_at_work(const app *a, const trust_check *c);

#endif
