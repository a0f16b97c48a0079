#include "src/jobs/synth.h"

#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/jobs/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNSET UINT64_MAX
#define NONE  ((double)NAN)

static bool json;
static const char *kind = "sae", *study;
static uint64_t seed = 1, layers = UNSET, features = UNSET, samples = UNSET, tokens = UNSET,
                width = UNSET, everywhere = UNSET, topics = UNSET, parents = UNSET,
                attribute = UNSET;
static double rate = NONE, persisting = NONE, merging = NONE, nonlinear = NONE, skipping = NONE,
              dropping = NONE, twins = NONE, confounders = NONE, noise = NONE, stray = NONE,
              tie = NONE, held_out = NONE;

static const command_option options[] = {
    {"study", OPTION_TEXT, &study, "STUDY", "import it, too"},
    {"seed", OPTION_COUNT, &seed, "N", "where the random numbers begin (default 1)"},
    {"kind", OPTION_TEXT, &kind, "KIND",
     "sae (sparse, not negative), neuron (dense) or component (dense, in blocks) (default sae)"},
    {"layers", OPTION_COUNT, &layers, "N", "layers (default 4)"},
    {"features", OPTION_COUNT, &features, "N", "features of a layer (default 200; dense 96)"},
    {"samples", OPTION_COUNT, &samples, "N", "samples (default 8000)"},
    {"tokens", OPTION_COUNT, &tokens, "N", "samples of a document (default 50)"},
    {"topics", OPTION_COUNT, &topics, "N",
     "topics of documents: features of one fire together (default 8)"},
    {"rate", OPTION_NUMBER, &rate, "R",
     "sae: median share of samples where a feature fires (default 0.005)"},
    {"everywhere", OPTION_COUNT, &everywhere, "N",
     "sae: features of a layer that fire nearly everywhere (default 2)"},
    {"width", OPTION_COUNT, &width, "N", "component: coordinates of a component (default 8)"},
    {"persisting", OPTION_NUMBER, &persisting, "X",
     "share of features with one parent (default 0.4)"},
    {"merging", OPTION_NUMBER, &merging, "X", "share with two parents or more (default 0.3)"},
    {"parents", OPTION_COUNT, &parents, "N", "the most parents of a feature (default 3)"},
    {"nonlinear", OPTION_NUMBER, &nonlinear, "X",
     "share of the merging ones that are products or thresholds (default 0.1)"},
    {"skipping", OPTION_NUMBER, &skipping, "X",
     "share of the merging ones' parents that stand two layers back (default 0)"},
    {"dropping", OPTION_NUMBER, &dropping, "X",
     "share of features that must not have children (default 0.2)"},
    {"twins", OPTION_NUMBER, &twins, "X",
     "share that are near copies of another, without children (default 0.05)"},
    {"confounders", OPTION_NUMBER, &confounders, "X",
     "share with a hidden cause that also drives a feature of the layer before (default 0.03)"},
    {"noise", OPTION_NUMBER, &noise, "X", "noise, relative to a feature's size (default 0.3)"},
    {"stray", OPTION_NUMBER, &stray, "X",
     "sae: firings that no parent causes, relative to the feature's rate (default 0.1)"},
    {"attribute", OPTION_COUNT, &attribute, "N",
     "sae: features tied to a class, as many to a spurious attribute; both become targets "
     "(default 0)"},
    {"tie", OPTION_NUMBER, &tie, "X",
     "chance that the attribute follows the class in training documents (default 1)"},
    {"held-out", OPTION_NUMBER, &held_out, "X",
     "share of documents held out, where class and attribute are balanced (default 0, with "
     "--attribute 0.25)"},
    {"json", OPTION_FLAG, &json, NULL, "what was made as a JSON object"},
    {0},
};

static status read_kind(layer_kind *out, error *err)
{
#define READ_KIND(which, name, meaning)                                                           \
    if (strcmp(kind, name) == 0) {                                                                \
        *out = which;                                                                             \
        return STATUS_OK;                                                                         \
    }
    LAYER_KIND_LIST(READ_KIND)
#undef READ_KIND
    return error_set(err, STATUS_USAGE,
                     "synth: option --kind: '%s', expected sae, neuron or component", kind);
}

