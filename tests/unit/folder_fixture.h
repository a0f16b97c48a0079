/* A folder of line files that a test writes, and what is said of them. */
#ifndef TESTS_FOLDER_FIXTURE_H
#define TESTS_FOLDER_FIXTURE_H

#include "src/formats/folder.h"
#include "tests/unit/scratch.h"

static char *scratch;
static folder here;

static inline void set_up(void)
{
    scratch = scratch_create();
    char *inside = scratch_path(scratch, "x");
    cr_assert_eq(folder_open_parent(&here, inside, false, NULL), STATUS_OK);
    free(inside);
}

static inline void tear_down(void)
{
    folder_close(&here);
    scratch_remove(scratch);
}

static inline void expect_message(const error *err, const char *part)
{
    cr_expect_not_null(strstr(err->message, part), "expected '%s', got '%s'", part, err->message);
}

#endif
