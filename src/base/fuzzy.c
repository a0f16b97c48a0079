#include "src/base/fuzzy.h"

#include <stddef.h>
#include <string.h>

enum { SCORE_CHARACTER = 16, SCORE_TOGETHER = 10, SCORE_BEGINNING = 12, GAP_MOST = 12 };

static unsigned char folded(char c)
{
    unsigned char byte = (unsigned char)c;
    return (unsigned char)(byte - 'A') < 26 ? byte | 0x20 : byte;
}

/* The other form of a folded letter; any other character itself. */
static char raised(char c)
{
    return (unsigned char)(c - 'a') < 26 ? (char)(c & ~0x20) : c;
}

static bool in_word(char c)
{
    unsigned char byte = (unsigned char)c; /* no call: this is asked of millions of characters */
    return (unsigned char)((byte | 0x20) - 'a') < 26 || (unsigned char)(byte - '0') < 10 ||
           byte >= 0x80;
}

static bool begins_word(const char *text, size_t at)
{
    return in_word(text[at]) && (at == 0 || !in_word(text[at - 1]));
}

uint64_t fuzzy_mask(const char *text)
{
    uint64_t mask = 0;
    for (; *text; text++) {
        unsigned char c = folded(*text);
        if (c >= 'a' && c <= 'z')
            mask |= UINT64_C(1) << (c - 'a');
        else if (c >= '0' && c <= '9')
            mask |= UINT64_C(1) << (26 + c - '0');
        else if (c != ' ')
            mask |= UINT64_C(1) << (36 + c % 28);
    }
    return mask;
}

/* Where the first occurrence that reads from the left ends; SIZE_MAX: there is none. */
static size_t first_end(const char *text, const char *pattern)
{
    for (size_t at = 0;; at++) {
        while (*pattern == ' ')
            pattern++;
        if (!*pattern)
            return at;
        char low = (char)folded(*pattern), high = raised(low);
        while (text[at] && text[at] != low && text[at] != high)
            at++;
        if (!text[at])
            return SIZE_MAX;
        pattern++;
    }
}

/* From the end back to the narrowest stretch that holds the pattern; its score. */
int fuzzy_score(const char *text, const char *pattern)
{
    size_t end = first_end(text, pattern);
    if (end == SIZE_MAX || end == 0)
        return 0;
    size_t left = 0;
    for (const char *p = pattern; *p; p++)
        left = (size_t)(p - pattern) + 1;
    int score = 0;
    size_t after = end; /* where the character behind the present one stands */
    for (size_t at = end; left > 0; left--) {
        if (pattern[left - 1] == ' ')
            continue;
        char low = (char)folded(pattern[left - 1]), high = raised(low);
        do
            at--;
        while (text[at] != low && text[at] != high);
        size_t gap = after - at - 1;
        score += SCORE_CHARACTER + (after < end && gap == 0 ? SCORE_TOGETHER : 0) +
                 (begins_word(text, at) ? SCORE_BEGINNING : 0) -
                 (int)(gap > GAP_MOST ? GAP_MOST : gap);
        after = at;
    }
    return score;
}

bool fuzzy_is_slip(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > m) {
        const char *longer = a;
        a = b;
        b = longer;
        size_t length = n;
        n = m;
        m = length;
    }
    size_t same = 0;
    while (same < n && a[same] == b[same])
        same++;
    if (same == n)
        return n > 2;
    if (n < 3 || m > n + 1)
        return false;
    if (n < m)
        return strcmp(a + same, b + same + 1) == 0;
    return strcmp(a + same + 1, b + same + 1) == 0 ||
           (a[same] == b[same + 1] && a[same + 1] == b[same] &&
            strcmp(a + same + 2, b + same + 2) == 0);
}
