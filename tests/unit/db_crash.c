/* The plug is pulled, the disk fills up, bytes rot: what was finished is there, and nothing that
 * a file can hold brings the program down. */
#include "db/document.h"
#include "db/effect.h"
#include "db/feature.h"
#include "db/fit.h"
#include "db/sql.h"
#include "db/target.h"
#include "tests/unit/db_fixture.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(db_crash, .init = enter_folder, .fini = leave_folder, .timeout = 120);

enum { TARGETS = 100000, BLOCK = 20, PARENTS = 12, SAMPLES = 30 };

static int64_t pair_id;

/* A study with a little of everything, and a fit whose pair is pair_id. */
static void make_study(void)
{
    db *d = new_study();
    layer a = add_layer(d, "a", 0, false, 4, SAMPLES, 8);
    layer b = add_layer(d, "b", 1, true, 2, SAMPLES, 0);
    uint64_t start[] = {0, 2, 4, 6, 8};
    uint32_t row[] = {0, 1, 2, 3, 4, 5, 6, 29};
    float value[2 * SAMPLES] = {1, 2, 3, 4, 5, 6, 7, 8};
    matrix sparse = {SAMPLES, 4, false, start, row, value};
    matrix dense = {.rows = SAMPLES, .cols = 2, .dense = true, .value = value};
    OK(layer_add_block(d, a.id, 0, &sparse, &err));
    OK(layer_add_block(d, b.id, 0, &dense, &err));
    feature_stats stats[4] = {{.active = 2, .mean = 1}};
    OK(feature_add(d, a.id, 0, stats, 4, &err));
    OK(feature_add(d, b.id, 0, stats, 2, &err));
    OK(feature_set_label(d, a.id, 1, "a label of words", "test", &err));
    OK(document_add(d, 0, "doc", "some text", "[\"some\",\" text\"]", 0, SAMPLES, &err));
    double y[SAMPLES] = {1, 2, 3};
    OK(target_add(d, "y", TARGET_REAL, NULL, y, SAMPLES, &err));
    int64_t set = 0;
    effect e = {0, 1, 0.5, 3};
    OK(effect_set_add(d, a.id, b.id, "effects.tsv", &set, &err));
    OK(effect_add(d, set, &e, 1, &err));
    fit_pair pair = {.source_layer = a.id, .target_layer = b.id, .targets = TARGETS};
    fit f = {.kind = "pairwise", .rule = "pair", .pair = &pair, .pair_count = 1};
    OK(fit_add(d, &f, &err));
    pair_id = pair.id;
    db_close(d);
}

static status add_block(db *d, uint32_t first, error *why)
{
    fit_target t[BLOCK];
    edge e[BLOCK * PARENTS];
    for (uint32_t i = 0; i < BLOCK; i++) {
        t[i] = (fit_target){.feature = first + i, .state = "converged", .parents = PARENTS};
        for (uint32_t k = 0; k < PARENTS; k++)
            e[i * PARENTS + k] = (edge){(first + i) % 97 + 131 * k, first + i, 1, 2, 3, NAN, 0};
    }
    return fit_add_block(d, pair_id, t, BLOCK, e, BLOCK * PARENTS, 0.1, why);
}

/* What the pair says is what is there, in whole blocks. Returns the targets that are done. */
static uint32_t expect_sound(void)
{
    db *d = open_study(DB_WRITE);
    OK(db_check(d, &err));
    fit f;
    OK(fit_get(d, 1, &f, &err));
    uint32_t done = f.pair[0].done;
    cr_expect_eq(done % BLOCK, 0);
    cr_expect_eq(f.pair[0].edges, (uint64_t)done * PARENTS);
    fit_release(&f);
    db_close(d);
    cr_expect_eq(ask("SELECT count(*) FROM fit_target"), done);
    cr_expect_eq(ask("SELECT count(*) FROM edge"), (int64_t)done * PARENTS);
    return done;
}

static void run_until_killed(uint32_t first)
{
    db *d = NULL;
    bool fine = db_open(&d, STUDY, DB_WRITE, NULL) == STATUS_OK;
    for (; fine && first < TARGETS; first += BLOCK)
        fine = add_block(d, first, NULL) == STATUS_OK;
    _exit(1);
}

