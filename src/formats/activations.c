#include "src/formats/activations.h"

#include "src/base/memory.h"
#include "src/formats/npz.h"
#include "src/formats/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 4096 };

typedef enum layout { LAYOUT_DENSE, LAYOUT_CSR, LAYOUT_CSC, LAYOUT_COO } layout;

struct activations {
    char *file;
    int fd;
    npz *archive;
    layout layout;
    bool drop_nonfinite;
    uint64_t rows, cols;
    array value;
    array row, col;      /* COO: both; CSR: col; CSC: row */
    array start;         /* CSR, CSC: where each row (column) begins among the values */
    uint64_t at;         /* values read */
    uint64_t major;      /* CSR, CSC: rows (columns) begun */
    uint64_t major_end;  /* where the last one begun ends */
    float values[CHUNK]; /* the chunk in hand */
    int64_t rows_of[CHUNK], cols_of[CHUNK];
    int64_t starts[CHUNK]; /* read ahead from `start` */
    size_t starts_used, starts_held;
    uint64_t starts_left;
};

static status open_dense(activations *a, error *err)
{
    const array *v = &a->value;
    if (v->dims != 2)
        return error_set(err, STATUS_INPUT, "%s: %u dimensions, expected 2 (samples x features)",
                         v->in.name, v->dims);
    if (v->type == NUMBER_TEXT)
        return error_set(err, STATUS_INPUT, "%s: text, expected numbers", v->in.name);
    a->layout = LAYOUT_DENSE;
    a->rows = v->shape[0];
    a->cols = v->shape[1];
    return STATUS_OK;
}

/* One entry of a sparse archive: whole numbers in one dimension, or the values. */
static status open_part(activations *a, const char *name, bool integers, array *out, error *err)
{
    status code = npz_array(a->archive, name, out, err);
    if (code != STATUS_OK)
        return code;
    if (out->dims != 1)
        return error_set(err, STATUS_INPUT, "%s: %u dimensions, expected 1", out->in.name,
                         out->dims);
    if (integers ? !number_is_integer(out->type) : out->type == NUMBER_TEXT)
        return error_set(err, STATUS_INPUT, "%s: %s, expected %s", out->in.name,
                         number_name(out->type), integers ? "int32 or int64" : "numbers");
    return STATUS_OK;
}

static status expect_count(const array *a, uint64_t expected, error *err)
{
    if (a->count == expected)
        return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: %llu numbers, expected %llu", a->in.name,
                     (unsigned long long)a->count, (unsigned long long)expected);
}

static status read_layout(activations *a, error *err)
{
    array text;
    char name[4] = "";
    status code = npz_array(a->archive, "format", &text, err);
    if (code == STATUS_OK && text.type == NUMBER_TEXT && text.count == 3)
        code = stream_read(&text.in, name, 3, err);
    if (code == STATUS_OK) {
        if (strcmp(name, "csr") == 0)
            a->layout = LAYOUT_CSR;
        else if (strcmp(name, "csc") == 0)
            a->layout = LAYOUT_CSC;
        else if (strcmp(name, "coo") == 0)
            a->layout = LAYOUT_COO;
        else
            code = error_set(err, STATUS_INPUT, "%s: sparse format '%s', expected csr, csc or coo",
                             text.in.name, name);
    }
    array_close(&text);
    return code;
}

static status read_sparse_shape(activations *a, error *err)
{
    array shape;
    int64_t extent[2];
    status code = open_part(a, "shape", true, &shape, err);
    if (code == STATUS_OK)
        code = expect_count(&shape, 2, err);
    if (code == STATUS_OK)
        code = array_read_int64(&shape, extent, 2, err);
    if (code == STATUS_OK && (extent[0] < 0 || extent[1] < 0))
        code = error_set(err, STATUS_INPUT, "%s: a negative extent", shape.in.name);
    if (code == STATUS_OK) {
        a->rows = (uint64_t)extent[0];
        a->cols = (uint64_t)extent[1];
    }
    array_close(&shape);
    return code;
}

