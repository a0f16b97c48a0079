/* An array of numbers, read as it lies in its file: once from its first to its last, or, where it
 * is no entry of an archive, from anywhere. */
#ifndef FORMATS_ARRAY_H
#define FORMATS_ARRAY_H

#include "src/formats/number.h"
#include "src/formats/stream.h"

typedef struct array {
    stream in; /* stands at the next number; in.name is how messages call the array */
    number_type type;
    uint32_t dims;     /* 0, 1 or 2 */
    uint64_t shape[2]; /* 1 where there is no such dimension */
    bool fortran;      /* two dimensions: one column after the other */
    uint64_t count;    /* numbers in all (bytes of text) */
    char *buffer;
} array;

/* The header of a `.npy` file that begins where `in` stands. Takes over `in`, also when it
 * fails. STATUS_INPUT: no .npy, a pickle, a big-endian or structured dtype, more than two
 * dimensions, or a shape that the file's size contradicts. */
status array_open_npy(array *a, stream *in, error *err);

/* An array that lies bare where `in` stands. Takes over `in`. The caller has checked its size. */
void array_open_raw(array *a, stream *in, number_type type, uint64_t rows, uint64_t cols);

/* The number read next is number `index` (at most `count`). Not in an archive's entry. */
void array_go(array *a, uint64_t index);

void array_close(array *a); /* a zeroed array is fine */

/* The next n numbers, converted. Reading past the end is STATUS_INPUT. Integers only for
 * array_read_int64. */
status array_read_float(array *a, float *out, size_t n, error *err);
status array_read_double(array *a, double *out, size_t n, error *err);
status array_read_int64(array *a, int64_t *out, size_t n, error *err);

#endif
