"""lyceum-nn: transferability scores by NumPy, from their definitions: LEEP, H-score, and LogME by maximising the evidence."""
import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from golden import case, versions, write


def leep(theta, y, classes):
    joint = np.stack([theta[y == c].sum(0) for c in range(classes)]) / len(y)
    conditional = joint / joint.sum(0, keepdims=True)
    return float(np.mean(np.log((theta * conditional[y]).sum(1))))


def h_score(f, y):
    g = np.zeros_like(f)
    for c in np.unique(y):
        g[y == c] = f[y == c].mean(0)
    return float(np.trace(np.linalg.pinv(np.cov(f.T, bias=True), rcond=1e-12) @ np.cov(g.T, bias=True)))


def log_me(f, y, classes):
    """log N(y; 0, I / beta + F F' / alpha) at the best alpha and beta, the marginal likelihood itself."""
    def evidence(target):
        def minus(p):
            cov = np.eye(len(f)) * np.exp(-p[1]) + f @ f.T * np.exp(-p[0])
            return -multivariate_normal(np.zeros(len(f)), cov, allow_singular=False).logpdf(target) / len(f)
        best = min((minimize(minus, s, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}) for s in ([0, 0], [2, 3])), key=lambda r: r.fun)
        return -best.fun
    return float(np.mean([evidence((y == c).astype(float)) for c in range(classes)]))


def cases():
    for seed, (n, d, sources, classes, pull) in enumerate([(40, 5, 4, 3, 1.0), (60, 8, 6, 2, 0.5), (50, 3, 3, 4, 2.0), (30, 12, 5, 3, 1.0), (45, 6, 10, 5, 1.5)]):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, classes, n)
        f = np.round(rng.normal(size=(n, d)) + pull * rng.normal(size=(classes, d))[y], 6)
        logits = rng.normal(size=(n, sources)) + pull * rng.normal(size=(classes, sources))[y]
        theta = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        theta = np.round(theta, 6)
        yield case("scores", {"classes": classes, "y": y.tolist(), "features": f.tolist(), "theta": theta.tolist()},
                   {"leep": leep(theta, y, classes), "hScore": h_score(f, y), "logMe": log_me(f, y, classes)})


if __name__ == "__main__":
    write("nn", "transfer-learning", versions("numpy", "scipy"), list(cases()), "numpy.random.default_rng")
