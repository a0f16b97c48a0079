/* The sample's raw files and a workspace's rows, read by means that share nothing with the
 * program: libzip on SciPy's files, plain SQL on the workspace. For the judges beside it. */
#ifndef TESTS_ORACLE_SAMPLE_H
#define TESTS_ORACLE_SAMPLE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* One layer as SciPy stored it: compressed rows, values widened to double. */
typedef struct raw_layer {
    size_t rows, cols;
    int64_t *start; /* rows + 1 */
    int64_t *col;
    double *value;
} raw_layer;

/* Reads FOLDER/activations/NAME.npz or ends the program. */
raw_layer sample_layer(const char *folder, const char *name);
void sample_layer_free(raw_layer *l);

/* x^T v for a vector over the samples. */
void sample_correlate(const raw_layer *l, const double *v, double *out);

/* A statement ready to step, or the end of the program. */
sqlite3_stmt *sample_query(sqlite3 *d, const char *sql, int64_t parameter);

#endif
