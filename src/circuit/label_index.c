#include "src/circuit/label_index.h"

#include "db/layer.h"
#include "db/note.h"
#include "src/base/fuzzy.h"
#include "src/base/memory.h"
#include "src/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SCORE_MOST = 1023, WORDS_MOST = 16 };

/* One layer's labels; table.row is NULL until they are read. */
typedef struct entry {
    int64_t layer_id;
    feature_table table;
    uint64_t *mask;  /* fuzzy_mask of each label */
    uint64_t *begin; /* beginnings of each */
    uint64_t *pair;  /* pairs of each */
} entry;

struct label_index {
    char *stamp; /* NULL: nothing is read */
    entry *entry;
    uint32_t count;
};

/* -- words --------------------------------------------------------------------------------- */

static bool in_word(char c)
{
    unsigned char byte = (unsigned char)c;
    return (unsigned char)((byte | 0x20) - 'a') < 26 || (unsigned char)(byte - '0') < 10 ||
           byte >= 0x80;
}

static unsigned folded(char c)
{
    unsigned char byte = (unsigned char)c;
    return (unsigned char)(byte - 'A') < 26 ? byte | 0x20u : byte;
}

/* A bit for two characters that stand together, whatever their case. */
static uint64_t pair_bit(char first, char second)
{
    return UINT64_C(1) << ((folded(first) * 37 + folded(second) * 11) % 64);
}

/* Bits for what a word of so many characters begins with: one for its first character, and one
 * for its first two if it has them. */
static uint64_t beginning(const char *word, size_t length)
{
    enum { FIRST = 28 };
    unsigned letter = folded(word[0]) - 'a';
    uint64_t bits = UINT64_C(1) << (letter < 26                     ? letter
                                    : (unsigned char)word[0] < 0x80 ? 26
                                                                    : 27);
    if (length > 1)
        bits |= UINT64_C(1) << (FIRST + (folded(word[0]) * 5 + folded(word[1])) % (64 - FIRST));
    return bits;
}

/* What the words of a label begin with: only a label that has all bits of the wanted words'
 * beginnings can have the words. */
static uint64_t beginnings(const char *label)
{
    uint64_t bits = 0;
    for (bool before = false; *label; label++) {
        bool now = in_word(*label);
        if (now && !before)
            bits |= beginning(label, label[1] ? 2 : 1);
        before = now;
    }
    return bits;
}

/* Likewise of text as it stands. */
static uint64_t pairs(const char *label)
{
    uint64_t bits = 0;
    for (; label[0] && label[1]; label++)
        bits |= pair_bit(label[0], label[1]);
    return bits;
}

/* -- reading ------------------------------------------------------------------------------- */

static void entry_release(entry *e)
{
    free(e->mask);
    free(e->begin);
    free(e->pair);
    feature_table_release(&e->table);
}

static void forget(label_index *x)
{
    for (uint32_t i = 0; i < x->count; i++)
        entry_release(&x->entry[i]);
    free(x->entry);
    free(x->stamp);
    *x = (label_index){0};
}

label_index *label_index_create(void)
{
    return mem_zero(1, sizeof(label_index));
}

void label_index_free(label_index *x)
{
    if (x)
        forget(x);
    free(x);
}

static status read_entry(entry *e, db *d, error *err)
{
    status code = feature_list(d, e->layer_id, &e->table, err);
    if (code != STATUS_OK)
        return code;
    e->mask = mem_alloc((e->table.count + 1) * sizeof *e->mask);
    e->begin = mem_alloc((e->table.count + 1) * sizeof *e->begin);
    e->pair = mem_alloc((e->table.count + 1) * sizeof *e->pair);
    for (uint32_t i = 0; i < e->table.count; i++) {
        const char *label = e->table.row[i].label;
        e->mask[i] = label ? fuzzy_mask(label) : 0;
        e->begin[i] = label ? beginnings(label) : 0;
        e->pair[i] = label ? pairs(label) : 0;
    }
    return STATUS_OK;
}

