/* Activations by sample, and places in documents, found. */
#include "db/document.h"
#include "db/sample.h"
#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(db_sample, .init = enter_folder, .fini = leave_folder);

enum { SAMPLES = 50, FEATURES = 30, BLOCK = 7 };

static float cell(uint32_t sample, uint32_t feature)
{
    uint32_t x = sample * 2654435761u ^ feature * 40503u;
    return x % 5 == 0 ? 1.0f + (float)(x % 1000) / 100.0f : 0.0f;
}

static layer add_cells(db *d, bool dense)
{
    uint64_t nonzeros = 0;
    for (uint32_t f = 0; f < FEATURES; f++)
        for (uint32_t i = 0; i < SAMPLES; i++)
            nonzeros += cell(i, f) != 0.0f;
    layer l = add_layer(d, dense ? "dense" : "sparse", dense, dense, FEATURES, SAMPLES, nonzeros);
    for (uint32_t first = 0; first < FEATURES; first += BLOCK) {
        uint32_t count = FEATURES - first < BLOCK ? FEATURES - first : BLOCK;
        matrix m;
        uint64_t at = 0;
        OK(matrix_create(&m, SAMPLES, count, dense, (uint64_t)SAMPLES * BLOCK, &err));
        for (uint32_t k = 0; k < count; k++) {
            if (!dense)
                m.col_start[k] = at;
            for (uint32_t i = 0; i < SAMPLES; i++) {
                float value = cell(i, first + k);
                if (!dense && value == 0.0f)
                    continue;
                if (!dense)
                    m.row[at] = i;
                m.value[at++] = value;
            }
        }
        if (!dense)
            m.col_start[count] = at;
        OK(layer_add_block(d, l.id, first, &m, &err));
        matrix_release(&m);
    }
    return l;
}

static void check_rows(db *d, const layer *l, uint32_t first, uint32_t count)
{
    sample_rows rows;
    OK(layer_load_samples(d, l, first, count, &rows, &err));
    cr_assert_eq(rows.first, first);
    cr_assert_eq(rows.count, first + count > SAMPLES ? SAMPLES - first : count);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint64_t at = rows.start[i];
        for (uint32_t f = 0; f < FEATURES; f++) {
            if (cell(first + i, f) == 0.0f)
                continue;
            cr_assert_lt(at, rows.start[i + 1]);
            cr_assert_eq(rows.feature[at], f);
            cr_assert_eq(rows.value[at], cell(first + i, f));
            at++;
        }
        cr_assert_eq(at, rows.start[i + 1]);
    }
    sample_rows_release(&rows);
}

Test(db_sample, every_window_of_sparse_and_dense_layers)
{
    db *d = new_study();
    for (int dense = 0; dense < 2; dense++) {
        layer l = add_cells(d, dense);
        check_rows(d, &l, 0, SAMPLES);
        check_rows(d, &l, 0, 1);
        check_rows(d, &l, SAMPLES - 1, 1);
        check_rows(d, &l, 13, 9);
        check_rows(d, &l, 40, 1000);
        check_rows(d, &l, SAMPLES, 3);
    }
    db_close(d);
}

Test(db_sample, blocks_that_lie)
{
    static const char *const lies[] = {
        "UPDATE activation_block SET value = x'00000000'",
        "UPDATE activation_block SET col_start = zeroblob(length(col_start) - 8)",
        "UPDATE activation_block SET first_feature = 29 WHERE first_feature = 0",
        "UPDATE activation_block SET feature_count = 4000000000",
        "UPDATE activation_block SET col_start = randomblob(length(col_start))",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        layer l = add_cells(d, false);
        db_close(d);
        tamper(lies[i]);
        d = open_study(DB_READ);
        sample_rows rows;
        FAILS(layer_load_samples(d, &l, 3, 10, &rows, &err), STATUS_INPUT, STUDY, "damaged");
        cr_expect_null(rows.start);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
}

static uint32_t find(db *d, const char *text, uint32_t after)
{
    uint32_t sample = 0;
    bool found = false;
    OK(document_find(d, text, after, &sample, &found, &err));
    return found ? sample : UINT32_MAX;
}

Test(db_sample, places_in_documents)
{
    db *d = new_study();
    OK(document_add(d, 0, "a", NULL, "[\"The\",\" c\",\"at\",\" sat\",\" CAT\"]", 0, 5, &err));
    OK(document_add(d, 1, "b", "a cat in a text", NULL, 5, 1, &err));
    OK(document_add(d, 2, "c", NULL, "[\"100%\",\" c\",\"_t\"]", 6, 3, &err));
    OK(document_add(d, 3, "d", NULL, "[\"pooled\",\" cat\"]", 9, 1, &err));
    cr_expect_eq(find(d, "cat", 0), 1, "across tokens, where it begins");
    cr_expect_eq(find(d, "cat", 1), 4, "in capitals, further on in the same document");
    cr_expect_eq(find(d, "cat", 4), 5, "in a document without tokens");
    cr_expect_eq(find(d, "cat", 5), 9, "in one whose tokens are one sample");
    cr_expect_eq(find(d, "cat", 9), 1, "round the end");
    cr_expect_eq(find(d, "THE", 0), 0, "round to where it began");
    cr_expect_eq(find(d, "0%", 0), 6, "what means something to a pattern means itself");
    cr_expect_eq(find(d, "c_t", 0), 7);
    cr_expect_eq(find(d, "dog", 3), UINT32_MAX);
    cr_expect_eq(find(d, "", 3), UINT32_MAX);
    db_close(d);
}
