/* What the fuzzers share: their bytes as a file that readers open by name. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include "src/formats/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a file in memory; `name` opens it in `folder`. The same file every time. */
static inline void fuzz_input(const uint8_t *data, size_t size, folder *where, char name[32])
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    *where = (folder){.fd = AT_FDCWD, .outside = true};
    snprintf(name, 32, "/proc/self/fd/%d", fd);
}

/* A failure has a sentence, success has none. */
static inline void fuzz_check(status code, const error *err)
{
    if ((code == STATUS_OK) != (err->message[0] == '\0'))
        abort();
}

#endif
