/* Array files are read back by the program's own reader, and their bytes are as NumPy lays them
 * out. */
#include "src/formats/array_file.h"

#include "src/formats/activations.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>

static char *where;
static error err;

static void set_up(void)
{
    where = scratch_create();
}

static void tear_down(void)
{
    scratch_remove(where);
}

TestSuite(array_file, .init = set_up, .fini = tear_down);

static activations *open_back(const char *name)
{
    folder f;
    activations *a;
    char *path = scratch_path(where, name);
    cr_assert_eq(folder_open_parent(&f, path, false, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(activations_open(&a, &f, name, NULL, false, &err), STATUS_OK, "%s", err.message);
    folder_close(&f);
    free(path);
    return a;
}

Test(array_file, a_dense_matrix_comes_back)
{
    array_file *a;
    char *path = scratch_path(where, "a.npy");
    const float numbers[] = {1, 2, 3, 4, 5, -6.5f};
    cr_assert_eq(array_file_create(&a, path, NUMBER_F32, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(array_file_add(a, numbers, 4, &err), STATUS_OK);
    cr_assert_eq(array_file_add(a, numbers + 4, 2, &err), STATUS_OK);
    cr_assert_eq(array_file_finish(a, 3, &err), STATUS_OK, "%s", err.message);
    activations *back = open_back("a.npy");
    cr_expect_eq(activations_rows(back), 2);
    cr_expect_eq(activations_cols(back), 3);
    activation item[8];
    size_t count;
    cr_assert_eq(activations_read(back, item, 8, &count, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        cr_expect_eq(item[i].row, i / 3);
        cr_expect_eq(item[i].col, i % 3);
        cr_expect_float_eq(item[i].value, numbers[i], 0);
    }
    activations_close(back);
    free(path);
}

/* What numpy.save(f, numpy.arange(3, dtype="uint8")) of NumPy 1.24 writes. */
Test(array_file, bytes_are_numpys)
{
    array_file *a;
    unsigned char expected[131] = "\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, "
                                  "'shape': (3,), }";
    size_t length = 10 + strlen((char *)expected + 10);
    memset(expected + length, ' ', 127 - length);
    memcpy(expected + 127, "\n\x00\x01\x02", 4);
    char *path = scratch_path(where, "b.npy");
    unsigned char found[256];
    cr_assert_eq(array_file_create(&a, path, NUMBER_U8, &err), STATUS_OK);
    cr_assert_eq(array_file_add(a, (const uint8_t[]){0, 1, 2}, 3, &err), STATUS_OK);
    cr_assert_eq(array_file_finish(a, 0, &err), STATUS_OK);
    FILE *file = fopen(path, "rb");
    cr_assert_eq(fread(found, 1, sizeof found, file), sizeof expected);
    cr_expect_arr_eq(found, expected, sizeof expected);
    fclose(file);
    free(path);
}

Test(array_file, a_sparse_matrix_comes_back_and_its_parts_are_gone)
{
    csr_file *c;
    char *path = scratch_path(where, "c.npz");
    cr_assert_eq(csr_file_create(&c, path, 5, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(csr_file_add_row(c, (const uint32_t[]){1, 4}, (const float[]){2, 3}, 2, &err), 0);
    cr_assert_eq(csr_file_add_row(c, NULL, NULL, 0, &err), STATUS_OK);
    cr_assert_eq(csr_file_add_row(c, (const uint32_t[]){0}, (const float[]){-1}, 1, &err), 0);
    cr_expect_eq(csr_file_entries(c), 3);
    cr_assert_eq(csr_file_finish(c, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(scratch_count(where), 1);
    activations *back = open_back("c.npz");
    cr_expect_eq(activations_rows(back), 3);
    cr_expect_eq(activations_cols(back), 5);
    activation item[8];
    size_t count;
    cr_assert_eq(activations_read(back, item, 8, &count, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(count, 3);
    cr_expect(item[0].row == 0 && item[0].col == 1 && item[0].value == 2.0f);
    cr_expect(item[1].row == 0 && item[1].col == 4 && item[1].value == 3.0f);
    cr_expect(item[2].row == 2 && item[2].col == 0 && item[2].value == -1.0f);
    activations_close(back);
    free(path);
}

Test(array_file, what_is_there_is_left_alone)
{
    array_file *a;
    csr_file *c;
    char *path = scratch_path(where, "d"), *part = scratch_path(where, "e.npz.indices");
    scratch_write_text(where, "d", "mine");
    scratch_write_text(where, "e.npz.indices", "mine");
    cr_expect_eq(array_file_create(&a, path, NUMBER_F32, &err), STATUS_MACHINE);
    cr_expect_not_null(strstr(err.message, "exists"), "%s", err.message);
    char *archive = scratch_path(where, "e.npz");
    cr_expect_eq(csr_file_create(&c, archive, 3, &err), STATUS_MACHINE);
    cr_expect_eq(scratch_count(where), 2);
    cr_assert_eq(array_file_create(&a, archive, NUMBER_F32, &err), STATUS_OK);
    array_file_discard(a);
    cr_expect_eq(scratch_count(where), 2);
    free(archive);
    free(part);
    free(path);
}
