/* JSON lines and tables, read in each of the ways in which the program reads them. Seeds:
 * seeds/lines. */
#include "src/formats/documents.h"
#include "src/formats/effects.h"
#include "src/formats/labels.h"
#include "src/formats/truth.h"
#include "tests/fuzz/input.h"

#include <math.h>

enum { FEATURES = 100 };

static void read_documents(const folder *where, const char *name, bool plain)
{
    error err = {0};
    documents *d;
    bool more = true;
    status code = documents_open(&d, where, name, plain, &err);
    while (code == STATUS_OK && more) {
        document_line line;
        code = documents_next(d, false, &line, &more, &err);
        if (code == STATUS_OK && more && !line.text && !line.tokens)
            abort();
    }
    fuzz_check(code, &err);
    documents_close(d);
}

static void read_labels(const folder *where, const char *name)
{
    error err = {0};
    labels *l;
    bool more = true;
    status code = labels_open(&l, where, name, "resid_3", FEATURES, &err);
    while (code == STATUS_OK && more) {
        label found;
        code = labels_next(l, &found, &more, &err);
        if (code == STATUS_OK && more && (found.feature >= FEATURES || !*found.text))
            abort();
    }
    fuzz_check(code, &err);
    labels_close(l);
}

static void read_effects(const folder *where, const char *name)
{
    error err = {0};
    effects *e;
    bool more = true;
    status code = effects_open(&e, where, name, FEATURES, FEATURES, &err);
    while (code == STATUS_OK && more) {
        effect_line line;
        code = effects_next(e, &line, &more, &err);
        if (code == STATUS_OK && more && (line.source >= FEATURES || line.target >= FEATURES))
            abort();
    }
    fuzz_check(code, &err);
    effects_close(e);
}

static status see_edge(void *user, const truth_line *line, error *err)
{
    (void)user, (void)err;
    if (!*line->source || !*line->target || !isfinite(line->weight) || !line->kind)
        abort();
    return STATUS_OK;
}

static void read_truth(const char *name)
{
    error err = {0};
    fuzz_check(truth_each(name, see_edge, NULL, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    folder where;
    char name[32];
    fuzz_input(data, size, &where, name);
    read_documents(&where, name, false);
    read_documents(&where, name, true);
    read_labels(&where, name);
    read_effects(&where, name);
    read_truth(name);
    return 0;
}
