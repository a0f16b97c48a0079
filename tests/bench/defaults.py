#!/usr/bin/python3
"""Choices of a fit, held against interventions and planted circuits, as a Markdown section.

    defaults.py PROGRAM            from the top of the repository

Data: the sample; the folder $COLA260K, if it is set (the same model on another text: manifest.yaml,
and what was measured in interventions/*.npz); three planted circuits of `synth`. Edges are read
from the studies that PROGRAM makes; everything else is computed here."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as missing:
    print(f"defaults.py: skipped: {missing}")
    sys.exit(0)

CUT = 0.05
CHOICES = [
    ("pair 0.005, ridge 2 (the default)", []),
    ("pair 0.005, ridge 4", ["--ridge", "4"]),
    ("pair 0.005, ridge 0.5", ["--ridge", "0.5"]),
    ("pair 0.005, Lasso", ["--ridge", "0"]),
    ("20 parents, ridge 2", ["--rule", "parents", "--lambda", "20"]),
    ("20 parents, Lasso", ["--rule", "parents", "--lambda", "20", "--ridge", "0"]),
]
EDGES = """SELECT s.name, t.name, source_feature, target_feature, removal,
                  weight * f.active_mean, weight
           FROM edge JOIN fit_pair USING (pair_id)
           JOIN layer s ON s.layer_id = source_layer JOIN layer t ON t.layer_id = target_layer
           JOIN feature f ON f.layer_id = source_layer AND f.feature = source_feature
           WHERE fit_id = ?"""
MEASURES = ["removal", "weight x mean", "weight"]  # the last three columns of EDGES


def average_precision(score, hit):
    """Equal scores are one step."""
    order = np.argsort(-score, kind="stable")
    score, hit = score[order], hit[order]
    end = np.flatnonzero(np.append(score[1:] < score[:-1], True))
    found = np.cumsum(hit)[end]
    return float(np.sum(np.diff(np.append(0, found)) * found / (end + 1)) / hit.sum())


def best_f1(score, hit, positives):
    found = np.cumsum(hit[np.argsort(-score, kind="stable")])
    return float(np.max(2 * found / (np.arange(1, len(found) + 1) + positives)))


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def effects_of_sample(folder):
    out = {}
    for name in os.listdir(folder):
        source, target = name[: -len(".tsv")].split("--")
        rows = np.loadtxt(f"{folder}/{name}", skiprows=1)
        features = np.unique(rows[:, 0]).astype(int)
        effect = np.zeros((len(features), 512))
        effect[np.searchsorted(features, rows[:, 0]), rows[:, 1].astype(int)] = rows[:, 2]
        out[source, target] = features, effect
    return out


def effects_of_cola(folder):
    out = {}
    layer = {"embed": "hook_embed"} | {f"L{i}": f"blocks.{i}.hook_resid_post" for i in range(5)}
    for name in os.listdir(folder):
        source, target = re.fullmatch(r"ablation_(\w+)_to_(\w+)\.npz", name).groups()
        z = np.load(f"{folder}/{name}")
        order = np.argsort(z["features"])
        out[layer[source], layer[target]] = (z["features"][order].astype(int),
                                             z["effect_same_token"][order].astype(float))
    return out


def fits(program, study):
    """Every choice's edges by layer pair: (sources, targets, one row of strengths a measure)."""
    for number, (name, options) in enumerate(CHOICES, 1):
        run(program, "fit", study, *options)
        pairs = {}
        with sqlite3.connect(study) as connection:
            for row in connection.execute(EDGES, (number,)):
                pairs.setdefault(row[:2], []).append(row[2:])
            parents = connection.execute(
                "SELECT sum(edges) * 1.0 / sum(targets - constant) FROM fit_pair WHERE fit_id = ?",
                (number,)).fetchone()[0]
        yield name, parents, {key: np.array(rows).T for key, rows in pairs.items()}


def judge(data, program, study, effects):
    for name, parents, pairs in fits(program, study):
        precision = {measure: [] for measure in MEASURES}
        slopes = []
        for key in sorted(effects, key=lambda k: (k[0] != "hook_embed", k)):
            features, effect = effects[key]
            edges = pairs[key]
            measured = edges[:, np.isin(edges[0], features)]
            at = np.searchsorted(features, measured[0]), measured[1].astype(int)
            for number, measure in enumerate(MEASURES):
                predicted = np.zeros_like(effect)
                predicted[at] = measured[2 + number]
                precision[measure].append(average_precision(
                    np.abs(predicted).ravel(), (np.abs(effect) > CUT).ravel()))
                if measure == "removal":
                    slopes.append(-np.sum(predicted * effect) / np.sum(predicted**2))
        means = " | ".join(f"{np.mean(precision[m]):.3f}" for m in MEASURES)
        pairwise = " ".join(f"{p:.2f}" for p in precision["removal"])
        print(f"| {data} | {name} | {parents:.1f} | {pairwise} | {means} | "
              f"{' '.join(f'{s:.2f}' for s in slopes)} |", flush=True)


