#include "src/jobs/fit.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool json;
static uint64_t delete_id;

static const command_option options[] = {
    {"delete", OPTION_COUNT, &delete_id, "FIT", "delete this fit and its edges"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line, a line a layer pair"},
    {0},
};

/* Of a joint fit, a layer's targets are counted with its nearest source; the other pairs have none
 * of their own, but edges. */
static void print_own(output *o, const char *name, bool own, uint32_t count)
{
    if (own)
        output_count(o, name, count);
    else
        output_text(o, name, NULL);
}

static void print_pair(output *o, const study *s, const fit *f, const fit_pair *p)
{
    const layer *source = layer_by_id(&s->layers, p->source_layer);
    const layer *target = layer_by_id(&s->layers, p->target_layer);
    output_count(o, "fit", (uint64_t)f->id);
    output_text(o, "state", fit_state_shown(f));
    output_text(o, "kind", f->kind);
    output_text(o, "rule", f->rule);
    output_number(o, "value", f->lambda, 4);
    output_number(o, "ridge", f->ridge, 4);
    output_text(o, "scale", f->scale ? "sd" : "none");
    output_text(o, "wiring", f->wiring ? "on" : "off");
    output_text(o, "source", source ? source->name : NULL);
    output_text(o, "target", target ? target->name : NULL);
    output_number(o, "lambda", p->lambda_known ? p->lambda : (double)NAN, 6);
    bool own = p->targets > 0;
    print_own(o, "targets", own, p->targets);
    print_own(o, "done", own, p->done);
    print_own(o, "unconverged", own, p->done - p->converged - p->constant);
    output_count(o, "edges", p->edges);
    output_count(o, "wired_alone", p->wired_alone);
    output_small(o, "worst_gap", own ? p->worst_gap : (double)NAN);
    output_number(o, "seconds", p->seconds, 2);
    output_record(o);
}

static status delete_fit(const study *s, error *err)
{
    fit f = {0};
    status code = fit_get(s->connection, (int64_t)delete_id, &f, err);
    if (code == STATUS_OK && f.state == FIT_RUNNING && !fit_is_cut_off(&f))
        code = error_set(err, STATUS_INPUT, "fit %llu is being run by %s",
                         (unsigned long long)delete_id, f.runner);
    fit_release(&f);
    return code == STATUS_OK ? fit_delete(s->connection, (int64_t)delete_id, err) : code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    fit_set fits = {0};
    status code = study_open(&s, arguments[0], delete_id ? DB_WRITE : DB_READ, err);
    if (code == STATUS_OK && delete_id)
        code = delete_fit(&s, err);
    if (code == STATUS_OK)
        code = fit_list(s.connection, &fits, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        if (fits.count == 0)
            output_line(o, "no fits yet; circuitlasso fit %s starts one", arguments[0]);
        bool joint = false;
        for (uint32_t i = 0; i < fits.count; i++) {
            joint = joint || strcmp(fits.item[i].kind, "joint") == 0;
            for (uint32_t p = 0; p < fits.item[i].pair_count; p++)
                print_pair(o, &s, &fits.item[i], &fits.item[i].pair[p]);
        }
        if (joint)
            output_note(o,
                        "of a joint fit, a layer's targets are counted with its nearest source");
        output_end(o);
    }
    fit_set_release(&fits);
    study_release(&s);
    return code;
}

const command command_fits = {
    .name = "fits",
    .arguments = "STUDY",
    .summary = "list the fits of a study, a row a layer pair",
    .details =
        "What was asked (rule and value of lambda, ridge, scale, whether autoencoders are\n"
        "used), how far each layer pair is, its edges, those among them that only the\n"
        "autoencoders speak for (wired_alone), and its worst relative duality gap. A fit that\n"
        "was cut off says so; circuitlasso fit STUDY --resume FIT goes on with it.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
