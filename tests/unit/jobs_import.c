/* Imports from beginning to end: the sample, pooled studies against NumPy, and everything that
 * must leave the workspace as it was. */
#include "src/jobs/import.h"

#include "db/document.h"
#include "db/effect.h"
#include "db/feature.h"
#include "db/layer.h"
#include "db/note.h"
#include "db/target.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define SAMPLE   "sample_data/manifest.yaml"
#define FIXTURES "tests/unit/fixtures/"

static char *scratch, *study;

static void set_up(void)
{
    scratch = scratch_create();
    study = scratch_path(scratch, "s.clw");
}

static void tear_down(void)
{
    free(study);
    scratch_remove(scratch);
}

TestSuite(jobs_import, .init = set_up, .fini = tear_down);

static status run(const char *manifest, bool replace, uint64_t memory, import_report *report,
                  error *err)
{
    import_request request = {.study = study,
                              .manifest = manifest,
                              .replace = replace,
                              .absolute_paths = true,
                              .memory = memory};
    *err = (error){0};
    return import_run(&request, NULL, NULL, NULL, report, err);
}

/* Imports a manifest whose text is `head` followed by files of the fixtures' study: every `@` in
 * it stands for their folder. */
static status run_text(const char *text, bool replace, error *err)
{
    char *fixtures = realpath(FIXTURES "study", NULL);
    cr_assert_not_null(fixtures);
    char *manifest = scratch_path(scratch, "m.yaml");
    FILE *file = fopen(manifest, "w");
    for (; *text; text++) {
        if (*text == '@')
            fprintf(file, "%s/", fixtures);
        else
            fputc(*text, file);
    }
    fclose(file);
    import_report report;
    status code = run(manifest, replace, 0, &report, err);
    unlink(manifest);
    free(manifest);
    free(fixtures);
    return code;
}

static void expect_message(const error *err, const char *part)
{
    cr_expect_not_null(strstr(err->message, part), "expected '%s', got '%s'", part, err->message);
}

static db *open_study(void)
{
    db *d;
    error err = {0};
    cr_assert_eq(db_open(&d, study, DB_READ, &err), STATUS_OK, "%s", err.message);
    return d;
}

static void check_hashes(const layer_set *layers)
{
    FILE *file = fopen(FIXTURES "sample-hashes.txt", "r");
    char name[64], hash[32];
    int count = 0;
    for (; fscanf(file, "%63s %31s", name, hash) == 2; count++) {
        const layer *l = layer_find(layers, name);
        cr_assert_not_null(l, "%s", name);
        cr_expect_str_eq(l->hash, hash, "%s", name);
    }
    cr_expect_eq(count, 6);
    fclose(file);
}

