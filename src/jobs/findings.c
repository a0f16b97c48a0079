#include "src/jobs/findings.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static void *grow(void *list, uint32_t count, uint32_t *room, size_t bytes)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 64;
    return mem_grow(list, *room, bytes);
}

void findings_figure(findings *f, const char *name, double value)
{
    f->figure = grow(f->figure, f->figures, &f->figure_room, sizeof *f->figure);
    check_figure *at = &f->figure[f->figures++];
    *at = (check_figure){
        .source_layer = f->source_layer, .target_layer = f->target_layer, .value = value};
    snprintf(at->name, sizeof at->name, "%s", name);
}

void findings_point(findings *f, const char *series, uint32_t place, double x, double y)
{
    f->point = grow(f->point, f->points, &f->point_room, sizeof *f->point);
    check_point *at = &f->point[f->points++];
    *at = (check_point){.source_layer = f->source_layer,
                        .target_layer = f->target_layer,
                        .place = place,
                        .x = x,
                        .y = y};
    snprintf(at->series, sizeof at->series, "%s", series);
}

void findings_value(findings *f, const char *name, uint32_t feature, double value)
{
    f->value = grow(f->value, f->values, &f->value_room, sizeof *f->value);
    check_value *at = &f->value[f->values++];
    *at = (check_value){.source_layer = f->source_layer,
                        .target_layer = f->target_layer,
                        .feature = feature,
                        .value = value};
    snprintf(at->name, sizeof at->name, "%s", name);
}

check_findings findings_list(const findings *f)
{
    return (check_findings){.figure = f->figure,
                            .point = f->point,
                            .value = f->value,
                            .figures = f->figures,
                            .points = f->points,
                            .values = f->values};
}

void findings_release(findings *f)
{
    free(f->figure);
    free(f->point);
    free(f->value);
    *f = (findings){0};
}
