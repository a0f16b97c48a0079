/* The header of a NumPy file: magic, version, length, and a Python dictionary in text,
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 * Only this dictionary's own grammar is read (strings, True, False, tuples of whole numbers);
 * nothing is ever evaluated, and a list where a string belongs (a structured dtype) is refused. */
#include "src/base/memory.h"
#include "src/formats/array.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_CAP = 10000 }; /* as NumPy's own */

typedef struct header {
    char descr[64];
    bool fortran;
    uint32_t dims;
    uint64_t shape[2];
    bool has_descr, has_order, has_shape;
} header;

static const char *skip_space(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* A quoted string without escapes; NULL when there is none or it does not fit. */
static const char *read_string(const char *s, char *out, size_t capacity)
{
    char quote = *s;
    if (quote != '\'' && quote != '"')
        return NULL;
    const char *end = strchr(++s, quote);
    if (!end || (size_t)(end - s) >= capacity)
        return NULL;
    memcpy(out, s, (size_t)(end - s));
    out[end - s] = '\0';
    return end + 1;
}

static const char *read_shape(const char *s, header *h)
{
    if (*s != '(')
        return NULL;
    s = skip_space(s + 1);
    h->shape[0] = h->shape[1] = 1;
    for (h->dims = 0; *s != ')'; h->dims++) {
        if (!isdigit((unsigned char)*s))
            return NULL;
        uint64_t extent = 0;
        for (; isdigit((unsigned char)*s); s++) {
            if (__builtin_mul_overflow(extent, 10U, &extent) ||
                __builtin_add_overflow(extent, (uint64_t)(*s - '0'), &extent))
                return NULL;
        }
        if (h->dims < 2)
            h->shape[h->dims] = extent;
        if (*s == 'L') /* Python 2 wrote its long integers so */
            s++;
        s = skip_space(s);
        if (*s == ',')
            s = skip_space(s + 1);
        else if (*s != ')')
            return NULL;
    }
    return s + 1;
}

static const char *read_bool(const char *s, bool *value)
{
    *value = strncmp(s, "True", 4) == 0;
    if (*value)
        return s + 4;
    return strncmp(s, "False", 5) == 0 ? s + 5 : NULL;
}

/* False when the text is no such dictionary. */
static bool parse_header(const char *s, header *h)
{
    s = skip_space(s);
    if (*s++ != '{')
        return false;
    for (s = skip_space(s); *s != '}'; s = skip_space(s)) {
        char key[32];
        s = read_string(s, key, sizeof key);
        s = s ? skip_space(s) : NULL;
        if (!s || *s != ':')
            return false;
        s = skip_space(s + 1);
        if (strcmp(key, "descr") == 0 && !h->has_descr) {
            h->has_descr = true;
            if (*s == '[') { /* left for the caller to name */
                strcpy(h->descr, "[");
                return true;
            }
            s = read_string(s, h->descr, sizeof h->descr);
        } else if (strcmp(key, "fortran_order") == 0 && !h->has_order) {
            h->has_order = true;
            s = read_bool(s, &h->fortran);
        } else if (strcmp(key, "shape") == 0 && !h->has_shape) {
            h->has_shape = true;
            s = read_shape(s, h);
        } else {
            return false;
        }
        if (!s)
            return false;
        s = skip_space(s);
        if (*s == ',')
            s++;
        else if (*s != '}')
            return false;
    }
    return *skip_space(s + 1) == '\0' && h->has_descr && h->has_order && h->has_shape;
}

/* descr -> type; *width is the bytes of one element. */
static status find_type(const array *a, const char *descr, number_type *type, uint64_t *width,
                        error *err)
{
    if (number_from_numpy(descr, type)) {
        *width = number_bytes(*type);
        return STATUS_OK;
    }
    char *end = NULL;
    if (descr[0] == '|' && descr[1] == 'S' && isdigit((unsigned char)descr[2])) {
        *width = strtoul(descr + 2, &end, 10);
        if (*end == '\0' && *width < HEADER_CAP) {
            *type = NUMBER_TEXT;
            return STATUS_OK;
        }
    }
    const char *name = a->in.name;
    if (descr[0] == '|' && descr[1] == 'O')
        return error_set(err, STATUS_INPUT,
                         "%s: holds pickled Python objects, which are never read; "
                         "expected an array of numbers",
                         name);
    if (descr[0] == '[')
        return error_set(err, STATUS_INPUT,
                         "%s: holds records of several fields, expected plain numbers", name);
    if (descr[0] == '>')
        return error_set(err, STATUS_INPUT,
                         "%s: big-endian numbers ('%s'), expected little-endian", name, descr);
    return error_set(err, STATUS_INPUT,
                     "%s: dtype '%s', expected float16, float32, float64, a whole number or bool",
                     name, descr);
}

static status read_text(array *a, char **text, error *err)
{
    stream *in = &a->in;
    unsigned char magic[8];
    if (in->left < sizeof magic + 2)
        return error_set(err, STATUS_INPUT, "%s: too short for a .npy file", in->name);
    status code = stream_read(in, magic, sizeof magic, err);
    if (code != STATUS_OK)
        return code;
    if (memcmp(magic, "\x93NUMPY", 6) != 0)
        return error_set(err, STATUS_INPUT, "%s: %s", in->name,
                         magic[0] == 0x80
                             ? "a pickle, which is never read; expected a .npy file"
                             : "not a .npy file (it does not begin with '\\x93NUMPY')");
    unsigned version = magic[6];
    if (version < 1 || version > 3)
        return error_set(err, STATUS_INPUT, "%s: .npy version %u, expected 1, 2 or 3", in->name,
                         version);
    unsigned char raw[4] = {0};
    code = stream_read(in, raw, version == 1 ? 2 : 4, err);
    if (code != STATUS_OK)
        return code;
    uint32_t length =
        raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
    if (length > HEADER_CAP)
        return error_set(err, STATUS_INPUT, "%s: a header of %u bytes, expected at most %d",
                         in->name, length, HEADER_CAP);
    *text = mem_zero(length + 1, 1);
    return stream_read(in, *text, length, err);
}

status array_open_npy(array *a, stream *in, error *err)
{
    array_open_raw(a, in, NUMBER_F32, 0, 0);
    const char *name = a->in.name;
    char *text = NULL;
    header h = {0};
    uint64_t width = 0, bytes = 0;
    status code = read_text(a, &text, err);
    if (code != STATUS_OK)
        goto done;
    if (!parse_header(text, &h)) {
        code = error_set(err, STATUS_INPUT,
                         "%s: not a .npy header: it must hold 'descr', 'fortran_order' and "
                         "'shape'",
                         name);
        goto done;
    }
    code = find_type(a, h.descr, &a->type, &width, err);
    if (code != STATUS_OK)
        goto done;
    if (h.dims > 2) {
        code = error_set(err, STATUS_INPUT, "%s: %u dimensions, expected at most 2", name, h.dims);
        goto done;
    }
    if (__builtin_mul_overflow(h.shape[0], h.shape[1], &a->count) ||
        __builtin_mul_overflow(a->count, width, &bytes) || bytes != a->in.left) {
        code = error_set(err, STATUS_INPUT,
                         "%s: its shape (%llu x %llu, %llu bytes each) does not fit the %llu "
                         "bytes that follow its header",
                         name, (unsigned long long)h.shape[0], (unsigned long long)h.shape[1],
                         (unsigned long long)width, (unsigned long long)a->in.left);
        goto done;
    }
    if (a->type == NUMBER_TEXT)
        a->count = bytes;
    a->dims = h.dims;
    a->shape[0] = h.shape[0];
    a->shape[1] = h.shape[1];
    a->fortran = h.fortran && h.dims == 2;
done:
    free(text);
    if (code != STATUS_OK)
        array_close(a);
    return code;
}
