#include "ui/paths_find.h"

#include "db/variable.h"
#include "src/base/memory.h"
#include "src/circuit/outcome.h"
#include "ui/edges_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 100 };

/* -- the question -------------------------------------------------------------------------- */

/* The pinned paths as nodes of the circuit. */
static void take_pins(const app *a, path_listing *q)
{
    const pinned_paths *pins = &a->study->pins;
    uint32_t nodes = 0;
    q->length = mem_zero((size_t)pins->count + 1, sizeof *q->length);
    for (uint32_t i = 0; i < pins->count; i++) {
        q->length[q->pin_count++] = pins->item[i].count;
        q->node = mem_grow(q->node, (size_t)nodes + pins->item[i].count, sizeof *q->node);
        for (uint32_t k = 0; k < pins->item[i].count; k++) {
            const path_place *at = &pins->item[i].place[k];
            const layer *l = layer_by_id(&a->study->layers, at->layer_id);
            bool there = l && l->position < a->circuit->layer_count;
            q->node[nodes++] =
                there ? circuit_node(a->circuit, l->position, at->feature) : NOTHING;
        }
    }
}

/* Of the variable that paths lead to now. */
static int64_t newest_known(const app *a)
{
    const variable_fit_set *all = &a->study->variables;
    for (uint32_t i = 0; i < all->count && a->path_target; i++)
        if (all->item[i].target_id == a->path_target && all->item[i].base.state == FIT_DONE)
            return all->item[i].base.id;
    return 0;
}

path_listing *path_question(const app *a)
{
    path_listing *q = mem_zero(1, sizeof *q);
    *q = (path_listing){.c = circuit_hold(a->circuit),
                        .of = circuit_hold(a->circuit),
                        .threshold = a->threshold,
                        .from = a->path_from,
                        .to = a->path_to,
                        .target = a->path_target,
                        .newest = newest_known(a),
                        .pins = a->study->pins_stamp};
    take_pins(a, q);
    return q;
}

static bool same_end(path_end x, path_end y)
{
    return x.layer == y.layer && x.feature == y.feature;
}

bool path_listing_is_now(const app *a, const path_listing *l)
{
    return l->of == a->circuit && l->threshold == a->threshold &&
           same_end(l->from, a->path_from) && same_end(l->to, a->path_to) &&
           l->target == a->path_target && a->study && l->newest == newest_known(a) &&
           l->pins == a->study->pins_stamp;
}

void path_listing_free(void *listing)
{
    path_listing *l = listing;
    if (!l)
        return;
    for (uint32_t i = 0; l->output_name && i < l->outputs; i++)
        free(l->output_name[i]);
    free(l->output_name);
    free(l->target_name);
    free(l->node);
    free(l->length);
    path_set_release(&l->set);
    circuit_free(l->c);
    circuit_free(l->of);
    free(l);
}

/* -- a target variable --------------------------------------------------------------------- */

static void clean(char **text)
{
    char *shown = *text ? text_clean(*text) : NULL;
    free(*text);
    *text = shown;
}

/* Its newest finished fit; id 0: there is none. */
static status newest_fit(db *d, int64_t about, variable_fit *f, error *err)
{
    variable_fit_set fits = {0};
    int64_t id = 0;
    status code = variable_fit_list(d, &fits, err);
    for (uint32_t i = 0; i < fits.count && !id; i++)
        if (fits.item[i].target_id == about && fits.item[i].base.state == FIT_DONE)
            id = fits.item[i].base.id;
    variable_fit_set_release(&fits);
    return code == STATUS_OK && id ? variable_fit_get(d, id, f, err) : code;
}

static void name_outputs(path_listing *l, const target *t, const variable_fit *f)
{
    l->outputs = f->outputs;
    l->output_name = mem_zero((size_t)f->outputs + 1, sizeof *l->output_name);
    for (uint32_t i = 0; t && i < f->outputs; i++) {
        l->output_name[i] = target_output_name(t, i);
        clean(&l->output_name[i]);
    }
}

/* Lets the listing's circuit go on to its target. */
static status lead_on(db *d, path_listing *l, error *err)
{
    layer_set layers = {0};
    target_set targets = {0};
    variable_fit f = {0};
    circuit *longer = NULL;
    status code = newest_fit(d, l->target, &f, err);
    if (code == STATUS_OK)
        code = target_list(d, &targets, err);
    if (code == STATUS_OK)
        code = layer_list(d, &layers, err);
    const target *t = target_by_id(&targets, l->target);
    l->target_name = mem_copy_text(t ? t->name : "");
    clean(&l->target_name);
    if (code == STATUS_OK && f.base.id)
        code = circuit_with_outcome(d, &layers, l->of, &f, f.chosen, &longer, err);
    if (longer) {
        name_outputs(l, t, &f);
        l->target_fit = f.base.id;
        circuit_free(l->c);
        l->c = longer;
    }
    variable_fit_release(&f);
    target_set_release(&targets);
    layer_set_release(&layers);
    return code;
}