Test(db_crash, kill_at_any_moment_leaves_whole_blocks)
{
    make_study();
    uint32_t done = 0;
    srand(7);
    for (int round = 0; round < 12; round++) {
        pid_t child = fork();
        if (child == 0)
            run_until_killed(done);
        usleep(3000 + (useconds_t)(rand() % 60000));
        kill(child, SIGKILL);
        int result = 0;
        cr_assert_eq(waitpid(child, &result, 0), child);
        cr_assert(WIFSIGNALED(result), "the child must not have finished by itself");
        uint32_t now = expect_sound();
        cr_expect_geq(now, done);
        done = now;
    }
    cr_expect_gt(done, 0, "some block must have been finished");
}

Test(db_crash, kill_inside_a_transaction_leaves_nothing_of_it)
{
    make_study();
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        db *d = NULL;
        bool fine = db_open(&d, STUDY, DB_WRITE, NULL) == STATUS_OK &&
                    add_block(d, 0, NULL) == STATUS_OK && db_begin(d, NULL) == STATUS_OK;
        sqlite3_db_cacheflush(d->handle);
        for (uint32_t first = BLOCK; fine && first < 100 * BLOCK; first += BLOCK) {
            fine = add_block(d, first, NULL) == STATUS_OK;
            sqlite3_db_cacheflush(d->handle); /* pages of it reach the log */
        }
        fine = fine && write(ready[1], "x", 1) == 1;
        pause();
        _exit(1);
    }
    char byte = 0;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    db *reader = open_study(DB_READ);
    fit f;
    OK(fit_get(reader, 1, &f, &err));
    cr_expect_eq(f.pair[0].done, BLOCK, "a reader is not held up, and sees what is finished");
    fit_release(&f);
    db_close(reader);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_expect_eq(expect_sound(), BLOCK);
}

Test(db_crash, a_study_that_may_not_grow)
{
    make_study();
    db *d = open_study(DB_WRITE);
    int64_t pages = 0;
    OK(sql_number(d, "PRAGMA page_count", &pages, &err));
    char limit[64];
    snprintf(limit, sizeof limit, "PRAGMA max_page_count = %lld", (long long)pages + 2);
    OK(sql_number(d, limit, &pages, &err));
    uint32_t first = 0;
    err = (error){0};
    while (add_block(d, first, &err) == STATUS_OK && first < TARGETS)
        first += BLOCK;
    cr_expect_eq(err.code, STATUS_MACHINE);
    cr_expect(strstr(err.message, STUDY) && strstr(err.message, "disk is full"), "%s",
              err.message);
    cr_expect_gt(first, 0);
    /* the same connection goes on once there is room */
    OK(sql_number(d, "PRAGMA max_page_count = 1000000", &pages, &err));
    OK(add_block(d, first, &err));
    db_close(d);
    cr_expect_eq(expect_sound(), first + BLOCK);
}

