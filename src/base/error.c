#include "src/base/error.h"

#include "src/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_text(error *err, const char *format, va_list arguments)
{
    char raw[ERROR_LENGTH];
    vsnprintf(raw, sizeof raw, format, arguments);
    text_clean_into(err->message, sizeof err->message, raw, strlen(raw));
}

status error_set(error *err, status code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        err->code = code;
        set_text(err, format, arguments);
        va_end(arguments);
    }
    return code;
}

status error_errno(error *err, const char *format, ...)
{
    int number = errno;
    bool input = number == ENOENT || number == EISDIR || number == ENOTDIR || number == ELOOP ||
                 number == ENAMETOOLONG;
    status code = input ? STATUS_INPUT : STATUS_MACHINE;
    if (err) {
        char subject[ERROR_LENGTH];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(subject, sizeof subject, format, arguments);
        va_end(arguments);
        error_set(err, code, "%s: %s", subject, strerror(number));
    }
    return code;
}

status error_prefix(error *err, const char *format, ...)
{
    if (!err)
        return STATUS_MACHINE;
    char prefix[ERROR_LENGTH];
    char rest[ERROR_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    memcpy(rest, err->message, sizeof rest);
    return error_set(err, err->code, "%s: %s", prefix, rest);
}

status error_memory(error *err, const char *what)
{
    return error_set(err, STATUS_MACHINE, "out of memory for %s", what);
}
