#include "src/jobs/surrogate.h"

#include "db/feature.h"
#include "db/target.h"
#include "src/base/memory.h"
#include "src/circuit/outcome.h"
#include "src/jobs/variable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the circuit and the variable ---- */

/* By position of the target's layer, which source layer's edges are its surrogate. */
static uint32_t *choose_sources(const surrogate *r)
{
    uint32_t count = r->c->layer_count;
    bool joint = strcmp(r->fit->kind, "joint") == 0;
    uint32_t *from = mem_alloc(count * sizeof *from);
    for (uint32_t l = 0; l < count; l++)
        from[l] = UINT32_MAX;
    for (uint32_t p = 0; p < r->fit->pair_count; p++) {
        const layer *source = layer_by_id(r->layers, r->fit->pair[p].source_layer);
        const layer *end = layer_by_id(r->layers, r->fit->pair[p].target_layer);
        r->root[end->position] = false;
        if (!joint &&
            (from[end->position] == UINT32_MAX || source->position > from[end->position]))
            from[end->position] = source->position;
    }
    return from;
}

static status load_statistics(surrogate *r, error *err)
{
    status code = STATUS_OK;
    for (uint32_t l = 0; l < r->layers->count && code == STATUS_OK; l++) {
        feature_table table = {0};
        code = feature_list(r->connection, r->layers->item[l].id, &table, err);
        for (uint32_t k = 0; k < table.count && code == STATUS_OK; k++) {
            uint32_t node = circuit_node(r->c, l, table.row[k].feature);
            r->mean[node] = (double)table.row[k].mean;
            r->sd[node] = (double)table.row[k].sd;
        }
        feature_table_release(&table);
    }
    return code;
}

static status load_circuit(surrogate *r, error *err)
{
    circuit *pairs = NULL;
    status code = circuit_load(r->connection, r->layers, r->fit->id, STRENGTH_WEIGHT, &pairs, err);
    if (code == STATUS_OK)
        code =
            circuit_with_outcome(r->connection, r->layers, pairs, r->v, r->v->chosen, &r->c, err);
    circuit_free(pairs);
    if (code != STATUS_OK)
        return code;
    size_t nodes = r->c->node_count;
    r->mean = calloc(nodes, sizeof *r->mean);
    r->sd = calloc(nodes, sizeof *r->sd);
    r->gradient = calloc(nodes, sizeof *r->gradient);
    r->pull = calloc(nodes * r->v->outputs, sizeof *r->pull);
    r->root = mem_alloc(r->c->layer_count * sizeof *r->root);
    if (!r->mean || !r->sd || !r->gradient || !r->pull)
        return error_memory(err, "the surrogate of a circuit");
    for (uint32_t l = 0; l < r->c->layer_count; l++)
        r->root[l] = l + 1 < r->c->layer_count;
    uint32_t *from = choose_sources(r);
    code = load_statistics(r, err);
    if (code == STATUS_OK)
        code = ablation_create(r->c, from, r->sd, &r->a, err);
    free(from);
    return code;
}

static status load_values(surrogate *r, error *err)
{
    target_set targets = {0};
    status code = target_list(r->connection, &targets, err);
    const target *about = target_by_id(&targets, r->v->target_id);
    if (code == STATUS_OK)
        code = about ? variable_load(r->connection, about, &r->y, &r->y_value, err)
                     : error_set(err, STATUS_INPUT, "the target variable is gone");
    for (uint32_t i = 0; code == STATUS_OK && i < r->y.rows && r->y.kind != VARIABLE_REAL; i++)
        if (!(r->y_value[i] >= 0 &&
              r->y_value[i] < (r->y.kind == VARIABLE_BINARY ? 2 : r->y.classes)))
            code = error_set(err, STATUS_INPUT, "sample %u: %g is no class of '%s'", i,
                             r->y_value[i], r->v->target);
    target_set_release(&targets);
    return code;
}

/* ---- the metric ---- */

/* How much output o's predictor counts in sample i, on the sample's side; 1/samples is not in it.
 */
typedef struct sides {
    const surrogate *r;
    double mean, variance; /* of a number */
} sides;

static double side_of(const sides *s, uint32_t i, uint32_t o)
{
    const variable *y = &s->r->y;
    if (y->kind == VARIABLE_REAL)
        return s->variance > 0 ? (y->value[i] - s->mean) / s->variance : 0;
    if (y->kind == VARIABLE_BINARY)
        return 2 * y->value[i] - 1;
    return (uint32_t)y->value[i] == o ? 1 : -1 / ((double)y->classes - 1);
}

