/* Drawing the Trust view: the overview, the page of how the fit was solved, the pages of checks.
 */
#ifndef UI_TRUST_DRAW_H
#define UI_TRUST_DRAW_H

#include "ui/trust_state.h"

void trust_draw(app *a, trust_state *v, region body);

/* trust_page.c: the page of a check; focused: its list has the cursor. */
void page_draw(app *a, trust_state *v, uint32_t page, region body, bool focused);
/* The names of the lists, the present one marked; `row` of r. */
void page_draw_tabs(const trust_state *v, const trust_tab *tab, uint32_t tabs, region r, int row);
/* Name and label of a node in columns [col, end) of a line. */
void page_draw_node(app *a, region r, int line, int col, int end, uint32_t node, style on);
/* A figure as people read it; out holds at least 24 bytes. */
char *page_show(char *out, trust_as as, double value);

/* trust_chart.c */
void chart_draw(const trust_state *v, const trust_check *c, region r);
bool chart_exists(const trust_check *c);

/* trust_solved.c: how well the fit was solved, and its lists. */
uint32_t solved_tabs(const summary *s, trust_tab tab[TRUST_TABS]);
uint32_t solved_node(const summary *s, uint32_t tab, uint32_t row); /* NOTHING: of no feature */
const summary_pair *solved_pair(const summary *s, uint32_t tab, uint32_t row); /* NULL: no pair */
int solved_opens(uint32_t tab); /* which edges of the row's feature */
void solved_draw(app *a, trust_state *v, region body, bool focused);

#endif
