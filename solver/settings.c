/* Settings: the defaults, and which values make no sense. */
#include "solver/lasso.h"

#include <math.h>

lasso_settings lasso_defaults(void)
{
    return (lasso_settings){
        .rule = LASSO_OF_PAIR,
        .lambda = 0.005,
        .ridge = 0,
        .tolerance = 1e-6,
        .method = LASSO_DESCENT,
    };
}

status lasso_settings_check(const lasso_settings *settings, error *err)
{
    if (settings->rule < LASSO_ABSOLUTE || settings->rule > LASSO_CROSS)
        return error_set(err, STATUS_USAGE, "lambda rule %d: there is no such rule",
                         (int)settings->rule);
    if (settings->method != LASSO_DESCENT && settings->method != LASSO_FISTA)
        return error_set(err, STATUS_USAGE, "method %d: there is no such method",
                         (int)settings->method);
    if (!isfinite(settings->lambda) || settings->lambda < 0)
        return error_set(err, STATUS_USAGE, "lambda %g: expected a number, zero or more",
                         settings->lambda);
    if (!isfinite(settings->ridge) || settings->ridge < 0)
        return error_set(err, STATUS_USAGE, "ridge %g: expected a number, zero or more",
                         settings->ridge);
    if (!isfinite(settings->tolerance) || settings->tolerance <= 0)
        return error_set(err, STATUS_USAGE, "tolerance %g: expected a number above zero",
                         settings->tolerance);
    return STATUS_OK;
}
