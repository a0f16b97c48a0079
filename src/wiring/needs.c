#include "src/wiring/needs.h"

#include "src/wiring/places.h"
#include "src/wiring/response.h"
#include "src/wiring/unseen.h"
#include "src/wiring/wiring.h"

#include <math.h>

/* Seconds of one core, measured: a place given anew; a coordinate in a product of the stream with
 * a direction, and of an answer with one, which comes from memory; a nonzero in one pass of the
 * ridge regression, of which there are about so many. */
static const double place_seconds = 60e-9, product_seconds = 0.05e-9, answer_seconds = 0.3e-9,
                    entry_seconds = 1.5e-9;
enum { PASSES = 30 };

wiring_needs wiring_needs_measure(const wiring_shape *s, uint64_t edges)
{
    uint64_t rows = stream_rows(s->rows, s->target_features);
    uint64_t from = s->source_features, to = s->target_features, width = s->width;
    double part = s->rows ? (double)rows / s->rows : 0; /* of the samples */
    double all = (double)s->target_entries * part + (double)rows * PLACES_RUNNERS;
    uint64_t few = width < UNSEEN_WIDTH ? width : UNSEEN_WIDTH;
    double removals = (double)s->source_entries * part * all / (rows ? (double)rows : 1);
    double met = to && from ? (double)to * -expm1(-removals / (double)from / (double)to) : 0;
    wiring_needs n = {0};
    n.shared = (2 * (from + to) * width + to + width) * sizeof(float) + /* autoencoders */
               from * width * sizeof(float) +                           /* answers */
               3 * rows * width * sizeof(float) +                       /* the stream */
               (from + 3 * rows) * few * sizeof(double) +               /* its halves */
               8 * s->source_entries +
               2 * 8 * (s->source_entries + 2 * s->target_entries) + /* of the samples */
               (from + to + 2 * rows) * 2 * sizeof(uint64_t) +
               (s->target_entries + rows * PLACES_RUNNERS) * sizeof(place) +
               2 * (2 * WIRED_KEPT * to + 1) * (sizeof(wired_edge) + sizeof(float)); /* sorted */
    n.thread = ((5 * from + rows) * RESPONSE_LANES + 7 * to + 8192) * sizeof(double);
    n.kept = (WIRED_KEPT * to + 1) * sizeof(wired_edge) + (to + 1) * sizeof(uint64_t);
    n.seconds = place_seconds * removals + product_seconds * (double)(rows * to) * (double)width +
                answer_seconds * (double)from * met * (double)width + /* met: targets a source */
                entry_seconds * PASSES * (double)s->source_entries * part * (double)(width + few);
    double parents = to ? (double)edges / (double)to : 0;
    n.alone = (uint64_t)((double)to * WIRED_STRONG * WIRED_STRONG / (WIRED_STRONG + parents));
    return n;
}
