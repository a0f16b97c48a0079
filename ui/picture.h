/* What other views may ask of the Picture view. */
#ifndef UI_PICTURE_H
#define UI_PICTURE_H

#include "ui/app.h"

/* Goes to the picture of the circuit round a node of a->circuit; NOTHING: of the listed paths. */
unsigned picture_go(app *a, uint32_t node);

#endif
