/* How the checks of a fit stand, what they say, and how the fit was solved. */
#include "db/document.h"
#include "src/base/memory.h"
#include "src/base/text.h"
#include "src/circuit/summary.h"
#include "ui/app.h"
#include "ui/debias_dialog.h"
#include "ui/trust_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- how the checks stand ------------------------------------------------------------------ */

static void clean(char **text)
{
    char *shown = text_clean(*text);
    free(*text);
    *text = shown;
}

void trust_checks_free(void *checks)
{
    trust_checks *c = checks;
    for (uint32_t i = 0; c && i < c->count; i++) {
        check_report_release(&c->item[i].report);
        free(c->item[i].settings);
        free(c->item[i].whose);
        free(c->item[i].why);
        free(c->item[i].verdict);
        free(c->item[i].say);
    }
    if (c)
        free(c->item);
    free(c);
}

static status find_whether(db *d, const layer_set *layers, const fit *f, trust_check *c,
                           error *err)
{
    char why[512] = "";
    check_settings settings = check_settings_open();
    status code = c->kind->settle(&settings, err);
    if (code == STATUS_OK)
        code = c->kind->applies(d, layers, f, &settings, why, sizeof why, err);
    check_settings_release(&settings);
    c->why = text_clean(why);
    return code;
}

static void add_setting(char **to, const char *name, const char *value)
{
    char *longer = mem_format("%s%s%s %s", *to, **to ? ", " : "", name, value);
    free(*to);
    *to = longer;
}

