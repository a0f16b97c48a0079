/* Finding text by some of its letters, in order: `pspron` finds `possessive pronouns`. */
#ifndef BASE_FUZZY_H
#define BASE_FUZZY_H

#include <stdbool.h>
#include <stdint.h>

/* How well `pattern`'s characters (blanks left out, ASCII letters without case) occur in `text`
 * one after the other: 0 when they do not, else more for characters that stand together and for
 * beginnings of words, and less for a wide stretch. An empty pattern is nowhere. */
int fuzzy_score(const char *text, const char *pattern);

/* The characters in a text as a set. Only a text whose set holds the pattern's can have it, so
 * that most of a long list is passed over by one comparison: (mask & wanted) == wanted. */
uint64_t fuzzy_mask(const char *text);

/* Whether two words differ by one letter (put in, left out, changed or swapped with the next) or
 * one begins with the other: enough for a slip of the finger and for singular and plural. */
bool fuzzy_is_slip(const char *a, const char *b);

#endif
