#include "src/circuit/score.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX

/* What is known of one pair of units; those without a cell have neither an edge nor a line. */
typedef struct cell {
    uint32_t pair; /* place in the request */
    uint32_t source, target;
    uint32_t line;  /* of the truth; NOWHERE: none */
    double squares; /* of strengths of coordinates; < 0: the circuit has no edge */
} cell;

typedef struct scoring {
    const circuit *c;
    const score_request *request;
    score *out;
    uint32_t *pair_at; /* by positions of source and target: place in the request, or NOWHERE */
    cell *cell;
    size_t cells;
    ranked *item;
} scoring;

uint32_t score_unit_position(const score_units *u, uint32_t unit)
{
    uint32_t low = 0, high = u->layer_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (u->first[middle] <= unit)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t pair_of(const scoring *s, uint32_t source, uint32_t target)
{
    const score_units *u = s->request->units;
    return s->pair_at[score_unit_position(u, source) * u->layer_count +
                      score_unit_position(u, target)];
}

static void index_pairs(scoring *s)
{
    const score_request *r = s->request;
    size_t layers = r->units->layer_count;
    s->pair_at = mem_alloc(layers * layers * sizeof *s->pair_at);
    for (size_t i = 0; i < layers * layers; i++)
        s->pair_at[i] = NOWHERE;
    for (uint32_t p = 0; p < r->pair_count; p++)
        s->pair_at[r->pair[p].source * layers + r->pair[p].target] = p;
}

static int by_place(const void *left, const void *right)
{
    const cell *a = left, *b = right;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    if (a->line != b->line) /* the line of the truth first */
        return a->line < b->line ? -1 : 1;
    return (a->squares > b->squares) -
           (a->squares < b->squares); /* the same sum on every machine */
}

/* One cell a pair of units that the circuit or the truth says anything about, sorted. */
static status gather(scoring *s, error *err)
{
    const score_request *r = s->request;
    s->cell = mem_try((size_t)s->c->edge_count + r->truth_count, sizeof *s->cell);
    if (!s->cell)
        return error_memory(err, "scoring a circuit");
    size_t count = 0;
    for (uint32_t i = 0; i < s->c->edge_count; i++) {
        const circuit_edge *e = &s->c->edge[i];
        if (s->c->ranked_by != STRENGTH_REMOVAL && circuit_wired_alone(e))
            continue; /* it has no weight to be judged by */
        uint32_t source = r->units->of_node[e->source], target = r->units->of_node[e->target];
        uint32_t pair = pair_of(s, source, target);
        double size = circuit_strength(s->c, e);
        s->out->edges_elsewhere += pair == NOWHERE;
        if (pair != NOWHERE)
            s->cell[count++] = (cell){pair, source, target, NOWHERE, size * size};
    }
    for (size_t i = 0; i < r->truth_count; i++) {
        uint32_t pair = pair_of(s, r->truth[i].source, r->truth[i].target);
        s->out->truth_elsewhere += pair == NOWHERE;
        if (pair != NOWHERE)
            s->cell[count++] =
                (cell){pair, r->truth[i].source, r->truth[i].target, (uint32_t)i, -1};
    }
    if (count > 1)
        qsort(s->cell, count, sizeof *s->cell, by_place);
    for (size_t i = 0; i < count; i++) {
        cell *last = s->cells ? &s->cell[s->cells - 1] : NULL;
        const cell *now = &s->cell[i];
        if (last && last->pair == now->pair && last->source == now->source &&
            last->target == now->target)
            last->squares = fmax(last->squares, 0) + now->squares;
        else
            s->cell[s->cells++] = *now;
    }
    return STATUS_OK;
}

static double strength_of(const cell *c)
{
    return c->squares >= 0 ? sqrt(c->squares) : 0;
}

static const score_truth *line_of(const scoring *s, const cell *c)
{
    return c->line == NOWHERE ? NULL : &s->request->truth[c->line];
}

static bool is_true(const scoring *s, const cell *c)
{
    const score_truth *line = line_of(s, c);
    return line && line->weight != 0;
}

static bool is_found(const scoring *s, const cell *c)
{
    return c->squares >= 0 && strength_of(c) >= s->request->threshold;
}

static uint64_t varying(const score_units *u, uint32_t position)
{
    uint64_t count = 0;
    for (uint32_t i = u->first[position]; i < u->first[position + 1]; i++)
        count += u->varies[i];
    return count;
}

static void finish_figures(score_figures *f, const ranking *r)
{
    f->missing = f->true_edges - f->right;
    f->spurious = f->found - f->right;
    f->distance = f->missing + f->spurious;
    double both = (double)f->right;
    f->precision = f->found ? both / (double)f->found : (double)NAN;
    f->recall = f->true_edges ? both / (double)f->true_edges : (double)NAN;
    f->f1 = f->found + f->true_edges ? 2 * both / (double)(f->found + f->true_edges) : (double)NAN;
    f->average_precision = ranking_average_precision(r);
    f->auroc = ranking_auroc(r);
    f->best = ranking_best_cut(r);
}

/* The cells from `from` to before `to`, which are all of one pair. */
static void judge_pair(scoring *s, uint32_t pair, size_t from, size_t to)
{
    const score_units *u = s->request->units;
    score_figures *f = &s->out->pair[pair];
    f->pair = s->request->pair[pair];
    f->candidates = varying(u, f->pair.source) * varying(u, f->pair.target);
    for (size_t i = from; i < to; i++) {
        const cell *c = &s->cell[i];
        const score_truth *line = line_of(s, c);
        bool truth = is_true(s, c), found = is_found(s, c);
        bool silent = !u->varies[c->source] || !u->varies[c->target];
        f->candidates += silent && (truth || c->squares >= 0);
        f->true_edges += truth;
        f->silent += silent && truth;
        f->edges += c->squares >= 0;
        f->found += found;
        f->right += found && truth;
        s->item[i] = (ranked){strength_of(c), truth};
        if (line) {
            s->out->kind[line->kind].lines++;
            s->out->kind[line->kind].found += found;
        }
    }
}

/* Lines that only say that there is no edge are candidates without a score, like all others. */
static size_t keep_candidates(const scoring *s, size_t from, size_t to, ranked *item)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        if (is_true(s, &s->cell[i]) || s->cell[i].squares >= 0)
            item[count++] = s->item[i];
    ranking_sort(item, count);
    return count;
}

