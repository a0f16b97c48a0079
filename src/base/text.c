#include "src/base/text.h"

#include "src/base/memory.h"

#include <ctype.h>
#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>
#include <wchar.h>

static bool utf8_terminal;

void text_setup(void)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers are read and written the same way everywhere */
    utf8_terminal = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool text_is_utf8(void)
{
    return utf8_terminal;
}

/* Shown as it is: assigned, has a width here, and cannot reorder or hide its neighbours. */
static bool shows_itself(utf8proc_int32_t point)
{
    if (point < 0x80)
        return point >= 0x20 && point < 0x7f;
    if (!utf8_terminal)
        return false;
    int width = wcwidth((wchar_t)point);
    if (width < 0)
        return false;
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_MC:
        return true;
    default:
        return width > 0;
    }
}

/* One character at s (n bytes left) as it will be shown; returns the bytes it took. */
static size_t clean_one(const char *s, size_t n, char shown[16])
{
    utf8proc_int32_t point = -1;
    utf8proc_ssize_t taken =
        utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &point);
    if (taken <= 0) {
        snprintf(shown, 16, "\\x%02x", (unsigned char)*s);
        return 1;
    }
    if (shows_itself(point)) {
        memcpy(shown, s, (size_t)taken);
        shown[taken] = '\0';
    } else if (point == '\n' || point == '\t' || point == '\r') {
        snprintf(shown, 16, "\\%c", point == '\n' ? 'n' : point == '\t' ? 't' : 'r');
    } else if (point < 0x100 && (point < 0x20 || (point >= 0x7f && point < 0xa0))) {
        snprintf(shown, 16, "\\x%02x", (unsigned)point);
    } else {
        snprintf(shown, 16, "<U+%04X>", (unsigned)point);
    }
    return (size_t)taken;
}

size_t text_clean_into(char *out, size_t capacity, const char *s, size_t n)
{
    size_t length = 0;
    char shown[16];
    if (capacity == 0)
        return 0;
    while (n > 0) {
        size_t taken = clean_one(s, n, shown);
        size_t add = strlen(shown);
        if (length + add + 1 > capacity)
            break;
        memcpy(out + length, shown, add);
        length += add;
        s += taken;
        n -= taken;
    }
    out[length] = '\0';
    return length;
}

char *text_clean(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    size_t capacity = 1;
    char shown[16];
    for (size_t at = 0; at < n;) {
        at += clean_one(s + at, n - at, shown);
        capacity += strlen(shown);
    }
    char *out = mem_alloc(capacity);
    text_clean_into(out, capacity, s, n);
    return out;
}

size_t text_fit(const char *clean, int columns, int *used)
{
    size_t at = 0;
    size_t length = strlen(clean);
    int width = 0;
    while (at < length) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t taken = utf8proc_iterate((const utf8proc_uint8_t *)clean + at,
                                                  (utf8proc_ssize_t)(length - at), &point);
        if (taken <= 0)
            break;
        int step = wcwidth((wchar_t)point);
        if (step < 0)
            step = 1; /* outside a UTF-8 locale cleaned text is ASCII; never reached with one */
        if (width + step > columns)
            break;
        width += step;
        at += (size_t)taken;
    }
    if (used)
        *used = width;
    return at;
}

int text_width(const char *clean)
{
    int used = 0;
    text_fit(clean, 1 << 30, &used);
    return used;
}

bool text_contains(const char *text, const char *needle)
{
    size_t length = strlen(needle);
    if (length == 0)
        return true;
    char low = (char)tolower((unsigned char)needle[0]);
    char high = (char)toupper((unsigned char)needle[0]);
    for (; *text; text++)
        if ((*text == low || *text == high) && strncasecmp(text, needle, length) == 0)
            return true;
    return false;
}