Test(jobs_import, the_sample_exactly)
{
    error err;
    import_report report;
    cr_assert_eq(run(SAMPLE, false, 0, &report, &err), STATUS_OK, "%s", err.message);
    cr_expect(report.layers == 6 && report.documents == 100 && report.samples == 12900 &&
              report.targets == 2 && report.effects == 5 && report.features == 6 * 512 &&
              report.nonzeros == 6 * 103200 && report.labels == 2993 && report.autoencoders == 6);
    cr_expect_eq(scratch_count(scratch), 1, "nothing but the study is left");

    db *d = open_study();
    layer_set layers;
    target_set targets;
    uint32_t documents, samples, effects;
    effect *effect_list;
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    static const uint32_t labelled[] = {443, 504, 511, 512, 512, 511};
    for (uint32_t i = 0; i < 6; i++) {
        const layer *l = &layers.item[i];
        cr_expect(l->nonzeros == 103200 && l->samples == 12900 && l->features == 512 && !l->dense);
        cr_expect_eq(l->autoencoder_width, 64);
        cr_expect_eq(l->labelled, labelled[i], "%s", l->name);
    }
    check_hashes(&layers);
    cr_expect_eq(target_list(d, &targets, &err), STATUS_OK);
    cr_expect(targets.count == 2 && targets.item[0].samples == 12900);
    cr_expect_eq(document_count(d, &documents, &samples, NULL, &err), STATUS_OK);
    cr_expect(documents == 100 && samples == 12900);
    cr_expect_eq(
        effect_load(d, layers.item[0].id, layers.item[1].id, &effect_list, &effects, &err),
        STATUS_OK);
    cr_expect_gt(effects, 10000);

    document doc;
    feature_detail detail;
    char *model;
    cr_expect_eq(document_of_sample(d, 130, &doc, &err), STATUS_OK);
    cr_expect(doc.first_sample == 129 && doc.samples == 129 && doc.token_count == 129);
    cr_expect_str_eq(doc.name, "story-001");
    cr_expect_eq(feature_get(d, layers.item[0].id, 1, &detail, &err), STATUS_OK);
    cr_expect_str_eq(detail.label_source, "top-activating-tokens");
    cr_expect_eq(db_get_fact(d, "model", &model, &err), STATUS_OK);
    cr_expect_str_eq(model, "stories260K");
    free(model);
    free(effect_list);
    document_release(&doc);
    feature_detail_release(&detail);
    target_set_release(&targets);
    layer_set_release(&layers);
    db_close(d);
}

Test(jobs_import, little_memory_gives_the_same_bytes)
{
    error err;
    import_report report;
    cr_assert_eq(run(SAMPLE, false, 20000, &report, &err), STATUS_OK, "%s", err.message);
    db *d = open_study();
    layer_set layers;
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    check_hashes(&layers);
    layer_set_release(&layers);
    db_close(d);
}

/* A layer as stored against the float32 matrix that NumPy saved: by row, after a 128-byte
 * header. */
