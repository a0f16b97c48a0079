#include "src/jobs/debias.h"

#include "solver/subset.h"
#include "solver/variable_part.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *debias_row_name(debias_row row)
{
    static const char *const names[] = {
#define ROW_NAME(id, word) [id] = word,
        DEBIAS_ROW_LIST(ROW_NAME)
#undef ROW_NAME
    };
    return names[row];
}

typedef struct judge {
    const debias_data *data;
    const debias_request *request;
    debias_report *out;
    variable_part train, held;   /* of the label */
    variable_part half[2];       /* of the label, held out */
    variable_part about_half[2]; /* of the attribute: only its values, with half's matrix */
    uint32_t *label, *attribute; /* of the held-out samples */
    uint32_t *usual;             /* by label */
    uint32_t *guess;             /* of the held-out samples */
    uint8_t *keep;               /* by sample */
} judge;

/* ---- parts of the samples ---- */

static uint32_t classes_of(const variable *v)
{
    return v->kind == VARIABLE_BINARY ? 2 : v->classes;
}

/* The samples held out (or not), or of one half of those held out. */
static void mark(judge *j, bool held, int half)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < j->data->x->rows; i++) {
        bool in = (j->data->held[i] != 0) == held;
        j->keep[i] = in && (half < 0 || j->data->half[at] == (uint32_t)half);
        at += j->data->held[i] != 0;
    }
}

static status take(judge *j, bool held, int half, const variable *v, variable_part *out,
                   error *err)
{
    mark(j, held, half);
    status code = variable_part_create(out, j->data->x, v, j->keep, err);
    if (code == STATUS_OK && out->v.rows == 0)
        code = error_set(err, STATUS_INPUT, "no sample is in %s",
                         !held ? "the training documents" : "one half of the held-out documents");
    return code;
}

static uint32_t *classes_in(const variable_part *p, error *err)
{
    uint32_t *class = mem_try(p->v.rows, sizeof *class);
    if (!class)
        error_memory(err, "the held-out samples");
    for (uint32_t i = 0; class && i < p->v.rows; i++)
        class[i] = (uint32_t)p->value[i];
    return class;
}

/* ---- facts of the data ---- */

static status check_values(const variable *v, const char *what, error *err)
{
    for (uint32_t i = 0; i < v->rows; i++)
        if (!(v->value[i] >= 0 && v->value[i] < classes_of(v)) ||
            v->value[i] != floor(v->value[i]))
            return error_set(err, STATUS_INPUT, "sample %u: %s %g is none of %u classes", i, what,
                             v->value[i], classes_of(v));
    return STATUS_OK;
}

/* Which attribute goes with each label in training, and how tightly. */
static void find_usual(judge *j)
{
    const debias_data *data = j->data;
    debias_report *r = j->out;
    uint32_t *count = mem_zero((size_t)r->labels * r->attributes, sizeof *count);
    uint32_t rows = 0, tied = 0;
    for (uint32_t i = 0; i < data->x->rows; i++)
        if (!data->held[i]) {
            rows++;
            count[(uint32_t)data->label->value[i] * r->attributes +
                  (uint32_t)data->attribute->value[i]]++;
        }
    for (uint32_t l = 0; l < r->labels; l++) {
        const uint32_t *of_label = count + (size_t)l * r->attributes;
        for (uint32_t a = 1; a < r->attributes; a++)
            if (of_label[a] > of_label[j->usual[l]])
                j->usual[l] = a;
        tied += of_label[j->usual[l]];
    }
    r->tied = rows ? (double)tied / rows : 0;
    free(count);
}

static status count_groups(judge *j, error *err)
{
    debias_report *r = j->out;
    uint32_t most = 0;
    r->held = j->held.v.rows;
    for (uint32_t i = 0; i < r->held; i++)
        r->size[(size_t)j->label[i] * r->attributes + j->attribute[i]]++;
    for (uint32_t a = 0; a < r->attributes; a++) {
        uint32_t have = 0;
        for (uint32_t l = 0; l < r->labels; l++) {
            have += r->size[(size_t)l * r->attributes + a];
            if (r->size[(size_t)l * r->attributes + a] == 0)
                return error_set(err, STATUS_INPUT,
                                 "no held-out sample has label %u with attribute %u: every group "
                                 "must be there to be judged",
                                 l, a);
        }
        most = have > most ? have : most;
    }
    r->chance = (double)most / r->held;
    return STATUS_OK;
}

