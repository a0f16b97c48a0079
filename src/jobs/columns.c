#include "src/jobs/columns.h"

#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_LEAST = 256, SLICE_LEAST = 64 };

/* A sorted run, read from its beginning. */
typedef struct run {
    uint64_t offset, left; /* entries in the file, not yet in memory */
    activation *slice;     /* this run's part of the buffer; NULL: all of it is in memory */
    const activation *next, *end;
} run;

struct columns {
    uint32_t cols;
    uint32_t at; /* the next column to hand out */
    const char *spill;
    int file; /* -1: none yet */
    uint64_t written;
    activation *incoming, *sorted; /* capacity entries each */
    size_t capacity, held, slice;
    size_t *begin; /* cols + 1: of the counting sort */
    run *runs;
    size_t run_count;
    uint32_t *row; /* the column in hand */
    float *value;
    size_t room;
};

status columns_create(columns **out, uint32_t cols, uint64_t memory, const char *spill, error *err)
{
    columns *c = mem_zero(1, sizeof *c);
    c->cols = cols;
    c->spill = spill;
    c->file = -1;
    uint64_t capacity = memory / 2 / sizeof(activation);
    c->capacity = capacity < RUN_LEAST ? RUN_LEAST : (size_t)capacity;
    c->incoming = mem_try(c->capacity, sizeof *c->incoming);
    c->sorted = mem_try(c->capacity, sizeof *c->sorted);
    c->begin = mem_try((size_t)cols + 1, sizeof *c->begin);
    if (!c->incoming || !c->sorted || !c->begin) {
        columns_free(c);
        *out = NULL;
        return error_memory(err, "an import's buffers");
    }
    *out = c;
    return STATUS_OK;
}

void columns_free(columns *c)
{
    if (!c)
        return;
    if (c->file >= 0)
        close(c->file);
    free(c->incoming);
    free(c->sorted);
    free(c->begin);
    free(c->runs);
    free(c->row);
    free(c->value);
    free(c);
}

