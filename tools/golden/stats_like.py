"""lyceum-stats: likelihood (GLMs by statsmodels, score equations by SciPy), bradley-terry, map-estimation."""
import sys

import numpy as np
import scipy.optimize
import scipy.special as sp
import scipy.stats
import statsmodels.api as sm
from sklearn.linear_model import Lasso, Ridge

from golden import Recipe, case, diabetes, versions, write

REF = versions("statsmodels", "scipy", "sklearn", "numpy")


def design(seed, n, p):
    """An intercept and p - 1 columns of bells, a coefficient vector of 0.6 bells, and n uniforms."""
    r = Recipe(seed)
    x = np.column_stack([np.ones(n), r.matrix(n, p - 1)])
    return x, 0.6 * r.bells(p), r


def poisson_counts(rates, u):
    """Inversion: the least k whose summed mass exceeds u."""
    out = []
    for m, v in zip(rates, u):
        k, mass, total = 0, np.exp(-m), np.exp(-m)
        while total <= v:
            k += 1
            mass *= m / k
            total += mass
        out.append(k)
    return np.array(out, float)


def response(family, eta, r):
    n = len(eta)
    if family == "gaussian":
        return eta + 0.7 * r.bells(n)
    if family == "binomial":
        return (r.uniforms(n) < sp.expit(eta)).astype(float)
    if family == "poisson":
        return poisson_counts(np.exp(eta), r.uniforms(n))
    return np.exp(eta) * -np.log(1 - r.uniforms(n))


FAMILIES = {"gaussian": sm.families.Gaussian(), "binomial": sm.families.Binomial(), "poisson": sm.families.Poisson(),
            "gamma": sm.families.Gamma(sm.families.links.Log())}


def glm():
    cases = []
    for k, (name, family) in enumerate(FAMILIES.items()):
        for j, (n, p) in enumerate([(120, 4), (400, 6)]):
            x, beta, r = design(7000 + 10 * k + j, n, p)
            y = response(name, x @ beta, r)
            offset = 0.3 * r.bells(n) if j else None
            weights = 0.5 + r.uniforms(n) if j and name != "binomial" else None
            model = sm.GLM(y, x, family=family, offset=offset, var_weights=weights)
            fit = model.fit(tol=1e-12, maxiter=200)
            small = sm.GLM(y, x[:, :-2], family=family, offset=offset, var_weights=weights).fit(tol=1e-12, maxiter=200)
            low, high = fit.conf_int().T
            expected = {"coefficients": fit.params, "errors": fit.bse, "z": fit.tvalues, "p": fit.pvalues, "low": low, "high": high, "deviance": fit.deviance, "pearson": fit.pearson_chi2, "scale": fit.scale, "nullDeviance": fit.null_deviance,
                        "logLikelihood": fit.llf, "smallLogLikelihood": small.llf, "aic": fit.aic}
            expected |= {"lr": 2 * (fit.llf - small.llf), "lrP": scipy.stats.chi2.sf(2 * (fit.llf - small.llf), 2)}
            if not j:
                for kind in ("HC0", "HC1"):
                    expected[kind] = model.fit(tol=1e-12, maxiter=200, cov_type=kind).bse
                if name == "gaussian":
                    ols, smaller = sm.OLS(y, x), sm.OLS(y, x[:, :-2]).fit()
                    expected |= {kind: ols.fit(cov_type=kind).bse for kind in ("HC0", "HC1", "HC2", "HC3")}
                    statistic, p_value, freedom = ols.fit().compare_lr_test(smaller)
                    expected |= {"lr": statistic, "lrP": p_value}
            if name == "binomial":
                logit = sm.Logit(y, x, offset=offset).fit(method="newton", tol=1e-13, maxiter=100, disp=0)
                expected |= {"logitErrors": logit.bse, "logitLogLikelihood": logit.llf}
            cases.append(case(f"{name} {j}", {"seed": 7000 + 10 * k + j, "family": name, "rows": n, "columns": p, "offset": bool(j), "weighted": weights is not None}, expected))
    write("stats", "likelihood-glm", REF, cases, "intercept and matrix(rows, columns - 1); 0.6 bells(columns); response (see the script); with offset: 0.3 bells(rows); weighted: 0.5 + uniforms(rows)")


def tournament(seed):
    """Wins of 4 to 8 items whose log-strengths are 0.8 bells; 1 to 6 games a pair."""
    r = Recipe(seed)
    n = 4 + seed % 5
    b = 0.8 * r.bells(n)
    wins = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            for _ in range(1 + r.below(6)):
                if r.uniform() < sp.expit(b[i] - b[j]):
                    wins[i, j] += 1
                else:
                    wins[j, i] += 1
    return wins


