#include "src/formats/safetensors.h"

#include "src/base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_CAP = 100000000, PREFIX = 8 };

struct safetensors {
    char *file;
    int fd;
    json_t *header;
    uint64_t data; /* where in the file the tensors begin */
};

typedef struct stretch {
    const char *name;
    uint64_t begin, end; /* from the end of the header */
} stretch;

static int by_begin(const void *left, const void *right)
{
    const stretch *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* The two whole numbers of `data_offsets`. */
static bool read_offsets(const json_t *entry, stretch *s)
{
    const json_t *pair = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(pair, 0);
    const json_t *end = json_array_get(pair, 1);
    if (json_array_size(pair) != 2 || !json_is_integer(begin) || !json_is_integer(end) ||
        json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return false;
    s->begin = (uint64_t)json_integer_value(begin);
    s->end = (uint64_t)json_integer_value(end);
    return true;
}

/* Every tensor's stretch, in order, must begin where the one before it ended. */
static status check_cover(const json_t *header, uint64_t data_bytes, const char *file, error *err)
{
    size_t count = 0;
    stretch *all = mem_alloc(json_object_size(header) * sizeof *all);
    status code = STATUS_OK;
    const char *name;
    json_t *entry;
    json_object_foreach ((json_t *)(uintptr_t)header, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        all[count].name = name;
        if (!read_offsets(entry, &all[count++])) {
            code = error_set(err, STATUS_INPUT,
                             "'%s': tensor '%s': its 'data_offsets' are not a beginning and an "
                             "end",
                             file, name);
            goto done;
        }
    }
    qsort(all, count, sizeof *all, by_begin);
    uint64_t at = 0;
    for (size_t i = 0; i < count; at = all[i++].end) {
        if (all[i].begin != at) {
            code = error_set(err, STATUS_INPUT,
                             "'%s': tensor '%s' begins at byte %llu, expected %llu: "
                             "tensors leave no holes and do not overlap",
                             file, all[i].name, (unsigned long long)all[i].begin,
                             (unsigned long long)at);
            goto done;
        }
    }
    if (at != data_bytes)
        code = error_set(err, STATUS_INPUT,
                         "'%s': its tensors take %llu bytes, but %llu follow the header", file,
                         (unsigned long long)at, (unsigned long long)data_bytes);
done:
    free(all);
    return code;
}

/* The entry of the wanted tensor, and its name. */
static const json_t *choose(const json_t *header, const char *file, const char **tensor,
                            error *err)
{
    if (*tensor) {
        const json_t *entry =
            strcmp(*tensor, "__metadata__") == 0 ? NULL : json_object_get(header, *tensor);
        if (!entry)
            error_set(err, STATUS_INPUT, "'%s': no tensor '%s'", file, *tensor);
        return entry;
    }
    const json_t *only = NULL;
    size_t count = 0;
    const char *name;
    json_t *entry;
    json_object_foreach ((json_t *)(uintptr_t)header, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        only = entry;
        *tensor = name;
        count++;
    }
    if (count == 1)
        return only;
    error_set(err, STATUS_INPUT, "'%s': holds %zu tensors; name the one to read with 'tensor'",
              file, count);
    return NULL;
}

/* Checks the tensor's type and shape against its stretch. */
static status read_entry(const json_t *entry, const char *label, uint32_t dims,
                         const char *meaning, number_type *type, uint64_t shape[2], stretch *s,
                         error *err)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype || !number_from_safetensors(dtype, type))
        return error_set(err, STATUS_INPUT,
                         "%s: dtype '%s', expected F16, BF16, F32, F64, a whole number or BOOL",
                         label, dtype ? dtype : "");
    const json_t *extents = json_object_get(entry, "shape");
    if (json_array_size(extents) != dims)
        return error_set(err, STATUS_INPUT, "%s: %zu dimensions, expected %u (%s)", label,
                         json_array_size(extents), dims, meaning);
    shape[1] = 1;
    for (size_t i = 0; i < dims; i++) {
        const json_t *extent = json_array_get(extents, i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return error_set(err, STATUS_INPUT, "%s: its shape is not %s", label,
                             dims == 1 ? "a whole number" : "two whole numbers");
        shape[i] = (uint64_t)json_integer_value(extent);
    }
    uint64_t bytes;
    if (!read_offsets(entry, s) || __builtin_mul_overflow(shape[0], shape[1], &bytes) ||
        __builtin_mul_overflow(bytes, number_bytes(*type), &bytes) || bytes != s->end - s->begin)
        return error_set(err, STATUS_INPUT,
                         "%s: its shape (%llu x %llu, %zu bytes each) does not fit its %llu bytes",
                         label, (unsigned long long)shape[0], (unsigned long long)shape[1],
                         number_bytes(*type), (unsigned long long)(s->end - s->begin));
    return STATUS_OK;
}

static status read_header(int fd, uint64_t bytes, const char *file, json_t **header,
                          uint64_t *length, error *err)
{
    stream in;
    char *label = mem_format("'%s'", file);
    stream_of_file(&in, fd, 0, bytes, label);
    free(label);
    char *text = NULL;
    status code = STATUS_OK;
    if (bytes < PREFIX) {
        code = error_set(err, STATUS_INPUT, "'%s': too short for a safetensors file", file);
        goto done;
    }
    code = stream_read(&in, length, PREFIX, err);
    if (code != STATUS_OK)
        goto done;
    if (*length > HEADER_CAP || *length > bytes - PREFIX) {
        code = error_set(err, STATUS_INPUT,
                         "'%s': a header of %llu bytes, expected at most %llu; "
                         "not a safetensors file, or cut short",
                         file, (unsigned long long)*length,
                         (unsigned long long)(bytes - PREFIX < HEADER_CAP ? bytes - PREFIX
                                                                          : HEADER_CAP));
        goto done;
    }
    text = mem_try(*length, 1);
    if (!text) {
        code = error_memory(err, "a safetensors header");
        goto done;
    }
    code = stream_read(&in, text, *length, err);
    if (code != STATUS_OK)
        goto done;
    json_error_t reason;
    *header = json_loadb(text, *length, JSON_REJECT_DUPLICATES, &reason);
    if (!json_is_object(*header))
        code = error_set(err, STATUS_INPUT, "'%s': header: %s", file,
                         *header ? "not a JSON object" : reason.text);
done:
    free(text);
    stream_close(&in);
    return code;
}

status safetensors_open(safetensors **out, int fd, uint64_t bytes, const char *file, error *err)
{
    safetensors *s = mem_zero(1, sizeof *s);
    uint64_t length = 0;
    s->file = mem_copy_text(file);
    s->fd = fd;
    status code = read_header(fd, bytes, file, &s->header, &length, err);
    s->data = PREFIX + length;
    if (code == STATUS_OK)
        code = check_cover(s->header, bytes - s->data, file, err);
    *out = code == STATUS_OK ? s : NULL;
    if (code != STATUS_OK)
        safetensors_close(s);
    return code;
}

void safetensors_close(safetensors *s)
{
    if (!s)
        return;
    json_decref(s->header);
    free(s->file);
    free(s);
}

status safetensors_array(const safetensors *s, const char *tensor, uint32_t dims,
                         const char *meaning, array *out, error *err)
{
    *out = (array){.in = {.fd = -1}};
    const json_t *entry = choose(s->header, s->file, &tensor, err);
    if (!entry)
        return STATUS_INPUT;
    char *label = mem_format("'%s': tensor '%s'", s->file, tensor);
    number_type type = NUMBER_F32;
    uint64_t shape[2] = {0};
    stretch at = {0};
    status code = read_entry(entry, label, dims, meaning, &type, shape, &at, err);
    if (code == STATUS_OK) {
        stream in;
        stream_of_file(&in, s->fd, s->data + at.begin, at.end - at.begin, label);
        array_open_raw(out, &in, type, shape[0], shape[1]);
        out->dims = dims;
    }
    free(label);
    return code;
}
