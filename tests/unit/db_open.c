/* Opening: what is taken for a workspace, what is refused and how that is said, and what a file
 * from a stranger cannot do. */
#include "db/migrate.h"
#include "db/sql.h"
#include "tests/unit/db_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(db_open, .init = enter_folder, .fini = leave_folder);

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

Test(db_open, facts_are_kept)
{
    db *d = new_study();
    char *value = NULL;
    OK(db_set_fact(d, "model", "gpt2", &err));
    OK(db_set_fact(d, "model", "stories260k", &err));
    db_close(d);
    d = open_study(DB_READ);
    OK(db_get_fact(d, "model", &value, &err));
    cr_assert_str_eq(value, "stories260k");
    free(value);
    OK(db_get_fact(d, "pool", &value, &err));
    cr_assert_null(value);
    db_close(d);
    db_close(NULL);
}

Test(db_open, a_finished_workspace_has_its_marks)
{
    db_close(new_study());
    cr_expect_eq(ask("PRAGMA application_id"), APPLICATION_ID);
    cr_expect_eq(ask("PRAGMA user_version"), SCHEMA_VERSION);
    cr_expect_eq(ask("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    cr_expect_not(exists(STUDY "-wal"), "one file that can be copied");
    cr_expect_not(exists(STUDY "-shm"));
}

Test(db_open, what_is_not_a_workspace_is_named)
{
    db *d = NULL;
    FAILS(db_open(&d, "none.clw", DB_READ, &err), STATUS_INPUT, "'none.clw'", "No such file");
    FAILS(db_open(&d, "none.clw", DB_WRITE, &err), STATUS_INPUT, "'none.clw'", "No such file");
    cr_expect_not(exists("none.clw"), "looking must not make a file");
    FAILS(db_open(&d, "", DB_READ, &err), STATUS_INPUT, "''", "No such file");
    FAILS(db_open(&d, ".", DB_READ, &err), STATUS_INPUT, "'.'", "not an ordinary file");
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    FAILS(db_open(&d, "pipe", DB_READ, &err), STATUS_INPUT, "'pipe'", "not an ordinary file");
    write_file("empty", "");
    FAILS(db_open(&d, "empty", DB_WRITE, &err), STATUS_INPUT, "'empty'", "is empty");
    write_file("text", "a manifest, perhaps: of more than sixteen bytes\n");
    FAILS(db_open(&d, "text", DB_READ, &err), STATUS_INPUT, "'text'", "not a workspace");
    FAILS(db_open(&d, "text", DB_WRITE, &err), STATUS_INPUT, "'text'", "not a workspace");
    write_file("short", "x");
    FAILS(db_open(&d, "short", DB_READ, &err), STATUS_INPUT, "'short'", "not a workspace");
    cr_assert_null(d);
}

Test(db_open, an_sqlite_file_of_another_program_is_left_alone)
{
    db *d = NULL;
    tamper("CREATE TABLE theirs (a)");
    FAILS(db_open(&d, STUDY, DB_WRITE, &err), STATUS_INPUT, STUDY, "another program");
    FAILS(db_open(&d, STUDY, DB_READ, &err), STATUS_INPUT, STUDY, "another program");
    cr_expect_eq(ask("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"), 1);
}

Test(db_open, a_newer_version_is_said_so)
{
    db *d = NULL;
    db_close(new_study());
    tamper("PRAGMA user_version = 7");
    FAILS(db_open(&d, STUDY, DB_READ, &err), STATUS_INPUT, "'" STUDY "' was written by a newer",
          "schema is 7");
    FAILS(db_open(&d, STUDY, DB_WRITE, &err), STATUS_INPUT, "newer version", "knows 3");
    tamper("PRAGMA user_version = 0");
    FAILS(db_open(&d, STUDY, DB_WRITE, &err), STATUS_INPUT, "damaged", "schema number is 0");
    tamper("PRAGMA user_version = -3");
    FAILS(db_open(&d, STUDY, DB_WRITE, &err), STATUS_INPUT, "damaged", "schema number is -3");
}

Test(db_open, migrations_are_forward_and_whole)
{
    static const char *const steps[] = {
        "ALTER TABLE study ADD COLUMN since INTEGER NOT NULL DEFAULT 7",
        "CREATE TABLE extra (a INTEGER) STRICT; INSERT INTO extra SELECT since FROM study",
        "UPDATE extra SET a = a + 1; SELECT nonsense",
    };
    db *d = new_study();
    OK(db_set_fact(d, "model", "gpt2", &err));
    tamper("PRAGMA user_version = 1");
    FAILS(migrate_steps(d, steps, 4, &err), STATUS_INPUT, STUDY, "nonsense");
    cr_expect_eq(ask("PRAGMA user_version"), 1, "a step that fails takes all back");
    cr_expect_eq(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
    OK(migrate_steps(d, steps, 2, &err));
    cr_expect_eq(ask("PRAGMA user_version"), 2);
    OK(migrate_steps(d, steps, 3, &err));
    OK(migrate_steps(d, steps, 3, &err)); /* another process was first: nothing twice */
    cr_expect_eq(ask("PRAGMA user_version"), 3);
    cr_expect_eq(ask("SELECT sum(a) FROM extra"), 7);
    OK(migrate_steps(d, steps, 1, &err));
    cr_expect_eq(ask("PRAGMA user_version"), 3, "never backwards");
    db_close(d);
}

Test(db_open, an_import_that_was_cut_off_is_no_workspace)
{
    db *d = NULL;
    OK(db_open(&d, STUDY, DB_CREATE, &err));
    OK(db_set_fact(d, "model", "half", &err));
    db_close(d);
    FAILS(db_open(&d, STUDY, DB_READ, &err), STATUS_INPUT, STUDY, "import was cut off");
}

Test(db_open, nothing_is_overwritten)
{
    db *d = NULL;
    write_file(STUDY, "precious");
    FAILS(db_open(&d, STUDY, DB_CREATE, &err), STATUS_INPUT, STUDY, "exists already");
    struct stat info;
    cr_assert_eq(stat(STUDY, &info), 0);
    cr_expect_eq(info.st_size, 8);
    FAILS(db_open(&d, "no/folder.clw", DB_CREATE, &err), STATUS_INPUT, "no/folder.clw",
          "No such file");
}

Test(db_open, names_are_only_names)
{
    static const char *const names[] = {"file:x.clw?mode=memory", ":memory:", "file:%41",
                                        "a'b\"c;.clw", "-wal", "ü ?#%00.clw"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        db *d = NULL;
        OK(db_open(&d, names[i], DB_CREATE, &err));
        OK(db_finish_bulk(d, &err));
        db_close(d);
        cr_expect(exists(names[i]), "%s", names[i]);
        OK(db_open(&d, names[i], DB_READ, &err));
        db_close(d);
    }
}

Test(db_open, damage_is_a_sentence)
{
    db *d = NULL;
    db_close(new_study());
    struct stat info;
    cr_assert_eq(stat(STUDY, &info), 0);
    cr_assert_eq(truncate(STUDY, info.st_size / 2), 0);
    FAILS(db_open(&d, STUDY, DB_READ, &err), STATUS_INPUT, STUDY, "damaged");
    cr_assert_eq(unlink(STUDY), 0);

    d = new_study();
    OK(db_check(d, &err));
    db_close(d);
    tamper("DROP TABLE layer");
    d = open_study(DB_READ);
    layer_set layers;
    FAILS(layer_list(d, &layers, &err), STATUS_INPUT, STUDY, "no such table: layer");
    db_close(d);
}

Test(db_open, damaged_pages_are_found_by_a_check)
{
    db *d = new_study();
    for (int i = 0; i < 2000; i++) {
        char key[32];
        snprintf(key, sizeof key, "key %d", i);
        OK(db_set_fact(d, key, "a value of some length", &err));
    }
    db_close(d);
    int64_t root = ask("SELECT rootpage FROM sqlite_schema WHERE name = 'study'");
    int64_t page = ask("PRAGMA page_size");
    int file = open(STUDY, O_WRONLY);
    char junk[512];
    memset(junk, 0x5a, sizeof junk);
    cr_assert_eq(pwrite(file, junk, sizeof junk, (root - 1) * page), (ssize_t)sizeof junk);
    close(file);
    d = open_study(DB_READ);
    FAILS(db_check(d, &err), STATUS_INPUT, STUDY, "damaged");
    char *value = NULL;
    FAILS(db_get_fact(d, "key 7", &value, &err), STATUS_INPUT, STUDY, "damaged");
    db_close(d);
}

static int switch_of(db *d, int option)
{
    int value = -1;
    cr_assert_eq(sqlite3_db_config(d->handle, option, -1, &value), SQLITE_OK);
    return value;
}

static void expect_hardened(db *d)
{
    int64_t number = 0;
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_DEFENSIVE), 1);
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_TRUSTED_SCHEMA), 0);
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_ENABLE_TRIGGER), 0);
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_ENABLE_VIEW), 0);
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_ENABLE_FKEY), 1);
    cr_expect_eq(switch_of(d, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION), 0);
    cr_expect_eq(sqlite3_limit(d->handle, SQLITE_LIMIT_ATTACHED, -1), 0);
    OK(sql_number(d, "PRAGMA cell_size_check", &number, &err));
    cr_expect_eq(number, 1);
    OK(sql_number(d, "PRAGMA busy_timeout", &number, &err));
    cr_expect_eq(number, 10000);
    /* and by what it does, not only by what it says */
    FAILS(sql_execute(d, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", &err),
          STATUS_INPUT, "may not be modified", "sqlite_");
    FAILS(sql_execute(d, "ATTACH 'other' AS other", &err), STATUS_INPUT, "too many attached", "");
    FAILS(sql_execute(d, "SELECT load_extension('x')", &err), STATUS_INPUT, "not authorized", "");
}

