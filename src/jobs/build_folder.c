#include "src/jobs/build_folder.h"

#include "src/base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define STUDY_NAME "study.clw"
#define SUFFIX "XXXXXX"

static char *parent_of(const char *path)
{
    char *copy = mem_copy_text(path);
    char *parent = mem_copy_text(dirname(copy));
    free(copy);
    return parent;
}

/* What the folders of this study's imports begin with. */
static char *prefix_of(const char *path)
{
    char *copy = mem_copy_text(path);
    char *prefix = mem_format(".%s.import-", basename(copy));
    free(copy);
    return prefix;
}

/* Removes the folder `name` of `parent` with the workspace in it; only files of ours. */
static void remove_folder(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(listing));) {
        if (strncmp(entry->d_name, STUDY_NAME, strlen(STUDY_NAME)) == 0)
            unlinkat(fd, entry->d_name, 0);
    }
    closedir(listing);
    unlinkat(parent, name, AT_REMOVEDIR);
}

/* Whether the process that made the folder is gone. */
static bool is_abandoned(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool free_to_take = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return free_to_take;
}

static void remove_abandoned(const char *parent, const char *prefix)
{
    DIR *listing = opendir(parent);
    if (!listing)
        return;
    for (const struct dirent *entry; (entry = readdir(listing));) {
        const char *name = entry->d_name;
        if (strncmp(name, prefix, strlen(prefix)) == 0 &&
            strlen(name) == strlen(prefix) + strlen(SUFFIX) && is_abandoned(dirfd(listing), name))
            remove_folder(dirfd(listing), name);
    }
    closedir(listing);
}

status build_folder_create(build_folder *b, const char *study, error *err)
{
    *b = (build_folder){.lock = -1};
    b->target = realpath(study, NULL);
    if (!b->target)
        b->target = mem_copy_text(study);
    char *parent = parent_of(b->target), *prefix = prefix_of(b->target);
    remove_abandoned(parent, prefix);
    b->path = mem_format("%s/%s" SUFFIX, parent, prefix);
    status code = STATUS_OK;
    if (!mkdtemp(b->path)) {
        code = error_errno(err, "cannot write in folder '%s'", parent);
        free(b->path);
        b->path = NULL;
    } else {
        b->study = mem_format("%s/" STUDY_NAME, b->path);
        b->lock = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (b->lock < 0 || flock(b->lock, LOCK_EX | LOCK_NB) != 0)
            code = error_errno(err, "cannot lock folder '%s'", b->path);
    }
    free(parent);
    free(prefix);
    if (code != STATUS_OK)
        build_folder_remove(b);
    return code;
}

static status sync_parent(const char *path, error *err)
{
    char *parent = parent_of(path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    status code = STATUS_OK;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) /* EINVAL: it has nothing to sync */
        code = error_errno(err, "cannot sync folder '%s'", parent);
    if (fd >= 0)
        close(fd);
    free(parent);
    return code;
}

status build_folder_publish(build_folder *b, bool replace, error *err)
{
    int done = replace ? rename(b->study, b->target)
                       : renameat2(AT_FDCWD, b->study, AT_FDCWD, b->target, RENAME_NOREPLACE);
    if (done != 0 && !replace && (errno == EINVAL || errno == ENOSYS))
        done = link(b->study, b->target); /* a file system that cannot do it in one step */
    if (done != 0 && errno == EEXIST)
        return error_set(err, STATUS_INPUT, "'%s' exists already", b->target);
    if (done != 0)
        return error_errno(err, "cannot create '%s'", b->target);
    return sync_parent(b->target, err);
}

void build_folder_remove(build_folder *b)
{
    if (b->path)
        remove_folder(AT_FDCWD, b->path);
    if (b->lock >= 0 && b->target)
        close(b->lock);
    free(b->path);
    free(b->study);
    free(b->target);
    *b = (build_folder){.lock = -1};
}
