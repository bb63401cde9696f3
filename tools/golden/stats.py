"""lyceum-stats: prob (distributions), shannon-entropy, kl-divergence."""
import math
import sys

import mpmath
import numpy as np
import scipy.integrate
import scipy.special
import scipy.stats as st

from golden import Recipe, case, versions, write

REF = versions("scipy", "numpy", "mpmath")
PS = [1e-10, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999]


def continuous(name, params, frozen, xs):
    return case(name + " " + " ".join(f"{k}={v:g}" for k, v in params.items()), {"family": name, **params, "x": xs, "p": PS},
                {"logPdf": frozen.logpdf(xs), "pdf": frozen.pdf(xs), "cdf": frozen.cdf(xs), "survival": frozen.sf(xs), "quantile": frozen.ppf(PS), "entropy": frozen.entropy(),
                 "mean": frozen.mean(), "variance": frozen.var()})


def discrete(name, params, frozen, ks):
    return case(name + " " + " ".join(f"{k}={v:g}" for k, v in params.items()), {"family": name, **params, "k": ks, "p": PS},
                {"logPmf": frozen.logpmf(ks), "pmf": frozen.pmf(ks), "cdf": frozen.cdf(ks), "survival": frozen.sf(ks), "quantile": frozen.ppf(PS), "entropy": exact_entropy(frozen),
                 "mean": frozen.mean(), "variance": frozen.var()})


def exact_entropy(frozen):
    """Summed over the support as far as 60 deviations (SciPy's own stops earlier)."""
    reach = 60 * frozen.std() + 100
    lo = int(max(frozen.mean() - reach, frozen.support()[0]))
    hi = int(min(frozen.mean() + reach, frozen.support()[1]))
    lp = frozen.logpmf(np.arange(lo, hi + 1))
    lp = lp[np.isfinite(lp)]
    return math.fsum(-np.exp(lp) * lp)


