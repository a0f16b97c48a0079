/* Runs the scenarios of the screen:  screens PROGRAM [--update] [SCRIPT...]
 *
 * From the top of the repository. First every studies/NAME.script makes its study once; then each
 * scenario runs in a process and a folder of its own, two at a time, and says on one line how it
 * went. Exit status 0: all as the scripts say. */
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "tests/ui/scenario.h"

#include <glob.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_ONCE = 2, LONGEST = 180 /* seconds a scenario may take */ };

static const char *program;
static char folder[] = "/tmp/circuitlasso-screens-XXXXXX";
static bool update;

typedef struct running {
    pid_t child;
    const char *script;
    char *name, *log;
    double since;
} running;

static char *base_name(const char *script)
{
    const char *slash = strrchr(script, '/');
    char *name = mem_copy_text(slash ? slash + 1 : script);
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    return name;
}

/* A child runs the script in a folder of its own and writes to a log. */
static running begin(const char *script, const char *studies, bool makes_study)
{
    running r = {.script = script, .name = base_name(script), .since = clock_seconds()};
    char *own = mem_format("%s/%s%s", folder, makes_study ? "make-" : "", r.name);
    r.log = mem_format("%s.log", own);
    mkdir(own, 0700);
    fflush(stdout);
    r.child = fork();
    if (r.child == 0) {
        FILE *log = fopen(r.log, "w");
        if (!log)
            _exit(2);
        alarm(LONGEST);
        char *study = makes_study ? mem_format("%s/%s.clw", studies, r.name) : NULL;
        scenario_options options = {.program = program,
                                    .golden = "tests/ui/golden",
                                    .studies = studies,
                                    .folder = own,
                                    .study = study,
                                    .update = update};
        bool good = scenario_run(script, &options, log);
        fclose(log);
        _exit(good ? 0 : 1);
    }
    free(own);
    return r;
}

/* Waits for any of the running; says how it went. Its place is free afterwards. */
static bool finish_one(running *place, size_t places)
{
    int how = 0;
    pid_t child = wait(&how);
    for (size_t i = 0; i < places; i++) {
        running *r = &place[i];
        if (r->child != child || child <= 0)
            continue;
        bool good = WIFEXITED(how) && WEXITSTATUS(how) == 0;
        printf("%s %-28s %6.1f s\n", good ? "ok    " : "FAILED", r->name,
               clock_seconds() - r->since);
        if (WIFSIGNALED(how))
            printf("  ended by signal %d\n", WTERMSIG(how));
        FILE *log = fopen(r->log, "r");
        for (int c; log && (c = fgetc(log)) != EOF;)
            putchar(c);
        if (log)
            fclose(log);
        free(r->name);
        free(r->log);
        r->child = 0;
        return good;
    }
    return false;
}

/* Runs all, AT_ONCE at a time; the number that failed. */
static size_t run_all(char *const *script, size_t count, const char *studies, bool makes_study)
{
    running place[AT_ONCE] = {{0}};
    size_t failed = 0, started = 0, finished = 0;
    while (finished < count) {
        for (size_t i = 0; i < AT_ONCE && started < count; i++)
            if (!place[i].child)
                place[i] = begin(script[started++], studies, makes_study);
        failed += !finish_one(place, AT_ONCE);
        finished++;
    }
    return failed;
}

static void remove_folder(void)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    char **script = mem_alloc(sizeof *script * (size_t)argc);
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--update") == 0)
            update = true;
        else if (!program)
            program = argv[i];
        else
            script[count++] = argv[i];
    }
    if (!program || access(program, X_OK) != 0 || access("tests/ui", R_OK) != 0) {
        fprintf(stderr,
                "usage, from the top of the repository: screens PROGRAM [--update] [SCRIPT...]\n");
        return 2;
    }
    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    program = realpath(program, NULL);
    if (!program || !mkdtemp(folder)) {
        perror("screens");
        return 2;
    }
    glob_t scripts = {0}, makers = {0};
    if (count == 0)
        glob("tests/ui/*.script", 0, NULL, &scripts);
    glob("tests/ui/studies/*.script", 0, NULL, &makers);
    char *studies = mem_format("%s/studies", folder);
    mkdir(studies, 0700);

    double since = clock_seconds();
    size_t all = count ? count : scripts.gl_pathc;
    size_t failed = run_all(makers.gl_pathv, makers.gl_pathc, studies, true);
    if (failed)
        printf("studies that could not be made: %zu\n", failed);
    failed += run_all(count ? script : scripts.gl_pathv, all, studies, false);
    remove_folder();
    printf("%.1f s\n%zu passed, %zu failed\n", clock_seconds() - since,
           failed > all ? 0 : all - failed, failed);
    globfree(&scripts);
    globfree(&makers);
    free(studies);
    free(script);
    return failed ? 1 : 0;
}
