#include "src/formats/number.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "array files are read as they are");

static const struct {
    size_t bytes;
    const char *numpy, *safetensors, *name;
} type_of[NUMBER_TYPES] = {
#define NUMBER_ENTRY(type, bytes, numpy, safetensors, name) {bytes, numpy, safetensors, name},
    NUMBER_LIST(NUMBER_ENTRY)
#undef NUMBER_ENTRY
};

size_t number_bytes(number_type type)
{
    return type_of[type].bytes;
}

const char *number_name(number_type type)
{
    return type_of[type].name;
}

bool number_is_integer(number_type type)
{
    return type <= NUMBER_U64;
}

bool number_from_numpy(const char *descr, number_type *type)
{
    for (int i = 0; i < NUMBER_TYPES; i++) {
        if (type_of[i].numpy && strcmp(type_of[i].numpy, descr) == 0) {
            *type = (number_type)i;
            return true;
        }
    }
    return false;
}

bool number_from_safetensors(const char *dtype, number_type *type)
{
    for (int i = 0; i < NUMBER_TYPES; i++) {
        if (type_of[i].safetensors && strcmp(type_of[i].safetensors, dtype) == 0) {
            *type = (number_type)i;
            return true;
        }
    }
    return false;
}

static float float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 0x1f;
    uint32_t fraction = half & 0x3ff;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    if (exponent == 0x1f)
        return float_from_bits(sign | 0x7f800000 | fraction << 13);
    return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static float float_from_bfloat(uint16_t half)
{
    return float_from_bits((uint32_t)half << 16);
}

/* One loop for each type: `expression` turns the loaded `x` into the result. */
#define CONVERT(ctype, expression)                                                                \
    for (size_t i = 0; i < n; i++) {                                                              \
        ctype x;                                                                                  \
        memcpy(&x, (const char *)raw + i * sizeof x, sizeof x);                                   \
        out[i] = expression;                                                                      \
    }                                                                                             \
    break

#define CONVERT_ALL(to)                                                                           \
    switch (type) {                                                                               \
    case NUMBER_BOOL:                                                                             \
        CONVERT(uint8_t, (to)(x != 0));                                                           \
    case NUMBER_I8:                                                                               \
        CONVERT(int8_t, (to)x);                                                                   \
    case NUMBER_TEXT:                                                                             \
    case NUMBER_U8:                                                                               \
        CONVERT(uint8_t, (to)x);                                                                  \
    case NUMBER_I16:                                                                              \
        CONVERT(int16_t, (to)x);                                                                  \
    case NUMBER_U16:                                                                              \
        CONVERT(uint16_t, (to)x);                                                                 \
    case NUMBER_I32:                                                                              \
        CONVERT(int32_t, (to)x);                                                                  \
    case NUMBER_U32:                                                                              \
        CONVERT(uint32_t, (to)x);                                                                 \
    case NUMBER_I64:                                                                              \
        CONVERT(int64_t, (to)x);                                                                  \
    case NUMBER_U64:                                                                              \
        CONVERT(uint64_t, (to)x);                                                                 \
    case NUMBER_F16:                                                                              \
        CONVERT(uint16_t, (to)float_from_half(x));                                                \
    case NUMBER_BF16:                                                                             \
        CONVERT(uint16_t, (to)float_from_bfloat(x));                                              \
    case NUMBER_F32:                                                                              \
        CONVERT(float, (to)x);                                                                    \
    case NUMBER_F64:                                                                              \
        CONVERT(double, (to)x);                                                                   \
    case NUMBER_TYPES:                                                                            \
        break;                                                                                    \
    }

void number_to_float(number_type type, const void *raw, size_t n, float *out)
{
    CONVERT_ALL(float)
}

void number_to_double(number_type type, const void *raw, size_t n, double *out)
{
    CONVERT_ALL(double)
}

void number_to_int64(number_type type, const void *raw, size_t n, int64_t *out)
{
    switch (type) {
    case NUMBER_BOOL:
    case NUMBER_U8:
        CONVERT(uint8_t, x);
    case NUMBER_I8:
        CONVERT(int8_t, x);
    case NUMBER_I16:
        CONVERT(int16_t, x);
    case NUMBER_U16:
        CONVERT(uint16_t, x);
    case NUMBER_I32:
        CONVERT(int32_t, x);
    case NUMBER_U32:
        CONVERT(uint32_t, x);
    case NUMBER_I64:
        CONVERT(int64_t, x);
    case NUMBER_U64:
        CONVERT(uint64_t, x > INT64_MAX ? -1 : (int64_t)x);
    default:
        memset(out, 0xff, n * sizeof *out);
    }
}
