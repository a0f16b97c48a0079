#include "src/jobs/refit_permute.h"

#include "src/base/memory.h"
#include "src/base/random.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP = 16 }; /* documents of about equal length, at least so many */
static const double about_equal = 1.1;

struct permuter {
    const matrix *y;
    uint32_t documents, places;
    uint32_t *first;     /* documents + 1: where each begins in `sample` */
    uint32_t *sample;    /* samples, document by document */
    uint32_t *by_length; /* places: the documents that have samples, shortest first */
    uint32_t *meets;     /* places: whose document goes there */
    uint32_t *from;      /* samples: whose values each sample gets */
    uint64_t *row_start; /* of a sparse y: its entries by samples */
    uint32_t *row_col;
    float *row_value;
    uint64_t room; /* entries that `out` has room for */
    matrix out;
};

static uint32_t length_of(const permuter *p, uint32_t document)
{
    return p->first[document + 1] - p->first[document];
}

/* Samples document by document; from[] is not in use yet, and no shorter than the documents. */
static void sort_samples(permuter *p, const uint32_t *document)
{
    uint32_t *at = p->from;
    for (uint32_t i = 0; i < p->y->rows; i++)
        p->first[document[i] + 1]++;
    for (uint32_t d = 0; d < p->documents; d++)
        p->first[d + 1] += p->first[d];
    memcpy(at, p->first, p->documents * sizeof *at);
    for (uint32_t i = 0; i < p->y->rows; i++)
        p->sample[at[document[i]]++] = i;
}

static int shorter(const void *left, const void *right, void *user)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint32_t x = length_of(user, a), y = length_of(user, b);
    return x != y ? (x > y) - (x < y) : (a > b) - (a < b);
}

static void by_samples(permuter *p)
{
    const matrix *y = p->y;
    uint64_t *next = p->row_start + 1; /* of row i: where it begins, and once filled, ends */
    for (uint64_t e = 0; e < y->col_start[y->cols]; e++)
        next[y->row[e] + 1]++;
    for (uint32_t i = 1; i < y->rows; i++)
        next[i] += next[i - 1];
    for (uint32_t k = 0; k < y->cols; k++)
        for (uint64_t e = y->col_start[k]; e < y->col_start[k + 1]; e++) {
            uint64_t at = next[y->row[e]]++;
            p->row_col[at] = k;
            p->row_value[at] = y->value[e];
        }
}

status permuter_create(permuter **out, const matrix *y, const uint32_t *document,
                       uint32_t documents, error *err)
{
    permuter *p = mem_zero(1, sizeof *p);
    *out = NULL;
    p->y = y;
    p->documents = documents;
    p->room = y->dense ? 0 : y->col_start[y->cols] + 1;
    p->first = calloc((size_t)documents + 2, sizeof *p->first);
    p->sample = mem_try((size_t)y->rows + 1, sizeof *p->sample);
    p->by_length = mem_try((size_t)documents + 1, sizeof *p->by_length);
    p->meets = mem_try((size_t)documents + 1, sizeof *p->meets);
    p->from = mem_try((size_t)y->rows + 1, sizeof *p->from);
    p->row_start = calloc((size_t)y->rows + 2, sizeof *p->row_start);
    p->row_col = mem_try(p->room, sizeof *p->row_col);
    p->row_value = mem_try(p->room, sizeof *p->row_value);
    status code = p->first && p->sample && p->by_length && p->meets && p->from && p->row_start &&
                          p->row_col && p->row_value
                      ? matrix_create(&p->out, y->rows, y->cols, y->dense, p->room, err)
                      : error_memory(err, "a permutation of the documents");
    if (code != STATUS_OK) {
        permuter_free(p);
        return code;
    }
    sort_samples(p, document);
    for (uint32_t d = 0; d < documents; d++)
        if (length_of(p, d) > 0)
            p->by_length[p->places++] = d;
    qsort_r(p->by_length, p->places, sizeof *p->by_length, shorter, p);
    if (!y->dense)
        by_samples(p);
    *out = p;
    return STATUS_OK;
}

