#include "src/formats/effects_npz.h"

#include "src/base/memory.h"
#include "src/formats/npz.h"

#include <math.h>
#include <stdlib.h>

struct effects_npz {
    npz *archive;
    array effect;
    uint32_t removed, targets; /* its shape */
    int64_t *feature;          /* removed: the removed source features */
    int64_t *active;           /* removed: samples; NULL: not known */
    double *row;               /* targets: the row in hand */
    uint32_t row_number;       /* rows begun */
    uint32_t column;           /* of the row in hand, looked at */
    bool told;                 /* something of this row was given out */
};

void effects_npz_close(effects_npz *e)
{
    if (!e)
        return;
    array_close(&e->effect);
    npz_close(e->archive);
    free(e->feature);
    free(e->active);
    free(e->row);
    free(e);
}

/* Opens the entry by the first of its two names that is there. */
static status open_entry(effects_npz *e, const char *name, const char *other, array *out,
                         error *err)
{
    return npz_array(e->archive, npz_has(e->archive, name) ? name : other, out, err);
}

/* Whole numbers, a number a removed feature. *removed: how many there must be; 0: any, below
 * `most`. */
static status read_whole(array *from, uint32_t most, uint32_t *removed, int64_t **out, error *err)
{
    const char *name = from->in.name;
    if (from->dims != 1 || !number_is_integer(from->type))
        return error_set(err, STATUS_INPUT,
                         "%s: %u dimensions of %s, expected a list of whole numbers", name,
                         from->dims, number_name(from->type));
    if (*removed ? from->count != *removed : from->count == 0 || from->count > most)
        return *removed
                   ? error_set(err, STATUS_INPUT, "%s: %llu numbers, expected %u", name,
                               (unsigned long long)from->count, *removed)
                   : error_set(err, STATUS_INPUT,
                               "%s: %llu numbers, expected 1 to %u, the source layer's features",
                               name, (unsigned long long)from->count, most);
    *removed = (uint32_t)from->count;
    *out = mem_alloc(*removed * sizeof **out);
    return array_read_int64(from, *out, *removed, err);
}

static status read_features(effects_npz *e, uint32_t source_features, error *err)
{
    array from = {.in = {.fd = -1}};
    status code = npz_array(e->archive, "features", &from, err);
    if (code == STATUS_OK)
        code = read_whole(&from, source_features, &e->removed, &e->feature, err);
    bool *seen = mem_zero(source_features, sizeof *seen);
    for (uint32_t i = 0; code == STATUS_OK && i < e->removed; i++) {
        int64_t f = e->feature[i];
        if (f < 0 || f >= source_features)
            code = error_set(err, STATUS_INPUT,
                             "%s: number %u is %lld, expected a feature from 0 to %u",
                             from.in.name, i, (long long)f, source_features - 1);
        else if (seen[f])
            code = error_set(err, STATUS_INPUT, "%s: feature %lld is there twice", from.in.name,
                             (long long)f);
        else
            seen[f] = true;
    }
    free(seen);
    array_close(&from);
    return code;
}

static status read_active(effects_npz *e, error *err)
{
    if (!npz_has(e->archive, "n_active") && !npz_has(e->archive, "n_on"))
        return STATUS_OK;
    array from = {.in = {.fd = -1}};
    status code = open_entry(e, "n_active", "n_on", &from, err);
    if (code == STATUS_OK)
        code = read_whole(&from, UINT32_MAX, &e->removed, &e->active, err);
    for (uint32_t i = 0; code == STATUS_OK && i < e->removed; i++)
        if (e->active[i] < 0 || e->active[i] > UINT32_MAX)
            code =
                error_set(err, STATUS_INPUT, "%s: number %u is %lld, expected a number of samples",
                          from.in.name, i, (long long)e->active[i]);
    array_close(&from);
    return code;
}

static status open_effect(effects_npz *e, const char *file, uint32_t target_features, error *err)
{
    if (!npz_has(e->archive, "effect") && !npz_has(e->archive, "effect_same_token"))
        return error_set(err, STATUS_INPUT,
                         "'%s': neither an entry 'effect.npy' nor 'effect_same_token.npy'", file);
    status code = open_entry(e, "effect", "effect_same_token", &e->effect, err);
    const array *a = &e->effect;
    if (code != STATUS_OK)
        return code;
    if (a->dims != 2 || a->type == NUMBER_TEXT || a->shape[0] != e->removed ||
        a->shape[1] != target_features)
        return error_set(err, STATUS_INPUT,
                         "%s: %u dimensions, %llu x %llu, of %s; expected numbers, %u removed "
                         "features x %u features of the target layer",
                         a->in.name, a->dims, (unsigned long long)a->shape[0],
                         (unsigned long long)a->shape[1], number_name(a->type), e->removed,
                         target_features);
    if (a->fortran && e->removed > 1)
        return error_set(err, STATUS_INPUT,
                         "%s: columns first (fortran_order), expected rows first; "
                         "numpy.ascontiguousarray makes them so",
                         a->in.name);
    e->targets = target_features;
    e->column = target_features; /* of no row: the first is to come */
    e->told = true;
    e->row = mem_try(target_features, sizeof *e->row);
    return e->row ? STATUS_OK : error_memory(err, "measured effects");
}

status effects_npz_open(effects_npz **out, int fd, const char *file, uint32_t source_features,
                        uint32_t target_features, error *err)
{
    effects_npz *e = mem_zero(1, sizeof *e);
    e->effect.in.fd = -1;
    status code = npz_open(&e->archive, fd, file, err);
    if (code == STATUS_OK)
        code = read_features(e, source_features, err);
    if (code == STATUS_OK)
        code = read_active(e, err);
    if (code == STATUS_OK)
        code = open_effect(e, file, target_features, err);
    if (code != STATUS_OK) {
        effects_npz_close(e);
        e = NULL;
    }
    *out = e;
    return code;
}

double effects_npz_fraction(const effects_npz *e)
{
    return (double)e->row_number / e->removed;
}

static effect_line line_at(const effects_npz *e, uint32_t column)
{
    uint32_t row = e->row_number - 1;
    return (effect_line){.source = (uint32_t)e->feature[row],
                         .target = column,
                         .active = e->active ? (uint32_t)e->active[row] : 0,
                         .effect = e->row[column]};
}

static status next_row(effects_npz *e, error *err)
{
    status code = array_read_double(&e->effect, e->row, e->targets, err);
    for (uint32_t t = 0; code == STATUS_OK && t < e->targets; t++)
        if (!isfinite(e->row[t]))
            code = error_set(err, STATUS_INPUT, "%s: row %u, column %u is not a finite number",
                             e->effect.in.name, e->row_number, t);
    e->row_number++;
    e->column = 0;
    e->told = false;
    return code;
}

status effects_npz_next(effects_npz *e, effect_line *out, bool *more, error *err)
{
    *more = false;
    for (;;) {
        while (e->column < e->targets && fpclassify(e->row[e->column]) == FP_ZERO)
            e->column++;
        bool moved = e->column < e->targets;
        if (moved || !e->told) {
            *out = line_at(e, moved ? e->column++ : 0);
            *more = e->told = true;
            return STATUS_OK;
        }
        if (e->row_number == e->removed)
            return STATUS_OK;
        status code = next_row(e, err);
        if (code != STATUS_OK)
            return code;
    }
}
