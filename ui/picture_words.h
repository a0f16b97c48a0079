/* What the boxes of a picture are called, on the screen and in files: features have their layer, a
 * number and a label; the outputs of a target variable, in the last column, its name and theirs.
 */
#ifndef UI_PICTURE_WORDS_H
#define UI_PICTURE_WORDS_H

#include "src/circuit/picture.h"
#include "ui/paths.h"

/* The target variable that a picture leads to. A zeroed one: it leads to features only. */
typedef struct picture_outcome {
    uint32_t layer; /* its position in the picture's circuit; 0: there is none */
    int64_t fit_id;
    char *name;
    char **output; /* clean; may be empty */
    uint32_t outputs;
} picture_outcome;

/* A copy of what the listing says of its target variable. */
picture_outcome picture_outcome_of(const path_listing *l);
void picture_outcome_release(picture_outcome *o);

/* Whether the node of the picture's circuit is an output of the variable. */
bool picture_outcome_has(const picture_outcome *o, const circuit *c, uint32_t node);

/* Clean: over a column, in a box's two lines, and in whole. The latter two write into out. */
const char *picture_head(app *a, const picture_outcome *o, uint32_t position);
char *picture_number(const picture_outcome *o, const circuit *c, uint32_t node, char *out,
                     size_t capacity);
const char *picture_label(app *a, const picture_outcome *o, const circuit *c, uint32_t node);
char *picture_name(app *a, const picture_outcome *o, const circuit *c, uint32_t node, char *out,
                   size_t capacity);

/* Writes the picture beside the study, as SVG and as DOT, and says so; subject: what it is of. */
void picture_write_files(app *a, const picture_outcome *o, const circuit *c, const picture *p,
                         const char *subject);

#endif