/* What it was told, in words. */
static char *describe_settings(const check *about)
{
    char number[32], *text = mem_copy_text("");
    check_settings s;
    if (check_settings_of(about, &s, NULL) != STATUS_OK)
        return text;
#define COUNT_ADD(name, meaning)                                                                  \
    snprintf(number, sizeof number, "%llu", (unsigned long long)s.name);                          \
    if (s.name)                                                                                   \
        add_setting(&text, #name, number);
    CHECK_SETTING_COUNT_LIST(COUNT_ADD)
#undef COUNT_ADD
#define NUMBER_ADD(name, meaning)                                                                 \
    snprintf(number, sizeof number, "%g", s.name);                                                \
    if (!isnan(s.name))                                                                           \
        add_setting(&text, #name, number);
    CHECK_SETTING_NUMBER_LIST(NUMBER_ADD)
#undef NUMBER_ADD
#define TEXT_ADD(name, meaning)                                                                   \
    if (s.name)                                                                                   \
        add_setting(&text, #name, s.name);
    CHECK_SETTING_TEXT_LIST(TEXT_ADD)
#undef TEXT_ADD
    check_settings_release(&s);
    for (char *end = text; (end = strchr(end, '\n')) != NULL;) /* of a list, a line each */
        *end = ' ';
    return text;
}

/* What it says, in texts that are safe to show. */
static void let_speak(const layer_set *layers, const fit *f, trust_check *c)
{
    check *about = &c->report.about;
    c->state = check_state_shown(about); /* needs the runner as it is stored */
    c->cut_off = check_is_cut_off(about);
    if (about->state == FIT_DONE) {
        c->verdict = c->kind->verdict(&c->report);
        c->say = c->kind->say(&c->report, layers, f);
        clean(&c->verdict);
        clean(&c->say);
    }
    c->settings = describe_settings(about);
    clean(&c->settings);
    clean(&about->message);
    clean(&about->runner);
}

/* The newest one of a kind that is of target variables' fits, of whichever of them. */
static status read_of_variable(db *d, const layer_set *layers, trust_check *c, error *err)
{
    target_set targets = {0};
    variable_fit f = {0};
    uint32_t documents = 0, samples = 0, held_out = 0;
    int64_t newest = 0;
    status code = target_list(d, &targets, err);
    if (code == STATUS_OK)
        code = document_count(d, &documents, &samples, &held_out, err);
    c->why = mem_copy_text(debias_lacks(&targets, held_out));
    if (code == STATUS_OK)
        code = check_newest_of_all(d, c->kind->name, &newest, err);
    if (code == STATUS_OK && newest)
        code = check_get_report(d, newest, &c->report, err);
    if (code == STATUS_OK && newest)
        code = variable_fit_get(d, c->report.about.fit_id, &f, err);
    if (code == STATUS_OK && newest) {
        let_speak(layers, &f.base, c);
        c->whose = mem_format("fit %lld of %s", (long long)f.base.id, f.target);
        clean(&c->whose);
    }
    variable_fit_release(&f);
    target_set_release(&targets);
    return code;
}

static status read_checks(db *d, void *asked, void **result, error *err)
{
    const int64_t *fit_id = asked;
    layer_set layers = {0};
    fit f = {0};
    check_set set = {0};
    trust_checks *made = mem_zero(1, sizeof *made);
    const check_kind *const *kinds = check_kinds(&made->count);
    made->fit_id = *fit_id;
    made->item = mem_zero(made->count + 1, sizeof *made->item);
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK && *fit_id)
        code = fit_get(d, *fit_id, &f, err);
    if (code == STATUS_OK && *fit_id)
        code = check_list(d, *fit_id, &set, err);
    for (uint32_t k = 0; k < made->count && code == STATUS_OK; k++) {
        trust_check *c = &made->item[k];
        c->kind = kinds[k];
        c->look = trust_look_of(kinds[k]->name);
        if (c->look->of_variable) {
            code = read_of_variable(d, &layers, c, err);
            continue;
        }
        if (!*fit_id) {
            c->why = mem_copy_text("no fit is open");
            continue;
        }
        code = find_whether(d, &layers, &f, c, err);
        for (uint32_t i = 0; i < set.count && c->report.about.id == 0; i++) {
            if (strcmp(set.item[i].about.kind, kinds[k]->name) != 0)
                continue;
            c->report = set.item[i]; /* moves here */
            set.item[i] = (check_report){0};
            let_speak(&layers, &f, c);
        }
    }
    check_set_release(&set);
    fit_release(&f);
    layer_set_release(&layers);
    if (code == STATUS_OK)
        *result = made;
    else
        trust_checks_free(made);
    return code;
}

void trust_ask_checks(reader *r, int64_t fit_id)
{
    int64_t *ask = mem_alloc(sizeof *ask);
    *ask = fit_id;
    reader_ask(r, &(reader_question){.kind = READ_CHECKS,
                                     .work = read_checks,
                                     .ask = ask,
                                     .release_ask = free,
                                     .release = trust_checks_free});
}

/* -- how the fit was solved --------------------------------------------------------------- */

typedef struct question {
    int64_t fit_id;
    circuit *c; /* held; may be NULL */
} question;

static void question_free(void *asked)
{
    question *q = asked;
    circuit_free(q->c);
    free(q);
}

static void summary_release(void *read)
{
    summary_free(read);
}

static status read_summary(db *d, void *asked, void **result, error *err)
{
    const question *q = asked;
    layer_set layers = {0};
    summary *s = NULL;
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = summary_load(d, &layers, q->fit_id, q->c, &s, err);
    layer_set_release(&layers);
    *result = s;
    return code;
}

void trust_ask_summary(reader *r, int64_t fit_id, circuit *c)
{
    question *q = mem_zero(1, sizeof *q);
    q->fit_id = fit_id;
    q->c = c ? circuit_hold(c) : NULL;
    reader_ask(r, &(reader_question){.kind = READ_TRUST,
                                     .work = read_summary,
                                     .ask = q,
                                     .release_ask = question_free,
                                     .release = summary_release});
}

/* -- pairs --------------------------------------------------------------------------------- */

static bool begins_pair(const check_report *r, uint32_t i)
{
    const check_figure *f = &r->figure[i];
    return f->source_layer && f->target_layer &&
           (i == 0 || f->source_layer != f[-1].source_layer ||
            f->target_layer != f[-1].target_layer);
}

uint32_t trust_pairs(const check_report *r)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < r->figures; i++)
        count += begins_pair(r, i);
    return count;
}

void trust_pair(const check_report *r, uint32_t pair, int64_t *from, int64_t *to)
{
    *from = *to = 0;
    for (uint32_t i = 0; i < r->figures && pair > 0; i++)
        if (begins_pair(r, i) && --pair == 0) {
            *from = r->figure[i].source_layer;
            *to = r->figure[i].target_layer;
        }
}
