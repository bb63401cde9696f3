"""lyceum-stats: multivariate-normal and the families of lyceum.prob.  Names as arguments choose."""
import sys

import mpmath
import numpy as np
import scipy.stats as st

from golden import Recipe, case, product, versions, write

REF = versions("numpy", "scipy", "mpmath")


def multivariate_normal():
    """Every fourth covariance is singular; scales of the rows differ by up to 2^6."""
    cases = []
    for i in range(200):
        r = Recipe(405000 + i)
        d = 1 + r.below(7) if i % 4 else 2 + r.below(6)
        k = d + 1 if i % 4 else 1 + r.below(d - 1)
        scales = 2.0 ** (np.array(r.belows(7, d)) - 3)
        w = r.matrix(d, k) * scales[:, None]
        mean, v = 3 * r.bells(d), (r.uniforms(d) + 0.1) * scales**2
        cov = product(w, w.T)
        if i % 4:
            cov = cov + np.diag(v)
        else:
            mean = np.rint(mean)
        xs = np.array([mean + product(w, r.matrix(k, 1))[:, 0] for _ in range(3)])
        f = st.multivariate_normal(mean, cov, allow_singular=i % 4 == 0)
        expected = list(np.atleast_1d(f.logpdf(xs)))
        if i % 4 == 0:
            expected.append(float(f.logpdf(xs[0] + np.abs(r.bells(d)) + 0.1)))
        cases.append(case(f"case {i}", {"seed": 405000 + i}, {"logPdf": expected, "entropy": f.entropy()}))
    write("stats", "multivariate-normal", REF, cases, "Recipe(seed) as multivariate_normal() in the script draws")


mp = mpmath
PS = [1e-10, 1e-3, 0.05, 0.3, 0.5, 0.83, 0.999]


def binomial_terms(n, p):
    """(k, mass) in mpmath, outwards from the mode until masses are below 1e-50."""
    q = 1 - p
    mode = int(mp.floor((n + 1) * p))
    mode = min(mode, n)
    top = mp.exp(mp.loggamma(n + 1) - mp.loggamma(mode + 1) - mp.loggamma(n - mode + 1) + mode * mp.log(p) + (n - mode) * mp.log(q))
    terms, mass, k = [(mode, top)], top, mode
    while k < n and mass > mp.mpf("1e-50"):
        mass = mass * (n - k) / (k + 1) * p / q
        k += 1
        terms.append((k, mass))
    mass, k = top, mode
    while k > 0 and mass > mp.mpf("1e-50"):
        mass = mass * k / (n - k + 1) * q / p
        k -= 1
        terms.append((k, mass))
    return terms


def discrete_distributions():
    mp.mp.dps = 40
    cases = []
    for n, p in [(1, 0.3), (1, 1e-12), (10, 0.5), (40, 0.05), (100, 0.99), (1000, 0.37), (20000, 1e-4), (100000, 0.2), (100000, 1e-12), (100000, 0.999), (50, 1e-6)]:
        f, mean, sd = st.binom(n, p), n * p, (n * p * (1 - p)) ** 0.5
        ks = sorted({min(n, max(0, round(mean + t * sd))) for t in (-6, -2, 0, 1, 4)} | {0 if mean < 30 else int(mean)} | {min(n, 1 + int(mean))} | {min(n, 3 + int(mean))})
        e, terms = mp.mpf(p), binomial_terms(n, mp.mpf(p))
        log = [mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(e) + (n - k) * mp.log(1 - e) for k in ks]
        cases.append(case(f"binomial {n} {p:g}", {"trials": n, "probability": p, "k": ks, "p": PS},
                          {"pmf": f.pmf(ks), "cdf": f.cdf(ks), "quantile": f.ppf(PS), "logPmf": [float(v) for v in log], "exactPmf": [float(mp.exp(v)) for v in log],
                           "exactCdf": [float(sum(m for j, m in terms if j <= k)) for k in ks], "survival": [float(sum(m for j, m in terms if j > k)) for k in ks],
                           "entropy": float(-sum(m * mp.log(m) for _, m in terms if m > 0))}))
    for weights in ([1, 3], [1, 1, 1, 1, 1, 2], [0.2, 0.5, 1e-12, 0.3], [5, 0, 2, 0, 1], list(range(1, 41))):
        w = [mp.mpf(v) for v in weights]
        total = sum(w)
        p = [v / total for v in w]
        f = st.rv_discrete(values=(range(len(w)), [float(v) for v in p]))
        ks = range(len(w))
        cases.append(case(f"categorical {len(w)} {weights[0]:g}", {"weights": weights, "p": PS},
                          {"pmf": f.pmf(ks), "cdf": f.cdf(ks), "quantile": f.ppf(PS), "logPmf": [float(mp.log(v)) if v else float("-inf") for v in p],
                           "entropy": float(-sum(v * mp.log(v) for v in p if v))}))
    for i, (n, weights) in enumerate([(1, [0.2, 0.5, 0.3]), (5, [1, 2, 3, 4]), (60, [0.1, 0.2, 0.7]), (1000, [1e-12, 0.3, 0.7]), (1000, [1] * 12), (100000, [0.25, 0.25, 0.5]),
                                      (100000, [1e-12, 1e-6, 1, 3]), (100000, list(range(1, 9)))]):
        w = [mp.mpf(v) for v in weights]
        p = [v / sum(w) for v in w]
        r, xs = Recipe(514000 + i), []
        for spread in (0, 1, 3):
            x = [max(0, round(float(n * v) + spread * float(mp.sqrt(n * v * (1 - v))) * r.bell())) for v in p]
            x[-1] = n - sum(x[:-1])
            while x[-1] < 0:
                x[x.index(max(x))] -= 1
                x[-1] += 1
            if spread == 3 and x[0] < 2 <= x[-1]:
                x[0], x[-1] = x[0] + 2, x[-1] - 2
            assert min(x) >= 0 and sum(x) == n
            xs.append(x)
        log = [mp.loggamma(n + 1) - sum(mp.loggamma(k + 1) - k * mp.log(v) for k, v in zip(x, p)) for x in xs]
        entropy = -mp.loggamma(n + 1) - n * sum(v * mp.log(v) for v in p) + sum(sum(m * mp.loggamma(k + 1) for k, m in binomial_terms(n, v)) for v in p)
        cases.append(case(f"multinomial {n} #{i}", {"trials": n, "weights": weights, "x": xs},
                          {"logPmf": [float(v) for v in log], "pmf": [float(mp.exp(v)) for v in log], "entropy": float(entropy)}))
    write("stats", "discrete-distributions", REF, cases, "pmf, cdf and quantile of binomial and categorical by SciPy; the rest by mpmath with 40 digits")


