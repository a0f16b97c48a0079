#include "src/formats/folder.h"

#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_NONBLOCK: opening a named pipe must not wait for its writer. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

status folder_open_parent(folder *f, const char *path, bool outside, error *err)
{
    char *copy = mem_copy_text(path);
    const char *parent = dirname(copy);
    f->outside = outside;
    f->fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    status code = f->fd < 0 ? error_errno(err, "cannot open folder '%s'", parent) : STATUS_OK;
    free(copy);
    return code;
}

void folder_close(folder *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* What RESOLVE_BENEATH does, for kernels without openat2: walk part by part and follow no
 * symbolic link at all. */
static int open_step_by_step(int base, const char *name)
{
    if (*name == '/') {
        errno = EXDEV;
        return -1;
    }
    char *copy = mem_copy_text(name);
    char *rest = NULL;
    int at = dup(base);
    for (char *part = strtok_r(copy, "/", &rest); part && at >= 0;) {
        char *next = strtok_r(NULL, "/", &rest);
        int fd = -1;
        if (strcmp(part, "..") == 0)
            errno = EXDEV;
        else
            fd = openat(at, part,
                        O_NOFOLLOW | (next ? O_PATH | O_DIRECTORY | O_CLOEXEC : OPEN_FLAGS));
        int number = errno;
        close(at);
        errno = number;
        at = fd;
        part = next;
    }
    free(copy);
    return at;
}

static int open_beneath(int base, const char *name)
{
    struct open_how how = {.flags = OPEN_FLAGS,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, base, name, &how, sizeof how);
    /* a container's filter may answer EPERM for a system call that it does not know */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return open_step_by_step(base, name);
    return (int)fd;
}

status folder_open_file(const folder *f, const char *name, int *fd, uint64_t *bytes, error *err)
{
    *fd = f->outside ? openat(f->fd, name, OPEN_FLAGS) : open_beneath(f->fd, name);
    if (*fd < 0 && errno == EXDEV)
        return error_set(err, STATUS_INPUT,
                         "'%s' lies outside the manifest's folder, and only files below it "
                         "are read",
                         name);
    if (*fd < 0)
        return error_errno(err, "cannot open '%s'", name);
    struct stat facts;
    status code = STATUS_OK;
    if (fstat(*fd, &facts) != 0)
        code = error_errno(err, "cannot open '%s'", name);
    else if (!S_ISREG(facts.st_mode))
        code = error_set(err, STATUS_INPUT, "'%s' is not a regular file", name);
    if (code != STATUS_OK) {
        close(*fd);
        *fd = -1;
        return code;
    }
    if (bytes)
        *bytes = (uint64_t)facts.st_size;
    return STATUS_OK;
}