void debias_score(const uint32_t *guess, const uint32_t *label, const uint32_t *attribute,
                  uint32_t count, const uint32_t *usual, const debias_report *r,
                  debias_scores *out)
{
    uint32_t right = 0, leaked = 0, groups = r->labels * r->attributes, worst = 0;
    out->group = mem_zero(groups, sizeof *out->group);
    for (uint32_t i = 0; i < count; i++) {
        right += guess[i] == label[i];
        leaked += usual[guess[i]] == attribute[i];
        out->group[(size_t)label[i] * r->attributes + attribute[i]] += guess[i] == label[i];
    }
    for (uint32_t g = 0; g < groups; g++) {
        out->group[g] /= r->size[g];
        if (out->group[g] < out->group[worst])
            worst = g;
    }
    out->known = true;
    out->accuracy = (double)right / count;
    out->leakage = (double)leaked / count;
    out->worst = out->group[worst];
    out->worst_label = worst / r->attributes;
    out->worst_attribute = worst % r->attributes;
}

/* ---- classifiers ---- */

/* The classes that a point predicts for a part of the samples. */
static status guess_classes(const variable_part *on, const variable_point *point, uint32_t outputs,
                            uint32_t *guess, error *err)
{
    uint32_t rows = on->x.rows;
    double *eta = mem_try((size_t)outputs * rows, sizeof *eta);
    if (!eta)
        return error_memory(err, "the predictions of a classifier");
    variable_predict(&on->x, point, outputs, eta);
    for (uint32_t i = 0; i < rows; i++)
        guess[i] = variable_likeliest(eta, rows, outputs, i);
    free(eta);
    return STATUS_OK;
}

/* Puts the guesses on one half to the places of its samples among all that are held out. */
static void spread(const judge *j, const uint32_t *guess, uint32_t half, uint32_t *out)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < j->held.v.rows; i++)
        if (j->data->half[i] == half)
            out[i] = guess[at++];
}

/* used[k]: whether some output has a weight on column k. Returns how many do. */
static uint32_t mark_used(const variable_point *point, uint32_t cols, uint8_t *used)
{
    uint32_t count = 0;
    memset(used, 0, cols);
    for (uint32_t w = 0; w < point->count; w++) {
        count += !used[point->weight[w].feature];
        used[point->weight[w].feature] = 1;
    }
    return count;
}

static status solve(const judge *j, const matrix *x, const variable *v,
                    const variable_settings *settings, variable_path *path, error *err)
{
    status code = variable_solve(x, v, settings, NULL, 0, j->request->cancel, NULL, path, err);
    if (code == STATUS_OK && j->request->part)
        atomic_fetch_add(j->request->part, 1);
    return code;
}

/* Guesses the attribute on one half from the columns that are used, as the other half taught. */
static status tell_attribute(judge *j, uint32_t teacher, const uint8_t *used, uint32_t *guess,
                             error *err)
{
    const matrix *x = j->data->x;
    const variable_settings settings = variable_defaults();
    uint32_t *column = mem_try((size_t)x->cols + 1, sizeof *column), count = 0;
    variable_part judged = {0};
    matrix taught = {0};
    variable_path path = {0};
    if (!column)
        return error_memory(err, "the features of a classifier");
    for (uint32_t k = 0; k < x->cols; k++)
        if (used[k])
            column[count++] = k;
    status code = subset_columns(&j->half[teacher].x, column, count, &taught, err);
    if (code == STATUS_OK)
        code = subset_columns(&j->half[1 - teacher].x, column, count, &judged.x, err);
    if (code == STATUS_OK)
        code = solve(j, &taught, &j->about_half[teacher].v, &settings, &path, err);
    if (code == STATUS_INPUT)
        error_prefix(err, "the attribute in one half of the held-out documents");
    if (code == STATUS_OK)
        code = guess_classes(&judged, &path.point[path.count - 1], path.outputs, guess, err);
    variable_path_release(&path);
    matrix_release(&taught);
    matrix_release(&judged.x);
    free(column);
    return code;
}

