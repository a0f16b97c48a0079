/* Text that came from outside, made safe and measured.
 *
 * Labels, tokens, document text and file names are hostile until they went through text_clean:
 * afterwards they hold only printable characters, so no byte of them can act on a terminal.
 * The workspace keeps text as it was imported; every sink (screen, standard output, errors)
 * cleans it. Lengths on the screen are display columns, as the terminal library counts them
 * (wcwidth), never bytes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the locale from the environment and finds out whether it is UTF-8. Call once, first. */
void text_setup(void);

/* Whether the terminal may be sent UTF-8. False: cleaned text is pure ASCII. */
bool text_is_utf8(void);

/* Cleans n bytes of s into out (capacity bytes, always terminated, never cut inside a
 * character or an escape) and returns the length written. Control characters become `\n`, `\t`,
 * `\x1b`; bytes that are not UTF-8 `\xff`; bidirectional controls, zero-width characters other
 * than combining marks, unassigned code points and (without UTF-8) all that is not ASCII
 * `<U+202E>`. */
size_t text_clean_into(char *out, size_t capacity, const char *s, size_t n);

/* As text_clean_into, whole, in fresh memory (free it). NULL s gives an empty string. */
char *text_clean(const char *s);

/* Display columns of cleaned text. */
int text_width(const char *clean);

/* How many bytes of cleaned text fit into `columns` display columns, combining marks kept with
 * their base; *used (may be NULL) gets the columns these bytes take. */
size_t text_fit(const char *clean, int columns, int *used);

/* Whether `needle` occurs in `text`, ASCII letters compared without case. */
bool text_contains(const char *text, const char *needle);

#endif
