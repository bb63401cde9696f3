"""lyceum-nn: sigmoid, tanh, relu, mse, cross-entropy, multilayer-perceptron."""
import itertools
import math
import warnings

import mpmath
import numpy as np
import scipy.optimize
import torch
import torch.nn.functional as F
from sklearn.metrics import mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

from golden import Recipe, case, diabetes, digits, shape, standardise, table, versions, write

warnings.simplefilter("ignore")
TORCH = versions("torch", "numpy", "mpmath")


def exact(f, xs):
    mpmath.mp.dps = 60
    return [float(f(mpmath.mpf(x))) for x in xs]


def torch_values(f, xs, dtype):
    x = torch.tensor(xs, dtype=dtype, requires_grad=True)
    y = f(x)
    g, = torch.autograd.grad(y.sum(), x)
    return {"y": y, "gradient": g}


GRID = [0.0, 1e-300, 1e-12, 1e-8, 1e-4, 0.1, 0.25, 0.5, 0.549306144334, 0.625, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0, 19.0, 22.0, 36.0, 40.0, 100.0, 350.0, 700.0]
GRID = GRID + [-x for x in GRID[1:]] + (Recipe(10100).uniforms(60) * 40 - 20).tolist() + (Recipe(10101).uniforms(30) * 2 - 1).tolist()


def sigmoid():
    far = [-1e4, -745.0, -709.0, -50.0, 0.0, 50.0, 1e4]
    cases = [case("exact", {"x": GRID}, {"sigmoid": exact(lambda x: 1 / (1 + mpmath.exp(-x)), GRID),
                                         "derivative": exact(lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2, GRID)}),
             case("log sigmoid", {"x": far + GRID}, {"y": exact(lambda x: -mpmath.log1p(mpmath.exp(-x)) if x > -5000 else x, far + GRID)}),
             case("logit", {"p": [1e-300, 1e-10, 0.1, 0.5, 0.75, 0.999, 1 - 2.0**-50]},
                  {"y": exact(lambda p: mpmath.log(p / (1 - p)), [1e-300, 1e-10, 0.1, 0.5, 0.75, 0.999, 1 - 2.0**-50])})]
    x = [-1e4, -10.0, -3.5, -3.0, -1.0, -0.0, 0.0, 0.5, 2.9, 3.0, 6.0, 1e4]
    for dtype in (torch.float32, torch.float64):
        for name, f in [("sigmoid", torch.sigmoid), ("logsigmoid", F.logsigmoid), ("hardsigmoid", F.hardsigmoid), ("silu", F.silu)]:
            cases.append(case(f"torch {name} {str(dtype)[6:]}", {"x": x, "dtype": str(dtype)[6:]}, torch_values(f, x, dtype)))
    write("nn", "sigmoid", TORCH, cases, "exact: of the double x with 60 digits, rounded once (mpmath). torch hardsigmoid: clip(x / 6 + 1/2, 0, 1).")


def tanh():
    tiny = [1e-300, 1e-17, 3e-9, 1e-8, 9.9e-9, 1e-5, 2e-3, 0.0208, 0.17]
    xs = GRID + tiny + [-x for x in tiny]
    cases = [case("exact", {"x": xs}, {"tanh": exact(mpmath.tanh, xs), "derivative": exact(lambda x: mpmath.sech(x) ** 2, xs)}),
             case("lecun", {"x": xs[:40]}, {"y": exact(lambda x: mpmath.mpf("1.7159") * mpmath.tanh(2 * x / 3), xs[:40])})]
    x = [-100.0, -2.0, -1.0, -0.3, -0.0, 0.0, 1e-9, 0.7, 1.0, 1.5, 30.0]
    for dtype in (torch.float32, torch.float64):
        for name, f in [("tanh", torch.tanh), ("hardtanh", F.hardtanh), ("tanhshrink", F.tanhshrink), ("softsign", F.softsign)]:
            cases.append(case(f"torch {name} {str(dtype)[6:]}", {"x": x, "dtype": str(dtype)[6:]}, torch_values(f, x, dtype)))
    write("nn", "tanh", TORCH, cases, "exact: of the double x with 60 digits, rounded once; lecun with the constant 1.7159 exactly.")


