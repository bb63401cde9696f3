"""lyceum-stats: fdr, model-comparison-tests."""
import numpy as np
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from golden import Recipe, case, versions, write

METHODS = ["bonferroni", "sidak", "holm", "simes-hochberg", "hommel", "fdr_bh", "fdr_by"]
REF = versions("numpy") | {"statsmodels": __import__("statsmodels").__version__}


def vector(i):
    """1 to 40 p-values; ties by rounding to 1/20 in two of three vectors, cubed towards 0 in every second."""
    r = Recipe(73300 + i)
    p = r.uniforms(1 + r.below(40))
    p = p * p * p if i % 2 else p
    return np.floor(p * 20) / 20 if i % 3 else p


def fdr():
    sums, whole = [], []
    for i in range(500):
        p = vector(i)
        w = Recipe(74300 + i).uniforms(len(p))
        adjusted = [multipletests(p, 0.05, m)[1] for m in METHODS]
        sums += [sum(float(w @ a) * (1 + k) for k, a in enumerate(adjusted))]
        if i in (4, 9):
            whole.append(case(f"whole {i}", {"vector": i}, dict(zip(METHODS, adjusted))))
    write("stats", "fdr", REF, [case("sums", {"vectors": 500}, {"sums": sums})] + whole,
          "sums: for each vector the adjusted p-values of method k, times k + 1 and times uniforms of Recipe(74300 + i), added up over methods and places")


def models():
    rows = []
    for i in range(44):
        r = Recipe(61000 + i)
        t = [r.below(200), r.below(30 if i % 2 else 300), r.below(30 if i % 2 else 300) + 1, r.below(60)]
        if i >= 40:
            t[2] = t[1] = t[1] + 1  # even
        table = [[t[0], t[1]], [t[2], t[3]]]
        e, c, p = mcnemar(table, exact=True), mcnemar(table, exact=False, correction=True), mcnemar(table, exact=False, correction=False)
        rows.append(t + [e.statistic, e.pvalue, c.statistic, c.pvalue, p.statistic, p.pvalue])
    write("stats", "model-comparison-tests", REF, [case("tables", {}, {"rows": rows})], "both, firstOnly, secondOnly, neither; exact, corrected, plain: statistic and p")


fdr()
models()
