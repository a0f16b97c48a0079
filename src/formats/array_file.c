#include "src/formats/array_file.h"

#include "src/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

/* magic, version, length, dictionary, blanks, end of line: as long as NumPy itself makes it, and
 * long enough for any shape of two dimensions */
enum { HEADER = 128 };

struct array_file {
    FILE *out;
    char *path;
    number_type type;
    uint64_t count;
};

static const char *numpy_name(number_type type)
{
    static const char *const names[] = {
#define NUMPY_NAME(number, bytes, numpy, safetensors, name) [number] = numpy,
        NUMBER_LIST(NUMPY_NAME)
#undef NUMPY_NAME
    };
    return names[type];
}

/* `shape` as Python writes a tuple. */
static void write_header(unsigned char *header, const char *type, const char *shape)
{
    enum { FIXED = 10 }; /* what stands before the dictionary */
    static const unsigned char magic[FIXED] = {0x93,           'N', 'U', 'M', 'P', 'Y', 1, 0,
                                               HEADER - FIXED, 0};
    memset(header, ' ', HEADER);
    memcpy(header, magic, FIXED);
    char text[HEADER];
    int length = snprintf(text, sizeof text,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    memcpy(header + FIXED, text, (size_t)length);
    header[HEADER - 1] = '\n';
}

static status failed(const char *path, error *err)
{
    return error_errno(err, "cannot write '%s'", path);
}

status array_file_create(array_file **out, const char *path, number_type type, error *err)
{
    *out = NULL;
    array_file *a = mem_zero(1, sizeof *a);
    a->type = type;
    a->path = mem_copy_text(path);
    a->out = fopen(path, "wbx");
    if (!a->out) {
        status code = failed(path, err);
        free(a->path);
        free(a);
        return code;
    }
    unsigned char header[HEADER] = {0}; /* written when the shape is known */
    if (fwrite(header, 1, HEADER, a->out) != HEADER) {
        status code = failed(path, err);
        array_file_discard(a);
        return code;
    }
    *out = a;
    return STATUS_OK;
}

status array_file_add(array_file *a, const void *numbers, size_t n, error *err)
{
    a->count += n;
    return fwrite(numbers, number_bytes(a->type), n, a->out) == n ? STATUS_OK
                                                                  : failed(a->path, err);
}

status array_file_finish(array_file *a, uint64_t cols, error *err)
{
    char shape[64];
    unsigned char header[HEADER];
    if (cols > 0)
        snprintf(shape, sizeof shape, "(%llu, %llu)", (unsigned long long)(a->count / cols),
                 (unsigned long long)cols);
    else
        snprintf(shape, sizeof shape, "(%llu,)", (unsigned long long)a->count);
    write_header(header, numpy_name(a->type), shape);
    bool good = fflush(a->out) == 0 && fseek(a->out, 0, SEEK_SET) == 0 &&
                fwrite(header, 1, HEADER, a->out) == HEADER && fflush(a->out) == 0;
    if (!good) {
        status code = failed(a->path, err);
        array_file_discard(a);
        return code;
    }
    fclose(a->out);
    free(a->path);
    free(a);
    return STATUS_OK;
}

void array_file_discard(array_file *a)
{
    if (!a)
        return;
    fclose(a->out);
    unlink(a->path);
    free(a->path);
    free(a);
}

enum { PART_INDICES, PART_INDPTR, PART_DATA, PARTS };

struct csr_file {
    char *path;
    uint32_t cols, rows;
    uint64_t entries;
    char *part_path[PARTS];
    array_file *part[PARTS];
};

static const struct {
    const char *name;
    number_type type;
} parts[PARTS] = {{"indices", NUMBER_I32}, {"indptr", NUMBER_I64}, {"data", NUMBER_F32}};

status csr_file_create(csr_file **out, const char *path, uint32_t cols, error *err)
{
    csr_file *c = mem_zero(1, sizeof *c);
    c->path = mem_copy_text(path);
    c->cols = cols;
    status code = STATUS_OK;
    for (int p = 0; p < PARTS && code == STATUS_OK; p++) {
        c->part_path[p] = mem_format("%s.%s", path, parts[p].name);
        code = array_file_create(&c->part[p], c->part_path[p], parts[p].type, err);
        if (code != STATUS_OK) { /* what is there already is not ours to remove */
            free(c->part_path[p]);
            c->part_path[p] = NULL;
        }
    }
    int64_t first = 0;
    if (code == STATUS_OK)
        code = array_file_add(c->part[PART_INDPTR], &first, 1, err);
    *out = c;
    if (code != STATUS_OK) {
        csr_file_discard(c);
        *out = NULL;
    }
    return code;
}

status csr_file_add_row(csr_file *c, const uint32_t *col, const float *value, uint32_t n,
                        error *err)
{
    c->rows++;
    c->entries += n;
    int64_t end = (int64_t)c->entries;
    status code = array_file_add(c->part[PART_INDICES], col, n, err);
    if (code == STATUS_OK)
        code = array_file_add(c->part[PART_DATA], value, n, err);
    return code == STATUS_OK ? array_file_add(c->part[PART_INDPTR], &end, 1, err) : code;
}

uint64_t csr_file_entries(const csr_file *c)
{
    return c->entries;
}

/* Adds an entry, stored as it is and dated as early as an archive can say. Takes the source over.
 */
static bool add_entry(zip_t *archive, const char *name, zip_source_t *source)
{
    enum { FIRST_DAY = 1 << 5 | 1, READABLE = 0100644 }; /* 1 January 1980; rw-r--r-- */
    char *file = mem_format("%s.npy", name);
    zip_int64_t at = source ? zip_file_add(archive, file, source, ZIP_FL_ENC_UTF_8) : -1;
    free(file);
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    zip_uint64_t index = (zip_uint64_t)at;
    return zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(archive, index, 0, FIRST_DAY, 0) == 0 &&
           zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX,
                                            (zip_uint32_t)READABLE << 16) == 0;
}

