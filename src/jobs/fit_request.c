/* Asking for a fit: which pairs, whether they make sense, and the row that says so. */
#include "src/base/memory.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *rule_name(lasso_rule rule)
{
    static const char *const names[] = {
#define RULE_NAME(name, text, meaning) [name] = text,
        LASSO_RULE_LIST(RULE_NAME)
#undef RULE_NAME
    };
    return names[rule];
}

char *fit_data_hash(const layer_set *layers, const fit_pair *pair, uint32_t pairs)
{
    char *hash = mem_copy_text("");
    for (uint32_t l = 0; l < layers->count; l++) {
        const layer *this = &layers->item[l];
        bool used = false;
        for (uint32_t p = 0; p < pairs; p++)
            used |= pair[p].source_layer == this->id || pair[p].target_layer == this->id;
        if (used) {
            char *longer = mem_format("%s%s%u:%s", hash, hash[0] ? " " : "", l, this->hash);
            free(hash);
            hash = longer;
        }
    }
    return hash;
}

static void request_pairs(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                          uint32_t count, uint32_t farthest)
{
    if (!chosen)
        count = layers->count;
    request->pair = mem_alloc(((size_t)count * count + 1) * sizeof *request->pair);
    request->pair_count = 0;
    for (uint32_t j = 1; j < count; j++)
        for (uint32_t i = j > farthest ? j - farthest : 0; i < j; i++)
            request->pair[request->pair_count++] =
                (struct fit_request_pair){.source_layer = layers->item[chosen ? chosen[i] : i].id,
                                          .target_layer = layers->item[chosen ? chosen[j] : j].id};
}

void fit_request_adjacent(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                          uint32_t count)
{
    request_pairs(request, layers, chosen, count, 1);
}

void fit_request_all(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                     uint32_t count)
{
    request_pairs(request, layers, chosen, count, UINT32_MAX);
}

void fit_request_release(fit_request *request)
{
    free(request->pair);
    request->pair = NULL;
    request->pair_count = 0;
}

bool fit_pair_wireable(const layer *source, const layer *target)
{
    return source->autoencoder_width > 0 && source->autoencoder_width == target->autoencoder_width;
}

uint32_t fit_wired_pairs(const layer_set *layers, const fit_request *request)
{
    uint32_t wired = 0;
    for (uint32_t p = 0; request->wiring && !request->joint && p < request->pair_count; p++) {
        const layer *source = layer_by_id(layers, request->pair[p].source_layer);
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        wired += source && target && fit_pair_wireable(source, target);
    }
    return wired;
}

uint64_t fit_wired_alone(const fit *f)
{
    uint64_t edges = 0;
    for (uint32_t p = 0; p < f->pair_count; p++)
        edges += f->pair[p].wired_alone;
    return edges;
}

lasso_settings fit_default_settings(const layer_set *layers, const fit_request *request)
{
    lasso_settings usual = lasso_defaults();
    if (request->pair_count > 0 && fit_wired_pairs(layers, request) == request->pair_count)
        usual.lambda = 0.01;
    return usual;
}

status fit_request_check(const layer_set *layers, const fit_request *request, error *err)
{
    status code = lasso_settings_check(&request->settings, err);
    if (code != STATUS_OK)
        return code;
    const lasso_settings *asked = &request->settings;
    if (asked->lambda == 0 && asked->ridge == 0)
        return error_set(err, STATUS_USAGE,
                         "lambda 0 without a ridge term makes every feature a parent: give one of "
                         "them more than 0");
    if (asked->lambda >= 1 && (asked->rule == LASSO_OF_PAIR || asked->rule == LASSO_OF_TARGET))
        return error_set(err, STATUS_USAGE,
                         "lambda %g of the maximum leaves no edge: expected less than 1",
                         asked->lambda);
    double folds = request->settings.lambda;
    if (request->settings.rule == LASSO_CROSS &&
        !(folds >= 2 && folds <= 100 && folds == floor(folds)))
        return error_set(err, STATUS_USAGE, "%g folds: expected a whole number from 2 to 100",
                         folds);
    if (request->pair_count == 0)
        return error_set(err, STATUS_USAGE, "a fit needs at least two layers");
    for (uint32_t p = 0; p < request->pair_count; p++) {
        const layer *source = layer_by_id(layers, request->pair[p].source_layer);
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        if (!source || !target)
            return error_set(err, STATUS_USAGE, "pair %u names a layer that is not in the study",
                             p + 1);
        if (source->position >= target->position)
            return error_set(err, STATUS_USAGE,
                             "'%s' does not come before '%s' in the model's computation order",
                             source->name, target->name);
        for (uint32_t other = 0; other < p; other++)
            if (request->pair[other].source_layer == source->id &&
                request->pair[other].target_layer == target->id)
                return error_set(err, STATUS_USAGE, "the pair '%s' to '%s' is asked for twice",
                                 source->name, target->name);
    }
    return STATUS_OK;
}