static sides sides_of(const surrogate *r)
{
    sides s = {.r = r};
    for (uint32_t i = 0; i < r->y.rows; i++)
        s.mean += r->y_value[i] / r->y.rows;
    for (uint32_t i = 0; i < r->y.rows; i++)
        s.variance += (r->y_value[i] - s.mean) * (r->y_value[i] - s.mean) / r->y.rows;
    return s;
}

/* The mean over samples of side times deviation, for every feature of a layer. */
static void pull_of_layer(surrogate *r, const sides *s, const matrix *m, uint32_t first)
{
    for (uint32_t o = 0; o < r->v->outputs; o++) {
        double *pull = r->pull + (size_t)o * r->c->node_count + first, all = 0;
        for (uint32_t i = 0; i < m->rows; i++)
            all += side_of(s, i, o);
        for (uint32_t k = 0; k < m->cols; k++) {
            uint64_t start = m->dense ? (uint64_t)k * m->rows : m->col_start[k];
            uint64_t end = m->dense ? start + m->rows : m->col_start[k + 1];
            double sum = 0, total = 0;
            for (uint64_t e = start; e < end; e++) {
                total += (double)m->value[e];
                sum += (double)m->value[e] *
                       side_of(s, m->dense ? (uint32_t)(e - start) : m->row[e], o);
            }
            pull[k] = (sum - total / m->rows * all) / m->rows;
        }
    }
}

/* m(part) - m(empty). */
double surrogate_metric(surrogate *r, ablation_part part, uint32_t kept, bool complement)
{
    double sum = 0;
    for (uint32_t o = 0; o < r->v->outputs; o++) {
        const double *pull = r->pull + (size_t)o * r->c->node_count;
        ablation_sweep(&r->a, part, kept, complement, o, r->gradient);
        for (uint32_t l = 0; l + 1 < r->c->layer_count; l++)
            for (uint32_t n = r->c->layer_first[l]; r->root[l] && n < r->c->layer_first[l + 1];
                 n++)
                sum += pull[n] * r->gradient[n];
    }
    return sum;
}

/* ---- predictions, of the whole surrogate and of the target fit alone ---- */

/* eta += the layer's deviations times a gradient; of one output. */
static void add_layer(const surrogate *r, const matrix *m, const double *gradient, uint32_t first,
                      double *eta)
{
    double constant = 0;
    for (uint32_t k = 0; k < m->cols; k++) {
        double g = gradient[first + k];
        if (g == 0)
            continue;
        constant += g * r->mean[first + k];
        uint64_t start = m->dense ? (uint64_t)k * m->rows : m->col_start[k];
        uint64_t end = m->dense ? start + m->rows : m->col_start[k + 1];
        for (uint64_t e = start; e < end; e++)
            eta[m->dense ? (uint32_t)(e - start) : m->row[e]] += g * (double)m->value[e];
    }
    for (uint32_t i = 0; i < m->rows; i++)
        eta[i] -= constant;
}

/* The target fit's own weights as a gradient at the features that it reads. */
static void direct_gradient(const surrogate *r, uint32_t output, double *gradient)
{
    uint32_t node = r->a.first_output + output;
    memset(gradient, 0, r->c->node_count * sizeof *gradient);
    for (uint32_t k = r->a.in_start[node]; k < r->a.in_start[node + 1]; k++)
        gradient[r->a.source[k]] = (double)r->a.weight[k];
}

typedef struct predicted {
    double *full, *real; /* outputs x samples */
} predicted;

static void predict_layer(surrogate *r, uint32_t l, const matrix *m, predicted *p)
{
    uint32_t first = r->c->layer_first[l];
    for (uint32_t o = 0; o < r->v->outputs; o++) {
        double *full = p->full + (size_t)o * r->y.rows, *real = p->real + (size_t)o * r->y.rows;
        ablation_sweep(&r->a, ABLATION_NODES, r->a.nodes, false, o, r->gradient);
        if (r->root[l])
            add_layer(r, m, r->gradient, first, full);
        direct_gradient(r, o, r->gradient);
        add_layer(r, m, r->gradient, first, real);
    }
}

static bool is_read(const surrogate *r, uint32_t l)
{
    for (uint32_t i = 0; i < r->v->layer_count; i++)
        if (r->v->layer[i] == r->layers->item[l].id)
            return true;
    return r->root[l];
}

