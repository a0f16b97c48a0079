/* The index of labels: what is found, in which way, and in which order. */
#include "db/feature.h"
#include "db/note.h"
#include "src/circuit/label_index.h"
#include "tests/unit/db_fixture.h"

#include <string.h>

TestSuite(label_index, .init = enter_folder, .fini = leave_folder);

static const char *const labels[] = {
    "personal pronouns", "Pronouns",     "nouns, and pro forms", "the unpronounced", NULL, "",
    "50% of \"it\"",     "日本語の特徴",
};

enum { LABELS = sizeof labels / sizeof *labels };

static db *labelled_study(layer *l)
{
    db *d = new_study();
    *l = add_layer(d, "blocks.0", 0, false, LABELS, 10, 0);
    feature_stats stats[LABELS] = {{0}};
    OK(feature_add(d, l->id, 0, stats, LABELS, &err));
    for (uint32_t i = 0; i < LABELS; i++)
        if (labels[i])
            OK(feature_set_label(d, l->id, i, labels[i], "test", &err));
    return d;
}

/* The features found, best first, as `0 3 `; `how` in front: w, c or f. */
static const char *found(label_index *x, db *d, const char *text)
{
    static char out[128];
    feature_table table;
    label_match how;
    OK(label_index_read(x, d, "same", &err));
    OK(label_index_search(x, d, text, 100, &table, &how, &err));
    size_t length = (size_t)snprintf(out, sizeof out, "%c", "fcw"[how]);
    for (uint32_t i = 0; i < table.count; i++)
        length += (size_t)snprintf(out + length, sizeof out - length, " %u", table.row[i].feature);
    feature_table_release(&table);
    return out;
}

Test(label_index, words_then_text_then_letters)
{
    layer l;
    db *d = labelled_study(&l);
    label_index *x = label_index_create();
    cr_expect_str_eq(found(x, d, "pronouns"), "w 1 0", "the shorter first");
    cr_expect_str_eq(found(x, d, " PRON  pers "), "w 0", "all words, in any order");
    cr_expect_str_eq(found(x, d, "pro"), "w 2 1 0", "a whole word before a beginning");
    cr_expect_str_eq(found(x, d, "nounc"), "c 3", "text inside a word");
    cr_expect_str_eq(found(x, d, "NOUNC"), "c 3", "whatever the case");
    cr_expect_str_eq(found(x, d, "PRO No"), "w 2");
    cr_expect_str_eq(found(x, d, "u"), "w 3");
    cr_expect_str_eq(found(x, d, "%"), "c 6");
    cr_expect_str_eq(found(x, d, "prsnl"), "f 0", "letters in order");
    cr_expect_str_eq(found(x, d, "本語"), "c 7");
    cr_expect_str_eq(found(x, d, "zzz"), "f");
    cr_expect_str_eq(found(x, d, ""), "f");
    cr_expect_str_eq(found(x, d, "   "), "f");
    label_index_free(x);
    db_close(d);
}

Test(label_index, what_the_user_noted_is_found_too)
{
    layer l;
    db *d = labelled_study(&l);
    label_index *x = label_index_create();
    OK(note_set_label(d, l.id, 4, "my own words", &err));
    OK(note_set_tags(d, l.id, 1, "check", &err));
    cr_expect_str_eq(found(x, d, "own"), "w 4");
    cr_expect_str_eq(found(x, d, "check"), "w 1");
    label_index_free(x);
    db_close(d);
}

Test(label_index, at_most_as_many_as_wanted)
{
    layer l;
    db *d = labelled_study(&l);
    label_index *x = label_index_create();
    feature_table table;
    label_match how;
    OK(label_index_read(x, d, "1", &err));
    OK(label_index_search(x, d, "pro", 2, &table, &how, &err));
    cr_expect_eq(table.count, 2);
    cr_expect_str_eq(table.row[0].label, labels[2]);
    feature_table_release(&table);
    OK(feature_set_label(d, l.id, 4, "a new one", "test", &err));
    OK(label_index_read(x, d, "2", &err)); /* another stamp: it is read anew */
    OK(label_index_search(x, d, "new", 2, &table, &how, &err));
    cr_expect_eq(table.count, 1);
    feature_table_release(&table);
    label_index_free(x);
    db_close(d);
}