Test(db_open, every_mode_is_hardened)
{
    db *d = NULL;
    OK(db_open(&d, STUDY, DB_CREATE, &err));
    expect_hardened(d);
    OK(db_finish_bulk(d, &err));
    expect_hardened(d);
    db_close(d);
    d = open_study(DB_WRITE);
    expect_hardened(d);
    int64_t number = 0;
    OK(sql_number(d, "PRAGMA synchronous", &number, &err));
    cr_expect_eq(number, 1);
    db_close(d);
    d = open_study(DB_READ);
    expect_hardened(d);
    db_close(d);
}

Test(db_open, a_strangers_triggers_and_views_sleep)
{
    db_close(new_study());
    tamper("CREATE TRIGGER evil AFTER INSERT ON study BEGIN DELETE FROM layer; END;"
           "INSERT INTO layer VALUES (1, 'a', 0, 'sae', 0, 1, 1, 0, '', '');"
           "DROP TABLE target;"
           "CREATE VIEW target AS SELECT 1 AS target_id, 'x' AS name, 'real' AS kind,"
           " NULL AS classes, randomblob(1000000) AS value");
    db *d = open_study(DB_WRITE);
    OK(db_set_fact(d, "a", "b", &err));
    layer_set layers;
    OK(layer_list(d, &layers, &err));
    cr_expect_eq(layers.count, 1);
    layer_set_release(&layers);
    FAILS(sql_execute(d, "SELECT * FROM target", &err), STATUS_INPUT, "target", "view");
    db_close(d);
}