/* used[h]: the columns that count when half h teaches; of the same classifier, or of two. */
static status leak_of_features(judge *j, const uint8_t *const used[2], debias_scores *out,
                               error *err)
{
    uint32_t right = 0, rows = j->held.v.rows;
    uint32_t *guess = mem_try(rows, sizeof *guess), *all = mem_try(rows, sizeof *all);
    status code = guess && all ? STATUS_OK : error_memory(err, "the predictions of a classifier");
    for (uint32_t h = 0; h < 2 && code == STATUS_OK; h++) {
        code = tell_attribute(j, h, used[h], guess, err);
        if (code == STATUS_OK)
            spread(j, guess, 1 - h, all);
    }
    for (uint32_t i = 0; i < rows && code == STATUS_OK; i++)
        right += all[i] == j->attribute[i];
    out->feature_leakage = (double)right / rows;
    free(guess);
    free(all);
    return code;
}

static status judge_point(judge *j, const variable_point *point, debias_row row, error *err)
{
    debias_scores *scores = &j->out->row[row];
    uint8_t *used = mem_try((size_t)j->data->x->cols + 1, 1);
    if (!used)
        return error_memory(err, "the features of a classifier");
    status code = guess_classes(&j->held, point, variable_outputs(j->data->label), j->guess, err);
    if (code == STATUS_OK) {
        debias_score(j->guess, j->label, j->attribute, j->out->held, j->usual, j->out, scores);
        scores->features = mark_used(point, j->data->x->cols, used);
        code = leak_of_features(j, (const uint8_t *const[]){used, used}, scores, err);
    }
    free(used);
    return code;
}

/* ---- the five ---- */

static double mean_of(const matrix *m, uint32_t column)
{
    uint64_t start = m->dense ? (uint64_t)column * m->rows : m->col_start[column];
    uint64_t end = m->dense ? start + m->rows : m->col_start[column + 1];
    double sum = 0;
    for (uint64_t e = start; e < end; e++)
        sum += (double)m->value[e];
    return sum / m->rows;
}

/* A constant activation is a constant contribution: the weight goes, and what it contributes (at
 * 0, nothing) moves into the intercept. */
static status judge_constant(judge *j, debias_row row, error *err)
{
    const variable_point *before = j->request->before;
    uint32_t outputs = variable_outputs(j->data->label);
    variable_point changed = *before;
    changed.weight = mem_alloc(((size_t)before->count + 1) * sizeof *changed.weight);
    changed.intercept = mem_alloc(outputs * sizeof *changed.intercept);
    memcpy(changed.intercept, before->intercept, outputs * sizeof *changed.intercept);
    changed.count = 0;
    for (uint32_t w = 0; w < before->count; w++) {
        const variable_weight *weight = &before->weight[w];
        if (!j->request->spurious[weight->feature])
            changed.weight[changed.count++] = *weight;
        else if (row == DEBIAS_AVERAGED)
            changed.intercept[weight->output] +=
                weight->weight * mean_of(&j->train.x, weight->feature);
    }
    status code = judge_point(j, &changed, row, err);
    free(changed.weight);
    free(changed.intercept);
    return code;
}

/* Weights are numbered by the columns that were left; `column` says which those are. */
static void renumber(variable_point *point, const uint32_t *column)
{
    for (uint32_t w = 0; w < point->count; w++)
        point->weight[w].feature = column[point->weight[w].feature];
}

static status judge_retrained(judge *j, error *err)
{
    const matrix *x = &j->train.x;
    uint32_t *column = mem_try((size_t)x->cols + 1, sizeof *column), count = 0;
    matrix left = {0};
    variable_path path = {0};
    if (!column)
        return error_memory(err, "the features of a classifier");
    for (uint32_t k = 0; k < x->cols; k++)
        if (!j->request->spurious[k])
            column[count++] = k;
    status code = subset_columns(x, column, count, &left, err);
    if (code == STATUS_OK)
        code = solve(j, &left, &j->train.v, &j->request->settings, &path, err);
    if (code == STATUS_OK) {
        renumber(&path.point[path.count - 1], column);
        code = judge_point(j, &path.point[path.count - 1], DEBIAS_RETRAINED, err);
    }
    variable_path_release(&path);
    matrix_release(&left);
    free(column);
    return code;
}

