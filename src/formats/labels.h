/* Human descriptions of one layer's features, in the forms that people have them in:
 *  - Neuronpedia's explanations: JSON lines with `index` and `description`, maybe `typeName`
 *    and `explanationModelName`;
 *  - the annotations of sparse feature circuits: JSON lines with `Name` ("resid_3/1234") and
 *    `Annotation`; those whose name begins with the layer's are taken, the rest passed over;
 *  - tables: `index<TAB>label` or `index,label`, with or without a heading. */
#ifndef FORMATS_LABELS_H
#define FORMATS_LABELS_H

#include "src/formats/folder.h"

typedef struct label {
    uint32_t feature;
    const char *text, *source; /* valid until the next call */
} label;

typedef struct labels labels;

/* `layer` names the layer, which has `features` features. */
status labels_open(labels **out, const folder *f, const char *file, const char *layer,
                   uint32_t features, error *err);
void labels_close(labels *l); /* NULL is fine */

/* The next label; *more is false at the end. A feature that the layer does not have is
 * STATUS_INPUT; so is a file of annotations in which none is the layer's. */
status labels_next(labels *l, label *out, bool *more, error *err);

double labels_fraction(const labels *l);

#endif