def connected(wins):
    reach = (wins > 0) | np.eye(len(wins), dtype=bool)
    for _ in range(len(wins)):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return reach.all()


def bradley_terry():
    cases = []
    seed = 8000
    while len(cases) < 50:
        seed += 1
        wins = tournament(seed)
        if not connected(wins):
            continue
        n = len(wins)
        rows, counts = [], []
        for i in range(n):
            for j in range(i):
                row = np.zeros(n)
                row[i], row[j] = 1, -1
                rows.append(row[:-1])  # the last item is the reference
                counts.append([wins[i, j], wins[j, i]])
        fit = sm.GLM(np.array(counts), np.array(rows), family=sm.families.Binomial()).fit(tol=1e-12, maxiter=500)
        cases.append(case(f"tournament {seed}", {"seed": seed}, {"strengths": fit.params, "errors": fit.bse}))
    write("stats", "bradley-terry", REF, cases, "n = 4 + seed % 5; 0.8 bells(n); for i, for j < i: 1 + below(6) games, i wins if uniform < sigmoid(b_i - b_j); strongly connected ones alone; the last item is the reference")


def mle_data(family, seed, n):
    u = Recipe(seed).uniforms(n)
    if family == "poisson":
        return poisson_counts(np.full(n, 3.3), u)
    if family == "bernoulli":
        return (u < 0.3).astype(float)
    if family == "beta":
        return u * u * 0.98 + 0.01
    if family in ("exponential", "gamma", "chi2", "weibull", "lognormal"):
        return -np.log(1 - u) + 0.05 + 2 * u
    return np.log(u + 1e-3) - np.log(1.001 - u) + 2


def mle():
    """Closed forms, or the score equations, written here by hand, solved by scipy.optimize.root at tol 1e-12."""
    def root(score, start):
        found = scipy.optimize.root(score, start, tol=1e-12)
        assert np.max(np.abs(score(found.x))) < 1e-9, found
        return found.x

    cases = []
    for k, family in enumerate(["normal", "exponential", "poisson", "bernoulli", "lognormal", "gamma", "beta", "t", "chi2", "weibull", "logistic", "gumbel"]):
        x = mle_data(family, 9000 + k, 150)
        lx = np.log(x) if x.min() > 0 else None
        if family == "normal":
            e = [x.mean(), x.std()]
        elif family == "exponential":
            e = [1 / x.mean()]
        elif family in ("poisson", "bernoulli"):
            e = [x.mean()]
        elif family == "lognormal":
            e = [lx.mean(), lx.std()]
        elif family == "gamma":
            e = root(lambda t: [np.log(t[1]) - sp.digamma(t[0]) + lx.mean(), t[0] / t[1] - x.mean()], [1.5, 1.0])
        elif family == "beta":
            e = root(lambda t: [sp.digamma(t[0] + t[1]) - sp.digamma(t[0]) + lx.mean(), sp.digamma(t[0] + t[1]) - sp.digamma(t[1]) + np.log1p(-x).mean()], [1.0, 1.0])
        elif family == "t":
            v = 4.0

            def score(t):
                z = (x - t[0]) / t[1]
                w = (v + 1) / (v + z * z)
                return [(w * z).mean() / t[1], ((w * z * z).mean() - 1) / t[1]]
            e = root(score, [2.0, 1.5])
        elif family == "chi2":
            e = root(lambda t: [0.5 * lx.mean() - 0.5 * np.log(2) - 0.5 * sp.digamma(t[0] / 2)], [2.0])
        elif family == "weibull":
            def score(t):
                z = x / t[1]
                return [1 / t[0] + np.log(z).mean() - (z ** t[0] * np.log(z)).mean(), (z ** t[0]).mean() - 1]
            e = root(score, [1.5, 2.0])
        elif family == "logistic":
            def score(t):
                z = (x - t[0]) / t[1]
                return [np.tanh(z / 2).mean(), (z * np.tanh(z / 2)).mean() - 1]
            e = root(score, [2.0, 1.0])
        else:
            def score(t):
                z = (x - t[0]) / t[1]
                return [1 - np.exp(-z).mean(), (z - z * np.exp(-z)).mean() - 1]
            e = root(score, [1.5, 1.5])
        cases.append(case(family, {"family": family, "seed": 9000 + k, "rows": 150}, {"estimate": e}))
    write("stats", "mle", REF, cases, "uniforms(rows), transformed as in the script")


