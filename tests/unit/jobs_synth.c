/* Synthetic data are read back from their files, and the circuit that they say they have is looked
 * for in the numbers. */
#include "src/jobs/synth.h"

#include "db/component.h"
#include "src/formats/activations.h"
#include "src/jobs/import.h"
#include "tests/unit/scratch.h"

#include <jansson.h>
#include <math.h>

enum { LAYERS_MOST = 8 };

static char *scratch, *folder_path;
static error err;

static void set_up(void)
{
    scratch = scratch_create();
    folder_path = scratch_path(scratch, "data");
}

static void tear_down(void)
{
    free(folder_path);
    scratch_remove(scratch);
}

TestSuite(synth, .init = set_up, .fini = tear_down);

static synth_report make(const char *path, const synth_settings *s)
{
    synth_report report;
    err = (error){0};
    cr_assert_eq(synth_write(path, s, NULL, NULL, NULL, &report, &err), STATUS_OK, "%s",
                 err.message);
    return report;
}

/* One layer as a plain matrix, rows * cols; free it. */
static double *load(const char *data, const synth_settings *s, uint32_t layer_number,
                    uint32_t *rows)
{
    folder f;
    activations *a;
    char name[64], *manifest = scratch_path(data, "manifest.yaml");
    snprintf(name, sizeof name, "activations/blocks.%u.%s", layer_number,
             s->kind == LAYER_SAE ? "npz" : "npy");
    cr_assert_eq(folder_open_parent(&f, manifest, false, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(activations_open(&a, &f, name, NULL, false, &err), STATUS_OK, "%s", err.message);
    *rows = activations_rows(a);
    cr_assert_eq(activations_cols(a), s->features);
    double *m = calloc((size_t)*rows * s->features, sizeof *m);
    activation item[256];
    for (size_t count = 1; count > 0;) {
        cr_assert_eq(activations_read(a, item, 256, &count, &err), STATUS_OK, "%s", err.message);
        for (size_t i = 0; i < count; i++)
            m[(size_t)item[i].row * s->features + item[i].col] = (double)item[i].value;
    }
    activations_close(a);
    folder_close(&f);
    free(manifest);
    return m;
}

typedef struct line {
    uint32_t from, source, to, target;
    double weight;
    char kind[16];
} line;

static line *load_truth(const char *data, size_t *count)
{
    char *path = scratch_path(data, "truth.tsv"), head[64];
    FILE *file = fopen(path, "r");
    line *all = malloc(20000 * sizeof *all);
    cr_assert_not_null(fgets(head, sizeof head, file));
    cr_expect_str_eq(head, "source\ttarget\tweight\tkind\n");
    for (*count = 0; fscanf(file, "blocks.%u/%u\tblocks.%u/%u\t%lf\t%15s\n", &all[*count].from,
                            &all[*count].source, &all[*count].to, &all[*count].target,
                            &all[*count].weight, all[*count].kind) == 6;
         ++*count)
        cr_assert_lt(*count, 19999);
    cr_expect(feof(file));
    fclose(file);
    free(path);
    return all;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    for (const unsigned char *at = bytes; n > 0; n--)
        hash = (hash ^ *at++) * 1099511628211u; /* FNV-1a */
    return hash;
}

/* Of what the files say, whatever the archive's wrapping. */
static uint64_t hash_of(const char *data, const synth_settings *s)
{
    static const char *const texts[] = {"manifest.yaml", "documents.jsonl", "truth.tsv",
                                        "labels/blocks.1.tsv", "attribute.npy"};
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *path = scratch_path(data, texts[i]), buffer[4096];
        FILE *file = fopen(path, "rb"); /* no attribute: no file of it */
        for (size_t n; file && (n = fread(buffer, 1, sizeof buffer, file)) > 0;)
            hash = hash_bytes(hash, buffer, n);
        if (file)
            fclose(file);
        free(path);
    }
    for (uint32_t l = 0; l < s->layers; l++) {
        uint32_t rows;
        double *m = load(data, s, l, &rows);
        hash = hash_bytes(hash, m, (size_t)rows * s->features * sizeof *m);
        free(m);
    }
    return hash;
}

static bool same_files(const char *a, const char *b)
{
    char *command;
    cr_assert(asprintf(&command, "diff -r '%s' '%s' >/dev/null", a, b) > 0);
    bool same = system(command) == 0;
    free(command);
    return same;
}

/* The numbers were written down when the generator was finished; a change of them is a change of
 * every published result. */
Test(synth, the_same_bytes_for_ever)
{
    static const struct {
        layer_kind kind;
        uint64_t hash;
    } known[] = {{LAYER_SAE, 15337175748985738349u},
                 {LAYER_NEURON, 11986862656605170722u},
                 {LAYER_COMPONENT, 1818196766197503286u}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char name[32];
        snprintf(name, sizeof name, "first-%zu", i);
        char *first = scratch_path(scratch, name);
        snprintf(name, sizeof name, "second-%zu", i);
        char *second = scratch_path(scratch, name);
        synth_settings s = synth_defaults(known[i].kind);
        s.samples = 300;
        s.tokens = 10;
        s.skipping = 0.2;
        s.attribute = s.kind == LAYER_SAE ? 4 : 0;
        s.held_out = 0.3;
        make(first, &s);
        make(second, &s);
        cr_expect(same_files(first, second));
        cr_expect_eq(hash_of(first, &s), known[i].hash, "%s: %llu", layer_kind_name(s.kind),
                     (unsigned long long)hash_of(first, &s));
        s.seed++;
        scratch_remove(strdup(second));
        make(second, &s);
        cr_expect(!same_files(first, second), "another seed, the same data");
        free(first);
        free(second);
    }
}

Test(synth, more_samples_only_add_to_the_end)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    char *longer = scratch_path(scratch, "longer");
    s.samples = 200;
    make(folder_path, &s);
    s.samples = 500;
    make(longer, &s);
    for (uint32_t l = 0; l < s.layers; l++) {
        uint32_t few, many;
        double *a = load(folder_path, &s, l, &few), *b = load(longer, &s, l, &many);
        cr_expect_eq(few, 200);
        cr_expect_eq(many, 500);
        cr_expect_arr_eq(a, b, few * s.features * sizeof *a);
        free(a);
        free(b);
    }
    free(longer);
}

