"""lyceum-stats: probability-distribution.  SciPy's families beside those of lyceum.prob."""
import warnings

import numpy as np
import scipy.stats as st

from golden import case, versions, write

warnings.simplefilter("ignore")
PS = [1e-6, 0.003, 0.1, 0.37, 0.5, 0.8, 0.99, 1 - 1e-6]

# name, parameters as Lyceum's record has them, SciPy's frozen twin
CONTINUOUS = [
    ("normal", [1.5, 0.4], st.norm(1.5, 0.4)), ("uniform", [-1, 3.5], st.uniform(-1, 4.5)), ("exponential", [0.7], st.expon(scale=1 / 0.7)),
    ("gamma", [2.3, 0.5], st.gamma(2.3, scale=2)), ("gamma", [0.4, 3], st.gamma(0.4, scale=1 / 3)), ("beta", [2.5, 0.8], st.beta(2.5, 0.8)),
    ("studentT", [3.5, 1, 2], st.t(3.5, 1, 2)), ("chiSquare", [5], st.chi2(5)), ("fisherF", [4, 9], st.f(4, 9)),
    ("inverseGamma", [3.2, 1.4], st.invgamma(3.2, scale=1.4)), ("lomax", [2.6, 3], st.lomax(2.6, scale=3)),
    ("logNormal", [0.3, 0.8], st.lognorm(0.8, scale=np.exp(0.3))), ("laplace", [-1, 0.6], st.laplace(-1, 0.6)),
    ("logistic", [2, 0.3], st.logistic(2, 0.3)), ("gumbel", [0.5, 1.7], st.gumbel_r(0.5, 1.7)),
    ("weibull", [1.6, 2.5], st.weibull_min(1.6, scale=2.5)), ("weibull", [0.7, 1], st.weibull_min(0.7)), ("rayleigh", [1.3], st.rayleigh(scale=1.3)),
    ("halfNormal", [0.9], st.halfnorm(scale=0.9)), ("cauchy", [1, 0.5], st.cauchy(1, 0.5)), ("pareto", [3.3, 2], st.pareto(3.3, scale=2)),
    ("generalizedPareto", [0.2, 1.5], st.genpareto(0.2, scale=1.5)), ("generalizedPareto", [-0.4, 2], st.genpareto(-0.4, scale=2)),
    ("generalizedExtremeValue", [0.15, 1, 2], st.genextreme(-0.15, 1, 2)), ("generalizedExtremeValue", [-0.3, 0, 1], st.genextreme(0.3)),
    ("inverseGaussian", [1.5, 2.5], st.invgauss(1.5 / 2.5, scale=2.5)), ("triangle", [-1, 0.5, 4], st.triang(0.3, -1, 5)),
    ("truncatedNormal", [1, 2, 0.5, 4], st.truncnorm(-0.25, 1.5, 1, 2)),
]
DISCRETE = [
    ("poisson", [3.7], st.poisson(3.7)), ("binomial", [14, 0.3], st.binom(14, 0.3)), ("bernoulli", [0.35], st.bernoulli(0.35)),
    ("negativeBinomial", [3.5, 0.4], st.nbinom(3.5, 0.4)), ("geometric", [0.22], st.geom(0.22, loc=-1)),
    ("hypergeometric", [60, 25, 18], st.hypergeom(60, 25, 18)), ("betaBinomial", [12, 2.5, 1.2], st.betabinom(12, 2.5, 1.2)),
    ("discreteUniform", [-3, 8], st.randint(-3, 9)), ("categorical", [0.2, 0.5, 0.3], st.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3]))),
]


def numeric(d):
    """Whether SciPy integrates or sums this family's entropy."""
    return hasattr(d, "dist") and type(d.dist)._entropy in (st.rv_continuous._entropy, st.rv_discrete._entropy)


def cases():
    for name, parameters, d in CONTINUOUS:
        x = d.ppf(PS)
        yield case(name, {"parameters": parameters, "p": PS, "x": x}, {
            "density": d.pdf(x), "cdf": d.cdf(x), "quantile": x, "mean": d.mean(), "variance": d.var(), "entropy": d.entropy(), "numeric": numeric(d)})
    for name, parameters, d in DISCRETE:
        x = np.unique(d.ppf(PS))
        yield case(name, {"parameters": parameters, "p": PS, "x": x}, {
            "density": d.pmf(x), "cdf": d.cdf(x), "quantile": d.ppf(PS), "mean": d.mean(), "variance": d.var(), "entropy": d.entropy(), "numeric": numeric(d)})


write("stats", "probability-distribution", versions("numpy", "scipy"), list(cases()))
