"""lyceum-nn, package train: penalties' gradients by PyTorch's autograd, and the history of its GradScaler."""
import numpy as np
import torch

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)


def penalties(w):
    rows = w if w.dim() == 2 else w.reshape(w.shape[0], -1) if w.dim() > 2 else w.reshape(-1, 1)
    small = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    return {
        "l1": w.abs().sum(),
        "l2": (w ** 2).sum(),
        "elasticNet": 0.3 * w.abs().sum() + 0.7 / 2 * (w ** 2).sum(),
        "groupLasso": rows.shape[1] ** 0.5 * rows.norm(dim=1).sum(),
        "orthogonality": ((small - torch.eye(small.shape[0])) ** 2).sum(),
        "spectralNorm": torch.linalg.matrix_norm(rows, 2) ** 2,
    }


def regularization():
    cases = []
    shapes = [(3, 4), (5, 2), (4, 4), (6,), (3, 2, 2), (1, 5), (2, 3, 2, 2), (7, 3)]
    for i, shape in enumerate(shapes):
        r = Recipe(900 + i)
        values = r.bells(int(np.prod(shape)))
        if i == 0:
            values[4:8] = 0  # a unit of zeros
        w = torch.tensor(values.reshape(shape), requires_grad=True)
        for name, p in penalties(w).items():
            g, = torch.autograd.grad(p, w, retain_graph=True)
            if i == 0 and name == "groupLasso":
                assert torch.isfinite(g).all()
            cases.append(case(f"{name} {i}", {"seed": 900 + i, "kind": name, "shape": list(shape)}, {"value": p.item(), "gradient": g.flatten().tolist()}))
    for i in range(4):
        r = Recipe(950 + i)
        x, a, b = torch.tensor(r.bells(12).reshape(4, 3)), torch.tensor(r.bells(15).reshape(5, 3), requires_grad=True), torch.tensor(
            r.bells(10).reshape(2, 5), requires_grad=True)
        f = lambda v: torch.tanh(v @ a.T) @ b.T
        j = sum((torch.autograd.functional.jacobian(f, x[k], create_graph=True) ** 2).sum() for k in range(4)) / 4
        ga, gb = torch.autograd.grad(j, (a, b))
        cases.append(case(f"jacobian {i}", {"seed": 950 + i, "kind": "jacobian"}, {"value": j.item(), "gradient": torch.cat([ga.flatten(), gb.flatten()]).tolist()}))
        z = torch.tensor(3 * r.bells(12).reshape(4, 3), requires_grad=True)
        e = -torch.distributions.Categorical(logits=z).entropy().mean()
        gz, = torch.autograd.grad(e, z)
        cases.append(case(f"entropy {i}", {"seed": 950 + i, "kind": "entropy"}, {"value": e.item(), "gradient": gz.flatten().tolist()}))
    write("nn", "regularization", versions("torch", "numpy"), cases,
          "w = bells(size) in its shape; of the first shape entries 4..7 are 0. jacobian: x = (4, 3), a = (5, 3), b = (2, 5), z = (4, 3) bells in this order.")


def scaler():
    cases = []
    for i, (scale, growth, backoff, interval, often) in enumerate([(65536.0, 2.0, 0.5, 10, 0.05), (1024.0, 3.0, 0.25, 7, 0.1), (2.0 ** 20, 2.0, 0.5, 20, 0.3)]):
        r = Recipe(970 + i)
        overflow = [bool(u < often) for u in r.uniforms(200)]
        w = torch.nn.Parameter(torch.zeros(1, dtype=torch.float32))
        optimizer = torch.optim.SGD([w], 1.0)
        s = torch.amp.GradScaler("cpu", init_scale=scale, growth_factor=growth, backoff_factor=backoff, growth_interval=interval)
        history, skipped = [], 0
        for bad in overflow:
            w.grad = torch.tensor([float("inf") if bad else 1.0], dtype=torch.float32)
            s.scale(torch.ones(1, dtype=torch.float32))  # as a loss would be
            before = w.item()
            s.step(optimizer)
            s.update()
            skipped += w.item() == before
            history.append(s.get_scale())
        cases.append(case(f"scaler {i}", {"scale": scale, "growth": growth, "backoff": backoff, "interval": interval, "overflow": [int(b) for b in overflow]},
                          {"scales": history, "skipped": skipped}))
    write("nn", "mixed-precision", versions("torch"), cases, "GradScaler on the CPU, a step per entry of overflow; the scale after each update.")


regularization()
scaler()
