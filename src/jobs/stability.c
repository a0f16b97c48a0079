#include "src/jobs/stability.h"

#include <math.h>

double stability_unimodal(double cut, double theta, uint32_t pairs)
{
    double b = pairs;
    double least = 0.5 + fmin(theta * theta, 1 / (2 * b) + 0.75 * theta * theta); /* exclusive */
    if (theta > 1 / sqrt(3) || cut < 0.5 + 1 / b || cut <= least || cut > 1)
        return (double)NAN;
    return cut <= 0.75 ? 1 / (2 * (2 * cut - 1 - 1 / (2 * b)))
                       : 4 * (1 - cut + 1 / (2 * b)) / (1 + 1 / b);
}