def poisson_exponential():
    mp.mp.dps = 40
    cases = []
    for rate in (1e-3, 0.7, 3.5, 35, 1234.5, 99999.25, 1e6):
        f, sd = st.poisson(rate), rate**0.5
        ks = sorted({max(0, round(rate + t * sd)) for t in (-8, -3, -1, 0, 1, 2.5, 6, 12)} | {0 if rate < 100 else int(rate) + 1})
        m, cdf, pmf, survival = mp.mpf(rate), [], [], []
        for k in ks:
            top = mp.exp(k * mp.log(m) - m - mp.loggamma(k + 1))
            term, total, j = top, mp.mpf(0), k
            while term > total * mp.mpf("1e-30") and j >= 0:
                total += term
                term = term * j / m
                j -= 1
            tail, term, j = mp.mpf(0), top * m / (k + 1), k + 1
            while term > tail * mp.mpf("1e-30"):
                tail += term
                j += 1
                term = term * m / j
            pmf.append(float(top))
            survival.append(float(tail))
            cdf.append(float(total))
        ps = [1e-12] + PS + [1 - 1e-9]
        cases.append(case(f"poisson {rate:g}", {"rate": rate, "k": ks, "p": ps}, {"pmf": pmf, "exactCdf": cdf, "cdf": f.cdf(ks), "survival": survival, "quantile": f.ppf(ps)}))
    for rate in (1e-4, 0.2, 1, 7, 1e6):
        f, xs = st.expon(scale=1 / rate), [v / rate for v in (1e-9, 1e-3, 0.5, 1, 3, 30)]
        m = mp.mpf(rate)
        cases.append(case(f"exponential {rate:g}", {"rate": rate, "x": xs, "p": [1e-12] + PS},
                          {"pdf": [float(m * mp.exp(-m * mp.mpf(x))) for x in xs], "cdf": f.cdf(xs), "survival": f.sf(xs), "quantile": f.ppf([1e-12] + PS)}))
    write("stats", "poisson-exponential", REF, cases, "pmf, pdf, exactCdf and counts' survival by mpmath with 40 digits, the rest by SciPy")


def beta_slope(a, b, x):
    """-(dF/da)/p and -(dF/db)/p with 30 digits."""
    lower = x < a / (a + b)
    F = lambda u, v: mp.betainc(u, v, 0, x, regularized=True) if lower else -mp.betainc(u, v, x, 1, regularized=True)
    h = mp.mpf("1e-12")
    p = mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x)) / mp.beta(a, b)
    return [float(-(F(a + h, b) - F(a - h, b)) / (2 * h) / p), float(-(F(a, b + h) - F(a, b - h)) / (2 * h) / p)]


def gamma_slope(a, x):
    lower = x < a
    F = lambda u: mp.gammainc(u, 0, x, regularized=True) if lower else -mp.gammainc(u, x, mp.inf, regularized=True)
    h = mp.mpf("1e-12")
    return float(-(F(a + h) - F(a - h)) / (2 * h) / mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)))


