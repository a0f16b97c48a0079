/* A folder for one test's own files. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline char *scratch_create(void)
{
    const char *base = getenv("TMPDIR");
    char *path;
    cr_assert(asprintf(&path, "%s/circuitlasso-test-XXXXXX", base ? base : "/tmp") > 0);
    cr_assert_not_null(mkdtemp(path));
    return path;
}

static inline int scratch_remove_one(const char *path, const struct stat *facts, int kind,
                                     struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

/* Removes the folder and frees its name. */
static inline void scratch_remove(char *path)
{
    nftw(path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* `where/name`; free it. */
static inline char *scratch_path(const char *where, const char *name)
{
    char *path;
    cr_assert(asprintf(&path, "%s/%s", where, name) > 0);
    return path;
}

static inline void scratch_write(const char *where, const char *name, const void *bytes, size_t n)
{
    char *path = scratch_path(where, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    cr_assert_eq(fclose(file), 0);
    free(path);
}

static inline void scratch_write_text(const char *where, const char *name, const char *text)
{
    scratch_write(where, name, text, strlen(text));
}

/* How many files the folder holds, hidden ones too. */
static inline int scratch_count(const char *where)
{
    DIR *listing = opendir(where);
    cr_assert_not_null(listing);
    int count = -2; /* `.` and `..` */
    while (readdir(listing))
        count++;
    closedir(listing);
    return count;
}

#endif
