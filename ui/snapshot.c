/* What several views share of the workspace, read behind their backs: the study, the layers'
 * tables, the present circuit, and whether somebody else has written meanwhile. */
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "ui/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Seconds between two looks at the version, and at least between two readings of a circuit that
 * grows. A reading that takes long is repeated less often. */
static const double version_interval = 1.0, circuit_interval = 2.0;

/* the study */

static void ask_study(app *a)
{
    struct screen *s = a->screen;
    if (s->study_under_way) {
        s->study_again = true;
        return;
    }
    s->study_under_way = true;
    app_ask(a, &(reader_question){.kind = READ_STUDY, .work = study_read, .release = study_free});
}

void snapshot_refresh(app *a)
{
    ask_study(a);
}

static bool same_layers(const study *old, const study *new)
{
    if (!old || old->layers.count != new->layers.count)
        return false;
    for (uint32_t i = 0; i < new->layers.count; i++) {
        const layer *was = &old->layers.item[i], *is = &new->layers.item[i];
        if (was->id != is->id || was->features != is->features ||
            strcmp(was->hash ? was->hash : "", is->hash ? is->hash : "") != 0)
            return false;
    }
    return true;
}

static void drop_tables(struct screen *s)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (s->table[i])
            feature_table_release(s->table[i]);
        free(s->table[i]);
    }
    free(s->table);
    free(s->table_state);
    s->table = NULL;
    s->table_state = NULL;
    s->table_count = 0;
}

static uint64_t edges_of(const fit *f)
{
    uint64_t edges = 0;
    for (uint32_t p = 0; f && p < f->pair_count; p++)
        edges += f->pair[p].edges;
    return edges;
}

/* The fit to begin with: the newest that has edges, else one that will have some. */
static int64_t first_choice(const study *s)
{
    int64_t coming = 0;
    for (uint32_t i = 0; i < s->fits.count; i++) {
        const fit *f = &s->fits.item[i];
        if (edges_of(f) > 0)
            return f->id;
        if (f->state == FIT_QUEUED || f->state == FIT_RUNNING)
            coming = f->id;
    }
    return coming;
}

/* What a dropped link or the like has left undone is offered once, the newest of it. */
static void offer_interrupted(app *a)
{
    char edges[24];
    for (uint32_t i = 0; i < a->study->listed_count; i++) {
        const fit *f = a->study->listed[i];
        const variable_fit *about = study_variable(a->study, f);
        /* at the first look, a queued fit is one that an earlier program never came to */
        if (!fit_was_interrupted(f) && f->state != FIT_QUEUED)
            continue;
        a->screen->offered = f->id;
        if (about)
            app_say(a, ROLE_WARNING, "fit %lld of %s was interrupted: r begins it anew",
                    (long long)f->id, about->target);
        else
            app_say(a, ROLE_WARNING, "fit %lld was interrupted with %s edges: r resumes it",
                    (long long)f->id, show_count(edges, edges_of(f)));
        return;
    }
}

static void take_study(app *a, study *fresh)
{
    struct screen *s = a->screen;
    bool first = !a->study;
    if (!same_layers(a->study, fresh)) {
        drop_tables(s);
        s->table_count = fresh->layers.count;
        s->table = mem_zero(s->table_count + 1, sizeof *s->table);
        s->table_state = mem_zero(s->table_count + 1, sizeof *s->table_state);
    }
    unsigned what = CHANGED_STUDY;
    if (fresh->notes.set.count > 0 || (a->study && a->study->notes.set.count > 0))
        what |= CHANGED_TABLE;
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (s->table[i]) {
            notes_take_off(&a->study->notes, s->table[i]);
            notes_put_on(&fresh->notes, s->table[i]);
        }
    }
    study_free(a->study);
    a->study = fresh;
    if (!app_fit(a)) {
        int64_t other = first_choice(fresh);
        if (other != a->fit_id)
            app_use_fit(a, other);
    }
    if (first)
        offer_interrupted(a);
    screen_changed(a, what);
}

/* a layer's table */