static status begin(label_index *x, db *d, const char *stamp, error *err)
{
    layer_set layers = {0};
    status code = layer_list(d, &layers, err);
    if (code != STATUS_OK)
        return code;
    forget(x);
    x->stamp = mem_copy_text(stamp);
    x->entry = mem_zero((size_t)layers.count + 1, sizeof *x->entry);
    for (; x->count < layers.count; x->count++)
        x->entry[x->count].layer_id = layers.item[x->count].id;
    layer_set_release(&layers);
    return STATUS_OK;
}

status label_index_read(label_index *x, db *d, const char *stamp, error *err)
{
    status code = STATUS_OK;
    if (!x->stamp || strcmp(x->stamp, stamp) != 0)
        code = begin(x, d, stamp, err);
    for (uint32_t i = 0; code == STATUS_OK && i < x->count; i++)
        if (!x->entry[i].mask)
            code = read_entry(&x->entry[i], d, err);
    return code;
}

/* -- matching ------------------------------------------------------------------------------ */

typedef struct query {
    char *text; /* without blanks around it */
    const char *word[WORDS_MOST];
    size_t length[WORDS_MOST];
    int words;                  /* those that have a letter or a digit */
    uint64_t mask, begin, pair; /* begin: of the words */
} query;

static query query_make(const char *text)
{
    text += strspn(text, " ");
    query q = {.text = mem_copy_text(text), .mask = fuzzy_mask(text)};
    for (size_t end = strlen(q.text); end > 0 && q.text[end - 1] == ' ';)
        q.text[--end] = '\0';
    q.pair = pairs(q.text);
    for (const char *at = q.text; *at && q.words < WORDS_MOST; at += strspn(at, " ")) {
        size_t length = strcspn(at, " "), begin = 0;
        while (begin < length && !in_word(at[begin]))
            begin++;
        if (begin < length) {
            q.word[q.words] = at + begin;
            q.length[q.words++] = length - begin;
            q.begin |= beginning(at + begin, length - begin);
        }
        at += length;
    }
    return q;
}

/* A label of which all words matched is better the shorter it is. */
static int shortness(const char *label)
{
    size_t length = strnlen(label, 1200);
    return 1 + (int)(1200 - length) / 4;
}

/* 0: no word of the label begins so; 2: one is just this; 1: otherwise. */
static int word_score(const char *label, const char *word, size_t length)
{
    int best = 0;
    for (const char *at = label; *at && best < 2;) {
        if ((*at | 0x20) == (word[0] | 0x20) && strncasecmp(at, word, length) == 0)
            best = in_word(at[length]) ? 1 : 2;
        while (in_word(*at))
            at++;
        while (*at && !in_word(*at))
            at++;
    }
    return best;
}

static int words_score(const query *q, const char *label)
{
    int score = 0;
    for (int i = 0; i < q->words; i++) {
        int one = word_score(label, q->word[i], q->length[i]);
        if (one == 0)
            return 0;
        score += one;
    }
    return score == 0 ? 0 : shortness(label) + 300 * score / q->words;
}

static int match_score(const query *q, const char *label, label_match how)
{
    int score = how == LABEL_WORDS      ? words_score(q, label)
                : how == LABEL_CONTAINS ? (text_contains(label, q->text) ? shortness(label) : 0)
                                        : fuzzy_score(label, q->text);
    return score > SCORE_MOST ? SCORE_MOST : score;
}

/* -- searching ----------------------------------------------------------------------------- */

typedef struct hit {
    uint32_t entry, row;
    int score;
} hit;

/* What matches in the best way so far. */
typedef struct hits {
    hit *item;
    size_t count, capacity;
    label_match how;
} hits;

static void add(hits *h, uint32_t at, uint32_t row, int score)
{
    if (h->count == h->capacity) {
        h->capacity = 2 * h->capacity + 1024;
        h->item = mem_grow(h->item, h->capacity, sizeof *h->item);
    }
    h->item[h->count++] = (hit){at, row, score};
}

