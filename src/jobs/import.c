#include "src/jobs/import.h"

#include "db/note.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/build_folder.h"
#include "src/jobs/import_parts.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TELL_PER_SECOND = 10 };

static void tell(importer *im, double fraction)
{
    if (!im->progress)
        return;
    bool reading = im->step < im->steps;
    double bytes = (double)im->bytes_done;
    if (reading)
        bytes += fraction * (double)im->file[im->step].bytes;
    import_progress now = {.layer = reading ? im->file[im->step].name->text : NULL,
                           .step = im->step,
                           .steps = im->steps,
                           .fraction = im->bytes ? bytes / (double)im->bytes : 1};
    im->progress(im->user, &now);
    im->told = clock_seconds();
}

status import_tick(importer *im, double fraction)
{
    if (im->cancel && atomic_load_explicit(im->cancel, memory_order_relaxed))
        return error_set(im->err, STATUS_INTERRUPTED, "import of '%s' cancelled",
                         im->request->manifest);
    if (im->progress && clock_seconds() - im->told >= 1.0 / TELL_PER_SECOND)
        tell(im, fraction);
    return STATUS_OK;
}

static const char *layer_kind_at(unsigned kind)
{
    return layer_kind_name((layer_kind)kind);
}

static const char *target_kind_at(unsigned kind)
{
    return target_kind_name((target_kind)kind);
}

/* The place of a value among `count` names. */
static status find_kind(importer *im, const yaml_node *value, const char *(*name_of)(unsigned),
                        unsigned count, unsigned *kind)
{
    char expected[128] = "";
    size_t length = 0;
    for (*kind = 0; *kind < count; ++*kind) {
        if (strcmp(name_of(*kind), value->text) == 0)
            return STATUS_OK;
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s'%s'",
                                   *kind == 0 ? "" : ", ", name_of(*kind));
    }
    return yaml_error(value, im->source.path, im->err, "'kind' is '%s', expected one of %s",
                      value->text, expected);
}

static status read_kinds(importer *im)
{
    const manifest *m = &im->source;
    im->layers = mem_zero(m->layer_count, sizeof *im->layers);
    im->target_kinds = mem_zero(m->target_count, sizeof *im->target_kinds);
    status code = STATUS_OK;
    unsigned kind;
    for (uint32_t i = 0; code == STATUS_OK && i < m->layer_count; i++) {
        code = find_kind(im, m->layer[i].kind, layer_kind_at, LAYER_COMPONENT + 1, &kind);
        im->layers[i].kind = (layer_kind)kind;
    }
    for (uint32_t i = 0; code == STATUS_OK && i < m->target_count; i++) {
        code = find_kind(im, m->target[i].kind, target_kind_at, TARGET_CLASS + 1, &kind);
        im->target_kinds[i] = (target_kind)kind;
    }
    return code;
}

/* Opens every file once, so that a missing one is reported before the long work begins. */
static status list_file(importer *im, const yaml_node *name)
{
    int fd;
    import_file *file = &im->file[im->steps];
    status code = folder_open_file(&im->files, name->text, &fd, &file->bytes, im->err);
    if (code != STATUS_OK) {
        error_prefix(im->err, "'%s': line %u, column %u", im->source.path, name->line,
                     name->column);
        return code;
    }
    close(fd);
    file->name = name;
    im->bytes += file->bytes;
    im->steps++;
    return STATUS_OK;
}

static status list_files(importer *im)
{
    const manifest *m = &im->source;
    im->file = mem_zero(1 + 3 * (size_t)m->layer_count + m->target_count + m->effects_count,
                        sizeof *im->file);
    status code = STATUS_OK;
    if (m->documents || m->text)
        code = list_file(im, m->documents ? m->documents : m->text);
    for (uint32_t i = 0; code == STATUS_OK && i < m->layer_count; i++) {
        code = list_file(im, m->layer[i].activations);
        if (code == STATUS_OK && m->layer[i].labels)
            code = list_file(im, m->layer[i].labels);
        if (code == STATUS_OK && m->layer[i].autoencoder)
            code = list_file(im, m->layer[i].autoencoder);
    }
    for (uint32_t i = 0; code == STATUS_OK && i < m->target_count; i++)
        code = list_file(im, m->target[i].values);
    for (uint32_t i = 0; code == STATUS_OK && i < m->effects_count; i++)
        code = list_file(im, m->effects[i].values);
    return code;
}

/* One file, one transaction. */
static status begin_file(importer *im)
{
    tell(im, 0);
    status code = import_tick(im, 0);
    return code == STATUS_OK ? db_begin(im->build, im->err) : code;
}

static status end_file(importer *im, status code)
{
    if (code == STATUS_OK)
        code = db_commit(im->build, im->err);
    else
        db_rollback(im->build);
    im->bytes_done += im->file[im->step].bytes;
    im->step++;
    return code;
}

#define IMPORT_FILE(call)                                                                         \
    do {                                                                                          \
        code = begin_file(im);                                                                    \
        if (code == STATUS_OK)                                                                    \
            code = end_file(im, call);                                                            \
        if (code != STATUS_OK)                                                                    \
            return code;                                                                          \
    } while (0)

