"""lyceum-stats: kalman-filter. Filters and smoothers of random systems by statsmodels, steady states by SciPy, the Nile."""
import numpy as np
import scipy.linalg
import statsmodels.api as sm
from statsmodels.tsa.statespace.mlemodel import MLEModel

from golden import Recipe, case, versions, write


def spread(r, n):
    a = r.matrix(n, n)
    return a @ a.T + 0.1 * np.eye(n)


def system(r, d, p, length, varying):
    n = length if varying else 1
    f = [0.5 * r.matrix(d, d) + 0.4 * np.eye(d) for _ in range(n)]
    q = [spread(r, d) for _ in range(n)]
    h = [r.matrix(p, d) for _ in range(n)]
    v = [spread(r, p) for _ in range(n)]
    m0, p0 = r.bells(d), spread(r, d)
    y = 2 * r.matrix(length, p)
    for t in range(length):
        if t % 4 == 2:
            y[t, r.below(p)] = np.nan
        if t % 7 == 5:
            y[t, :] = np.nan
    return f, q, h, v, m0, p0, y


def statsmodels(f, q, h, v, m0, p0, y):
    d = len(m0)
    model = MLEModel(y, k_states=d, k_posdef=d)
    last = (lambda a: np.dstack(a)) if len(f) > 1 else (lambda a: a[0])
    model["transition"], model["state_cov"], model["design"], model["obs_cov"] = last(f), last(q), last(h), last(v)
    model["selection"] = np.eye(d)
    model.initialize_known(m0, p0)
    out = model.ssm.smooth()
    return {"filtered": out.filtered_state.T, "filteredCovariance": out.filtered_state_cov.transpose(2, 0, 1).reshape(-1, d * d),
            "smoothed": out.smoothed_state.T, "smoothedCovariance": out.smoothed_state_cov.transpose(2, 0, 1).reshape(-1, d * d),
            "logLikelihood": out.llf_obs.sum()}


cases = []
for k, (d, p, varying) in enumerate([(1, 1, False), (2, 1, False), (3, 2, False), (2, 3, True), (4, 2, False), (3, 1, True)]):
    f, q, h, v, m0, p0, y = system(Recipe(4300 + k), d, p, 10, varying)
    rows = {name: np.array(a).reshape(len(a), -1) for name, a in [("f", f), ("q", q), ("h", h), ("r", v)]}
    given = {**rows, "mean": m0, "covariance": p0, "y": y}
    cases.append(case(f"system {k}", given, statsmodels(f, q, h, v, m0, p0, y)))
for k, (d, p) in enumerate([(1, 1), (2, 1), (3, 2), (4, 1), (5, 3), (3, 3)]):
    r = Recipe(4400 + k)
    f, q, h, v = r.matrix(d, d) if k % 2 else 0.6 * r.matrix(d, d), spread(r, d), r.matrix(p, d), spread(r, p)
    x = scipy.linalg.solve_discrete_are(f.T, h.T, q, v)
    gain = x @ h.T @ np.linalg.inv(h @ x @ h.T + v)
    cases.append(case(f"steady {k}", {"f": f, "q": q, "h": h, "r": v}, {"covariance": x, "gain": gain}))
nile = sm.datasets.nile.load_pandas().data["volume"].values
fit = sm.tsa.UnobservedComponents(nile, "local level").fit(disp=0, method="nm", maxiter=2000, xtol=1e-10, ftol=1e-12)
cases.append(case("nile", {"flow": nile}, {"measurement": fit.params[0], "level": fit.params[1]}))
write("stats", "kalman-filter", versions("statsmodels", "scipy", "numpy"), cases)
