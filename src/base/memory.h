/* Memory for small, bounded things. Running out of it ends the program with a sentence and a
 * sane terminal. Large blocks, whose size the data decide, are taken with mem_try and reported
 * through `error` like any other failure. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Fresh memory, or the program ends (status 4). Zero bytes give a valid pointer. */
void *mem_alloc(size_t bytes);
void *mem_zero(size_t count, size_t bytes);
void *mem_grow(void *old, size_t count, size_t bytes); /* realloc to count * bytes */
char *mem_copy_text(const char *text);                 /* NULL gives NULL */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* count * bytes of fresh memory, or NULL when there is too little or the product overflows. */
void *mem_try(size_t count, size_t bytes);

/* Called before the program ends for want of memory: the screen restores the terminal here. */
void mem_on_exhausted(void (*restore)(void));

#endif
