#!/usr/bin/python3
"""The solver beside scikit-learn, interleaved on the same data.

    peers.py SOLVER_BENCH [SIZE]... [--lambda 0.1] [--targets 20] [--threads 2]

SOLVER_BENCH is the built tests/bench/solver_bench; it generates the data and dumps them to
$BENCH_DATA as raw files, which are read here. Peers solve a spread sample of the targets on one
thread each, and their times are scaled to all targets and the solver's threads (which flatters
them: perfect scaling). All reach the same certificate, a relative duality gap of 1e-6:

  sk sparse   sklearn.linear_model.Lasso on the sparse matrix, target by target
  sk gram     its Gram kernel on all features, the Gram matrix formed once (set-up counted)
  gram ws     working sets around that kernel: what a skilled user would script
"""
import argparse
import os
import re
import subprocess
import sys
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
    start = np.fromfile(f"{folder}/{name}.p", "<i4")
    row = np.fromfile(f"{folder}/{name}.i", "<i4")
    value = np.fromfile(f"{folder}/{name}.x", "<f4").astype(np.float64)
    return sp.csc_matrix((value, row, start), shape=(rows, cols))


class Problem:
    def __init__(self, folder, fraction, count):
        self.x, self.y = layer(folder, "X"), layer(folder, "Y")
        self.rows, self.cols = self.x.shape
        self.xt = self.x.T.tocsr()
        self.mean = np.asarray(self.x.mean(0)).ravel()
        spread = [int(i) * self.y.shape[1] // count for i in range(count)]
        self.targets = [t for t in spread if self.y.indptr[t + 1] > self.y.indptr[t]]
        self.q = {t: self.correlations(t) for t in self.targets}
        self.level = {t: fraction * np.abs(self.q[t]).max() for t in self.targets}

    def target(self, t):
        y = self.y[:, [t]].toarray().ravel()
        return y - y.mean()

    def correlations(self, t):
        return self.xt @ self.target(t)

    def gram(self):
        return (self.xt @ self.x).toarray() - self.rows * np.outer(self.mean, self.mean)

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


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("solver")
    ask.add_argument("sizes", nargs="*", default=["tiny", "small", "medium"])
    ask.add_argument("--lambda", dest="fraction", type=float, default=0.1)
    ask.add_argument("--targets", type=int, default=20)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--gram-limit", type=int, default=10000, help="features, for dense Gram")
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
            times = re.search(r"set-up +([\d.]+) s +solve +([\d.]+) s", line)
            ours.append(float(times[1]) + float(times[2]))
            return line

        print(run_ours().rstrip())
        scale = p.y.shape[1] / len(p.targets) / o.threads
        g, set_up = None, 0.0
        if p.cols <= o.gram_limit:
            began = time.perf_counter()
            g = p.gram()
            set_up = time.perf_counter() - began
        for name, solve, needs in (("sk sparse", sk_sparse, False), ("sk gram", sk_gram, True),
                                   ("gram ws", gram_ws, True)):
            if needs and g is None:
                print(f"  {name:10s} Gram matrix too large")
                continue
            began = time.perf_counter()
            found = [solve(p, t, g) for t in p.targets]
            seconds = (time.perf_counter() - began) * scale + needs * set_up
            worst = max(p.gap(t, a) for t, a in zip(p.targets, found))
            run_ours()
            print(f"  {name:10s} {seconds:9.2f} s scaled, {seconds / min(ours):7.1f} times "
                  f"ours ({min(ours):.2f} s), gap {worst:.1e}")


main()
