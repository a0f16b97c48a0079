/* Choosing what the Circuit view lists: threshold, measure, layer pair, order, sign, lambda,
 * words, filter. */
#ifndef UI_EDGES_CHOOSE_H
#define UI_EDGES_CHOOSE_H

#include "ui/edges_state.h"

/* ACTED_NOT: another action. */
unsigned edges_choose(app *a, edges_state *v, action_id what, int count);

/* What was typed into a line that edges_choose opened. */
void edges_choose_typed(app *a, edges_state *v, int tag, prompt_event event, const char *text);

/* Out of what was chosen, one step: back to the fit's lambda, out of the filter, out of the words.
 * False: nothing was chosen. */
bool edges_choose_back(app *a, edges_state *v);

/* Lists the fit's own parents again, or those at the slider's lambda. */
void edges_list_slid(app *a, edges_state *v);

#endif
