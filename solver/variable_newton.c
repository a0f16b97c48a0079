/* Proximal Newton with coordinate descent, one output at a time.
 *
 * The loss as a function of one class's predictor, the others fixed, is a logistic loss with an
 * offset: log(exp(o) + exp(eta)) - t eta, o the log-sum-exp of the others (binary: o = 0). So one
 * step serves both, and going round the classes, each step a descent, converges for all of them.
 * For a real variable the model is exact: one step minimises, and no line search is needed.
 *
 * The model at the present predictors, with u minus the derivative and w the second derivative:
 *
 *     1/M sum over i of w_i d_i^2 / 2 - u_i d_i,   d = Z delta + db
 *
 * Its residual is r = u - w d. The intercept is eliminated, as in lasso.h, but under the weights:
 * with columns centred at m_k = z_k'w / sum(w), the best intercept of every step keeps
 * sum(r) = 0. Then (z_k - m_k)'r = z_k'r, and moving coefficient k by delta changes r by
 * -w (z_k - m_k) delta: the stored entries of column k, and a multiple of w that is kept as one
 * number. A sparse layer stays sparse. */
#include "solver/variable_newton.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 2000, HALVINGS = 50 };

/* Where a sample is already certain its second derivative vanishes; this much is kept, so that the
 * model stays bounded. Any positive weights give a descent direction. */
static const double least_weight = 1e-6;

/* A step reduces the violation to this part before the model is renewed. */
static const double forcing = 0.1;

status newton_space_create(newton_space *space, const variable_problem *p, error *err)
{
    *space = (newton_space){
        .weight = mem_try(p->rows, sizeof *space->weight),
        .slope = mem_try(p->rows, sizeof *space->slope),
        .residual = mem_try(p->rows, sizeof *space->residual),
        .saved = mem_try(p->rows, sizeof *space->saved),
        .probability = mem_try(p->rows, sizeof *space->probability),
        .rest = mem_try(p->rows, sizeof *space->rest),
        .growth = mem_try(p->rows, sizeof *space->growth),
        .change = mem_try(p->rows, sizeof *space->change),
        .set = mem_try(p->size, sizeof *space->set),
        .curvature = mem_try(p->size, sizeof *space->curvature),
        .weighted = mem_try(p->size, sizeof *space->weighted),
        .start = mem_try(p->size, sizeof *space->start),
        .jump = mem_try(p->size, sizeof *space->jump),
    };
    if (trail_create(&space->trail, p->size) && space->weight && space->slope && space->residual &&
        space->saved && space->probability && space->rest && space->growth && space->change &&
        space->set && space->curvature && space->weighted && space->start && space->jump)
        return STATUS_OK;
    newton_space_release(space);
    return error_memory(err, "the working set of a target variable");
}

void newton_space_release(newton_space *space)
{
    free(space->weight);
    free(space->slope);
    free(space->residual);
    free(space->saved);
    free(space->probability);
    free(space->rest);
    free(space->growth);
    free(space->change);
    free(space->set);
    free(space->curvature);
    free(space->weighted);
    free(space->start);
    free(space->jump);
    trail_release(&space->trail);
    *space = (newton_space){0};
}

typedef struct model_state {
    const variable_problem *p;
    newton_space *space;
    double *a;     /* of this output, by predictor */
    uint32_t size; /* of the working set */
    double lambda;
    double total; /* sum of weights */
    double level; /* r = residual + level * weight */
    double fall;  /* of the model's objective since the step began: <= 0 */
} model_state;

/* log-sum-exp over the other classes (binary: class 0, whose predictor is 0). */
static double sum_of_others(const variable_model *m, const variable_problem *p, uint32_t c,
                            uint32_t i)
{
    if (p->kind == VARIABLE_BINARY)
        return 0;
    double sum = -INFINITY;
    for (uint32_t d = 0; d < p->outputs; d++)
        if (d != c)
            sum = variable_log_add(sum, m->eta[(size_t)d * p->rows + i]);
    return sum;
}