static status open_spill(columns *c, error *err)
{
    c->file = open(c->spill, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (c->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        char *name = mem_format("%s/run-XXXXXX", c->spill); /* a file system without O_TMPFILE */
        c->file = mkostemp(name, O_CLOEXEC);
        if (c->file >= 0)
            unlink(name);
        free(name);
    }
    return c->file < 0 ? error_errno(err, "cannot create a temporary file in '%s'", c->spill)
                       : STATUS_OK;
}

static status write_run(columns *c, error *err)
{
    const char *bytes = (const char *)c->sorted;
    size_t left = c->held * sizeof *c->sorted;
    off_t at = (off_t)(c->written * sizeof *c->sorted);
    while (left > 0) {
        ssize_t put = pwrite(c->file, bytes, left, at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_errno(err, "cannot write %zu bytes to a temporary file in '%s'", left,
                               c->spill);
        bytes += put;
        at += put;
        left -= (size_t)put;
    }
    c->written += c->held;
    return STATUS_OK;
}

/* incoming -> sorted, by column. */
static void sort_by_column(columns *c)
{
    memset(c->begin, 0, ((size_t)c->cols + 1) * sizeof *c->begin);
    for (size_t i = 0; i < c->held; i++)
        c->begin[c->incoming[i].col + 1]++;
    for (size_t k = 0; k < c->cols; k++)
        c->begin[k + 1] += c->begin[k];
    for (size_t i = 0; i < c->held; i++)
        c->sorted[c->begin[c->incoming[i].col]++] = c->incoming[i];
}

static run *add_run(columns *c)
{
    size_t n = c->run_count;
    if ((n & (n - 1)) == 0)
        c->runs = mem_grow(c->runs, n ? 2 * n : 1, sizeof *c->runs);
    c->runs[n] = (run){0};
    c->run_count++;
    return &c->runs[n];
}

static status spill_run(columns *c, error *err)
{
    status code = c->file < 0 ? open_spill(c, err) : STATUS_OK;
    if (code != STATUS_OK)
        return code;
    sort_by_column(c);
    run *r = add_run(c);
    r->offset = c->written;
    r->left = c->held;
    code = write_run(c, err);
    c->held = 0;
    return code;
}

status columns_room(columns *c, activation **at, size_t *capacity, error *err)
{
    if (c->held == c->capacity) {
        status code = spill_run(c, err);
        if (code != STATUS_OK)
            return code;
    }
    *at = c->incoming + c->held;
    *capacity = c->capacity - c->held;
    return STATUS_OK;
}

void columns_added(columns *c, size_t count)
{
    c->held += count;
}

status columns_finish(columns *c, error *err)
{
    if (c->run_count == 0) { /* everything fits */
        sort_by_column(c);
        run *r = add_run(c);
        r->next = c->sorted;
        r->end = c->sorted + c->held;
        return STATUS_OK;
    }
    if (c->held > 0) {
        status code = spill_run(c, err);
        if (code != STATUS_OK)
            return code;
    }
    /* the buffer is free now: each run reads through a slice of it */
    c->slice = c->capacity / c->run_count;
    if (c->slice < SLICE_LEAST) {
        c->slice = SLICE_LEAST;
        free(c->incoming);
        c->incoming = mem_try(c->run_count * c->slice, sizeof *c->incoming);
        if (!c->incoming)
            return error_memory(err, "an import's buffers");
    }
    for (size_t i = 0; i < c->run_count; i++)
        c->runs[i].slice = c->incoming + i * c->slice;
    return STATUS_OK;
}

static status refill(columns *c, run *r, error *err)
{
    size_t n = r->left < c->slice ? (size_t)r->left : c->slice;
    char *bytes = (char *)r->slice;
    size_t left = n * sizeof *r->slice;
    off_t at = (off_t)(r->offset * sizeof *r->slice);
    while (left > 0) {
        ssize_t got = pread(c->file, bytes, left, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_errno(err, "cannot read a temporary file in '%s'", c->spill);
        bytes += got;
        at += got;
        left -= (size_t)got;
    }
    r->next = r->slice;
    r->end = r->slice + n;
    r->offset += n;
    r->left -= n;
    return STATUS_OK;
}

static status grow_column(columns *c, error *err)
{
    size_t room = c->room ? 2 * c->room : 1024;
    uint32_t *row = realloc(c->row, room * sizeof *row);
    if (!row)
        return error_memory(err, "a feature's activations");
    c->row = row;
    float *value = realloc(c->value, room * sizeof *value);
    if (!value)
        return error_memory(err, "a feature's activations");
    c->value = value;
    c->room = room;
    return STATUS_OK;
}

/* Appends a run's entries of the present column. */
static status gather(columns *c, run *r, size_t *count, error *err)
{
    for (;;) {
        if (r->next == r->end) {
            if (r->left == 0)
                return STATUS_OK;
            status code = refill(c, r, err);
            if (code != STATUS_OK)
                return code;
        }
        if (r->next->col != c->at)
            return STATUS_OK;
        if (*count == c->room) {
            status code = grow_column(c, err);
            if (code != STATUS_OK)
                return code;
        }
        c->row[*count] = r->next->row;
        c->value[*count] = r->next->value;
        ++*count;
        r->next++;
    }
}

/* By row, then value: the sum of a place's entries is then the same whatever their order was. */
static int by_row(const void *left, const void *right)
{
    const activation *a = left, *b = right;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

/* For files that do not list rows in order, or name a place twice. */
static status put_in_order(columns *c, size_t *count, error *err)
{
    activation *entry = mem_try(*count, sizeof *entry);
    if (!entry)
        return error_memory(err, "a feature's activations");
    for (size_t i = 0; i < *count; i++)
        entry[i] = (activation){c->row[i], c->at, c->value[i]};
    qsort(entry, *count, sizeof *entry, by_row);
    status code = STATUS_OK;
    size_t kept = 0;
    for (size_t i = 0, j; i < *count && code == STATUS_OK; i = j) {
        double sum = 0;
        for (j = i; j < *count && entry[j].row == entry[i].row; j++)
            sum += (double)entry[j].value;
        float value = (float)sum;
        if (!isfinite(value))
            code = error_set(err, STATUS_INPUT,
                             "row %u, column %u: its %zu entries sum to more than a float32 holds",
                             entry[i].row, c->at, j - i);
        c->row[kept] = entry[i].row;
        c->value[kept] = value;
        kept += value != 0;
    }
    free(entry);
    *count = kept;
    return code;
}

status columns_next(columns *c, column *out, error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < c->run_count; i++) {
        status code = gather(c, &c->runs[i], &count, err);
        if (code != STATUS_OK)
            return code;
    }
    bool ordered = true;
    for (size_t i = 1; i < count && ordered; i++)
        ordered = c->row[i - 1] < c->row[i];
    if (!ordered) {
        status code = put_in_order(c, &count, err);
        if (code != STATUS_OK)
            return code;
    }
    *out = (column){c->at++, (uint32_t)count, c->row, c->value};
    return STATUS_OK;
}
