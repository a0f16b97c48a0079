/* From the Features view elsewhere: to edges, samples, other cards. */
#include "ui/features.h"

#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/paths.h"
#include "ui/sample.h"

#include <stdlib.h>

static unsigned go_to_circuit(app *a, features *f, int mode)
{
    uint32_t position = NOTHING;
    const feature_row *row = features_row(a, f, &position);
    if (!row)
        return ACTED;
    place where = PLACE(VIEW_CIRCUIT);
    where.layer = position;
    where.feature = row->feature;
    where.mode = mode;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned go_to_sample(app *a, const features *f)
{
    place where = PLACE(VIEW_SAMPLE);
    const feature_row *row = features_row(a, f, &where.layer);
    if (!row)
        return ACTED;
    where.feature = row->feature;
    where.mode = SAMPLE_STRONGEST;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned copy_row(app *a, features *f)
{
    uint32_t position = NOTHING;
    const feature_row *row = features_row(a, f, &position);
    char name[160];
    if (!row)
        return ACTED;
    app_feature_name(a, name, sizeof name, position, row->feature);
    char *text = mem_format("%s\t%s", name, row->label ? row->label : "");
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

static unsigned mark_end(app *a, features *f, action_id what)
{
    uint32_t position = NOTHING;
    const feature_row *row = features_row(a, f, &position);
    return row ? paths_mark(a, what, position, row->feature) : ACTED;
}

/* What the card's cursor is on: a sample in its text, or the card of a parent or child. */
static unsigned open_card_row(app *a, features *f)
{
    card_row row;
    if (!card_at_hand(a, f->card, &row))
        return ACTED;
    place where = PLACE(row.sample == NOTHING ? VIEW_FEATURES : VIEW_SAMPLE);
    where.mode = row.sample == NOTHING ? FEATURES_CARD : SAMPLE_AT;
    where.layer = row.sample == NOTHING ? row.position : f->card_layer;
    where.feature = row.sample == NOTHING ? row.feature : f->card_feature;
    where.row = row.sample;
    app_go(a, &where);
    f->card_steps += row.sample == NOTHING;
    return ACTED_REDRAW;
}

unsigned features_go(app *a, features *f, action_id what)
{
    switch (what) {
    case ACT_OPEN: return f->on_card ? open_card_row(a, f) : go_to_circuit(a, f, CIRCUIT_USUAL);
    case ACT_PARENTS: return go_to_circuit(a, f, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return go_to_circuit(a, f, CIRCUIT_CHILDREN);
    case ACT_STRONGEST: return go_to_sample(a, f);
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return mark_end(a, f, what);
    case ACT_COPY: return copy_row(a, f);
    default: return ACTED_NOT;
    }
}
