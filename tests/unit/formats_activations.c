/* Array files made by NumPy and SciPy (see fixtures/make.py): the good ones hold one matrix that
 * is known here by its formula, the bad ones are each refused with a sentence. */
#include "src/formats/activations.h"

#include "src/base/matrix.h"

#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <math.h>

enum { ROWS = 23, COLS = 11 };
#define FIXTURES "tests/unit/fixtures/"

/* What becomes of the matrix in a file of whole numbers or bools. */
typedef enum scaling { EIGHTHS, WHOLE, UNSIGNED, BOOLS } scaling;

static float expected(int i, int j, scaling how)
{
    int n = (7 * i + 13 * j) % 5 == 0 ? (31 * i + 17 * j) % 61 - 20 : 0;
    switch (how) {
    case WHOLE: return (float)n;
    case UNSIGNED: return n < 0 ? 0 : (float)n;
    case BOOLS: return n != 0;
    default: return (float)n / 8;
    }
}

/* Adds up all entries of a file. Reads by `step` entries at a time. */
static status load(const char *file, const char *tensor, bool drop, size_t step,
                   float sum[ROWS][COLS], error *err)
{
    folder here;
    activations *a;
    cr_assert_eq(folder_open_parent(&here, FIXTURES "x", false, err), STATUS_OK);
    status code = activations_open(&a, &here, file, tensor, drop, err);
    folder_close(&here);
    if (code != STATUS_OK)
        return code;
    for (;;) {
        activation entry[512];
        size_t count;
        code = activations_read(a, entry, step, &count, err);
        if (code != STATUS_OK || count == 0)
            break;
        for (size_t k = 0; k < count; k++) {
            cr_assert(entry[k].value != 0 && isfinite(entry[k].value));
            if (entry[k].row < ROWS && entry[k].col < COLS)
                sum[entry[k].row][entry[k].col] += entry[k].value;
        }
    }
    if (code == STATUS_OK) {
        cr_expect_eq(activations_rows(a), ROWS, "%s", file);
        cr_expect_eq(activations_cols(a), COLS, "%s", file);
        cr_expect_eq(activations_fraction(a), 1.0, "%s", file);
    }
    activations_close(a);
    return code;
}

static void expect_matrix(const char *file, const char *tensor, scaling how)
{
    static const size_t steps[] = {1, 7, 512};
    for (int s = 0; s < 3; s++) {
        error err = {0};
        float sum[ROWS][COLS] = {0};
        cr_assert_eq(load(file, tensor, false, steps[s], sum, &err), STATUS_OK, "%s: %s", file,
                     err.message);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLS; j++)
                cr_assert_eq(sum[i][j], expected(i, j, how), "%s (%d, %d): %g", file, i, j,
                             (double)sum[i][j]);
    }
}

Test(formats_activations, npy_of_every_type)
{
    expect_matrix("dense-f2.npy", NULL, EIGHTHS);
    expect_matrix("dense-f4.npy", NULL, EIGHTHS);
    expect_matrix("dense-f8.npy", NULL, EIGHTHS);
    expect_matrix("dense-i1.npy", NULL, WHOLE);
    expect_matrix("dense-i2.npy", NULL, WHOLE);
    expect_matrix("dense-i4.npy", NULL, WHOLE);
    expect_matrix("dense-i8.npy", NULL, WHOLE);
    expect_matrix("dense-u1.npy", NULL, UNSIGNED);
    expect_matrix("dense-u2.npy", NULL, UNSIGNED);
    expect_matrix("dense-u4.npy", NULL, UNSIGNED);
    expect_matrix("dense-u8.npy", NULL, UNSIGNED);
    expect_matrix("dense-b1.npy", NULL, BOOLS);
    expect_matrix("dense-fortran.npy", NULL, EIGHTHS);
    expect_matrix("dense-version2.npy", NULL, EIGHTHS);
    expect_matrix("dense-version3.npy", NULL, EIGHTHS);
}

Test(formats_activations, npz_of_every_layout_and_type)
{
    static const char *const layouts[] = {"csr", "csc", "coo"};
    static const char *const indices[] = {"i4", "i8"};
    static const char *const values[] = {"f2", "f4", "f8"};
    char file[64];
    for (int l = 0; l < 3; l++) {
        for (int i = 0; i < 2; i++) {
            for (int v = 0; v < 3; v++) {
                snprintf(file, sizeof file, "%s-%s-%s.npz", layouts[l], indices[i], values[v]);
                expect_matrix(file, NULL, EIGHTHS);
            }
        }
        snprintf(file, sizeof file, "scipy-%s.npz", layouts[l]);
        expect_matrix(file, NULL, EIGHTHS);
        snprintf(file, sizeof file, "scipy-%s-stored.npz", layouts[l]);
        expect_matrix(file, NULL, EIGHTHS);
    }
    expect_matrix("coo-twice.npz", NULL, EIGHTHS);
    expect_matrix("csr-unsorted.npz", NULL, EIGHTHS);
    expect_matrix("dense-one.npz", NULL, EIGHTHS);
    expect_matrix("dense-two.npz", "latents", EIGHTHS);
}

