/* Reads an activation file to its end and holds the reader to what it promises. */
#ifndef TESTS_FUZZ_ACTIVATIONS_H
#define TESTS_FUZZ_ACTIVATIONS_H

#include "src/formats/activations.h"
#include "tests/fuzz/input.h"

#include <math.h>

static inline void fuzz_activations(const uint8_t *data, size_t size, const char *tensor)
{
    enum { CAPACITY = 256, MOST = 1 << 20 };
    folder where;
    char name[32];
    error err = {0};
    activations *a;
    fuzz_input(data, size, &where, name);
    status code = activations_open(&a, &where, name, tensor, false, &err);
    size_t count = 1, total = 0;
    while (code == STATUS_OK && count > 0 && total < MOST) {
        activation entry[CAPACITY];
        code = activations_read(a, entry, CAPACITY, &count, &err);
        for (size_t i = 0; code == STATUS_OK && i < count; i++) {
            if (entry[i].row >= activations_rows(a) || entry[i].col >= activations_cols(a) ||
                !isfinite(entry[i].value) || entry[i].value == 0)
                abort();
        }
        total += count;
    }
    fuzz_check(code, &err);
    activations_close(a);
}

#endif