static status open_compressed(activations *a, array *minor, uint64_t majors, error *err)
{
    status code = open_part(a, "indptr", true, &a->start, err);
    if (code == STATUS_OK)
        code = expect_count(&a->start, majors + 1, err);
    if (code == STATUS_OK)
        code = open_part(a, "indices", true, minor, err);
    if (code == STATUS_OK)
        code = expect_count(minor, a->value.count, err);
    int64_t first = 0;
    if (code == STATUS_OK)
        code = array_read_int64(&a->start, &first, 1, err);
    if (code == STATUS_OK && first != 0)
        code = error_set(err, STATUS_INPUT, "%s: begins with %lld, expected 0", a->start.in.name,
                         (long long)first);
    a->starts_left = majors;
    return code;
}

static status open_coordinates(activations *a, error *err)
{
    status code = open_part(a, "row", true, &a->row, err);
    if (code == STATUS_OK)
        code = expect_count(&a->row, a->value.count, err);
    if (code == STATUS_OK)
        code = open_part(a, "col", true, &a->col, err);
    if (code == STATUS_OK)
        code = expect_count(&a->col, a->value.count, err);
    return code;
}

static status open_sparse(activations *a, error *err)
{
    status code = read_layout(a, err);
    if (code == STATUS_OK)
        code = read_sparse_shape(a, err);
    if (code == STATUS_OK)
        code = open_part(a, "data", false, &a->value, err);
    if (code != STATUS_OK)
        return code;
    switch (a->layout) {
    case LAYOUT_CSR:
        return open_compressed(a, &a->col, a->rows, err);
    case LAYOUT_CSC:
        return open_compressed(a, &a->row, a->cols, err);
    default:
        return open_coordinates(a, err);
    }
}

static status open_archive(activations *a, const char *tensor, error *err)
{
    status code = npz_open(&a->archive, a->fd, a->file, err);
    if (code != STATUS_OK)
        return code;
    if (!tensor && npz_has(a->archive, "format"))
        return open_sparse(a, err);
    char *only = NULL;
    if (!tensor && npz_count(a->archive) == 1)
        tensor = only = npz_entry_name(a->archive, 0);
    if (!tensor)
        return error_set(err, STATUS_INPUT,
                         "'%s': neither a matrix of scipy.sparse.save_npz (there is no entry "
                         "'format.npy') nor a single array; name an array with 'tensor'",
                         a->file);
    code = npz_array(a->archive, tensor, &a->value, err);
    free(only);
    return code == STATUS_OK ? open_dense(a, err) : code;
}

static status open_safetensors(activations *a, uint64_t bytes, const char *tensor, error *err)
{
    safetensors *from;
    status code = safetensors_open(&from, a->fd, bytes, a->file, err);
    if (code == STATUS_OK)
        code = safetensors_array(from, tensor, 2, "samples x features", &a->value, err);
    safetensors_close(from);
    return code == STATUS_OK ? open_dense(a, err) : code;
}

static bool ends_in(const char *file, const char *ending)
{
    size_t length = strlen(file);
    return length >= strlen(ending) && strcmp(file + length - strlen(ending), ending) == 0;
}