static status import_files(importer *im)
{
    const manifest *m = &im->source;
    status code;
    if (m->documents || m->text)
        IMPORT_FILE(import_documents(im));
    code = import_check_layers(im);
    if (code != STATUS_OK)
        return code;
    for (uint32_t i = 0; i < m->layer_count; i++) {
        IMPORT_FILE(import_layer(im, i));
        if (m->layer[i].labels)
            IMPORT_FILE(import_labels(im, i));
        if (m->layer[i].autoencoder)
            IMPORT_FILE(import_autoencoder(im, i));
    }
    for (uint32_t i = 0; i < m->target_count; i++)
        IMPORT_FILE(import_target(im, i));
    for (uint32_t i = 0; i < m->effects_count; i++)
        IMPORT_FILE(import_effects(im, i));
    im->report->samples = im->samples;
    return STATUS_OK;
}

static status set_facts(importer *im)
{
    const manifest *m = &im->source;
    char samples[16], created[32];
    snprintf(samples, sizeof samples, "%u", im->samples);
    time_t now = time(NULL);
    struct tm utc;
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    char *copy = mem_copy_text(m->path);
    const struct {
        const char *key, *value;
    } facts[] = {{"model", m->model->text},
                 {"samples", samples},
                 {"rows", manifest_rows_name(m->rows)},
                 {"pool", manifest_pool_name(m->pool)},
                 {"created", created},
                 {"manifest", basename(copy)},
                 {"version", CIRCUITLASSO_VERSION}};
    status code = STATUS_OK;
    for (size_t i = 0; code == STATUS_OK && i < sizeof facts / sizeof *facts; i++)
        code = db_set_fact(im->build, facts[i].key, facts[i].value, im->err);
    free(copy);
    return code;
}

static status build(importer *im, const char *study)
{
    status code = db_open(&im->build, study, DB_CREATE, im->err);
    if (code == STATUS_OK)
        code = import_files(im);
    if (code == STATUS_OK)
        code = set_facts(im);
    return code;
}

/* Puts the finished build in the study's place. The old study, if there is one, is held alone
 * from before its notes are copied until the new file stands where it stood. */
static status publish(importer *im, build_folder *home)
{
    db *old = NULL;
    status code = STATUS_OK;
    bool replace = im->request->replace && access(home->target, F_OK) == 0;
    if (replace) {
        code = db_open(&old, home->target, DB_WRITE, im->err);
        if (code == STATUS_OK)
            code = note_hold_alone(old, im->err);
        if (code == STATUS_OK)
            code = note_copy_all(old, im->build, im->err);
    }
    if (code == STATUS_OK)
        code = db_finish_bulk(im->build, im->err);
    db_close(im->build); /* folds the log into the file, which now is all there is */
    im->build = NULL;
    if (code == STATUS_OK)
        code = build_folder_publish(home, replace, im->err);
    db_close(old);
    return code;
}

static status prepare(importer *im, build_folder *home)
{
    const import_request *request = im->request;
    if (!request->replace && access(request->study, F_OK) == 0)
        return error_set(im->err, STATUS_INPUT,
                         "'%s' exists already; choose another name, or give --replace",
                         request->study);
    status code = manifest_read(&im->source, request->manifest, im->err);
    if (code == STATUS_OK)
        code = read_kinds(im);
    if (code == STATUS_OK)
        code = folder_open_parent(&im->files, request->manifest, request->absolute_paths, im->err);
    if (code == STATUS_OK)
        code = list_files(im);
    if (code == STATUS_OK)
        code = build_folder_create(home, request->study, im->err);
    im->folder = home->path;
    return code;
}

/* Files are named as in the manifest, and the workspace is built in a folder that is gone when
 * anybody reads of it: the message says in both cases what the user named. */
static void name_subject(const importer *im, status code)
{
    const import_request *request = im->request;
    if (code == STATUS_INPUT && !strstr(im->err->message, request->manifest))
        error_prefix(im->err, "'%s'", request->manifest);
    if (code == STATUS_MACHINE && !strstr(im->err->message, request->study))
        error_prefix(im->err, "cannot make '%s'", request->study);
}

static void release(importer *im)
{
    db_close(im->build);
    folder_close(&im->files);
    manifest_release(&im->source);
    free(im->layers);
    free(im->target_kinds);
    free(im->start);
    free(im->rows_from);
    free(im->file);
}

status import_run(const import_request *request, void (*progress)(void *, const import_progress *),
                  void *user, const atomic_bool *cancel, import_report *report, error *err)
{
    double began = clock_seconds();
    *report = (import_report){0};
    importer im = {.request = request,
                   .report = report,
                   .err = err,
                   .files = {.fd = -1},
                   .progress = progress,
                   .user = user,
                   .cancel = cancel};
    build_folder home = {.lock = -1};
    status code = prepare(&im, &home);
    if (code == STATUS_OK) {
        code = build(&im, home.study);
        name_subject(&im, code);
    }
    if (code == STATUS_OK)
        code = publish(&im, &home);
    if (code == STATUS_OK)
        tell(&im, 1);
    release(&im);
    build_folder_remove(&home);
    report->seconds = clock_seconds() - began;
    return code;
}
