#include "src/circuit/effects_score.h"
#include "src/commands/command.h"
#include "src/commands/score_effects.h"
#include "src/commands/score_truth.h"
#include "src/commands/trust.h"

#include <math.h>

static bool json, draw, no_lasso, no_baselines, missing, spurious;
static const char *truth, *by, *judged_pairs;
static double cut = EFFECTS_CUT, threshold, stable = (double)NAN, fdr = (double)NAN;
static uint64_t fit_id, limit = 10, threads;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"truth", OPTION_TEXT, &truth, "FILE",
     "hold it against a true circuit instead: TSV (source, target, weight, kind) or JSON"},
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "truth: removal, weight or standardised (default removal between SAE layers, else weight)"},
    {"threshold", OPTION_NUMBER, &threshold, "X",
     "truth: only edges at least this strong count as found (default 0)"},
    {"pairs", OPTION_TEXT, &judged_pairs, "PAIRS",
     "truth: judge layer pairs that it has an edge of (truth), or all of the fit (default truth)"},
    TRUST_OPTIONS(stable, fdr),
    {"missing", OPTION_FLAG, &missing, NULL,
     "truth: of the wrong edges, list those that are missing"},
    {"spurious", OPTION_FLAG, &spurious, NULL,
     "truth: of the wrong edges, list those that are not true"},
    {"cut", OPTION_NUMBER, &cut, "X", "|effect| above X counts as moved (default 0.05)"},
    {"no-lasso", OPTION_FLAG, &no_lasso, NULL, "do without the plain Lasso, which takes a fit"},
    {"no-baselines", OPTION_FLAG, &no_baselines, NULL, "do without covariance and Lasso"},
    {"plot", OPTION_FLAG, &draw, NULL,
     "draw the measured against the predicted effect of every edge"},
    {"limit", OPTION_COUNT, &limit, "N",
     "the N edges that disagree most (default 10); truth: of each sort"},
    {"threads", OPTION_COUNT, &threads, "N", "threads (default: all)"},
    {"json", OPTION_FLAG, &json, NULL,
     "one JSON object a line: scores, then the calibration curve, then edges"},
    {0},
};

static status run(char **arguments, int count, error *err)
{
    (void)count;
    if (truth) {
        truth_choice choice = {.file = truth,
                               .by = by,
                               .pairs = judged_pairs,
                               .threshold = threshold,
                               .stable = stable,
                               .fdr = fdr,
                               .fit_id = fit_id,
                               .missing = missing || !spurious,
                               .spurious = spurious || !missing,
                               .limit = limit,
                               .json = json};
        return score_truth(arguments[0], &choice, err);
    }
    effects_choice choice = {.fit_id = fit_id,
                             .cut = cut,
                             .stable = stable,
                             .fdr = fdr,
                             .no_lasso = no_lasso,
                             .no_baselines = no_baselines,
                             .limit = limit,
                             .threads = threads,
                             .plot = draw,
                             .json = json};
    return score_effects(arguments[0], &choice, err);
}

const command command_score = {
    .name = "score",
    .arguments = "STUDY",
    .summary =
        "hold a circuit against interventions that were measured, or against a true circuit",
    .details =
        "For a study that carries measured effects (a manifest's `effects`). Judged is\n"
        "every cell (removed source feature, target feature): an edge predicts the\n"
        "effect -removal, no edge 0. average_precision and precision_N say how well the\n"
        "strongest edges find the cells that moved; sign, of the edges that moved, how\n"
        "many moved the way that was predicted; rank is Spearman's correlation of\n"
        "predicted and measured over the edges; slope is measured against predicted (1\n"
        "is calibrated). Beside it stand two circuits that it should beat: covariance\n"
        "times the source's mean where it is active, which needs no fit, with as many\n"
        "edges; and the plain Lasso: the same lambda, without ridge and wiring. The rows\n"
        "of all pairs have the sums of the counts, the means of the rest. `both active`\n"
        "is covariance times the mean of the source where the target is active too (0\n"
        "elsewhere): a silent target cannot fall. Whether the circuit beats covariance\n"
        "is said only where the difference is two standard errors or more (jackknife\n"
        "over the removed features).\n\n"
        "With --truth: against the edges of a file, LAYER/INDEX or LAYER/COMPONENT;\n"
        "weight 0 says that there is none although it may seem so. shd, the structural\n"
        "Hamming distance, counts missing and spurious edges. average_precision and\n"
        "auroc rank all candidates by |strength|, those without an edge tied for the\n"
        "last place; best_f1 is F1 at the threshold that only the truth can tell.\n"
        "Between components the strength is the Frobenius norm of their block. The score\n"
        "is kept with the fit (circuitlasso check --list).",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