Test(formats_activations, safetensors_of_every_type)
{
    expect_matrix("f16.safetensors", NULL, EIGHTHS);
    expect_matrix("bf16.safetensors", NULL, EIGHTHS);
    expect_matrix("f32.safetensors", NULL, EIGHTHS);
    expect_matrix("f64.safetensors", NULL, EIGHTHS);
    expect_matrix("two.safetensors", "latents", EIGHTHS);
}

static const struct {
    const char *file, *tensor, *message;
} bad[] = {
    {"missing.npy", NULL, "cannot open 'missing.npy': No such file"},
    {"study", NULL, "'study' is not a regular file"},
    {"../scratch.h", NULL, "'../scratch.h' lies outside the manifest's folder"},
    {"/etc/hostname", NULL, "'/etc/hostname' lies outside the manifest's folder"},
    {"bad-cut.npy", NULL,
     "'bad-cut.npy': its shape (23 x 11, 4 bytes each) does not fit the 1011 "
     "bytes that follow its header"},
    {"bad-long.npy", NULL, "does not fit the 1013 bytes"},
    {"bad-header-cut.npy", NULL, "'bad-header-cut.npy': ends 68 bytes early"},
    {"bad-short.npy", NULL, "'bad-short.npy': too short for a .npy file"},
    {"bad-magic.npy", NULL, "not a .npy file"},
    {"bad-version.npy", NULL, ".npy version 9, expected 1, 2 or 3"},
    {"bad-big-endian.npy", NULL, "big-endian numbers ('>f4'), expected little-endian"},
    {"bad-dims.npy", NULL, "3 dimensions, expected at most 2"},
    {"bad-vector.npy", NULL, "1 dimensions, expected 2 (samples x features)"},
    {"bad-fields.npy", NULL, "holds records of several fields, expected plain numbers"},
    {"bad-complex.npy", NULL, "dtype '<c8', expected float16, float32"},
    {"bad-text.npy", NULL, "text, expected numbers"},
    {"bad-empty.npy", NULL, "0 samples x 4 features: nothing in it"},
    {"bad-pickle.npy", NULL,
     "'bad-pickle.npy': holds pickled Python objects, which are never read"},
    {"bad-bare-pickle.npy", NULL, "a pickle, which is never read"},
    {"bad-huge.npy", NULL, "its shape (4294967296 x 4294967296, 4 bytes each) does not fit"},
    {"bad-lying.npy", NULL, "its shape (23 x 12, 4 bytes each) does not fit the 1012 bytes"},
    {"bad-key.npy", NULL, "not a .npy header"},
    {"bad-code.npy", NULL, "not a .npy header"},
    {"bad-header-long.npy", NULL, "a header of 20000 bytes, expected at most 10000"},
    {"bad-nan.npy", NULL, "'bad-nan.npy': row 3, column 7: not a number, expected a finite"},
    {"bad-inf.npy", NULL, "row 3, column 7: infinite or too large"},
    {"bad-large.npy", NULL, "row 22, column 10: infinite or too large"},
    {"dense-f4.npy", "z", "a .npy file holds one array, without a name"},
    {"bad-cut.npz", NULL, "'bad-cut.npz': not a sound .npz archive"},
    {"bad-not-zip.npz", NULL, "not a sound .npz archive"},
    {"bad-twice.npz", NULL, "not a sound .npz archive"},
    {"bad-checksum.npz", NULL, "'bad-checksum.npz': entry 'data.npy': damaged: CRC error"},
    {"bad-index.npz", NULL,
     "'bad-index.npz': entry 'indices.npy': index 11 at entry 17, expected "
     "0 to 10"},
    {"bad-negative.npz", NULL, "entry 'indices.npy': index -1 at entry 17, expected 0 to 10"},
    {"bad-row.npz", NULL, "entry 'row.npy': index 23 at entry 3, expected 0 to 22"},
    {"bad-row-csc.npz", NULL, "index 1073741824 at entry 5, expected 0 to 22"},
    {"bad-indptr.npz", NULL, "entry 'indptr.npy': number 4 is 1, expected"},
    {"bad-indptr-first.npz", NULL, "entry 'indptr.npy': begins with 1, expected 0"},
    {"bad-indptr-last.npz", NULL, "entry 'indptr.npy': number 23 is "},
    {"bad-indptr-early.npz", NULL, "entry 'indptr.npy': ends with "},
    {"bad-indptr-short.npz", NULL, "entry 'indptr.npy': 23 numbers, expected 24"},
    {"bad-data-short.npz", NULL, "entry 'indices.npy': "},
    {"bad-no-data.npz", NULL, "'bad-no-data.npz': no entry 'data.npy'"},
    {"bad-real-index.npz", NULL, "entry 'indices.npy': float32, expected int32 or int64"},
    {"bad-format.npz", NULL, "sparse format 'dia', expected csr, csc or coo"},
    {"bad-shape.npz", NULL, "entry 'indptr.npy': 24 numbers, expected 29"},
    {"bad-shape-negative.npz", NULL, "entry 'shape.npy': a negative extent"},
    {"bad-shape-wide.npz", NULL, "23 samples x 1099511627776 features, expected at most"},
    {"bad-nan.npz", NULL, "entry 'data.npy': row "},
    {"bad-pickle.npz", NULL, "entry 'data.npy': holds pickled Python objects"},
    {"bad-entry-long.npz", NULL, "entry 'data.npy': its shape"},
    {"bad-bomb.npz", NULL, "refused as a decompression bomb"},
    {"bad-method.npz", NULL, "entry 'z.npy' is neither stored nor deflated"},
    {"dense-two.npz", NULL, "neither a matrix of scipy.sparse.save_npz"},
    {"dense-two.npz", "more", "'dense-two.npz': no entry 'more.npy'"},
    {"two.safetensors", NULL, "'two.safetensors': holds 2 tensors; name the one to read"},
    {"two.safetensors", "more", "no tensor 'more'"},
    {"two.safetensors", "__metadata__", "no tensor '__metadata__'"},
    {"bad-hole.safetensors", NULL, "tensor 'z' begins at byte 8, expected 0"},
    {"bad-overlap.safetensors", "a", "begins at byte 0, expected 1012"},
    {"bad-rest.safetensors", NULL, "its tensors take 1012 bytes, but 1016 follow the header"},
    {"bad-cut.safetensors", NULL, "its tensors take 1012 bytes, but 1008 follow the header"},
    {"bad-shape.safetensors", NULL, "(23 x 12, 4 bytes each) does not fit its 1012 bytes"},
    {"bad-overflow.safetensors", NULL, "does not fit its 1012 bytes"},
    {"bad-negative.safetensors", NULL, "its shape is not two whole numbers"},
    {"bad-dtype.safetensors", NULL, "dtype 'F8_E4M3', expected F16, BF16, F32, F64"},
    {"bad-dims.safetensors", NULL, "1 dimensions, expected 2"},
    {"bad-length.safetensors", NULL, "a header of 1099511627776 bytes"},
    {"bad-twice.safetensors", NULL, "header: duplicate object key"},
    {"bad-json.safetensors", NULL, "header: "},
};

