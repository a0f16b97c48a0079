#include "src/jobs/stability.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

double stability_unimodal(double cut, double theta, uint32_t pairs)
{
    double b = pairs;
    double least = 0.5 + fmin(theta * theta, 1 / (2 * b) + 0.75 * theta * theta); /* exclusive */
    if (theta > 1 / sqrt(3) || cut < 0.5 + 1 / b || cut <= least || cut > 1)
        return (double)NAN;
    return cut <= 0.75 ? 1 / (2 * (2 * cut - 1 - 1 / (2 * b)))
                       : 4 * (1 - cut + 1 / (2 * b)) / (1 + 1 / b);
}

stability_tally stability_tally_create(uint32_t pairs)
{
    size_t room = 2 * (size_t)pairs + 1;
    return (stability_tally){.pairs = pairs,
                             .edges = mem_zero(room, sizeof(uint64_t)),
                             .worst = mem_zero(room, sizeof(double)),
                             .unimodal = mem_zero(room, sizeof(double))};
}

void stability_tally_release(stability_tally *t)
{
    free(t->edges);
    free(t->worst);
    free(t->unimodal);
}

void stability_add_edge(stability_tally *t, double frequency)
{
    double count = frequency * 2 * t->pairs;
    t->edges[count > 0 && count <= 2.0 * t->pairs ? (uint32_t)lround(count) : 0]++;
}

void stability_add_target(stability_tally *t, double q, double sources)
{
    double theta = sources > 0 ? q / sources : 0;
    for (uint32_t count = t->pairs + 1; count <= 2 * t->pairs; count++) {
        double cut = count / (2.0 * t->pairs);
        double worst = fmin(q, theta * q / (2 * cut - 1));
        double factor = stability_unimodal(cut, theta, t->pairs);
        t->worst[count] += worst;
        t->unimodal[count] += isnan(factor) ? worst : fmin(worst, theta * q * factor);
    }
}

/* The least count of halves that is at or above the cut; more than half of them. */
static uint32_t count_at(const stability_tally *t, double cut)
{
    double least = ceil(cut * 2 * t->pairs - 1e-9);
    return least > t->pairs ? (uint32_t)least : t->pairs + 1;
}

void stability_tell(const stability_tally *t, double cut, bool bounds, findings *out)
{
    uint32_t least = count_at(t, cut);
    uint64_t edges = 0, stable = 0;
    for (uint32_t count = 0; count <= 2 * t->pairs; count++) {
        edges += t->edges[count];
        stable += count >= least ? t->edges[count] : 0;
    }
    uint64_t from = edges;
    for (uint32_t count = 0; count <= 2 * t->pairs; count++) {
        double at = count / (2.0 * t->pairs);
        findings_point(out, "edges", count, at, (double)from);
        from -= t->edges[count];
        if (bounds && count > t->pairs) {
            findings_point(out, "bound", count, at, t->worst[count]);
            findings_point(out, "unimodal bound", count, at, t->unimodal[count]);
        }
    }
    findings_figure(out, "edges", (double)edges);
    findings_figure(out, "stable", (double)stable);
    if (bounds) {
        findings_figure(out, "bound", t->worst[least]);
        findings_figure(out, "unimodal bound", t->unimodal[least]);
    }
}
