#include "src/jobs/known.h"

#include "db/component.h"
#include "db/feature.h"
#include "src/base/fuzzy.h"
#include "src/base/memory.h"
#include "src/formats/table_line.h"
#include "src/formats/truth.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A feature or component by its place in its layer. */
typedef struct end {
    uint32_t position, index;
    bool component;
} end;

typedef struct line {
    end source, target;
    double weight;
    uint32_t kind;
    uint64_t place;
} line;

typedef struct loading {
    const char *path;
    known *out;
    const layer_set *layers;
    component_set *parts; /* by position */
    line *line;
    size_t lines, room;
    uint64_t *named[2]; /* by position: where features (0) and components (1) were named first; 0:
                           not yet */
    const char *counted;
    error unknown; /* the first name that nothing has */
    uint64_t unknowns;
} loading;

/* ", did you mean 'a', 'b'?", or else what there is. */
static void tell_near(const char *wanted, const char *const *name, size_t count, const char *what,
                      char *out, size_t capacity)
{
    enum { MOST = 3 };
    const char *best[MOST] = {NULL};
    int best_score[MOST] = {0};
    for (size_t i = 0; i < count; i++) {
        int there = fuzzy_score(name[i], wanted), back = fuzzy_score(wanted, name[i]);
        int now = fuzzy_is_slip(name[i], wanted) ? INT_MAX : there > back ? there : back;
        const char *candidate = name[i];
        for (int b = 0; b < MOST && now > 0; b++)
            if (now > best_score[b]) {
                int score_swap = best_score[b];
                const char *swap = best[b];
                best_score[b] = now;
                best[b] = candidate;
                now = score_swap;
                candidate = swap;
            }
    }
    bool near = best[0] != NULL;
    size_t length = (size_t)snprintf(out, capacity, "%s", near ? ", did you mean " : what);
    for (size_t b = 0; b < MOST && b < count && (!near || best[b]) && length < capacity; b++)
        length += (size_t)snprintf(out + length, capacity - length, "%s'%s'", b == 0 ? "" : ", ",
                                   near ? best[b] : name[b]);
    if (length < capacity)
        snprintf(out + length, capacity - length, "%s", near ? "?" : count > MOST ? ", ..." : "");
}

static status unknown_layer(const loading *l, const char *name, error *err)
{
    char near[512];
    const char **names = mem_alloc(l->layers->count * sizeof *names);
    for (uint32_t i = 0; i < l->layers->count; i++)
        names[i] = l->layers->item[i].name;
    tell_near(name, names, l->layers->count, "; the study has ", near, sizeof near);
    free(names);
    return error_set(err, STATUS_INPUT, "no layer, or more than one, fits '%.200s'%s", name, near);
}

static status unknown_component(const component_set *parts, const layer *of, const char *name,
                                error *err)
{
    char near[512];
    if (parts->count == 0)
        return error_set(err, STATUS_INPUT,
                         "'%.200s' is no feature of layer '%s', which has features 0 to %u", name,
                         of->name, of->features - 1);
    const char **names = mem_alloc(parts->count * sizeof *names);
    for (uint32_t i = 0; i < parts->count; i++)
        names[i] = parts->item[i].name;
    tell_near(name, names, parts->count, "; it has ", near, sizeof near);
    free(names);
    return error_set(err, STATUS_INPUT, "layer '%s' has no component '%.200s'%s", of->name, name,
                     near);
}

/* LAYER/INDEX or LAYER/COMPONENT. */
static status find_end(loading *l, const char *text, end *out, error *err)
{
    const char *slash = strrchr(text, '/');
    uint64_t index;
    if (!slash || !slash[1])
        return error_set(err, STATUS_INPUT,
                         "'%.200s', expected a layer and a feature: LAYER/INDEX", text);
    char *name = mem_format("%.*s", (int)(slash - text), text);
    const layer *found = layer_find(l->layers, name);
    status code = found ? STATUS_OK : unknown_layer(l, name, err);
    free(name);
    if (code != STATUS_OK)
        return code;
    const component_set *parts = &l->parts[found->position];
    out->position = found->position;
    out->component = !table_line_number(slash + 1, &index);
    if (!out->component) {
        out->index = (uint32_t)index;
        if (index >= found->features)
            return error_set(err, STATUS_INPUT,
                             "feature %llu, but layer '%s' has features 0 to %u",
                             (unsigned long long)index, found->name, found->features - 1);
        return STATUS_OK;
    }
    for (out->index = 0; out->index < parts->count; out->index++)
        if (strcmp(parts->item[out->index].name, slash + 1) == 0)
            return STATUS_OK;
    return unknown_component(parts, found, slash + 1, err);
}

