/* The kinds of number that array files hold, and how they become ours. Little-endian only. */
#ifndef FORMATS_NUMBER_H
#define FORMATS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* type, bytes, NumPy's descr (NULL: it has none), safetensors' dtype (likewise), name */
#define NUMBER_LIST(X)                                                                            \
    X(NUMBER_BOOL, 1, "|b1", "BOOL", "bool")                                                      \
    X(NUMBER_I8, 1, "|i1", "I8", "int8")                                                          \
    X(NUMBER_U8, 1, "|u1", "U8", "uint8")                                                         \
    X(NUMBER_I16, 2, "<i2", "I16", "int16")                                                       \
    X(NUMBER_U16, 2, "<u2", "U16", "uint16")                                                      \
    X(NUMBER_I32, 4, "<i4", "I32", "int32")                                                       \
    X(NUMBER_U32, 4, "<u4", "U32", "uint32")                                                      \
    X(NUMBER_I64, 8, "<i8", "I64", "int64")                                                       \
    X(NUMBER_U64, 8, "<u8", "U64", "uint64")                                                      \
    X(NUMBER_F16, 2, "<f2", "F16", "float16")                                                     \
    X(NUMBER_BF16, 2, NULL, "BF16", "bfloat16")                                                   \
    X(NUMBER_F32, 4, "<f4", "F32", "float32")                                                     \
    X(NUMBER_F64, 8, "<f8", "F64", "float64")                                                     \
    X(NUMBER_TEXT, 1, NULL, NULL, "text") /* bytes of fixed-length text: SciPy's format.npy */

typedef enum number_type {
#define NUMBER_ENUM(type, bytes, numpy, safetensors, name) type,
    NUMBER_LIST(NUMBER_ENUM)
#undef NUMBER_ENUM
    NUMBER_TYPES
} number_type;

size_t number_bytes(number_type type);
const char *number_name(number_type type);
bool number_is_integer(number_type type); /* whole numbers, bool included */

/* The type with this NumPy descr or safetensors dtype; false when there is none. */
bool number_from_numpy(const char *descr, number_type *type);
bool number_from_safetensors(const char *dtype, number_type *type);

/* Convert n numbers at `raw` (any alignment). Too large a float64 becomes an infinity;
 * an unsigned number above INT64_MAX becomes -1 (no index is that large, none is negative). */
void number_to_float(number_type type, const void *raw, size_t n, float *out);
void number_to_double(number_type type, const void *raw, size_t n, double *out);
void number_to_int64(number_type type, const void *raw, size_t n, int64_t *out); /* integers */

#endif
