/* Made-up activations with a circuit planted in them, to see what a fit finds of it.
 *
 * Everything comes from a seed, in whole numbers (activations are multiples of 2^-16), so the same
 * settings give the same bytes on every machine; more samples only add to the end. Memory holds
 * the circuit and one sample, whatever the number of samples. */
#ifndef JOBS_SYNTH_H
#define JOBS_SYNTH_H

#include "db/layer.h"

#include <stdatomic.h>

/* What the features of a later layer are; shares of its features where not said otherwise. */
typedef struct synth_settings {
    uint64_t seed;
    layer_kind kind; /* sae: sparse, not negative; neuron: dense; component: dense, in blocks */
    uint32_t layers, features, samples;
    uint32_t tokens;     /* samples of a document */
    uint32_t width;      /* component: coordinates that make one component; divides features */
    uint32_t everywhere; /* sae: features of each layer that fire nearly everywhere */
    uint32_t topics;     /* what documents are about: features of one topic fire together */
    uint32_t parents;    /* the most that one feature has */
    uint32_t attribute;  /* features tied to a class, and as many tied to a spurious attribute */
    double rate;         /* sae: median share of samples where a feature fires */
    double persisting;   /* with one parent */
    double merging;      /* with two parents or more */
    double nonlinear;    /* of the merging ones: products and thresholds */
    double skipping;     /* of the merging ones' parents: two layers back */
    double dropping;     /* of the features of all layers but the last: without children */
    double twins;        /* near copies of another feature of their layer, without children */
    double
        confounders; /* driven by a hidden cause that also drives a feature of the layer before */
    double noise;    /* deviation of what no parent explains, relative to a feature's size */
    double stray;    /* sae: firings without a parent, relative to the feature's rate */
    double tie;      /* chance that the attribute follows the class in a training document */
    double held_out; /* of the documents: held out; there class and attribute are balanced */
} synth_settings;

synth_settings synth_defaults(layer_kind kind);

/* STATUS_USAGE: names the option that makes no sense. */
status synth_check(const synth_settings *s, error *err);

typedef struct synth_report {
    uint64_t edges, absent; /* of the truth: edges, and pairs said not to be one */
    uint64_t nonzeros;
    uint32_t documents;
} synth_report;

/* Makes the folder `path`, which must not exist: manifest.yaml, documents.jsonl, activations/,
 * labels/, truth.tsv and, with attribute features, class.npy, attribute.npy and carriers.tsv. All
 * or nothing. progress (may be NULL): fraction done, a few times a second. STATUS_USAGE: settings
 * that make no sense; STATUS_INPUT: the folder is there already. */
status synth_write(const char *path, const synth_settings *settings,
                   void (*progress)(void *user, double fraction), void *user,
                   const atomic_bool *cancel, synth_report *report, error *err);

#endif
