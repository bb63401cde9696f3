"""lyceum-core: the optimisers beside SGD and Adam, schedules, clipping and decay. Everything in float64 unless said."""
import numpy as np
import torch

from core_optim import SHOWN, bowl, factors, logistic, ravine, run
from golden import Recipe, case, versions, write

REF = versions("torch", "numpy")
torch.set_default_dtype(torch.float64)
PROBLEMS = {"bowl": bowl, "ravine": ravine, "logistic": logistic, "factors": factors}


def optimisers():
    cases = []

    def add(kind, make, problem="bowl", steps=200, **input):
        f, x0 = PROBLEMS[problem]()
        objective = (lambda x: -f(x)) if input.get("maximize") else f
        cases.append(case(f"{kind} {problem} " + " ".join(f"{k}={v}" for k, v in input.items()),
                          {"problem": problem, "optimiser": kind, "x0": x0, **input}, run((objective, x0), make, steps)))

    o = torch.optim
    for problem in PROBLEMS:
        add("AdaGrad", lambda p: o.Adagrad(p, lr=0.3), problem, lr=0.3)
        add("RmsProp", lambda p: o.RMSprop(p, lr=0.02), problem, lr=0.02)
        add("RmsProp", lambda p: o.RMSprop(p, lr=0.02, centered=True), problem, lr=0.02, centered=True)
        add("RmsProp", lambda p: o.RMSprop(p, lr=0.005, momentum=0.9), problem, lr=0.005, momentum=0.9)
        add("RAdam", lambda p: o.RAdam(p, lr=0.05), problem, lr=0.05)
        add("AdamW", lambda p: o.AdamW(p, lr=0.03), problem, lr=0.03, weightDecay=0.01)
        add("AdamW", lambda p: o.AdamW(p, lr=0.03, amsgrad=True, weight_decay=0.1), problem, lr=0.03, weightDecay=0.1, amsgrad=True)
        add("Adam", lambda p: o.Adam(p, lr=0.03, weight_decay=0.1), problem, lr=0.03, weightDecay=0.1)
    add("AdaGrad", lambda p: o.Adagrad(p, lr=0.3, lr_decay=0.05, initial_accumulator_value=0.5, weight_decay=0.02), lr=0.3, rateDecay=0.05, initial=0.5, weightDecay=0.02)
    add("RmsProp", lambda p: o.RMSprop(p, lr=0.01, alpha=0.9, eps=0.1, momentum=0.5, centered=True, weight_decay=0.02), lr=0.01, alpha=0.9, eps=0.1, momentum=0.5, centered=True, weightDecay=0.02)
    add("RAdam", lambda p: o.RAdam(p, lr=0.05, betas=(0.8, 0.95), weight_decay=0.05), lr=0.05, betas=[0.8, 0.95], weightDecay=0.05)
    add("AdaGrad", lambda p: o.Adagrad(p, lr=0.3, maximize=True), lr=0.3, maximize=True)

    large = [("Adam", lambda p: o.Adam(p, lr=0.01, weight_decay=0.1), dict(lr=0.01, weightDecay=0.1)),
             ("AdamW", lambda p: o.AdamW(p, lr=0.01, weight_decay=0.1), dict(lr=0.01, weightDecay=0.1))]
    for name, scale, runs in [("gradients 100 times random", 100, large), ("random gradients", 1, [
        ("AdamW", lambda p: o.AdamW(p, lr=0.01, weight_decay=0.1), dict(lr=0.01, weightDecay=0.1)),
        ("AdamW", lambda p: o.AdamW(p, lr=0.01, weight_decay=0.1, amsgrad=True), dict(lr=0.01, weightDecay=0.1, amsgrad=True)),
        ("AdaGrad", lambda p: o.Adagrad(p, lr=0.1), dict(lr=0.1)),
        ("RmsProp", lambda p: o.RMSprop(p, lr=0.01), dict(lr=0.01)),
        ("RmsProp", lambda p: o.RMSprop(p, lr=0.01, centered=True), dict(lr=0.01, centered=True)),
        ("RmsProp", lambda p: o.RMSprop(p, lr=0.01, momentum=0.9), dict(lr=0.01, momentum=0.9)),
        ("Sgd", lambda p: o.SGD(p, lr=0.1, momentum=0.9), dict(lr=0.1, momentum=0.9)),
        ("Sgd", lambda p: o.SGD(p, lr=0.1, momentum=0.9, dampening=0.3), dict(lr=0.1, momentum=0.9, dampening=0.3)),
        ("Sgd", lambda p: o.SGD(p, lr=0.1, momentum=0.9, nesterov=True), dict(lr=0.1, momentum=0.9, nesterov=True)),
        ("RAdam", lambda p: o.RAdam(p, lr=0.01), dict(lr=0.01)),
        ("Lion", lambda p: Lion(p, 1e-3, (0.9, 0.99), 0.1), dict(lr=1e-3, betas=[0.9, 0.99], weightDecay=0.1)),
        ("Lion", lambda p: Lion(p, 1e-2, (0.95, 0.98), 0.0), dict(lr=1e-2, betas=[0.95, 0.98], weightDecay=0.0)),
    ])]:
        for kind, make, input in runs:
            r = Recipe(7910)
            x = torch.tensor(r.bells(12), requires_grad=True)
            x0, opt, shown = x.detach().numpy().copy(), make([x]), {}
            for t in range(1, 201):
                x.grad = torch.tensor(scale * r.bells(12))
                opt.step()
                if t in SHOWN:
                    shown[str(t)] = x.detach().numpy().copy()
            cases.append(case(f"{kind} {name} " + " ".join(f"{k}={v}" for k, v in input.items()), {"problem": name, "optimiser": kind, "x0": x0, **input}, {"steps": shown}))
    write("core", "optimisers", REF, cases,
          "bowl, ravine, logistic, factors as in sgd.json and adam.json. random gradients: r = Recipe(7910); x0 = 12 bells; the gradient of each step = 12 bells, or 100 times them. "
          "Lion: the fifteen lines of this script.")


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of arXiv:2302.06675."""

    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                b1, b2 = group["betas"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.sign(b1 * m + (1 - b1) * p.grad))
                m.copy_(b2 * m + (1 - b2) * p.grad)


def adafactor():
    cases = []
    for input, options in [({}, {}), ({"weightDecay": 0.1, "lr": 0.05}, dict(weight_decay=0.1, lr=0.05)),
                           ({"squareDecay": 0.5, "clip": 1.2, "leastScale": 0.1}, dict(beta2_decay=-0.5, d=1.2, eps=(None, 0.1))),
                           ({"maximize": True, "lr": 0.02}, dict(maximize=True, lr=0.02))]:
        r = Recipe(7911)
        shapes = [(4, 3), (5,), (2, 3, 4)]
        params = [torch.tensor(r.bells(int(np.prod(s))).reshape(s), requires_grad=True) for s in shapes]
        x0, opt, shown = np.concatenate([p.detach().numpy().ravel() for p in params]), torch.optim.Adafactor(params, **options), {}
        for t in range(1, 51):
            for p in params:
                p.grad = torch.tensor(r.bells(p.numel()).reshape(p.shape))
            opt.step()
            if t in SHOWN:
                shown[str(t)] = np.concatenate([p.detach().numpy().ravel() for p in params])
        cases.append(case("Adafactor " + str(input), {"x0": x0, **input}, {"steps": shown}))
    write("core", "adafactor", REF, cases,
          "r = Recipe(7911); parameters of shapes (4, 3), (5), (2, 3, 4) = bells in this order, row by row; then at each of 50 steps their gradients, likewise. Defaults: lr 0.01.")


def sparse_adagrad():
    """For the record that rows only equals dense: the same looked-up rows, through a sparse and a dense embedding."""
    cases = []
    for sparse in (True, False):
        r = Recipe(7912)
        table = torch.nn.Embedding(6, 3, sparse=sparse)
        table.weight.data = torch.tensor(r.matrix(6, 3))
        start, opt, rows, shown = table.weight.detach().numpy().copy(), torch.optim.Adagrad(table.parameters(), lr=0.1), [], {}
        for t in range(1, 201):
            ids = [r.below(6), r.below(6), r.below(3)]
            rows.append(ids)
            opt.zero_grad()
            (table(torch.tensor(ids)) ** 2).sum().backward()
            opt.step()
            if t in SHOWN:
                shown[str(t)] = table.weight.detach().numpy().copy()
        cases.append(case("sparse" if sparse else "dense", {"lr": 0.1, "weight": start, "rowsByStep": rows}, {"steps": shown}))
    write("core", "adagrad-rows", REF, cases, "gradient of the sum of squares of the looked-up rows; repeated rows add up; torch.optim.Adagrad")


def schedules():
    def rates(make, steps=1000, lr=1.0):
        opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        s, out = make(opt), []
        for _ in range(steps):
            out.append(opt.param_groups[0]["lr"])
            opt.step()
            s.step()
        return np.array(out)

    l = torch.optim.lr_scheduler
    table = {
        "constant": lambda o: l.ConstantLR(o, factor=0.25, total_iters=40),
        "step": lambda o: l.StepLR(o, 70, 0.6),
        "multiStep": lambda o: l.MultiStepLR(o, [30, 200, 201, 640], 0.3),
        "exponential": lambda o: l.ExponentialLR(o, 0.995),
        "linear": lambda o: l.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=600),
        "polynomial": lambda o: l.PolynomialLR(o, total_iters=800, power=2.5),
        "cosine": lambda o: l.LambdaLR(o, lambda t: 0.05 + 0.95 * 0.5 * (1 + np.cos(np.pi * min(t, 900) / 900))),
        "oneCycle": lambda o: l.OneCycleLR(o, max_lr=1.0, total_steps=1001),
        "cyclic": lambda o: l.CyclicLR(o, base_lr=0.1, max_lr=1.0, step_size_up=60, step_size_down=90, mode="triangular", cycle_momentum=False),
        "cyclic2": lambda o: l.CyclicLR(o, base_lr=0.1, max_lr=1.0, step_size_up=60, step_size_down=90, mode="triangular2", cycle_momentum=False),
        "cyclicExp": lambda o: l.CyclicLR(o, base_lr=0.1, max_lr=1.0, step_size_up=60, step_size_down=90, mode="exp_range", gamma=0.999, cycle_momentum=False),
        "inverseSquareRoot": lambda o: l.LambdaLR(o, lambda t: (50 / (50 + t)) ** 0.5),
        "cosineTorch": lambda o: l.CosineAnnealingLR(o, T_max=1000, eta_min=0.05),
        "restarts1": lambda o: l.CosineAnnealingWarmRestarts(o, T_0=130, T_mult=1, eta_min=0.02),
        "restarts2": lambda o: l.CosineAnnealingWarmRestarts(o, T_0=60, T_mult=2, eta_min=0.02),
        "warmLinear": lambda o: l.SequentialLR(o, [l.LinearLR(o, start_factor=0.02, total_iters=100), l.CosineAnnealingLR(o, T_max=900)], milestones=[100]),
        "warmThird": lambda o: l.SequentialLR(o, [l.LinearLR(o, total_iters=37), l.ExponentialLR(o, 0.99)], milestones=[37]),
    }
    cases = [case(name, {}, {"rates": rates(make)}) for name, make in table.items()]
    values = Recipe(7913).bells(300) * 0.05 + np.concatenate([np.linspace(3, 1, 100), np.ones(100), np.linspace(1, 0.5, 100)])
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    plateau, out = l.ReduceLROnPlateau(opt, factor=0.5, patience=6, threshold=1e-3, cooldown=4), []
    for v in values:
        plateau.step(v)
        out.append(opt.param_groups[0]["lr"])
    cases.append(case("plateau", {"values": values}, {"rates": np.array(out)}))
    write("core", "schedules", REF, cases, "Base rate 1; the rate before each of 1,000 steps. cosine (900 steps, floor 0.05) and inverseSquareRoot by LambdaLR. plateau: the rate after each value.")


def clipping():
    cases = []
    for k in range(6):
        r = Recipe(7920 + k)
        shapes = [(3, 4), (4,), (2, 2, 2)]
        grads = [r.bells(int(np.prod(s))).reshape(s) * [0.01, 1, 40, 1, 3, 0.2][k] for s in shapes]
        weights = [r.bells(int(np.prod(s))).reshape(s) for s in shapes]

        def fresh():
            ps = [torch.tensor(w, requires_grad=True) for w in weights]
            for p, g in zip(ps, grads):
                p.grad = torch.tensor(g.copy())
            return ps

        def flat(ps):
            return np.concatenate([p.grad.numpy().ravel() for p in ps])

        ps = fresh()
        norm = float(torch.nn.utils.clip_grad_norm_(ps, 1.0))
        by_norm = flat(ps)
        ps = fresh()
        torch.nn.utils.clip_grad_value_(ps, 0.5)
        by_value = flat(ps)
        ps = fresh()
        for p in ps:
            torch.nn.utils.clip_grad_norm_([p], 1.0)
        each = flat(ps)
        ps = fresh()
        agc(ps, 0.05)
        cases.append(case(f"clip {k}", {"seed": 7920 + k, "scale": [0.01, 1, 40, 1, 3, 0.2][k]},
                          {"norm": norm, "byNorm": by_norm, "byValue": by_value, "each": each, "adaptive": flat(ps)}))
    write("core", "clipping", REF, cases, "r = Recipe(seed); shapes (3, 4), (4), (2, 2, 2): gradients = bells * scale in order, then weights = bells. norm 1, value 0.5, each norm 1, "
          "adaptive 0.05 with eps 1e-3 (arXiv:2102.06171: rows of the first axis; one axis passes).")


def agc(params, clipping, eps=1e-3):
    for p in params:
        if p.ndim < 2:
            continue
        axes = tuple(range(1, p.ndim))
        w = p.detach().norm(dim=axes, keepdim=True).clamp(min=eps)
        g = p.grad.norm(dim=axes, keepdim=True)
        p.grad = torch.where(g > clipping * w, p.grad * (clipping * w / g.clamp(min=1e-30)), p.grad)


if __name__ == "__main__":
    optimisers()
    adafactor()
    sparse_adagrad()
    schedules()
    clipping()
