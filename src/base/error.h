/* What went wrong, said once, where it happened; and how the program exits for it.
 *
 * Every function that can fail returns a `status` and takes an `error *` as its last argument.
 * Messages are in lower case, without a full stop, with the subject quoted, and say what was
 * found, where, and what was expected: `'x.npz': entry 'indptr.npy': 12 bytes, expected 40`.
 * A message may quote imported text: it is made safe when it is set, so any sink can print it.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* status, exit status, meaning: the one list behind the enum, the exit codes and the manual */
#define STATUS_LIST(X)                                                                            \
    X(STATUS_OK, 0, "done")                                                                       \
    X(STATUS_PARTIAL, 1, "ran, but not as asked (a gap above the tolerance, a failed check)")     \
    X(STATUS_USAGE, 2, "wrong use of the command line")                                           \
    X(STATUS_INPUT, 3, "bad input: a file, a manifest or a workspace")                            \
    X(STATUS_MACHINE, 4, "the machine's fault: disk, memory, permissions")                        \
    X(STATUS_INTERRUPTED, 130, "interrupted; what was finished is kept")

typedef enum status {
#define STATUS_ENUM(name, value, meaning) name = value,
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
} status;

#define ERROR_LENGTH 1024

typedef struct error {
    status code;
    char message[ERROR_LENGTH]; /* UTF-8, no control bytes; empty when code is STATUS_OK */
} error;

/* Sets code and message (printf style) and returns code. `err` may be NULL. */
status error_set(error *err, status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set for a failed system call: appends `: <strerror(errno)>`. The code is
 * STATUS_INPUT for a missing or unreadable file (ENOENT, EISDIR, ENOTDIR), else STATUS_MACHINE. */
status error_errno(error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts `prefix: ` before the message that err holds and returns its code. */
status error_prefix(error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory for `what`: STATUS_MACHINE. */
status error_memory(error *err, const char *what);

#endif
