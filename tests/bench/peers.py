#!/usr/bin/python3
"""The solver beside what else there is, interleaved on the same data.

    peers.py SOLVER_BENCH [SIZE]... [--lambda 0.1] [--targets 20] [--threads 2] [--peers a,b]
             [--at-most SECONDS]

SOLVER_BENCH is the built tests/bench/solver_bench; it generates the data and dumps them to
$BENCH_DATA as raw files, which are read here. Peers solve a spread sample of the targets on one
thread each, and their times are scaled to all targets and the solver's threads (which flatters
them: perfect scaling). Times are those of the processor, ours too, as the machine may be busy. All are asked for the same certificate, a relative duality gap of 1e-6,
which is recomputed here and printed. Those that this Python has:

  sk sparse   sklearn.linear_model.Lasso on the sparse matrix, target by target
  sk gram     its Gram kernel on all features; the Gram matrix, formed once, and the correlations
              of the targets, formed together, are counted
  gram ws     working sets around that kernel: what a skilled user would script
  skglm       skglm's AndersonCD on the sparse matrix
  celer       celer.Lasso on the sparse matrix
  adelie      adelie.solver.gaussian_cov on the Gram matrix
  fista       the plain algorithm with PyTorch, all sampled targets at once on the Gram matrix
  glmnet      R's package on the sparse matrix, target by target; its own clock, without the reading
              of the data

A peer that has not finished its sample after --at-most seconds is stopped where it is and scaled
from the targets it has done.
"""
import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

try:
    import numpy as np
    import scipy.sparse as sp
    import sklearn.linear_model._cd_fast as cd
    from sklearn.linear_model import Lasso
except ImportError as missing:
    print(f"peers.py: skipped: {missing}")
    sys.exit(0)

warnings.filterwarnings("ignore")
TOLERANCE = 1e-6


def layer(folder, name):
    rows, cols = (int(v) for v in open(f"{folder}/{name}.shape").read().split())
    if not os.path.exists(f"{folder}/{name}.p"):  # dense: column after column
        value = np.fromfile(f"{folder}/{name}.x", "<f4").astype(np.float64)
        return value.reshape(cols, rows).T
    start = np.fromfile(f"{folder}/{name}.p", "<i4")
    row = np.fromfile(f"{folder}/{name}.i", "<i4")
    value = np.fromfile(f"{folder}/{name}.x", "<f4").astype(np.float64)
    return sp.csc_matrix((value, row, start), shape=(rows, cols))


