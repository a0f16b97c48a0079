#include "src/wiring/response.h"

#include "solver/parallel.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Scaled, the matrix has a trace of at most half the features (sd / (sd + their root mean square),
 * summed) and, from the penalty, no eigenvalue near zero unless one feature is far louder than
 * all: a few large eigenvalues and a well-conditioned rest, which take few steps. The sample's
 * pairs take 10 or 11; 1,000 features made of 64 factors, or of one ramp, or of overlapping
 * windows, with standard deviations spread by up to e^4, take up to 29. Whoever needs MOST_STEPS
 * has numbers that no answer comes from, and is told so. */
enum { LANES = RESPONSE_LANES, MOST_STEPS = 200 };
static const double enough = 1e-3; /* residual, of the right-hand side's norm */

typedef struct ridge {
    const matrix *z;
    const double *mean, *kappa, *scale; /* by feature; scale: 1 / (var + kappa), 0: constant */
} ridge;

/* One thread's vectors: features (samples) x LANES. */
typedef struct lanes {
    double *right, *at, *residual, *direction, *image; /* features */
    double *sample;                                    /* samples */
} lanes;

/* image = (Z'Z / M - mean mean' + kappa) direction */
static void apply(const ridge *r, const lanes *v)
{
    const matrix *z = r->z;
    double centre[LANES] = {0};
    memset(v->sample, 0, (size_t)z->rows * LANES * sizeof *v->sample);
    for (uint32_t k = 0; k < z->cols; k++) {
        const double *p = v->direction + (size_t)k * LANES;
        for (int l = 0; l < LANES; l++)
            centre[l] += r->mean[k] * p[l];
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            for (int l = 0; l < LANES; l++)
                v->sample[(size_t)z->row[e] * LANES + (size_t)l] += (double)z->value[e] * p[l];
    }
    for (uint32_t k = 0; k < z->cols; k++) {
        double *out = v->image + (size_t)k * LANES;
        double sum[LANES] = {0};
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            for (int l = 0; l < LANES; l++)
                sum[l] += (double)z->value[e] * v->sample[(size_t)z->row[e] * LANES + (size_t)l];
        for (int l = 0; l < LANES; l++)
            out[l] = sum[l] / z->rows - r->mean[k] * centre[l] +
                     r->kappa[k] * v->direction[(size_t)k * LANES + (size_t)l];
    }
}

static void products(const ridge *r, const double *a, const double *b, bool scaled,
                     double out[LANES])
{
    for (int l = 0; l < LANES; l++)
        out[l] = 0;
    for (uint32_t k = 0; k < r->z->cols; k++)
        for (int l = 0; l < LANES; l++) {
            size_t i = (size_t)k * LANES + (size_t)l;
            out[l] += a[i] * b[i] * (scaled ? r->scale[k] : 1);
        }
}

typedef enum outcome { SOLVED, CANCELLED, NOT_SOLVED } outcome;

/* Solves for v->at, from zero. */
static outcome solve(const ridge *r, const lanes *v, const atomic_bool *cancel)
{
    size_t cells = (size_t)r->z->cols * LANES;
    memset(v->at, 0, cells * sizeof *v->at);
    memcpy(v->residual, v->right, cells * sizeof *v->residual);
    double first[LANES], rho[LANES];
    products(r, v->right, v->right, false, first);
    products(r, v->residual, v->residual, true, rho);
    for (size_t i = 0; i < cells; i++)
        v->direction[i] = v->residual[i] * r->scale[i / LANES];
    for (int step = 0; step < MOST_STEPS; step++) {
        double curve[LANES], left[LANES], next[LANES], move[LANES];
        bool done = true;
        if (cancel && atomic_load(cancel))
            return CANCELLED;
        apply(r, v);
        products(r, v->direction, v->image, false, curve);
        for (int l = 0; l < LANES; l++)
            move[l] = curve[l] > 0 ? rho[l] / curve[l] : 0;
        for (size_t i = 0; i < cells; i++) {
            v->at[i] += move[i % LANES] * v->direction[i];
            v->residual[i] -= move[i % LANES] * v->image[i];
        }
        products(r, v->residual, v->residual, false, left);
        products(r, v->residual, v->residual, true, next);
        for (int l = 0; l < LANES; l++)
            done &= left[l] <= enough * enough * first[l];
        if (done)
            return SOLVED;
        for (size_t i = 0; i < cells; i++) {
            double turn = rho[i % LANES] > 0 ? next[i % LANES] / rho[i % LANES] : 0;
            v->direction[i] = v->residual[i] * r->scale[i / LANES] + turn * v->direction[i];
        }
        memcpy(rho, next, sizeof rho);
    }
    return NOT_SOLVED;
}

