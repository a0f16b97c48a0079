/* Coefficients that other programs found for the same small data.
 *
 * In R 4.2.2 with glmnet 4.1-6 (lambda alone in the column where ridge is 0):
 *
 *     z <- outer(0:59, 0:7, function(i, k) pmax(0, (i * (2*k + 3) + k*k) %% 13 - 6) / 2)
 *     i <- 0:59
 *     real <- z[,1] - 0.5 * z[,4] + ((i * 7) %% 5) * 0.3
 *     binary <- as.integer(z[,1] - z[,3] + (i * 7) %% 5 - 2 > 0)
 *     score <- z[,2] - z[,5] + (i * 3) %% 4
 *     class <- ifelse(score < 1, 0, ifelse(score < 2.5, 1, 2))
 *     vars <- apply(z, 2, function(c) mean((c - mean(c))^2)); on <- vars > 0
 *     kappa <- ridge * sqrt(vars[on] * mean(vars[on]))
 *     l1 <- 0.02; l2 <- mean(kappa); s <- kappa / l2
 *     f <- glmnet(sweep(z[, on], 2, s, "/"), binary, family = "binomial", alpha = l1 / (l1 + l2),
 *                 penalty.factor = 1 / s, lambda = c(10, 3, 1) * (l1 + l2) * mean(1 / s),
 *                 standardize = FALSE, thresh = 1e-22, maxit = 1e8); coef(f)[-1,3] / s
 *
 * (glmnet weighs both terms of a column alike, and scales the weights to a mean of 1; with
 * columns divided by s their l2 terms are as ours), and likewise with family = "multinomial" and
 * "gaussian" (lambda 0.05; with standardize = TRUE lambda times the deviation of `real`, which
 * glmnet does not divide by). The real one with ridge 0.5 is the Lasso on the centred data and
 * 8 more rows, diag(sqrt(60 kappa)) and zeros, lambda 0.05 * 60 / 68: scikit-learn 1.2.1,
 * Lasso(alpha=0.05*60/68, fit_intercept=False, tol=1e-14), agrees with glmnet in all digits. */
#include "solver/variable.h"
#include "tests/unit/solver_problem.h"

#include <math.h>

enum { ROWS = 60, COLS = 8, CLASSES = 3 };

typedef struct peer_data {
    double z[ROWS * COLS], real[ROWS], binary[ROWS], class[ROWS];
} peer_data;

static void make_data(peer_data *d)
{
    for (int i = 0; i < ROWS; i++) {
        double *z = d->z + i * COLS;
        for (int k = 0; k < COLS; k++)
            z[k] = fmax(0, (i * (2 * k + 3) + k * k) % 13 - 6) / 2;
        d->real[i] = z[0] - 0.5 * z[3] + (i * 7) % 5 * 0.3;
        d->binary[i] = z[0] - z[2] + (i * 7) % 5 - 2 > 0;
        double score = z[1] - z[4] + (i * 3) % 4;
        d->class[i] = score < 1 ? 0 : score < 2.5 ? 1 : 2;
    }
}

/* expected: outputs rows of intercept and COLS coefficients */
static void compare(variable_kind kind, const double *value, double lambda, double ridge,
                    bool scale, const double *expected)
{
    peer_data d;
    make_data(&d);
    for (int dense = 0; dense < 2; dense++) {
        matrix x = problem_literal(ROWS, COLS, dense, d.z);
        variable v = {.kind = kind, .classes = CLASSES, .rows = ROWS, .value = value};
        variable_settings settings = variable_defaults();
        settings.ridge = ridge;
        settings.scale = scale;
        settings.tolerance = 1e-13;
        variable_path path;
        error err = {0};
        cr_assert_eq(variable_solve(&x, &v, &settings, &lambda, 1, NULL, NULL, &path, &err),
                     STATUS_OK, "%s", err.message);
        const variable_point *p = &path.point[0];
        double found[CLASSES * (1 + COLS)] = {0};
        for (uint32_t c = 0; c < path.outputs; c++)
            found[c * (1 + COLS)] = p->intercept[c];
        for (uint32_t w = 0; w < p->count; w++)
            found[p->weight[w].output * (1 + COLS) + 1 + p->weight[w].feature] =
                p->weight[w].weight;
        for (uint32_t j = 0; j < path.outputs * (1 + COLS); j++)
            cr_expect_float_eq(found[j], expected[j], 2e-6, "output %u, place %u: %.9f, not %.9f",
                               j / (1 + COLS), j % (1 + COLS), found[j], expected[j]);
        variable_path_release(&path);
        matrix_release(&x);
    }
}