static bool add_small(zip_t *archive, const char *name, const char *type, const char *shape,
                      const void *bytes, size_t n)
{
    unsigned char *whole = malloc(HEADER + n);
    if (!whole)
        return false;
    write_header(whole, type, shape);
    memcpy(whole + HEADER, bytes, n);
    zip_source_t *source = zip_source_buffer(archive, whole, HEADER + n, 1);
    if (!source)
        free(whole);
    return add_entry(archive, name, source);
}

/* The archive from its finished parts. */
static status join(const csr_file *c, error *err)
{
    int number = 0;
    zip_t *archive = zip_open(c->path, ZIP_CREATE | ZIP_EXCL, &number);
    if (!archive) {
        zip_error_t reason;
        zip_error_init_with_code(&reason, number);
        status code = error_set(err, STATUS_MACHINE, "cannot write '%s': %s", c->path,
                                zip_error_strerror(&reason));
        zip_error_fini(&reason);
        return code;
    }
    int64_t shape[2] = {c->rows, c->cols};
    bool good = true;
    for (int p = 0; p < PARTS && good; p++)
        good = add_entry(archive, parts[p].name, zip_source_file(archive, c->part_path[p], 0, -1));
    good = good && add_small(archive, "shape", "<i8", "(2,)", shape, sizeof shape) &&
           add_small(archive, "format", "|S3", "()", "csr", 3);
    if (good && zip_close(archive) == 0)
        return STATUS_OK;
    status code =
        error_set(err, STATUS_MACHINE, "cannot write '%s': %s", c->path, zip_strerror(archive));
    zip_discard(archive);
    return code;
}

status csr_file_finish(csr_file *c, error *err)
{
    status code = STATUS_OK;
    for (int p = 0; p < PARTS && code == STATUS_OK; p++) {
        array_file *part = c->part[p];
        c->part[p] = NULL;
        code = array_file_finish(part, 0, err);
    }
    if (code == STATUS_OK)
        code = join(c, err);
    csr_file_discard(c);
    return code;
}

void csr_file_discard(csr_file *c)
{
    if (!c)
        return;
    for (int p = 0; p < PARTS; p++) {
        array_file_discard(c->part[p]);
        if (c->part_path[p])
            unlink(c->part_path[p]);
        free(c->part_path[p]);
    }
    free(c->path);
    free(c);
}