static void expect_layer(const char *name, const char *npy)
{
    error err = {0};
    char path[128];
    float want[1024];
    snprintf(path, sizeof path, FIXTURES "study/%s", npy);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, 128, SEEK_SET), 0);
    size_t count = fread(want, sizeof *want, 1024, file);
    fclose(file);

    db *d = open_study();
    layer_set layers;
    matrix m;
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    cr_assert_eq(layer_load(d, layer_find(&layers, name), &m, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(count, (size_t)m.rows * m.cols, "%s", npy);
    for (uint32_t k = 0; k < m.cols; k++) {
        float got[64] = {0};
        for (uint32_t i = 0; m.dense && i < m.rows; i++)
            got[i] = m.value[(size_t)k * m.rows + i];
        for (uint64_t e = m.dense ? 0 : m.col_start[k]; !m.dense && e < m.col_start[k + 1]; e++)
            got[m.row[e]] = m.value[e];
        for (uint32_t i = 0; i < m.rows; i++)
            cr_assert_eq(got[i], want[i * m.cols + k], "%s (%u, %u)", npy, i, k);
    }
    matrix_release(&m);
    layer_set_release(&layers);
    db_close(d);
}

#define HEAD "circuitlasso: 1\nmodel: m\n"
#define LAYERS                                                                                    \
    "layers:\n"                                                                                   \
    "  - {name: sparse, kind: sae, activations: '@sparse.npz'}\n"                                 \
    "  - {name: dense, kind: neuron, activations: '@dense.npy'}\n"
#define TOKENS "samples: {documents: '@documents.jsonl', rows: tokens}\n"

Test(jobs_import, pooling_as_numpy_does_it)
{
    static const char *const ways[] = {"max", "mean", "last", "none"};
    for (int i = 0; i < 4; i++) {
        error err;
        char text[512], npy[32];
        snprintf(text, sizeof text,
                 HEAD "samples: {documents: '@documents.jsonl', rows: tokens, pool: %s}\n" LAYERS
                      "targets: [{name: y, kind: binary, values: '@by-document.npy'}]\n",
                 ways[i]);
        cr_assert_eq(run_text(text, i > 0, &err), STATUS_OK, "%s", err.message);
        snprintf(npy, sizeof npy, "sparse-%s.npy", ways[i]);
        expect_layer("sparse", npy);
        snprintf(npy, sizeof npy, "dense-%s.npy", ways[i]);
        expect_layer("dense", npy);

        /* a value per document: one each when pooled, otherwise repeated for its tokens */
        db *d = open_study();
        double *value;
        uint32_t samples;
        cr_assert_eq(target_load(d, 1, &value, &samples, &err), STATUS_OK, "%s", err.message);
        cr_expect_eq(samples, i < 3 ? 6 : 23);
        cr_expect(i < 3 ? value[1] == 1 && value[2] == 0
                        : value[3] == 0 && value[4] == 1 && value[5] == 0 && value[22] == 1);
        free(value);
        uint8_t *held;
        uint32_t count;
        cr_assert_eq(document_held_out(d, samples, &held, &count, &err), STATUS_OK);
        cr_expect(count == (i < 3 ? 1 : 7) && held[i < 3 ? 2 : 5]);
        free(held);
        db_close(d);
    }
}

Test(jobs_import, samples_come_from_the_first_layer_without_documents)
{
    error err;
    cr_assert_eq(run_text(HEAD LAYERS "targets:\n"
                                      "  - {name: y, kind: real, values: '@by-token.npy'}\n",
                          false, &err),
                 STATUS_OK, "%s", err.message);
    db *d = open_study();
    double *value;
    uint32_t samples;
    cr_expect_eq(target_load(d, 1, &value, &samples, &err), STATUS_OK);
    cr_expect(samples == 23 && value[22] == 5.5);
    free(value);
    db_close(d);
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"circuitlasso: 1\nmodle: m\n",
     "line 2, column 1: unknown key 'modle', did you mean 'model'?"},
    {HEAD "layers: [{name: a, kind: moe, activations: '@sparse.npz'}]\n",
     "line 3, column 26: 'kind' is 'moe', expected one of 'sae', 'neuron', 'component'"},
    {HEAD "layers: [{name: a, kind: sae, activations: none.npz}]\n",
     "line 3, column 44: cannot open 'none.npz': No such file or directory"},
    {HEAD TOKENS "layers: [{name: a, kind: sae, activations: '@sparse-max.npy'}]\n",
     "sparse-max.npy': 6 rows, but '"},
    {HEAD LAYERS "  - {name: c, kind: sae, activations: '@sparse-max.npy'}\n",
     "sparse-max.npy': 6 rows, but '"},
    {HEAD "layers: [{name: a, kind: sae, activations: '@../bad-nan.npy'}]\n",
     "bad-nan.npy': row 3, column 7: not a number"},
    {HEAD "layers: [{name: a, kind: sae, activations: '@../bad-index.npz'}]\n",
     "entry 'indices.npy': index 11 at entry 17, expected 0 to 10"},
    {HEAD "layers: [{name: a, kind: sae, activations: '@../bad-claim.npz'}]\n",
     "bytes claim to be 4000000000 samples x 11 features, too much to be true"},
    {HEAD "layers: [{name: a, kind: component, activations: '@../bad-claim-dense.npz'}]\n",
     "bytes claim to be 1000000 samples x 11 features, too much to be true"},
    {HEAD LAYERS "targets: [{name: y, kind: ordinal, values: '@by-token.npy'}]\n",
     "line 6, column 27: 'kind' is 'ordinal', expected one of 'real', 'binary', 'class'"},
    {HEAD LAYERS "targets: [{name: y, kind: binary, values: '@by-token.npy'}]\n",
     "by-token.npy': value 1 is 0.25, expected 0 or 1"},
    {HEAD LAYERS "targets: [{name: y, kind: class, values: '@by-token.npy'}]\n",
     "by-token.npy': value 1 is 0.25, expected the number of a class"},
    {HEAD LAYERS "targets: [{name: y, kind: real, values: '@classes.npy'}]\n",
     "classes.npy': 6 values, expected 23, one a sample"},
    {HEAD LAYERS "targets: [{name: y, kind: real, values: '@dense.npy'}]\n",
     "dense.npy': expected one column of numbers"},
    {HEAD "samples: {documents: '@documents.jsonl', rows: tokens, pool: max}\n" LAYERS
          "targets: [{name: y, kind: class, values: '@classes.npy', classes: [a, b]}]\n",
     "classes.npy': value 1 is 2, but 'classes' names only 0 to 1"},
    {HEAD LAYERS "targets: [{name: y, kind: real, values: '@by-token.npy', classes: [a]}]\n",
     "a target of kind 'real' has no classes"},
    {HEAD
     "layers: [{name: a, kind: sae, activations: '@sparse.npz', labels: '@labels-far.tsv'}]\n",
     "labels-far.tsv': line 2: feature 11, but layer 'a' has features 0 to 10"},
    {HEAD LAYERS "effects: [{from: sparse, to: dense, values: '@effects-twice.tsv'}]\n",
     "effects-twice.tsv': the effect of feature 1 on feature 2 is there twice"},
};

