/* What directives do beside the screen: other runs of the program, files, studies. */
#include "src/base/memory.h"
#include "tests/ui/scenario_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs to the end; its exit status as a shell says it. Its output goes to the file. */
static int run_to_end(scenario *s, char *const argv[], const char *output)
{
    pid_t child = fork();
    if (child == 0) {
        int to = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int none = open("/dev/null", O_RDONLY);
        dup2(none, STDIN_FILENO);
        dup2(to, STDOUT_FILENO);
        dup2(to, STDERR_FILENO);
        execvpe(argv[0], argv, s->variable);
        _exit(127);
    }
    int how = 0;
    if (child < 0 || waitpid(child, &how, 0) < 0)
        return 127;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

bool directive_run(scenario *s, char **word, int words)
{
    char *argv[WORDS_MAX + 2] = {(char *)s->options->program};
    for (int i = 2; i < words; i++)
        argv[i - 1] = word[i];
    char *output = mem_format("%s/said.txt", s->options->folder);
    int status = run_to_end(s, argv, output);
    free(s->said);
    s->said = page_read(output);
    free(output);
    if (status == atoi(word[1]))
        return true;
    scenario_wrong(s, "exit status %d, expected %s, saying:", status, word[1]);
    fprintf(s->out, "%s\n", s->said ? s->said : "");
    return false;
}

bool directive_said(scenario *s, char **word, int words)
{
    (void)words;
    if (s->said && strstr(s->said, word[1]))
        return true;
    return scenario_wrong(s, "it did not say \"%s\" but:\n%s", word[1], s->said ? s->said : "");
}

static bool copy_file(scenario *s, const char *from, const char *to)
{
    char *argv[] = {(char *)"cp", (char *)"--", (char *)from, (char *)to, NULL};
    return run_to_end(s, argv, "/dev/null") == 0;
}

bool directive_copy(scenario *s, char **word, int words)
{
    (void)words;
    return copy_file(s, word[1], word[2]) ||
           scenario_wrong(s, "cannot copy '%s' to '%s'", word[1], word[2]);
}

bool directive_delete(scenario *s, char **word, int words)
{
    (void)words;
    return unlink(word[1]) == 0 || scenario_wrong(s, "cannot delete '%s'", word[1]);
}

bool directive_study(scenario *s, char **word, int words)
{
    (void)words;
    char *from = mem_format("%s/%s.clw", s->options->studies, word[1]);
    free(s->study);
    s->study = mem_format("%s/%s.clw", s->options->folder, word[1]);
    bool good = copy_file(s, from, s->study) || scenario_wrong(s, "no study '%s'", from);
    free(from);
    return good;
}