static double correlation(const double *a, uint32_t x, const double *b, uint32_t y, uint32_t rows,
                          uint32_t cols)
{
    double n = rows, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < rows; i++) {
        double u = a[(size_t)i * cols + x], v = b[(size_t)i * cols + y];
        sx += u, sy += v, xx += u * u, yy += v * v, xy += u * v;
    }
    return (xy - sx * sy / n) / sqrt((xx - sx * sx / n) * (yy - sy * sy / n));
}

/* Without noise every target is what the truth says it is: the sum of its sources, what the sum
 * has above a cut, or a product. */
static void expect_exact(layer_kind kind)
{
    synth_settings s = synth_defaults(kind);
    double *m[LAYERS_MOST];
    uint32_t rows = 0;
    size_t lines, sums = 0, cuts = 0, products = 0;
    s.samples = 3000;
    s.noise = s.stray = s.twins = s.confounders = 0;
    s.nonlinear = 0.3;
    s.skipping = 0.3;
    make(folder_path, &s);
    line *truth = load_truth(folder_path, &lines);
    for (uint32_t l = 0; l < s.layers; l++)
        m[l] = load(folder_path, &s, l, &rows);
    for (size_t first = 0, end; first < lines; first = end) {
        double cut = (double)NAN, factor = (double)NAN;
        const line *t = &truth[first];
        for (end = first; end < lines && truth[end].to == t->to && truth[end].target == t->target;)
            end++;
        bool product = false;
        for (size_t e = first; e < end; e++)
            product = product || strcmp(truth[e].kind, "product") == 0;
        for (uint32_t i = 0; i < rows; i++) {
            double sum = 0, gate = 1, found = m[t->to][(size_t)i * s.features + t->target];
            for (size_t e = first; e < end; e++) {
                double z = m[truth[e].from][(size_t)i * s.features + truth[e].source];
                if (strcmp(truth[e].kind, "gate") == 0)
                    gate = z;
                else
                    sum += truth[e].weight * z;
            }
            if (product && fabs(sum * gate) > 0.5) {
                factor = isnan(factor) ? found / (sum * gate) : factor;
                cr_assert_float_eq(found, factor * sum * gate, 2e-3 * (1 + fabs(found)));
            } else if (strcmp(t->kind, "threshold") == 0 && found > 0) {
                cut = isnan(cut) ? sum - found : cut;
                cr_assert_float_eq(found, sum - cut, 1e-3);
            } else if (!product && strcmp(t->kind, "threshold") != 0) {
                cr_assert_float_eq(found, sum, 1e-3, "%s: blocks.%u/%u, sample %u: %g, not %g",
                                   t->kind, t->to, t->target, i, found, sum);
            }
        }
        sums += !product && strcmp(t->kind, "threshold") != 0;
        cuts += isnan(cut) ? 0 : 1;
        products += isnan(factor) ? 0 : 1;
    }
    cr_expect_gt(sums, 100);
    cr_expect_gt(cuts, 3);
    cr_expect_gt(products, 3);
    for (uint32_t l = 0; l < s.layers; l++)
        free(m[l]);
    free(truth);
}