typedef struct job {
    const stream *s;
    const atomic_bool *cancel;
    ridge r;
    float *out;
    atomic_uint next;
    atomic_bool short_of_memory, not_solved;
} job;

/* The right-hand side: the covariance of what is added and each feature. */
static void load(const job *j, uint32_t first, uint32_t count, const lanes *v)
{
    const matrix *z = &j->s->source;
    size_t width = j->s->width;
    double mean[LANES] = {0};
    for (size_t i = 0; i < j->s->rows; i++)
        for (uint32_t l = 0; l < count; l++)
            mean[l] += (double)j->s->added[i * width + first + l] / z->rows;
    memset(v->right, 0, (size_t)z->cols * LANES * sizeof *v->right);
    for (uint32_t k = 0; k < z->cols; k++) {
        double *sum = v->right + (size_t)k * LANES;
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            for (uint32_t l = 0; l < count; l++)
                sum[l] += (double)z->value[e] *
                          ((double)j->s->added[z->row[e] * width + first + l] - mean[l]) / z->rows;
        for (uint32_t l = 0; l < count && j->r.scale[k] == 0; l++)
            sum[l] = 0;
    }
}

static void run(void *user, unsigned thread)
{
    (void)thread;
    job *j = user;
    const matrix *z = &j->s->source;
    size_t cells = (size_t)z->cols * LANES;
    double *all = mem_try(5 * cells + (size_t)z->rows * LANES, sizeof *all);
    if (!all) {
        atomic_store(&j->short_of_memory, true);
        return;
    }
    lanes v = {
        all, all + cells, all + 2 * cells, all + 3 * cells, all + 4 * cells, all + 5 * cells};
    uint32_t width = j->s->width;
    for (uint32_t first; (first = atomic_fetch_add(&j->next, LANES)) < width;) {
        uint32_t count = width - first < LANES ? width - first : LANES;
        load(j, first, count, &v);
        outcome came = solve(&j->r, &v, j->cancel);
        if (came == NOT_SOLVED)
            atomic_store(&j->not_solved, true);
        if (came != SOLVED)
            break;
        for (size_t k = 0; k < z->cols; k++)
            for (uint32_t l = 0; l < count; l++)
                j->out[k * width + first + l] = (float)v.at[k * LANES + l];
    }
    free(all);
}

/* Means and penalties by feature, one array: mean, kappa, scale. */
static double *prepare(const matrix *z)
{
    double *all = mem_zero(3 * (size_t)z->cols, sizeof *all);
    double *mean = all, *kappa = all + z->cols, *scale = all + 2 * (size_t)z->cols;
    double total = 0;
    uint32_t varying = 0;
    for (uint32_t k = 0; k < z->cols; k++) {
        double sum = 0, squares = 0;
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++) {
            sum += (double)z->value[e];
            squares += (double)z->value[e] * (double)z->value[e];
        }
        mean[k] = sum / z->rows;
        double variance = squares / z->rows - mean[k] * mean[k];
        scale[k] = variance > 1e-12 * squares / z->rows ? variance : 0;
        total += scale[k];
        varying += scale[k] > 0;
    }
    for (uint32_t k = 0; k < z->cols; k++)
        if (scale[k] > 0) {
            kappa[k] = sqrt(scale[k] * total / varying);
            scale[k] = 1 / (scale[k] + kappa[k]);
        } else {
            kappa[k] = 1; /* its right-hand side is zero, and so is its answer */
        }
    return all;
}

status response_measure(const stream *s, unsigned threads, const atomic_bool *cancel, float *out,
                        error *err)
{
    size_t cols = s->source.cols;
    if (s->rows == 0) {
        memset(out, 0, cols * s->width * sizeof *out);
        return STATUS_OK;
    }
    double *features = prepare(&s->source);
    job j = {.s = s,
             .cancel = cancel,
             .r = {&s->source, features, features + cols, features + 2 * cols},
             .out = out};
    parallel_run(parallel_threads(threads), run, &j);
    free(features);
    if (cancel && atomic_load(cancel))
        return error_set(err, STATUS_INTERRUPTED, "cancelled");
    if (atomic_load(&j.not_solved))
        return error_set(err, STATUS_INPUT,
                         "%d steps of conjugate gradients do not find how what the model adds to "
                         "the stream follows the features",
                         MOST_STEPS);
    return atomic_load(&j.next) < s->width && atomic_load(&j.short_of_memory)
               ? error_memory(err, "a layer's answers in the residual stream")
               : STATUS_OK;
}