Test(jobs_import, bad_input_leaves_nothing_behind)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error err;
        cr_expect_eq(run_text(bad[i].text, false, &err), STATUS_INPUT, "%s", bad[i].text);
        expect_message(&err, bad[i].message);
        expect_message(&err, scratch); /* the manifest's folder */
        cr_expect_eq(scratch_count(scratch), 0, "%s", bad[i].text);
    }
}

Test(jobs_import, files_outside_the_folder_need_permission)
{
    error err = {0};
    import_report report;
    char *manifest = scratch_path(scratch, "m.yaml");
    import_request request = {.study = study, .manifest = manifest};
    scratch_write_text(scratch, "m.yaml",
                       HEAD "layers: [{name: a, kind: sae, activations: ../x.npz}]\n");
    cr_expect_eq(import_run(&request, NULL, NULL, NULL, &report, &err), STATUS_INPUT);
    expect_message(&err, "line 3, column 44: '../x.npz' lies outside the manifest's folder");
    free(manifest);
}

static void die_at_once(void *user, const import_progress *p)
{
    if (p->step == *(uint32_t *)user)
        raise(SIGKILL);
}

Test(jobs_import, a_killed_import_is_as_if_it_had_not_been)
{
    error err = {0};
    import_report report;
    import_request request = {.study = study, .manifest = SAMPLE, .replace = true};
    for (uint32_t step = 1; step < 20; step += 6) {
        bool first = step == 1;
        pid_t child = fork();
        if (child == 0) {
            import_run(&request, die_at_once, &step, NULL, &report, &err);
            _exit(0);
        }
        int how;
        cr_assert_eq(waitpid(child, &how, 0), child);
        cr_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
        cr_expect_eq(scratch_count(scratch), first ? 1 : 2, "what was there, and the leavings");
        if (!first)
            db_close(open_study());
        cr_assert_eq(run(SAMPLE, true, 0, &report, &err), STATUS_OK, "%s", err.message);
        cr_expect_eq(scratch_count(scratch), 1);
    }
}

static int count_told;

static void count_and_cancel(void *user, const import_progress *p)
{
    cr_assert(p->fraction >= 0 && p->fraction <= 1 && p->step <= p->steps);
    if (count_told++ == 4)
        atomic_store((atomic_bool *)user, true);
}

Test(jobs_import, cancelling_leaves_nothing_behind)
{
    error err = {0};
    import_report report;
    atomic_bool cancel = false;
    import_request request = {.study = study, .manifest = SAMPLE};
    cr_expect_eq(import_run(&request, count_and_cancel, &cancel, &cancel, &report, &err),
                 STATUS_INTERRUPTED);
    expect_message(&err, "cancelled");
    cr_expect_eq(scratch_count(scratch), 0);
}

