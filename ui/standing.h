/* What is to be said of a fit in a list: how it stands, on which layers, at which setting. */
#ifndef UI_STANDING_H
#define UI_STANDING_H

#include "ui/app.h"

/* How a fit stands: the snapshot, or the engine's last word where that is fresher. Of a target
 * variable's fit, targets are points of the path and edges are features of the chosen point. */
typedef struct standing {
    uint32_t targets, done;
    uint64_t edges;
    double worst_gap, seconds;
    bool ours; /* this program is running it now */
} standing;

standing standing_of(const app *a, const fit *f);

/* Whoever ran it is gone. */
bool standing_cut_off(const app *a, const fit *f);

/* The word for its state, and what it wears. */
const char *standing_name(const app *a, const fit *f);
role standing_role(const app *a, const fit *f);

/* Whether some pair of the fit leads into (out of) the layer at this position. NULL: no. */
bool standing_has_layer(const app *a, const fit *f, uint32_t position, bool into);

/* The positions of its layers: 0-5 when none between is left out, else 0,2,5. */
void standing_layers(const app *a, const fit *f, char *out, size_t capacity);

/* Its lambda: `0.005 pair`, `20 parents`. */
void standing_rule(const fit *f, char out[64]);

/* Date and time here, or a dash for never. */
const char *standing_time(char out[64], int64_t when);

#endif