/* A layer's units are either features or components, in the whole file. */
static status note_level(loading *l, const end *e, const char *text, const truth_line *from,
                         error *err)
{
    uint64_t other = l->named[!e->component][e->position];
    if (other > 0)
        return error_set(err, STATUS_INPUT,
                         "'%.200s' is a %s, but %s %llu names a %s of this layer", text,
                         e->component ? "component" : "feature", from->counted,
                         (unsigned long long)other, e->component ? "feature" : "component");
    if (l->named[e->component][e->position] == 0)
        l->named[e->component][e->position] = from->place;
    return STATUS_OK;
}

static status find_kind(known *k, const char *name, uint32_t *kind, error *err)
{
    for (*kind = 0; *kind < k->kinds; ++*kind)
        if (strcmp(k->kind[*kind], name) == 0)
            return STATUS_OK;
    if (strlen(name) > KNOWN_KIND_LENGTH)
        return error_set(err, STATUS_INPUT, "kind '%.40s', expected at most %d bytes", name,
                         KNOWN_KIND_LENGTH);
    if (k->kinds == SCORE_KINDS)
        return error_set(err, STATUS_INPUT, "kind '%s' is one more than the %d that there may be",
                         name, SCORE_KINDS);
    k->kind[k->kinds++] = mem_copy_text(name);
    return STATUS_OK;
}

static status check_order(const loading *l, const line *now, const truth_line *from, error *err)
{
    const layer *source = &l->layers->item[now->source.position];
    const layer *target = &l->layers->item[now->target.position];
    if (source == target && now->source.index == now->target.index)
        return error_set(err, STATUS_INPUT, "an edge from '%.200s' to itself", from->source);
    if (source == target)
        return error_set(err, STATUS_INPUT,
                         "an edge inside layer '%s', expected one to a later layer", source->name);
    if (source->position > target->position)
        return error_set(
            err, STATUS_INPUT,
            "an edge back from layer '%s' to '%s', which comes before it in the study",
            source->name, target->name);
    return STATUS_OK;
}

static status take_line(void *user, const truth_line *from, error *err)
{
    loading *l = user;
    line now = {.weight = from->weight, .place = from->place};
    error first;
    l->counted = from->counted;
    status code = find_end(l, from->source, &now.source, &first);
    if (code == STATUS_OK)
        code = find_end(l, from->target, &now.target, &first);
    if (code != STATUS_OK) { /* the rest is read to its end, to say how many there are */
        if (l->unknowns++ == 0) {
            l->unknown = first;
            error_prefix(&l->unknown, "'%s': %s %llu", l->path, from->counted,
                         (unsigned long long)from->place);
        }
        return STATUS_OK;
    }
    code = check_order(l, &now, from, err);
    if (code == STATUS_OK)
        code = note_level(l, &now.source, from->source, from, err);
    if (code == STATUS_OK)
        code = note_level(l, &now.target, from->target, from, err);
    if (code == STATUS_OK)
        code = find_kind(l->out, from->kind, &now.kind, err);
    if (code != STATUS_OK)
        return code;
    if (l->lines == l->room) {
        l->room = l->room ? 2 * l->room : 1024;
        l->line = mem_grow(l->line, l->room, sizeof *l->line);
    }
    l->line[l->lines++] = now;
    return STATUS_OK;
}

