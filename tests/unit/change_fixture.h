/* A study changed behind the program's back. */
#ifndef TESTS_CHANGE_FIXTURE_H
#define TESTS_CHANGE_FIXTURE_H

#include <criterion/criterion.h>
#include <sqlite3.h>

static inline void change_study(const char *path, const char *sql)
{
    sqlite3 *raw = NULL;
    char *why = NULL;
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 10000);
    cr_assert_eq(sqlite3_exec(raw, sql, NULL, NULL, &why), SQLITE_OK, "%s", why);
    sqlite3_close(raw);
}

#endif
