/* Documents, target variables and measured effects come back as they were imported. */
#include "db/document.h"
#include "db/effect.h"
#include "db/target.h"
#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(db_study, .init = enter_folder, .fini = leave_folder);

Test(db_study, documents_by_sample)
{
    db *d = new_study();
    OK(document_add(d, 0, "first", "Once upon", "[\"Once\",\" upon\\u001b[2J\"]", 0, 2, &err));
    OK(document_add(d, 1, NULL, NULL, "[]", 2, 0, &err));
    OK(document_add(d, 2, "pooled", "a sentence\xff", NULL, 2, 1, &err));
    document doc;
    OK(document_of_sample(d, 1, &doc, &err));
    cr_expect_eq(doc.id, 0);
    cr_expect_str_eq(doc.name, "first");
    cr_expect_str_eq(doc.text, "Once upon");
    cr_expect_eq(doc.token_count, 2);
    cr_expect_str_eq(doc.token[1], " upon\x1b[2J", "as imported: whoever shows it cleans it");
    cr_expect_eq(doc.first_sample, 0);
    cr_expect_eq(doc.samples, 2);
    document_release(&doc);
    OK(document_of_sample(d, 2, &doc, &err));
    cr_expect_eq(doc.id, 2, "a document without samples holds none");
    cr_expect_str_eq(doc.text, "a sentence\xff");
    cr_expect_null(doc.token);
    document_release(&doc);
    FAILS(document_of_sample(d, 3, &doc, &err), STATUS_INPUT, STUDY, "no sample 3");
    uint32_t documents = 0, samples = 0, held_out = 9;
    OK(document_count(d, &documents, &samples, &held_out, &err));
    cr_expect_eq(documents, 3);
    cr_expect_eq(samples, 3);
    cr_expect_eq(held_out, 0);
    OK(document_hold_out(d, 1, &err));
    OK(document_count(d, &documents, &samples, &held_out, &err));
    cr_expect_eq(held_out, 1);
    FAILS(document_add(d, 2, "again", "x", NULL, 3, 1, &err), STATUS_INPUT, "UNIQUE",
          "document_id");
    db_close(d);
}

Test(db_study, held_out_documents)
{
    static const uint8_t expected[] = {0, 0, 1, 1, 1, 0};
    db *d = new_study();
    uint8_t *held = NULL;
    uint32_t count = 9;
    for (uint32_t i = 0; i < 3; i++)
        OK(document_add(d, i, NULL, "x", NULL, i ? 3 * i - 1 : 0, i ? 3 : 2, &err));
    OK(document_held_out(d, 6, &held, &count, &err));
    cr_expect_eq(count, 0);
    free(held);
    OK(document_hold_out(d, 1, &err));
    OK(document_held_out(d, 6, &held, &count, &err));
    cr_expect_eq(count, 3);
    cr_expect_arr_eq(held, expected, sizeof expected);
    free(held);
    FAILS(document_held_out(d, 4, &held, &count, &err), STATUS_INPUT, "damaged", "sample 4");
    cr_expect_null(held);
    db_close(d);
}

Test(db_study, tokens_that_are_not_strings)
{
    static const char *const lies[] = {"[\"a\", 1]",  "[\"a\", null]", "[[\"a\"]]", "[\"a\"",
                                       "{\"a\": {}}", "nonsense",      ""};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        document doc;
        OK(document_add(d, 0, "x", NULL, lies[i], 0, 2, &err));
        FAILS(document_of_sample(d, 1, &doc, &err), STATUS_INPUT, STUDY, "");
        cr_expect_null(doc.token);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
}

Test(db_study, no_documents)
{
    db *d = new_study();
    document doc;
    uint32_t documents = 9;
    uint32_t samples = 9;
    OK(document_count(d, &documents, &samples, NULL, &err));
    cr_expect_eq(documents + samples, 0);
    FAILS(document_of_sample(d, 0, &doc, &err), STATUS_INPUT, STUDY, "no sample 0");
    db_close(d);
}