/* -- pinned paths -------------------------------------------------------------------------- */

/* The path over these nodes; false: some edge of it is not in the circuit. */
static bool path_over(const circuit *c, const uint32_t *node, uint32_t count, circuit_path *out)
{
    *out = (circuit_path){.weight = 1, .length = count - 1};
    out->edge = mem_alloc(count * sizeof *out->edge);
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t id = node[i] == NOTHING ? NO_EDGE : edges_between(c, node[i], node[i + 1]);
        if (id == NO_EDGE) {
            free(out->edge);
            return false;
        }
        out->edge[i] = id;
        out->weight *= (double)c->edge[id].standardised;
        if (fabsf(c->edge[id].standardised) < fabsf(c->edge[out->edge[out->weakest]].standardised))
            out->weakest = i;
    }
    return true;
}

static bool same_path(const circuit_path *x, const circuit_path *y)
{
    return x->length == y->length && memcmp(x->edge, y->edge, x->length * sizeof *x->edge) == 0;
}

/* Puts the pinned ones first; what was found among them is listed once. */
static void put_pins_first(path_listing *l)
{
    path_set found = l->set;
    l->set.item = mem_zero((size_t)found.count + l->pin_count + 1, sizeof *l->set.item);
    l->set.count = 0;
    const uint32_t *node = l->node;
    for (uint32_t i = 0; i < l->pin_count; node += l->length[i++]) {
        if (path_over(l->c, node, l->length[i], &l->set.item[l->set.count]))
            l->set.count++;
        else
            l->absent++;
    }
    l->pinned = l->set.count;
    for (uint32_t i = 0; i < found.count; i++) {
        bool pinned = false;
        for (uint32_t k = 0; k < l->pinned && !pinned; k++)
            pinned = same_path(&found.item[i], &l->set.item[k]);
        if (pinned)
            free(found.item[i].edge);
        else
            l->set.item[l->set.count++] = found.item[i];
    }
    free(found.item);
}

/* -- finding ------------------------------------------------------------------------------- */

static path_listing *copy_question(const path_listing *q)
{
    path_listing *l = mem_alloc(sizeof *l);
    size_t nodes = 0;
    *l = *q;
    circuit_hold(l->c);
    circuit_hold(l->of);
    for (uint32_t i = 0; i < q->pin_count; i++)
        nodes += q->length[i];
    l->node = mem_alloc((nodes + 1) * sizeof *l->node);
    l->length = mem_alloc(((size_t)q->pin_count + 1) * sizeof *l->length);
    if (nodes > 0) {
        memcpy(l->node, q->node, nodes * sizeof *l->node);
        memcpy(l->length, q->length, q->pin_count * sizeof *l->length);
    }
    return l;
}

status path_listing_find(db *d, void *ask, void **result, error *err)
{
    path_listing *l = copy_question(ask);
    status code = l->target ? lead_on(d, l, err) : STATUS_OK;
    path_end from = l->from, to = l->to;
    bool anywhere = from.layer == PATH_ANY && to.layer == PATH_ANY;
    if (anywhere)
        paths_through(l->of, &from, &to);
    if (l->target_fit)
        to = (path_end){l->of->layer_count, PATH_ANY};
    if (code == STATUS_OK && (!l->target || l->target_fit))
        code = paths_find(l->c, from, to, l->threshold, LISTED, &l->set, err);
    if (code == STATUS_OK)
        put_pins_first(l);
    *result = l;
    if (code != STATUS_OK) {
        path_listing_free(l);
        *result = NULL;
    }
    return code;
}

/* -- names --------------------------------------------------------------------------------- */

char *path_node_name(app *a, const path_listing *l, uint32_t node, char *out, size_t capacity)
{
    if (node < l->of->node_count)
        return app_node_name(a, out, capacity, node);
    snprintf(out, capacity, "%s", l->target_name);
    return out;
}

const char *path_node_label(app *a, const path_listing *l, uint32_t node)
{
    if (node < l->of->node_count)
        return app_node_label(a, node);
    uint32_t output = node - l->of->node_count;
    return output < l->outputs && l->output_name[output] ? l->output_name[output] : "";
}
