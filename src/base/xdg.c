#include "src/base/xdg.h"

#include "src/base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* $variable, or $HOME/fallback. Relative values are void, as the XDG specification says. */
static char *base_folder(const char *variable, const char *fallback)
{
    const char *value = getenv(variable);
    if (value && value[0] == '/')
        return mem_copy_text(value);
    const char *home = getenv("HOME");
    return home && home[0] == '/' ? mem_format("%s/%s", home, fallback) : NULL;
}

char *xdg_config(const char *name)
{
    char *base = base_folder("XDG_CONFIG_HOME", ".config");
    char *path = base ? mem_format("%s/circuitlasso/%s", base, name) : NULL;
    free(base);
    return path;
}

static status make_folders(char *path, error *err)
{
    for (char *slash = path + 1;; slash++) {
        slash += strcspn(slash, "/");
        char kept = *slash;
        *slash = '\0';
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        status code = failed ? error_errno(err, "cannot make folder '%s'", path) : STATUS_OK;
        *slash = kept;
        if (code != STATUS_OK || !kept)
            return code;
    }
}

static status make_path(const char *variable, const char *fallback, const char *name, char **path,
                        error *err)
{
    char *base = base_folder(variable, fallback);
    if (!base)
        return error_set(err, STATUS_MACHINE, "neither HOME nor %s names a folder", variable);
    char *folder = mem_format("%s/circuitlasso", base);
    status code = make_folders(folder, err);
    if (code == STATUS_OK)
        *path = mem_format("%s/%s", folder, name);
    free(folder);
    free(base);
    return code;
}

status xdg_config_made(const char *name, char **path, error *err)
{
    return make_path("XDG_CONFIG_HOME", ".config", name, path, err);
}

status xdg_data(const char *name, char **path, error *err)
{
    return make_path("XDG_DATA_HOME", ".local/share", name, path, err);
}

status xdg_state(const char *name, char **path, error *err)
{
    return make_path("XDG_STATE_HOME", ".local/state", name, path, err);
}

char *xdg_shared(const char *name)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        /* a checkout's ./circuitlasso and .build/VARIANT/circuitlasso; PREFIX/bin/circuitlasso,
         * wherever PREFIX was moved to */
        for (int up = 0; up < 3; up++) {
            char *slash = strrchr(self, '/');
            if (!slash)
                break;
            *slash = '\0';
            const char *below =
                up == 1 && strcmp(slash + 1, "bin") == 0 ? "share/circuitlasso/" : "";
            char *path = mem_format("%s/%s%s", self, below, name);
            if (access(path, R_OK) == 0)
                return path;
            free(path);
        }
    }
    char *path = mem_format("%s/%s", CIRCUITLASSO_SHARE, name);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}
