/* Engine, reader, writer and solver threads at once, for the thread sanitizer (which cannot run
 * under the unit test framework): fits and checks are started, cancelled and resumed while the
 * reader keeps loading the circuit and is asked faster than it can answer. */
#include "db/target.h"
#include "src/circuit/circuit.h"
#include "src/jobs/engine.h"
#include "src/jobs/reader.h"
#include "tests/unit/study_fixture.h"

#include <poll.h>

enum { CIRCUIT = 200, ROUNDS = 6, ASKS = 200, LAST_FIT = 2 * ROUNDS + 1 };

static void free_circuit(void *c)
{
    circuit_free(c);
}

static status load(db *d, void *ask, void **result, error *err)
{
    (void)ask;
    layer_set layers = {0};
    circuit *c = NULL;
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = circuit_load(d, &layers, 0, STRENGTH_REMOVAL, &c, err);
    layer_set_release(&layers);
    *result = c;
    return code;
}

typedef struct seen {
    int done, cancelled, failed, circuits, checked;
    int64_t last_fit, last_check;
    bool last_done;
} seen;

static void take(queue *q, seen *s)
{
    struct pollfd at = {.fd = queue_descriptor(q), .events = POLLIN};
    poll(&at, 1, 5);
    for (message *m = queue_take(q); m; m = message_free(m)) {
        const fit_progress *p = m->payload;
        if (m->kind == ENGINE_FAILED) {
            printf("engine: %s\n", ((error *)m->payload)->message);
            s->failed++;
        } else if (m->kind == CIRCUIT) {
            s->circuits++;
        } else if (m->kind == ENGINE_CHECK) {
            const check_progress *c = m->payload;
            s->last_check = c->check_id;
            s->checked += c->state == FIT_DONE;
        } else {
            s->last_fit = p->fit_id;
            s->last_done |= p->fit_id == LAST_FIT && p->state == FIT_DONE;
            s->done += p->state == FIT_DONE;
            s->cancelled += p->state == FIT_CANCELLED;
        }
    }
}

/* A fit of it is asked for beside each fit of layer pairs. */
static status add_variable(const char *path, error *err)
{
    double value[FIXTURE_SAMPLES];
    db *d = NULL;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++)
        value[i] = i % 7;
    status code = db_open(&d, path, DB_WRITE, err);
    if (code == STATUS_OK)
        code = target_add(d, "seventh", TARGET_REAL, NULL, value, FIXTURE_SAMPLES, err);
    db_close(d);
    return code;
}

int main(void)
{
    char *path = fixture_study();
    queue *q = NULL;
    engine *e = NULL;
    reader *r = NULL;
    error err = {0};
    seen s = {0};
    db *d = NULL;
    layer_set layers = {0};
    if (add_variable(path, &err) || queue_create(&q, &err) || engine_start(&e, path, 2, q, &err) ||
        reader_start(&r, path, q, &err) || db_open(&d, path, DB_READ, &err) ||
        layer_list(d, &layers, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    fit_request request = {.settings = lasso_defaults()};
    request.settings.block = 4;
    fit_request_adjacent(&request, &layers, NULL, 0);
    variable_request seventh = variable_request_usual(true);
    seventh.target = "seventh";
    seventh.folds = 4;
    seventh.layer = &layers.item[1].id;
    seventh.layer_count = 1;
    for (int round = 0; round < ROUNDS; round++) {
        engine_fit(e, &request);
        engine_fit_variable(e, &seventh, NULL);
        for (int ask = 0; ask < ASKS; ask++) {
            reader_ask(r,
                       &(reader_question){.kind = CIRCUIT, .work = load, .release = free_circuit});
            take(q, &s);
            if (s.last_fit && ask % 7 == round)
                engine_cancel(e, s.last_fit);
            if (s.last_fit && ask % 7 == round + 1)
                engine_resume(e, s.last_fit);
        }
    }
    engine_fit(e, &request); /* the last word on each of the others may have been to cancel it */
    while (!s.last_done)
        take(q, &s);
    static const char *const kinds[] = {"held-out", "null", "stability"};
    check_request asked = {.fit_id = LAST_FIT, .settings = check_settings_open()};
    asked.settings.rounds = 4;
    for (int i = 0; i < 3; i++) {
        asked.kind = kinds[i];
        engine_check(e, &asked);
        for (int ask = 0; ask < ASKS / 4; ask++) {
            reader_ask(r,
                       &(reader_question){.kind = CIRCUIT, .work = load, .release = free_circuit});
            take(q, &s);
            if (s.last_check && ask % 17 == 5)
                engine_check_cancel(e, s.last_check);
            if (s.last_check && ask % 17 == 6)
                engine_check_resume(e, s.last_check);
        }
    }
    engine_check(e, &asked);
    while (s.checked < 1)
        take(q, &s);
    reader_stop(r);
    engine_stop(e);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
    queue_free(q);
    fixture_remove(path);
    bool good = s.failed == 0 && s.circuits > 0;
    printf("%d fits done, %d cancelled, %d checks done, %d circuits read\n", s.done, s.cancelled,
           s.checked, s.circuits);
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
