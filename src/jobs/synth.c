#include "src/jobs/synth.h"

#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/formats/array_file.h"
#include "src/jobs/synth_rows.h"
#include "src/jobs/synth_text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct output_set {
    char *folder; /* where all of it is made before it moves to its place */
    FILE *documents;
    csr_file **sparse;  /* by layer */
    array_file **dense; /* likewise */
    array_file *class, *attribute;
} output_set;

static char *file_in(const output_set *o, const char *name)
{
    return mem_format("%s/%s", o->folder, name);
}

static status open_text(const output_set *o, const char *name, FILE **out, error *err)
{
    char *path = file_in(o, name);
    *out = fopen(path, "wx");
    status code = *out ? STATUS_OK : error_errno(err, "cannot write '%s'", path);
    free(path);
    return code;
}

static status close_text(FILE *file, const char *name, error *err)
{
    bool good = !ferror(file);
    good = fclose(file) == 0 && good;
    return good ? STATUS_OK : error_errno(err, "cannot write '%s'", name);
}

static status open_layer(output_set *o, const synth_settings *s, uint32_t position, error *err)
{
    bool sparse = s->kind == LAYER_SAE;
    char *path =
        mem_format("%s/activations/blocks.%u.%s", o->folder, position, sparse ? "npz" : "npy");
    status code = sparse ? csr_file_create(&o->sparse[position], path, s->features, err)
                         : array_file_create(&o->dense[position], path, NUMBER_F32, err);
    free(path);
    return code;
}

static status open_flag(const output_set *o, const char *name, array_file **out, error *err)
{
    char *path = file_in(o, name);
    status code = array_file_create(out, path, NUMBER_U8, err);
    free(path);
    return code;
}

static status open_files(output_set *o, const synth_settings *s, error *err)
{
    static const char *const folders[] = {"activations", "labels"};
    status code = STATUS_OK;
    o->sparse = mem_zero(s->layers, sizeof *o->sparse);
    o->dense = mem_zero(s->layers, sizeof *o->dense);
    for (size_t i = 0; i < sizeof folders / sizeof *folders && code == STATUS_OK; i++) {
        char *path = file_in(o, folders[i]);
        code =
            mkdir(path, 0777) == 0 ? STATUS_OK : error_errno(err, "cannot make folder '%s'", path);
        free(path);
    }
    for (uint32_t l = 0; l < s->layers && code == STATUS_OK; l++)
        code = open_layer(o, s, l, err);
    if (code == STATUS_OK)
        code = open_text(o, "documents.jsonl", &o->documents, err);
    if (code == STATUS_OK && s->attribute > 0)
        code = open_flag(o, "class.npy", &o->class, err);
    if (code == STATUS_OK && s->attribute > 0)
        code = open_flag(o, "attribute.npy", &o->attribute, err);
    return code;
}

static status begin_document(output_set *o, uint32_t number, const synth_document *document,
                             error *err)
{
    const uint8_t class = document->class, attribute = document->attribute;
    fprintf(o->documents, "{\"id\": \"%u\", \"split\": \"%s\", \"tokens\": [", number,
            document->held_out ? "held out" : "train");
    status code = o->class ? array_file_add(o->class, &class, 1, err) : STATUS_OK;
    return code == STATUS_OK && o->attribute ? array_file_add(o->attribute, &attribute, 1, err)
                                             : code;
}

static status put_sample(output_set *o, const synth_settings *s, const synth_rows *r, bool first,
                         error *err)
{
    status code = STATUS_OK;
    for (uint32_t l = 0; l < s->layers && code == STATUS_OK; l++)
        code = o->sparse[l] ? csr_file_add_row(o->sparse[l], r->row[l].feature, r->row[l].value,
                                               r->row[l].count, err)
                            : array_file_add(o->dense[l], r->row[l].value, r->row[l].count, err);
    fputs(first ? "\" " : ", \" ", o->documents);
    if (r->strongest == SYNTH_NONE)
        fputc('.', o->documents);
    else
        synth_print_word(o->documents, r->strongest);
    fputc('"', o->documents);
    return code;
}

typedef struct teller {
    void (*progress)(void *user, double fraction);
    void *user;
    const atomic_bool *cancel;
    double told;
} teller;

static status tell(teller *t, uint32_t sample, uint32_t samples, error *err)
{
    if (t->cancel && atomic_load_explicit(t->cancel, memory_order_relaxed))
        return error_set(err, STATUS_INTERRUPTED, "synth: interrupted; nothing is kept");
    if (t->progress && sample % 64 == 0 && clock_seconds() - t->told >= 0.1) {
        t->progress(t->user, (double)sample / samples);
        t->told = clock_seconds();
    }
    return STATUS_OK;
}