def relu():
    cases = []
    x = [-math.inf, -1e30, -2.5, -1e-40, -0.0, 0.0, 1e-40, 0.5, 1.0, 5.5, 6.0, 7.0, 1e30, math.inf, math.nan]
    x += Recipe(10300).bells(40).tolist()
    for dtype in (torch.float32, torch.float64):
        for name, f in [("relu", F.relu), ("leakyRelu 0.01", F.leaky_relu), ("leakyRelu 0.2", lambda v: F.leaky_relu(v, 0.2)), ("relu6", F.relu6), ("elu", F.elu), ("gelu", F.gelu),
                        ("geluTanh", lambda v: F.gelu(v, approximate="tanh")), ("softplus", F.softplus), ("mish", F.mish), ("selu", F.selu), ("hardswish", F.hardswish)]:
            cases.append(case(f"{name} {str(dtype)[6:]}", {"x": x, "dtype": str(dtype)[6:]}, torch_values(f, x, dtype)))
    r = Recipe(10301)
    v, w, up = torch.tensor(r.matrix(4, 3), requires_grad=True), torch.tensor([0.25, -0.1, 0.0], dtype=torch.float64, requires_grad=True), torch.tensor(r.matrix(4, 3))
    y = F.prelu(v, w)
    gx, gw = torch.autograd.grad((up * y).sum(), [v, w])
    cases.append(case("prelu", {"seed": 10301, "shape": [4, 3], "weight": [0.25, -0.1, 0.0], "upstream": "the next 12 bells"}, {"y": y, "gradient": gx, "weightGradient": gw}))
    r = Recipe(10302)
    a, w, b, up = (torch.tensor(t.astype(np.float32)) for t in (r.matrix(5, 4), r.matrix(3, 4), r.bells(3), r.matrix(5, 3)))
    leaves = [t.requires_grad_() for t in (a, w, b)]
    y = F.relu(F.linear(*leaves))
    cases.append(case("relu of linear float32", {"seed": 10302, "x": [5, 4], "weight": [3, 4], "bias": 3, "upstream": [5, 3]},
                      {"y": y, **dict(zip(["xGradient", "weightGradient", "biasGradient"], torch.autograd.grad((up * y).sum(), leaves)))}))
    write("nn", "relu", TORCH, cases, "gradient of the sum of outputs; NaN and infinities as strings. Exact equality is asked of relu and leakyRelu only.")


def mse():
    cases = []
    for i, dims in enumerate([(6,), (4, 3), (2, 3, 2)]):
        r = Recipe(7500 + i)
        n = math.prod(dims)
        p, t = torch.tensor(r.bells(n).reshape(dims), requires_grad=True), torch.tensor(r.bells(n).reshape(dims))
        for reduction in ("mean", "sum", "none"):
            loss = F.mse_loss(p, t, reduction=reduction)
            g, = torch.autograd.grad(loss.sum(), p)
            cases.append(case(f"torch {dims} {reduction}", {"seed": 7500 + i, "shape": list(dims), "reduction": reduction}, {"loss": loss, "gradient": g}))
    for i in range(40):
        r = Recipe(7510 + i)
        n, k = 2 + r.below(20), 2 + r.below(3)
        p, t, w = r.matrix(n, k), r.matrix(n, k), r.uniforms(n)
        output = r.uniforms(k)
        cases.append(case(f"sklearn-{i}", {"seed": 7510 + i, "n": n, "k": k},
                          {"uniform": mean_squared_error(t, p), "raw": mean_squared_error(t, p, multioutput="raw_values"), "weighted": mean_squared_error(t, p, sample_weight=w),
                           "weightedRaw": mean_squared_error(t, p, sample_weight=w, multioutput="raw_values"), "outputWeights": mean_squared_error(t, p, multioutput=output),
                           "rmse": mean_squared_error(t, p, squared=False)}))
    r = Recipe(7590)
    p, t = 1e3 + r.uniforms(1000000), r.uniforms(1000000)
    d = (p - t).tolist()
    mpmath.mp.dps = 50
    from fractions import Fraction
    total = sum(int(np.float64(v) * 2.0**52) ** 2 for v in d)  # v is a multiple of 2^-52 and below 2^11: exact
    assert all(v * 2.0**52 == int(v * 2.0**52) for v in d[:1000])
    cases.append(case("million", {"seed": 7590, "n": 1000000, "how": "p_i = 1000 + uniform() for all i, then t_i = uniform(); residual (double) (p - t)"},
                      {"mse": float(Fraction(total, 10**6 * 2**104))}))
    write("nn", "mse", {**versions("torch", "sklearn", "numpy")}, cases,
          "torch: n bells of predictions, then n of targets; gradient of the summed loss. sklearn: n = 2 + below(20); k = 2 + below(3); p = matrix(n, k), t = matrix(n, k), w = n uniforms, "
          "output weights = k uniforms; rmse is the mean over outputs of their root (sklearn 1.4 squared=False). million: exact rational arithmetic.")


