/* Small circuits made by chance, the same on every machine. */
#ifndef TESTS_CIRCUIT_FIXTURE_H
#define TESTS_CIRCUIT_FIXTURE_H

#include "src/circuit/circuit.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static inline uint32_t fixture_below(uint64_t *seed, uint32_t n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)((*seed >> 33) % n);
}

/* `layers` layers of `width` features; an edge between any two adjacent ones with chance
 * `percent`, and, with `skips`, between layers farther apart with half of it. `levels` different
 * weights: few of them make ties. */
static inline circuit *fixture_circuit(uint64_t seed, uint32_t layers, uint32_t width,
                                       uint32_t percent, bool skips, uint32_t levels)
{
    uint32_t features[16], count = 0;
    circuit_edge *list = malloc((size_t)(layers * width) * layers * width * sizeof *list);
    cr_assert(layers <= 16 && list);
    for (uint32_t l = 0; l < layers; l++)
        features[l] = width;
    for (uint32_t s = 0; s < layers * width; s++)
        for (uint32_t t = (s / width + 1) * width; t < layers * width; t++) {
            bool adjacent = t / width == s / width + 1;
            if (fixture_below(&seed, 100) >= (adjacent ? percent : skips ? percent / 2 : 0))
                continue;
            float w = (float)(1 + fixture_below(&seed, levels)) / (float)levels;
            float sign = fixture_below(&seed, 2) ? 1 : -1;
            list[count++] = (circuit_edge){.source = s,
                                           .target = t,
                                           .standardised = sign * w,
                                           .weight = w,
                                           .removal = (float)fixture_below(&seed, 1000) / 100};
        }
    circuit *c = NULL;
    cr_assert_eq(circuit_build(layers, features, list, count, STRENGTH_REMOVAL, &c, NULL),
                 STATUS_OK);
    return c;
}

#endif