void fit_describe(const fit *f, const char *lambda, char *text, size_t capacity)
{
    static const struct {
        const char *rule, *before, *after;
    } rules[] = {
        {"absolute", "", ""},
        {"pair", "", " of the pair's maximum"},
        {"target", "", " of each target's maximum"},
        {"parents", "for ", " parents a target"},
        {"edges", "for ", " edges a pair"},
        {"cv", "cross-validated in ", " folds"},
    };
    const char *before = "";
    const char *after = "";
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].rule, f->rule) == 0) {
            before = rules[i].before;
            after = rules[i].after;
        }
    snprintf(text, capacity, "%s %s%g%s, ridge %g%s, scale %s%s%s", lambda, before, f->lambda,
             after, f->ridge,
             f->ridge_of_layer ? " (one a layer)"
             : f->ridge > 0    ? ""
                               : " (Lasso)",
             f->scale ? "sd" : "none", strcmp(f->kind, "joint") == 0 ? ", joint" : "",
             f->wiring ? ", with wiring" : "");
}

status fit_check_ridge(const fit *f, error *err)
{
    if (!f->ridge_of_layer)
        return STATUS_OK;
    return error_set(
        err, STATUS_INPUT,
        "fit %lld has one ridge for all features of a layer, which is no longer made: "
        "it can be looked at, but not continued or repeated; fit anew",
        (long long)f->id);
}

/* In a joint fit a target layer's targets are kept with its nearest source; the other pairs only
 * have edges. */
static bool is_nearest(const layer_set *layers, const fit_request *request, uint32_t p)
{
    uint32_t position = layer_by_id(layers, request->pair[p].source_layer)->position;
    for (uint32_t other = 0; other < request->pair_count; other++)
        if (request->pair[other].target_layer == request->pair[p].target_layer &&
            layer_by_id(layers, request->pair[other].source_layer)->position > position)
            return false;
    return true;
}

status fit_create(db *d, const layer_set *layers, const fit_request *request, int64_t *fit_id,
                  error *err)
{
    status code = fit_request_check(layers, request, err);
    if (code != STATUS_OK)
        return code;
    fit f = {.lambda = request->settings.lambda,
             .ridge = request->settings.ridge,
             .scale = request->settings.scale,
             .wiring = fit_wired_pairs(layers, request) > 0,
             .tolerance = request->settings.tolerance,
             .state = FIT_QUEUED,
             .pair_count = request->pair_count};
    snprintf(f.rule, sizeof f.rule, "%s", rule_name(request->settings.rule));
    snprintf(f.kind, sizeof f.kind, "%s", request->joint ? "joint" : "pairwise");
    f.pair = mem_zero(request->pair_count, sizeof *f.pair);
    for (uint32_t p = 0; p < request->pair_count; p++) {
        f.pair[p] = (fit_pair){.source_layer = request->pair[p].source_layer,
                               .target_layer = request->pair[p].target_layer};
        if (!request->joint || is_nearest(layers, request, p))
            f.pair[p].targets = layer_by_id(layers, f.pair[p].target_layer)->features;
    }
    f.data_hash = fit_data_hash(layers, f.pair, f.pair_count);
    code = fit_add(d, &f, err);
    *fit_id = f.id;
    fit_release(&f);
    return code;
}
