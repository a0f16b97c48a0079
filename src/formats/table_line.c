#include "src/formats/table_line.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Unquotes the field that begins at s and returns where it ends. */
static char *unquote(char *s)
{
    char *out = s;
    for (char *in = s + 1; *in; in++) {
        if (*in == '"' && *++in != '"') {
            *out = '\0';
            return in;
        }
        *out++ = *in;
    }
    *out = '\0';
    return s + strlen(s);
}

size_t table_line_split(char *line, char delimiter, char **field, size_t capacity)
{
    size_t count = 0;
    for (char *s = line; s;) {
        if (count < capacity)
            field[count] = s;
        count++;
        if (delimiter == ',' && *s == '"')
            s = unquote(s);
        s = strchr(s, delimiter);
        if (s)
            *s++ = '\0';
    }
    return count;
}

bool table_line_number(const char *text, uint64_t *number)
{
    *number = 0;
    if (!*text)
        return false;
    for (; isdigit((unsigned char)*text); text++) {
        if (__builtin_mul_overflow(*number, 10U, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
            return false;
    }
    return *text == '\0';
}

bool table_line_real(const char *text, double *number)
{
    char *end;
    if (isspace((unsigned char)*text))
        return false;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}
