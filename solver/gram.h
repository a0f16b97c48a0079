/* Inner products of the centred, unit-length columns of the design: a table that all targets
 * share, and rows of a dense layer on the fly, with the same bits either way. */
#ifndef SOLVER_GRAM_H
#define SOLVER_GRAM_H

#include "solver/lasso.h"

/* Features of a sparse layer that a row of its table has: those that fire most. */
enum { GRAM_POPULAR = 1024 };

typedef struct gram_table {
    uint32_t hot;   /* ranks below this have a row */
    uint32_t width; /* hot in a dense layer, the number of popular features in a sparse one */
    float *entry;   /* hot * width, row p holds <p, 0> .. <p, width - 1>, once it is filled */
    _Atomic uint8_t *use; /* state of each row: shared by all threads, as the rows are */
} gram_table;

/* Room for as many ranks as settings->memory allows; none is fine, only slower. */
status gram_table_create(gram_table *table, const lasso_design *design,
                         const lasso_settings *settings, error *err);
void gram_table_release(gram_table *table);

/* Claims a row that nobody has begun to fill; whoever did hands it over, filled or not. */
bool gram_row_claim(const gram_table *table, uint32_t rank);
void gram_row_release(const gram_table *table, uint32_t rank, bool filled);

/* Dense layers: out[i] = <rank, others[i]>, exactly 1 where they are the same. */
void gram_row(const lasso_design *design, uint32_t rank, const uint32_t *others, uint32_t count,
              float *out);

/* Dense layers: <rank, k> for every rank k: in the table, or in `out`. `all`: 0, 1, 2, ... */
const float *gram_whole_row(const lasso_design *design, uint32_t rank, const uint32_t *all,
                            float *out);

/* Sparse layers: <rank, q> for every q < width: in the table, or in `out`. `scratch`: width
 * zeros, zeros again afterwards. */
const float *gram_popular_row(const lasso_design *design, uint32_t rank, float *out,
                              double *scratch);

#endif