def beta_dirichlet():
    mp.mp.dps = 50
    cases = []
    for a, b in [(1, 1), (0.5, 0.5), (2, 5), (8, 4), (0.05, 3), (0.001, 0.002), (40, 0.3), (300, 700), (1.5, 1e4)]:
        f = st.beta(a, b)
        xs = [float(v) for v in f.ppf([0.01, 0.2, 0.5, 0.9, 0.999]) if 1e-300 < v < 1 - 1e-10] or [1e-6, 0.5]
        cases.append(case(f"beta {a:g} {b:g}", {"alpha": a, "beta": b, "x": xs, "p": PS}, {
            "pdf": f.pdf(xs), "logPdf": f.logpdf(xs), "cdf": f.cdf(xs), "quantile": f.ppf(PS), "mean": f.mean(), "variance": f.var(), "entropy": f.entropy(),
            "slopes": [beta_slope(mp.mpf(a), mp.mpf(b), mp.mpf(x)) for x in xs]}))
    for i in range(30):
        r = Recipe(515000 + i)
        k = 2 + r.below(5)
        alpha = np.rint(1000 * 10.0 ** (np.rint(64 * 3 * r.uniforms(k)) / 64 - 1.5)) / 1000 + 0.001
        xs = []
        for _ in range(3):
            w = 0.01 + r.uniforms(k)
            xs.append((w / w.sum()).tolist())
        f = st.dirichlet(alpha)
        logs = []
        for x in xs:
            x[-1] = 1 - sum(x[:-1])
            logs.append(f.logpdf(x))
        cases.append(case(f"dirichlet #{i}", {"alpha": alpha, "x": xs}, {"logPdf": logs, "mean": f.mean(), "covariance": f.cov(), "entropy": f.entropy()}))
    for a in (0.001, 0.1, 1, 2.5, 30, 1000):
        f = st.gamma(a)
        xs = [float(v) for v in f.ppf([0.001, 0.05, 0.3, 0.5, 0.8, 0.99, 0.999999]) if v > 1e-300]
        cases.append(case(f"gamma {a:g}", {"shape": a, "x": xs}, {"slopes": [gamma_slope(mp.mpf(a), mp.mpf(x)) for x in xs]}))
    write("stats", "beta-dirichlet", REF, cases, "SciPy, and slopes -(dF/dtheta)/p by mpmath with 50 digits")


def conjugate_priors():
    """Predictives, with parameters as the update rules of the textbook give them."""
    cases = []
    for i in range(8):
        r = Recipe(455000 + i)
        a, b = 0.3 + 4 * r.uniform(), 0.3 + 4 * r.uniform()
        k, n, s, t = r.below(15), 15 + r.below(10), float(r.below(40)), r.uniform() * 9 + 0.1
        m = 1 + r.below(30)
        ks, xs = list(range(0, m + 1, 1 + m // 5)), [v / 4 for v in r.bells(5)]
        c = [float(v) for v in r.belows(9, 3)]
        alpha = [0.2 + 3 * r.uniform() for _ in range(3)]
        counts = [[1, 0, 4], [2, 2, 1], [0, 5, 0]]
        data = [[float(v)] for v in r.bells(6)]
        x = np.array(data)[:, 0]
        mean, count = r.bell(), 0.5 + r.uniform()
        n6, xbar = len(x), x.mean()
        an, bn = a + n6 / 2, b + ((x - xbar) ** 2).sum() / 2 + count * n6 * (xbar - mean) ** 2 / 2 / (count + n6)
        mn = (count * mean + x.sum()) / (count + n6)
        d, nu = 2, 2.5 + 3 * r.uniform()
        z, m2 = r.matrix(5, d), r.bells(d)
        psi = np.array([[2, 0.5], [0.5, 1]])
        zbar = z.mean(0)
        psin = psi + (z - zbar).T @ (z - zbar) + count * 5 / (count + 5) * np.outer(zbar - m2, zbar - m2)
        m2n, points = (count * m2 + z.sum(0)) / (count + 5), r.matrix(3, d)
        df = nu + 5 - d + 1
        cases.append(case(f"set {i}", {"a": a, "b": b, "k": k, "n": n, "sum": s, "time": t, "trials": m, "ks": ks, "xs": xs, "alpha": alpha, "c": c, "counts": counts,
                                       "data": data, "mean": mean, "count": count, "nu": nu, "psi": psi, "z": z, "m2": m2, "points": points}, {
            "betabinom": st.betabinom(m, a + k, b + n - k).logpmf(ks), "nbinom": st.nbinom(a + s, (b + 3) / (b + 4)).logpmf(ks),
            "lomax": st.lomax(a + 4, scale=b + t).logpdf(np.abs(xs)), "dirmult": [st.dirichlet_multinomial(np.array(alpha) + c, 5).logpmf(v) for v in counts],
            "norm": st.norm((mean / a + x.sum() / b) / (1 / a + n6 / b), np.sqrt(b + 1 / (1 / a + n6 / b))).logpdf(xs),
            "t": st.t(2 * an, mn, np.sqrt(bn * (count + n6 + 1) / an / (count + n6))).logpdf(xs),
            "mvt": st.multivariate_t(m2n, psin * (count + 6) / (count + 5) / df, df).logpdf(points)}))
    write("stats", "conjugate-priors", REF, cases, "updates by the textbook, predictives by SciPy")


ALL = {"conjugate-priors": conjugate_priors, "beta-dirichlet": beta_dirichlet, "poisson-exponential": poisson_exponential, "multivariate-normal": multivariate_normal, "discrete-distributions": discrete_distributions}
for name in sys.argv[1:] or ALL:
    ALL[name]()
