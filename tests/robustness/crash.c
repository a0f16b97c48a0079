/* What survives a kill -9, and what several programs on one study do to each other:
 *
 *     crash PROGRAM [ROUNDS [SEED]]
 *
 * From the top of the repository. Fits and imports of the sample are killed at random moments;
 * afterwards the workspace must be sound by SQLite's own check, must hold finished blocks and
 * nothing else, must call the fit cut off, and must come to the same numbers, to the last bit, as
 * a fit that nobody disturbed. The workspace is read here with plain SQL, not with the program. */
#include "src/base/clock.h"
#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANIFEST "sample_data/manifest.yaml"
/* Small enough a lambda that the fit takes a second or two: there is something to kill. */
#define FIT "--lambda", "0.002", "--ridge", "0.5"

static const char *program;
static char folder[] = "/tmp/circuitlasso-crash-XXXXXX";
static unsigned passed, failed;

__attribute__((format(printf, 2, 3))) static bool check(bool holds, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char what[512];
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    if (holds)
        passed++;
    else
        failed++;
    if (!holds)
        printf("FAILED  %s\n", what);
    return holds;
}

/* -- programs ------------------------------------------------------------------------------ */

static char *path(const char *name)
{
    return mem_format("%s/%s", folder, name);
}

/* Starts the program; what it says goes to said.txt in the folder. */
static pid_t start(const char *const argv[])
{
    char *said = path("said.txt");
    pid_t child = fork();
    if (child == 0) {
        int out = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600), in = open("/dev/null", O_RDONLY);
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        setenv("LC_ALL", "C.UTF-8", 1);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    free(said);
    return child;
}

/* Exit status as a shell says it. */
static int finish(pid_t child)
{
    int how = 0;
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

#define START(...) start((const char *[]){program, __VA_ARGS__, NULL})
#define RUN(...)   finish(START(__VA_ARGS__))

static bool has_said(const char *text)
{
    char *said = path("said.txt"), all[8192] = "";
    FILE *in = fopen(said, "r");
    free(said);
    if (!in)
        return false;
    size_t got = fread(all, 1, sizeof all - 1, in);
    all[got] = '\0';
    fclose(in);
    return strstr(all, text) != NULL;
}

static void wait_seconds(double seconds)
{
    struct timespec span = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&span, NULL);
}

static void copy_study(const char *from, const char *to)
{
    finish(start((const char *[]){"/bin/cp", "--", from, to, NULL}));
}

static double uniform(void)
{
    return (double)rand() / ((double)RAND_MAX + 1.0);
}

/* -- the workspace, seen without the program ----------------------------------------------- */

