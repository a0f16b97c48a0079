/* A private folder beside a study, in which its successor is built.
 *
 * `.study.clw.import-XXXXXX` has an unpredictable name, belongs to one process (an flock tells a
 * live one from what a killed import left) and goes with all that is in it. */
#ifndef JOBS_BUILD_FOLDER_H
#define JOBS_BUILD_FOLDER_H

#include "src/base/error.h"

typedef struct build_folder {
    char *path;   /* the folder; NULL: none */
    char *study;  /* the workspace to build, in it */
    char *target; /* where it goes: the study's path, symbolic links resolved */
    int lock;
} build_folder;

/* Removes what killed imports of this study left, and makes a new folder. */
status build_folder_create(build_folder *b, const char *study, error *err);

/* Moves the finished workspace to its place. replace false: STATUS_INPUT if something is there. */
status build_folder_publish(build_folder *b, bool replace, error *err);

/* Removes the folder with what is left in it. A zeroed one is fine. */
void build_folder_remove(build_folder *b);

#endif