/* First and second derivatives of the loss at the present predictors. */
static void differentiate(const model_state *s, const variable_model *m, uint32_t c)
{
    const variable_problem *p = s->p;
    newton_space *space = s->space;
    const double *eta = m->eta + (size_t)c * p->rows;
    for (uint32_t i = 0; i < p->rows; i++) {
        if (p->kind == VARIABLE_REAL) {
            space->slope[i] = p->y[i] - eta[i];
            space->weight[i] = 1;
            continue;
        }
        double q = exp(eta[i] - m->lse[i]);
        double rest = q < 0.9 ? 1 - q : exp(sum_of_others(m, p, c, i) - m->lse[i]);
        space->probability[i] = q;
        space->rest[i] = rest;
        space->slope[i] = variable_hit(p, c, i) > 0 ? rest : -q;
        space->weight[i] = fmax(q * rest, least_weight);
    }
}

/* The model at the present predictors, and the intercept's own first step. */
static void begin_model(model_state *s, const variable_model *m, uint32_t c)
{
    const newton_space *space = s->space;
    double sum = 0;
    differentiate(s, m, c);
    for (uint32_t i = 0; i < s->p->rows; i++) {
        s->total += space->weight[i];
        sum += space->slope[i];
        space->residual[i] = space->slope[i];
    }
    s->level = -sum / s->total;
    s->fall = -0.5 * sum * sum / s->total / s->p->rows;
}

/* Two passes, as in column_measure: the one-pass formula loses everything when the mean is large
 * beside the deviation. */
static void measure_column(const model_state *s, uint32_t place)
{
    const double *w = s->space->weight;
    variable_column z = variable_get(s->p, s->space->set[place]);
    double stored = 0;
    double squares = 0;
    s->space->weighted[place] = variable_dot(&z, w);
    double mean = s->space->weighted[place] / s->total;
    for (uint64_t e = 0; e < z.count; e++) {
        double wi = w[z.row ? z.row[e] : e];
        double centred = (double)z.value[e] - mean;
        stored += wi;
        squares += wi * centred * centred;
    }
    squares += fmax(0, s->total - stored) * mean * mean;
    s->space->curvature[place] = squares / s->p->rows;
}

static double penalty_of(const variable_problem *p, uint32_t j, double a, double lambda)
{
    return lambda * p->penalty[j] * fabs(a) + 0.5 * p->ridge[j] * a * a;
}

/* M times the model's gradient by a coefficient of a column that has not been measured. */
static double slope_unmeasured(const model_state *s, const variable_column *z)
{
    const double *r = s->space->residual;
    const double *w = s->space->weight;
    if (!z->row)
        return z->loops->dot(z->value, r, z->count) +
               s->level * z->loops->dot(z->value, w, z->count);
    double sum = 0;
    for (uint64_t e = 0; e < z->count; e++)
        sum += (double)z->value[e] * (r[z->row[e]] + s->level * w[z->row[e]]);
    return sum;
}

/* Minimises the model in one coefficient; returns the violation it removed. Most of the working
 * set is zero and stays so: such columns are never measured. */
static double update(model_state *s, uint32_t place)
{
    const variable_problem *p = s->p;
    newton_space *space = s->space;
    uint32_t j = space->set[place];
    variable_column z = variable_get(p, j);
    double penalty = p->penalty[j];
    double ridge = p->ridge[j];
    if (space->curvature[place] < 0) {
        if (s->a[j] == 0 && fabs(slope_unmeasured(s, &z)) <= p->rows * s->lambda * penalty)
            return 0;
        measure_column(s, place);
    }
    double h = space->curvature[place];
    double g = (variable_dot(&z, space->residual) + s->level * space->weighted[place]) / p->rows;
    double pull = h * s->a[j] + g;
    double excess = fabs(pull) - s->lambda * penalty;
    double now = excess > 0 ? copysign(excess, pull) / (h + ridge) : 0;
    double delta = now - s->a[j];
    if (delta == 0)
        return 0;
    s->fall += delta * (0.5 * h * delta - g) + penalty_of(p, j, now, s->lambda) -
               penalty_of(p, j, s->a[j], s->lambda);
    s->a[j] = now;
    if (z.row)
        for (uint64_t e = 0; e < z.count; e++)
            space->residual[z.row[e]] -= delta * (double)z.value[e] * space->weight[z.row[e]];
    else
        z.loops->subtract(space->residual, z.value, space->weight, delta, z.count);
    s->level += delta * space->weighted[place] / s->total;
    return (h + ridge) * fabs(delta) / penalty;
}

