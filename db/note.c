#include "db/note.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 6, CHANGED = 5, WAIT_MILLISECONDS = 500 };

/* Notes with the features of the study that they are on. */
#define NOTED                                                                                     \
    " FROM layer AS l JOIN note AS n ON n.subject = 'feature'"                                    \
    " JOIN feature AS f ON f.feature_id = (l.layer_id << 32) +"                                   \
    "   CAST(substr(n.source, length(l.name) + 2) AS INTEGER)"                                    \
    "   AND n.source = l.name || '/' || f.feature"

/* -- one feature's notes ------------------------------------------------------------------- */

/* `layer/index`, what notes on the feature are kept by. Free *subject. */
static status name_subject(db *d, int64_t layer_id, uint32_t feature, char **subject, error *err)
{
    sql q;
    bool row = false;
    *subject = NULL;
    status s = sql_open(
        &q, d, "SELECT name || '/' || ?2 FROM layer WHERE layer_id = ?1 AND features > ?2", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, feature);
        s = sql_step(&q, &row, err);
    }
    if (row)
        *subject = sql_text(&q, 0);
    else if (s == STATUS_OK)
        s = error_set(err, STATUS_INPUT, "'%s' has no feature %u in layer %lld", d->path, feature,
                      (long long)layer_id);
    sql_close(&q);
    return s;
}

static status remove_kind(db *d, const char *subject, const char *kind, error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "DELETE FROM note WHERE subject = 'feature' AND source = ?1 AND kind = ?2", err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, subject);
        sql_bind_text(&q, 2, kind);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status remove_value(db *d, const char *subject, const char *kind, const char *value,
                           error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "DELETE FROM note WHERE subject = 'feature' AND source = ?1 AND kind = ?2"
                        " AND value = ?3",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, subject);
        sql_bind_text(&q, 2, kind);
        sql_bind_text(&q, 3, value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status insert_value(db *d, const char *subject, const char *kind, const char *value,
                           error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO note (subject, source, kind, value, changed)"
                        " VALUES ('feature', ?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, subject);
        sql_bind_text(&q, 2, kind);
        sql_bind_text(&q, 3, value);
        sql_bind_int(&q, 4, (int64_t)time(NULL));
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

/* -- what a search finds ------------------------------------------------------------------- */

static status index_words(db *d, int64_t rowid, const char *words, error *err)
{
    sql q;
    status s = sql_open(&q, d, "UPDATE feature_search SET note = ?2 WHERE rowid = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, rowid);
        sql_bind_text(&q, 2, words);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s != STATUS_OK || sqlite3_changes(d->handle) > 0 || !words)
        return s;
    s = sql_open(&q, d, "INSERT INTO feature_search (rowid, note) VALUES (?1, ?2)", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, rowid);
        sql_bind_text(&q, 2, words);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status index_one(db *d, int64_t layer_id, uint32_t feature, const char *subject, error *err)
{
    sql q;
    bool row = false;
    char *words = NULL;
    status s = sql_open(&q, d,
                        "SELECT group_concat(value, ' ') FROM note WHERE subject = 'feature'"
                        " AND source = ?1 AND kind IN ('label', 'tag')",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, subject);
        s = sql_step(&q, &row, err);
    }
    if (row)
        words = sql_text(&q, 0);
    sql_close(&q);
    if (s == STATUS_OK)
        s = index_words(d, layer_id << 32 | feature, words, err);
    free(words);
    return s;
}

static status index_all(db *d, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT f.feature_id, group_concat(n.value, ' ')" NOTED
                        " WHERE n.kind IN ('label', 'tag') GROUP BY f.feature_id",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        char *words = sql_text(&q, 1);
        s = index_words(d, sql_int(&q, 0), words, err);
        free(words);
    }
    sql_close(&q);
    return s;
}

/* -- changing ------------------------------------------------------------------------------ */

typedef status (*change)(db *d, const char *subject, const char *value, error *err);

/* One change with what follows from it, all or nothing. */
static status apply(db *d, int64_t layer_id, uint32_t feature, change how, const char *value,
                    error *err)
{
    char *subject = NULL;
    if (value && strlen(value) > NOTE_LONGEST)
        return error_set(err, STATUS_INPUT, "a note of %zu bytes: at most %d", strlen(value),
                         NOTE_LONGEST);
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = name_subject(d, layer_id, feature, &subject, err);
    if (s == STATUS_OK)
        s = how(d, subject, value, err);
    if (s == STATUS_OK)
        s = index_one(d, layer_id, feature, subject, err);
    free(subject);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

static status change_label(db *d, const char *subject, const char *label, error *err)
{
    status s = remove_kind(d, subject, "label", err);
    return s == STATUS_OK && *label ? insert_value(d, subject, "label", label, err) : s;
}

static status add_tag(db *d, const char *subject, const char *tag, error *err)
{
    if (!*tag || strpbrk(tag, " \t\n\r"))
        return error_set(err, STATUS_INPUT, "the tag '%s' is not one word", tag);
    return insert_value(d, subject, "tag", tag, err);
}

static status remove_tag(db *d, const char *subject, const char *tag, error *err)
{
    return remove_value(d, subject, "tag", tag, err);
}

static status change_tags(db *d, const char *subject, const char *words, error *err)
{
    char *copy = mem_copy_text(words), *rest = NULL;
    status s = remove_kind(d, subject, "tag", err);
    for (char *tag = strtok_r(copy, " \t\n\r", &rest); tag && s == STATUS_OK;
         tag = strtok_r(NULL, " \t\n\r", &rest))
        s = add_tag(d, subject, tag, err);
    free(copy);
    return s;
}

static status add_pin(db *d, const char *subject, const char *value, error *err)
{
    return insert_value(d, subject, "pin", value, err);
}

static status remove_pin(db *d, const char *subject, const char *value, error *err)
{
    (void)value;
    return remove_kind(d, subject, "pin", err);
}

status note_set_label(db *d, int64_t layer_id, uint32_t feature, const char *label, error *err)
{
    return apply(d, layer_id, feature, change_label, label ? label : "", err);
}

status note_set_tag(db *d, int64_t layer_id, uint32_t feature, const char *tag, bool on,
                    error *err)
{
    return apply(d, layer_id, feature, on ? add_tag : remove_tag, tag, err);
}

status note_set_tags(db *d, int64_t layer_id, uint32_t feature, const char *words, error *err)
{
    return apply(d, layer_id, feature, change_tags, words, err);
}

status note_set_pin(db *d, int64_t layer_id, uint32_t feature, bool on, error *err)
{
    return apply(d, layer_id, feature, on ? add_pin : remove_pin, "", err);
}

/* -- reading ------------------------------------------------------------------------------- */

void note_set_release(note_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        free(set->item[i].label);
        free(set->item[i].tags);
    }
    free(set->item);
    *set = (note_set){0};
}

static void add_row(note_set *set, sql *q)
{
    int64_t layer_id = sql_int(q, 0);
    uint32_t feature = sql_u32(q, 1);
    feature_note *last = set->count ? &set->item[set->count - 1] : NULL;
    if (!last || last->layer_id != layer_id || last->feature != feature) {
        if ((set->count & (set->count - 1)) == 0)
            set->item =
                mem_grow(set->item, set->count ? 2 * (size_t)set->count : 1, sizeof *set->item);
        last = &set->item[set->count++];
        *last = (feature_note){.layer_id = layer_id, .feature = feature};
    }
    const char *kind = (const char *)sqlite3_column_text(q->handle, 2);
    char *value = sql_text(q, 3);
    if (kind && strcmp(kind, "pin") == 0) {
        last->pinned = true;
    } else if (kind && strcmp(kind, "label") == 0 && !last->label) {
        last->label = value;
        value = NULL;
    } else if (kind && strcmp(kind, "tag") == 0 && value) {
        char *tags = last->tags ? mem_format("%s %s", last->tags, value) : mem_copy_text(value);
        free(last->tags);
        last->tags = tags;
    }
    free(value);
}

status note_list(db *d, note_set *out, error *err)
{
    *out = (note_set){0};
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT f.layer_id, f.feature, n.kind, n.value" NOTED
                        " WHERE n.kind IN ('label', 'tag', 'pin')"
                        " ORDER BY l.position, f.feature, n.kind, n.value",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row)
        add_row(out, &q);
    sql_close(&q);
    if (s != STATUS_OK)
        note_set_release(out);
    return s;
}

