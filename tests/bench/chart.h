/* Line charts as SVG: panels side by side over one logarithmic axis of sizes. */
#ifndef TESTS_BENCH_CHART_H
#define TESTS_BENCH_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct chart_series {
    const char *name, *colour;
    bool dashed;
    const double *value; /* one a size; NaN: no point */
} chart_series;

typedef struct chart_panel {
    const char *title;
    double from, to; /* of the values */
    bool logarithmic;
    const double *marks; /* where lines go across */
    uint32_t mark_count;
    const chart_series *series;
    uint32_t series_count;
} chart_panel;

typedef struct chart {
    const char *title, *note, *sizes_name;
    const double *size; /* ascending, above 0 */
    uint32_t sizes;
    const chart_panel *panel; /* row by row */
    uint32_t panels, across;
    const chart_series *legend; /* names and looks; values are not used */
    uint32_t legends;
} chart;

void chart_print(const chart *c, FILE *out);

#endif