/* Which units there are, and which of them vary. */
static status make_units(loading *l, db *d, error *err)
{
    known *k = l->out;
    uint32_t layers = l->layers->count, nodes = 0, units = 0;
    for (uint32_t p = 0; p < layers; p++)
        nodes += l->layers->item[p].features;
    k->by_component = mem_zero(layers, sizeof *k->by_component);
    k->first_feature = mem_alloc(nodes * sizeof *k->first_feature);
    k->component = mem_zero(nodes, sizeof *k->component);
    k->units = (score_units){.layer_count = layers,
                             .first = mem_zero((size_t)layers + 1, sizeof(uint32_t)),
                             .of_node = mem_alloc(nodes * sizeof(uint32_t)),
                             .varies = mem_zero(nodes, sizeof(bool))};
    status code = STATUS_OK;
    for (uint32_t p = 0, node = 0; p < layers && code == STATUS_OK; p++) {
        const component_set *parts = &l->parts[p];
        feature_table features;
        code = feature_list(d, l->layers->item[p].id, &features, err);
        if (code != STATUS_OK)
            break;
        if (features.count != l->layers->item[p].features)
            code = error_set(err, STATUS_INPUT, "the study is damaged: layer '%s' lacks features",
                             l->layers->item[p].name);
        k->by_component[p] = l->named[1][p] > 0;
        for (uint32_t f = 0, part = 0; code == STATUS_OK && f < features.count; f++, node++) {
            bool first = !k->by_component[p] || f == 0 ||
                         f == parts->item[part].first + parts->item[part].features;
            if (first && k->by_component[p]) {
                part += f > 0;
                k->component[units] = mem_copy_text(parts->item[part].name);
            }
            if (first)
                k->first_feature[units++] = f;
            k->units.of_node[node] = units - 1;
            k->units.varies[units - 1] |= features.row[f].minimum < features.row[f].maximum;
        }
        k->units.first[p + 1] = units;
        feature_table_release(&features);
    }
    return code;
}

static uint32_t unit_of(const known *k, const end *e)
{
    return k->units.first[e->position] + e->index;
}

typedef struct placed {
    uint32_t source, target;
    uint64_t place;
} placed;

static int by_edge(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static status make_truth(const loading *l, error *err)
{
    known *k = l->out;
    placed *sorted = mem_alloc(l->lines * sizeof *sorted);
    status code = STATUS_OK;
    k->truth = mem_alloc(l->lines * sizeof *k->truth);
    k->count = l->lines;
    for (size_t i = 0; i < l->lines; i++) {
        const line *from = &l->line[i];
        k->truth[i] = (score_truth){unit_of(k, &from->source), unit_of(k, &from->target),
                                    from->weight, from->kind};
        sorted[i] = (placed){k->truth[i].source, k->truth[i].target, from->place};
    }
    if (l->lines > 1)
        qsort(sorted, l->lines, sizeof *sorted, by_edge);
    for (size_t i = 1; i < l->lines && code == STATUS_OK; i++)
        if (sorted[i].source == sorted[i - 1].source && sorted[i].target == sorted[i - 1].target)
            code = error_set(err, STATUS_INPUT, "'%s': %s %llu gives the same edge as %s %llu",
                             l->path, l->counted, (unsigned long long)sorted[i].place, l->counted,
                             (unsigned long long)sorted[i - 1].place);
    free(sorted);
    return code;
}

status known_load(known *out, db *d, const layer_set *layers, const char *path, error *err)
{
    error own = {0};
    err = err ? err : &own;
    *out = (known){0};
    loading l = {.path = path, .out = out, .layers = layers};
    l.parts = mem_zero(layers->count, sizeof *l.parts);
    l.named[0] = mem_zero(layers->count, sizeof *l.named[0]);
    l.named[1] = mem_zero(layers->count, sizeof *l.named[1]);
    status code = STATUS_OK;
    for (uint32_t p = 0; p < layers->count && code == STATUS_OK; p++)
        code = component_list(d, &layers->item[p], &l.parts[p], err);
    if (code == STATUS_OK)
        code = truth_each(path, take_line, &l, err);
    if (code == STATUS_OK && l.unknowns > 1)
        code =
            error_set(err, STATUS_INPUT, "%s; %llu more lines name what the study does not have",
                      l.unknown.message, (unsigned long long)(l.unknowns - 1));
    else if (code == STATUS_OK && l.unknowns == 1)
        code = error_set(err, STATUS_INPUT, "%s", l.unknown.message);
    if (code == STATUS_OK)
        code = make_units(&l, d, err);
    if (code == STATUS_OK)
        code = make_truth(&l, err);
    for (uint32_t p = 0; p < layers->count; p++)
        component_set_release(&l.parts[p]);
    free(l.parts);
    free(l.named[0]);
    free(l.named[1]);
    free(l.line);
    return code;
}

void known_release(known *k)
{
    uint32_t units = k->units.first ? k->units.first[k->units.layer_count] : 0;
    for (uint32_t i = 0; k->component && i < units; i++)
        free(k->component[i]);
    for (uint32_t i = 0; i < k->kinds; i++)
        free(k->kind[i]);
    free(k->units.first);
    free(k->units.of_node);
    free(k->units.varies);
    free(k->by_component);
    free(k->first_feature);
    free(k->component);
    free(k->truth);
    *k = (known){0};
}