def map_estimation():
    x, y = diabetes()
    y = y - y.mean()
    n, s2 = len(y), 3000.0
    cases = []
    for b in (2.0, 5.0, 20.0):
        fit = Lasso(alpha=s2 / (n * b), tol=1e-14, max_iter=1_000_000, fit_intercept=False).fit(x, y)
        cases.append(case(f"ridge {b}", {"priorVariance": b * 1000, "variance": s2}, {"coefficients": Ridge(alpha=s2 / (b * 1000), solver="svd", fit_intercept=False).fit(x, y).coef_}))
        cases.append(case(f"lasso {b}", {"scale": b, "variance": s2}, {"coefficients": fit.coef_}))
    write("stats", "map-estimation", REF, cases, "scaled diabetes, centred target, no intercept")


def points(kind):
    """200 points, by operations that round alike everywhere."""
    k = np.arange(200)
    if kind == "real":
        t = (k - 99.5) / 99.5
        return t * t * t * 400.0
    if kind == "positive":
        t = (k + 1) / 64.0
        return t * t * t * t
    if kind == "unit":
        return np.where(k < 40, 2.0 ** -(k + 2), np.where(k < 80, 1 - 2.0 ** -(k - 38), (k - 79) / 121.0))
    if kind == "count":
        return np.where(k < 100, k, (k - 90) ** 2).astype(float)
    return {"even": 2.0 * k, "bit": k % 2.0, "five": k % 5.0, "beyond": 1 + points("positive")}[kind] if kind != "between" else -1 + 4 * (k / 199.0)