Test(variable_peers, numbers)
{
    static const double none[] = {0.5909288125, 0.9800779387, 0, 0, -0.4692666153, 0, 0, 0, 0};
    static const double sd[] = {0.5910203843, 0.9641810947, 0, 0, -0.4538108259, 0, 0, 0, 0};
    static const double ridge[] = {0.8840991090665, 0.6552789032122,  0, 0,
                                   -0.357828601676, -0.0478190857381, 0, -0.0460239692111,
                                   -0.0586152875855};
    peer_data d;
    make_data(&d);
    compare(VARIABLE_REAL, d.real, 0.05, 0, false, none);
    compare(VARIABLE_REAL, d.real, 0.05, 0, true, sd);
    compare(VARIABLE_REAL, d.real, 0.05, 0.5, false, ridge);
}

Test(variable_peers, two_classes)
{
    static const double none[] = {
        0.07341849411, 1.13395358590, -0.24740389849, -1.10427242991, 0, 0, 0, -0.15015425600, 0};
    static const double sd[] = {
        0.06135947675, 1.11641250460, -0.24139903503, -1.08647123893, 0, 0, 0, -0.14127467359, 0};
    static const double ridge[] = {0.03256729956522,
                                   0.52716273925819,
                                   -0.12148823130995,
                                   -0.54246411568191,
                                   -0.01315667765746,
                                   -0.00421490645268,
                                   0,
                                   -0.11925834540004,
                                   -0.02678015111157};
    peer_data d;
    make_data(&d);
    compare(VARIABLE_BINARY, d.binary, 0.02, 0, false, none);
    compare(VARIABLE_BINARY, d.binary, 0.02, 0, true, sd);
    compare(VARIABLE_BINARY, d.binary, 0.02, 0.1, false, ridge);
}

Test(variable_peers, three_classes)
{
    static const double none[] = {-0.187048320273,
                                  0.009950766529,
                                  -0.661739839711,
                                  0,
                                  0,
                                  0.724877642356,
                                  0,
                                  -0.038609490424,
                                  0,
                                  0.190467295,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0,
                                  -0.003418974746,
                                  -0.049727222657,
                                  0.760183081490,
                                  0.011970582934,
                                  -0.188641294939,
                                  -0.687606193235,
                                  0,
                                  0,
                                  0};
    static const double sd[] = {-0.183254678827,
                                0.007303018826,
                                -0.649346804142,
                                0,
                                0,
                                0.716207440335,
                                0,
                                -0.037254262359,
                                0,
                                0.1903431003,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                -0.007088421518,
                                -0.042954399620,
                                0.751632600202,
                                0.006316867461,
                                -0.181041958030,
                                -0.674225369674,
                                0,
                                0,
                                0};
    static const double ridge[] = {-0.0630451745481,
                                   0,
                                   -0.2755910536255,
                                   0,
                                   0.0940903400974,
                                   0.3427211825148,
                                   0,
                                   -0.1325228004735,
                                   0,
                                   0.169465697416,
                                   0,
                                   0,
                                   -0.015192623487,
                                   0,
                                   0,
                                   0,
                                   0,
                                   0,
                                   -0.1064205228675,
                                   0,
                                   0.3730864785191,
                                   0.0124715213041,
                                   -0.1918504489455,
                                   -0.24842300379,
                                   0,
                                   0.0682785191184,
                                   0.1169461433553};
    peer_data d;
    make_data(&d);
    compare(VARIABLE_CLASS, d.class, 0.02, 0, false, none);
    compare(VARIABLE_CLASS, d.class, 0.02, 0, true, sd);
    compare(VARIABLE_CLASS, d.class, 0.02, 0.1, false, ridge);
}
