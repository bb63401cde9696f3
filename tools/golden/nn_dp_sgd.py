"""lyceum-nn: Rényi divergences of the sampled Gaussian by mpmath quadrature of their definition, epsilons and calibrated noise by an own accountant on them."""
import mpmath as mp
from scipy.optimize import brentq

from golden import Recipe, case, versions, write

mp.mp.dps = 30
ORDERS = [1 + t / 10 for t in range(1, 100)] + list(range(12, 64)) + [64, 128, 256, 512]


def divergence(q, sigma, alpha):
    """D_alpha((1 - q) N(0, s^2) + q N(1, s^2) || N(0, s^2)), by quadrature over z."""
    q, s, a = mp.mpf(q), mp.mpf(sigma), mp.mpf(alpha)
    f = lambda z: mp.npdf(z, 0, s) * ((1 - q) + q * mp.exp((2 * z - 1) / (2 * s * s))) ** a
    points = [-15 * s, -5 * s, 0, s, 1, a / 2, a, a + 3 * s, a + 15 * s]
    return mp.log(mp.quad(f, sorted(set(points)))) / (a - 1)


def whole(q, sigma, alpha):
    """The same at a whole order, in rational powers of 60 digits."""
    with mp.workdps(60):
        q, s = mp.mpf(q), mp.mpf(sigma)
        return float(mp.log(sum(mp.binomial(alpha, k) * (1 - q) ** (alpha - k) * q ** k * mp.exp(mp.mpf(k * k - k) / (2 * s * s))
                                for k in range(alpha + 1))) / (alpha - 1))


def fast(q, sigma, alpha):
    if alpha == int(alpha): return whole(q, sigma, int(alpha))
    return float(divergence(q, sigma, alpha))


def epsilon(rdp, delta, classic):
    best = mp.inf
    for a, r in rdp:
        e = r + mp.log(1 / mp.mpf(delta)) / (a - 1) if classic else r + mp.log1p(-1 / mp.mpf(a)) - (mp.log(delta) + mp.log(a)) / (a - 1)
        best = min(best, e)
    return float(best)


def near(rdp_of, delta, classic):
    """Coarse to fine: the function of the order has one valley."""
    coarse = [(a, rdp_of(a)) for a in ORDERS[::8]]
    values = [epsilon([c], delta, classic) for c in coarse]
    i = values.index(min(values))
    lo, hi = max(0, 8 * (i - 1)), min(len(ORDERS), 8 * (i + 1) + 1)
    return epsilon([(a, rdp_of(a)) for a in ORDERS[lo:hi]] + coarse, delta, classic)


def cases():
    r = Recipe(4711)
    mp.mp.dps = 25
    for i in range(40):
        q, sigma = [10 ** (-2.5 * r.uniform()), 1.0][i % 8 == 7], 0.6 + 4 * r.uniform()
        alpha = [1.1 + 9 * r.uniform(), 2 + r.below(62)][i % 2]
        yield case(f"divergence {i}", {"q": q, "sigma": sigma, "alpha": alpha}, {"value": float(divergence(q, sigma, alpha))})
    mp.mp.dps = 16
    settings = [(0.01, 4.0, 10000, 1e-5)]
    for i in range(5): settings.append((10 ** (-2 * r.uniform()), 0.7 + 2 * r.uniform(), 10 ** (1 + r.below(3)), 1e-5))
    for i, (q, sigma, steps, delta) in enumerate(settings):
        of = lambda a: steps * fast(q, sigma, a)
        yield case(f"epsilon {i}", {"q": q, "sigma": sigma, "steps": steps, "delta": delta}, {"classic": near(of, delta, True), "improved": near(of, delta, False)})
    for i in range(6):
        q, steps, target = 10 ** (-2 * r.uniform()), 10 ** (1 + r.below(3)), 0.5 + 5 * r.uniform()
        sigma = brentq(lambda s: near(lambda a: steps * fast(q, s, a), 1e-5, False) - target, 0.4, 400, rtol=1e-5)
        yield case(f"noise {i}", {"q": q, "steps": steps, "delta": 1e-5, "epsilon": target}, {"sigma": sigma})


write("nn", "dp-sgd", versions("mpmath", "scipy"), list(cases()), "golden.Recipe")