def judge_planted(program, scratch, seed):
    study, folder = f"{scratch}/planted{seed}.clw", f"{scratch}/planted{seed}"
    run(program, "synth", folder, "--seed", str(seed), "--study", study)
    true = set()
    for line in open(f"{folder}/truth.tsv").read().splitlines()[1:]:
        source, target, weight, _ = line.split("\t")
        if float(weight) != 0:
            true.add((source, target))
    for name, parents, pairs in fits(program, study):
        hit = np.array([(f"{key[0]}/{int(s)}", f"{key[1]}/{int(t)}") in true
                        for key, edges in pairs.items() for s, t in edges[:2].T])
        strength = np.abs(np.hstack([edges[2:] for edges in pairs.values()]))
        best = " | ".join(f"{best_f1(row, hit, len(true)):.3f}" for row in strength)
        every = 2 * hit.sum() / (len(hit) + len(true))
        print(f"| {seed} | {name} | {parents:.1f} | {every:.3f} | {best} |", flush=True)


def main():
    program = os.path.abspath(sys.argv[1])
    cola = os.environ.get("COLA260K")
    with tempfile.TemporaryDirectory() as scratch:
        print("<!-- defaults: written by tests/bench/defaults.py -->\n"
              "## Choices of a fit, and of what ranks its edges\n\n"
              "Average precision at finding what removals moved by more than 0.05: by |removal| for "
              "each\nlayer pair, and the mean of the pairs by three strengths; slope: of measured "
              "against predicted\neffect.\n\n"
              f"| data | fit | parents a target | average precision | {' | '.join(MEASURES)} "
              "| slope |\n|---|---|---|---|---|---|---|---|")
        run(program, "import", f"{scratch}/sample.clw", "sample_data/manifest.yaml")
        judge("sample", program, f"{scratch}/sample.clw",
              effects_of_sample("sample_data/interventions"))
        if cola:
            manifest = open(f"{cola}/manifest.yaml").read()
            manifest = re.sub(r"(?m)^ *pool:.*\n", "", manifest)
            manifest = re.sub(r": (documents\.jsonl|activations/|labels/|target_)", rf": {cola}/\1",
                              manifest)
            open(f"{scratch}/cola.yaml", "w").write(manifest)
            run(program, "import", f"{scratch}/cola.clw", f"{scratch}/cola.yaml",
                "--absolute-paths")
            judge("CoLA", program, f"{scratch}/cola.clw", effects_of_cola(f"{cola}/interventions"))
        print("\nPlanted circuits (`synth --seed`): F1 of all edges of a fit, and of its strongest "
              "ones at the best\nthreshold, by the same three strengths.\n\n"
              f"| seed | fit | parents a target | F1 of all | {' | '.join(MEASURES)} |\n"
              "|---|---|---|---|---|---|---|")
        for seed in (1, 2, 3):
            judge_planted(program, scratch, seed)
        print(NOTES + "<!-- end of defaults -->")


NOTES = """
Also tried, in trials outside this program on the sample and on CoLA with 20 parents a target, and
not taken: l1 weights by firing rates or by a first fit (mean average precision +0.00 to +0.01);
the strongest of a denser fit (+0.01); weights that must not be negative (-0.01 to -0.02); the
support fitted again with ridge 0.5 to 0 (-0.00 to -0.07); silent samples of a target counted less
(+0.00 to +0.01); tokens' means taken out (a loss); the target's activity shared out among its
parents (-0.01). A ridge in proportion to each feature's own variance ranks effects as well
(-0.00 to -0.01) and planted edges better (best F1 at ridge 0.5: 0.78 to 0.90, against 0.67 to
0.78), with slopes of 1.2 to 1.5: worth a look.

What limits it: of the sample's cells that moved, 11, 31, 33, 33 and 38 % rose. Falls are found with
an average precision of 0.75 to 0.90 (0.01 to 0.13 for rises, whatever was tried: the surrogate's
predictions encoded again, substitution by the covariance of residuals). Knowing every fall exactly
and no rise reaches 0.89 0.70 0.68 0.68 0.64; the autoencoders' own decoder times encoder weights,
counted like removals with 20 parents, 0.69 0.62 0.61 0.65 0.59.
"""

if __name__ == "__main__":
    main()
