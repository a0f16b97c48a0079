/* A screen as text: saved, compared, and with what changes from run to run masked. */
#ifndef TESTS_UI_PAGE_H
#define TESTS_UI_PAGE_H

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>

enum { PAGE_MASKS_MAX = 16 };

typedef struct page_masks {
    regex_t item[PAGE_MASKS_MAX];
    int count;
} page_masks;

/* False: not a regular expression, or too many. */
bool page_mask_add(page_masks *masks, const char *expression);
void page_masks_release(page_masks *masks);

/* Puts ~ in the place of every byte that a mask matches. */
void page_hide(const page_masks *masks, char *text);

/* A whole file as text (free it), or NULL. */
char *page_read(const char *path);
bool page_write(const char *path, const char *text);

/* Line by line: - as it was wanted, + as it is. */
void page_show_difference(FILE *out, const char *wanted, const char *seen);

#endif
