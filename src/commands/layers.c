#include "db/layer.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

static bool json;

static const command_option options[] = {
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        for (uint32_t l = 0; l < s.layers.count; l++) {
            const layer *this = &s.layers.item[l];
            double cells = (double)this->features * this->samples;
            output_count(o, "position", this->position);
            output_text(o, "layer", this->name);
            output_text(o, "kind", layer_kind_name(this->kind));
            output_count(o, "features", this->features);
            output_count(o, "live", this->live);
            output_count(o, "labelled", this->labelled);
            output_count(o, "autoencoder", this->autoencoder_width);
            output_count(o, "samples", this->samples);
            output_count(o, "nonzeros", this->nonzeros);
            output_number(o, "density", cells > 0 ? (double)this->nonzeros / cells : 0, 4);
            output_record(o);
        }
        output_end(o);
    }
    study_release(&s);
    return code;
}

const command command_layers = {
    .name = "layers",
    .arguments = "STUDY",
    .summary = "list the layers of a study",
    .details =
        "Layers in computation order: their kind, how many features they have, how many of\n"
        "these are active anywhere and how many have a label, the width of the autoencoder\n"
        "that was imported with the layer (0: none), and the share of (sample, feature)\n"
        "cells that are not zero.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
