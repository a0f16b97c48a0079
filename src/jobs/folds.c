#include "src/jobs/folds.h"

#include "db/document.h"
#include "src/base/memory.h"
#include "src/base/random.h"

#include <stdlib.h>

/* Each document, in shuffled order, goes to the fold that has the fewest samples so far. */
static status deal(const uint32_t *number, uint32_t samples, uint32_t documents, uint32_t count,
                   uint64_t seed, uint32_t *fold, error *err)
{
    uint32_t *length = calloc(documents, sizeof *length);
    uint32_t *order = mem_try(documents, sizeof *order);
    uint32_t *fold_of = mem_try(documents, sizeof *fold_of);
    uint64_t *filled = calloc(count, sizeof *filled);
    status code = STATUS_OK;
    if (length && order && fold_of && filled) {
        for (uint32_t i = 0; i < samples; i++)
            length[number[i]]++;
        random_order(&seed, order, documents);
        for (uint32_t i = 0; i < documents; i++) {
            uint32_t best = 0;
            for (uint32_t f = 1; f < count; f++)
                if (filled[f] < filled[best])
                    best = f;
            fold_of[order[i]] = best;
            filled[best] += length[order[i]];
        }
        for (uint32_t i = 0; i < samples; i++)
            fold[i] = fold_of[number[i]];
    } else {
        code = error_memory(err, "the folds of a cross-validation");
    }
    free(length);
    free(order);
    free(fold_of);
    free(filled);
    return code;
}

/* Forgets the samples that are left out, and numbers the documents of the others anew, in order:
 * documents are runs of samples. Returns how many samples are left. */
static uint32_t leave_out(const uint8_t *out, uint32_t samples, uint32_t *number,
                          uint32_t *documents)
{
    uint32_t kept = 0, before = UINT32_MAX;
    *documents = 0;
    for (uint32_t i = 0; i < samples; i++) {
        if (out[i])
            continue;
        *documents += number[i] != before;
        before = number[i];
        number[kept++] = *documents - 1;
    }
    return kept;
}

status folds_among(db *d, uint32_t samples, const uint8_t *out, uint32_t count, uint64_t seed,
                   uint32_t **fold, error *err)
{
    uint32_t *number = NULL;
    uint32_t documents = 0;
    *fold = NULL;
    if (count < 2)
        return error_set(err, STATUS_USAGE, "%u folds: expected at least 2", count);
    status code = document_of_samples(d, samples, &number, &documents, err);
    if (code == STATUS_OK && out)
        samples = leave_out(out, samples, number, &documents);
    if (code == STATUS_OK && count > documents)
        code = error_set(err, STATUS_USAGE, "%u folds need as many documents, but there are %u",
                         count, documents);
    if (code == STATUS_OK) {
        *fold = mem_try(samples, sizeof **fold);
        code = *fold ? deal(number, samples, documents, count, seed, *fold, err)
                     : error_memory(err, "the folds of a cross-validation");
    }
    free(number);
    if (code != STATUS_OK) {
        free(*fold);
        *fold = NULL;
    }
    return code;
}

status folds_by_document(db *d, uint32_t samples, uint32_t count, uint64_t seed, uint32_t **fold,
                         error *err)
{
    return folds_among(d, samples, NULL, count, seed, fold, err);
}
