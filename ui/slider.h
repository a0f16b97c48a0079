/* The lambda slider: the parents of one feature at another lambda than the fit's, solved behind
 * the screen as a key is held down.
 *
 * It has a reader, and so a thread and a connection, of its own, because the two layers that it
 * keeps in memory may take a while to read. One solve is under way at most; keys that come
 * meanwhile move only where the next one goes. A part of the Circuit view. */
#ifndef UI_SLIDER_H
#define UI_SLIDER_H

#include "ui/app.h"

typedef struct slider slider;

slider *slider_create(void);
void slider_free(slider *s);

/* Moves lambda for a feature's parents: `steps` of a tenth of a decade, up or down from the fit's
 * own. */
void slider_step(app *a, slider *s, uint32_t position, uint32_t feature, int steps);

/* Another circuit is the present one: its ranking is taken over, another fit ends the sliding. */
void slider_follow(app *a, slider *s);

/* Back to the fit's own parents; false: it was not away from them. */
bool slider_end(slider *s);

/* True: the answer was for the slider. */
bool slider_answer(app *a, slider *s, int kind, reader_answer *answer);

/* Away from the fit's own lambda, or on the way. */
bool slider_on(const slider *s);

/* What is to be listed instead of the fit's circuit; NULL: that one. A circuit that was given out
 * stays valid until the next but one answer or end, time enough to list another. */
const circuit *slider_circuit(const slider *s);

/* One line about what is shown: the lambda, that it is not the fit's, how exact, what is new
 * beside the fit's regression; of a fit with wiring, that there is none of it here. */
void slider_draw(const slider *s, region r, int row);

#endif