static status judge(scoring *s, error *err)
{
    score *out = s->out;
    out->pair_count = s->request->pair_count;
    out->pair = mem_zero(out->pair_count, sizeof *out->pair);
    s->item = mem_try(s->cells, sizeof *s->item);
    ranked *sorted = mem_try(s->cells, sizeof *sorted);
    if (!s->item || !sorted) {
        free(sorted);
        return error_memory(err, "scoring a circuit");
    }
    for (size_t from = 0, to, p = 0; p < out->pair_count; p++, from = to) {
        for (to = from; to < s->cells && s->cell[to].pair == p;)
            to++;
        judge_pair(s, (uint32_t)p, from, to);
        score_figures *f = &out->pair[p];
        size_t count = keep_candidates(s, from, to, sorted);
        finish_figures(f, &(ranking){sorted, count, f->candidates - count, 0});
        out->all.candidates += f->candidates;
        out->all.true_edges += f->true_edges;
        out->all.silent += f->silent;
        out->all.edges += f->edges;
        out->all.found += f->found;
        out->all.right += f->right;
    }
    size_t count = keep_candidates(s, 0, s->cells, sorted);
    finish_figures(&out->all, &(ranking){sorted, count, out->all.candidates - count, 0});
    free(sorted);
    return STATUS_OK;
}

static int by_weight(const void *left, const void *right)
{
    double a = fabs(((const score_edge *)left)->weight),
           b = fabs(((const score_edge *)right)->weight);
    return (a < b) - (a > b);
}

static int by_strength(const void *left, const void *right)
{
    double a = ((const score_edge *)left)->strength, b = ((const score_edge *)right)->strength;
    return (a < b) - (a > b);
}

/* The edges that only one of the two has, the head of them by `order`. */
static status list_wrong(const scoring *s, bool missing, score_edge **out, uint32_t *count,
                         error *err)
{
    uint64_t all = missing ? s->out->all.missing : s->out->all.spurious;
    score_edge *list = mem_try((size_t)all, sizeof *list);
    size_t listed = 0;
    if (!list)
        return error_memory(err, "the edges that differ from the truth");
    for (size_t i = 0; i < s->cells; i++) {
        const cell *c = &s->cell[i];
        bool truth = is_true(s, c), found = is_found(s, c);
        if (missing ? truth && !found : found && !truth)
            list[listed++] =
                (score_edge){c->source, c->target, truth ? s->request->truth[c->line].weight : 0,
                             strength_of(c)};
    }
    if (listed > 1)
        qsort(list, listed, sizeof *list, missing ? by_weight : by_strength);
    *count = listed < s->request->most ? (uint32_t)listed : s->request->most;
    *out = mem_grow(list, *count, sizeof *list);
    return STATUS_OK;
}

status score_circuit(const circuit *c, const score_request *request, score *out, error *err)
{
    *out = (score){0};
    scoring s = {.c = c, .request = request, .out = out};
    index_pairs(&s);
    status code = gather(&s, err);
    if (code == STATUS_OK)
        code = judge(&s, err);
    if (code == STATUS_OK)
        code = list_wrong(&s, true, &out->missing, &out->missing_count, err);
    if (code == STATUS_OK)
        code = list_wrong(&s, false, &out->spurious, &out->spurious_count, err);
    free(s.pair_at);
    free(s.cell);
    free(s.item);
    return code;
}

void score_release(score *s)
{
    free(s->pair);
    free(s->missing);
    free(s->spurious);
    *s = (score){0};
}