static double sweep(model_state *s, bool active_only)
{
    double worst = 0;
    for (uint32_t place = 0; place < s->size && !variable_cancelled(s->p); place++)
        if (!active_only || s->a[s->space->set[place]] != 0)
            worst = fmax(worst, update(s, place));
    return worst;
}

/* The change of the predictors but for the intercept's: Z (a - start); returns the change of the
 * penalty. */
static double accumulate_change(const model_state *s)
{
    const variable_problem *p = s->p;
    double *change = s->space->change;
    double penalty = 0;
    memset(change, 0, p->rows * sizeof *change);
    for (uint32_t place = 0; place < s->size; place++) {
        uint32_t j = s->space->set[place];
        double from = s->space->start[place];
        if (s->a[j] != from) {
            variable_column z = variable_get(p, j);
            variable_add(&z, s->a[j] - from, change);
            penalty += penalty_of(p, j, s->a[j], s->lambda) - penalty_of(p, j, from, s->lambda);
        }
    }
    return penalty;
}

/* Residual, level and fall afresh, for coefficients that were set and not stepped to. */
static void rebuild(model_state *s)
{
    const variable_problem *p = s->p;
    newton_space *space = s->space;
    double penalty = accumulate_change(s);
    double sum = 0;
    for (uint32_t i = 0; i < p->rows; i++) {
        space->residual[i] = space->slope[i] - space->weight[i] * space->change[i];
        sum += space->residual[i];
    }
    s->level = -sum / s->total;
    double loss = 0;
    for (uint32_t i = 0; i < p->rows; i++) {
        double d = space->change[i] - s->level;
        loss += d * (0.5 * space->weight[i] * d - space->slope[i]);
    }
    s->fall = loss / p->rows + penalty;
}

/* Notes the coefficients after a sweep; now and then jumps to where they are heading, if the
 * model's objective is lower there. */
static void extrapolate(model_state *s)
{
    newton_space *space = s->space;
    double *next = trail_next(&space->trail);
    for (uint32_t place = 0; place < s->size; place++)
        next[place] = s->a[space->set[place]];
    if (!trail_extrapolate(&space->trail, space->jump))
        return;
    double level = s->level;
    double fall = s->fall;
    memcpy(space->saved, space->residual, s->p->rows * sizeof *space->saved);
    for (uint32_t place = 0; place < s->size; place++) {
        double *a = &s->a[space->set[place]];
        double before = *a;
        *a = space->jump[place];
        space->jump[place] = before;
    }
    rebuild(s);
    if (s->fall < fall)
        return;
    s->level = level;
    s->fall = fall;
    memcpy(space->residual, space->saved, s->p->rows * sizeof *space->saved);
    for (uint32_t place = 0; place < s->size; place++)
        s->a[space->set[place]] = space->jump[place];
}

/* Coordinate descent: all of the working set, then its nonzero part until that rests, and again.
 * Returns the first sweep's violation. */
static double minimise_model(model_state *s, double precise)
{
    double first = sweep(s, false);
    double enough = s->p->kind == VARIABLE_REAL ? precise : fmax(precise, forcing * first);
    double worst = first;
    for (unsigned sweeps = 0; worst > enough && sweeps < SWEEPS && !variable_cancelled(s->p);) {
        trail_begin(&s->space->trail, s->size);
        for (;;) {
            worst = sweep(s, true);
            if (worst <= enough || ++sweeps == SWEEPS || variable_cancelled(s->p))
                break;
            extrapolate(s);
        }
        worst = sweep(s, false);
        sweeps++;
    }
    return first;
}

