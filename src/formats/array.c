#include "src/formats/array.h"

#include "src/base/memory.h"

#include <stdlib.h>

enum { BUFFER_BYTES = 65536 };

void array_open_raw(array *a, stream *in, number_type type, uint64_t rows, uint64_t cols)
{
    *a = (array){.in = *in, .type = type, .dims = 2, .shape = {rows, cols}, .count = rows * cols};
    a->buffer = mem_alloc(BUFFER_BYTES);
    *in = (stream){.fd = -1};
}

void array_go(array *a, uint64_t index)
{
    uint64_t end = a->in.offset + a->in.left;
    a->in.left = (a->count - index) * number_bytes(a->type);
    a->in.offset = end - a->in.left;
}

void array_close(array *a)
{
    stream_close(&a->in);
    free(a->buffer);
    *a = (array){.in = {.fd = -1}};
}

/* Loads the next numbers, at most n, into the buffer; *got of them. */
static status load(array *a, size_t n, size_t *got, error *err)
{
    size_t bytes = number_bytes(a->type);
    *got = n < BUFFER_BYTES / bytes ? n : BUFFER_BYTES / bytes;
    return stream_read(&a->in, a->buffer, *got * bytes, err);
}

#define READ_ALL(convert)                                                                         \
    while (n > 0) {                                                                               \
        size_t got;                                                                               \
        status code = load(a, n, &got, err);                                                      \
        if (code != STATUS_OK)                                                                    \
            return code;                                                                          \
        convert(a->type, a->buffer, got, out);                                                    \
        out += got;                                                                               \
        n -= got;                                                                                 \
    }                                                                                             \
    return STATUS_OK

status array_read_float(array *a, float *out, size_t n, error *err)
{
    READ_ALL(number_to_float);
}

status array_read_double(array *a, double *out, size_t n, error *err)
{
    READ_ALL(number_to_double);
}

status array_read_int64(array *a, int64_t *out, size_t n, error *err)
{
    READ_ALL(number_to_int64);
}
