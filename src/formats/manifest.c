#include "src/formats/manifest.h"

#include "src/base/fuzzy.h"
#include "src/base/memory.h"
#include "src/formats/table_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const yaml_node *node;

/* One key of a map: what its value must be, and where a pointer to the value goes. */
typedef struct key {
    const char *name;
    yaml_kind kind;
    bool required;
    size_t offset;
} key;

static const char *const rows_names[] = {"tokens", "documents", NULL};
static const char *const pool_names[] = {"none", "max", "mean", "last", NULL};
static const char *const nonfinite_names[] = {"reject", "drop", NULL};

const char *manifest_rows_name(manifest_rows rows)
{
    return rows_names[rows];
}

const char *manifest_pool_name(manifest_pool pool)
{
    return pool_names[pool];
}

static const char *kind_name(yaml_kind kind)
{
    return kind == YAML_TEXT ? "text" : kind == YAML_LIST ? "a list" : "keys and values";
}

static status unknown_key(const manifest *m, node at, const key *keys, error *err)
{
    char expected[256] = "";
    size_t length = 0;
    for (const key *k = keys; k->name; k++) {
        if (fuzzy_is_slip(at->text, k->name))
            return yaml_error(at, m->path, err, "unknown key '%s', did you mean '%s'?", at->text,
                              k->name);
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s'%s'",
                                   k == keys ? "" : ", ", k->name);
    }
    return yaml_error(at, m->path, err, "unknown key '%s', expected %s", at->text, expected);
}

static status check_value(const manifest *m, node value, const key *k, error *err)
{
    if (value->kind != k->kind)
        return yaml_error(value, m->path, err, "'%s' is %s, expected %s", k->name,
                          kind_name(value->kind), kind_name(k->kind));
    if (value->kind == YAML_TEXT && !*value->text)
        return yaml_error(value, m->path, err, "'%s' has no value", k->name);
    return STATUS_OK;
}

/* Reads a map by its table of keys into the struct at `out`. */
static status read_map(const manifest *m, node map, const char *what, const key *keys, void *out,
                       error *err)
{
    if (map->kind != YAML_MAP)
        return yaml_error(map, m->path, err, "%s is %s, expected keys and values", what,
                          kind_name(map->kind));
    for (uint32_t i = 0; i < map->count; i++) {
        node name = &map->item[2 * i], value = &map->item[2 * i + 1];
        const key *k = keys;
        while (k->name && strcmp(k->name, name->text) != 0)
            k++;
        status code = k->name ? check_value(m, value, k, err) : unknown_key(m, name, keys, err);
        if (code != STATUS_OK)
            return code;
        memcpy((char *)out + k->offset, &value, sizeof value);
    }
    for (const key *k = keys; k->name; k++) {
        if (k->required && !yaml_get(map, k->name))
            return yaml_error(map, m->path, err, "%s lacks the key '%s'", what, k->name);
    }
    return STATUS_OK;
}

/* The place of a value in a list of words; *index stays as it is when there is no value. */
static status read_choice(const manifest *m, node value, const char *what,
                          const char *const *names, unsigned *index, error *err)
{
    if (!value)
        return STATUS_OK;
    char expected[128] = "";
    size_t length = 0;
    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(names[i], value->text) == 0) {
            *index = i;
            return STATUS_OK;
        }
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s'%s'",
                                   i == 0 ? "" : ", ", names[i]);
    }
    return yaml_error(value, m->path, err, "'%s' is '%s', expected one of %s", what, value->text,
                      expected);
}

static status read_samples(manifest *m, node map, error *err)
{
    struct {
        node documents, text, rows, pool;
    } s = {0};
    static const key keys[] = {{"documents", YAML_TEXT, false, offsetof(__typeof__(s), documents)},
                               {"text", YAML_TEXT, false, offsetof(__typeof__(s), text)},
                               {"rows", YAML_TEXT, false, offsetof(__typeof__(s), rows)},
                               {"pool", YAML_TEXT, false, offsetof(__typeof__(s), pool)},
                               {0}};
    status code = read_map(m, map, "'samples'", keys, &s, err);
    unsigned rows = ROWS_DOCUMENTS, pool = POOL_NONE;
    if (code == STATUS_OK)
        code = read_choice(m, s.rows, "rows", rows_names, &rows, err);
    if (code == STATUS_OK)
        code = read_choice(m, s.pool, "pool", pool_names, &pool, err);
    if (code != STATUS_OK)
        return code;
    if (s.documents && s.text)
        return yaml_error(s.text, m->path, err,
                          "both 'documents' and 'text', expected one of them");
    if (s.text && rows == ROWS_TOKENS)
        return yaml_error(
            s.rows, m->path, err,
            "'rows: tokens' needs 'documents' with tokens, but only 'text' is given");
    if (pool != POOL_NONE && (rows != ROWS_TOKENS || !s.documents))
        return yaml_error(s.pool, m->path, err,
                          "'pool' needs 'documents' with tokens and 'rows: tokens'");
    m->documents = s.documents;
    m->text = s.text;
    m->rows = (manifest_rows)rows;
    m->pool = (manifest_pool)pool;
    return STATUS_OK;
}

