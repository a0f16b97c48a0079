/* Commands as a script sees them: run in this process, what they write to standard output caught.
 */
#ifndef TESTS_COMMAND_FIXTURE_H
#define TESTS_COMMAND_FIXTURE_H

#include "src/commands/command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static char said[1 << 20]; /* what the last command wrote */
static error err;

/* Each test runs in a process of its own, and options keep what they were given: one call of a
 * command a test, unless the test means it. No byte that could act on a terminal may come out. */
static status run(int count, const char **words)
{
    char *argv[24] = {0};
    for (int i = 0; i < count; i++)
        argv[i] = (char *)words[i];
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    dup2(fileno(file), STDOUT_FILENO);
    err = (error){0};
    status code = command_run(command_find(words[0]), count, argv, &err);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(file);
    size_t length = fread(said, 1, sizeof said - 1, file);
    said[length] = '\0';
    fclose(file);
    for (size_t i = 0; i < length; i++)
        cr_assert((unsigned char)said[i] >= 0x20 || said[i] == '\n', "a control byte at %zu", i);
    return code;
}

#define RUN(...)                                                                                  \
    run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                      \
        (const char *[]){__VA_ARGS__})

#endif