def log_likelihood():
    import mpmath as mp
    mp.mp.dps = 40
    st = scipy.stats
    lg, log, log1p = mp.loggamma, mp.log, lambda v: mp.log(1 + v)
    real = [
        ("normal", "real", [1, 2], lambda x: st.norm.logpdf(x, 1, 2), lambda x: -((x - 1) / 2) ** 2 / 2 - log(2) - log(2 * mp.pi) / 2),
        ("exponential", "positive", [0.75], lambda x: st.expon.logpdf(x, scale=1 / 0.75), lambda x: log(0.75) - 0.75 * x),
        ("gamma", "positive", [2.5, 0.75], lambda x: st.gamma.logpdf(x, 2.5, scale=1 / 0.75), lambda x: 2.5 * log(0.75) + 1.5 * log(x) - 0.75 * x - lg(2.5)),
        ("beta", "unit", [2, 5], lambda x: st.beta.logpdf(x, 2, 5), lambda x: log(x) + 4 * log(1 - x) + lg(7) - lg(2) - lg(5)),
        ("poisson", "count", [3.25], lambda x: st.poisson.logpmf(x, 3.25), lambda x: x * log(3.25) - 3.25 - lg(x + 1)),
        ("bernoulli", "bit", [0.25], lambda x: st.bernoulli.logpmf(x, 0.25), lambda x: x * log(0.25) + (1 - x) * log(0.75)),
        ("chi2", "positive", [4.5], lambda x: st.chi2.logpdf(x, 4.5), lambda x: 1.25 * log(x) - x / 2 - 2.25 * log(2) - lg(2.25)),
        ("binomial", "even", [400, 0.375], lambda x: st.binom.logpmf(x, 400, 0.375), lambda x: lg(401) - lg(x + 1) - lg(401 - x) + x * log(0.375) + (400 - x) * log(0.625)),
        ("t", "real", [5, 0.5, 2], lambda x: st.t.logpdf(x, 5, 0.5, 2), lambda x: lg(3) - lg(2.5) - log(5 * mp.pi) / 2 - log(2) - 3 * log(1 + ((x - 0.5) / 2) ** 2 / 5)),
        ("cauchy", "real", [1, 0, 1], lambda x: st.cauchy.logpdf(x), lambda x: -log(mp.pi) - log(1 + x * x)),
        ("weibull", "positive", [1.5, 2], lambda x: st.weibull_min.logpdf(x, 1.5, scale=2), lambda x: log(0.75) + log(x / 2) / 2 - (x / 2) ** mp.mpf(1.5)),
        ("logistic", "real", [1, 0.5], lambda x: st.logistic.logpdf(x, 1, 0.5), lambda x: -abs(x - 1) / 0.5 - log(0.5) - 2 * log(1 + mp.exp(-abs(x - 1) / 0.5))),
        ("gumbel", "real", [1, 2], lambda x: st.gumbel_r.logpdf(x, 1, 2), lambda x: -(x - 1) / 2 - mp.exp(-(x - 1) / 2) - log(2)),
        ("lognormal", "positive", [0.25, 0.75], lambda x: st.lognorm.logpdf(x, 0.75, scale=np.exp(0.25)), lambda x: -((log(x) - 0.25) / 0.75) ** 2 / 2 - log(0.75) - log(x) - log(2 * mp.pi) / 2),
        ("laplace", "real", [0.5, 1.5], lambda x: st.laplace.logpdf(x, 0.5, 1.5), lambda x: -abs(x - 0.5) / 1.5 - log(3)),
        ("rayleigh", "positive", [2], lambda x: st.rayleigh.logpdf(x, scale=2), lambda x: log(x) - 2 * log(2) - (x / 2) ** 2 / 2),
        ("halfnormal", "positive", [1.25], lambda x: st.halfnorm.logpdf(x, scale=1.25), lambda x: -(x / 1.25) ** 2 / 2 - log(1.25) + log(2 / mp.pi) / 2),
        ("invgamma", "positive", [3, 2], lambda x: st.invgamma.logpdf(x, 3, scale=2), lambda x: 3 * log(2) - 4 * log(x) - 2 / x - lg(3)),
        ("geometric", "count", [0.25], lambda x: st.geom.logpmf(x, 0.25, loc=-1), lambda x: log(0.25) + x * log(0.75)),
        ("negbin", "count", [4.5, 0.375], lambda x: st.nbinom.logpmf(x, 4.5, 0.375), lambda x: lg(x + 4.5) - lg(4.5) - lg(x + 1) + 4.5 * log(0.375) + x * log(0.625)),
        ("pareto", "beyond", [1, 2.5], lambda x: st.pareto.logpdf(x, 2.5), lambda x: log(2.5) - 3.5 * log(x)),
        ("uniform", "between", [-1, 3], lambda x: st.uniform.logpdf(x, -1, 4), lambda x: -log(4)),
        ("f", "positive", [5, 9], lambda x: st.f.logpdf(x, 5, 9), lambda x: lg(7) - lg(2.5) - lg(4.5) + 2.5 * log(mp.mpf(5) / 9) + 1.5 * log(x) - 7 * log(1 + 5 * x / mp.mpf(9))),
        ("categorical", "five", [0.5, 0.25, 0.125, 0.0625, 0.0625], lambda x: np.log(np.array([0.5, 0.25, 0.125, 0.0625, 0.0625])[x.astype(int)]), lambda x: log(mp.mpf([0.5, 0.25, 0.125, 0.0625, 0.0625][int(x)]))),
        ("mvn", "real", [], lambda x: st.multivariate_normal([1, -1], [[2, 0.5], [0.5, 1]]).logpdf(np.column_stack([x, 1 - x / 4])),
         lambda x: -(((x - 1) ** 2 - (x - 1) * (2 - x / 4) + 2 * (2 - x / 4) ** 2) / 1.75) / 2 - log(mp.mpf(1.75)) / 2 - log(2 * mp.pi)),
        ("dirichlet", "unit", [], lambda x: np.array([st.dirichlet([2, 3.5, 0.5]).logpdf([v / 2, v / 2, 1 - v]) for v in x]),
         lambda x: lg(6) - lg(2) - lg(3.5) - lg(0.5) + log(x / 2) + 2.5 * log(x / 2) - 0.5 * log(1 - x)),
    ]
    cases, replaced = [], 0
    for name, kind, params, by_scipy, by_mp in real:
        xs = points(kind)
        with np.errstate(all="ignore"):
            found = np.asarray(by_scipy(xs), float)
        out = []
        for x, v in zip(xs, found):
            m = by_mp(mp.mpf(float(x)))
            if not np.isfinite(v) or abs(mp.mpf(float(v)) - m) > 1e-12 * max(1, abs(m)):
                replaced += 1
                v = float(m)
            out.append(float(f"{v:.12g}"))
        cases.append(case(name, {"points": kind, "parameters": params}, {"logDensity": out}))
    print("replaced by mpmath:", replaced)
    write("stats", "log-likelihood", versions("scipy", "numpy", "mpmath"), cases, f"points as in the script; 12 digits; {replaced} values where scipy is infinite or off by 1e-12 are mpmath's of 40 digits")


if __name__ == "__main__":
    names = sys.argv[1:] or ["glm", "bradley_terry", "mle", "map_estimation", "log_likelihood"]
    for name in names:
        globals()[name]()
