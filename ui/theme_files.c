/* Where themes are looked for. */
#include "ui/theme.h"

#include "src/base/memory.h"
#include "src/base/xdg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS = 2 };

/* The user's first: a theme of theirs replaces ours of the same name. NULLs among them. */
static void theme_folders(char *folder[FOLDERS])
{
    folder[0] = xdg_config("themes");
    folder[1] = xdg_shared("themes");
}

status theme_find(theme *out, const char *name, error *err)
{
    char *folder[FOLDERS];
    char *path = NULL;
    status code = STATUS_OK;
    theme_folders(folder);
    for (int i = 0; i < FOLDERS && !path && name[0] != '.' && !strchr(name, '/'); i++) {
        path = folder[i] ? mem_format("%s/%s.yaml", folder[i], name) : NULL;
        if (path && access(path, F_OK) != 0) {
            free(path);
            path = NULL;
        }
    }
    if (path) {
        code = theme_read(out, path, err);
        /* the file's name is what the user asks for, whatever the file says of itself */
        snprintf(out->name, sizeof out->name, "%s", name);
    } else if (strcmp(name, "default") == 0) {
        theme_built_in(out);
    } else if (strcmp(name, "mono") == 0) {
        theme_mono(out);
    } else {
        code = error_set(err, STATUS_INPUT, "there is no theme '%s'", name);
    }
    for (int i = 0; i < FOLDERS; i++)
        free(folder[i]);
    free(path);
    return code;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(char ***names, size_t *count, const char *name, size_t length)
{
    for (size_t i = 0; i < *count; i++)
        if (strlen((*names)[i]) == length && memcmp((*names)[i], name, length) == 0)
            return;
    *names = mem_grow(*names, *count + 1, sizeof **names);
    (*names)[(*count)++] = mem_format("%.*s", (int)length, name);
}

char **theme_names(size_t *count)
{
    char *folder[FOLDERS];
    char **names = NULL;
    *count = 0;
    add_name(&names, count, "default", 7);
    add_name(&names, count, "mono", 4);
    theme_folders(folder);
    for (int i = 0; i < FOLDERS; i++) {
        DIR *open = folder[i] ? opendir(folder[i]) : NULL;
        for (struct dirent *entry; open && (entry = readdir(open));) {
            size_t length = strlen(entry->d_name);
            if (length > 5 && entry->d_name[0] != '.' &&
                strcmp(entry->d_name + length - 5, ".yaml") == 0)
                add_name(&names, count, entry->d_name, length - 5);
        }
        if (open)
            closedir(open);
        free(folder[i]);
    }
    qsort(names, *count, sizeof *names, by_name);
    return names;
}
