/* Notes on features: set, changed, taken away, found by search, kept across another import. */
#include "db/feature.h"
#include "db/note.h"
#include "tests/unit/db_fixture.h"

TestSuite(db_note, .init = enter_folder, .fini = leave_folder);

static layer add_featured(db *d, const char *name, uint32_t position, uint32_t features)
{
    layer l = add_layer(d, name, position, false, features, 10, 0);
    feature_stats stats[16] = {{0}};
    OK(feature_add(d, l.id, 0, stats, features, &err));
    return l;
}

static uint32_t found(db *d, const char *words)
{
    feature_table table;
    OK(feature_search(d, words, 0, 10, &table, &err));
    uint32_t count = table.count;
    feature_table_release(&table);
    return count;
}

Test(db_note, set_change_and_take_away)
{
    db *d = new_study();
    layer l = add_featured(d, "blocks.0/odd", 0, 16);
    OK(note_set_label(d, l.id, 12, "first words", &err));
    OK(note_set_label(d, l.id, 12, "later \x1b[2J words", &err));
    OK(note_set_tags(d, l.id, 12, " zebra  check ", &err));
    OK(note_set_tag(d, l.id, 12, "check", true, &err));
    OK(note_set_pin(d, l.id, 3, true, &err));
    OK(note_set_pin(d, l.id, 3, true, &err));
    note_set notes;
    OK(note_list(d, &notes, &err));
    cr_assert_eq(notes.count, 2);
    cr_expect_eq(notes.item[0].feature, 3);
    cr_expect(notes.item[0].pinned && !notes.item[0].label && !notes.item[0].tags);
    const feature_note *n = note_find(&notes, l.id, 12);
    cr_assert_eq(n, &notes.item[1]);
    cr_expect_str_eq(n->label, "later \x1b[2J words", "as given: whoever shows it cleans it");
    cr_expect_str_eq(n->tags, "check zebra");
    cr_expect_not(n->pinned);
    cr_expect_null(note_find(&notes, l.id, 1));
    note_set_release(&notes);

    OK(note_set_label(d, l.id, 12, NULL, &err));
    OK(note_set_tag(d, l.id, 12, "zebra", false, &err));
    OK(note_set_tags(d, l.id, 12, "", &err));
    OK(note_set_pin(d, l.id, 3, false, &err));
    OK(note_list(d, &notes, &err));
    cr_expect_eq(notes.count, 0);
    note_set_release(&notes);
    db_close(d);
}

Test(db_note, what_cannot_be_noted)
{
    db *d = new_study();
    layer l = add_featured(d, "a", 0, 4);
    char *vast = malloc(NOTE_LONGEST + 2);
    memset(vast, 'x', NOTE_LONGEST + 1);
    vast[NOTE_LONGEST + 1] = '\0';
    FAILS(note_set_label(d, l.id, 4, "x", &err), STATUS_INPUT, STUDY, "feature 4");
    FAILS(note_set_pin(d, l.id + 1, 0, true, &err), STATUS_INPUT, STUDY, "layer");
    FAILS(note_set_tag(d, l.id, 1, "two words", true, &err), STATUS_INPUT, "two words", "");
    FAILS(note_set_tag(d, l.id, 1, "", true, &err), STATUS_INPUT, "one word", "");
    FAILS(note_set_label(d, l.id, 1, vast, &err), STATUS_INPUT, "2001", "2000");
    cr_expect_eq(ask("SELECT count(*) FROM note"), 0);
    free(vast);
    db_close(d);
}

Test(db_note, search_finds_own_words_and_forgets_them)
{
    db *d = new_study();
    layer l = add_featured(d, "a", 0, 4);
    OK(feature_set_label(d, l.id, 1, "imported", "test", &err));
    OK(note_set_label(d, l.id, 1, "pronouns", &err));
    OK(note_set_tag(d, l.id, 2, "suspicious", true, &err));
    cr_expect_eq(found(d, "pronoun"), 1);
    cr_expect_eq(found(d, "imported"), 1);
    cr_expect_eq(found(d, "susp"), 1);
    OK(note_set_label(d, l.id, 1, "", &err));
    OK(note_set_tag(d, l.id, 2, "suspicious", false, &err));
    cr_expect_eq(found(d, "pronoun"), 0);
    cr_expect_eq(found(d, "imported"), 1);
    cr_expect_eq(found(d, "susp"), 0);
    db_close(d);
}

/* The next import numbers layers otherwise, has lost one and shortened another. */
Test(db_note, kept_by_name_across_an_import)
{
    db *old = new_study();
    layer a = add_featured(old, "a", 0, 4), b = add_featured(old, "b", 1, 4);
    layer c = add_featured(old, "c", 2, 4);
    OK(note_set_label(old, b.id, 2, "mine", &err));
    OK(note_set_tag(old, b.id, 2, "check", true, &err));
    OK(note_set_pin(old, c.id, 3, true, &err));
    OK(note_set_pin(old, a.id, 3, true, &err));
    db *fresh = NULL;
    OK(db_open(&fresh, "fresh.clw", DB_CREATE, &err));
    layer first = add_featured(fresh, "new", 0, 4);
    layer same = add_featured(fresh, "b", 1, 4);
    add_featured(fresh, "c", 2, 3);
    cr_assert_neq(same.id, first.id);
    OK(note_copy_all(old, fresh, &err));
    OK(db_finish_bulk(fresh, &err));
    note_set notes;
    OK(note_list(fresh, &notes, &err));
    cr_assert_eq(notes.count, 1, "the others wait for a study that has their features");
    cr_expect_eq(notes.item[0].layer_id, same.id);
    cr_expect_str_eq(notes.item[0].label, "mine");
    cr_expect_str_eq(notes.item[0].tags, "check");
    note_set_release(&notes);
    cr_expect_eq(found(fresh, "mine"), 1);
    cr_expect_eq(found(fresh, "check"), 1);
    db_close(fresh);
    OK(db_open(&fresh, "fresh.clw", DB_READ, &err));
    db *again = NULL;
    OK(db_open(&again, "again.clw", DB_CREATE, &err));
    layer c_again = add_featured(again, "c", 0, 4);
    OK(note_copy_all(fresh, again, &err));
    OK(db_finish_bulk(again, &err));
    OK(note_list(again, &notes, &err));
    cr_assert_eq(notes.count, 1);
    cr_expect_eq(notes.item[0].layer_id, c_again.id);
    cr_expect(notes.item[0].pinned);
    note_set_release(&notes);
    db_close(again);
    db_close(fresh);
    db_close(old);
}

/* `3`, `03` and `3x` are not one feature; a layer's name may end in a number. */
Test(db_note, names_that_resemble_each_other)
{
    db *d = new_study();
    layer l = add_featured(d, "a", 0, 4), m = add_featured(d, "a/1", 1, 4);
    OK(note_set_pin(d, m.id, 3, true, &err));
    tamper(
        "INSERT INTO note (subject, source, kind, changed) VALUES ('feature', 'a/03', 'pin', 0),"
        " ('feature', 'a/3x', 'pin', 0), ('feature', 'a/', 'pin', 0),"
        " ('feature', 'a/99999999999', 'pin', 0), ('feature', 'a/-1', 'pin', 0)");
    note_set notes;
    OK(note_list(d, &notes, &err));
    cr_assert_eq(notes.count, 1);
    cr_expect_eq(notes.item[0].layer_id, m.id);
    cr_expect_neq(notes.item[0].layer_id, l.id);
    note_set_release(&notes);
    db_close(d);
}
