#include "src/jobs/import.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"

static bool json, replace, absolute;
static uint64_t memory;

static const command_option options[] = {
    {"replace", OPTION_FLAG, &replace, NULL, "replace a study that is there; your notes are kept"},
    {"absolute-paths", OPTION_FLAG, &absolute, NULL,
     "let the manifest name files outside its own folder"},
    {"memory", OPTION_BYTES, &memory, "SIZE", "memory for buffers (default 256M)"},
    {"json", OPTION_FLAG, &json, NULL, "what was imported as a JSON object"},
    {0},
};

static status run(char **arguments, int count, error *err)
{
    (void)count;
    import_request request = {.study = arguments[0],
                              .manifest = arguments[1],
                              .replace = replace,
                              .absolute_paths = absolute,
                              .memory = memory};
    import_report report = {0};
    status code =
        import_run(&request, progress_import, NULL, progress_cancel(), &report, err);
    progress_end();
    if (code != STATUS_OK)
        return code;
    output *o = output_begin(json);
    if (json) {
        output_text(o, "study", request.study);
        output_count(o, "layers", report.layers);
        output_count(o, "autoencoders", report.autoencoders);
        output_count(o, "features", report.features);
        output_count(o, "labels", report.labels);
        output_count(o, "documents", report.documents);
        output_count(o, "samples", report.samples);
        output_count(o, "nonzeros", report.nonzeros);
        output_count(o, "targets", report.targets);
        output_count(o, "effects", report.effects);
        output_number(o, "seconds", report.seconds, 2);
        output_record(o);
    } else {
        output_line(o,
                    "%s: %u layers, %llu features (%llu labelled), %u samples in %u documents, "
                    "%llu nonzeros, %u target variables, %u measured effects, "
                    "%u autoencoders (%.1f s)",
                    request.study, report.layers, (unsigned long long)report.features,
                    (unsigned long long)report.labels, report.samples, report.documents,
                    (unsigned long long)report.nonzeros, report.targets, report.effects,
                    report.autoencoders, report.seconds);
    }
    output_end(o);
    return STATUS_OK;
}

const command command_import = {
    .name = "import",
    .arguments = "STUDY MANIFEST",
    .summary = "make a study from activation dumps",
    .details =
        "Reads the manifest (YAML) and the files that it names: activations (.npy, .npz as\n"
        "SciPy writes it, safetensors), labels (.jsonl, .jsonl.gz, .tsv, .csv), autoencoders\n"
        "(safetensors as SAELens writes it), documents (.jsonl, .txt), target variables and\n"
        "measured effects. Files are looked for in the manifest's own folder.\n"
        "An import that fails, is interrupted or killed leaves everything as it was.",
    .least = 2,
    .most = 2,
    .options = options,
    .run = run,
};
