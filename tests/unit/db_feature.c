/* Labels are found by any word of them, whatever the words and the labels hold. */
#include "db/feature.h"

#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(db_feature, .init = enter_folder, .fini = leave_folder);

static const char *const labels[] = {
    "pronouns ending in -self",        "the name \"Lily\" after a comma",
    "\" b\" or \"o\"",                 "100% of_the \\time",
    "NEAR(a b) OR label:x AND NOT y*", "verbes à l'infinitif, 日本語",
    "--",                              NULL,
};
enum { LABELS = 8 };

static feature_stats stats_of(uint32_t i)
{
    feature_stats s = {
        .active = i ? 3 * i : 0,
        .mean = 0.1 * i,
        .sd = 0.2 * i,
        .active_mean = 1.5 * i,
        .minimum = -0.5 * i,
        .maximum = 4.25 * i,
    };
    for (uint32_t k = 0; k < FEATURE_BINS; k++)
        s.histogram[k] = i * 100 + k;
    return s;
}

/* Two layers of LABELS features each; those of the first have the labels above. */
static db *labelled_study(layer *a, layer *b)
{
    db *d = new_study();
    feature_stats stats[LABELS];
    for (uint32_t i = 0; i < LABELS; i++)
        stats[i] = stats_of(i);
    *a = add_layer(d, "a", 0, false, LABELS, 9, 0);
    *b = add_layer(d, "b", 1, false, LABELS, 9, 0);
    OK(feature_add(d, a->id, 0, stats, 3, &err));
    OK(feature_add(d, a->id, 3, stats + 3, LABELS - 3, &err));
    OK(feature_add(d, b->id, 0, stats, LABELS, &err));
    for (uint32_t i = 0; i < LABELS; i++) {
        if (labels[i])
            OK(feature_set_label(d, a->id, i, labels[i], "test", &err));
    }
    return d;
}

/* The features that a search finds, in the layer or anywhere, as bits. */
static unsigned found(db *d, const char *words, int64_t layer_id)
{
    feature_table t;
    unsigned bits = 0;
    OK(feature_search(d, words, layer_id, 100, &t, &err));
    for (uint32_t i = 0; i < t.count; i++) {
        bits |= 1u << t.row[i].feature;
        cr_expect(t.row[i].label != NULL);
    }
    feature_table_release(&t);
    return bits;
}

Test(db_feature, list_and_detail)
{
    layer a;
    layer b;
    db *d = labelled_study(&a, &b);
    feature_table t;
    OK(feature_list(d, a.id, &t, &err));
    cr_assert_eq(t.count, LABELS);
    for (uint32_t i = 0; i < LABELS; i++) {
        feature_stats s = stats_of(i);
        cr_expect_eq(t.row[i].layer_id, a.id);
        cr_expect_eq(t.row[i].feature, i);
        cr_expect_eq(t.row[i].active, s.active);
        cr_expect_eq(t.row[i].mean, (float)s.mean);
        cr_expect_eq(t.row[i].maximum, (float)s.maximum);
        if (labels[i])
            cr_expect_str_eq(t.row[i].label, labels[i]);
        else
            cr_expect_null(t.row[i].label);
    }
    feature_table_release(&t);

    feature_detail detail;
    feature_stats s = stats_of(3);
    OK(feature_get(d, a.id, 3, &detail, &err));
    cr_expect_arr_eq(&detail.stats.histogram, &s.histogram, sizeof s.histogram);
    cr_expect_eq(detail.stats.sd, s.sd);
    cr_expect_eq(detail.stats.minimum, s.minimum);
    cr_expect_str_eq(detail.label, labels[3]);
    cr_expect_str_eq(detail.label_source, "test");
    feature_detail_release(&detail);
    OK(feature_get(d, b.id, 0, &detail, &err));
    cr_expect_null(detail.label);
    feature_detail_release(&detail);
    FAILS(feature_get(d, a.id, LABELS, &detail, &err), STATUS_INPUT, STUDY, "no feature 8");

    layer_set set;
    OK(layer_list(d, &set, &err));
    cr_expect_eq(set.item[0].labelled, LABELS - 1);
    cr_expect_eq(set.item[0].live, LABELS - 1);
    cr_expect_eq(set.item[1].labelled, 0);
    layer_set_release(&set);
    OK(feature_list(d, 77, &t, &err));
    cr_expect_eq(t.count, 0);
    db_close(d);
}

Test(db_feature, words_are_prefixes)
{
    layer a;
    layer b;
    db *d = labelled_study(&a, &b);
    cr_expect_eq(found(d, "pronoun", 0), 1u << 0);
    cr_expect_eq(found(d, "SELF pro", 0), 1u << 0);
    cr_expect_eq(found(d, "self lily", 0), 0);
    cr_expect_eq(found(d, "lil", a.id), 1u << 1);
    cr_expect_eq(found(d, "lil", b.id), 0);
    cr_expect_eq(found(d, "日本", 0), 1u << 5);
    cr_expect_eq(found(d, "l'infinitif", 0), 1u << 5);
    cr_expect_eq(found(d, "onouns", 0), 1u << 0, "inside a word, when no word begins so");
    db_close(d);
}

