"""lyceum-stats: diagnostics of Markov chains (mcmc) and Pareto-smoothed weights (importance-sampling), by R's posterior and loo."""
import csv
import os
import subprocess
import tempfile

import numpy as np

from golden import Recipe, case, write


def r(code, *tables):
    """Runs R on tables t1, t2, ...; gives what it prints, the version first."""
    with tempfile.TemporaryDirectory() as d:
        lines = []
        for i, t in enumerate(tables):
            path = os.path.join(d, f"{i}.csv")
            with open(path, "w") as f:
                csv.writer(f).writerows([[repr(float(v)) for v in row] for row in np.atleast_2d(t)])
            lines.append(f't{i + 1} <- as.matrix(read.csv("{path}", header=FALSE)); dimnames(t{i + 1}) <- NULL')
        script = "\n".join(["options(digits=17, warn=-1)", *lines, code])
        out = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True).stdout
    return out.split()


def chains(i):
    """draws x chains: autoregressions of different pulls, some drifting, stuck, heavy-tailed, odd in length, tied or antithetic."""
    g = Recipe(61000 + i)
    n, m = [40, 75, 200, 333, 100, 128, 51, 240][i], [1, 2, 4, 3, 2, 4, 2, 4][i]
    rho = [0.0, 0.5, 0.9, 0.3, 0.7, -0.6, 0.95, 0.2][i]
    e = g.matrix(n, m)
    x = np.zeros((n, m))
    x[0] = e[0]
    for t in range(1, n):
        x[t] = rho * x[t - 1] + e[t]
    if i == 2:
        x[:, 3] = x[:, 3] + 4.0
    if i == 3:
        x[:, 1] = 3.0 * x[:, 1]
    if i == 4:
        x = np.rint(x)
    if i == 6:
        x = x + 0.05 * np.arange(n)[:, None]
    if i == 7:
        x = x * x * x
    return x


def diagnostics():
    cases, version = [], None
    for i in range(8):
        x = chains(i)
        out = r("""suppressMessages(library(posterior)); cat(as.character(packageVersion("posterior")), "\n")
x <- t1
cat(rhat(x), posterior:::.rhat(posterior:::.split_chains(x)), ess_bulk(x), ess_tail(x), ess_mean(x), mcse_mean(x), ess_quantile(x, 0.3), sep="\n")""", x)
        version = out[0]
        v = [float(s) for s in out[1:]]
        names = ["rHat", "splitRHat", "bulkEss", "tailEss", "ess", "mcse", "quantileEss"]
        cases.append(case(f"chains {i}", {"set": i}, dict(zip(names, v))))
    write("stats", "mcmc", {"posterior": version}, cases, "chains(i) in the script; its bells are bit-exact")


diagnostics()