Test(formats_activations, bad_files_are_refused_with_a_sentence)
{
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        error err = {0};
        float sum[ROWS][COLS] = {0};
        status code = load(bad[k].file, bad[k].tensor, false, 512, sum, &err);
        cr_expect_eq(code, STATUS_INPUT, "%s: %d %s", bad[k].file, code, err.message);
        cr_expect_not_null(strstr(err.message, bad[k].message), "%s: expected '%s', got '%s'",
                           bad[k].file, bad[k].message, err.message);
    }
}

Test(formats_activations, nonfinite_numbers_can_be_dropped)
{
    error err = {0};
    float sum[ROWS][COLS] = {0};
    cr_assert_eq(load("bad-nan.npy", NULL, true, 512, sum, &err), STATUS_OK, "%s", err.message);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++)
            cr_assert_eq(sum[i][j], i == 3 && j == 7 ? 0 : expected(i, j, EIGHTHS));
}

/* Every prefix of a good file, and every file with one byte turned over, is read or refused. */
Test(formats_activations, cut_and_changed_files_never_crash)
{
    static const char *const files[] = {"dense-f2.npy", "scipy-csr.npz", "csc-i4-f4.npz",
                                        "two.safetensors"};
    char *scratch = scratch_create();
    char *inside = scratch_path(scratch, "x");
    folder here;
    cr_assert_eq(folder_open_parent(&here, inside, false, NULL), STATUS_OK);
    for (int f = 0; f < 4; f++) {
        char path[64], bytes[8192];
        snprintf(path, sizeof path, FIXTURES "%s", files[f]);
        FILE *file = fopen(path, "rb");
        cr_assert_not_null(file);
        size_t n = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        for (size_t k = 0; k < 2 * n; k += 3) {
            if (k >= n)
                bytes[k - n] ^= 0x55;
            scratch_write(scratch, "x", bytes, k < n ? k : n);
            if (k >= n)
                bytes[k - n] ^= 0x55;
            error err = {0};
            activations *a;
            status code = activations_open(&a, &here, "x", NULL, false, &err);
            size_t count = 1;
            while (code == STATUS_OK && count > 0) {
                activation entry[256];
                code = activations_read(a, entry, 256, &count, &err);
            }
            cr_expect_eq(code == STATUS_OK, *err.message == '\0');
            activations_close(a);
        }
    }
    folder_close(&here);
    free(inside);
    scratch_remove(scratch);
}
