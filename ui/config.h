/* The user's configuration, config.yaml: what it says, and how a choice made on the screen is kept
 * in it without touching anything else that a person wrote there. */
#ifndef UI_CONFIG_H
#define UI_CONFIG_H

#include "src/base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct config {
    char *theme; /* NULL: it says nothing */
    bool mouse;
} config;

/* A missing file is fine: nothing is said. A bad one is STATUS_INPUT with its line and column, and
 * nothing is said either. */
status config_read(config *out, error *err);
void config_release(config *c);

/* The text of a configuration in which `key` (of the outermost mapping) has this value, and which
 * is otherwise as it was, comments and all. NULL with STATUS_INPUT in *err where that cannot be
 * done safely. Free it. */
char *config_with(const char *where, const char *text, size_t length, const char *key,
                  const char *value, error *err);

/* Keeps a value in the user's file, which is replaced in one step, through links. */
status config_keep(const char *key, const char *value, error *err);

#endif
