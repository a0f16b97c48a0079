/* The inner loops that take nearly all of the time, behind plain functions.
 *
 * Each exists three times: for AVX-512, for AVX2 with FMA, and in plain C, which the tests hold
 * the others against. The machine is asked once, at run time, so one program runs everywhere.
 * All are deterministic: a result depends on its arguments alone, so every thread, block and
 * lane gets the same bits (on one kind of machine: the three differ in rounding). */
#ifndef SOLVER_KERNELS_H
#define SOLVER_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Targets that share one pass over a sparse layer: sixteen floats are one cache line. In a dense
 * layer more of them share one, so that its columns stay long enough in a core. */
enum { SWEEP_LANES = 16, WIDE_LANES = 96 };

/* A column as a sweep sees it (sweep.c says what the figures promise). */
typedef struct sweep_column {
    float mean;
    float penalty; /* infinite: the column is constant */
    float norm;
    float error; /* of a product with a residual of unit length */
} sweep_column;

typedef struct sweep_layer {
    const uint64_t *start; /* as in matrix.h */
    const uint32_t *row;
    const float *value;
    sweep_column *column;
} sweep_layer;

typedef struct sweep_lanes {
    float *residual; /* rows x SWEEP_LANES, 64-aligned, each of unit length or zero */
    float reach;     /* columns with norm * reach < penalty are skipped */
    _Alignas(64) float sum[SWEEP_LANES];
    _Alignas(64) float limit[SWEEP_LANES];
} sweep_lanes;

typedef struct sweep_hit {
    uint32_t column, lanes; /* bit t: lane t */
} sweep_hit;

/* Products of centred columns are formed in tiles of so many columns by so many, their float
 * partial sums moved to a double after so many rows. So many rows lie apart by a line more, as
 * columns that are a power of two apart would share the sets of a cache. */
enum { TILE_A = 4, TILE_B = 6, TILE_ROWS = 1024, TILE_STRIDE = TILE_ROWS + 16 };

/* Some of the PICK_GROUP floats that begin at group * PICK_GROUP. */
enum { PICK_GROUP = 16 };
typedef struct kernel_pick {
    uint16_t group, mask;
} kernel_pick;

typedef struct kernels {
    const char *name;
    /* The columns in [first, last) with !(|z'r - mean * sum| <= limit * penalty - error) in some
     * lane, and in which ones; returns their number, at most last - first. Every product is the
     * sum of two chains or more. */
    size_t (*sweep)(const sweep_layer *z, uint32_t first, uint32_t last, const sweep_lanes *lanes,
                    sweep_hit *hits);
    /* Copies what is picked of a row, one after the other. Up to PICK_GROUP - 1 floats after the
     * last may be overwritten. */
    void (*pick)(float *out, const float *row, const kernel_pick *picks, size_t count);
    /* sum of z[i] * v[i], in chains of doubles */
    double (*dot)(const float *z, const double *v, size_t count);
    /* sum and sum of squares, in chains */
    void (*moments)(const double *v, size_t count, double *sum, double *squares);
    /* g[i] -= step * row[i] */
    void (*subtract)(double *g, const float *row, double step, size_t count);
    void (*subtract_float)(float *g, const float *row, float step, size_t count);
    /* the first k in [from, count) with |g[k]| > limit * penalty[k], or count */
    size_t (*next_above)(const double *g, const double *penalty, double limit, size_t from,
                         size_t count);
    /* out[q] = (float)((sums[q] - rows * (mean * means[q])) * (inverse * inverses[q])), in this
     * order and without fused operations; zeroes sums */
    void (*finish_row)(float *out, double *sums, double rows, double mean, const double *means,
                       double inverse, const double *inverses, size_t count);
    /* out[c] = sum of (a[c][i] - mean_a[c]) * (b[i] - mean_b), in float partial sums of bounded
     * length; each of the four as if it were alone */
    void (*centred_dots)(const float *const a[TILE_A], const float mean_a[TILE_A], const float *b,
                         float mean_b, size_t count, double out[TILE_A]);
    /* The same by tiles, with the same bits, on columns that were centred before, at most
     * TILE_ROWS of a row at a time: out[a * TILE_B + b] += what these rows add */
    void (*centred_tile)(const float *const a[TILE_A], const float *const b[TILE_B], size_t count,
                         double *out);
    /* out[i] = in[i] - mean */
    void (*centre)(float *out, const float *in, float mean, size_t count);
} kernels;

/* The best the machine can run. */
const kernels *kernels_choose(void);

/* All that the machine can run, plain C first; NULL after the last. For tests. */
const kernels *const *kernels_all(void);

#endif