Test(db_open, reading_is_only_reading)
{
    db *d = new_study();
    OK(db_set_fact(d, "model", "gpt2", &err));
    db_close(d);
    d = open_study(DB_READ);
    FAILS(db_set_fact(d, "model", "other", &err), STATUS_MACHINE, STUDY, "cannot be written");
    FAILS(sql_execute(d, "DROP TABLE layer", &err), STATUS_MACHINE, STUDY, "cannot be written");
    db_close(d);
    cr_expect_eq(ask("SELECT value = 'gpt2' FROM study"), 1);
}

Test(db_open, transactions_nest)
{
    db *d = new_study();
    OK(db_begin(d, &err));
    OK(db_set_fact(d, "outer", "1", &err));
    OK(db_begin(d, &err));
    OK(db_set_fact(d, "inner", "1", &err));
    db_rollback(d);
    OK(db_begin(d, &err));
    OK(db_set_fact(d, "second", "1", &err));
    OK(db_commit(d, &err));
    cr_expect_eq(ask("SELECT count(*) FROM study"), 0, "nothing before the outermost commit");
    OK(db_commit(d, &err));
    cr_expect_eq(ask("SELECT count(*) FROM study WHERE key IN ('outer', 'second')"), 2);
    cr_expect_eq(ask("SELECT count(*) FROM study"), 2);

    OK(db_begin(d, &err));
    OK(db_set_fact(d, "lost", "1", &err));
    OK(db_begin(d, &err));
    db_close(d); /* rolls back what is open */
    cr_expect_eq(ask("SELECT count(*) FROM study"), 2);
    d = open_study(DB_WRITE);
    db_rollback(d); /* nothing to roll back is fine */
    db_close(d);
}

