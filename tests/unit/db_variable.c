/* Fits of target variables: what was stored comes back, apart from the fits of layer pairs. */
#include "db/variable.h"

#include "db/document.h"
#include "db/fit.h"
#include "db/target.h"
#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(db_variable, .init = enter_folder, .fini = leave_folder);

static int64_t layers[2];

static variable_fit_point points[] = {
    {.state = "converged", .lambda = 0.5, .gap = 1e-9, .held_out = 2.5, .deviation = 0.25,
     .accuracy = 0.75},
    {.state = "unconverged", .lambda = 0.25, .gap = 1e-3, .explained = 0.5, .features = 2,
     .held_out = (double)NAN, .deviation = (double)NAN, .accuracy = (double)NAN},
};

static const variable_fit_weight weights[] = {
    {.output = 0, .feature = 3, .weight = 1.5, .standardised = 0.75},
    {.output = 2, .feature = 1, .weight = -0.5, .standardised = -0.125},
};

/* A study with layers a and b and the variable `mood`, and a fit of it. */
static variable_fit add(db *d)
{
    static const double values[9] = {0, 1, 2};
    static const double intercept[3] = {0.1, 0.2, -0.3};
    target_set set;
    OK(target_list(d, &set, &err));
    if (set.count == 0) {
        layers[0] = add_layer(d, "a", 0, false, 20, 9, 0).id;
        layers[1] = add_layer(d, "b", 1, false, 20, 9, 0).id;
        OK(target_add(d, "mood", TARGET_CLASS, "[\"x\", \"y\", \"z\"]", values, 9, &err));
    }
    target_set_release(&set);
    OK(target_list(d, &set, &err));
    variable_fit f = {.target_id = set.item[0].id,
                      .base = {.lambda = 0.5,
                               .ridge = 2,
                               .scale = true,
                               .tolerance = 1e-6,
                               .seed = 7,
                               .data_hash = (char *)(uintptr_t)"hash"},
                      .points = 30,
                      .least = true,
                      .train_only = true,
                      .outputs = 3,
                      .lambda_max = 0.5,
                      .null_loss = 1.5,
                      .folds = 5,
                      .chosen = 1,
                      .seconds = 0.25,
                      .layer = layers,
                      .layer_count = 2,
                      .point = points,
                      .point_count = 2};
    target_set_release(&set);
    variable_fit_weight w[2] = {weights[0], weights[1]};
    w[0].layer = layers[0];
    w[1].layer = layers[1];
    OK(db_begin(d, &err));
    OK(variable_fit_add(d, &f, &err));
    OK(variable_fit_finish(d, &f, &err));
    OK(variable_fit_add_weights(d, f.base.id, 0, intercept, 3, NULL, 0, &err));
    OK(variable_fit_add_weights(d, f.base.id, 1, intercept, 3, w, 2, &err));
    OK(db_commit(d, &err));
    return f;
}

static void check(const variable_fit *f, int64_t fit_id)
{
    cr_expect_eq(f->base.id, fit_id);
    cr_expect_str_eq(f->target, "mood");
    cr_expect_str_eq(f->base.data_hash, "hash");
    cr_expect(f->base.lambda == 0.5 && f->base.ridge == 2 && f->base.scale &&
              f->base.tolerance == 1e-6 && f->base.seed == 7 && f->base.created > 0);
    cr_expect(f->base.state == FIT_DONE && f->points == 30 && f->least && f->train_only);
    cr_expect( f->outputs == 3 && f->folds == 5);
    cr_expect(f->lambda_max == 0.5 && f->null_loss == 1.5 && f->chosen == 1 && f->seconds == 0.25);
    cr_assert_eq(f->layer_count, 2);
    cr_expect_eq(memcmp(f->layer, layers, sizeof layers), 0);
    cr_assert_eq(f->point_count, 2);
    for (int i = 0; i < 2; i++) {
        const variable_fit_point *p = &f->point[i];
        cr_expect_str_eq(p->state, points[i].state);
        cr_expect(p->lambda == points[i].lambda && p->gap == points[i].gap);
        cr_expect(p->explained == points[i].explained && p->features == points[i].features);
    }
    cr_expect(f->point[0].held_out == 2.5 && f->point[0].deviation == 0.25 &&
              f->point[0].accuracy == 0.75);
    cr_expect(isnan(f->point[1].held_out) && isnan(f->point[1].deviation) &&
              isnan(f->point[1].accuracy));
}

