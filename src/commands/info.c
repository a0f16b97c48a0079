#include "db/document.h"
#include "db/target.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

#include <stdlib.h>

static bool json, check;

static const command_option options[] = {
    {"check", OPTION_FLAG, &check, NULL,
     "read the whole file for damage first: for one from elsewhere"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object"},
    {0},
};

static void text_fact(output *o, const char *name, const char *value)
{
    if (json)
        output_text(o, name, value);
    else if (value)
        output_line(o, "%-12s %s", name, value);
}

static void count_fact(output *o, const char *name, uint64_t value)
{
    if (json)
        output_count(o, name, value);
    else
        output_line(o, "%-12s %llu", name, (unsigned long long)value);
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    static const char *const facts[] = {"model", "rows", "pool", "manifest", "created", "version"};
    study s;
    target_set targets = {0};
    fit_set fits = {0};
    uint32_t documents = 0;
    uint32_t samples = 0;
    uint64_t features = 0;
    uint64_t labelled = 0;
    uint64_t nonzeros = 0;
    uint64_t autoencoders = 0;
    uint64_t wired_fits = 0;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK && check)
        code = db_check(s.connection, err);
    if (code == STATUS_OK)
        code = document_count(s.connection, &documents, &samples, NULL, err);
    if (code == STATUS_OK)
        code = target_list(s.connection, &targets, err);
    if (code == STATUS_OK)
        code = fit_list(s.connection, &fits, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        text_fact(o, "study", arguments[0]);
        for (uint32_t i = 0; i < fits.count; i++)
            wired_fits += fits.item[i].wiring;
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
            char *value = NULL;
            if (db_get_fact(s.connection, facts[i], &value, NULL) == STATUS_OK)
                text_fact(o, facts[i], value);
            free(value);
        }
        for (uint32_t l = 0; l < s.layers.count; l++) {
            features += s.layers.item[l].features;
            labelled += s.layers.item[l].labelled;
            nonzeros += s.layers.item[l].nonzeros;
            samples = s.layers.item[l].samples;
            autoencoders += s.layers.item[l].autoencoder_width > 0;
        }
        count_fact(o, "layers", s.layers.count);
        count_fact(o, "autoencoders", autoencoders);
        count_fact(o, "features", features);
        count_fact(o, "labelled", labelled);
        count_fact(o, "documents", documents);
        count_fact(o, "samples", samples);
        count_fact(o, "nonzeros", nonzeros);
        count_fact(o, "targets", targets.count);
        count_fact(o, "fits", fits.count);
        count_fact(o, "wired_fits", wired_fits);
        if (json)
            output_record(o);
        output_end(o);
    }
    fit_set_release(&fits);
    target_set_release(&targets);
    study_release(&s);
    return code;
}

const command command_info = {
    .name = "info",
    .arguments = "STUDY",
    .summary = "say what a study holds",
    .details =
        "Model, layers and how many of them have their autoencoder, features, documents,\n"
        "samples, target variables, fits and how many of them use autoencoders, in one view.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
