/* Inner products of the centred, unit-length columns of the design: a shared table for popular
 * columns, anything else on the fly, with the same bits either way. */
#ifndef SOLVER_GRAM_H
#define SOLVER_GRAM_H

#include "solver/lasso.h"

typedef struct gram_table {
    uint32_t hot;         /* ranks below this are in the table */
    float *entry;         /* hot * hot, row p holds <p, 0> .. <p, hot - 1>, once it is filled */
    _Atomic uint8_t *use; /* state of each row: shared by all threads, as the rows are */
} gram_table;

/* Room for as many ranks as settings->memory allows; none is fine, only slower. */
status gram_table_create(gram_table *table, const lasso_design *design,
                         const lasso_settings *settings, error *err);
void gram_table_release(gram_table *table);

/* Claims a row that nobody has begun to fill; whoever did hands it over, filled or not. */
bool gram_row_claim(const gram_table *table, uint32_t rank);
void gram_row_release(const gram_table *table, uint32_t rank, bool filled);

/* out[i] = <rank, others[i]>, exactly 1 where they are the same. Runs of ascending
 * `others` are quickest. `scratch`: design->size zeros, zeros again afterwards. */
void gram_row(const lasso_design *design, uint32_t rank, const uint32_t *others, uint32_t count,
              float *out, double *scratch);

/* <rank, k> for every rank k: in the table, or in `out`. `all`: 0, 1, 2, ... */
const float *gram_whole_row(const lasso_design *design, uint32_t rank, const uint32_t *all,
                            float *out, double *scratch);

#endif
