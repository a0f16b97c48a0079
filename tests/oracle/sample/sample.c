#include "tests/oracle/sample/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static void end(const char *what, const char *where)
{
    fprintf(stderr, "oracle: %s: %s\n", what, where);
    exit(2);
}

/* The bytes of one array of an .npz, its header skipped; *wide says whether items have 8 bytes. */
static char *entry(zip_t *archive, const char *name, size_t *items, int *wide)
{
    zip_stat_t about;
    zip_file_t *file = zip_fopen(archive, name, 0);
    if (!file || zip_stat(archive, name, 0, &about) != 0)
        end("missing entry", name);
    char *bytes = malloc(about.size + 1);
    if (!bytes || zip_fread(file, bytes, about.size) != (zip_int64_t)about.size)
        end("cannot read", name);
    zip_fclose(file);
    size_t header = 10 + (size_t)(unsigned char)bytes[8] + 256 * (size_t)(unsigned char)bytes[9];
    bytes[header - 1] = '\0';
    *wide = strstr(bytes + 10, "8'") != NULL;
    *items = (about.size - header) / (*wide ? 8 : 4);
    memmove(bytes, bytes + header, about.size - header);
    return bytes;
}

static int64_t *integers(zip_t *archive, const char *name, size_t *items)
{
    int wide = 0;
    char *bytes = entry(archive, name, items, &wide);
    int64_t *out = malloc((*items + 1) * sizeof *out);
    for (size_t i = 0; i < *items; i++) {
        int32_t narrow;
        if (wide) {
            memcpy(&out[i], bytes + 8 * i, 8);
        } else {
            memcpy(&narrow, bytes + 4 * i, 4);
            out[i] = narrow;
        }
    }
    free(bytes);
    return out;
}

raw_layer sample_layer(const char *folder, const char *name)
{
    char path[512];
    int wide = 0;
    int code = 0;
    size_t items = 0;
    raw_layer l;
    snprintf(path, sizeof path, "%s/activations/%s.npz", folder, name);
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive)
        end("cannot open", path);
    int64_t *shape = integers(archive, "shape.npy", &items);
    l.rows = (size_t)shape[0];
    l.cols = (size_t)shape[1];
    free(shape);
    l.start = integers(archive, "indptr.npy", &items);
    l.col = integers(archive, "indices.npy", &items);
    char *bytes = entry(archive, "data.npy", &items, &wide);
    if (wide)
        end("expected float32", path);
    l.value = malloc((items + 1) * sizeof *l.value);
    for (size_t i = 0; i < items; i++) {
        float narrow;
        memcpy(&narrow, bytes + 4 * i, 4);
        l.value[i] = (double)narrow;
    }
    free(bytes);
    zip_close(archive);
    return l;
}

void sample_layer_free(raw_layer *l)
{
    free(l->start);
    free(l->col);
    free(l->value);
}

void sample_correlate(const raw_layer *l, const double *v, double *out)
{
    memset(out, 0, l->cols * sizeof *out);
    for (size_t i = 0; i < l->rows; i++)
        for (int64_t k = l->start[i]; k < l->start[i + 1]; k++)
            out[l->col[k]] += l->value[k] * v[i];
}

sqlite3_stmt *sample_query(sqlite3 *d, const char *sql, int64_t parameter)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d, sql, -1, &s, NULL) != SQLITE_OK)
        end(sql, sqlite3_errmsg(d));
    sqlite3_bind_int64(s, 1, parameter);
    return s;
}
