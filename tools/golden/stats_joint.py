"""lyceum-stats: total-probability, logit, laplace-smoothing, autoregression."""
import sys

import numpy as np
import scipy.special
import scipy.stats as st

from golden import Recipe, case, versions, write


def total_probability():
    cases = []
    for i in range(3):
        r = Recipe(71100 + i)
        weights = r.uniforms(3) + 0.1
        parameters = [("normal", [4 * r.bell(), 0.3 + r.uniform()]), ("normal", [4 * r.bell(), 1 + r.uniform()]),
                      ("gamma", [2.5 + r.uniform(), 0.5 + r.uniform()]) if i else ("normal", [9.0, 2.0])]
        frozen = [st.norm(*p) if f == "normal" else st.gamma(p[0], scale=1 / p[1]) for f, p in parameters]
        x = np.concatenate([12 * r.bells(14), [-200.0, -40.0, 0.0, 1e-3, 60.0, 300.0]])
        w = weights / weights.sum()
        means = np.array([f.mean() for f in frozen])
        cases.append(case(f"mixture {i}", {"weights": weights, "components": [{"family": f, "parameters": p} for f, p in parameters], "x": x, "from": -60.0, "to": 90.0},
                          {"logSumExp": scipy.special.logsumexp([np.log(a) + f.logpdf(x) for a, f in zip(w, frozen)], axis=0),
                           "between": (w * means**2).sum() - (w * means).sum()**2}))
    write("stats", "total-probability", versions("scipy", "numpy"), cases, "gamma by shape and rate; weights are divided by their sum.")



def logit():
    import mpmath
    from statsmodels.stats.contingency_tables import Table2x2
    mpmath.mp.dps = 50
    r = Recipe(163)
    ps = [1e-300, 1e-100, 1e-17, 1e-3, 0.25, 0.3, 0.49, 0.4999999, 0.5, 0.5000001, 0.6, 0.75, 0.751, 0.999, 1 - 1e-10, 1 - 2.0**-53] + r.uniforms(20).tolist()
    cases = [case("logit", {"p": ps}, {"logit": [float(mpmath.log(mpmath.mpf(p)) - mpmath.log(1 - mpmath.mpf(p))) for p in ps]})]
    rows = []
    for i in range(40):
        counts = [1 + r.below(10 ** (1 + i % 4)) for _ in range(4)]
        level = [0.9, 0.95, 0.99][i % 3]
        t = Table2x2(np.array(counts).reshape(2, 2), shift_zeros=False)
        low, high = t.oddsratio_confint(1 - level)
        rows.append(counts + [level, t.oddsratio, low, high, t.log_oddsratio_se, t.oddsratio_pvalue()])
    cases.append(case("Table2x2", {"columns": "a b c d level"}, {"rows": rows}))
    write("stats", "logit", versions("mpmath", "statsmodels"), cases, "rows: a b c d level ratio low high standardError pValue, by statsmodels Table2x2.")


def laplace_smoothing():
    import nltk
    from sklearn.naive_bayes import MultinomialNB
    cases = []
    for i, alpha in enumerate([1.0, 0.1, 0.5, 1e-3, 30.0]):
        r = Recipe(15500 + i)
        k = 3 + r.below(12)
        counts = r.belows(6, k) * (r.uniforms(k) < 0.7)
        freq = nltk.FreqDist({j: int(c) for j, c in enumerate(counts) if c})
        table = r.belows(9, 4 * k).reshape(4, k) * (r.uniforms(4 * k).reshape(4, k) < 0.6)
        nb = MultinomialNB(alpha=alpha).fit(table, np.arange(4))
        vector = r.uniforms(k) + 0.01
        mixed = MultinomialNB(alpha=vector).fit(table, np.arange(4))
        cases.append(case(f"alpha {alpha}", {"alpha": alpha, "counts": counts, "table": table, "vector": vector},
                          {"lidstone": [nltk.LidstoneProbDist(freq, alpha, k).prob(j) for j in range(k)], "logs": nb.feature_log_prob_,
                           "vectorLogs": mixed.feature_log_prob_}))
    write("stats", "laplace-smoothing", versions("nltk", "sklearn"), cases)


def autoregression():
    from statsmodels.tsa.ar_model import AutoReg
    cases = []
    for i, phi in enumerate([[0.5, -0.3, 0.2], [1.2, -0.5, 0.1], [0.0, 0.0, 0.8], [-0.4, 0.3, 0.1]]):
        r = Recipe(20300 + i)
        n = 120
        e = r.bells(n + 50)
        x = np.zeros(n + 50)
        for t in range(3, n + 50):
            x[t] = 0.7 * i + phi[0] * x[t - 1] + phi[1] * x[t - 2] + phi[2] * x[t - 3] + e[t]
        x = np.round(x[50:], 4)
        fit = AutoReg(x, 3, old_names=False).fit()
        roots = np.abs(fit.roots)
        cases.append(case(f"ar3 {i}", {"x": x}, {"coefficients": fit.params, "variance": fit.sigma2, "logLikelihood": fit.llf, "forecast": fit.forecast(8), "leastRoot": roots.min()}))
    write("stats", "autoregression", versions("statsmodels", "numpy"), cases, "coefficients: constant, then lags 1 to 3.")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["total_probability", "logit", "laplace_smoothing", "autoregression"]:
        globals()[name]()