def cross_entropy():
    cases = []
    weight = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)
    for layout, dims, target in [("N C", (6, 4), (6,)), ("N C L", (2, 4, 3), (2, 3)), ("C", (4,), ())]:
        r = Recipe(16100 + len(dims))
        x0 = 2 * r.bells(math.prod(dims)).reshape(dims)
        hard = r.belows(4, max(math.prod(target), 1)).reshape(target)
        soft = torch.softmax(torch.tensor(r.bells(math.prod(dims)).reshape(dims)), 1 if len(dims) > 1 else 0)
        for dtype in (torch.float64, torch.float32):
            for kind, w, smoothing, ignore, reduction in itertools.product(("hard", "soft"), (None, weight), (0.0, 0.1), (None, 1), ("mean", "sum", "none")):
                if kind == "soft" and ignore is not None:
                    continue
                if dtype == torch.float32 and reduction != "mean":
                    continue
                x = torch.tensor(x0, dtype=dtype, requires_grad=True)
                t = torch.tensor(hard) if kind == "hard" else soft.to(dtype)
                loss = F.cross_entropy(x, t, weight=None if w is None else w.to(dtype), label_smoothing=smoothing, reduction=reduction, ignore_index=-100 if ignore is None else ignore)
                g, = torch.autograd.grad(loss.sum(), x)
                cases.append(case(f"{layout} {kind} weight={w is not None} smoothing={smoothing} ignore={ignore} {reduction} {str(dtype)[6:]}",
                                  {"seed": 16100 + len(dims), "layout": layout, "shape": list(dims), "targetKind": kind, "target": hard if kind == "hard" else None,
                                   "weight": weight if w is not None else None, "labelSmoothing": smoothing, "ignoreIndex": ignore, "reduction": reduction, "dtype": str(dtype)[6:]},
                                  {"loss": loss, "gradient": g}))
    x = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], dtype=torch.float64, requires_grad=True)
    for t in ([0, 1], [1, 0]):
        loss = F.cross_entropy(x, torch.tensor(t))
        cases.append(case(f"far {t}", {"x": x, "target": t}, {"loss": loss, "gradient": torch.autograd.grad(loss, x)[0]}))
    x = torch.tensor(Recipe(16110).matrix(3, 4), requires_grad=True)
    loss = F.cross_entropy(x, torch.tensor([1, 1, 1]), ignore_index=1)
    cases.append(case("all ignored", {"seed": 16110, "shape": [3, 4], "target": [1, 1, 1], "ignoreIndex": 1}, {"loss": loss}))
    r = Recipe(16120)
    z, y = torch.tensor(3 * r.bells(8), requires_grad=True), torch.tensor((r.uniforms(8) < 0.5).astype(float))
    for pos in (None, 2.5):
        loss = F.binary_cross_entropy_with_logits(z, y, pos_weight=None if pos is None else torch.tensor(pos, dtype=torch.float64))
        cases.append(case(f"binary pos_weight={pos}", {"x": z, "target": y, "positiveWeight": pos}, {"loss": loss, "gradient": torch.autograd.grad(loss, z)[0]}))
    lp = torch.log_softmax(torch.tensor(Recipe(16121).matrix(5, 3)), 1)
    cases.append(case("nll", {"logProbabilities": lp, "target": [0, 2, 1, 1, 0]}, {"mean": F.nll_loss(lp, torch.tensor([0, 2, 1, 1, 0]))}))
    write("nn", "cross-entropy", versions("torch", "numpy"), cases,
          "r = Recipe(seed); logits = 2 * bells of the shape (float64, then cast); hard targets = below(4) each (given); soft targets = softmax over the class axis of the next bells of the shape. "
          "weight null = none; reduction none: loss has the target's shape, gradient is of its sum. far and all ignored: as torch (all ignored gives NaN).")


