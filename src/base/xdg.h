/* Where the user's files belong (XDG base directories), and where the program's own are. */
#ifndef BASE_XDG_H
#define BASE_XDG_H

#include "src/base/error.h"

/* $XDG_CONFIG_HOME/circuitlasso/NAME (default ~/.config). Need not exist. Free it; NULL without
 * a home. */
char *xdg_config(const char *name);

/* The same, and its folder is made. Free *path. */
status xdg_config_made(const char *name, char **path, error *err);

/* $XDG_DATA_HOME/circuitlasso/NAME (default ~/.local/share); its folder is made. Free *path. */
status xdg_data(const char *name, char **path, error *err);

/* The same below $XDG_STATE_HOME (default ~/.local/state). */
status xdg_state(const char *name, char **path, error *err);

/* A file or folder that comes with the program (`themes`, `sample_data`): beside the executable,
 * above it while it stands in its build folder, or where it was installed. Free it; NULL: nowhere.
 */
char *xdg_shared(const char *name);

#endif
