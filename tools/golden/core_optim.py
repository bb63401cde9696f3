"""lyceum-core: sgd, adam. Everything in float64; parameters after steps 1, 2, 3, 10, 50, 100 and 200."""
import itertools

import numpy as np
import torch

from golden import Recipe, case, versions, write

REF = versions("torch", "numpy")
torch.set_default_dtype(torch.float64)
SHOWN = [1, 2, 3, 10, 50, 100, 200]


def bowl():
    """0.5 x'Ax - b'x + 0.5 sum cos(x), A = B'B / 6 + 0.1 I of size 6."""
    r = Recipe(7900)
    b = r.matrix(6, 6)
    a = torch.tensor(b.T @ b / 6 + 0.1 * np.eye(6))
    c, x0 = torch.tensor(r.bells(6)), r.bells(6)
    return (lambda x: 0.5 * x @ (a @ x) - c @ x + 0.5 * torch.cos(x).sum()), x0


def ravine():
    """0.5 sum_i s_i x_i^2 with s = 1, 10, 100, 1000."""
    s = torch.tensor([1.0, 10.0, 100.0, 1000.0])
    return (lambda x: 0.5 * (s * x * x).sum()), np.array([1.0, -2.0, 3.0, -4.0])


def rosenbrock():
    return (lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()), np.array([-1.2, 1.0, -0.5, 0.8])


def logistic():
    """Mean of softplus(-t_i z_i'x) over 50 rows; t_i = 1 where the row's own bell exceeds 0, else -1."""
    r = Recipe(7901)
    z = r.matrix(50, 5)
    t = np.where(z[:, 0] - 0.5 * z[:, 2] + 0.7 * r.bells(50) > 0, 1.0, -1.0)
    zt, tt = torch.tensor(z), torch.tensor(t)
    return (lambda x: torch.nn.functional.softplus(-tt * (zt @ x)).mean()), np.zeros(5)


def factors():
    """0.5 |U V' - M|^2 with U 4 x 2 and V 3 x 2 in one vector of 14 (U first, row by row)."""
    r = Recipe(7902)
    m, x0 = torch.tensor(r.matrix(4, 3)), 0.3 * r.bells(14)
    return (lambda x: 0.5 * ((x[:8].reshape(4, 2) @ x[8:].reshape(3, 2).T - m) ** 2).sum()), x0


def run(make, optimiser, steps=200):
    f, x0 = make
    x = torch.tensor(x0.copy(), requires_grad=True)
    opt = optimiser([x])
    shown = {}
    for t in range(1, steps + 1):
        opt.zero_grad()
        loss = f(x)
        loss.backward()
        opt.step()
        if t in SHOWN:
            shown[str(t)] = x.detach().numpy().copy()
    return {"steps": shown, "loss": f(x)}


def sgd():
    cases = []
    for momentum, dampening, nesterov, decay, maximize in itertools.product([0.0, 0.9], [0.0, 0.3], [False, True], [0.0, 0.05], [False, True]):
        if nesterov and (momentum == 0 or dampening != 0):
            continue
        options = dict(lr=0.02, momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=decay, maximize=maximize)
        f, x0 = bowl()
        objective = (lambda x: -f(x)) if maximize else f
        cases.append(case("bowl " + " ".join(f"{k}={v}" for k, v in options.items()),
                          {"problem": "bowl", "x0": x0, "lr": 0.02, "momentum": momentum, "dampening": dampening, "nesterov": nesterov,
                           "weightDecay": decay, "maximize": maximize},
                          run((objective, x0), lambda p: torch.optim.SGD(p, **options))))
    f, x0 = logistic()
    cases.append(case("logistic", {"problem": "logistic", "x0": x0, "lr": 0.5, "momentum": 0.9, "dampening": 0, "nesterov": True,
                                   "weightDecay": 0.001, "maximize": False},
                      run((f, x0), lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9, nesterov=True, weight_decay=0.001))))
    cases.append(groups())
    write("core", "sgd", REF, cases,
          "bowl: r = Recipe(7900); B = matrix(6, 6); A = B'B/6 + 0.1 I; b = 6 bells; x0 = 6 bells; f = 0.5 x'Ax - b'x + 0.5 sum cos(x). With maximize the "
          "objective handed over is -f. logistic: r = Recipe(7901); z = matrix(50, 5); t_i = z_i0 - 0.5 z_i2 + 0.7 bell_i > 0 ? 1 : -1 (50 bells after z); "
          "f = mean softplus(-t_i z_i.x); x0 = 0. groups: x = first 3 of the bowl's x0 (lr 0.02, momentum 0.9), y = last 3 (lr 0.05, weight decay 0.1), f(concat(x, y)).")


