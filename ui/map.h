/* The layer-by-layer map of what has been fitted: a cell per pair of layers. */
#ifndef UI_MAP_H
#define UI_MAP_H

#include "ui/app.h"

typedef struct map_cell {
    const fit *newest; /* the newest fit with edges between these layers; NULL: none */
    const fit_pair *pair;
} map_cell;

typedef struct map {
    uint32_t layers;
    map_cell *cell;     /* layers * layers; by source, then target position */
    uint32_t row, col;  /* the cursor */
    uint32_t left, top; /* first column and row shown */
} map;

/* Of the study's present snapshot (NULL: empty); the cursor stays. */
void map_make(map *m, const study *s);
void map_release(map *m);

const map_cell *map_at(const map *m, uint32_t from, uint32_t to);

/* The cursor to a cell by the number that its drawing gave it. */
void map_click(map *m, int number);

/* Moves the cursor; false: not a moving action. */
bool map_act(map *m, action_id act, int count);

/* Columns that the whole map takes. */
int map_width(const map *m);

void map_draw(map *m, const app *a, region r, bool focused);

#endif
