/* Figures as people read them. */
#include "ui/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CAPACITY = 24 };

char *show_count(char *out, uint64_t n)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    if (length + (length - 1) / 3 >= CAPACITY) {
        memcpy(out, digits, (size_t)length + 1);
        return out;
    }
    char *to = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

char *show_short(char *out, uint64_t n)
{
    static const char unit[] = "kMGTPE";
    double x = (double)n;
    if (n < 10000) {
        snprintf(out, CAPACITY, "%u", (unsigned)n);
        return out;
    }
    int u = 0;
    for (x /= 1000; x >= 999.5 && u + 1 < (int)sizeof unit - 1; u++)
        x /= 1000;
    snprintf(out, CAPACITY, x < 9.95 ? "%.1f%c" : "%.0f%c", x, unit[u]);
    return out;
}

char *show_figure(char *out, double x)
{
    double size = fabs(x);
    int decimals = size < 0.001     ? 6
                   : size < 0.01    ? 5
                   : size < 0.09995 ? 4
                   : size < 9.9995  ? 3
                   : size < 99.995  ? 2
                   : size < 999.95  ? 1
                                    : 0;
    if (size == 0)
        snprintf(out, CAPACITY, "0");
    else if (size < 0.0001 || size >= 99999.5)
        snprintf(out, CAPACITY, "%.1e", x);
    else
        snprintf(out, CAPACITY, "%.*f", decimals, x);
    return out;
}

char *show_share(char *out, double fraction)
{
    double percent = 100 * fraction;
    int decimals = percent < 0.995 ? 2 : percent < 9.95 ? 1 : 0;
    if (percent == 0)
        snprintf(out, CAPACITY, "0%%");
    else if (percent < 0.005)
        snprintf(out, CAPACITY, "<0.01%%");
    else
        snprintf(out, CAPACITY, "%.*f%%", decimals, percent);
    return out;
}

char *show_seconds(char *out, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e8) {
        snprintf(out, CAPACITY, "?");
        return out;
    }
    long whole = lround(seconds);
    if (seconds < 9.95)
        snprintf(out, CAPACITY, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(out, CAPACITY, "%ld s", whole);
    else if (whole < 3600)
        snprintf(out, CAPACITY, "%ld:%02ld", whole / 60, whole % 60);
    else if (whole < 100L * 3600)
        snprintf(out, CAPACITY, "%ld h %02ld", whole / 3600, whole / 60 % 60);
    else
        snprintf(out, CAPACITY, "%ld h", whole / 3600);
    return out;
}