def groups():
    f, x0 = bowl()
    x, y = torch.tensor(x0[:3].copy(), requires_grad=True), torch.tensor(x0[3:].copy(), requires_grad=True)
    opt = torch.optim.SGD([{"params": [x], "lr": 0.02, "momentum": 0.9}, {"params": [y], "lr": 0.05, "weight_decay": 0.1}], lr=0.1)
    shown = {}
    for t in range(1, 201):
        opt.zero_grad()
        f(torch.cat([x, y])).backward()
        opt.step()
        if t in SHOWN:
            shown[str(t)] = torch.cat([x, y]).detach().numpy().copy()
    return case("groups", {"problem": "bowl in two groups", "x0": x0}, {"steps": shown})


def adam():
    problems = {"bowl": bowl, "ravine": ravine, "rosenbrock": rosenbrock, "logistic": logistic, "factors": factors}
    rate = {"bowl": 0.05, "ravine": 0.05, "rosenbrock": 0.02, "logistic": 0.1, "factors": 0.03}
    cases = []
    for name, make in problems.items():
        for kind, options in [("default", {}), ("amsgrad", {"amsgrad": True})]:
            cases.append(case(f"{name} {kind}", {"problem": name, "optimiser": "Adam", "x0": make()[1], "lr": rate[name], **options},
                              run(make(), lambda p: torch.optim.Adam(p, lr=rate[name], **options))))
    f, x0 = bowl()
    for options in [{"weight_decay": 0.05}, {"betas": (0.8, 0.95), "eps": 1e-3}, {"maximize": True}, {"amsgrad": True, "weight_decay": 0.05, "maximize": True}]:
        objective = (lambda x: -f(x)) if options.get("maximize") else f
        cases.append(case("bowl " + str(options), {"problem": "bowl", "optimiser": "Adam", "x0": x0, "lr": 0.05, **java(options)},
                          run((objective, x0), lambda p: torch.optim.Adam(p, lr=0.05, **options))))
    for options in [{}, {"weight_decay": 0.1}, {"amsgrad": True, "weight_decay": 0.1}]:
        cases.append(case("AdamW bowl " + str(options), {"problem": "bowl", "optimiser": "AdamW", "x0": x0, "lr": 0.05, "weightDecay": 0.01, **java(options)},
                          run((f, x0), lambda p: torch.optim.AdamW(p, lr=0.05, **options))))
    cases.append(lazy())
    write("core", "adam", REF, cases,
          "Defaults: betas 0.9 0.999, eps 1e-8 (added after the square root of the bias-corrected second moment), no decay (AdamW 0.01). bowl and logistic as in sgd.json. "
          "ravine: f = 0.5 sum s_i x_i^2, s = 1 10 100 1000. rosenbrock: sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, n = 4. factors: r = Recipe(7902); M = matrix(4, 3); "
          "x0 = 0.3 * 14 bells; U = x[0..8) as 4 x 2, V = x[8..14) as 3 x 2; f = 0.5 |U V' - M|^2. lazy: see the case; torch.optim.SparseAdam.")


def java(options):
    names = {"weight_decay": "weightDecay"}
    return {names.get(k, k): list(v) if isinstance(v, tuple) else v for k, v in options.items()}


def lazy():
    r = Recipe(7903)
    table = torch.nn.Embedding(6, 3, sparse=True)
    table.weight.data = torch.tensor(r.matrix(6, 3))
    start = table.weight.detach().numpy().copy()
    opt = torch.optim.SparseAdam(table.parameters(), lr=0.05)
    rows, shown = [], {}
    for t in range(1, 41):
        ids = [r.below(6), r.below(6), r.below(3)]
        rows.append(ids)
        opt.zero_grad()
        (table(torch.tensor(ids)) ** 2).sum().backward()
        opt.step()
        if t in (1, 2, 3, 10, 40):
            shown[str(t)] = table.weight.detach().numpy().copy()
    return case("lazy", {"optimiser": "SparseAdam", "lr": 0.05, "weight": start, "rowsByStep": rows,
                         "how": "gradient of sum of squares of the looked-up rows, repeated rows add up; only rows of the step change, moments included; bias correction by the global step"},
                {"steps": shown})


if __name__ == "__main__":
    sgd()
    adam()
