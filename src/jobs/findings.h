/* What some units of a check found, while it is put together. */
#ifndef JOBS_FINDINGS_H
#define JOBS_FINDINGS_H

#include "db/check.h"

typedef struct findings {
    int64_t source_layer, target_layer; /* which pair what is added is about; 0, 0: the circuit */
    check_figure *figure;
    check_point *point;
    check_value *value;
    uint32_t figures, points, values;
    uint32_t figure_room, point_room, value_room;
} findings;

void findings_figure(findings *f, const char *name, double value);
void findings_point(findings *f, const char *series, uint32_t place, double x, double y);
void findings_value(findings *f, const char *name, uint32_t feature, double value);

/* For check_keep; borrowed from f. */
check_findings findings_list(const findings *f);
void findings_release(findings *f); /* a zeroed one is fine */

#endif
