/* The sample study, imported afresh for each test. */
#ifndef TESTS_SAMPLE_FIXTURE_H
#define TESTS_SAMPLE_FIXTURE_H

#include "db/layer.h"
#include "src/jobs/import.h"
#include "tests/unit/scratch.h"

static char *scratch, *study;
static db *d;
static layer_set layers;

static inline void expect(status code, const error *err)
{
    cr_assert_eq(code, STATUS_OK, "%s", err->message);
}

static inline void open_sample(void)
{
    error err = {0};
    import_report report;
    scratch = scratch_create();
    study = scratch_path(scratch, "s.clw");
    import_request request = {.study = study, .manifest = "sample_data/manifest.yaml"};
    expect(import_run(&request, NULL, NULL, NULL, &report, &err), &err);
    expect(db_open(&d, study, DB_WRITE, &err), &err);
    expect(layer_list(d, &layers, &err), &err);
}

static inline void close_sample(void)
{
    layer_set_release(&layers);
    db_close(d);
    free(study);
    scratch_remove(scratch);
}

#endif
