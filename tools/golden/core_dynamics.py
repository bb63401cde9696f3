"""lyceum-core: gradient surgery, SAM, Muon, and the minimum of a sum of absolute values. Everything in float64 unless said."""
import numpy as np
import scipy.optimize
import torch

from golden import Recipe, case, versions, write

REF = versions("torch", "numpy", "scipy")
torch.set_default_dtype(torch.float64)


def surgery():
    """The loop of Yu et al. (2020), algorithm 1, over torch tensors; the shortest combination by SLSQP."""
    cases = []
    for k in range(12):
        r = Recipe(8100 + k)
        g = torch.tensor(r.matrix(5, 7)) + 0.3 * torch.tensor(r.bells(7))
        g[0] *= [1, 30, 0.01][k % 3]
        orders = [r.shuffle(5) for _ in range(5)]
        projected = []
        for i in range(5):
            h = g[i].clone()
            for j in orders[i]:
                if j != i and torch.dot(h, g[j]) < 0:
                    h -= torch.dot(h, g[j]) / torch.dot(g[j], g[j]) * g[j]
            projected.append(h)
        a = g.numpy() / np.abs(g.numpy()).max()
        gram = a @ a.T
        best = scipy.optimize.minimize(lambda w: w @ gram @ w, np.full(5, 0.2), jac=lambda w: 2 * gram @ w, method="SLSQP", bounds=[(0, 1)] * 5,
                                       constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(5)}, options={"ftol": 1e-18, "maxiter": 2000})
        # SLSQP finds which weights are zero; on the others the conditions are linear.
        on = best.x > 1e-6
        n = on.sum()
        kkt = np.block([[gram[np.ix_(on, on)], np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
        w = np.zeros(5)
        w[on] = np.linalg.solve(kkt, np.append(np.zeros(n), 1))[:n]
        assert np.abs(w - best.x).max() < 1e-4 and w.min() >= 0
        cases.append(case(f"five tasks {k}", {"seed": 8100 + k, "first": [1, 30, 0.01][k % 3], "orders": orders},
                          {"pcgrad": torch.stack(projected).sum(0), "shortest": w @ g.numpy()}))
    write("core", "gradient-surgery", REF, cases, "r = Recipe(seed); gradients = 5 x 7 bells + 0.3 * 7 bells (to each row); row 0 * first; then an order of shuffle(5) for each task.")


def sam():
    """Foret et al. (2021), algorithm 1; Kwon et al. (2021), algorithm 1, whose element-wise scale leaves vectors alone."""
    cases = []
    for name, rho, adaptive, every in [("plain", 0.05, False, 1), ("wide", 0.5, False, 1), ("adaptive", 0.5, True, 1), ("every third", 0.1, False, 3)]:
        r = Recipe(8120)
        x, y = torch.tensor(r.matrix(40, 4)), torch.tensor(r.matrix(40, 2))
        params = [torch.tensor(a, requires_grad=True) for a in (r.matrix(4, 8) * 0.5, r.bells(8) * 0.1, r.matrix(8, 2) * 0.5, r.bells(2) * 0.1)]
        base, shown, gaps = torch.optim.SGD(params, lr=0.1, momentum=0.9), {}, []

        def loss():
            w1, b1, w2, b2 = params
            return ((torch.tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2).mean()

        for t in range(50):
            base.zero_grad()
            first = loss()
            first.backward()
            if t % every == 0:
                with torch.no_grad():
                    scale = [p.abs() + 0.01 if adaptive and p.ndim >= 2 else torch.ones_like(p) for p in params]
                    norm = torch.sqrt(sum(((s * p.grad) ** 2).sum() for s, p in zip(scale, params)))
                    old = [p.clone() for p in params]
                    for s, p in zip(scale, params):
                        p += rho * s ** 2 * p.grad / norm
                base.zero_grad()
                second = loss()
                second.backward()
                gaps.append((second - first).item())
                with torch.no_grad():
                    for p, o in zip(params, old):
                        p.copy_(o)
            base.step()
            if t + 1 in (1, 2, 10, 50):
                shown[str(t + 1)] = np.concatenate([p.detach().numpy().ravel() for p in params])
        cases.append(case(name, {"rho": rho, "adaptive": adaptive, "every": every}, {"steps": shown, "gaps": np.array(gaps)}))
    write("core", "sam", REF, cases, "r = Recipe(8120); x = 40 x 4, y = 40 x 2; w1 = 4 x 8 * 0.5, b1 = 8 * 0.1, w2 = 8 x 2 * 0.5, b2 = 2 * 0.1; "
          "loss = mean((tanh(x w1 + b1) w2 + b2 - y)^2); SGD 0.1 with momentum 0.9. Parameters after steps 1, 2, 10, 50.")


def muon():
    """Jordan (2024) in float64 and float32: momentum, Nesterov, five quintic steps, scale, decoupled decay."""
    def orthogonal(g):
        a, b, c = 3.4445, -4.7750, 2.0315
        x = g.T if g.shape[0] > g.shape[1] else g
        x = x / x.norm()
        for _ in range(5):
            s = x @ x.T
            x = a * x + (b * s + c * s @ s) @ x
        return x.T if g.shape[0] > g.shape[1] else x

    cases = []
    for name, shape, nesterov, scale, decay in [("tall", (12, 5), True, "SHAPE", 0.0), ("wide", (4, 9), True, "RMS", 0.1), ("square", (6, 6), False, "SHAPE", 0.1),
                                                ("filters", (6, 2, 3), True, "RMS", 0.0)]:
        r = Recipe(8130)
        n = int(np.prod(shape))
        x = torch.tensor(r.bells(n)).reshape(shape)
        m, shown = torch.zeros_like(x), {}
        for t in range(1, 4):
            g = torch.tensor(r.bells(n)).reshape(shape)
            m = 0.95 * m + g
            u = orthogonal((g + 0.95 * m if nesterov else m).reshape(shape[0], -1)).reshape(shape)
            rows, cols = shape[0], n // shape[0]
            u = u * (max(1, rows / cols) ** 0.5 if scale == "SHAPE" else 0.2 * max(rows, cols) ** 0.5)
            x = x * (1 - 0.02 * decay) - 0.02 * u
            shown[str(t)] = x.numpy().ravel()
        cases.append(case(name, {"shape": list(shape), "nesterov": nesterov, "scale": scale, "weightDecay": decay}, {"steps": shown}))
    write("core", "muon", REF, cases, "r = Recipe(8130); the parameter, then the gradient of each of three steps = bells, row by row. Rate 0.02, momentum 0.95.")


def least_absolute():
    """min |Ax - b|_1 as a linear programme, by HiGHS."""
    cases = []
    for k in range(5):
        r = Recipe(8140 + k)
        a, b = r.matrix(30, 10), r.bells(30)
        eye = np.eye(30)
        found = scipy.optimize.linprog(np.append(np.zeros(10), np.ones(30)), np.block([[a, -eye], [-a, -eye]]), np.append(b, -b),
                                       bounds=[(None, None)] * 10 + [(0, None)] * 30, method="highs", options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
        cases.append(case(f"problem {k}", {"seed": 8140 + k}, {"minimum": float(np.abs(a @ found.x[:10] - b).sum())}))
    write("core", "least-absolute", REF, cases, "r = Recipe(seed); A = 30 x 10 bells, b = 30 bells; the minimum of |Ax - b|_1.")


if __name__ == "__main__":
    surgery()
    sam()
    muon()
    least_absolute()