/* One pass over the layers that count, one in memory at a time. */
static status read_layers(surrogate *r, const sides *s, const atomic_bool *cancel, predicted *p,
                          error *err)
{
    status code = STATUS_OK;
    for (uint32_t l = 0; l < r->layers->count && code == STATUS_OK; l++) {
        matrix m = {0};
        if (!is_read(r, l))
            continue;
        if (cancel && atomic_load(cancel))
            return error_set(err, STATUS_INTERRUPTED, "cancelled");
        code = layer_load(r->connection, &r->layers->item[l], &m, err);
        if (code == STATUS_OK && m.rows != r->y.rows)
            code = error_set(err, STATUS_INPUT, "'%s' has %u values, the layers have %u samples",
                             r->v->target, r->y.rows, m.rows);
        if (code == STATUS_OK && r->root[l])
            pull_of_layer(r, s, &m, r->c->layer_first[l]);
        if (code == STATUS_OK)
            predict_layer(r, l, &m, p);
        matrix_release(&m);
    }
    return code;
}

/* The predictors at their means: those of a sample in which everything is ablated. */
static status mean_predictors(surrogate *r, double *mean, error *err)
{
    double *intercept = NULL;
    variable_fit_weight *weight = NULL;
    uint32_t count = 0;
    status code =
        variable_fit_weights(r->connection, r->v, r->v->chosen, &intercept, &weight, &count, err);
    for (uint32_t o = 0; code == STATUS_OK && o < r->v->outputs; o++)
        mean[o] = intercept[o];
    for (uint32_t w = 0; code == STATUS_OK && w < count; w++) {
        const layer *in = layer_by_id(r->layers, weight[w].layer);
        mean[weight[w].output] +=
            weight[w].weight * r->mean[circuit_node(r->c, in->position, weight[w].feature)];
    }
    free(intercept);
    free(weight);
    return code;
}

/* Accuracy, or R2 for numbers. */
static double score_of(const surrogate *r, const sides *s, const double *eta)
{
    double sum = 0;
    for (uint32_t i = 0; i < r->y.rows; i++)
        if (r->y.kind == VARIABLE_REAL)
            sum += (r->y_value[i] - eta[i]) * (r->y_value[i] - eta[i]);
        else
            sum += variable_likeliest(eta, r->y.rows, r->v->outputs, i) == (uint32_t)r->y_value[i];
    sum /= r->y.rows;
    return r->y.kind != VARIABLE_REAL ? sum
           : s->variance > 0          ? 1 - sum / s->variance
                                      : (double)NAN;
}

static double alignment_of(const surrogate *r, const sides *s, const double *eta)
{
    double sum = 0;
    for (uint32_t o = 0; o < r->v->outputs; o++)
        for (uint32_t i = 0; i < r->y.rows; i++)
            sum += side_of(s, i, o) * eta[(size_t)o * r->y.rows + i];
    return sum / r->y.rows;
}

/* ---- all of it ---- */

status surrogate_open(surrogate *s, db *d, const layer_set *layers, const fit *f,
                      const variable_fit *v, error *err)
{
    *s = (surrogate){.connection = d, .layers = layers, .fit = f, .v = v};
    status code = load_values(s, err);
    if (code == STATUS_OK)
        code = load_circuit(s, err);
    if (code != STATUS_OK)
        surrogate_close(s);
    return code;
}

void surrogate_close(surrogate *s)
{
    ablation_release(&s->a);
    circuit_free(s->c);
    free(s->y_value);
    free(s->mean);
    free(s->sd);
    free(s->root);
    free(s->pull);
    free(s->gradient);
    *s = (surrogate){0};
}

status surrogate_read(surrogate *r, const atomic_bool *cancel, surrogate_facts *out, error *err)
{
    size_t cells = (size_t)r->v->outputs * r->y.rows;
    predicted p = {mem_try(cells, sizeof *p.full), mem_try(cells, sizeof *p.real)};
    double *mean = mem_try(r->v->outputs, sizeof *mean);
    sides s = sides_of(r);
    status code = p.full && p.real && mean ? mean_predictors(r, mean, err)
                                           : error_memory(err, "the predictions of a surrogate");
    for (size_t at = 0; code == STATUS_OK && at < cells; at++)
        p.full[at] = p.real[at] = mean[at / r->y.rows];
    if (code == STATUS_OK) {
        out->empty = alignment_of(r, &s, p.full);
        code = read_layers(r, &s, cancel, &p, err);
    }
    if (code == STATUS_OK) {
        out->full = out->empty + surrogate_metric(r, ABLATION_NODES, r->a.nodes, false);
        out->real = alignment_of(r, &s, p.real);
        out->score_full = score_of(r, &s, p.full);
        out->score_real = score_of(r, &s, p.real);
    }
    free(p.full);
    free(p.real);
    free(mean);
    return code;
}