static status table_read(db *d, void *ask, void **result, error *err)
{
    feature_table *table = mem_zero(1, sizeof *table);
    status code = feature_list(d, *(int64_t *)ask, table, err);
    if (code != STATUS_OK) {
        free(table);
        return code;
    }
    /* Labels move into an arena of cleaned ones, found again by their offset while it grows. */
    size_t length = 0, capacity = 0;
    char *arena = NULL;
    size_t *offset = mem_alloc((table->count + 1) * sizeof *offset);
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->row[i].label)
            continue;
        char *shown = text_clean(table->row[i].label);
        size_t bytes = strlen(shown) + 1;
        if (length + bytes > capacity) {
            capacity = 2 * capacity + bytes;
            arena = mem_grow(arena, capacity, 1);
        }
        memcpy(arena + length, shown, bytes);
        offset[i] = length;
        length += bytes;
        free(shown);
    }
    for (uint32_t i = 0; i < table->count; i++)
        if (table->row[i].label)
            table->row[i].label = arena + offset[i];
    free(offset);
    free(table->labels);
    table->labels = arena;
    *result = table;
    return STATUS_OK;
}

static void table_free(void *read)
{
    feature_table_release(read);
    free(read);
}

static void ask_next_table(app *a)
{
    struct screen *s = a->screen;
    for (uint32_t i = 0; i < s->table_count && !s->table_under_way; i++) {
        if (s->table_state[i] != TABLE_WANTED)
            continue;
        s->table_state[i] = TABLE_ASKED;
        int64_t *id = mem_alloc(sizeof *id);
        *id = a->study->layers.item[i].id;
        s->table_under_way = true;
        app_ask(a, &(reader_question){.kind = READ_TABLE,
                                      .work = table_read,
                                      .ask = id,
                                      .release_ask = free,
                                      .release = table_free});
    }
}

const feature_table *app_table(app *a, uint32_t position)
{
    struct screen *s = a->screen;
    if (position >= s->table_count)
        return NULL;
    if (s->table_state[position] == TABLE_UNKNOWN) {
        s->table_state[position] = TABLE_WANTED;
        ask_next_table(a);
    }
    return s->table[position];
}

bool app_table_coming(const app *a, uint32_t position)
{
    const struct screen *s = a->screen;
    return position < s->table_count && !s->table[position] && s->table_under_way;
}

bool app_circuit_coming(const app *a)
{
    return !a->study || (!a->circuit && a->fit_id && a->screen->circuit_under_way);
}

static void take_table(app *a, reader_answer *answer)
{
    struct screen *s = a->screen;
    s->table_under_way = false;
    feature_table *table = answer->result;
    if (table && table->count > 0) {
        const layer *l = layer_by_id(&a->study->layers, table->row[0].layer_id);
        uint32_t position = l ? (uint32_t)(l - a->study->layers.item) : UINT32_MAX;
        if (position < s->table_count && !s->table[position] && l->features == table->count) {
            s->table[position] = table;
            notes_put_on(&a->study->notes, table);
            answer->result = NULL;
            screen_changed(a, CHANGED_TABLE);
        }
    }
    ask_next_table(a);
}

/* the circuit */

typedef struct circuit_ask {
    int64_t fit_id;
    strength measure;
} circuit_ask;

static status circuit_read(db *d, void *ask, void **result, error *err)
{
    const circuit_ask *wanted = ask;
    layer_set layers = {0};
    circuit *c = NULL;
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = circuit_load(d, &layers, wanted->fit_id, wanted->measure, &c, err);
    layer_set_release(&layers);
    *result = c;
    return code;
}

static void circuit_release(void *read)
{
    circuit_free(read);
}

static void ask_circuit(app *a)
{
    struct screen *s = a->screen;
    circuit_ask *wanted = mem_alloc(sizeof *wanted);
    *wanted = (circuit_ask){a->fit_id, a->measure};
    s->circuit_under_way = true;
    s->circuit_read_at = clock_seconds();
    s->circuit_edges = edges_of(app_fit(a));
    reader_ask(s->circuits, &(reader_question){.kind = READ_CIRCUIT,
                                               .work = circuit_read,
                                               .ask = wanted,
                                               .release_ask = free,
                                               .release = circuit_release});
}

