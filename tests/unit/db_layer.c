/* Activations come back as they were stored, and blocks that lie are refused, never followed. */
#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(db_layer, .init = enter_folder, .fini = leave_folder);

enum { SAMPLES = 40, FEATURES = 11 };

static void set_column(matrix *m, uint32_t column, uint32_t feature)
{
    uint64_t at = m->col_start[column];
    for (uint32_t s = feature; s < SAMPLES && feature != 4; s += feature + 2, at++) {
        m->row[at] = s;
        m->value[at] = (float)(feature + 1) + (float)s / 64;
    }
    m->col_start[column + 1] = at;
}

/* Features first .. first + count - 1 of a layer whose feature 4 is never active. */
static matrix sparse(uint32_t first, uint32_t count)
{
    matrix m;
    OK(matrix_create(&m, SAMPLES, count, false, (uint64_t)count * SAMPLES, &err));
    m.col_start[0] = 0;
    for (uint32_t k = 0; k < count; k++)
        set_column(&m, k, first + k);
    return m;
}

/* The layer of FEATURES features in blocks of 3; its number of nonzeros is set at the end, as an
 * import does. */
static layer store_sparse(db *d)
{
    layer l = add_layer(d, "blocks.0", 0, false, FEATURES, SAMPLES, 0);
    for (uint32_t first = 0; first < FEATURES; first += 3) {
        uint32_t count = FEATURES - first < 3 ? FEATURES - first : 3;
        matrix m = sparse(first, count);
        l.nonzeros += matrix_entries(&m);
        OK(layer_add_block(d, l.id, first, &m, &err));
        matrix_release(&m);
    }
    OK(layer_set_totals(d, l.id, l.nonzeros, "hash", &err));
    return l;
}

static layer store_dense(db *d)
{
    layer l = add_layer(d, "mlp.1", 1, true, 5, SAMPLES, 0);
    for (uint32_t first = 0; first < 5; first += 2) {
        matrix m;
        uint32_t count = first == 4 ? 1 : 2;
        OK(matrix_create(&m, SAMPLES, count, true, 0, &err));
        for (uint32_t k = 0; k < count * SAMPLES; k++)
            m.value[k] = (float)(first * SAMPLES + k) - 7.5f;
        OK(layer_add_block(d, l.id, first, &m, &err));
        matrix_release(&m);
    }
    return l;
}

Test(db_layer, list_and_find)
{
    db *d = new_study();
    add_layer(d, "blocks.10.resid", 2, false, 7, 9, 3);
    add_layer(d, "embed", 0, false, 8, 9, 3);
    layer first = add_layer(d, "blocks.1.resid", 1, true, 4, 9, 36);
    layer_set set;
    OK(layer_list(d, &set, &err));
    cr_assert_eq(set.count, 3);
    cr_expect_str_eq(set.item[0].name, "embed");
    cr_expect_str_eq(set.item[1].name, "blocks.1.resid");
    cr_expect_eq(set.item[1].kind, LAYER_NEURON);
    cr_expect(set.item[1].dense);
    cr_expect_eq(set.item[1].features, 4);
    cr_expect_eq(set.item[1].nonzeros, 36);
    cr_expect_str_eq(set.item[1].source, "file.npz");
    cr_expect_str_eq(set.item[1].hash, "abc");
    cr_expect_eq(layer_find(&set, "embed"), &set.item[0]);
    cr_expect_eq(layer_find(&set, "emb"), &set.item[0]);
    cr_expect_eq(layer_find(&set, ".10"), &set.item[2]);
    cr_expect_eq(layer_find(&set, "1"), &set.item[1], "a number is a position");
    cr_expect_eq(layer_find(&set, "2"), &set.item[2]);
    cr_expect_null(layer_find(&set, "10"), "no such position");
    cr_expect_null(layer_find(&set, "resid"));
    cr_expect_null(layer_find(&set, "9"));
    cr_expect_null(layer_find(&set, ""));
    cr_expect_null(layer_find(&set, "99999999999999999999"));
    cr_expect_eq(layer_by_id(&set, first.id), &set.item[1]);
    cr_expect_null(layer_by_id(&set, 99));
    layer_set_release(&set);

    layer again = first;
    FAILS(layer_add(d, &again, &err), STATUS_INPUT, STUDY, "UNIQUE constraint failed: layer.");
    db_close(d);
}