Test(db_crash, a_limit_on_file_sizes)
{
    make_study();
    struct stat info;
    cr_assert_eq(stat(STUDY, &info), 0);
    signal(SIGXFSZ, SIG_IGN);
    db *d = open_study(DB_WRITE);
    struct rlimit limit = {(rlim_t)info.st_size + 300000, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    uint32_t first = 0;
    err = (error){0};
    while (add_block(d, first, &err) == STATUS_OK && first < TARGETS)
        first += BLOCK;
    cr_expect_eq(err.code, STATUS_MACHINE, "%s", err.message);
    cr_expect(strstr(err.message, STUDY) != NULL, "%s", err.message);
    cr_expect_gt(first, 0);
    db_close(d);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(expect_sound(), first);
}

Test(db_crash, a_transaction_that_was_lost_is_not_committed_in_part)
{
    make_study();
    db *d = open_study(DB_WRITE);
    OK(db_begin(d, &err));
    OK(db_set_fact(d, "first", "1", &err));
    OK(sql_execute(d, "ROLLBACK", &err)); /* as SQLite does by itself when the disk is full */
    FAILS(db_begin(d, &err), STATUS_MACHINE, STUDY, "rolled back");
    FAILS(db_commit(d, &err), STATUS_MACHINE, STUDY, "rolled back");
    OK(db_set_fact(d, "second", "1", &err));
    db_close(d);
    cr_expect_eq(ask("SELECT count(*) FROM study"), 1);
}

static bool count_edge(void *user, const edge *e)
{
    (void)e;
    ++*(uint64_t *)user;
    return true;
}

/* Everything that can be read is read; each call may refuse, none may do worse. */
static void read_all(db *d)
{
    layer_set layers;
    fit_set fits;
    if (layer_list(d, &layers, &err) == STATUS_OK) {
        for (uint32_t i = 0; i < layers.count; i++) {
            matrix m;
            if (layer_load(d, &layers.item[i], &m, &err) == STATUS_OK)
                matrix_release(&m);
            uint32_t *sample = NULL;
            float *value = NULL;
            uint64_t count = 0;
            for (uint32_t f = 0; f < 4; f++) {
                layer_load_feature(d, &layers.item[i], f, &sample, &value, &count, &err);
                free(sample);
                free(value);
            }
            feature_table t;
            if (feature_list(d, layers.item[i].id, &t, &err) == STATUS_OK)
                feature_table_release(&t);
            feature_detail detail;
            if (feature_get(d, layers.item[i].id, 1, &detail, &err) == STATUS_OK)
                feature_detail_release(&detail);
        }
        layer_set_release(&layers);
    }
    feature_table t;
    if (feature_search(d, "label", 0, 10, &t, &err) == STATUS_OK)
        feature_table_release(&t);
    document doc;
    if (document_of_sample(d, 3, &doc, &err) == STATUS_OK)
        document_release(&doc);
    target_set targets;
    if (target_list(d, &targets, &err) == STATUS_OK) {
        double *value = NULL;
        uint32_t samples = 0;
        target_load(d, 1, &value, &samples, &err);
        free(value);
        target_set_release(&targets);
    }
    effect *effects = NULL;
    uint32_t count = 0;
    effect_load(d, 1, 2, &effects, &count, &err);
    free(effects);
    if (fit_list(d, &fits, &err) == STATUS_OK)
        fit_set_release(&fits);
    uint64_t edges = 0;
    fit_each_edge(d, pair_id, count_edge, &edges, &err);
    uint8_t done[100];
    fit_done_targets(d, pair_id, done, sizeof done, &err);
    db_check(d, &err);
}

Test(db_crash, rotten_bytes)
{
    make_study();
    db *d = open_study(DB_WRITE);
    OK(add_block(d, 0, &err));
    db_close(d);
    struct stat info;
    cr_assert_eq(stat(STUDY, &info), 0);
    size_t size = (size_t)info.st_size;
    unsigned char *sound = malloc(size);
    unsigned char *rotten = malloc(size);
    int file = open(STUDY, O_RDWR);
    cr_assert_eq(read(file, sound, size), (ssize_t)size);
    close(file);
    srand(11);
    int refused = 0;
    for (int round = 0; round < 300; round++) {
        memcpy(rotten, sound, size);
        /* mostly in the beginnings of pages, where the structure is */
        for (int k = 0; k < 1 + round % 20; k++) {
            size_t at = (size_t)rand() % size;
            if (rand() % 2)
                at = at / 16384 * 16384 + (size_t)rand() % 200;
            rotten[at < size ? at : 0] = (unsigned char)rand();
        }
        file = open(STUDY, O_WRONLY | O_TRUNC);
        size_t length = round % 10 == 9 ? (size_t)rand() % size : size;
        cr_assert_eq(write(file, rotten, length), (ssize_t)length);
        close(file);
        err = (error){0};
        status s = db_open(&d, STUDY, round % 2 ? DB_READ : DB_WRITE, &err);
        if (s == STATUS_OK) {
            read_all(d);
            db_close(d);
        } else {
            cr_expect(s == STATUS_INPUT || s == STATUS_MACHINE);
            cr_expect(strstr(err.message, STUDY) != NULL, "%s", err.message);
            refused++;
        }
        unlink(STUDY "-wal");
        unlink(STUDY "-shm");
    }
    cr_expect_gt(refused, 10);
    free(sound);
    free(rotten);
}