/* By how much log(exp(o) + exp(eta)) grows when eta grows by d: log(rest + q exp(d)), in the form
 * that keeps its digits. */
static double growth_of(const model_state *s, const variable_model *m, uint32_t c, uint32_t i,
                        double d)
{
    double q = s->space->probability[i];
    double rest = s->space->rest[i];
    if (fabs(d) > 30) {
        double eta = m->eta[(size_t)c * s->p->rows + i];
        return variable_log_add(sum_of_others(m, s->p, c, i), eta + d) - m->lse[i];
    }
    if (d > 0) {
        double part = rest * expm1(-d);
        return d + (part > -0.5 ? log1p(part) : log(q + rest * exp(-d)));
    }
    double part = q * expm1(d);
    return part > -0.5 ? log1p(part) : log(rest + q * exp(d));
}

/* By how much the objective rises from moving `part` of the way. */
static double objective_change(const model_state *s, const variable_model *m, uint32_t c,
                               double part)
{
    const variable_problem *p = s->p;
    double loss = 0;
    double penalty = 0;
    for (uint32_t i = 0; i < p->rows; i++) {
        double moved = part * s->space->change[i];
        s->space->growth[i] = growth_of(s, m, c, i, moved);
        loss += s->space->growth[i] - variable_hit(p, c, i) * moved;
    }
    for (uint32_t place = 0; place < s->size; place++) {
        uint32_t j = s->space->set[place];
        double from = s->space->start[place];
        if (s->a[j] != from)
            penalty += penalty_of(p, j, from + part * (s->a[j] - from), s->lambda) -
                       penalty_of(p, j, from, s->lambda);
    }
    return loss / p->rows + penalty;
}

/* How far to go: the whole step, or the first half, quarter, .. that lowers the objective by a
 * hundredth of what its slope promises. */
static double search(const model_state *s, const variable_model *m, uint32_t c, double slope)
{
    double noise = 1e-15 * s->p->null_loss;
    double part = 1;
    for (unsigned i = 0; i < HALVINGS; i++, part /= 2)
        if (objective_change(s, m, c, part) <= 0.01 * part * slope + noise)
            return part;
    return 0;
}

/* The change of the predictors; returns the directional derivative of the objective along it. */
static double direct(const model_state *s)
{
    double penalty = accumulate_change(s);
    double slope = 0;
    for (uint32_t i = 0; i < s->p->rows; i++) {
        s->space->change[i] -= s->level;
        slope -= s->space->slope[i] * s->space->change[i];
    }
    return slope / s->p->rows + penalty;
}

static void move(const model_state *s, variable_model *m, uint32_t c, double part)
{
    const variable_problem *p = s->p;
    double *eta = m->eta + (size_t)c * p->rows;
    m->b[c] -= part * s->level;
    for (uint32_t place = 0; part < 1 && place < s->size; place++) {
        double from = s->space->start[place];
        double *a = &s->a[s->space->set[place]];
        *a = from + part * (*a - from);
    }
    for (uint32_t i = 0; part > 0 && i < p->rows; i++) {
        eta[i] += part * s->space->change[i];
        if (p->kind != VARIABLE_REAL)
            m->lse[i] += s->space->growth[i];
    }
}

double newton_step(variable_model *m, const variable_problem *p, uint32_t c, const uint8_t *member,
                   double lambda, double precise, newton_space *space)
{
    model_state s = {.p = p, .space = space, .a = m->a + (size_t)c * p->size, .lambda = lambda};
    for (uint32_t j = 0; j < p->size; j++)
        if (member[j])
            space->set[s.size++] = j;
    begin_model(&s, m, c);
    for (uint32_t place = 0; place < s.size; place++) {
        space->start[place] = s.a[space->set[place]];
        space->curvature[place] = -1;
    }
    double violation = minimise_model(&s, precise);
    double slope = direct(&s);
    move(&s, m, c, p->kind == VARIABLE_REAL ? 1 : search(&s, m, c, slope));
    return violation;
}
