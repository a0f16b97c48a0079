#include "src/formats/lines.h"

#include "src/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>
#include <zlib.h>

/* Text of many equal lines packs well, but not a thousandfold. */
enum { BUFFER_BYTES = 65536, LINE_CAP = 16 << 20, RATIO_CAP = 1000, SMALL_BYTES = 1 << 20 };

struct lines {
    char *file;
    gzFile source; /* zlib passes a file that is not gzip through as it is */
    uint64_t file_bytes, unpacked;
    uint64_t number; /* of the line in hand, from 1 */
    char *buffer;
    size_t used, held; /* of the buffer */
    char *line;
    size_t capacity;
};

status lines_open(lines **out, const folder *f, const char *file, error *err)
{
    *out = NULL;
    int fd;
    uint64_t bytes;
    status code = folder_open_file(f, file, &fd, &bytes, err);
    if (code != STATUS_OK)
        return code;
    gzFile source = gzdopen(fd, "rb");
    if (!source) {
        close(fd);
        return error_memory(err, "a text file");
    }
    lines *l = mem_zero(1, sizeof *l);
    l->file = mem_copy_text(file);
    l->source = source;
    l->file_bytes = bytes;
    l->buffer = mem_alloc(BUFFER_BYTES);
    l->capacity = BUFFER_BYTES;
    l->line = mem_alloc(l->capacity);
    *out = l;
    return STATUS_OK;
}

status lines_open_path(lines **out, const char *path, error *err)
{
    folder where = {0};
    const char *slash = strrchr(path, '/');
    *out = NULL;
    status code = folder_open_parent(&where, path, true, err);
    if (code != STATUS_OK)
        return code;
    code = lines_open(out, &where, slash ? slash + 1 : path, err);
    folder_close(&where);
    return code;
}

void lines_close(lines *l)
{
    if (!l)
        return;
    gzclose(l->source);
    free(l->file);
    free(l->buffer);
    free(l->line);
    free(l);
}

double lines_fraction(const lines *l)
{
    return l->file_bytes ? (double)gzoffset(l->source) / (double)l->file_bytes : 1;
}

status lines_error(const lines *l, error *err, const char *format, ...)
{
    char text[ERROR_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, STATUS_INPUT, "'%s': line %llu: %s", l->file,
                     (unsigned long long)l->number, text);
}

static status fill(lines *l, error *err)
{
    int got = gzread(l->source, l->buffer, BUFFER_BYTES);
    int number = Z_OK;
    const char *reason = gzerror(l->source, &number);
    if (number == Z_ERRNO)
        return error_errno(err, "cannot read '%s'", l->file);
    if (got < 0 || (number != Z_OK && number != Z_STREAM_END))
        return error_set(err, STATUS_INPUT, "'%s': damaged gzip data after line %llu: %s", l->file,
                         (unsigned long long)l->number - 1,
                         number == Z_BUF_ERROR ? "it ends early" : reason);
    l->used = 0;
    l->held = (size_t)got;
    l->unpacked += l->held;
    if (l->unpacked > SMALL_BYTES && l->unpacked / RATIO_CAP > l->file_bytes)
        return error_set(err, STATUS_INPUT,
                         "'%s': unpacks to more than %d times its size; "
                         "refused as a decompression bomb",
                         l->file, RATIO_CAP);
    return STATUS_OK;
}

static status append(lines *l, size_t length, const char *bytes, size_t n, error *err)
{
    if (length + n > LINE_CAP)
        return lines_error(l, err, "longer than the %d bytes that a line may have", LINE_CAP);
    if (length + n + 1 > l->capacity) {
        l->capacity = 2 * (length + n + 1);
        l->line = mem_grow(l->line, l->capacity, 1);
    }
    memcpy(l->line + length, bytes, n);
    return STATUS_OK;
}

static status check_utf8(const lines *l, size_t length, error *err)
{
    const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)l->line;
    for (size_t i = 0; i < length;) {
        if (s[i] > 0 && s[i] < 0x80) {
            i++;
            continue;
        }
        utf8proc_int32_t point;
        utf8proc_ssize_t n =
            s[i] ? utf8proc_iterate(s + i, (utf8proc_ssize_t)(length - i), &point) : -1;
        if (n <= 0)
            return lines_error(l, err, "byte %zu (0x%02x) is not UTF-8 text", i + 1, s[i]);
        i += (size_t)n;
    }
    return STATUS_OK;
}

status lines_next(lines *l, char **text, size_t *length, error *err)
{
    *text = NULL;
    *length = 0;
    size_t n = 0;
    bool any = false;
    l->number++;
    for (;;) {
        if (l->used == l->held) {
            status code = fill(l, err);
            if (code != STATUS_OK)
                return code;
            if (l->held == 0)
                break;
        }
        any = true;
        const char *from = l->buffer + l->used;
        const char *end = memchr(from, '\n', l->held - l->used);
        size_t take = end ? (size_t)(end - from) : l->held - l->used;
        status code = append(l, n, from, take, err);
        if (code != STATUS_OK)
            return code;
        n += take;
        l->used += take + (end ? 1 : 0);
        if (end)
            break;
    }
    if (!any)
        return STATUS_OK;
    if (n > 0 && l->line[n - 1] == '\r')
        n--;
    if (l->number == 1 && n >= 3 && memcmp(l->line, "\xef\xbb\xbf", 3) == 0) {
        n -= 3; /* a byte order mark, as some editors leave it */
        memmove(l->line, l->line + 3, n);
    }
    l->line[n] = '\0';
    status code = check_utf8(l, n, err);
    if (code != STATUS_OK)
        return code;
    *text = l->line;
    *length = n;
    return STATUS_OK;
}