Test(db_layer, sparse_blocks_come_back)
{
    db *d = new_study();
    layer l = store_sparse(d);
    matrix loaded;
    matrix expected = sparse(0, FEATURES);
    OK(layer_load(d, &l, &loaded, &err));
    cr_assert_eq(loaded.rows, SAMPLES);
    cr_assert_eq(loaded.cols, FEATURES);
    cr_assert_not(loaded.dense);
    uint64_t n = matrix_entries(&expected);
    cr_assert_eq(matrix_entries(&loaded), n);
    cr_expect_arr_eq(loaded.col_start, expected.col_start, (FEATURES + 1) * sizeof(uint64_t));
    cr_expect_arr_eq(loaded.row, expected.row, n * sizeof(uint32_t));
    cr_expect_arr_eq(loaded.value, expected.value, n * sizeof(float));

    for (uint32_t f = 0; f < FEATURES; f++) {
        uint32_t *sample = NULL;
        float *value = NULL;
        uint64_t count = 0;
        uint64_t start = expected.col_start[f];
        OK(layer_load_feature(d, &l, f, &sample, &value, &count, &err));
        cr_assert_eq(count, expected.col_start[f + 1] - start);
        cr_expect(count == 0 || memcmp(sample, expected.row + start, count * 4) == 0);
        cr_expect(count == 0 || memcmp(value, expected.value + start, count * 4) == 0);
        free(sample);
        free(value);
    }
    matrix_release(&loaded);
    matrix_release(&expected);
    db_close(d);
}

Test(db_layer, dense_blocks_come_back)
{
    db *d = new_study();
    layer l = store_dense(d);
    matrix m;
    OK(layer_load(d, &l, &m, &err));
    cr_assert(m.dense);
    for (uint32_t k = 0; k < 5 * SAMPLES; k++)
        cr_assert_eq(m.value[k], (float)k - 7.5f);
    matrix_release(&m);
    uint32_t *sample = NULL;
    float *value = NULL;
    uint64_t count = 0;
    OK(layer_load_feature(d, &l, 3, &sample, &value, &count, &err));
    cr_assert_eq(count, SAMPLES);
    for (uint32_t k = 0; k < SAMPLES; k++) {
        cr_expect_eq(sample[k], k);
        cr_expect_eq(value[k], (float)(3 * SAMPLES + k) - 7.5f);
    }
    free(sample);
    free(value);
    FAILS(layer_load_feature(d, &l, 5, &sample, &value, &count, &err), STATUS_INPUT, "'mlp.1'",
          "feature 5");
    cr_expect_null(sample);
    cr_expect_null(value);
    db_close(d);
}

Test(db_layer, reading_works_inside_a_transaction_and_read_only)
{
    db *d = new_study();
    OK(db_begin(d, &err));
    layer l = store_sparse(d);
    matrix m;
    OK(layer_load(d, &l, &m, &err));
    matrix_release(&m);
    OK(db_commit(d, &err));
    db_close(d);
    d = open_study(DB_READ);
    OK(layer_load(d, &l, &m, &err));
    matrix_release(&m);
    db_close(d);
}

Test(db_layer, a_layer_without_entries)
{
    db *d = new_study();
    layer l = add_layer(d, "silent", 0, false, 2, SAMPLES, 0);
    uint64_t start[3] = {0, 0, 0};
    matrix m = {.rows = SAMPLES, .cols = 2, .col_start = start};
    OK(layer_add_block(d, l.id, 0, &m, &err));
    OK(layer_load(d, &l, &m, &err));
    cr_expect_eq(matrix_entries(&m), 0);
    matrix_release(&m);
    uint32_t *sample = NULL;
    float *value = NULL;
    uint64_t count = 9;
    OK(layer_load_feature(d, &l, 1, &sample, &value, &count, &err));
    cr_expect_eq(count, 0);
    free(sample);
    free(value);
    db_close(d);
}

/* Loads the layer, which must be refused, and every feature, which may be: another one of its
 * block may be the liar. */
static void expect_refused(const char *how)
{
    db *d = open_study(DB_READ);
    layer_set set;
    OK(layer_list(d, &set, &err));
    matrix m;
    err = (error){0};
    cr_expect_eq(layer_load(d, &set.item[0], &m, &err), STATUS_INPUT, "%s: '%s'", how,
                 err.message);
    cr_expect(strstr(err.message, STUDY) != NULL, "%s: %s", how, err.message);
    cr_expect_null(m.value);
    for (uint32_t f = 0; f < set.item[0].features && f < 100; f++) {
        uint32_t *sample = NULL;
        float *value = NULL;
        uint64_t count = 0;
        status s = layer_load_feature(d, &set.item[0], f, &sample, &value, &count, &err);
        cr_expect(s == STATUS_OK || (s == STATUS_INPUT && !sample && !value), "%s", how);
        free(sample);
        free(value);
    }
    layer_set_release(&set);
    db_close(d);
}

