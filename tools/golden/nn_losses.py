"""lyceum-nn: losses beside PyTorch, fifty random cases each with all reductions, and single cases of their rows."""
import numpy as np
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write


class Draws:
    """The inputs of case i: all are drawn, in this order, whether a loss needs them or not."""

    def __init__(self, seed):
        r = Recipe(seed)
        self.n, self.k = 2 + r.below(2), 2 + r.below(2)
        n = self.n * self.k
        self.p, self.q = 2 * r.bells(2 * n), 2 * r.bells(n)
        self.u, self.w = r.uniforms(n), r.uniforms(n)
        self.c, self.cw, self.a = r.belows(self.k, 2 * self.n), r.uniforms(self.k), r.uniform()
        self.v = r.uniforms(2 * n)

    def wide(self, x): return torch.tensor(x[:self.n * self.k].reshape(self.n, self.k))
    def rows(self, i): return torch.tensor(self.p.reshape(self.n, self.k, 2) if i % 4 == 3 else self.p[:self.n * self.k].reshape(self.n, self.k))
    def classes(self, i): return torch.tensor(self.c.reshape(self.n, 2) if i % 4 == 3 else self.c[:self.n])
    def hard(self): return torch.tensor(np.where(self.u < 0.5, 0.0, 1.0).reshape(self.n, self.k))
    def signs(self): return 2 * self.hard() - 1


def reduced(values, reduction, weights=None, normalized=True):
    v = values if weights is None else weights * values
    if reduction == "none":
        return v
    return v.sum() if reduction == "sum" else v.sum() / weights.expand(values.shape).sum() if weights is not None and normalized else v.mean()


def margins(s, t):
    """Rows last; own scores; hits."""
    rows = s.movedim(1, -1)
    hit = F.one_hot(t, rows.shape[-1]).bool()
    return rows, rows[hit].reshape(t.shape), hit


def focal_binary(z, y, gamma):
    p = torch.sigmoid(z)
    pt = p * y + (1 - p) * (1 - y)
    return (1 - pt) ** gamma * F.binary_cross_entropy_with_logits(z, y, reduction="none")


def focal_classes(z, t, gamma):
    logp = torch.log_softmax(z, 1)
    ce = F.nll_loss(logp, t, reduction="none")
    return (1 - torch.exp(-ce)) ** gamma * ce


def crammer_singer(s, t, m):
    rows, own, hit = margins(s, t)
    return torch.relu(m + rows.masked_fill(hit, -1e300).amax(-1) - own)


def weston_watkins(s, t, m):
    rows, own, hit = margins(s, t)
    return torch.relu(m + rows - own[..., None]).masked_fill(hit, 0.0).sum(-1)


def smoothed_hinge(f, y, width):
    s = 1 - y * f
    return torch.where(s <= 0, 0 * s, torch.where(s < width, s * s / (2 * width), s - width / 2))


def tversky(z, t, a, b, s):
    p = torch.sigmoid(z)
    tp, fp, fn = (p * t).sum(1), (p * (1 - t)).sum(1), ((1 - p) * t).sum(1)
    return 1 - (tp + s) / (tp + a * fp + b * fn + s)


def ldam(s, t, counts):
    m = torch.tensor([c ** -0.25 for c in counts], dtype=torch.float64)
    m = 0.5 * m / m.max()
    rows, _, hit = margins(s, t)
    z = 30 * (rows - hit * m)
    return F.cross_entropy(z.reshape(-1, rows.shape[-1]), t.reshape(-1), reduction="none").reshape(t.shape)


def brier(s, t):
    rows, _, hit = margins(s, t)
    return ((torch.softmax(rows, -1) - hit.double()) ** 2).sum(-1)


def gaussian(d, i):
    x = torch.tensor(d.p[:2 * d.n].reshape(d.n, 2))
    y = torch.tensor(d.q[:d.n])
    return x, lambda x, r: F.gaussian_nll_loss(x[:, 0], y, x[:, 1].exp(), full=True, eps=1e-6, reduction=r)