const feature_note *note_find(const note_set *set, int64_t layer_id, uint32_t feature)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->item[i].layer_id == layer_id && set->item[i].feature == feature)
            return &set->item[i];
    return NULL;
}

/* -- moving on to another file ------------------------------------------------------------- */

static status copy_row(sql *row, sql *insert, error *err)
{
    char *text[CHANGED];
    for (int i = 0; i < CHANGED; i++) {
        text[i] = sql_text(row, i);
        sql_bind_text(insert, i + 1, text[i]);
    }
    sql_bind_int(insert, COLUMNS, sql_int(row, CHANGED));
    status s = sql_check(row, err);
    if (s == STATUS_OK)
        s = sql_run(insert, err);
    for (int i = 0; i < CHANGED; i++)
        free(text[i]);
    return s;
}

status note_copy_all(db *from, db *to, error *err)
{
    sql row = {0}, insert = {0};
    bool more = false;
    status s = db_begin(to, err);
    if (s != STATUS_OK)
        return s;
    s = sql_open(&row, from,
                 "SELECT subject, source, target, kind, value, changed FROM note ORDER BY note_id",
                 err);
    if (s == STATUS_OK)
        s = sql_open(&insert, to,
                     "INSERT INTO note (subject, source, target, kind, value, changed)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     err);
    while (s == STATUS_OK && (s = sql_step(&row, &more, err)) == STATUS_OK && more)
        s = copy_row(&row, &insert, err);
    sql_close(&row);
    sql_close(&insert);
    if (s == STATUS_OK)
        s = index_all(to, err);
    if (s == STATUS_OK)
        return db_commit(to, err);
    db_rollback(to);
    return s;
}

/* Leaving WAL mode succeeds only for a workspace that nobody else has open; the exclusive
 * transaction then keeps everybody out. */
status note_hold_alone(db *d, error *err)
{
    sqlite3_busy_timeout(d->handle, WAIT_MILLISECONDS);
    if (sqlite3_exec(d->handle, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(d->handle, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK)
        return STATUS_OK;
    if ((sqlite3_errcode(d->handle) & 0xff) == SQLITE_BUSY)
        return error_set(err, STATUS_INPUT,
                         "'%s' is open elsewhere; close it there before it is replaced", d->path);
    return sql_failure(d, sqlite3_extended_errcode(d->handle), NULL, err);
}

bool note_has_tag(const char *tags, const char *tag)
{
    size_t length = strlen(tag);
    for (const char *at = tags; at && *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, tag, length) == 0)
            return true;
        at += word;
    }
    return false;
}