/* The format is told by the file's first bytes; safetensors begin with a length and a brace. */
static status open_by_content(activations *a, uint64_t bytes, const char *tensor, error *err)
{
    unsigned char magic[9] = {0};
    char *label = mem_format("'%s'", a->file);
    stream in;
    stream_of_file(&in, a->fd, 0, bytes, label);
    size_t wanted = bytes < sizeof magic ? (size_t)bytes : sizeof magic;
    status code = stream_read(&in, magic, wanted, err);
    stream_close(&in);
    if (code == STATUS_OK) {
        if (memcmp(magic, "PK", 2) == 0) {
            code = open_archive(a, tensor, err);
        } else if (magic[8] == '{') {
            code = open_safetensors(a, bytes, tensor, err);
        } else if (ends_in(a->file, ".npz")) {
            code = error_set(err, STATUS_INPUT,
                             "'%s': %llu bytes that are no zip archive, which an .npz file is",
                             a->file, (unsigned long long)bytes);
        } else {
            stream_of_file(&in, a->fd, 0, bytes, label);
            code = array_open_npy(&a->value, &in, err);
            code = code == STATUS_OK ? open_dense(a, err) : code;
            if (code == STATUS_OK && tensor)
                code = error_set(err, STATUS_INPUT,
                                 "'%s': a .npy file holds one array, without a name; "
                                 "expected no 'tensor'",
                                 a->file);
        }
    }
    free(label);
    return code;
}

status activations_open(activations **out, const folder *f, const char *file, const char *tensor,
                        bool drop_nonfinite, error *err)
{
    *out = NULL;
    activations *a = mem_zero(1, sizeof *a);
    a->file = mem_copy_text(file);
    a->drop_nonfinite = drop_nonfinite;
    uint64_t bytes = 0;
    status code = folder_open_file(f, file, &a->fd, &bytes, err);
    if (code == STATUS_OK)
        code = open_by_content(a, bytes, tensor, err);
    if (code == STATUS_OK && (a->rows == 0 || a->cols == 0))
        code = error_set(err, STATUS_INPUT, "'%s': %llu samples x %llu features: nothing in it",
                         file, (unsigned long long)a->rows, (unsigned long long)a->cols);
    if (code == STATUS_OK && (a->rows >= UINT32_MAX || a->cols > FEATURE_CAP))
        code = error_set(err, STATUS_INPUT,
                         "'%s': %llu samples x %llu features, expected at most %u x %d", file,
                         (unsigned long long)a->rows, (unsigned long long)a->cols, UINT32_MAX - 1,
                         FEATURE_CAP);
    if (code != STATUS_OK) {
        activations_close(a);
        return code;
    }
    *out = a;
    return STATUS_OK;
}

void activations_close(activations *a)
{
    if (!a)
        return;
    array_close(&a->value);
    array_close(&a->row);
    array_close(&a->col);
    array_close(&a->start);
    npz_close(a->archive);
    if (a->fd >= 0)
        close(a->fd);
    free(a->file);
    free(a);
}

uint32_t activations_rows(const activations *a)
{
    return (uint32_t)a->rows;
}

uint32_t activations_cols(const activations *a)
{
    return (uint32_t)a->cols;
}

double activations_fraction(const activations *a)
{
    return a->value.count ? (double)a->at / (double)a->value.count : 1;
}

/* Begins the next row (column): it ends where the next number of `start` says. */
static status next_major(activations *a, error *err)
{
    if (a->starts_used == a->starts_held) {
        size_t n = a->starts_left < CHUNK ? (size_t)a->starts_left : CHUNK;
        if (n == 0)
            return error_set(err, STATUS_INPUT, "%s: ends with %llu, expected %llu",
                             a->start.in.name, (unsigned long long)a->major_end,
                             (unsigned long long)a->value.count);
        status code = array_read_int64(&a->start, a->starts, n, err);
        if (code != STATUS_OK)
            return code;
        a->starts_left -= n;
        a->starts_held = n;
        a->starts_used = 0;
    }
    int64_t end = a->starts[a->starts_used++];
    a->major++;
    if (end < (int64_t)a->major_end || (uint64_t)end > a->value.count)
        return error_set(err, STATUS_INPUT, "%s: number %llu is %lld, expected %llu to %llu",
                         a->start.in.name, (unsigned long long)a->major, (long long)end,
                         (unsigned long long)a->major_end, (unsigned long long)a->value.count);
    a->major_end = (uint64_t)end;
    return STATUS_OK;
}