static void take_count(uint32_t *to, uint64_t given)
{
    if (given != UNSET)
        *to = given < UINT32_MAX ? (uint32_t)given : UINT32_MAX;
}

static void take_number(double *to, double given)
{
    if (!isnan(given))
        *to = given;
}

static void take(synth_settings *s)
{
    s->seed = seed;
    take_count(&s->layers, layers);
    take_count(&s->features, features);
    take_count(&s->samples, samples);
    take_count(&s->tokens, tokens);
    take_count(&s->width, width);
    take_count(&s->everywhere, everywhere);
    take_count(&s->topics, topics);
    take_count(&s->parents, parents);
    take_count(&s->attribute, attribute);
    take_number(&s->rate, rate);
    take_number(&s->persisting, persisting);
    take_number(&s->merging, merging);
    take_number(&s->nonlinear, nonlinear);
    take_number(&s->skipping, skipping);
    take_number(&s->dropping, dropping);
    take_number(&s->twins, twins);
    take_number(&s->confounders, confounders);
    take_number(&s->noise, noise);
    take_number(&s->stray, stray);
    take_number(&s->tie, tie);
    take_number(&s->held_out, isnan(held_out) && s->attribute > 0 ? 0.25 : held_out);
}

static void report(const char *path, const synth_settings *s, const synth_report *made)
{
    output *o = output_begin(json);
    if (json) {
        output_text(o, "folder", path);
        output_count(o, "layers", s->layers);
        output_count(o, "features", s->features);
        output_count(o, "samples", s->samples);
        output_count(o, "documents", made->documents);
        output_count(o, "nonzeros", made->nonzeros);
        output_count(o, "edges", made->edges);
        output_count(o, "absent", made->absent);
        output_record(o);
    } else {
        output_line(o, "%s: %u layers x %u features, %u samples in %u documents, %llu nonzeros",
                    path, s->layers, s->features, s->samples, made->documents,
                    (unsigned long long)made->nonzeros);
        output_line(o, "%s/truth.tsv: %llu edges, %llu pairs that only look like one", path,
                    (unsigned long long)made->edges, (unsigned long long)made->absent);
    }
    output_end(o);
}

static status import(const char *path, error *err)
{
    char *manifest = mem_format("%s/manifest.yaml", path);
    import_request request = {.study = study, .manifest = manifest};
    import_report made;
    status code = import_run(&request, progress_import, NULL, progress_cancel(), &made, err);
    progress_end();
    free(manifest);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        output_line(o, "%s: the study that was made of it", study);
        output_end(o);
    }
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    layer_kind of = LAYER_SAE;
    status code = read_kind(&of, err);
    if (code != STATUS_OK)
        return code;
    synth_settings s = synth_defaults(of);
    synth_report made;
    take(&s);
    if (study && access(study, F_OK) == 0)
        return error_set(err, STATUS_INPUT, "'%s' exists already; choose another name", study);
    code = synth_write(arguments[0], &s, progress_synth, NULL, progress_cancel(), &made, err);
    progress_end();
    if (code == STATUS_OK)
        report(arguments[0], &s, &made);
    return code == STATUS_OK && study ? import(arguments[0], err) : code;
}

const command command_synth = {
    .name = "synth",
    .arguments = "FOLDER",
    .summary = "make up activations with a planted circuit, to see what a fit finds of it",
    .details =
        "Writes a manifest, activations, labels, documents and the truth (truth.tsv), all from\n"
        "the seed and the same on every machine; more samples only add to the end. Features of\n"
        "a later layer continue one of the layer before, merge several, or are new. What is\n"
        "hard for a fit is in it too: near copies, hidden common causes, products, thresholds.\n"
        "Lines of the truth with weight 0 are pairs that only look like an edge. Then:\n"
        "circuitlasso score STUDY --truth FOLDER/truth.tsv.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