Test(jobs_import, a_full_disk_is_the_machines_fault)
{
    error err;
    import_report report;
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_expect_eq(run(SAMPLE, false, 0, &report, &err), STATUS_MACHINE, "%s", err.message);
    expect_message(&err, "s.clw'");
    cr_expect_eq(run(SAMPLE, false, 20000, &report, &err), STATUS_MACHINE, "%s", err.message);
    cr_expect_eq(scratch_count(scratch), 0);
}

/* SQL on the study, behind the store's back. */
static int query(const char *sql)
{
    sqlite3 *d;
    sqlite3_stmt *s;
    cr_assert_eq(sqlite3_open(study, &d), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(d, sql, -1, &s, NULL), SQLITE_OK, "%s", sqlite3_errmsg(d));
    int value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : -1;
    sqlite3_finalize(s);
    sqlite3_close(d);
    return value;
}

Test(jobs_import, replacing_keeps_notes_and_needs_leave)
{
    error err;
    cr_assert_eq(run_text(HEAD LAYERS, false, &err), STATUS_OK, "%s", err.message);
    query("INSERT INTO note (subject, source, kind, value, changed)"
          " VALUES ('feature', 'sparse/3', 'label', 'mine', 5)");
    cr_expect_eq(run_text(HEAD LAYERS, false, &err), STATUS_INPUT);
    expect_message(&err, "exists already");

    cr_assert_eq(run_text(HEAD LAYERS, true, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(query("SELECT count(*) FROM note WHERE value = 'mine' AND changed = 5"), 1);

    /* a failed replacement */
    cr_expect_eq(run_text(HEAD LAYERS "nonsense: 1\n", true, &err), STATUS_INPUT);
    cr_expect_eq(query("SELECT count(*) FROM layer"), 2);

    /* somebody has it open */
    db *d = open_study();
    layer_set layers;
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    layer_set_release(&layers);
    cr_expect_eq(run_text(HEAD LAYERS, true, &err), STATUS_INPUT);
    expect_message(&err, "is open elsewhere");
    db_close(d);
    cr_expect_eq(run_text(HEAD LAYERS, true, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(query("SELECT count(*) FROM note"), 1);
    cr_expect_eq(scratch_count(scratch), 1);
}

Test(jobs_import, what_is_no_workspace_is_never_replaced)
{
    error err;
    scratch_write_text(scratch, "s.clw", "a letter to my mother\n");
    cr_expect_eq(run_text(HEAD LAYERS, true, &err), STATUS_INPUT);
    expect_message(&err, "not a workspace");
    cr_expect_eq(scratch_count(scratch), 1);
    struct stat facts;
    cr_expect(stat(study, &facts) == 0 && facts.st_size == 22);
}

Test(jobs_import, leavings_of_a_killed_import_are_removed)
{
    error err;
    char *dead = scratch_path(scratch, ".s.clw.import-aaaaaa");
    char *live = scratch_path(scratch, ".s.clw.import-bbbbbb");
    char *other = scratch_path(scratch, ".other.clw.import-aaaaaa");
    cr_assert(mkdir(dead, 0700) == 0 && mkdir(live, 0700) == 0 && mkdir(other, 0700) == 0);
    scratch_write_text(dead, "study.clw", "x");
    scratch_write_text(dead, "study.clw-wal", "x");
    int lock = open(live, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(flock(lock, LOCK_EX), 0);
    cr_expect_eq(run_text(HEAD LAYERS, false, &err), STATUS_OK, "%s", err.message);
    cr_expect(access(dead, F_OK) != 0 && access(live, F_OK) == 0 && access(other, F_OK) == 0);
    close(lock);
    free(dead);
    free(live);
    free(other);
}