Test(synth, sparse_targets_are_what_the_truth_says)
{
    expect_exact(LAYER_SAE);
}

Test(synth, dense_targets_are_what_the_truth_says)
{
    expect_exact(LAYER_NEURON);
}

/* Sparse layers look like an SAE's: nothing negative, a few features nearly everywhere, most rare.
 */
Test(synth, firing_is_skewed)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    s.features = 400;
    s.everywhere = 3;
    s.samples = 4000;
    make(folder_path, &s);
    for (uint32_t l = 0; l < s.layers; l++) {
        uint32_t rows, everywhere = 0, rare = 0;
        double *m = load(folder_path, &s, l, &rows);
        for (uint32_t f = 0; f < s.features; f++) {
            uint32_t active = 0;
            for (uint32_t i = 0; i < rows; i++) {
                cr_assert_geq(m[(size_t)i * s.features + f], 0);
                active += m[(size_t)i * s.features + f] > 0;
            }
            everywhere += active > 0.75 * rows;
            rare += active < 0.02 * rows;
        }
        cr_expect_eq(everywhere, 3, "layer %u: %u", l, everywhere);
        cr_expect_gt(rare, 0.6 * s.features, "layer %u: %u", l, rare);
        free(m);
    }
}

/* What only looks like an edge does look like one. */
Test(synth, traps_are_set)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    double *m[LAYERS_MOST];
    uint32_t rows = 0;
    size_t lines;
    double hidden = 0, hiddens = 0, twin = 0, twins = 0;
    make(folder_path, &s);
    line *truth = load_truth(folder_path, &lines);
    for (uint32_t l = 0; l < s.layers; l++)
        m[l] = load(folder_path, &s, l, &rows);
    for (size_t i = 0; i < lines; i++) {
        const line *t = &truth[i];
        if (t->weight != 0)
            continue;
        double found = correlation(m[t->from], t->source, m[t->to], t->target, rows, s.features);
        bool confounded = strcmp(t->kind, "confounded") == 0;
        cr_expect(confounded || strcmp(t->kind, "twin") == 0, "%s", t->kind);
        for (size_t j = 0; j < lines; j++)
            cr_expect(j == i || truth[j].from != t->from || truth[j].source != t->source ||
                          truth[j].to != t->to || truth[j].target != t->target,
                      "blocks.%u/%u is given twice", t->to, t->target);
        *(confounded ? &hidden : &twin) += found;
        *(confounded ? &hiddens : &twins) += 1;
    }
    cr_expect_gt(hiddens, 10);
    cr_expect_gt(twins, 10);
    cr_expect_gt(hidden / hiddens, 0.3, "mean correlation %g", hidden / hiddens);
    cr_expect_gt(twin / twins, 0.3, "mean correlation %g", twin / twins);
    for (uint32_t l = 0; l < s.layers; l++)
        free(m[l]);
    free(truth);
}

/* The attribute follows the class in training documents as often as asked, and elsewhere by
 * chance. */
Test(synth, the_attribute_is_tied_in_training_documents_only)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    s.attribute = 5;
    s.tie = 0.8;
    s.held_out = 0.4;
    s.tokens = 5;
    s.samples = 10000;
    synth_report report = make(folder_path, &s);
    cr_expect_eq(report.documents, 2000);
    char *path = scratch_path(folder_path, "documents.jsonl");
    char *class_path = scratch_path(folder_path, "class.npy");
    char *attribute_path = scratch_path(folder_path, "attribute.npy");
    FILE *file = fopen(path, "r"), *classes = fopen(class_path, "rb"),
         *attributes = fopen(attribute_path, "rb");
    fseek(classes, 128, SEEK_SET);
    fseek(attributes, 128, SEEK_SET);
    double same[2] = {0}, all[2] = {0}, group[4] = {0};
    for (uint32_t d = 0; d < report.documents; d++) {
        json_t *document = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
        cr_assert_eq(json_array_size(json_object_get(document, "tokens")), 5);
        bool held = strcmp(json_string_value(json_object_get(document, "split")), "held out") == 0;
        int class = fgetc(classes), attribute = fgetc(attributes);
        same[held] += class == attribute;
        all[held]++;
        group[2 * attribute + class] += held;
        json_decref(document);
    }
    cr_expect_eq(fgetc(classes), EOF);
    cr_expect_float_eq(all[1] / 2000, 0.4, 0.04);
    cr_expect_float_eq(same[0] / all[0], 0.9, 0.03, "tied, or else by chance");
    for (int g = 0; g < 4; g++)
        cr_expect_float_eq(group[g], all[1] / 4, 1, "held-out documents are balanced");
    fclose(file);
    fclose(classes);
    fclose(attributes);
    free(path);
    free(class_path);
    free(attribute_path);
}