static void drop_circuit(app *a)
{
    if (!a->circuit)
        return;
    circuit_free(a->circuit);
    a->circuit = NULL;
    screen_changed(a, CHANGED_CIRCUIT);
}

void app_use_fit(app *a, int64_t fit_id)
{
    if (fit_id != a->fit_id) {
        a->fit_id = fit_id;
        drop_circuit(a);
    }
    if (fit_id != 0)
        ask_circuit(a);
    app_dirty(a);
}

void app_set_measure(app *a, strength measure)
{
    a->measure = measure;
    app_use_fit(a, a->fit_id);
}

static void take_circuit(app *a, reader_answer *answer)
{
    struct screen *s = a->screen;
    s->circuit_under_way = false;
    s->circuit_read_took = clock_seconds() - s->circuit_read_at;
    circuit *fresh = answer->result;
    if (!fresh || fresh->fit_id != a->fit_id)
        return;
    circuit_free(a->circuit);
    a->circuit = fresh;
    answer->result = NULL;
    screen_changed(a, CHANGED_CIRCUIT);
}

/* A circuit that grows is read again now and then. */
static void follow_circuit(app *a, double now)
{
    struct screen *s = a->screen;
    double pause = 10 * s->circuit_read_took;
    const fit *f = app_fit(a);
    if (f && !s->circuit_under_way && edges_of(f) != s->circuit_edges &&
        now - s->circuit_read_at > (pause > circuit_interval ? pause : circuit_interval))
        ask_circuit(a);
}

/* other processes */

static status version_read(db *d, void *ask, void **result, error *err)
{
    (void)err;
    version_seen *seen = mem_zero(1, sizeof *seen);
    struct stat facts;
    seen->version = db_version(d);
    if (stat(ask, &facts) == 0) {
        seen->inode = (uint64_t)facts.st_ino;
        seen->device = (uint64_t)facts.st_dev;
    }
    *result = seen;
    return STATUS_OK;
}

static void take_version(app *a, const version_seen *seen)
{
    struct screen *s = a->screen;
    s->version_under_way = false;
    if (!seen)
        return;
    if (s->seen.inode == 0)
        s->seen = *seen;
    if ((seen->inode != s->seen.inode || seen->device != s->seen.device) && !s->lost_told) {
        s->lost_told = true;
        app_say(a, ROLE_WARNING,
                "the study's file was %s: what you see is the old one; leave and "
                "open it again",
                seen->inode ? "replaced" : "moved or deleted");
    }
    if (seen->version != s->seen.version) {
        s->seen.version = seen->version;
        ask_study(a);
    }
}

void snapshot_tick(app *a, double now)
{
    struct screen *s = a->screen;
    if (now - s->version_asked_at >= version_interval && !s->version_under_way) {
        s->version_asked_at = now;
        s->version_under_way = true;
        app_ask(a, &(reader_question){.kind = READ_VERSION,
                                      .work = version_read,
                                      .ask = mem_copy_text(a->path),
                                      .release_ask = free,
                                      .release = free});
    }
    follow_circuit(a, now);
}

bool snapshot_answer(app *a, int kind, reader_answer *answer)
{
    struct screen *s = a->screen;
    if (kind < READ_STUDY || kind > READ_VERSION)
        return false;
    if (answer->code != STATUS_OK)
        app_say(a, ROLE_ERROR, "%s", answer->err.message);
    switch (kind) {
    case READ_STUDY:
        s->study_under_way = false;
        if (answer->result)
            take_study(a, answer->result);
        answer->result = NULL;
        if (s->study_again) {
            s->study_again = false;
            ask_study(a);
        }
        break;
    case READ_TABLE: take_table(a, answer); break;
    case READ_CIRCUIT: take_circuit(a, answer); break;
    default: take_version(a, answer->result);
    }
    app_dirty(a);
    return true;
}

void snapshot_begin(app *a)
{
    ask_study(a);
}

void snapshot_end(app *a)
{
    drop_tables(a->screen);
    circuit_free(a->circuit);
    study_free(a->study);
    a->circuit = NULL;
    a->study = NULL;
}
