#include "src/circuit/propagation.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 32 };

const char *propagation_word(propagation_reading reading)
{
    static const char *const words[] = {
#define PROPAGATION_WORD(id, word, meaning) [id] = word,
        PROPAGATION_LIST(PROPAGATION_WORD)
#undef PROPAGATION_WORD
    };
    return words[reading];
}

/* -- labels -------------------------------------------------------------------------------- */

typedef struct words {
    const char *at[WORDS_MAX];
    size_t length[WORDS_MAX];
    int count;
} words;

static bool same_word(const words *w, int i, const char *at, size_t length)
{
    return w->length[i] == length && strncasecmp(w->at[i], at, length) == 0;
}

static bool has_word(const words *w, const char *at, size_t length)
{
    for (int i = 0; i < w->count; i++)
        if (same_word(w, i, at, length))
            return true;
    return false;
}

static void add_word(words *w, const char *at, size_t length)
{
    if (w->count == WORDS_MAX || has_word(w, at, length))
        return;
    w->at[w->count] = at;
    w->length[w->count++] = length;
}

/* `" play" or "game", as in ...`: play, game. Spaces round a token are not part of it, but a token
 * that is all space is a word too. */
static void quoted_words(const char *label, words *w)
{
    const char *open = strchr(label, '"');
    while (open) {
        const char *at = open + 1, *close = strchr(at, '"');
        if (!close)
            return;
        size_t length = (size_t)(close - at);
        while (length > 1 && *at == ' ') {
            at++;
            length--;
        }
        while (length > 1 && at[length - 1] == ' ')
            length--;
        if (length > 0)
            add_word(w, at, length);
        open = strchr(close + 1, '"');
    }
}

static bool in_word(char letter)
{
    return isalnum((unsigned char)letter) || (unsigned char)letter >= 0x80;
}

static void plain_words(const char *label, words *w)
{
    while (*label) {
        size_t length = 0;
        while (in_word(label[length]))
            length++;
        if (length > 2)
            add_word(w, label, length);
        label += length > 0 ? length : 1;
    }
}

double labels_alike(const char *a, const char *b)
{
    words in_a = {.count = 0}, in_b = {.count = 0};
    quoted_words(a, &in_a);
    quoted_words(b, &in_b);
    if (in_a.count == 0 || in_b.count == 0) {
        in_a.count = in_b.count = 0;
        plain_words(a, &in_a);
        plain_words(b, &in_b);
    }
    int shared = 0, least = in_a.count < in_b.count ? in_a.count : in_b.count;
    for (int i = 0; i < in_a.count; i++)
        shared += has_word(&in_b, in_a.at[i], in_a.length[i]);
    return least > 0 ? (double)shared / least : 0;
}

/* -- readings ------------------------------------------------------------------------------ */

/* Square of a standardised weight, or 0 where it is not a number. */
static double square_of(float standardised)
{
    return isfinite(standardised) ? (double)standardised * (double)standardised : 0;
}

propagation propagation_of_step(const circuit *c, double threshold, uint32_t id,
                                const char *source_label, const char *target_label)
{
    uint32_t target = c->edge[id].target, first = c->in_start[target];
    propagation p = {.alike = -1};
    double sum = 0, own = square_of(c->edge[id].standardised);
    uint32_t strong = circuit_count(c, c->in + first, c->in_start[target + 1] - first, threshold);
    for (uint32_t k = first; k < first + strong; k++) {
        double square = square_of(c->in_link[k].standardised);
        p.count += c->in_link[k].standardised != 0; /* else only the wiring speaks for it */
        sum += square;
        p.greatest = square > p.greatest ? square : p.greatest;
    }
    p.share = sum > 0 ? own / sum : 0;
    p.greatest = sum > 0 ? p.greatest / sum : 0;
    if (source_label && *source_label && target_label && *target_label)
        p.alike = labels_alike(source_label, target_label);
    bool similar = p.alike >= PROPAGATION_ALIKE && p.share >= p.greatest;
    if (p.share >= (similar ? PROPAGATION_DOMINANT_ALIKE : PROPAGATION_DOMINANT))
        p.reading = PROPAGATION_PERSISTS;
    else
        p.reading = p.greatest >= PROPAGATION_DOMINANT ? PROPAGATION_MINOR : PROPAGATION_MERGES;
    return p;
}

propagation propagation_of_end(const circuit *c, double threshold, uint32_t node)
{
    uint32_t first = c->out_start[node], at = circuit_position(c, node, NULL);
    propagation p = {.alike = -1};
    p.count = circuit_count(c, c->out + first, c->out_start[node + 1] - first, threshold);
    bool fitted = c->out_start[c->layer_first[at]] < c->out_start[c->layer_first[at + 1]];
    p.reading = p.count > 0 ? PROPAGATION_GOES_ON : fitted ? PROPAGATION_ENDS : PROPAGATION_LAST;
    return p;
}

char *propagation_say(const propagation *p, char *out, size_t capacity)
{
    const char *word = propagation_word(p->reading);
    int share = (int)lround(100 * p->share);
    switch (p->reading) {
    case PROPAGATION_ENDS: snprintf(out, capacity, "%s: no children", word); break;
    case PROPAGATION_LAST: snprintf(out, capacity, "%s of the fit", word); break;
    case PROPAGATION_GOES_ON:
        snprintf(out, capacity, "%s: %u %s", word, p->count, p->count == 1 ? "child" : "children");
        break;
    case PROPAGATION_MINOR:
        snprintf(out, capacity, "%s: %d%%, another parent %d%%", word, share,
                 (int)lround(100 * p->greatest));
        break;
    case PROPAGATION_PERSISTS:
    case PROPAGATION_MERGES:
        if (p->count == 1)
            snprintf(out, capacity, "%s: the only parent", word);
        else
            snprintf(out, capacity, "%s: %d%% of %u parents%s", word, share, p->count,
                     p->alike >= PROPAGATION_ALIKE ? ", labels alike" : "");
        break;
    }
    return out;
}