Test(synth, settings_that_make_no_sense)
{
    const struct {
        const char *says;
        layer_kind kind;
        uint32_t features, everywhere, width;
        double persisting, rate, twins;
    } bad[] = {{"--features: 1,", LAYER_SAE, 1, 0, 1, 0.3, 0.01, 0},
               {"--persisting", LAYER_SAE, 50, 0, 1, 0.8, 0.01, 0},
               {"--persisting", LAYER_SAE, 50, 0, 1, (double)NAN, 0.01, 0},
               {"--rate", LAYER_SAE, 50, 0, 1, 0.3, 0, 0},
               {"--rate", LAYER_SAE, 50, 0, 1, 0.3, 0.5, 0},
               {"--everywhere", LAYER_SAE, 50, 26, 1, 0.3, 0.01, 0},
               {"--everywhere: neuron layers have none", LAYER_NEURON, 50, 2, 1, 0.3, 0.01, 0},
               {"--width: sae", LAYER_SAE, 50, 0, 5, 0.3, 0.01, 0},
               {"--width: 1,", LAYER_COMPONENT, 50, 0, 1, 0.3, 0.01, 0},
               {"a multiple of --width 8", LAYER_COMPONENT, 50, 0, 8, 0.3, 0.01, 0},
               {"--twins: component", LAYER_COMPONENT, 48, 0, 8, 0.3, 0.01, 0.1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        synth_settings s = synth_defaults(bad[i].kind);
        synth_report report;
        s.features = bad[i].features;
        s.everywhere = bad[i].everywhere;
        s.width = bad[i].width;
        s.persisting = bad[i].persisting;
        s.rate = bad[i].rate;
        s.twins = bad[i].twins;
        err = (error){0};
        cr_expect_eq(synth_write(folder_path, &s, NULL, NULL, NULL, &report, &err), STATUS_USAGE);
        cr_expect_not_null(strstr(err.message, bad[i].says), "'%s': %s", bad[i].says, err.message);
    }
    cr_expect_eq(scratch_count(scratch), 0);
}

Test(synth, all_or_nothing)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    synth_report report;
    atomic_bool cancel = true;
    s.samples = 100;
    cr_expect_eq(synth_write(folder_path, &s, NULL, NULL, &cancel, &report, &err),
                 STATUS_INTERRUPTED);
    cr_expect_eq(scratch_count(scratch), 0);
    scratch_write_text(scratch, "data", "mine");
    cr_expect_eq(synth_write(folder_path, &s, NULL, NULL, NULL, &report, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "exists already"), "%s", err.message);
    cr_expect_eq(scratch_count(scratch), 1);
    char *nowhere = scratch_path(scratch, "no/such/place");
    cr_expect_neq(synth_write(nowhere, &s, NULL, NULL, NULL, &report, &err), STATUS_OK);
    cr_expect_eq(scratch_count(scratch), 1);
    free(nowhere);
}

/* The manifest's components come out of the workspace again, and a manifest that lies about them
 * leaves nothing behind. */
Test(synth, components_are_imported)
{
    synth_settings s = synth_defaults(LAYER_COMPONENT);
    char *study = scratch_path(scratch, "s.clw"),
         *manifest = scratch_path(scratch, "data/manifest.yaml");
    import_request request = {.study = study, .manifest = manifest};
    import_report report;
    layer_set layers;
    component_set parts;
    db *d;
    s.samples = 50;
    make(folder_path, &s);
    cr_assert_eq(import_run(&request, NULL, NULL, NULL, &report, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(db_open(&d, study, DB_READ, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    for (uint32_t l = 0; l < layers.count; l++) {
        cr_assert_eq(component_list(d, &layers.item[l], &parts, &err), STATUS_OK, "%s",
                     err.message);
        cr_assert_eq(parts.count, s.features / s.width);
        cr_expect_str_eq(parts.item[3].name, "c3");
        cr_expect_eq(parts.item[3].first, 3 * s.width);
        cr_expect_eq(parts.item[3].features, s.width);
        component_set_release(&parts);
    }
    layer_set_release(&layers);
    db_close(d);
    cr_assert_eq(unlink(study), 0);
    char *edit;
    cr_assert(asprintf(&edit, "sed -i 's/name: c3, coordinates: 8/name: c3, coordinates: 9/' %s",
                       manifest) > 0);
    cr_assert_eq(system(edit), 0);
    cr_expect_eq(import_run(&request, NULL, NULL, NULL, &report, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "97 coordinates together"), "%s", err.message);
    cr_expect_eq(scratch_count(scratch), 1);
    free(edit);
    free(study);
    free(manifest);
}