Test(db_open, a_reader_sees_one_moment_while_another_writes)
{
    db *writer = new_study();
    OK(db_set_fact(writer, "a", "1", &err));
    db *reader = open_study(DB_READ);
    char *value = NULL;
    OK(db_begin(reader, &err));
    OK(db_get_fact(reader, "a", &value, &err));
    free(value);
    int64_t before = db_version(reader);
    OK(db_begin(writer, &err));
    OK(db_set_fact(writer, "a", "2", &err));
    cr_expect_eq(db_version(reader), before, "not committed");
    OK(db_commit(writer, &err));
    OK(db_get_fact(reader, "a", &value, &err));
    cr_expect_str_eq(value, "1");
    free(value);
    db_rollback(reader);
    OK(db_get_fact(reader, "a", &value, &err));
    cr_expect_str_eq(value, "2");
    free(value);
    cr_expect_neq(db_version(reader), before);
    int64_t own = db_version(writer);
    OK(db_set_fact(writer, "a", "3", &err));
    cr_expect_eq(db_version(writer), own, "one's own commits do not count");
    db_close(writer);
    db_close(reader); /* the last to leave folds the log in */
    cr_expect_not(exists(STUDY "-wal"));
    cr_expect_eq(ask("SELECT value FROM study"), 3);
}

Test(db_open, a_second_writer_waits)
{
    db *d = new_study();
    db_close(d);
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        db *other = NULL;
        bool fine = db_open(&other, STUDY, DB_WRITE, NULL) == STATUS_OK &&
                    db_begin(other, NULL) == STATUS_OK && write(ready[1], "x", 1) == 1;
        usleep(300000);
        fine = fine && db_set_fact(other, "from", "child", NULL) == STATUS_OK &&
               db_commit(other, NULL) == STATUS_OK;
        db_close(other);
        _exit(fine ? 0 : 1);
    }
    char byte = 0;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    d = open_study(DB_WRITE);
    OK(db_set_fact(d, "from2", "parent", &err));
    int result = -1;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_expect_eq(result, 0);
    db_close(d);
    cr_expect_eq(ask("SELECT count(*) FROM study"), 2);
}

static void *interrupt_soon(void *d)
{
    usleep(50000);
    db_interrupt(d);
    return NULL;
}