Test(db_feature, searches_are_data)
{
    layer a;
    layer b;
    db *d = labelled_study(&a, &b);
    cr_expect_eq(found(d, "\"", 0), 1u << 1 | 1u << 2);
    cr_expect_eq(found(d, "\" b\"", 0), 1u << 2 | 1u << 4);
    cr_expect_eq(found(d, "\"lily\"", 0), 1u << 1);
    cr_expect_eq(found(d, "--", 0), 1u << 6);
    cr_expect_eq(found(d, "-", 0), 1u << 0 | 1u << 6);
    cr_expect_eq(found(d, "%", 0), 1u << 3, "not a wildcard");
    cr_expect_eq(found(d, "_", 0), 1u << 3);
    cr_expect_eq(found(d, "\\", 0), 1u << 3);
    cr_expect_eq(found(d, "OR", 0), 1u << 2 | 1u << 4, "a word, not an operator");
    cr_expect_eq(found(d, "NEAR(a", 0), 1u << 4);
    cr_expect_eq(found(d, "label:x", 0), 1u << 4);
    cr_expect_eq(found(d, "", 0), 0x7f, "all that have a label");
    cr_expect_eq(found(d, " \t\n", a.id), 0x7f);

    static const char *const hostile[] = {
        "*",    "^",    "NOT",        "a AND",         "(",        ")",
        "{a} :", "a:b*", "\"\"\"\"\"", "a\" OR \"b\"*", "\xff\xfe", "'; DROP TABLE layer; --",
        "\x1b]0;x\x07", "\xed\xa0\x80", "+",  "NEAR(\"a\" \"b\", 5)",
    };
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        found(d, hostile[i], 0);

    char *many = calloc(1, 200001);
    for (size_t i = 0; i < 200000; i += 2)
        memcpy(many + i, "a ", 2);
    feature_table t;
    FAILS(feature_search(d, many, 0, 9, &t, &err), STATUS_INPUT, "100000 words", "at most 32");
    many[64] = '\0'; /* 32 words: as deep as a query may be */
    cr_expect_eq(found(d, many, 0) & 1u << 4, 1u << 4);
    memset(many, 'a', 200000);
    err = (error){0};
    status s = feature_search(d, many, 0, 9, &t, &err);
    cr_expect(s == STATUS_OK || s == STATUS_INPUT);
    cr_expect_eq(t.count, 0);
    free(many);
    db_close(d);
}

Test(db_feature, best_first_and_bounded)
{
    layer a;
    layer b;
    db *d = labelled_study(&a, &b);
    OK(feature_set_label(d, b.id, 2, "dogs, and a long tale of what else they chase", "x", &err));
    OK(feature_set_label(d, b.id, 5, "dogs", "x", &err));
    feature_table t;
    OK(feature_search(d, "dog", 0, 1, &t, &err));
    cr_assert_eq(t.count, 1);
    cr_expect_eq(t.row[0].feature, 5);
    cr_expect_eq(t.row[0].layer_id, b.id);
    feature_table_release(&t);
    OK(feature_search(d, "", 0, 3, &t, &err));
    cr_expect_eq(t.count, 3);
    feature_table_release(&t);
    db_close(d);
}

Test(db_feature, a_new_label_replaces_the_old)
{
    layer a;
    layer b;
    db *d = labelled_study(&a, &b);
    OK(feature_set_label(d, a.id, 0, "reflexive", "me", &err));
    cr_expect_eq(found(d, "pronouns", 0), 0);
    cr_expect_eq(found(d, "reflexive", 0), 1u << 0);
    OK(feature_set_label(d, a.id, 0, NULL, NULL, &err));
    cr_expect_eq(found(d, "reflexive", 0), 0);
    FAILS(feature_set_label(d, a.id, LABELS, "x", "me", &err), STATUS_INPUT, STUDY,
          "no feature 8");
    FAILS(feature_set_label(d, 9, 0, "x", "me", &err), STATUS_INPUT, STUDY, "layer 9");
    cr_expect_eq(found(d, "x", 0), 1u << 4, "no trace of labels that were refused");
    db_close(d);
    tamper("INSERT INTO feature_search (feature_search) VALUES ('integrity-check')");
}

Test(db_feature, statistics_must_be_numbers)
{
    db *d = new_study();
    layer l = add_layer(d, "a", 0, false, 2, 9, 0);
    feature_stats stats[2] = {stats_of(1), stats_of(2)};
    stats[1].mean = NAN;
    FAILS(feature_add(d, l.id, 0, stats, 2, &err), STATUS_INPUT, "NOT NULL", "feature.mean");
    feature_table t;
    OK(feature_list(d, l.id, &t, &err));
    cr_expect_eq(t.count, 0, "all or nothing");
    db_close(d);
}

Test(db_feature, damage_is_refused)
{
    static const char *const lies[] = {
        "DELETE FROM feature WHERE feature = 2",
        "UPDATE feature SET feature = 9 WHERE feature = 2",
        "UPDATE feature SET active = -1 WHERE feature = 2",
        "UPDATE feature SET layer_id = 2 WHERE feature = 2",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        layer a;
        layer b;
        db_close(labelled_study(&a, &b));
        tamper(lies[i]);
        db *d = open_study(DB_READ);
        feature_table t;
        FAILS(feature_list(d, a.id, &t, &err), STATUS_INPUT, STUDY, "damaged");
        cr_expect_null(t.row);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
    layer a;
    layer b;
    db_close(labelled_study(&a, &b));
    tamper("UPDATE feature SET histogram = x'00' WHERE feature = 2");
    db *d = open_study(DB_READ);
    feature_detail detail;
    FAILS(feature_get(d, a.id, 2, &detail, &err), STATUS_INPUT, STUDY, "histogram of 1 bytes");
    db_close(d);
}