def prob():
    cases = []
    for m, s in [(0, 1), (2.5, 0.3), (-100, 20)]:
        cases.append(continuous("normal", {"mean": m, "sd": s}, st.norm(m, s), (m + s * np.array([-38, -8, -3, -1, -0.1, 0, 0.5, 1.96, 5, 9])).tolist()))
    for a, rate in [(1, 1), (0.3, 2), (2.5, 0.5), (50, 10), (1000, 0.1)]:
        mean, sd = a / rate, math.sqrt(a) / rate
        cases.append(continuous("gamma", {"shape": a, "rate": rate}, st.gamma(a, scale=1 / rate), [-1.0, 0.0] + [x for x in (mean + sd * np.array([-3, -1, -0.5, 0, 0.5, 1, 3, 6])).tolist() if x > 0] + [mean * 1e-3]))
    for a, b in [(1, 1), (0.5, 0.5), (2, 5), (30, 12), (0.2, 3), (500, 700)]:
        cases.append(continuous("beta", {"alpha": a, "beta": b}, st.beta(a, b), [-0.1, 0.0, 1e-6, 0.1, 0.3, 0.42, 0.5, 0.7, 0.95, 0.999999, 1.0, 1.1]))
    for lo, hi in [(0, 1), (-2, 5)]:
        cases.append(continuous("uniform", {"low": lo, "high": hi}, st.uniform(lo, hi - lo), [lo - 1.0, float(lo), lo + 0.3 * (hi - lo), float(hi), hi + 1.0]))
    for rate in (1, 0.2, 7):
        cases.append(continuous("exponential", {"rate": rate}, st.expon(scale=1 / rate), [-1.0, 0.0, 1e-5 / rate, 0.5 / rate, 1 / rate, 3 / rate, 40 / rate]))
    for m in (0.1, 1, 3.7, 42, 1500):
        sd = math.sqrt(m)
        ks = sorted({0, 1, 2, *[max(0, int(m + t * sd)) for t in (-3, -1, 0, 1, 2, 5)]})
        cases.append(discrete("poisson", {"rate": m}, st.poisson(m), [-1, *ks]))
    for n, p in [(1, 0.3), (10, 0.5), (40, 0.05), (1000, 0.37), (5, 0), (5, 1)]:
        ks = sorted({0, 1, n // 2, n, *[min(n, max(0, int(n * p + t * math.sqrt(n * p * (1 - p))))) for t in (-2, -1, 0, 1, 3)]})
        c = discrete("binomial", {"n": n, "p": p}, st.binom(n, p), [-1, *ks, n + 1])
        c["input"] = {"family": "binomial", "trials": n, "success": p, "k": [-1, *ks, n + 1], "p": PS}
        cases.append(c)
    for i in range(6):
        r = Recipe(60000 + i)
        d = 1 + i % 5
        b = r.matrix(d, d)
        mean, cov = r.bells(d), b @ b.T / d + 0.3 * np.eye(d)
        xs = r.matrix(4, d)
        f = st.multivariate_normal(mean, cov)
        cases.append(case(f"multivariateNormal {d} #{i}", {"family": "multivariateNormal", "mean": mean, "covariance": cov, "x": xs}, {"logPdf": np.atleast_1d(f.logpdf(xs)), "entropy": f.entropy()}))
    for alpha in ([1, 1], [0.5, 2, 3.5], [10, 20, 5, 1], [0.1, 0.1, 0.1]):
        f = st.dirichlet(alpha)
        xs = np.array([np.exp(v) / np.exp(v).sum() for v in Recipe(60100 + len(alpha)).matrix(4, len(alpha))])
        cases.append(case(f"dirichlet {alpha}", {"family": "dirichlet", "alpha": alpha, "x": xs}, {"logPdf": [f.logpdf(x / x.sum()) for x in xs], "entropy": f.entropy(), "mean": f.mean(), "variance": f.var()}))
    for p in ([0.5, 0.5], [0.1, 0.2, 0.7], [1, 0, 0], [0.25, 0.125, 0.125, 0.5]):
        with np.errstate(divide="ignore"):
            cases.append(case(f"categorical {p}", {"family": "categorical", "p": p}, {"logPmf": np.log(p), "cdf": np.cumsum(p), "entropy": st.entropy(p)}))
    write("stats", "prob", REF, cases,
          "gamma by shape and rate (scale = 1 / rate); exponential by rate; uniform on [low, high]. logPdf outside the support is -Infinity; density at a boundary may be Infinity. Entropy in nats; "
          "discrete entropies are summed to the last bit here, since SciPy cuts its sum. quantile is the least x with cdf >= p. binomial's arguments: trials, success.")


def prob_extreme():
    """Where formulas of textbooks cancel: 60 digits."""
    mpmath.mp.dps = 60
    mp = mpmath
    psi, lg, log, half = mp.digamma, mp.loggamma, mp.log, mp.mpf(1) / 2
    cases = []

    def add(family, params, entropy, pdf, xs):
        cases.append(case(family + " " + " ".join(f"{v:g}" for v in params), {"family": family, "parameters": params, "x": xs},
                          {"logPdf": [float(pdf(mp.mpf(x))) for x in xs]} | ({} if entropy is None else {"entropy": float(entropy)})))

    def lbeta(a, b):
        return lg(a) + lg(b) - lg(a + b)

    for nu in (0.3, 3, 25.9, 26, 1e5, 1e10, 1e15):
        n = mp.mpf(nu)
        add("studentT", [nu], (n + 1) / 2 * (psi((n + 1) / 2) - psi(n / 2)) + log(n) / 2 + lbeta(n / 2, half),
            lambda x: -log(n) / 2 - lbeta(n / 2, half) - (n + 1) / 2 * mp.log1p(x * x / n), [0.0, 1.0, -5.0, 40.0])
    for alpha, beta in [(0.2, 0.3), (2, 5), (30, 12), (1e5, 2e5), (1e10, 1e10), (1e10, 0.5), (3, 1e12)]:
        a, b = mp.mpf(alpha), mp.mpf(beta)
        mean = alpha / (alpha + beta)
        add("beta", [alpha, beta], lbeta(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b),
            lambda x: (a - 1) * log(x) + (b - 1) * mp.log1p(-x) - lbeta(a, b), [mean, mean / 2])
    for shape, rate, xs in [(0.5, 1e-20, [1e-300, 1e20]), (3, 2, [1e-300, 1.5]), (1e6, 1e-5, [1e-300, 1e-5, 1.0, 1e11]), (1e12, 1, [1e12]), (2, 1e-200, [1e-200]),
                            (1e4, 1, [1e4]), (1.5, 1e-150, [1e-170])]:
        a, r = mp.mpf(shape), mp.mpf(rate)
        add("gamma", [shape, rate], a - log(r) + lg(a) + (1 - a) * psi(a), lambda x: a * log(r) + (a - 1) * log(x) - r * x - lg(a), xs)
    for d1, d2 in [(5, 9), (1e10, 5), (1e10, 1e10)]:
        a, b = mp.mpf(d1) / 2, mp.mpf(d2) / 2
        add("fisherF", [d1, d2], log(b / a) + lbeta(a, b) + (1 - a) * psi(a) - (1 + b) * psi(b) + (a + b) * psi(a + b),
            lambda x: a * log(a / b) + (a - 1) * log(x) - (a + b) * mp.log1p(a / b * x) - lbeta(a, b), [0.5, 1.0])
    for alphas in ([2.0, 3.5, 0.5], [1e10, 1e10, 3.0]):
        v = [mp.mpf(a) for a in alphas]
        t = sum(v)
        add("dirichlet", alphas, sum(lg(a) for a in v) - lg(t) + (t - len(v)) * psi(t) - sum((a - 1) * psi(a) for a in v), None, [])
    m = mp.mpf(1e-305)
    add("poisson", [1e-305], None, lambda k: k * log(m) - m - lg(k + 1), [0.0, 1.0, 1e6])
    n, points = mp.mpf(3), [-mp.inf, -10, 0, 10, mp.inf]
    f = lambda x: -log(n) / 2 - lbeta(n / 2, half) - (n + 1) / 2 * mp.log1p(x * x / n)
    print("entropy of t with 3 degrees by integration is off by", mp.nstr(mp.quad(lambda x: -mp.exp(f(x)) * f(x), points) - mp.mpf(cases[1]["expected"]["entropy"]), 3))
    write("stats", "prob-extreme", versions("mpmath"), cases, "60 digits; gamma by shape and rate; entropies in nats.")


def shannon_entropy():
    cases = []
    for i in range(120):
        r = Recipe(5000 + i)
        n = 1 + r.below(12)
        p = r.uniforms(n)
        zero = r.uniforms(n) < 0.25
        p[zero] = 0.0
        if p.sum() == 0:
            p[0] = 1.0
        q = r.uniforms(n)
        cases.append(case(f"weights-{i}", {"p": p, "q": q},
                          {"nats": st.entropy(p), "bits": st.entropy(p, base=2), "base10": st.entropy(p, base=10), "klNats": st.entropy(p, q), "klBits": st.entropy(p, q, base=2)}))
    for name, p in [("one", [1.0]), ("certain", [0, 1, 0]), ("uniform 1000", [1.0] * 1000), ("counts", [3, 0, 7, 10]), ("tiny", [1e-300, 1.0]), ("wide", [1e-12, 1e-6, 1, 1e6])]:
        cases.append(case(name, {"p": p}, {"nats": st.entropy(p), "bits": st.entropy(p, base=2)}))
    cases.append(case("support mismatch", {"p": [0.5, 0.5, 0], "q": [1, 0, 0]}, {"klNats": st.entropy([0.5, 0.5, 0], [1, 0, 0])}))
    t = np.abs(Recipe(5200).matrix(3, 4))
    cases.append(case("axes", {"table": t}, {"columns": st.entropy(t, axis=0), "rows": st.entropy(t, axis=1)}))
    write("stats", "shannon-entropy", REF, cases, "scipy.stats.entropy: arguments are normalised to sum 1 first, 0 log 0 = 0.")


def kl_divergence():
    mpmath.mp.dps = 30
    cases = []

    def integral(logp, logq, points):
        return float(mpmath.quad(lambda x: mpmath.exp(logp(x)) * (logp(x) - logq(x)), points))

    def normal(m, s):
        return lambda x: -(x - m) ** 2 / (2 * mpmath.mpf(s) ** 2) - mpmath.log(s) - mpmath.log(2 * mpmath.pi) / 2

    def gamma(a, b):
        return lambda x: a * mpmath.log(b) - mpmath.loggamma(a) + (a - 1) * mpmath.log(x) - b * x

    def beta(a, b):
        return lambda x: (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log1p(-x) - mpmath.log(mpmath.beta(a, b))

    for p, q in [((0, 1), (0, 1)), ((0, 1), (1, 2)), ((-3, 0.5), (2, 1.5)), ((5, 4), (4, 0.7))]:
        reach = [p[0] + p[1] * t for t in (-30, -10, -4, -1, 0, 1, 4, 10, 30)]
        cases.append(case(f"normal {p} {q}", {"family": "normal", "p": p, "q": q}, {"kl": integral(normal(*p), normal(*q), reach)}))
    for p, q in [((2, 1), (2, 1)), ((2.5, 1), (4, 3)), ((7, 0.5), (1, 0.1)), ((1.5, 3), (30, 10))]:
        m, s = p[0] / p[1], math.sqrt(p[0]) / p[1]
        cases.append(case(f"gamma {p} {q}", {"family": "gamma", "p": p, "q": q, "parameters": "shape, rate"},
                          {"kl": integral(gamma(*p), gamma(*q), [0, m / 100, m / 10, m / 2, m, m + 2 * s, m + 6 * s, m + 20 * s, m + 100 * s])}))
    for p, q in [((2, 3), (2, 3)), ((2, 5), (4, 2)), ((1.5, 1.5), (8, 3)), ((30, 12), (1, 1))]:
        cases.append(case(f"beta {p} {q}", {"family": "beta", "p": p, "q": q}, {"kl": integral(beta(*p), beta(*q), [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1])}))
    for p, q in [(3.0, 3.0), (0.5, 4.0), (12.0, 7.5), (200.0, 230.0)]:
        a, b = mpmath.mpf(p), mpmath.mpf(q)
        top = int(p + 40 * math.sqrt(p) + 60)
        cases.append(case(f"poisson {p} {q}", {"family": "poisson", "p": p, "q": q},
                          {"kl": float(mpmath.fsum(mpmath.exp(k * mpmath.log(a) - a - mpmath.loggamma(k + 1)) * (k * (mpmath.log(a) - mpmath.log(b)) + b - a) for k in range(top)))}))
    for i in range(4):
        r = Recipe(39900 + i)
        a, b = r.uniforms(3) + 0.05, r.uniforms(3) + 0.05
        a, b = a / a.sum(), b / b.sum()
        cases.append(case(f"categorical {i}", {"family": "categorical", "p": a, "q": b}, {"kl": float(scipy.special.rel_entr(a, b).sum())}))
    for a, b in [([2, 3], [4, 1.5]), ([1.5, 2, 3], [2, 2, 2]), ([4, 1, 2.5], [1, 3, 1.2])]:
        cases.append(case(f"dirichlet {a} {b}", {"family": "dirichlet", "p": a, "q": b}, {"kl": dirichlet(a, b)}))
    for i in range(3):
        r = Recipe(39950 + i)
        u, v = r.matrix(2, 2), r.matrix(2, 2)
        p, q = (r.bells(2), u @ u.T / 2 + 0.5 * np.eye(2)), (r.bells(2), v @ v.T / 2 + 0.5 * np.eye(2))
        fp, fq = st.multivariate_normal(*p), st.multivariate_normal(*q)
        low = np.linalg.cholesky(p[1])
        nodes, weights = np.polynomial.hermite_e.hermegauss(40)
        z = np.array([[x, y] for x in nodes for y in nodes])
        w = np.array([x * y for x in weights for y in weights]) / (2 * math.pi)
        at = p[0] + z @ low.T
        cases.append(case(f"multivariateNormal {i}", {"family": "multivariateNormal", "p": {"mean": p[0], "covariance": p[1]}, "q": {"mean": q[0], "covariance": q[1]}},
                          {"kl": float((w * (fp.logpdf(at) - fq.logpdf(at))).sum())}))
    write("stats", "kl-divergence", REF, cases, "Integrals with 30 digits (mpmath.quad), sums to the last term, Gauss-Hermite 40 x 40 for the bivariate normals; in nats. gamma by shape and rate.")


def dirichlet(a, b):
    """In the stick-breaking coordinates, where a Dirichlet is a product of betas: the divergences add up."""
    total = mpmath.mpf(0)
    for i in range(len(a) - 1):
        p, q = (a[i], sum(a[i + 1:])), (b[i], sum(b[i + 1:]))
        lp = lambda x, s=p: (s[0] - 1) * mpmath.log(x) + (s[1] - 1) * mpmath.log1p(-x) - mpmath.log(mpmath.beta(*s))
        lq = lambda x, s=q: (s[0] - 1) * mpmath.log(x) + (s[1] - 1) * mpmath.log1p(-x) - mpmath.log(mpmath.beta(*s))
        total += mpmath.quad(lambda x: mpmath.exp(lp(x)) * (lp(x) - lq(x)), [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1])
    return float(total)


if __name__ == "__main__":
    for make in (prob, prob_extreme, shannon_entropy, kl_divergence):
        if len(sys.argv) == 1 or make.__name__ in sys.argv:
            make()
