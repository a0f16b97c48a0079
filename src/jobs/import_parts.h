/* Private to the import: what its parts share. */
#ifndef JOBS_IMPORT_PARTS_H
#define JOBS_IMPORT_PARTS_H

#include "db/layer.h"
#include "db/target.h"
#include "src/formats/folder.h"
#include "src/formats/manifest.h"
#include "src/formats/sae_weights.h"
#include "src/jobs/import.h"

/* A file that the manifest names, in the order in which they are read. */
typedef struct import_file {
    const yaml_node *name;
    uint64_t bytes;
} import_file;

typedef struct importer {
    const import_request *request;
    import_report *report;
    error *err;
    manifest source;
    folder files;       /* the manifest's folder */
    const char *folder; /* the build's own, where temporary files go */
    db *build;

    layer *layers; /* as the manifest has them; names and sources are borrowed */
    target_kind *target_kinds;

    /* samples: 0 until the documents, or else the first layer, have told */
    uint32_t rows;      /* of every activation file */
    uint32_t samples;   /* after pooling */
    uint32_t documents;
    uint32_t *start;    /* documents + 1: first row of each document; NULL without documents */
    char *rows_from;    /* what told the number of rows, for messages */

    /* progress */
    void (*progress)(void *, const import_progress *);
    void *user;
    const atomic_bool *cancel;
    import_file *file;
    uint32_t step, steps;
    uint64_t bytes_done, bytes;
    double told; /* when progress was last told */
} importer;

/* Says how far the present file is (0 to 1): tells progress, and STATUS_INTERRUPTED when the
 * import was cancelled. Cheap; call it for every block. */
status import_tick(importer *im, double fraction);

/* Opens every layer's file and compares shapes, so that a misfit is told before the long work. */
status import_check_layers(importer *im);

/* The autoencoder's file of a layer that has one, checked against the layer. */
status import_open_autoencoder(importer *im, uint32_t position, sae_weights **out);

/* The parts, each for one file of the manifest. */
status import_documents(importer *im);
status import_layer(importer *im, uint32_t position);
status import_labels(importer *im, uint32_t position);
status import_autoencoder(importer *im, uint32_t position);
status import_target(importer *im, uint32_t index);
status import_effects(importer *im, uint32_t index);

#endif