/* The first column of the first row, as a number (-1: the question failed). */
static long long ask(const char *study, const char *other, const char *sql)
{
    sqlite3 *d = NULL;
    sqlite3_stmt *statement = NULL;
    long long answer = -1;
    if (sqlite3_open_v2(study, &d, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(d, 10000);
        char *attach = other ? sqlite3_mprintf("ATTACH %Q AS other", other) : NULL;
        if ((!attach || sqlite3_exec(d, attach, NULL, NULL, NULL) == SQLITE_OK) &&
            sqlite3_prepare_v2(d, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            answer = sqlite3_column_int64(statement, 0);
        else
            printf("  %s: %s\n", study, sqlite3_errmsg(d));
        sqlite3_free(attach);
        sqlite3_finalize(statement);
    }
    sqlite3_close(d);
    return answer;
}

static bool is_sound(const char *study)
{
    return ask(study, NULL,
               "SELECT count(*) = 1 FROM pragma_integrity_check WHERE integrity_check = 'ok'") ==
               1 &&
           ask(study, NULL, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}

/* Every target that is there has all its edges, no edge is without its target, counts agree. */
static bool has_finished_blocks_only(const char *study)
{
    return ask(study, NULL,
               "SELECT count(*) FROM fit_target t WHERE parents <> (SELECT count(*) FROM edge e"
               " WHERE e.pair_id = t.pair_id AND e.target_feature = t.feature"
               " AND e.weight <> 0)") == 0 &&
           ask(study, NULL,
               "SELECT count(*) FROM edge e WHERE NOT EXISTS (SELECT 1 FROM fit_target t"
               " WHERE t.pair_id = e.pair_id AND t.feature = e.target_feature)") == 0 &&
           ask(study, NULL,
               "SELECT count(*) FROM fit_pair p WHERE"
               " done <> (SELECT count(*) FROM fit_target t WHERE t.pair_id = p.pair_id) OR"
               " edges <> (SELECT count(*) FROM edge e WHERE e.pair_id = p.pair_id) OR"
               " wired_alone <> (SELECT count(*) FROM edge e WHERE e.pair_id = p.pair_id"
               " AND e.weight = 0)") == 0;
}

/* How many numbers of fit `id` here are not those of fit 1 there, to the last bit. */
static long long differences(const char *study, int id, const char *reference)
{
    static const char *const rows[] = {
        "SELECT source_layer, target_layer, target_feature, source_feature, weight, standardised, "
        "removal, wired"
        " FROM %s.edge JOIN %s.fit_pair USING (pair_id) WHERE fit_id = %d",
        "SELECT source_layer, target_layer, feature, t.state, t.lambda, t.lambda_max, intercept, "
        "r2, gap, parents"
        " FROM %s.fit_target t JOIN %s.fit_pair USING (pair_id) WHERE fit_id = %d",
    };
    long long sum = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char here[512], there[512];
        snprintf(here, sizeof here, rows[i], "main", "main", id);
        snprintf(there, sizeof there, rows[i], "other", "other", 1);
        char *sql = mem_format(
            "SELECT (SELECT count(*) FROM (%s EXCEPT %s)) + (SELECT count(*) FROM (%s EXCEPT %s))",
            here, there, there, here);
        long long more = ask(study, reference, sql);
        free(sql);
        if (more < 0)
            return -1;
        sum += more;
    }
    return sum;
}

/* -- fits ---------------------------------------------------------------------------------- */

/* Until the first targets are in the workspace; a fit that never gets there is not waited for. */
static void wait_for_block(const char *study)
{
    for (int i = 0; i < 6000; i++) {
        if (ask(study, NULL, "SELECT coalesce(sum(done), 0) FROM fit_pair") > 0)
            return;
        wait_seconds(0.01);
    }
}

static void kill_fits(const char *unfitted, const char *reference, double seconds, unsigned rounds)
{
    unsigned in_the_middle = 0;
    for (unsigned round = 0; round < rounds; round++) {
        char *study = path("killed.clw");
        char *wal = path("killed.clw-wal"), *shm = path("killed.clw-shm");
        unlink(study);
        unlink(wal);
        unlink(shm);
        copy_study(unfitted, study);
        double moment = seconds * 1.1 * uniform();
        pid_t child = START("fit", study, FIT);
        if (round % 3 == 0) { /* one in three for certain in the middle, however fast it is */
            wait_for_block(study);
            moment = 0;
        }
        for (unsigned kills = 0; kills < 1 + round % 2;
             kills++) { /* the resumed fit is killed too */
            wait_seconds(moment);
            kill(child, SIGKILL);
            bool killed = finish(child) == 128 + SIGKILL;
            check(is_sound(study), "round %u: the workspace is not sound after a kill at %.2f s",
                  round, moment);
            check(has_finished_blocks_only(study), "round %u: an unfinished block was kept",
                  round);
            check(RUN("info", study) == 0, "round %u: the study does not open", round);
            long long fits = ask(study, NULL, "SELECT count(*) FROM fit");
            long long done = ask(study, NULL, "SELECT coalesce(sum(done), 0) FROM fit_pair");
            in_the_middle += killed && done > 0;
            if (fits != 1) { /* it was killed before it could store the fit */
                check(killed && fits == 0, "round %u: %lld fits", round, fits);
                check(RUN("fit", study, FIT) == 0, "round %u: a new fit fails", round);
                break;
            }
            if (killed &&
                ask(study, NULL, "SELECT count(*) FROM fit WHERE state = 'running'") == 1) {
                check(RUN("fits", study) == 0 && has_said("cut off"),
                      "round %u: the fit does not say that it was cut off", round);
            }
            if (kills < round % 2) {
                moment = 0.5 * seconds * uniform();
                child = START("fit", study, "--resume", "1");
            }
        }
        if (ask(study, NULL, "SELECT count(*) FROM fit WHERE state = 'done'") != 1)
            check(RUN("fit", study, "--resume", "1") == 0, "round %u: it does not resume", round);
        long long different = differences(study, 1, reference);
        check(different == 0, "round %u: %lld numbers differ from the undisturbed fit", round,
              different);
        free(study);
        free(wal);
        free(shm);
    }
    check(in_the_middle > 0, "no kill fell into the middle of a fit: the test has lost its teeth");
}

/* -- imports ------------------------------------------------------------------------------- */

static void kill_imports(const char *unfitted, double seconds, unsigned rounds)
{
    char *fresh = path("fresh.clw"), *old = path("old.clw");
    for (unsigned round = 0; round < rounds; round++) {
        unlink(fresh);
        double moment = seconds * uniform();
        pid_t child = START("import", fresh, MANIFEST);
        wait_seconds(moment);
        kill(child, SIGKILL);
        finish(child);
        check(access(fresh, F_OK) != 0 || is_sound(fresh), "import %u: half a study after %.2f s",
              round, moment);
        if (access(fresh, F_OK) != 0)
            check(RUN("import", fresh, MANIFEST) == 0, "import %u: it cannot be repeated", round);
        check(ask(fresh, unfitted,
                  "SELECT count(*) FROM (SELECT name, hash, nonzeros FROM main.layer EXCEPT"
                  " SELECT name, hash, nonzeros FROM other.layer)") == 0,
              "import %u: other data", round);

        copy_study(unfitted, old);
        child = START("import", old, MANIFEST, "--replace");
        wait_seconds(moment);
        kill(child, SIGKILL);
        finish(child);
        check(is_sound(old) && RUN("info", old) == 0, "import %u: the old study is gone", round);
    }
    free(fresh);
    free(old);
}

/* -- several programs ---------------------------------------------------------------------- */

static void browse_while_fitting(const char *unfitted, const char *reference)
{
    char *study = path("shared.clw");
    copy_study(unfitted, study);
    pid_t fitting = START("fit", study, FIT);
    bool fine = true;
    int how = 0;
    unsigned looked = 0;
    while (waitpid(fitting, &how, WNOHANG) == 0) {
        fine = fine && RUN("info", study) == 0 && RUN("fits", study) == 0 &&
               RUN("features", study, "hook_embed") == 0;
        fine = fine && has_finished_blocks_only(study);
        looked++;
    }
    check(fine && looked > 1, "browsing beside a fit fails (%u looks)", looked);
    check(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the fit beside which somebody browsed fails");
    check(differences(study, 1, reference) == 0,
          "the fit beside which somebody browsed has other numbers");
    free(study);
}

static void two_fits(const char *unfitted, const char *reference)
{
    char *study = path("two.clw");
    copy_study(unfitted, study);
    pid_t one = START("fit", study, FIT), other = START("fit", study, FIT);
    int first = finish(one), second = finish(other);
    check(first == 0 && second == 0, "two fits at once end with %d and %d", first, second);
    check(is_sound(study) && has_finished_blocks_only(study),
          "two fits at once leave a bad workspace");
    check(differences(study, 1, reference) == 0 && differences(study, 2, reference) == 0,
          "two fits at once have other numbers");
    free(study);
}

static void two_resumes(const char *unfitted, const char *reference, double seconds)
{
    char *study = path("resumed.clw");
    copy_study(unfitted, study);
    pid_t child = START("fit", study, FIT);
    wait_seconds(0.4 * seconds);
    kill(child, SIGKILL);
    finish(child);
    if (ask(study, NULL, "SELECT count(*) FROM fit WHERE state = 'running'") == 1) {
        pid_t one = START("fit", study, "--resume", "1");
        pid_t other = START("fit", study, "--resume", "1");
        int first = finish(one), second = finish(other);
        check((first == 0) + (second == 0) == 1 && (first == 3) + (second == 3) == 1,
              "of two that resume one fit, exactly one may: they end with %d and %d", first,
              second);
        check(is_sound(study) && has_finished_blocks_only(study) &&
                  differences(study, 1, reference) == 0,
              "two that resume one fit leave other numbers");
    }
    free(study);
}

static void remove_folder(void)
{
    finish(start((const char *[]){"/bin/rm", "-rf", "--", folder, NULL}));
}

int main(int argc, char **argv)
{
    if (argc < 2 || access(MANIFEST, R_OK) != 0) {
        fprintf(stderr, "usage, from the top of the repository: crash PROGRAM [ROUNDS [SEED]]\n");
        return 2;
    }
    program = realpath(argv[1], NULL);
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 6;
    unsigned seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)getpid();
    srand(seed);
    if (!program || !mkdtemp(folder)) {
        perror("crash");
        return 2;
    }
    printf("seed %u\n", seed);
    char *unfitted = path("unfitted.clw"), *reference = path("reference.clw");
    double begin = clock_seconds();
    bool ready = check(RUN("import", unfitted, MANIFEST) == 0, "the sample cannot be imported");
    double import_seconds = clock_seconds() - begin;
    copy_study(unfitted, reference);
    begin = clock_seconds();
    ready = ready && check(RUN("fit", reference, FIT) == 0, "the sample cannot be fitted");
    double fit_seconds = clock_seconds() - begin;
    if (ready) {
        kill_fits(unfitted, reference, fit_seconds, rounds);
        kill_imports(unfitted, import_seconds, rounds);
        browse_while_fitting(unfitted, reference);
        two_fits(unfitted, reference);
        two_resumes(unfitted, reference, fit_seconds);
    }
    remove_folder();
    free(unfitted);
    free(reference);
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