class Problem:
    def __init__(self, folder, fraction, count):
        self.folder = folder
        self.x, self.y = layer(folder, "X"), layer(folder, "Y")
        self.dense = not sp.issparse(self.x)
        self.rows, self.cols = self.x.shape
        self.mean = np.asarray(self.x.mean(0)).ravel()
        if self.dense:
            self.x = np.asfortranarray(self.x - self.mean)
            self.mean = np.zeros(self.cols)
        self.xt = self.x.T if self.dense else self.x.T.tocsr()
        spread = [int(i) * self.y.shape[1] // count for i in range(count)]
        self.targets = [t for t in spread if np.ptp(self.target(t)) > 0]
        began = time.process_time()
        q = self.xt @ np.stack([self.target(t) for t in self.targets], 1)
        self.each_q = (time.process_time() - began) / len(self.targets)
        self.q = {t: np.ascontiguousarray(q[:, i]) for i, t in enumerate(self.targets)}
        self.level = {t: fraction * np.abs(self.q[t]).max() for t in self.targets}

    def target(self, t):
        y = self.y[:, t] if self.dense else self.y[:, [t]].toarray().ravel()
        return y - y.mean()

    def gram(self):
        g = self.xt @ self.x
        g = g if self.dense else g.toarray() - self.rows * np.outer(self.mean, self.mean)
        return np.ascontiguousarray(g)

    def gap(self, t, a):
        y = self.target(t)
        r = y - self.x @ a
        r -= r.mean()
        level = self.level[t]
        s = min(1.0, level / max(np.abs(self.xt @ r).max(), 1e-300))
        primal = 0.5 * r @ r + level * np.abs(a).sum()
        return (primal - s * (r @ y) + 0.5 * s * s * (r @ r)) / (0.5 * y @ y)


def sk_sparse(p, t, _):
    model = Lasso(alpha=p.level[t] / p.rows, tol=0.5 * TOLERANCE, max_iter=100000)
    return model.fit(p.x, p.target(t)).coef_


def kernel(w, level, g, q, y, tolerance):
    random = np.random.RandomState(0)
    return cd.enet_coordinate_descent_gram(w, level, 0.0, g, q, y, 100000, tolerance, random,
                                           False, False)[0]


def sk_gram(p, t, g):
    return np.asarray(kernel(np.zeros(p.cols), p.level[t], g, p.q[t], p.target(t),
                             0.5 * TOLERANCE))


def gram_ws(p, t, g):
    q, level, y = p.q[t], p.level[t], p.target(t)
    yy = y @ y
    w, grad = np.zeros(p.cols), q
    for turn in range(100):
        size = np.abs(grad)
        used = np.flatnonzero(w)
        rr = yy - q @ w - grad @ w
        s = min(1.0, level / size.max())
        gap = 0.5 * rr + level * np.abs(w).sum() - s * (yy - q @ w) + 0.5 * s * s * rr
        if gap <= TOLERANCE * 0.5 * yy:
            break
        size[used] = np.inf
        most = min(p.cols, len(used) + max(50, 2 * len(used)))
        chosen = np.argpartition(-size, most - 1)[:most]
        chosen = np.sort(chosen[size[chosen] > level * (0.9 if turn else 0.5)])
        part = np.ascontiguousarray(g[np.ix_(chosen, chosen)])
        w2 = kernel(w[chosen].copy(), level, part, q[chosen].copy(), y,
                    max(0.15 * TOLERANCE, 0.15 * gap / yy))
        w = np.zeros(p.cols)
        w[chosen] = w2
        used = np.flatnonzero(w)
        grad = q - w[used] @ g[used]
    return w


def skglm(p, t, _):
    from skglm.datafits import Quadratic
    from skglm.penalties import L1
    from skglm.solvers import AndersonCD
    alpha = p.level[t] / p.rows
    solver = AndersonCD(tol=1e-5 * alpha, fit_intercept=True, max_iter=100)
    return solver.solve(p.x, p.target(t), Quadratic(), L1(alpha))[0][:p.cols]


def celer(p, t, _):
    from celer import Lasso as CelerLasso
    model = CelerLasso(alpha=p.level[t] / p.rows, tol=0.5 * TOLERANCE, max_epochs=100000)
    return model.fit(p.x, p.target(t)).coef_


def adelie(p, t, g):
    import adelie as ad
    if not hasattr(p, "adelie"):
        p.adelie = ad.matrix.dense(g.T, method="cov", n_threads=1)
    size = np.linalg.norm(p.target(t))
    state = ad.solver.gaussian_cov(p.adelie, p.q[t] / size, lmda_path=[p.level[t] / size],
                                   tol=1e-12, early_exit=False, progress_bar=False)
    return state.betas[-1].toarray().ravel() * size


def fista(p, targets, g, seconds):
    import torch
    torch.set_num_threads(1)
    g, q = torch.from_numpy(g), torch.from_numpy(np.stack([p.q[t] for t in targets], 1))
    level = torch.tensor([p.level[t] for t in targets], dtype=torch.float64)
    v = torch.ones(p.cols, 1, dtype=torch.float64)
    for _ in range(50):
        v = g @ v
        v /= v.norm()
    step = 1 / (1.02 * float(v.T @ g @ v))
    a = torch.zeros_like(q)
    ahead, momentum, began = a, 1.0, time.process_time()
    for turn in range(1, 100001):
        next_a = torch.nn.functional.softshrink((ahead + step * (q - g @ ahead)) / (step * level),
                                                1.0) * (step * level)
        grown = (1 + (1 + 4 * momentum ** 2) ** 0.5) / 2
        ahead = next_a + (momentum - 1) / grown * (next_a - a)
        a, momentum = next_a, grown
        if turn % 100 == 0:
            worst = max(p.gap(t, a[:, i].numpy()) for i, t in enumerate(targets))
            if worst <= TOLERANCE or time.process_time() - began > seconds:
                break
    return [a[:, i].numpy() for i in range(len(targets))]


GLMNET = """
suppressMessages({library(Matrix); library(glmnet)})
a <- commandArgs(TRUE)
layer <- function(name) {
    shape <- scan(file.path(a[1], paste0(name, ".shape")), quiet = TRUE)
    part <- function(end, what, n) readBin(file.path(a[1], paste0(name, end)), what, n, size = 4)
    p <- part(".p", "integer", shape[2] + 1)
    n <- p[shape[2] + 1]
    new("dgCMatrix", p = p, i = part(".i", "integer", n), x = part(".x", "numeric", n), Dim = as.integer(shape))
}
x <- layer("X")
y <- layer("Y")
asked <- read.table(file.path(a[2], "asked"))
glmnet.control(fdev = 0, devmax = 1)
one <- function(i) {
    fit <- glmnet(x, as.numeric(y[, asked[i, 1] + 1]), lambda = asked[i, 2], standardize = FALSE,
                  thresh = 1e-13, maxit = 1e7)
    fit$beta[, 1]
}
one(1)
began <- sum(proc.time()[1:2])
for (i in seq_len(nrow(asked))) {
    b <- one(i)
    k <- which(b != 0)
    cat("solved", i - 1, sum(proc.time()[1:2]) - began, paste(k - 1, format(b[k], digits = 17)), "\\n")
    if (sum(proc.time()[1:2]) - began > as.numeric(a[3])) break
}
"""


def glmnet(p, targets, seconds):
    """Solutions, and the seconds that they took together."""
    found, spent = [], 0.0
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/asked", "w") as asked:
            for t in targets:
                asked.write(f"{t} {p.level[t] / p.rows!r}\n")
        said = subprocess.run(["Rscript", "-e", GLMNET, p.folder, work, str(seconds)],
                              capture_output=True, text=True, check=True).stdout
    for line in said.splitlines():
        if line.startswith("solved"):
            words = line.split()
            a = np.zeros(p.cols)
            a[np.array(words[3::2], dtype=int)] = np.array(words[4::2], dtype=float)
            found.append(a)
            spent = float(words[2])
    return found, spent


PEERS = {"sk sparse": (sk_sparse, False, None), "sk gram": (sk_gram, True, None),
         "gram ws": (gram_ws, True, None), "skglm": (skglm, False, "skglm"),
         "celer": (celer, False, "celer"), "adelie": (adelie, True, "adelie"),
         "fista": (fista, True, "torch"), "glmnet": (glmnet, False, "R")}


def has(module):
    if module == "R":
        return shutil.which("Rscript") is not None and subprocess.run(
            ["Rscript", "-e", "library(glmnet)"], capture_output=True).returncode == 0
    return module is None or importlib.util.find_spec(module) is not None


def sample(p, name, solve, g, seconds):
    """Solves the sampled targets, as far as the time goes: solutions, and seconds a target."""
    if name in ("skglm", "celer", "adelie"):
        solve(p, p.targets[0], g)  # imported and compiled first, which does not count
    if name == "glmnet":
        found, spent = solve(p, p.targets, seconds)
        return found, spent / len(found)
    began = time.process_time()
    if name == "fista":
        found = solve(p, p.targets, g, seconds)
        return found, (time.process_time() - began) / len(found)
    found = []
    for t in p.targets:
        found.append(solve(p, t, g))
        if time.process_time() - began > seconds:
            break
    return found, (time.process_time() - began) / len(found)


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("solver")
    ask.add_argument("sizes", nargs="*", default=["tiny", "small", "medium"])
    ask.add_argument("--lambda", dest="fraction", type=float, default=0.1)
    ask.add_argument("--targets", type=int, default=20)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--peers", default=",".join(PEERS).replace(" ", "_"))
    ask.add_argument("--at-most", type=float, default=60, help="seconds a peer may take")
    ask.add_argument("--gram-limit", type=int, default=10000,
                     help="features up to which peers get their Gram matrix (8 bytes a pair)")
    o = ask.parse_args()
    for size in o.sizes:
        folder = subprocess.run([o.solver, size, "--dump"], capture_output=True, text=True,
                                check=True).stdout.strip()
        p = Problem(folder, o.fraction, o.targets)
        ours = []

        def run_ours():
            line = subprocess.run([o.solver, size, "--lambda", str(o.fraction), "--threads",
                                   str(o.threads), "--verify", "20"],
                                  capture_output=True, text=True, check=True).stdout
            ours.append(float(re.search(r"cpu +([\d.]+) s", line)[1]) / o.threads)
            return line

        print(run_ours().rstrip())
        g, set_up = None, 0.0
        wanted = o.peers.replace("_", " ").split(",")
        if p.cols <= o.gram_limit:
            began = time.process_time()
            g = p.gram()
            set_up = time.process_time() - began
        for name, (solve, needs, module) in PEERS.items():
            if name not in wanted or not has(module):
                continue
            if needs and g is None:
                print(f"  {name:10s} Gram matrix too large")
                continue
            if name == "glmnet" and p.dense:
                continue
            found, each = sample(p, name, solve, g, o.at_most)
            each += needs * p.each_q
            seconds = each * p.y.shape[1] / o.threads + needs * set_up
            worst = max(p.gap(t, a) for t, a in zip(p.targets, found))
            run_ours()
            print(f"  {name:10s} {seconds:9.2f} s scaled, {seconds / min(ours):7.1f} times "
                  f"ours ({min(ours):.2f} s), gap {worst:.1e}, {len(found)} targets", flush=True)


main()