static status make_samples(output_set *o, const synth_plan *p, teller *t, synth_report *report,
                           error *err)
{
    const synth_settings *s = &p->settings;
    status code = STATUS_OK;
    synth_rows rows;
    synth_document document = {0};
    uint32_t held_out = 0;
    synth_rows_begin(&rows, p);
    for (uint32_t i = 0; i < s->samples && code == STATUS_OK; i++) {
        bool first = i % s->tokens == 0, last = (i + 1) % s->tokens == 0 || i + 1 == s->samples;
        if (first) {
            document = synth_document_draw(s, report->documents, &held_out);
            code = begin_document(o, report->documents++, &document, err);
        }
        synth_rows_make(&rows, i, &document);
        if (code == STATUS_OK)
            code = put_sample(o, s, &rows, first, err);
        if (last)
            fputs("]}\n", o->documents);
        for (uint32_t l = 0; l < s->layers; l++)
            report->nonzeros += rows.row[l].count;
        if (code == STATUS_OK)
            code = tell(t, i, s->samples, err);
    }
    synth_rows_release(&rows);
    return code;
}

static status write_texts(const output_set *o, const synth_plan *p, synth_report *report,
                          error *err)
{
    FILE *out;
    status code = open_text(o, "manifest.yaml", &out, err);
    if (code == STATUS_OK) {
        synth_print_manifest(p, out);
        code = close_text(out, "manifest.yaml", err);
    }
    for (uint32_t l = 0; l < p->settings.layers && code == STATUS_OK; l++) {
        char *name = mem_format("labels/blocks.%u.tsv", l);
        code = open_text(o, name, &out, err);
        if (code == STATUS_OK) {
            synth_print_labels(p, l, out);
            code = close_text(out, name, err);
        }
        free(name);
    }
    if (code == STATUS_OK)
        code = open_text(o, "truth.tsv", &out, err);
    if (code == STATUS_OK) {
        synth_print_truth(p, out, &report->edges, &report->absent);
        code = close_text(out, "truth.tsv", err);
    }
    if (code != STATUS_OK || p->settings.attribute == 0)
        return code;
    code = open_text(o, "carriers.tsv", &out, err);
    if (code == STATUS_OK) {
        synth_print_carriers(p, out);
        code = close_text(out, "carriers.tsv", err);
    }
    return code;
}

/* Completes the files, or with a code that is not STATUS_OK drops them. */
static status close_files(output_set *o, const synth_settings *s, status code, error *err)
{
    array_file **flags[] = {&o->class, &o->attribute};
    for (uint32_t l = 0; o->sparse && l < s->layers; l++) {
        csr_file *sparse = o->sparse[l];
        array_file *dense = o->dense[l];
        if (sparse && code == STATUS_OK)
            code = csr_file_finish(sparse, err);
        else if (sparse)
            csr_file_discard(sparse);
        if (dense && code == STATUS_OK)
            code = array_file_finish(dense, s->features, err);
        else if (dense)
            array_file_discard(dense);
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (*flags[i] && code == STATUS_OK)
            code = array_file_finish(*flags[i], 0, err);
        else
            array_file_discard(*flags[i]);
    }
    if (o->documents) {
        status closed =
            close_text(o->documents, "documents.jsonl", code == STATUS_OK ? err : NULL);
        code = code == STATUS_OK ? closed : code;
    }
    free(o->sparse);
    free(o->dense);
    return code;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

/* A folder of our own beside the place, as readable as others that the user makes. */
static status make_folder(output_set *o, const char *path, error *err)
{
    char *first = mem_copy_text(path), *second = mem_copy_text(path);
    char *made = mem_format("%s/.%s.synth-XXXXXX", dirname(first), basename(second));
    free(first);
    free(second);
    mode_t mask = umask(0);
    umask(mask);
    if (mkdtemp(made) && chmod(made, 0777 & ~mask) == 0) {
        o->folder = made;
        return STATUS_OK;
    }
    status code = error_errno(err, "cannot make folder '%s'", path);
    free(made);
    return code;
}

static status publish(const output_set *o, const char *path, error *err)
{
    int done = renameat2(AT_FDCWD, o->folder, AT_FDCWD, path, RENAME_NOREPLACE);
    if (done != 0 && (errno == EINVAL || errno == ENOSYS))
        done = rename(o->folder, path); /* a file system that cannot refuse in one step */
    return done == 0 ? STATUS_OK : error_errno(err, "cannot make folder '%s'", path);
}

status synth_write(const char *path, const synth_settings *settings,
                   void (*progress)(void *user, double fraction), void *user,
                   const atomic_bool *cancel, synth_report *report, error *err)
{
    struct stat facts;
    *report = (synth_report){0};
    status code = synth_check(settings, err);
    if (code != STATUS_OK)
        return code;
    if (lstat(path, &facts) == 0)
        return error_set(err, STATUS_INPUT, "'%s' exists already; choose another name", path);
    teller t = {progress, user, cancel, 0};
    output_set o = {0};
    synth_plan plan;
    synth_plan_draw(&plan, settings);
    code = make_folder(&o, path, err);
    if (code == STATUS_OK)
        code = open_files(&o, settings, err);
    if (code == STATUS_OK)
        code = make_samples(&o, &plan, &t, report, err);
    if (code == STATUS_OK)
        code = write_texts(&o, &plan, report, err);
    code = close_files(&o, settings, code, err);
    if (code == STATUS_OK)
        code = publish(&o, path, err);
    if (code != STATUS_OK && o.folder)
        nftw(o.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(o.folder);
    synth_plan_release(&plan);
    return code;
}