static status read_component(const manifest *m, manifest_layer *l, node from, error *err)
{
    static const key keys[] = {
        {"name", YAML_TEXT, true, offsetof(manifest_component, name)},
        {"coordinates", YAML_TEXT, true, offsetof(manifest_component, coordinates)},
        {0}};
    manifest_component *c = &l->component[l->component_count];
    uint64_t count;
    status code = read_map(m, from, "a component", keys, c, err);
    if (code != STATUS_OK)
        return code;
    const char *name = c->name->text;
    if (strchr(name, '/') || table_line_number(name, &count))
        return yaml_error(c->name, m->path, err,
                          "component '%s': expected a name without a slash that is no number",
                          name);
    for (uint32_t i = 0; i < l->component_count; i++) {
        if (strcmp(l->component[i].name->text, name) == 0)
            return yaml_error(c->name, m->path, err, "component '%s' was already given in line %u",
                              name, l->component[i].name->line);
    }
    if (!table_line_number(c->coordinates->text, &count) || count < 2 || count > UINT32_MAX)
        return yaml_error(
            c->coordinates, m->path, err,
            "component '%s': 'coordinates' is '%s', expected a number from 2 on; where "
            "each coordinate is a whole component, leave 'components' out",
            name, c->coordinates->text);
    c->count = (uint32_t)count;
    l->coordinates += count;
    l->component_count++;
    return STATUS_OK;
}

static status read_components(const manifest *m, manifest_layer *l, error *err)
{
    if (strcmp(l->kind->text, "component") != 0)
        return yaml_error(l->components, m->path, err,
                          "'components' in a layer of kind '%s', expected 'kind: component'",
                          l->kind->text);
    if (l->components->count == 0)
        return yaml_error(l->components, m->path, err, "'components' is empty");
    l->component = mem_zero(l->components->count, sizeof *l->component);
    status code = STATUS_OK;
    for (uint32_t i = 0; i < l->components->count && code == STATUS_OK; i++)
        code = read_component(m, l, &l->components->item[i], err);
    return code;
}

static status read_layers(manifest *m, node list, error *err)
{
    static const key keys[] = {
        {"name", YAML_TEXT, true, offsetof(manifest_layer, name)},
        {"kind", YAML_TEXT, true, offsetof(manifest_layer, kind)},
        {"activations", YAML_TEXT, true, offsetof(manifest_layer, activations)},
        {"tensor", YAML_TEXT, false, offsetof(manifest_layer, tensor)},
        {"nonfinite", YAML_TEXT, false, offsetof(manifest_layer, nonfinite)},
        {"labels", YAML_TEXT, false, offsetof(manifest_layer, labels)},
        {"autoencoder", YAML_TEXT, false, offsetof(manifest_layer, autoencoder)},
        {"components", YAML_LIST, false, offsetof(manifest_layer, components)},
        {0}};
    if (list->count == 0)
        return yaml_error(list, m->path, err, "'layers' is empty, expected at least one layer");
    m->layer = mem_zero(list->count, sizeof *m->layer);
    for (uint32_t i = 0; i < list->count; i++) {
        manifest_layer *l = &m->layer[m->layer_count++];
        unsigned drop = 0;
        status code = read_map(m, &list->item[i], "a layer", keys, l, err);
        if (code == STATUS_OK)
            code = read_choice(m, l->nonfinite, "nonfinite", nonfinite_names, &drop, err);
        if (code == STATUS_OK && l->autoencoder && strcmp(l->kind->text, "sae") != 0)
            code = yaml_error(l->autoencoder, m->path, err,
                              "'autoencoder' in a layer of kind '%s', expected 'kind: sae'",
                              l->kind->text);
        if (code == STATUS_OK && l->components)
            code = read_components(m, l, err);
        if (code != STATUS_OK)
            return code;
        l->drop_nonfinite = drop == 1;
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(m->layer[j].name->text, l->name->text) == 0)
                return yaml_error(l->name, m->path, err, "layer '%s' was already given in line %u",
                                  l->name->text, m->layer[j].name->line);
        }
    }
    return STATUS_OK;
}