Test(db_study, targets)
{
    db *d = new_study();
    const double real[] = {0.1, -2e300, 5e-324};
    const double class[] = {0, 2, 1};
    OK(target_add(d, "logit", TARGET_REAL, NULL, real, 3, &err));
    OK(target_add(d, "tense", TARGET_CLASS, "[\"past\",\"now\",\"later\"]", class, 3, &err));
    OK(target_add(d, "none", TARGET_BINARY, NULL, NULL, 0, &err));
    target_set set;
    OK(target_list(d, &set, &err));
    cr_assert_eq(set.count, 3);
    cr_expect_str_eq(set.item[0].name, "logit");
    cr_expect_eq(set.item[0].kind, TARGET_REAL);
    cr_expect_null(set.item[0].classes);
    cr_expect_eq(set.item[0].samples, 3);
    cr_expect_eq(set.item[1].kind, TARGET_CLASS);
    cr_expect_str_eq(set.item[1].classes, "[\"past\",\"now\",\"later\"]");
    double *value = NULL;
    uint32_t samples = 0;
    OK(target_load(d, set.item[0].id, &value, &samples, &err));
    cr_assert_eq(samples, 3);
    cr_expect_arr_eq(value, real, sizeof real);
    free(value);
    OK(target_load(d, set.item[2].id, &value, &samples, &err));
    cr_expect_eq(samples, 0);
    free(value);
    FAILS(target_load(d, 99, &value, &samples, &err), STATUS_INPUT, STUDY, "target variable 99");
    FAILS(target_add(d, "logit", TARGET_REAL, NULL, real, 3, &err), STATUS_INPUT, "UNIQUE",
          "target.name");
    int64_t id = set.item[0].id;
    target_set_release(&set);
    db_close(d);

    tamper("UPDATE target SET value = x'000000000000f87f'");
    d = open_study(DB_READ);
    FAILS(target_load(d, id, &value, &samples, &err), STATUS_INPUT, STUDY, "not finite");
    cr_expect_null(value);
    db_close(d);
    tamper("UPDATE target SET value = x'00000000000000'");
    d = open_study(DB_READ);
    FAILS(target_load(d, id, &value, &samples, &err), STATUS_INPUT, STUDY, "7 bytes");
    db_close(d);
}

Test(db_study, effects)
{
    db *d = new_study();
    layer a = add_layer(d, "a", 0, false, 9, 9, 0);
    layer b = add_layer(d, "b", 1, false, 9, 9, 0);
    int64_t set = 0;
    const effect some[] = {{3, 1, -0.25, 7}, {1, 4, 0.5, 0}};
    const effect more[] = {{1, 2, 1e-300, UINT32_MAX}};
    OK(effect_set_add(d, a.id, b.id, "effects.tsv", &set, &err));
    OK(effect_add(d, set, some, 2, &err));
    OK(effect_add(d, set, more, 1, &err));
    effect *e = NULL;
    uint32_t count = 0;
    OK(effect_load(d, a.id, b.id, &e, &count, &err));
    cr_assert_eq(count, 3);
    cr_expect(e[0].source == 1 && e[0].target == 2 && e[0].effect == 1e-300);
    cr_expect_eq(e[0].active, UINT32_MAX);
    cr_expect(e[1].source == 1 && e[1].target == 4 && e[1].effect == 0.5);
    cr_expect(e[2].source == 3 && e[2].target == 1 && e[2].effect == -0.25);
    free(e);
    OK(effect_load(d, b.id, a.id, &e, &count, &err));
    cr_expect_eq(count, 0);
    cr_expect_null(e);

    const effect twice[] = {{5, 5, 1, 1}, {3, 1, 0, 0}};
    FAILS(effect_add(d, set, twice, 2, &err), STATUS_INPUT, "feature 3 on feature 1", "twice");
    OK(effect_load(d, a.id, b.id, &e, &count, &err));
    cr_expect_eq(count, 3, "a refused call leaves nothing behind");
    free(e);
    FAILS(effect_set_add(d, a.id, b.id, "again.tsv", &set, &err), STATUS_INPUT, "UNIQUE",
          "effect_set");
    FAILS(effect_set_add(d, a.id, 99, "nowhere.tsv", &set, &err), STATUS_INPUT, "FOREIGN KEY",
          STUDY);
    FAILS(effect_add(d, 77, some, 2, &err), STATUS_INPUT, "FOREIGN KEY", STUDY);

    effect_sets sets;
    layer c = add_layer(d, "c", 2, false, 9, 9, 0);
    OK(effect_set_add(d, a.id, c.id, "empty.tsv", &set, &err));
    OK(effect_set_list(d, &sets, &err));
    cr_assert_eq(sets.count, 2);
    cr_expect(sets.item[0].source_layer == a.id && sets.item[0].target_layer == b.id);
    cr_expect(sets.item[0].effects == 3 && sets.item[0].removed == 2);
    cr_expect_str_eq(sets.item[0].source, "effects.tsv");
    cr_expect(sets.item[1].target_layer == c.id && sets.item[1].effects == 0);
    effect_sets_release(&sets);
    OK(effect_set_delete(d, a.id, b.id, &err));
    OK(effect_set_delete(d, a.id, b.id, &err));
    OK(effect_load(d, a.id, b.id, &e, &count, &err));
    cr_expect_eq(count, 0, "they go with their set");
    OK(effect_set_list(d, &sets, &err));
    cr_expect_eq(sets.count, 1);
    effect_sets_release(&sets);
    db_close(d);
}
