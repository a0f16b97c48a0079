/* Checks as jobs: one that was cut off must end as one that was not, and what makes no sense is
 * refused. */
#include "src/jobs/engine.h"
#include "tests/unit/check_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static const char *const everything[] = {
    "SELECT group_concat(source_layer || '/' || target_layer || '/' || name || '=' || "
    "quote(value))"
    " FROM (SELECT * FROM check_figure WHERE check_id = ?1 ORDER BY 2, 3, 4)",
    "SELECT group_concat(source_layer || '/' || series || '/' || place || '=' || quote(x) || ' ' "
    "||"
    " quote(y)) FROM (SELECT * FROM check_point WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
    "SELECT group_concat(name || '/' || feature || '=' || quote(value))"
    " FROM (SELECT * FROM check_value WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
    "SELECT group_concat(name || '/' || target_feature || '=' || hex(source_feature) || ' ' ||"
    " hex(value)) FROM (SELECT * FROM check_edge WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
};

/* All findings of a check, to the last bit. */
static char *print_findings(int64_t id)
{
    sqlite3 *raw = NULL;
    char *all = strdup("");
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    for (size_t i = 0; i < sizeof everything / sizeof *everything; i++) {
        sqlite3_stmt *q = NULL;
        char *longer = NULL;
        cr_assert_eq(sqlite3_prepare_v2(raw, everything[i], -1, &q, NULL), SQLITE_OK, "%s",
                     sqlite3_errmsg(raw));
        sqlite3_bind_int64(q, 1, id);
        cr_assert_eq(sqlite3_step(q), SQLITE_ROW);
        const char *text = (const char *)sqlite3_column_text(q, 0);
        cr_assert(asprintf(&longer, "%s%s\n", all, text ? text : "") >= 0);
        free(all);
        all = longer;
        sqlite3_finalize(q);
    }
    sqlite3_close(raw);
    return all;
}

static uint32_t done_of(int64_t id)
{
    check c = {0};
    cr_assert_eq(check_get(d, id, &c, NULL), STATUS_OK);
    uint32_t done = c.done;
    check_release(&c);
    return done;
}

/* Runs it in another process, which is killed as soon as so many units are stored. */
static void run_and_kill(int64_t id, uint32_t units)
{
    pid_t child = fork();
    if (child == 0) {
        check_progress last;
        check_run_options how = {.threads = 1};
        _exit((int)check_run(path, id, &how, &last, NULL));
    }
    for (int tries = 0; tries < 20000 && done_of(id) < units; tries++)
        usleep(500);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void resumes_to_the_same_bits(const char *kind, uint64_t rounds)
{
    planted p = make_circuit(71, 0.5);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 8, 1);
    check_report whole = checked(fit_id, kind, rounds, 9);
    int64_t cut = ask(fit_id, kind, rounds, 9);
    uint32_t killed = 0;
    for (uint32_t units = 1; units < whole.about.units; units += 2) {
        run_and_kill(cut, units);
        uint32_t done = done_of(cut);
        killed += done > 0 && done < whole.about.units;
        if (done == whole.about.units)
            break;
    }
    atomic_bool cancel = true;
    status code = run_it(cut, &cancel);
    cr_expect(code == STATUS_INTERRUPTED || done_of(cut) == whole.about.units);
    cr_assert_eq(run_it(cut, NULL), STATUS_OK);
    char *expected = print_findings(whole.about.id);
    char *found = print_findings(cut);
    cr_expect_gt(strlen(expected), 1000);
    cr_expect_str_eq(found, expected);
    cr_expect_gt(killed, 0, "it was killed between its first unit and its last");
    free(expected);
    free(found);
    check_report_release(&whole);
    close_planted(&p);
}

Test(check, held_out_killed_and_resumed)
{
    resumes_to_the_same_bits("held-out", 0);
}

Test(check, null_killed_and_resumed)
{
    resumes_to_the_same_bits("null", 12);
}

Test(check, stability_cancelled_and_resumed)
{
    resumes_to_the_same_bits("stability", 400);
}

Test(check, too_few_documents_is_said)
{
    uint64_t seed = 81;
    planted p = planted_create(3, 40, 60, 10, 10, &seed);
    fill_sparse(&p, 0, 0.2, &seed);
    fill_sparse(&p, 1, 0.2, &seed);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    static const char *const kinds[] = {"held-out", "null", "stability"};
    for (int i = 0; i < 3; i++) {
        error err = {0};
        int64_t id = 0;
        check_request request = {
            .fit_id = fit_id, .kind = kinds[i], .settings = check_settings_open()};
        cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
        cr_expect(strstr(err.message, kinds[i]) && strstr(err.message, "documents"), "%s",
                  err.message);
    }
    close_planted(&p);
}

Test(check, settings_that_make_no_sense_are_refused)
{
    planted p = make_noise(82);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    error err = {0};
    int64_t id = 0;
    check_request request = {
        .fit_id = fit_id, .kind = "stability", .settings = check_settings_open()};
    request.settings.cut = 0.4;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.settings.cut = (double)NAN;
    request.kind = "no such";
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.kind = "held-out";
    request.settings.folds = 1;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.settings.folds = 0;
    request.fit_id = 77;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
    close_planted(&p);
}

/* The engine runs checks beside fits, and deletes them with their fit. */
Test(check, the_engine_runs_them)
{
    planted p = make_noise(83);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    queue *news = NULL;
    engine *e = NULL;
    check_request request = {
        .fit_id = fit_id, .kind = "held-out", .settings = check_settings_open()};
    cr_assert_eq(queue_create(&news, NULL), STATUS_OK);
    cr_assert_eq(engine_start(&e, path, 1, news, NULL), STATUS_OK);
    engine_check(e, &request);
    request.kind = "stability";
    engine_check(e, &request);
    int64_t last = 0;
    for (uint32_t done = 0; done < 1;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m)) {
            const check_progress *now = m->payload;
            cr_assert_eq(m->kind, ENGINE_CHECK);
            cr_expect_eq(now->fit_id, fit_id);
            last = now->check_id > last ? now->check_id : last;
            done += now->state == FIT_DONE;
        }
    }
    engine_check_cancel(e, last);
    engine_delete(e, fit_id);
    for (bool gone = false; !gone;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m))
            gone |= m->kind == ENGINE_PROGRESS &&
                    ((const fit_progress *)m->payload)->state == FIT_CANCELLED;
    }
    check_set set;
    cr_assert_eq(check_list(d, 0, &set, NULL), STATUS_OK);
    cr_expect_eq(set.count, 0, "they went with their fit");
    check_set_release(&set);
    engine_stop(e);
    queue_free(news);
    close_planted(&p);
}