# ---- multilayer perceptron ----------------------------------------------------------------------------------------

def torch_mlps():
    for i, (activation, widths, head) in enumerate([("relu", [4, 8, 3], "classes"), ("tanh", [5, 6, 6, 2], "classes"), ("sigmoid", [3, 7, 1], "value"), ("relu", [10, 16, 8, 2], "value"),
                                                     ("gelu", [6, 5, 4], "classes")]):
        r = Recipe(10900 + i)
        layers = []
        for a, b in zip(widths, widths[1:]):
            linear = torch.nn.Linear(a, b)
            linear.weight.data = torch.tensor((r.matrix(b, a) / math.sqrt(a)).astype(np.float32))
            linear.bias.data = torch.tensor((0.1 * r.bells(b)).astype(np.float32))
            layers += [linear, {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "gelu": torch.nn.GELU}[activation]()]
        net = torch.nn.Sequential(*layers[:-1])
        x = torch.tensor(r.matrix(7, widths[0]).astype(np.float32))
        if head == "classes":
            t = r.belows(widths[-1], 7)
            loss_of = lambda out, dtype: F.cross_entropy(out, torch.tensor(t))
        else:
            t = r.matrix(7, widths[-1])
            loss_of = lambda out, dtype: F.mse_loss(out, torch.tensor(t, dtype=dtype))
        expected = {}
        for dtype in (torch.float32, torch.float64):
            net = net.to(dtype)
            net.zero_grad()
            out = net(x.to(dtype))
            loss = loss_of(out, dtype)
            loss.backward()
            expected[str(dtype)[6:]] = {"output": out, "loss": loss, "gradients": {k: p.grad for k, p in net.named_parameters()}}
        count = sum(p.numel() for p in net.parameters())
        yield case(f"torch {activation} {widths}", {"seed": 10900 + i, "activation": activation, "widths": widths, "head": head, "rows": 7, "target": t},
                   {"parameters": count, **expected})


def held_out(n, size):
    test = np.zeros(n, bool)
    test[Recipe(10940).shuffle(n)[:size]] = True
    return test


def sklearn_scores():
    x, y = digits()
    test = held_out(len(y), 360)
    scores, steps = [], []
    for seed in range(5):
        m = MLPClassifier(hidden_layer_sizes=(128, 64), alpha=1e-4, batch_size=64, learning_rate_init=1e-3, max_iter=60, random_state=seed, n_iter_no_change=1000)
        m.fit(x[~test] / 16, y[~test])
        scores.append(m.score(x[test] / 16, y[test]))
        steps.append(m.n_iter_)
    print("digits MLP", scores)
    yield case("sklearn digits", {"features": "pixels / 16", "test": "the first 360 of Recipe(10940).shuffle(1797)", "hidden": [128, 64], "activation": "relu", "solver": "adam", "alpha": 1e-4, "batch": 64, "rate": 1e-3, "epochs": 60,
                                  "seeds": 5}, {"accuracy": scores, "mean": float(np.mean(scores))})
    x, y = diabetes()
    test = held_out(len(y), 111)
    x = standardise(x)
    m, s = y[~test].mean(), y[~test].std()
    scores = []
    for seed in range(5):
        reg = MLPRegressor(hidden_layer_sizes=(32,), alpha=1e-2, batch_size=32, learning_rate_init=1e-3, max_iter=60, random_state=seed, n_iter_no_change=1000)
        reg.fit(x[~test], (y[~test] - m) / s)
        scores.append(reg.score(x[test], (y[test] - m) / s))
    print("diabetes MLP", scores)
    yield case("sklearn diabetes", {"features": "load_diabetes() columns standardised over all rows (mean 0, population deviation 1)", "target": "minus mean, over population deviation of the training rows",
                                    "test": "the first 111 of Recipe(10940).shuffle(442)", "hidden": [32], "activation": "relu", "solver": "adam", "alpha": 1e-2, "batch": 32, "rate": 1e-3, "epochs": 60, "seeds": 5},
               {"r2": scores, "mean": float(np.mean(scores))})


