/* Entries in any order become the same columns, whatever the buffer holds; pooling and statistics
 * against their definitions. */
#include "src/jobs/columns.h"
#include "src/jobs/pooling.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ROWS = 300, COLS = 17, ENTRIES = 6000 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Entries all over the matrix, many places more than once. Quarters: sums are exact. */
static void make_entries(activation *entry, float sum[COLS][ROWS], bool by_row)
{
    uint32_t state = 7;
    memset(sum, 0, sizeof(float[COLS][ROWS]));
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t row = by_row ? i * ROWS / ENTRIES : next_random(&state) % ROWS;
        uint32_t col = next_random(&state) % COLS;
        if (col == 5)
            col = 6; /* one column stays empty */
        float value = (float)(next_random(&state) % 9) / 4 - 1;
        entry[i] = (activation){row, col, value};
        sum[col][row] += value;
    }
}

static void check_columns(const activation *entry, float sum[COLS][ROWS], uint64_t memory,
                          size_t step)
{
    error err = {0};
    columns *c;
    cr_assert_eq(columns_create(&c, COLS, memory, "/tmp", &err), STATUS_OK, "%s", err.message);
    for (size_t done = 0; done < ENTRIES;) {
        activation *at;
        size_t room;
        cr_assert_eq(columns_room(c, &at, &room, &err), STATUS_OK, "%s", err.message);
        size_t n = room < step ? room : step;
        n = n < ENTRIES - done ? n : ENTRIES - done;
        memcpy(at, entry + done, n * sizeof *at);
        columns_added(c, n);
        done += n;
    }
    cr_assert_eq(columns_finish(c, &err), STATUS_OK, "%s", err.message);
    for (uint32_t k = 0; k < COLS; k++) {
        column got;
        cr_assert_eq(columns_next(c, &got, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(got.index, k);
        uint32_t i = 0;
        for (uint32_t r = 0; r < ROWS; r++) {
            if (sum[k][r] == 0)
                continue;
            cr_assert(i < got.count && got.row[i] == r && got.value[i] == sum[k][r]);
            i++;
        }
        cr_assert_eq(i, got.count);
    }
    columns_free(c);
}

Test(jobs_columns, do_not_depend_on_the_buffer)
{
    static activation entry[ENTRIES];
    static float sum[COLS][ROWS];
    static const uint64_t memories[] = {0, 10000, 50000, 1 << 20};
    for (int by_row = 0; by_row < 2; by_row++) {
        make_entries(entry, sum, by_row);
        for (int m = 0; m < 4; m++) {
            check_columns(entry, sum, memories[m], 1);
            check_columns(entry, sum, memories[m], 1000);
        }
    }
}

static long peak_kibibytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

Test(jobs_columns, memory_stays_bounded)
{
    enum { MANY = 4000000, WIDE = 1000, MEMORY = 4 << 20 };
    error err = {0};
    columns *c;
    long before = peak_kibibytes();
    cr_assert_eq(columns_create(&c, WIDE, MEMORY, "/tmp", &err), STATUS_OK);
    for (uint32_t done = 0; done < MANY;) {
        activation *at;
        size_t room;
        cr_assert_eq(columns_room(c, &at, &room, &err), STATUS_OK, "%s", err.message);
        for (size_t i = 0; i < room && done < MANY; i++, done++) {
            at[i] = (activation){done / WIDE, done % WIDE, 1};
            columns_added(c, 1);
        }
    }
    cr_assert_eq(columns_finish(c, &err), STATUS_OK, "%s", err.message);
    for (uint32_t k = 0; k < WIDE; k++) {
        column got;
        cr_assert_eq(columns_next(c, &got, &err), STATUS_OK, "%s", err.message);
        cr_assert(got.count == MANY / WIDE && got.row[got.count - 1] == MANY / WIDE - 1);
    }
    columns_free(c);
    cr_expect_lt(peak_kibibytes() - before, 2 * MEMORY / 1024, "%ld KiB more than before",
                 peak_kibibytes() - before);
}

Test(jobs_columns, sums_beyond_float32_are_refused)
{
    error err = {0};
    columns *c;
    activation *at;
    size_t room;
    column got;
    cr_assert_eq(columns_create(&c, 2, 0, "/tmp", &err), STATUS_OK);
    cr_assert_eq(columns_room(c, &at, &room, &err), STATUS_OK);
    at[0] = at[1] = (activation){4, 1, 3e38f};
    columns_added(c, 2);
    cr_assert_eq(columns_finish(c, &err), STATUS_OK);
    cr_assert_eq(columns_next(c, &got, &err), STATUS_OK);
    cr_assert_eq(columns_next(c, &got, &err), STATUS_INPUT);
    cr_expect_str_eq(err.message,
                     "row 4, column 1: its 2 entries sum to more than a float32 holds");
    columns_free(c);
}

Test(jobs_columns, a_full_disk_is_the_machines_fault)
{
    error err = {0};
    columns *c;
    activation *at;
    size_t room;
    cr_assert_eq(columns_create(&c, 1, 0, "/proc", &err), STATUS_OK);
    cr_assert_eq(columns_room(c, &at, &room, &err), STATUS_OK);
    memset(at, 0, room * sizeof *at);
    columns_added(c, room);
    cr_assert_neq(columns_room(c, &at, &room, &err), STATUS_OK);
    cr_expect_not_null(strstr(err.message, "cannot create a temporary file in '/proc'"), "%s",
                       err.message);
    columns_free(c);
}

Test(jobs_columns, pooling_counts_the_zeros)
{
    /* documents of 3, 0, 2, 1 and 2 rows */
    static const uint32_t start[] = {0, 3, 3, 5, 6, 8};
    static const uint32_t rows[] = {0, 1, 2, 3, 5};
    static const float values[] = {-4, -2, -3, -1, 6};
    static const struct {
        manifest_pool how;
        float pooled[5];
    } cases[] = {{POOL_MAX, {-2, 0, 0, 6, 0}},
                 {POOL_MEAN, {-3, 0, -0.5, 6, 0}},
                 {POOL_LAST, {-3, 0, 0, 6, 0}}};
    for (int i = 0; i < 3; i++) {
        uint32_t row[5];
        float value[5];
        memcpy(row, rows, sizeof row);
        memcpy(value, values, sizeof value);
        column c = {0, 5, row, value};
        pooling_apply(&c, cases[i].how, start, 5);
        uint32_t at = 0;
        for (uint32_t d = 0; d < 5; d++) {
            if (cases[i].pooled[d] == 0)
                continue;
            cr_assert(at < c.count && row[at] == d && value[at] == cases[i].pooled[d],
                      "pooling %d, document %u", i, d);
            at++;
        }
        cr_expect_eq(at, c.count);
    }
}

Test(jobs_columns, statistics_follow_their_definitions)
{
    uint32_t row[] = {1, 4, 5, 9};
    float value[] = {2, -1, 3, 2};
    column c = {0, 4, row, value};
    feature_stats s;
    pooling_stats(&c, 10, &s);
    cr_expect_eq(s.active, 4);
    cr_expect_float_eq(s.mean, 0.6, 1e-15);
    cr_expect_float_eq(s.sd, sqrt((1.96 * 2 + 2.56 + 5.76 + 6 * 0.36) / 10), 1e-15);
    cr_expect_float_eq(s.active_mean, 1.5, 1e-15);
    cr_expect_eq(s.minimum, -1);
    cr_expect_eq(s.maximum, 3);
    cr_expect_eq(s.histogram[0], 1);
    cr_expect_eq(s.histogram[FEATURE_BINS - 1], 1);
    cr_expect_eq(s.histogram[FEATURE_BINS * 3 / 4], 2);

    c.count = 0;
    pooling_stats(&c, 10, &s);
    cr_expect(s.active == 0 && s.mean == 0 && s.sd == 0 && s.minimum == 0 && s.maximum == 0);

    float same[] = {5, 5, 5, 5};
    c = (column){0, 4, row, same};
    pooling_stats(&c, 4, &s);
    cr_expect(s.sd == 0 && s.minimum == 5 && s.maximum == 5 && s.histogram[0] == 4);
    pooling_stats(&c, 5, &s);
    cr_expect(s.minimum == 0 && s.maximum == 5);
}
