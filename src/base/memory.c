#include "src/base/memory.h"

#include "src/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*restore_terminal)(void);

void mem_on_exhausted(void (*restore)(void))
{
    restore_terminal = restore;
}

static void exhausted(void)
{
    static const char sentence[] = "circuitlasso: out of memory\n";
    if (restore_terminal)
        restore_terminal();
    ssize_t ignored = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)ignored;
    _exit(STATUS_MACHINE);
}

void *mem_try(size_t count, size_t bytes)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return malloc(total ? total : 1);
}

void *mem_alloc(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        exhausted();
    return memory;
}

void *mem_zero(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes ? bytes : 1);
    if (!memory)
        exhausted();
    return memory;
}

void *mem_grow(void *old, size_t count, size_t bytes)
{
    size_t total = 0;
    void *memory =
        __builtin_mul_overflow(count, bytes, &total) ? NULL : realloc(old, total ? total : 1);
    if (!memory)
        exhausted();
    return memory;
}

char *mem_copy_text(const char *text)
{
    if (!text)
        return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(mem_alloc(bytes), text, bytes);
}

char *mem_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        exhausted();
    return text;
}