static status read_targets(manifest *m, node list, error *err)
{
    static const key keys[] = {{"name", YAML_TEXT, true, offsetof(manifest_target, name)},
                               {"kind", YAML_TEXT, true, offsetof(manifest_target, kind)},
                               {"values", YAML_TEXT, true, offsetof(manifest_target, values)},
                               {"classes", YAML_LIST, false, offsetof(manifest_target, classes)},
                               {0}};
    m->target = mem_zero(list->count, sizeof *m->target);
    for (uint32_t i = 0; i < list->count; i++) {
        manifest_target *t = &m->target[m->target_count++];
        status code = read_map(m, &list->item[i], "a target", keys, t, err);
        if (code != STATUS_OK)
            return code;
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(m->target[j].name->text, t->name->text) == 0)
                return yaml_error(t->name, m->path, err,
                                  "target '%s' was already given in line %u", t->name->text,
                                  m->target[j].name->line);
        }
        for (uint32_t j = 0; t->classes && j < t->classes->count; j++) {
            if (t->classes->item[j].kind != YAML_TEXT)
                return yaml_error(&t->classes->item[j], m->path, err,
                                  "a class is %s, expected text",
                                  kind_name(t->classes->item[j].kind));
        }
    }
    return STATUS_OK;
}

/* A layer's place in the order; reports names that no layer has. */
static status find_layer(const manifest *m, node name, uint32_t *index, error *err)
{
    for (uint32_t i = 0; i < m->layer_count; i++) {
        if (strcmp(m->layer[i].name->text, name->text) == 0) {
            *index = i;
            return STATUS_OK;
        }
    }
    return yaml_error(name, m->path, err, "no layer is named '%s'", name->text);
}

static status read_effects(manifest *m, node list, error *err)
{
    static const key keys[] = {{"from", YAML_TEXT, true, offsetof(manifest_effects, from)},
                               {"to", YAML_TEXT, true, offsetof(manifest_effects, to)},
                               {"values", YAML_TEXT, true, offsetof(manifest_effects, values)},
                               {0}};
    m->effects = mem_zero(list->count, sizeof *m->effects);
    for (uint32_t i = 0; i < list->count; i++) {
        manifest_effects *e = &m->effects[m->effects_count++];
        uint32_t from = 0, to = 0;
        status code = read_map(m, &list->item[i], "a set of effects", keys, e, err);
        if (code == STATUS_OK)
            code = find_layer(m, e->from, &from, err);
        if (code == STATUS_OK)
            code = find_layer(m, e->to, &to, err);
        if (code == STATUS_OK && from >= to)
            code = yaml_error(e->to, m->path, err, "layer '%s' does not come after '%s'",
                              e->to->text, e->from->text);
        for (uint32_t j = 0; code == STATUS_OK && j < i; j++) {
            if (strcmp(m->effects[j].from->text, e->from->text) == 0 &&
                strcmp(m->effects[j].to->text, e->to->text) == 0)
                code = yaml_error(e->from, m->path, err,
                                  "effects between these layers were already given in line %u",
                                  m->effects[j].from->line);
        }
        if (code != STATUS_OK)
            return code;
    }
    return STATUS_OK;
}

static status read_root(manifest *m, error *err)
{
    struct {
        node format, model, samples, layers, targets, effects;
    } r = {0};
    static const key keys[] = {{"circuitlasso", YAML_TEXT, true, offsetof(__typeof__(r), format)},
                               {"model", YAML_TEXT, true, offsetof(__typeof__(r), model)},
                               {"samples", YAML_MAP, false, offsetof(__typeof__(r), samples)},
                               {"layers", YAML_LIST, true, offsetof(__typeof__(r), layers)},
                               {"targets", YAML_LIST, false, offsetof(__typeof__(r), targets)},
                               {"effects", YAML_LIST, false, offsetof(__typeof__(r), effects)},
                               {0}};
    status code = read_map(m, &m->root, "the manifest", keys, &r, err);
    if (code == STATUS_OK && strcmp(r.format->text, "1") != 0)
        code =
            yaml_error(r.format, m->path, err, "manifest format '%s', expected 1", r.format->text);
    if (code != STATUS_OK)
        return code;
    m->model = r.model;
    m->rows = ROWS_DOCUMENTS;
    if (r.samples)
        code = read_samples(m, r.samples, err);
    if (code == STATUS_OK)
        code = read_layers(m, r.layers, err);
    if (code == STATUS_OK && r.targets)
        code = read_targets(m, r.targets, err);
    if (code == STATUS_OK && r.effects)
        code = read_effects(m, r.effects, err);
    return code;
}

static status finish(manifest *m, status code, error *err)
{
    if (code == STATUS_OK)
        code = read_root(m, err);
    if (code != STATUS_OK)
        manifest_release(m);
    return code;
}

status manifest_read(manifest *m, const char *path, error *err)
{
    *m = (manifest){.path = mem_copy_text(path)};
    return finish(m, yaml_read(&m->root, path, err), err);
}

status manifest_parse(manifest *m, const char *text, size_t bytes, const char *path, error *err)
{
    *m = (manifest){.path = mem_copy_text(path)};
    return finish(m, yaml_parse(&m->root, text, bytes, path, err), err);
}

void manifest_release(manifest *m)
{
    yaml_release(&m->root);
    free(m->path);
    for (uint32_t i = 0; i < m->layer_count; i++)
        free(m->layer[i].component);
    free(m->layer);
    free(m->target);
    free(m->effects);
    *m = (manifest){0};
}
