#include "src/jobs/synth_text.h"

#include <inttypes.h>

void synth_print_word(FILE *out, uint32_t number)
{
    static const char consonant[] = "bdfgklmnprstvz", vowel[] = "aeiou";
    enum { CONSONANTS = sizeof consonant - 1, VOWELS = sizeof vowel - 1 };
    for (int syllables = 0; number > 0 || syllables < 2; syllables++) {
        uint32_t syllable = number % (CONSONANTS * VOWELS);
        fputc(consonant[syllable / VOWELS], out);
        fputc(vowel[syllable % VOWELS], out);
        number /= CONSONANTS * VOWELS;
    }
}

static void print_unit(const synth_plan *p, uint32_t position, uint32_t unit, FILE *out)
{
    fprintf(out, p->settings.width > 1 ? "blocks.%u/c%u" : "blocks.%u/%u", position, unit);
}

void synth_print_manifest(const synth_plan *p, FILE *out)
{
    const synth_settings *s = &p->settings;
    bool sparse = s->kind == LAYER_SAE;
    fprintf(out,
            "circuitlasso: 1\n"
            "model: planted circuit, seed %" PRIu64 "\n"
            "samples:\n"
            "  documents: documents.jsonl\n"
            "  rows: tokens\n"
            "layers:\n",
            s->seed);
    for (uint32_t l = 0; l < s->layers; l++) {
        fprintf(out,
                "  - name: blocks.%u\n"
                "    kind: %s\n"
                "    activations: activations/blocks.%u.%s\n"
                "    labels: labels/blocks.%u.tsv\n",
                l, layer_kind_name(s->kind), l, sparse ? "npz" : "npy", l);
        if (s->width > 1)
            fprintf(out, "    components:\n");
        for (uint32_t c = 0; s->width > 1 && c < p->units; c++)
            fprintf(out, "      - {name: c%u, coordinates: %u}\n", c, s->width);
    }
    if (s->attribute > 0)
        fprintf(out, "targets:\n"
                     "  - {name: class, kind: binary, values: class.npy}\n"
                     "  - {name: attribute, kind: binary, values: attribute.npy}\n");
}

static void print_parents(const synth_plan *p, uint32_t position, uint32_t first_link,
                          uint32_t count, FILE *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const synth_link *link = &p->layer[position].link[first_link + i];
        fputs(i == 0 ? "" : link->kind == KIND_GATE ? " times " : ", ", out);
        print_unit(p, position - link->span, link->source, out);
    }
}

/* A hidden cause of this feature and one of the layer before. */
static void print_hidden(const synth_plan *p, uint32_t position, uint32_t unit, FILE *out)
{
    const synth_layer *l = &p->layer[position];
    for (uint32_t h = 0; h < l->hiddens; h++)
        if (l->hidden[h].second == unit) {
            fputs(", with a hidden cause of ", out);
            print_unit(p, position - 1, l->hidden[h].first, out);
        }
}

static void print_label(const synth_plan *p, uint32_t position, uint32_t unit, uint32_t first_link,
                        uint32_t count, FILE *out)
{
    const synth_feature *f = &p->layer[position].feature[unit];
    switch (f->role) {
    case ROLE_NEW:
        fputs("new", out);
        if (position == 0 && p->settings.kind == LAYER_SAE) {
            fputs(" word ", out);
            synth_print_word(out, unit);
        }
        print_hidden(p, position, unit, out);
        break;
    case ROLE_EVERYWHERE: fputs("fires everywhere", out); break;
    case ROLE_CLASS: fputs("tied to the class", out); break;
    case ROLE_ATTRIBUTE: fputs("tied to the attribute", out); break;
    case ROLE_TWIN: fprintf(out, "twin of %u", f->twin); break;
    case ROLE_PERSISTS: fputs("continues ", out); break;
    case ROLE_MERGES: fputs("merges ", out); break;
    case ROLE_PRODUCT: fputs("product of ", out); break;
    case ROLE_THRESHOLD: fputs("above a threshold: ", out); break;
    }
    if (f->role != ROLE_EVERYWHERE)
        print_parents(p, position, first_link, count, out);
    if (f->carries && f->role != ROLE_CLASS && f->role != ROLE_ATTRIBUTE)
        fprintf(out, ", carries the %s",
                f->carries == CARRIES_CLASS       ? "class"
                : f->carries == CARRIES_ATTRIBUTE ? "attribute"
                                                  : "class and the attribute");
}

void synth_print_labels(const synth_plan *p, uint32_t position, FILE *out)
{
    const synth_layer *l = &p->layer[position];
    uint32_t at = 0, width = p->settings.width;
    fputs("index\tlabel\n", out);
    for (uint32_t unit = 0; unit < p->units; unit++) {
        uint32_t first = at;
        while (at < l->links && l->link[at].target == unit)
            at++;
        for (uint32_t c = 0; c < width; c++) {
            fprintf(out, "%u\t", unit * width + c);
            if (width > 1)
                fprintf(out, "c%u, ", unit);
            print_label(p, position, unit, first, at - first, out);
            fputc('\n', out);
        }
    }
}

static void print_line(const synth_plan *p, uint32_t from, uint32_t source, uint32_t to,
                       uint32_t target, double weight, synth_kind kind, FILE *out)
{
    print_unit(p, from, source, out);
    fputc('\t', out);
    print_unit(p, to, target, out);
    fprintf(out, "\t%.6f\t%s\n", weight, synth_kind_name(kind));
}

/* An edge, what a twin of its source only seems to do, and the same for a twin of its target. */
static void print_link(const synth_plan *p, uint32_t position, const synth_link *link, FILE *out,
                       uint64_t *edges, uint64_t *absent)
{
    uint32_t from = position - link->span, targets[2] = {link->target, SYNTH_NONE};
    const synth_feature *target = p->layer[position].feature, *source = p->layer[from].feature;
    targets[1] = target[link->target].twin;
    for (int i = 0; i < 2 && targets[i] != SYNTH_NONE; i++) {
        double likeness = i == 0 ? 1 : (double)target[targets[1]].likeness / (1 << SYNTH_WEIGHT);
        print_line(p, from, link->source, position, targets[i], link->weight * likeness,
                   (synth_kind)link->kind, out);
        ++*edges;
        if (source[link->source].twin == SYNTH_NONE)
            continue;
        print_line(p, from, source[link->source].twin, position, targets[i], 0, KIND_TWIN, out);
        ++*absent;
    }
}

void synth_print_truth(const synth_plan *p, FILE *out, uint64_t *edges, uint64_t *absent)
{
    *edges = *absent = 0;
    fputs("source\ttarget\tweight\tkind\n", out);
    for (uint32_t position = 1; position < p->settings.layers; position++) {
        const synth_layer *l = &p->layer[position];
        for (uint32_t i = 0; i < l->links; i++)
            print_link(p, position, &l->link[i], out, edges, absent);
        for (uint32_t h = 0; h < l->hiddens; h++, ++*absent)
            print_line(p, position - 1, l->hidden[h].first, position, l->hidden[h].second, 0,
                       KIND_CONFOUNDED, out);
    }
}

void synth_print_carriers(const synth_plan *p, FILE *out)
{
    static const char *const names[] = {"", "class", "attribute", "both"};
    fputs("feature\tcarries\n", out);
    for (uint32_t position = 0; position < p->settings.layers; position++)
        for (uint32_t unit = 0; unit < p->units; unit++) {
            const synth_feature *f = &p->layer[position].feature[unit];
            if (f->carries == 0)
                continue;
            print_unit(p, position, unit, out);
            fprintf(out, "\t%s\n", names[f->carries]);
        }
}