/* Every label that matches in this way. Masks first: most labels need not be looked at. */
static void judge_labels(hits *h, const query *q, const label_index *x, label_match how)
{
    h->how = how;
    for (uint32_t e = 0; e < x->count; e++) {
        const entry *in = &x->entry[e];
        const uint64_t *bits = how == LABEL_WORDS ? in->begin : in->pair;
        uint64_t wanted = how == LABEL_WORDS ? q->begin : how == LABEL_CONTAINS ? q->pair : 0;
        for (uint32_t i = 0; i < in->table.count; i++) {
            if ((in->mask[i] & q->mask) != q->mask || (bits[i] & wanted) != wanted ||
                !in->table.row[i].label)
                continue;
            int score = match_score(q, in->table.row[i].label, how);
            if (score > 0)
                add(h, e, i, score);
        }
    }
}

/* What the user noted on a feature may match in a better way than all labels did. */
static void judge_noted(hits *h, const query *q, const char *noted, uint32_t at, uint32_t row)
{
    for (label_match how = LABEL_WORDS;; how--) {
        int score = match_score(q, noted, how);
        if (score > 0) {
            if (how > h->how)
                h->count = 0;
            h->how = how;
            add(h, at, row, score);
        }
        if (score > 0 || how == h->how)
            return;
    }
}

/* What the user wrote may find a feature whose own label does not. */
static void judge_notes(hits *h, const query *q, const label_index *x, const note_set *notes)
{
    for (uint32_t i = 0; i < notes->count; i++) {
        const feature_note *of = &notes->item[i];
        uint32_t at = 0;
        while (at < x->count && x->entry[at].layer_id != of->layer_id)
            at++;
        if (at == x->count || of->feature >= x->entry[at].table.count)
            continue;
        const char *label = x->entry[at].table.row[of->feature].label;
        if (label && match_score(q, label, h->how) > 0)
            continue;
        char *noted = mem_format("%s %s", of->label ? of->label : "", of->tags ? of->tags : "");
        judge_noted(h, q, noted, at, of->feature);
        free(noted);
    }
}

/* The places of the hits, best first; equal ones stay in their order. Free it. */
static size_t *by_score(const hits *h)
{
    size_t *order = mem_alloc((h->count + 1) * sizeof *order);
    size_t start[SCORE_MOST + 2] = {0};
    for (size_t i = 0; i < h->count; i++)
        start[SCORE_MOST - h->item[i].score + 1]++;
    for (size_t s = 1; s < SCORE_MOST + 2; s++)
        start[s] += start[s - 1];
    for (size_t i = 0; i < h->count; i++)
        order[start[SCORE_MOST - h->item[i].score]++] = i;
    return order;
}

static void copy_hits(const label_index *x, const hits *h, uint32_t limit, feature_table *out)
{
    size_t *order = by_score(h), bytes = 0;
    out->count = h->count < limit ? (uint32_t)h->count : limit;
    out->row = mem_alloc((out->count + 1) * sizeof *out->row);
    for (uint32_t i = 0; i < out->count; i++) {
        const hit *at = &h->item[order[i]];
        out->row[i] = x->entry[at->entry].table.row[at->row];
        bytes += out->row[i].label ? strlen(out->row[i].label) + 1 : 0;
    }
    char *to = out->labels = mem_alloc(bytes + 1);
    for (uint32_t i = 0; i < out->count; i++) {
        const char *label = out->row[i].label;
        out->row[i].label = label ? to : NULL;
        if (label)
            to = stpcpy(to, label) + 1;
    }
    free(order);
}

status label_index_search(label_index *x, db *d, const char *text, uint32_t limit,
                          feature_table *out, label_match *how, error *err)
{
    *out = (feature_table){0};
    note_set notes = {0};
    status code = note_list(d, &notes, err);
    if (code != STATUS_OK)
        return code;
    query q = query_make(text);
    hits h = {.how = LABEL_FUZZY};
    for (int way = LABEL_WORDS; way >= LABEL_FUZZY && h.count == 0 && q.text[0]; way--)
        judge_labels(&h, &q, x, (label_match)way);
    if (q.text[0])
        judge_notes(&h, &q, x, &notes);
    copy_hits(x, &h, limit, out);
    *how = h.how;
    free(h.item);
    free(q.text);
    note_set_release(&notes);
    return STATUS_OK;
}