#define SET   "UPDATE activation_block SET "
#define BLOCK " WHERE first_feature = 3"

Test(db_layer, blocks_that_lie_are_refused)
{
    /* blocks are of features 0-2, 3-5, 6-8, 9-10; feature 3 has 8 entries, 4 none */
    static const char *const lies[] = {
        SET "col_start = x''" BLOCK,
        SET "col_start = zeroblob(32)" BLOCK,
        SET "col_start = substr(col_start, 1, 24)" BLOCK,
        SET "col_start = CAST(col_start || x'0000000000000000' AS BLOB)" BLOCK,
        /* starts beyond the end; so large that offsets overflow; running backwards */
        SET "col_start = CAST(substr(col_start, 1, 8) || x'ff00000000000000'"
        " || substr(col_start, 17) AS BLOB)" BLOCK,
        SET "col_start = CAST(substr(col_start, 1, 8) || x'ffffffffffffffff'"
        " || substr(col_start, 17) AS BLOB)" BLOCK,
        SET "col_start = CAST(substr(col_start, 1, 8) || x'fcffffffffffff7f'"
        " || substr(col_start, 17) AS BLOB)" BLOCK,
        SET "col_start = CAST(substr(col_start, 1, 16) || x'0100000000000000'"
        " || substr(col_start, 25) AS BLOB)" BLOCK,
        SET "col_start = CAST(x'0100000000000000' || substr(col_start, 9) AS BLOB)" BLOCK,
        SET "sample_index = x''" BLOCK,
        SET "sample_index = substr(sample_index, 5)" BLOCK,
        SET "sample_index = zeroblob(length(sample_index))" BLOCK,
        SET "sample_index = CAST(x'28000000' || substr(sample_index, 5) AS BLOB)" BLOCK,
        SET "sample_index = CAST(x'ffffffff' || substr(sample_index, 5) AS BLOB)" BLOCK,
        SET "value = x''" BLOCK,
        SET "value = CAST(value || x'00' AS BLOB)" BLOCK,
        SET "value = CAST(value || x'00000000' AS BLOB)" BLOCK,
        SET "value = CAST(x'0000c07f' || substr(value, 5) AS BLOB)" BLOCK, /* NaN */
        SET "value = CAST(x'0000807f' || substr(value, 5) AS BLOB)" BLOCK, /* inf */
        SET "feature_count = 2" BLOCK,
        SET "feature_count = 0" BLOCK,
        SET "feature_count = -1" BLOCK,
        SET "feature_count = 4294967299" BLOCK,
        SET "first_feature = 4" BLOCK,
        SET "first_feature = -3" BLOCK,
        "DELETE FROM activation_block WHERE first_feature = 3",
        "DELETE FROM activation_block",
        "UPDATE layer SET dense = 1",
        "UPDATE layer SET samples = 30",
        "UPDATE layer SET features = 4000000000",
        "UPDATE layer SET features = 10",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        store_sparse(d);
        db_close(d);
        tamper(lies[i]);
        expect_refused(lies[i]);
        cr_assert_eq(unlink(STUDY), 0);
    }
}

Test(db_layer, a_layer_that_claims_the_moon_takes_no_memory)
{
    db *d = new_study();
    layer l = store_sparse(d);
    db_close(d);
    tamper("UPDATE layer SET nonzeros = 4000000000000");
    d = open_study(DB_READ);
    l.nonzeros = 4000000000000;
    matrix m;
    FAILS(layer_load(d, &l, &m, &err), STATUS_INPUT, "'blocks.0'", "number of nonzeros");
    l = (layer){.id = 9, .name = l.name, .dense = true, .features = 0, .samples = UINT32_MAX};
    OK(layer_load(d, &l, &m, &err));
    matrix_release(&m);
    l.features = UINT32_MAX;
    FAILS(layer_load(d, &l, &m, &err), STATUS_INPUT, "'blocks.0'", "missing");
    db_close(d);
}

Test(db_layer, numbers_out_of_range_are_refused)
{
    static const char *const lies[] = {
        "UPDATE layer SET features = -1",
        "UPDATE layer SET samples = 4294967296",
        "UPDATE layer SET nonzeros = -9",
        "UPDATE layer SET position = -2",
        "PRAGMA ignore_check_constraints = ON; UPDATE layer SET kind = 'tensor'",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        store_sparse(d);
        db_close(d);
        tamper(lies[i]);
        d = open_study(DB_READ);
        layer_set set;
        FAILS(layer_list(d, &set, &err), STATUS_INPUT, STUDY, "out of range");
        cr_expect_null(set.item);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
}