static status judge_oracle(judge *j, error *err)
{
    debias_scores *scores = &j->out->row[DEBIAS_ORACLE];
    uint32_t cols = j->data->x->cols, features = 0;
    uint8_t *used[2] = {mem_try((size_t)cols + 1, 1), mem_try((size_t)cols + 1, 1)};
    uint32_t *guess = mem_try(j->held.v.rows, sizeof *guess);
    status code = used[0] && used[1] && guess ? STATUS_OK
                                              : error_memory(err, "the features of a classifier");
    for (uint32_t h = 0; h < 2 && code == STATUS_OK; h++) {
        variable_path path = {0};
        code = solve(j, &j->half[h].x, &j->half[h].v, &j->request->settings, &path, err);
        if (code == STATUS_INPUT)
            error_prefix(err, "the label in one half of the held-out documents");
        if (code == STATUS_OK) {
            const variable_point *last = &path.point[path.count - 1];
            features += mark_used(last, cols, used[h]);
            code = guess_classes(&j->half[1 - h], last, path.outputs, guess, err);
        }
        if (code == STATUS_OK)
            spread(j, guess, 1 - h, j->guess);
        variable_path_release(&path);
    }
    if (code == STATUS_OK) {
        debias_score(j->guess, j->label, j->attribute, j->out->held, j->usual, j->out, scores);
        scores->features = features / 2.0;
        code = leak_of_features(j, (const uint8_t *const[]){used[0], used[1]}, scores, err);
    }
    free(used[0]);
    free(used[1]);
    free(guess);
    return code;
}

static status prepare(judge *j, error *err)
{
    const debias_data *data = j->data;
    debias_report *r = j->out;
    variable_part about = {0};
    r->labels = classes_of(data->label);
    r->attributes = classes_of(data->attribute);
    if ((uint64_t)r->labels * r->attributes > 1u << 20)
        return error_set(err, STATUS_INPUT, "%u labels times %u attributes are too many groups",
                         r->labels, r->attributes);
    r->size = mem_zero((size_t)r->labels * r->attributes, sizeof *r->size);
    j->usual = mem_zero(r->labels, sizeof *j->usual);
    j->keep = mem_try(data->x->rows, 1);
    if (!j->keep)
        return error_memory(err, "the parts of the samples");
    status code = check_values(data->label, "label", err);
    if (code == STATUS_OK)
        code = check_values(data->attribute, "attribute", err);
    if (code == STATUS_OK)
        code = take(j, false, -1, data->label, &j->train, err);
    if (code == STATUS_OK)
        code = take(j, true, -1, data->label, &j->held, err);
    if (code == STATUS_OK)
        code = take(j, true, -1, data->attribute, &about, err);
    if (code == STATUS_OK) {
        j->label = classes_in(&j->held, err);
        j->attribute = classes_in(&about, err);
        j->guess = mem_try(j->held.v.rows, sizeof *j->guess);
        if (!j->label || !j->attribute || !j->guess)
            code = error_memory(err, "the held-out samples");
    }
    variable_part_release(&about);
    if (code == STATUS_OK)
        code = count_groups(j, err);
    for (int h = 0; h < 2 && code == STATUS_OK; h++) {
        code = take(j, true, h, data->label, &j->half[h], err);
        if (code == STATUS_OK)
            code = take(j, true, h, data->attribute, &j->about_half[h], err);
        matrix_release(&j->about_half[h].x);
    }
    if (code == STATUS_OK)
        find_usual(j);
    return code;
}

uint32_t debias_parts(const debias_request *request)
{
    return 3 * 2 + (request->retrain ? 3 : 0) + 4;
}

status debias_judge(const debias_data *data, const debias_request *request, debias_report *out,
                    error *err)
{
    judge j = {.data = data, .request = request, .out = out};
    *out = (debias_report){0};
    status code = prepare(&j, err);
    if (code == STATUS_OK)
        code = judge_point(&j, request->before, DEBIAS_BEFORE, err);
    if (code == STATUS_OK)
        code = judge_constant(&j, DEBIAS_ZEROED, err);
    if (code == STATUS_OK)
        code = judge_constant(&j, DEBIAS_AVERAGED, err);
    if (code == STATUS_OK && request->retrain)
        code = judge_retrained(&j, err);
    if (code == STATUS_OK)
        code = judge_oracle(&j, err);
    variable_part_release(&j.train);
    variable_part_release(&j.held);
    for (int h = 0; h < 2; h++) {
        variable_part_release(&j.half[h]);
        variable_part_release(&j.about_half[h]);
    }
    free(j.label);
    free(j.attribute);
    free(j.usual);
    free(j.guess);
    free(j.keep);
    if (code != STATUS_OK)
        debias_report_release(out);
    return code;
}

void debias_report_release(debias_report *r)
{
    for (int row = 0; row < DEBIAS_ROWS; row++)
        free(r->row[row].group);
    free(r->size);
    *r = (debias_report){0};
}