Test(db_variable, what_was_stored_comes_back)
{
    db *d = new_study();
    int64_t first = add(d).base.id;
    int64_t second = add(d).base.id;
    variable_fit f;
    OK(variable_fit_get(d, first, &f, &err));
    check(&f, first);
    double *intercept;
    variable_fit_weight *w;
    uint32_t count;
    OK(variable_fit_weights(d, &f, 1, &intercept, &w, &count, &err));
    cr_assert_eq(count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        cr_expect(w[i].output == weights[i].output && w[i].layer == layers[i]);
        cr_expect(w[i].feature == weights[i].feature && w[i].weight == weights[i].weight);
        cr_expect_eq(w[i].standardised, weights[i].standardised);
    }
    cr_expect(intercept[0] == 0.1 && intercept[1] == 0.2 && intercept[2] == -0.3);
    free(intercept);
    free(w);
    variable_fit_release(&f);

    variable_fit_set set;
    OK(variable_fit_list(d, &set, &err));
    cr_assert_eq(set.count, 2);
    check(&set.item[0], second);
    check(&set.item[1], first);
    variable_fit_set_release(&set);
    FAILS(variable_fit_get(d, 99, &f, &err), STATUS_INPUT, "no fit 99", "target variable");
    FAILS(variable_fit_get(d, 0, &f, &err), STATUS_INPUT, "no fit 0", "target variable");
    db_close(d);
}

/* Asked for, but not run yet: everything that was asked is there, and no point. Run twice, the
 * second run's findings stand. */
Test(db_variable, from_the_queue_to_done)
{
    db *d = new_study();
    variable_fit f = add(d), back;
    f.base.runner = f.base.message = NULL;
    OK(variable_fit_add(d, &f, &err));
    OK(variable_fit_get(d, f.base.id, &back, &err));
    cr_expect(back.base.state == FIT_QUEUED && back.points == 30 && back.folds == 5);
    cr_expect(back.outputs == 0 && back.point_count == 0 && back.layer_count == 2);
    variable_fit_release(&back);
    OK(variable_fit_finish(d, &f, &err));
    f.point_count = 1;
    f.chosen = 0;
    OK(variable_fit_finish(d, &f, &err));
    OK(variable_fit_get(d, f.base.id, &back, &err));
    cr_expect(back.base.state == FIT_DONE && back.point_count == 1 && back.outputs == 3);
    variable_fit_release(&back);
    db_close(d);
}

/* Circuits are of layer pairs: a fit of a variable is never taken for one. */
Test(db_variable, apart_from_the_fits_of_pairs)
{
    db *d = new_study();
    int64_t id = add(d).base.id;
    fit_set fits;
    fit f;
    OK(fit_list(d, &fits, &err));
    cr_expect_eq(fits.count, 0);
    fit_set_release(&fits);
    FAILS(fit_get(d, 0, &f, &err), STATUS_INPUT, "no fit with results", "");
    OK(fit_get(d, id, &f, &err));
    cr_expect_str_eq(f.kind, "target");
    cr_expect_eq(f.state, FIT_DONE);
    fit_release(&f);
    OK(fit_delete(d, id, &err));
    cr_expect_eq(ask("SELECT count(*) FROM variable_weight"), 0);
    cr_expect_eq(ask("SELECT count(*) FROM variable_intercept"), 0);
    cr_expect_eq(ask("SELECT count(*) FROM variable_point"), 0);
    cr_expect_eq(ask("SELECT count(*) FROM variable_layer"), 0);
    db_close(d);
}

Test(db_variable, damage_is_told)
{
    db *d = new_study();
    int64_t id = add(d).base.id;
    variable_fit f;
    OK(variable_fit_get(d, id, &f, &err));
    db_close(d);
    double *intercept;
    variable_fit_weight *w;
    uint32_t count;

    tamper("DELETE FROM variable_intercept WHERE output = 1");
    d = open_study(DB_READ);
    FAILS(variable_fit_weights(d, &f, 1, &intercept, &w, &count, &err), STATUS_INPUT, "damaged",
          "1 intercepts, of 3");
    db_close(d);
    variable_fit_release(&f);

    tamper("UPDATE fit_variable SET chosen = 2");
    d = open_study(DB_READ);
    FAILS(variable_fit_get(d, id, &f, &err), STATUS_INPUT, "damaged", "no point 2");
    db_close(d);

    tamper("UPDATE fit_variable SET chosen = 0;"
           " UPDATE variable_point SET point = 7 WHERE point = 1");
    d = open_study(DB_READ);
    FAILS(variable_fit_get(d, id, &f, &err), STATUS_INPUT, "damaged", "no point 1");
    db_close(d);
}

Test(db_variable, documents_of_samples)
{
    db *d = new_study();
    uint32_t *number;
    uint32_t documents;
    OK(document_of_samples(d, 3, &number, &documents, &err));
    cr_expect(documents == 3 && number[0] == 0 && number[1] == 1 && number[2] == 2);
    free(number);
    OK(document_add(d, 0, NULL, "one", NULL, 0, 2, &err));
    OK(document_add(d, 1, NULL, "two", NULL, 2, 3, &err));
    OK(document_of_samples(d, 6, &number, &documents, &err));
    static const uint32_t expected[] = {0, 0, 1, 1, 1, 2};
    cr_expect_eq(documents, 3);
    cr_expect_eq(memcmp(number, expected, sizeof expected), 0);
    free(number);
    FAILS(document_of_samples(d, 4, &number, &documents, &err), STATUS_INPUT, "damaged",
          "samples 2 and 3 more, of 4");
    db_close(d);
}
