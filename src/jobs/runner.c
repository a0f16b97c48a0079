#include "src/jobs/runner.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* When process `pid` started, in clock ticks since boot; 0: there is no such process. */
static unsigned long long process_start(long pid)
{
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    /* the second field is a name in parentheses that may hold anything: count from its end */
    char *at = strrchr(line, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at + 1, NULL, 10) : 0;
}

static void boot_name(char name[64])
{
    name[0] = '\0';
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file) {
        if (fgets(name, 64, file))
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
    }
    if (!name[0])
        strcpy(name, "-");
}

static void host_name(char name[64])
{
    if (gethostname(name, 64) != 0 || !name[0] || strchr(name, ' '))
        strcpy(name, "-");
    name[63] = '\0';
}

char *runner_self(void)
{
    char host[64];
    char boot[64];
    host_name(host);
    boot_name(boot);
    long pid = (long)getpid();
    return mem_format("%s %ld %llu %s", host, pid, process_start(pid), boot);
}

bool runner_alive(const char *runner)
{
    char host[64];
    char boot[64];
    char here[64];
    char now[64];
    long pid = 0;
    unsigned long long start = 0;
    if (!runner || sscanf(runner, "%63s %ld %llu %63s", host, &pid, &start, boot) != 4)
        return false;
    host_name(here);
    boot_name(now);
    if (strcmp(host, here) != 0)
        return true;
    return strcmp(boot, now) == 0 && pid > 0 && process_start(pid) == start;
}