def lbfgs():
    """Full-batch L-BFGS from a given start; starts are kept only where four different solvers find one minimum."""
    iris, species = table("iris")
    x_iris = standardise(iris)
    x_dia, y_dia = diabetes()
    x_dia, y_dia = standardise(x_dia), (y_dia - y_dia.mean()) / y_dia.std()
    for name, x, t, widths, alpha, classes in [("iris", x_iris, species, [4, 3, 3], 0.1, True), ("diabetes", x_dia, y_dia, [10, 2, 1], 0.3, False), ("iris weak penalty", x_iris, species, [4, 5, 3], 0.02, True)]:
        xt = torch.tensor(x)
        tt = torch.tensor(t) if classes else torch.tensor(t)[:, None]
        sizes = [(b, a) for a, b in zip(widths, widths[1:])]

        def loss(theta):
            h, at, penalty = xt, 0, 0.0
            for k, (b, a) in enumerate(sizes):
                w, c = theta[at:at + a * b].reshape(b, a), theta[at + a * b:at + a * b + b]
                at += a * b + b
                h = h @ w.T + c
                penalty = penalty + (w * w).sum()
                if k + 1 < len(sizes):
                    h = torch.tanh(h)
            fit = F.cross_entropy(h, tt) if classes else 0.5 * F.mse_loss(h, tt)
            return fit + 0.5 * alpha * penalty

        def fun(theta):
            v = torch.tensor(theta, requires_grad=True)
            y = loss(v)
            return float(y.detach()), torch.autograd.grad(y, v)[0].numpy()

        kept = 0
        for seed in range(10950, 10990):
            n = sum(a * b + b for b, a in sizes)
            start = 0.5 * Recipe(seed).bells(n)
            ends = [scipy.optimize.minimize(fun, start, jac=True, method="L-BFGS-B", options=dict(maxiter=20000, maxfun=50000, ftol=1e-15, gtol=1e-9)).fun]
            ends.append(scipy.optimize.minimize(fun, start, jac=True, method="L-BFGS-B", options=dict(maxiter=20000, maxfun=50000, ftol=1e-15, gtol=1e-9, maxcor=30)).fun)
            ends += [scipy.optimize.minimize(fun, start, jac=True, method=m, options=dict(maxiter=20000, gtol=1e-8)).fun for m in ("BFGS", "CG")]
            v = torch.tensor(start, requires_grad=True)
            opt = torch.optim.LBFGS([v], lr=1, max_iter=5000, tolerance_grad=1e-10, tolerance_change=1e-15, history_size=10, line_search_fn="strong_wolfe")

            def closure():
                opt.zero_grad()
                y = loss(v)
                y.backward()
                return y
            opt.step(closure)
            ends.append(float(loss(v)))
            if max(ends) - min(ends) < 1e-7:
                yield case(f"lbfgs {name} {seed}", {"seed": seed, "data": name.split()[0], "widths": widths, "activation": "tanh", "alpha": alpha, "start": "0.5 * bells; per layer weight (out x in, row by row), then bias"},
                           {"startLoss": fun(start)[0], "loss": ends[0], "spreadOfFiveSolvers": max(ends) - min(ends)})
                kept += 1
                if kept == 3:
                    break
        print("lbfgs", name, "kept", kept)


def multilayer_perceptron():
    cases = [*torch_mlps(), *sklearn_scores(), *lbfgs()]
    write("nn", "multilayer-perceptron", versions("torch", "sklearn", "scipy", "numpy"), cases,
          "torch: r = Recipe(seed); per layer weight = (float) (matrix(out, in) / sqrt(in)), then bias = (float) (0.1 * bells); then x = (float) matrix(7, widths[0]); target given (class numbers or values); activation between "
          "layers, none at the end; mean cross-entropy or mean squared error. float64 = the same float32 numbers widened. lbfgs: columns standardised (diabetes' target too); loss = mean cross-entropy, "
          "or 0.5 * mean squared error, + alpha / 2 * sum of squared weights (no biases); a start is in only if five solvers end within 1e-7.")


if __name__ == "__main__":
    import sys
    only = sys.argv[1:]
    for make in (sigmoid, tanh, relu, mse, cross_entropy, multilayer_perceptron):
        if not only or make.__name__ in only:
            make()