# name: (draws, i) -> the tensor that has a gradient, and the loss of it and a reduction
def regression():
    yield "l1", lambda d, i: (d.wide(d.p), lambda x, r: F.l1_loss(x, d.wide(d.q), reduction=r))
    yield "mse", lambda d, i: (d.wide(d.p), lambda x, r: F.mse_loss(x, d.wide(d.q), reduction=r))
    yield "huber", lambda d, i: (d.wide(d.p), lambda x, r: F.huber_loss(x, d.wide(d.q), delta=0.5 + d.a, reduction=r))
    yield "smoothL1", lambda d, i: (d.wide(d.p), lambda x, r: F.smooth_l1_loss(x, d.wide(d.q), beta=0.0 if i % 5 == 0 else 0.5 + d.a, reduction=r))
    yield "poisson", lambda d, i: (d.wide(d.p), lambda x, r: F.poisson_nll_loss(x, (10 * d.wide(d.u)).floor(), reduction=r))
    yield "poissonOfRate", lambda d, i: (d.wide(d.w), lambda x, r: F.poisson_nll_loss(x, (10 * d.wide(d.u)).floor(), log_input=False, reduction=r))
    yield "gaussian", gaussian
    yield "klDivergence", lambda d, i: (d.wide(d.p).log_softmax(1), lambda x, r: F.kl_div(x, d.wide(d.q).softmax(1), reduction=r))


def formulas():
    """Without a counterpart in PyTorch."""
    yield "pinball", lambda d, i: (d.wide(d.p), lambda x, r: reduced(torch.maximum(d.a * (d.wide(d.q) - x), (d.a - 1) * (d.wide(d.q) - x)), r))
    yield "logCosh", lambda d, i: (d.wide(d.p), lambda x, r: reduced(torch.log(torch.cosh(x - d.wide(d.q))), r))
    yield "epsilonInsensitive", lambda d, i: (d.wide(d.p), lambda x, r: reduced(torch.relu((x - d.wide(d.q)).abs() - d.a), r))


def binary():
    yield "bce", lambda d, i: (d.wide(d.p), lambda x, r: F.binary_cross_entropy_with_logits(
        x, d.wide(d.u) if i % 2 else d.hard(), weight=d.wide(d.w) if i % 3 == 1 else None,
        pos_weight=torch.tensor(3 * d.cw) if i % 3 == 2 else torch.tensor(3 * d.a) if i % 6 == 0 else None, reduction=r))
    yield "bceOfProbabilities", lambda d, i: (d.wide(d.w), lambda x, r: F.binary_cross_entropy(
        x, d.wide(d.u) if i % 2 else d.hard(), weight=d.wide(d.v) if i % 3 == 1 else None, reduction=r))
    yield "softMargin", lambda d, i: (d.wide(d.p), lambda x, r: F.soft_margin_loss(x, d.signs(), reduction=r))


def margin():
    yield "rankingHinge", lambda d, i: (d.wide(d.p), lambda x, r: F.margin_ranking_loss(x, d.wide(d.q), d.signs(), margin=d.a, reduction=r))
    yield "hingeEmbedding", lambda d, i: (d.wide(d.p).abs(), lambda x, r: F.hinge_embedding_loss(x, d.signs(), margin=1 + d.a, reduction=r))
    yield "hinge", lambda d, i: (d.wide(d.p), lambda x, r: reduced(torch.relu(1 + d.a - d.signs() * x), r))
    yield "squaredHinge", lambda d, i: (d.wide(d.p), lambda x, r: reduced(torch.relu(1 - d.signs() * x) ** 2, r))
    yield "smoothedHinge", lambda d, i: (d.wide(d.p), lambda x, r: reduced(smoothed_hinge(x, d.signs(), 0.5 + d.a), r))
    yield "focal", lambda d, i: (d.wide(d.p), lambda x, r: reduced(
        focal_binary(x, d.hard(), [0.5, 1, 2, 3.5][i % 4]), r, None if i % 2 else torch.where(d.hard() > 0, 0.25, 0.75), normalized=False))
    yield "tversky", lambda d, i: (d.wide(d.p), lambda x, r: reduced(tversky(x, d.hard(), 0.3, 0.7, d.a), r))
    yield "dice", lambda d, i: (d.wide(d.p), lambda x, r: reduced(tversky(x, d.hard(), 0.5, 0.5, 0.5), r))


