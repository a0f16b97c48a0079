#include "tests/ui/page.h"

#include "src/base/memory.h"

#include <string.h>

bool page_mask_add(page_masks *masks, const char *expression)
{
    if (masks->count == PAGE_MASKS_MAX ||
        regcomp(&masks->item[masks->count], expression, REG_EXTENDED | REG_NEWLINE) != 0)
        return false;
    masks->count++;
    return true;
}

void page_masks_release(page_masks *masks)
{
    while (masks->count > 0)
        regfree(&masks->item[--masks->count]);
}

void page_hide(const page_masks *masks, char *text)
{
    for (int i = 0; i < masks->count; i++) {
        regmatch_t at;
        for (char *from = text; *from && regexec(&masks->item[i], from, 1, &at, 0) == 0;) {
            memset(from + at.rm_so, '~', (size_t)(at.rm_eo - at.rm_so));
            from += at.rm_eo > at.rm_so ? at.rm_eo : at.rm_so + 1;
        }
    }
}

char *page_read(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return NULL;
    size_t length = 0, room = 4096, got = 0;
    char *text = mem_alloc(room);
    while ((got = fread(text + length, 1, room - length - 1, in)) > 0) {
        length += got;
        text = mem_grow(text, room *= 2, 1);
    }
    text[length] = '\0';
    fclose(in);
    return text;
}

bool page_write(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    bool good = fputs(text, out) >= 0;
    return fclose(out) == 0 && good;
}

void page_show_difference(FILE *out, const char *wanted, const char *seen)
{
    const char *a = wanted, *b = seen;
    while (*a || *b) {
        int la = (int)strcspn(a, "\n"), lb = (int)strcspn(b, "\n");
        if (la == lb && strncmp(a, b, (size_t)la) == 0)
            fprintf(out, "     |%.*s\n", la, a);
        else
            fprintf(out, "    -|%.*s\n    +|%.*s\n", la, a, lb, b);
        a += la + (a[la] == '\n');
        b += lb + (b[lb] == '\n');
    }
}