/* Row (CSR) or column (CSC) of each of the next n values. */
static status spread_starts(activations *a, int64_t *major, size_t n, error *err)
{
    for (size_t i = 0; i < n; i++) {
        while (a->at + i >= a->major_end) {
            status code = next_major(a, err);
            if (code != STATUS_OK)
                return code;
        }
        major[i] = (int64_t)a->major - 1;
    }
    return STATUS_OK;
}

static status read_indices(const activations *a, array *from, int64_t *out, size_t n,
                           uint64_t extent, error *err)
{
    status code = array_read_int64(from, out, n, err);
    for (size_t i = 0; code == STATUS_OK && i < n; i++) {
        if (out[i] < 0 || (uint64_t)out[i] >= extent)
            code = error_set(err, STATUS_INPUT, "%s: index %lld at entry %llu, expected 0 to %llu",
                             from->in.name, (long long)out[i], (unsigned long long)(a->at + i),
                             (unsigned long long)(extent - 1));
    }
    return code;
}

/* Where the n values in hand lie. */
static status locate(activations *a, size_t n, error *err)
{
    status code = STATUS_OK;
    switch (a->layout) {
    case LAYOUT_DENSE: {
        uint64_t minor = a->value.fortran ? a->rows : a->cols;
        int64_t *outer = a->value.fortran ? a->cols_of : a->rows_of;
        int64_t *inner = a->value.fortran ? a->rows_of : a->cols_of;
        uint64_t o = a->at / minor, k = a->at % minor;
        for (size_t i = 0; i < n; i++) {
            outer[i] = (int64_t)o;
            inner[i] = (int64_t)k;
            if (++k == minor) {
                k = 0;
                o++;
            }
        }
        return STATUS_OK;
    }
    case LAYOUT_CSR:
        code = spread_starts(a, a->rows_of, n, err);
        return code == STATUS_OK ? read_indices(a, &a->col, a->cols_of, n, a->cols, err) : code;
    case LAYOUT_CSC:
        code = spread_starts(a, a->cols_of, n, err);
        return code == STATUS_OK ? read_indices(a, &a->row, a->rows_of, n, a->rows, err) : code;
    case LAYOUT_COO:
        code = read_indices(a, &a->row, a->rows_of, n, a->rows, err);
        return code == STATUS_OK ? read_indices(a, &a->col, a->cols_of, n, a->cols, err) : code;
    }
    return code;
}

status activations_read(activations *a, activation *out, size_t capacity, size_t *count,
                        error *err)
{
    *count = 0;
    while (a->at < a->value.count && *count < capacity) {
        uint64_t left = a->value.count - a->at;
        size_t n = capacity - *count < CHUNK ? capacity - *count : CHUNK;
        n = left < n ? (size_t)left : n;
        status code = array_read_float(&a->value, a->values, n, err);
        if (code == STATUS_OK)
            code = locate(a, n, err);
        if (code != STATUS_OK)
            return code;
        for (size_t i = 0; i < n; i++) {
            float value = a->values[i];
            if (value == 0)
                continue;
            if (isfinite(value))
                out[(*count)++] =
                    (activation){(uint32_t)a->rows_of[i], (uint32_t)a->cols_of[i], value};
            else if (!a->drop_nonfinite)
                return error_set(err, STATUS_INPUT,
                                 "%s: row %lld, column %lld: %s, expected a finite float32 number",
                                 a->value.in.name, (long long)a->rows_of[i],
                                 (long long)a->cols_of[i],
                                 isnan(value) ? "not a number" : "infinite or too large");
        }
        a->at += n;
    }
    if (a->at == a->value.count) { /* what follows the last value must be empty */
        while (a->starts_left > 0 || a->starts_used < a->starts_held) {
            status code = next_major(a, err);
            if (code != STATUS_OK)
                return code;
        }
    }
    return STATUS_OK;
}