def several():
    def options(d, i):
        return {"weight": torch.tensor(0.1 + d.cw) if i % 2 else None, "ignore_index": int(d.c[0]) if i % 3 == 1 else -100}
    yield "nll", lambda d, i: (d.rows(i).log_softmax(1), lambda x, r: F.nll_loss(x, d.classes(i), reduction=r, **options(d, i)))
    yield "crossEntropy", lambda d, i: (d.rows(i), lambda x, r: F.cross_entropy(x, d.classes(i), label_smoothing=0.3 * d.a if i % 5 else 0.0, reduction=r, **options(d, i)))
    yield "multiMargin", lambda d, i: (d.wide(d.p), lambda x, r: F.multi_margin_loss(
        x, torch.tensor(d.c[:d.n]), p=1 + i % 2, margin=0.5 + d.a, weight=torch.tensor(d.cw) if i % 3 == 0 else None, reduction=r))
    yield "crammerSinger", lambda d, i: (d.rows(i), lambda x, r: reduced(crammer_singer(x, d.classes(i), 0.5 + d.a), r))
    yield "westonWatkins", lambda d, i: (d.rows(i), lambda x, r: reduced(weston_watkins(x, d.classes(i), 0.5 + d.a), r))
    yield "brier", lambda d, i: (d.rows(i), lambda x, r: reduced(brier(x, d.classes(i)), r))
    yield "focalClasses", lambda d, i: (d.rows(i), lambda x, r: reduced(
        focal_classes(x, d.classes(i), [0.5, 1, 2, 3.5][i % 4]), r, torch.tensor(0.1 + d.cw)[d.classes(i)] if i % 2 else None))
    yield "ldam", lambda d, i: (d.rows(i), lambda x, r: reduced(ldam(x, d.classes(i), [1000, 100, 10][:d.k]), r))


def short(x):
    return [float(f"{v:.8g}") for v in x.detach().reshape(-1).tolist()]


def family(name, losses, first):
    cases, seed = [], first
    for loss, make in losses:
        for i in range(50):
            d = Draws(seed)
            x, f = make(d, i)
            x = x.detach().clone().requires_grad_()
            expected = {}
            for r in ("none", "mean", "sum"):
                y = f(x, r)
                g, = torch.autograd.grad((y * torch.tensor(d.v[:y.numel()]).reshape(y.shape)).sum() if r == "none" else y, x)
                expected[r], expected[r + "Gradient"] = short(y), short(g)
            cases.append(case(f"{loss} {i}", {"seed": seed, "i": i}, expected))
            seed += 1
    write("nn", "loss-" + name, versions("torch", "numpy"), cases,
          "Draws of tools/golden/nn_losses.py, float64; values to 8 digits. none: the gradient is of the values times v, element by element.")