void permuter_free(permuter *p)
{
    if (!p)
        return;
    free(p->first);
    free(p->sample);
    free(p->by_length);
    free(p->meets);
    free(p->from);
    free(p->row_start);
    free(p->row_col);
    free(p->row_value);
    matrix_release(&p->out);
    free(p);
}

/* One cycle through the places first .. end-1 (Sattolo 1986). */
static void draw_cycle(uint32_t *meets, uint32_t first, uint32_t end, uint64_t *stream)
{
    for (uint32_t i = first; i < end; i++)
        meets[i] = i;
    for (uint32_t i = end - 1; i > first; i--) {
        uint32_t other = first + random_below(stream, i - first);
        uint32_t swap = meets[i];
        meets[i] = meets[other];
        meets[other] = swap;
    }
}

/* The end of the group that begins at place `first`; what is left behind it is none or a group. */
static uint32_t group_end(const permuter *p, uint32_t first)
{
    uint32_t end = first;
    double longest = about_equal * length_of(p, p->by_length[first]);
    while (end < p->places && (end - first < GROUP || length_of(p, p->by_length[end]) <= longest))
        end++;
    return p->places - end < GROUP ? p->places : end;
}

static void draw(permuter *p, uint64_t *stream)
{
    for (uint32_t first = 0, end; first < p->places; first = end) {
        end = group_end(p, first);
        draw_cycle(p->meets, first, end, stream);
    }
    for (uint32_t place = 0; place < p->places; place++) {
        uint32_t to = p->by_length[place], with = p->by_length[p->meets[place]];
        uint32_t length = length_of(p, with);
        uint32_t begin = random_below(stream, length);
        for (uint32_t k = 0; k < length_of(p, to); k++)
            p->from[p->sample[p->first[to] + k]] =
                p->sample[p->first[with] + (begin + k) % length];
    }
}

static void gather_dense(permuter *p)
{
    const matrix *y = p->y;
    for (uint32_t c = 0; c < y->cols; c++)
        for (uint32_t i = 0; i < y->rows; i++)
            p->out.value[(size_t)c * y->rows + i] = y->value[(size_t)c * y->rows + p->from[i]];
}

static status make_room(permuter *p, uint64_t entries, error *err)
{
    if (entries <= p->room)
        return STATUS_OK;
    matrix_release(&p->out);
    p->room = entries;
    return matrix_create(&p->out, p->y->rows, p->y->cols, false, entries, err);
}

static status gather_sparse(permuter *p, error *err)
{
    uint64_t entries = 0;
    for (uint32_t i = 0; i < p->y->rows; i++)
        entries += p->row_start[p->from[i] + 1] - p->row_start[p->from[i]];
    status code = make_room(p, entries, err);
    if (code != STATUS_OK)
        return code;
    /* start[c + 1]: how many entries column c has, then where it begins, then where it ends */
    uint64_t *start = p->out.col_start;
    memset(start, 0, ((size_t)p->y->cols + 1) * sizeof *start);
    for (uint32_t i = 0; i < p->y->rows; i++)
        for (uint64_t e = p->row_start[p->from[i]]; e < p->row_start[p->from[i] + 1]; e++)
            start[p->row_col[e] + 1]++;
    uint64_t before = 0;
    for (uint32_t c = 0; c < p->y->cols; c++) {
        uint64_t count = start[c + 1];
        start[c + 1] = before;
        before += count;
    }
    for (uint32_t i = 0; i < p->y->rows; i++)
        for (uint64_t e = p->row_start[p->from[i]]; e < p->row_start[p->from[i] + 1]; e++) {
            uint64_t to = start[p->row_col[e] + 1]++;
            p->out.row[to] = i;
            p->out.value[to] = p->row_value[e];
        }
    return STATUS_OK;
}

status permuter_next(permuter *p, uint64_t stream, const matrix **out, error *err)
{
    status code = STATUS_OK;
    draw(p, &stream);
    if (p->y->dense)
        gather_dense(p);
    else
        code = gather_sparse(p, err);
    *out = &p->out;
    return code;
}
