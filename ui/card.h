/* The card of one feature: what it means, how it behaves, where it is strongest, and what it
 * depends on. A part of the Features view. */
#ifndef UI_CARD_H
#define UI_CARD_H

#include "ui/app.h"

typedef struct card card;

card *card_create(void);
void card_free(card *c); /* NULL is fine */

/* The feature to show from now on; asks the reader for what is not here yet. NOTHING: none. */
void card_show(app *a, card *c, uint32_t position, uint32_t feature);

/* What was read is out of date: it is asked for again at the next card_show. */
void card_forget(card *c);

/* True: the answer was for the card. */
bool card_answer(app *a, card *c, int kind, reader_answer *answer);

/* Moves its cursor over what can be opened; false: not a moving action. */
bool card_act(card *c, action_id act, int count);
void card_click(card *c, int number); /* to the row that its drawing gave this number */

/* What the row at hand is: a sample (else NOTHING), or a parent or child. False: there is none. */
typedef struct card_row {
    uint32_t sample, position, feature;
} card_row;
bool card_at_hand(const app *a, const card *c, card_row *out);

/* Draws it into r; with the focus everything, scrolled to its cursor, otherwise as much of each
 * part as r holds. */
void card_draw(app *a, card *c, region r, bool focused);

#endif
