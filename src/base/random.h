/* Random numbers that are the same on every machine: splitmix64 (Steele, Lea and Flood 2014), in
 * whole numbers only. A stream is one uint64_t, seeded with any number. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* 64 even bits. */
static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. n-1, n > 0; the bias is below n / 2^64. */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(random_bits(state) % n);
}

/* A stream of its own for what `a` and `b` number (a row of a layer, a resample), so that one does
 * not depend on how much of another was drawn. */
static inline uint64_t random_stream(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = seed;
    state = random_bits(&state) ^ a;
    state = random_bits(&state) ^ b;
    return random_bits(&state);
}

/* The numbers 0 .. count-1 in random order (Fisher and Yates). */
static inline void random_order(uint64_t *state, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = random_below(state, i);
        uint32_t swap = order[i - 1];
        order[i - 1] = order[other];
        order[other] = swap;
    }
}

#endif
