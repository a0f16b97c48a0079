#include "src/formats/activations.h"
#include "src/jobs/synth.h"

synth_settings synth_defaults(layer_kind kind)
{
    bool sparse = kind == LAYER_SAE, blocks = kind == LAYER_COMPONENT;
    return (synth_settings){.seed = 1,
                            .kind = kind,
                            .layers = 4,
                            .features = sparse ? 200 : 96,
                            .samples = 8000,
                            .tokens = 50,
                            .width = blocks ? 8 : 1,
                            .everywhere = sparse ? 2 : 0,
                            .topics = 8,
                            .parents = 3,
                            .rate = 0.005,
                            .persisting = 0.4,
                            .merging = 0.3,
                            .nonlinear = blocks ? 0 : 0.1,
                            .dropping = 0.2,
                            .twins = blocks ? 0 : 0.05,
                            .confounders = blocks ? 0 : 0.03,
                            .noise = 0.3,
                            .stray = sparse ? 0.1 : 0,
                            .tie = 1};
}

static status check_count(const char *name, uint32_t value, uint32_t least, uint32_t most,
                          error *err)
{
    if (value >= least && value <= most)
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "synth: option --%s: %u, expected %u to %u", name, value,
                     least, most);
}

static status check_number(const char *name, double value, double most, error *err)
{
    if (value >= 0 && value <= most)
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "synth: option --%s: %g, expected 0 to %g", name, value,
                     most);
}

/* What only one kind of layer has. */
static status check_kind(const synth_settings *s, error *err)
{
    const char *kind = layer_kind_name(s->kind);
    bool sparse = s->kind == LAYER_SAE, blocks = s->kind == LAYER_COMPONENT;
    const struct {
        const char *name;
        bool given, fits;
    } only[] = {{"everywhere", s->everywhere > 0, sparse},
                {"attribute", s->attribute > 0, sparse},
                {"stray", s->stray > 0, sparse},
                {"width", s->width > 1, blocks},
                {"nonlinear", s->nonlinear > 0, !blocks},
                {"twins", s->twins > 0, !blocks},
                {"confounders", s->confounders > 0, !blocks}};
    for (size_t i = 0; i < sizeof only / sizeof *only; i++)
        if (only[i].given && !only[i].fits)
            return error_set(err, STATUS_USAGE, "synth: option --%s: %s layers have none",
                             only[i].name, kind);
    if (blocks && s->width < 2)
        return error_set(err, STATUS_USAGE,
                         "synth: option --width: %u, expected at least 2 coordinates a component",
                         s->width);
    if (s->features % s->width != 0)
        return error_set(err, STATUS_USAGE,
                         "synth: option --features: %u, expected a multiple of --width %u",
                         s->features, s->width);
    return STATUS_OK;
}

status synth_check(const synth_settings *s, error *err)
{
    const struct {
        const char *name;
        uint32_t value, least, most;
    } counts[] = {{"layers", s->layers, 1, 1000},        {"features", s->features, 2, FEATURE_CAP},
                  {"samples", s->samples, 2, INT32_MAX}, {"tokens", s->tokens, 1, 100000},
                  {"width", s->width, 1, s->features},   {"topics", s->topics, 1, 1000},
                  {"parents", s->parents, 2, 100}};
    const struct {
        const char *name;
        double value, most;
    } numbers[] = {{"persisting", s->persisting, 1},
                   {"merging", s->merging, 1},
                   {"nonlinear", s->nonlinear, 1},
                   {"skipping", s->skipping, 1},
                   {"dropping", s->dropping, 1},
                   {"twins", s->twins, 0.4},
                   {"confounders", s->confounders, 1},
                   {"noise", s->noise, 100},
                   {"stray", s->stray, 1},
                   {"tie", s->tie, 1},
                   {"held-out", s->held_out, 1},
                   {"rate", s->rate, 0.3}};
    status code = STATUS_OK;
    for (size_t i = 0; i < sizeof counts / sizeof *counts && code == STATUS_OK; i++)
        code = check_count(counts[i].name, counts[i].value, counts[i].least, counts[i].most, err);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == STATUS_OK; i++)
        code = check_number(numbers[i].name, numbers[i].value, numbers[i].most, err);
    if (code == STATUS_OK && s->kind == LAYER_SAE && s->rate < 1e-8)
        code = error_set(err, STATUS_USAGE, "synth: option --rate: %g, expected at least 1e-8",
                         s->rate);
    if (code == STATUS_OK && s->persisting + s->merging + s->twins > 1)
        code =
            error_set(err, STATUS_USAGE,
                      "synth: options --persisting, --merging and --twins: shares of %g together, "
                      "expected at most 1",
                      s->persisting + s->merging + s->twins);
    if (code == STATUS_OK &&
        (uint64_t)s->everywhere + 2 * (uint64_t)s->attribute > s->features / 2)
        code = error_set(err, STATUS_USAGE,
                         "synth: options --everywhere and --attribute take more than half of %u "
                         "features",
                         s->features);
    return code == STATUS_OK ? check_kind(s, err) : code;
}
