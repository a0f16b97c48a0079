#include "src/formats/diagram.h"

#include "src/base/memory.h"
#include "src/formats/diagram_file.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

struct diagram_format {
    const char *name;
    void (*print)(const diagram *d, FILE *out);
};

static const diagram_format formats[] = {{"svg", svg_print}, {"dot", dot_print}};

const diagram_format *diagram_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

void diagram_release(diagram *d)
{
    for (uint32_t i = 0; i < d->columns; i++)
        free(d->column[i]);
    for (uint32_t i = 0; i < d->boxes; i++) {
        free(d->box[i].name);
        free(d->box[i].label);
    }
    for (uint32_t i = 0; i < d->lines; i++)
        free(d->line[i].bend);
    free(d->column);
    free(d->box);
    free(d->line);
    free(d->title);
    free(d->note);
    *d = (diagram){0};
}

double diagram_heaviest(const diagram *d)
{
    double heaviest = DBL_MIN;
    for (uint32_t i = 0; i < d->lines; i++)
        heaviest = fmax(heaviest, fabs(d->line[i].weight));
    return heaviest;
}

/* Nothing that an XML document may not hold, that hides, or that reorders what stands beside it.
 */
static bool is_harmless(utf8proc_int32_t point)
{
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point & 0xfffe) == 0xfffe)
        return false;
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

void diagram_print_xml(FILE *out, const char *text, size_t most)
{
    size_t left = text ? strlen(text) : 0;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    for (size_t shown = 0; left > 0; shown++) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t taken = utf8proc_iterate(at, (utf8proc_ssize_t)left, &point);
        size_t bytes = taken > 0 ? (size_t)taken : 1;
        if (shown + 1 >= most && left > bytes) {
            fputs("\xe2\x80\xa6", out);
            return;
        }
        if (taken <= 0 || !is_harmless(point))
            fputs("\xef\xbf\xbd", out);
        else if (point < 0x80 && strchr("<>&\"'", point))
            fprintf(out, "&#%d;", (int)point);
        else
            fwrite(at, 1, bytes, out);
        at += bytes;
        left -= bytes;
    }
}

/* A file of this process's own beside the path, readable as the user's other files are. */
static FILE *create_beside(const char *path, char **name)
{
    *name = mem_format("%s.XXXXXX", path);
    int descriptor = mkstemp(*name);
    if (descriptor < 0)
        return NULL;
    mode_t mask = umask(0);
    umask(mask);
    FILE *out = fchmod(descriptor, 0666 & ~mask) == 0 ? fdopen(descriptor, "w") : NULL;
    if (!out) {
        close(descriptor);
        unlink(*name);
    }
    return out;
}

status diagram_write(const diagram *d, const diagram_format *format, const char *path, error *err)
{
    char *beside = NULL;
    FILE *out = create_beside(path, &beside);
    if (!out) {
        free(beside);
        return error_errno(err, "cannot write '%s'", path);
    }
    format->print(d, out);
    bool good = fflush(out) == 0 && !ferror(out);
    int why = errno;
    good = fclose(out) == 0 && good && rename(beside, path) == 0;
    status code = STATUS_OK;
    if (!good) {
        errno = errno ? errno : why;
        code = error_errno(err, "cannot write '%s'", path);
        unlink(beside);
    }
    free(beside);
    return code;
}
