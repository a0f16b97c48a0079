#include "ui/standing.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a target variable's fit: points of the path for targets, features for edges. */
static standing standing_of_variable(const variable_fit *v)
{
    standing now = {.targets = v->points * (1 + v->folds), .seconds = v->seconds};
    if (v->base.state != FIT_DONE)
        return now;
    now.done = now.targets;
    now.edges = v->point_count ? v->point[v->chosen].features : 0;
    for (uint32_t p = 0; p < v->point_count; p++)
        if (v->point[p].gap > now.worst_gap)
            now.worst_gap = v->point[p].gap;
    return now;
}

standing standing_of(const app *a, const fit *f)
{
    const variable_fit *about = study_variable(a->study, f);
    standing now = about ? standing_of_variable(about) : (standing){0};
    for (uint32_t p = 0; p < f->pair_count; p++) {
        now.targets += f->pair[p].targets;
        now.done += f->pair[p].done;
        now.edges += f->pair[p].edges;
        now.seconds += f->pair[p].seconds;
        if (f->pair[p].worst_gap > now.worst_gap)
            now.worst_gap = f->pair[p].worst_gap;
    }
    const fit_progress *p = &a->progress;
    now.ours = a->progress_known && p->fit_id == f->id && p->state == FIT_RUNNING;
    if (now.ours && p->targets > 0) {
        now.targets = p->targets;
        now.done = p->done > now.done ? p->done : now.done;
        now.edges = p->edges > now.edges ? p->edges : now.edges;
        now.worst_gap = p->worst_gap > now.worst_gap ? p->worst_gap : now.worst_gap;
    }
    return now;
}

bool standing_cut_off(const app *a, const fit *f)
{
    return f->state == FIT_RUNNING && !standing_of(a, f).ours && fit_is_cut_off(f);
}

const char *standing_name(const app *a, const fit *f)
{
    if (standing_of(a, f).ours)
        return fit_state_name(FIT_RUNNING);
    for (uint32_t v = 0; v < a->study->variables.count; v++)
        if (&a->study->variables.item[v].base == f)
            return a->study->variable_state[v];
    return a->study->fit_state[f - a->study->fits.item];
}

role standing_role(const app *a, const fit *f)
{
    if (standing_of(a, f).ours)
        return ROLE_NAME;
    if (f->state == FIT_DONE)
        return ROLE_GOOD;
    if (f->state == FIT_FAILED)
        return ROLE_ERROR;
    if (f->state == FIT_CANCELLED || strcmp(standing_name(a, f), fit_state_name(f->state)) != 0)
        return ROLE_WARNING;
    return ROLE_NAME;
}

bool standing_has_layer(const app *a, const fit *f, uint32_t position, bool into)
{
    const layer *l = app_layer(a, position);
    for (uint32_t i = 0; f && l && i < f->pair_count; i++)
        if ((into ? f->pair[i].target_layer : f->pair[i].source_layer) == l->id)
            return true;
    return false;
}

void standing_layers(const app *a, const fit *f, char *out, size_t capacity)
{
    const layer_set *layers = &a->study->layers;
    bool *touched = mem_zero(layers->count + 1, sizeof *touched);
    const variable_fit *about = study_variable(a->study, f);
    for (uint32_t l = 0; about && l < about->layer_count; l++) {
        const layer *in = layer_by_id(layers, about->layer[l]);
        if (in)
            touched[in - layers->item] = true;
    }
    uint32_t first = UINT32_MAX, last = 0, count = 0;
    for (uint32_t p = 0; p < f->pair_count; p++) {
        const layer *end[2] = {layer_by_id(layers, f->pair[p].source_layer),
                               layer_by_id(layers, f->pair[p].target_layer)};
        for (int e = 0; e < 2; e++)
            if (end[e])
                touched[end[e] - layers->item] = true;
    }
    for (uint32_t i = 0; i < layers->count; i++)
        if (touched[i]) {
            first = first == UINT32_MAX ? i : first;
            last = i;
            count++;
        }
    out[0] = '\0';
    if (count > 2 && count == last - first + 1)
        snprintf(out, capacity, "%u-%u", first, last);
    else
        for (uint32_t i = 0, length = 0; i < layers->count && length < capacity; i++)
            if (touched[i])
                length += (uint32_t)snprintf(out + length, capacity - length, "%s%u",
                                             length > 0 ? "," : "", i);
    free(touched);
}

void standing_rule(const fit *f, char out[64])
{
    char lambda[24];
    snprintf(lambda, sizeof lambda, "%g", f->lambda);
    if (strcmp(f->rule, "cv") == 0)
        snprintf(out, 64, "cv, %s folds", lambda);
    else if (strcmp(f->rule, "absolute") == 0)
        snprintf(out, 64, "%s", lambda);
    else
        snprintf(out, 64, "%s %s", lambda, f->rule);
}

const char *standing_time(char out[64], int64_t when)
{
    time_t seconds = (time_t)when;
    struct tm local;
    if (when == 0 || !localtime_r(&seconds, &local))
        return draw_glyph(GLYPH_DASH);
    strftime(out, 64, "%Y-%m-%d %H:%M", &local);
    return out;
}