def likelihoods():
    """Log densities by scipy, at parameters as the library takes them: logarithms of what is positive, logits of probabilities."""
    from scipy import stats
    r, cases = Recipe(77000), []
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    families = {
        "gaussian": (2, False, lambda p, y: stats.norm.logpdf(y, p[0], np.exp(p[1] / 2))),
        "logNormal": (2, False, lambda p, y: stats.lognorm.logpdf(np.exp(y), np.exp(p[1] / 2), scale=np.exp(p[0]))),
        "laplace": (2, False, lambda p, y: stats.laplace.logpdf(y, p[0], np.exp(p[1]))),
        "studentT": (3, False, lambda p, y: stats.t.logpdf(y, np.exp(p[2]), p[0], np.exp(p[1]))),
        "poisson": (1, True, lambda p, y: stats.poisson.logpmf(y, np.exp(p[0]))),
        "negativeBinomial": (2, True, lambda p, y: stats.nbinom.logpmf(y, np.exp(p[1]), np.exp(p[1]) / (np.exp(p[1]) + np.exp(p[0])))),
        "binomial": (1, True, lambda p, y: stats.binom.logpmf(y, 9, sigmoid(p[0]))),
        "geometric": (1, True, lambda p, y: stats.geom.logpmf(y + 1, sigmoid(p[0]))),
        "exponential": (1, False, lambda p, y: stats.expon.logpdf(np.exp(y), scale=np.exp(-p[0]))),
        "gamma": (2, False, lambda p, y: stats.gamma.logpdf(np.exp(y), np.exp(p[1]), scale=np.exp(p[0] - p[1]))),
        "inverseGaussian": (2, False, lambda p, y: stats.invgauss.logpdf(np.exp(y), np.exp(p[0] - p[1]), scale=np.exp(p[1]))),
        "beta": (2, False, lambda p, y: stats.beta.logpdf(sigmoid(y), np.exp(p[0]), np.exp(p[1]))),
        "mixture": (9, False, lambda p, y: np.log(sum(np.exp(p[k]) / np.exp(p[:3]).sum() * stats.norm.pdf(y, p[3 + 2 * k], np.exp(p[4 + 2 * k] / 2)) for k in range(3)))),
    }
    for name, (k, counts, f) in families.items():
        for i in range(8):
            p = r.bells(k)
            y = float(r.below(10)) if counts else r.bell()
            cases.append(case(name, {"parameters": p, "y": y}, {"logDensity": float(f(p, y))}))
    write("nn", "likelihood", versions("scipy", "numpy"), cases,
          "logNormal, exponential, gamma, inverseGaussian: the target is exp(y); beta: sigmoid(y); else y. binomial of 9 trials; mixture of 3 gaussians.")


def linear_svc():
    from golden import standardise, table
    from sklearn.svm import LinearSVC
    x, y = table("breast-cancer")
    x = np.hstack([standardise(x), np.ones((len(x), 1))])
    s = np.where(y == 1, 1.0, -1.0)
    w = LinearSVC(loss="hinge", C=1.0, fit_intercept=False, tol=1e-9, max_iter=5000000, dual=True, random_state=0).fit(x, s).coef_[0]
    objective = w @ w / (2 * len(s)) + np.maximum(0, 1 - s * (x @ w)).mean()
    write("nn", "pegasos", versions("sklearn", "numpy"), [case("breast cancer", {"C": 1}, {"objective": objective})],
          "columns standardised (population), a column of ones for the intercept, class 1 against -1; objective |w|^2 / (2 n C) + mean hinge.")


def logit_adjustment():
    cases = []
    for i in range(20):
        r = Recipe(78000 + i)
        n, k, tau = 3 + r.below(3), 2 + r.below(3), 2 * r.uniform()
        z = torch.tensor(2 * r.matrix(n, k), requires_grad=True)
        t, prior = torch.tensor(r.belows(k, n)), torch.tensor(0.05 + r.uniforms(k))
        prior = prior / prior.sum()
        loss = F.cross_entropy(z + tau * prior.log(), t)
        cases.append(case(str(i), {"seed": 78000 + i}, {"loss": loss, "gradient": torch.autograd.grad(loss, z)[0]}))
    write("nn", "logit-adjustment", versions("torch", "numpy"), cases,
          "r = Recipe(seed); n = 3 + below(3); k = 2 + below(3); tau = 2 uniform; logits = 2 matrix(n, k); targets = belows(k, n); priors = 0.05 + uniforms(k), normalised.")


if __name__ == "__main__":
    family("regression", regression(), 74000)
    family("formulas", formulas(), 74600)
    family("binary", binary(), 75000)
    family("margin", margin(), 75500)
    family("several", several(), 76000)
    likelihoods()
    linear_svc()
    logit_adjustment()