Test(db_open, another_thread_can_interrupt, .timeout = 20)
{
    db *d = new_study();
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, d), 0);
    FAILS(sql_execute(d,
                      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                      " SELECT count(*) FROM n",
                      &err),
          STATUS_INTERRUPTED, STUDY, "interrupted");
    pthread_join(thread, NULL);
    OK(db_set_fact(d, "still", "works", &err));
    db_close(d);
}

static bool own_mount(const char *options)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mkdir("media", 0700) == 0 && mount("tmpfs", "media", "tmpfs", 0, options) == 0;
}

Test(db_open, read_only_media_can_be_read)
{
    if (!own_mount("size=8m"))
        cr_skip_test("needs the right to mount");
    db *d = NULL;
    OK(db_open(&d, "media/100%?#a.clw", DB_CREATE, &err));
    OK(db_set_fact(d, "model", "gpt2", &err));
    OK(db_finish_bulk(d, &err));
    db_close(d);
    cr_assert_eq(mount("tmpfs", "media", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    OK(db_open(&d, "media/100%?#a.clw", DB_READ, &err));
    char *value = NULL;
    OK(db_get_fact(d, "model", &value, &err));
    cr_expect_str_eq(value, "gpt2");
    free(value);
    expect_hardened(d);
    FAILS(db_set_fact(d, "model", "x", &err), STATUS_MACHINE, "media", "cannot be written");
    db_close(d);
    FAILS(db_open(&d, "media/100%?#a.clw", DB_WRITE, &err), STATUS_MACHINE, "media", "read-only");
    FAILS(db_open(&d, "media/new.clw", DB_CREATE, &err), STATUS_MACHINE, "media/new.clw",
          "Read-only");
    umount("media");
}

Test(db_open, a_real_full_disk_loses_nothing)
{
    if (!own_mount("size=2m"))
        cr_skip_test("needs the right to mount");
    db *d = NULL;
    OK(db_open(&d, "media/a.clw", DB_CREATE, &err));
    OK(db_finish_bulk(d, &err));
    OK(db_set_fact(d, "before", "1", &err));
    char *large = calloc(1, 3 << 20);
    memset(large, 'x', (3 << 20) - 1);
    OK(db_begin(d, &err));
    OK(db_set_fact(d, "half", "1", &err));
    /* the page cache may take it: the failure comes with the statement or with the commit */
    status s = db_set_fact(d, "large", large, &err);
    if (s == STATUS_OK)
        s = db_commit(d, &err);
    else
        db_rollback(d);
    cr_expect_eq(s, STATUS_MACHINE, "%s", err.message);
    cr_expect(strstr(err.message, "full") || strstr(err.message, "No space"), "%s", err.message);
    free(large);
    char *value = NULL;
    OK(db_get_fact(d, "half", &value, &err));
    cr_expect_null(value);
    OK(db_set_fact(d, "after", "1", &err));
    OK(db_check(d, &err));
    db_close(d);

    static char junk[4096];
    FILE *filler = fopen("media/filler", "w");
    while (fwrite(junk, sizeof junk, 1, filler) == 1 && fflush(filler) == 0)
        continue;
    fclose(filler);
    FAILS(db_open(&d, "media/new.clw", DB_CREATE, &err), STATUS_MACHINE, "media/new.clw", "");
    cr_expect_not(exists("media/new.clw"), "a failed creation leaves no file");
    umount("media");
}

Test(db_open, a_log_on_read_only_media_is_not_ignored)
{
    if (!own_mount("size=8m"))
        cr_skip_test("needs the right to mount");
    db *d = new_study();
    OK(db_set_fact(d, "in the log", "1", &err));
    cr_assert_eq(system("cp " STUDY " " STUDY "-wal media/"), 0); /* a copy of a study in use */
    db_close(d);
    cr_assert_eq(mount("tmpfs", "media", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    FAILS(db_open(&d, "media/" STUDY, DB_READ, &err), STATUS_INPUT, "media/" STUDY "-wal",
          "folder that can be written");
    umount("media");
}
