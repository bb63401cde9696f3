"""lyceum-core: Jacobians, Hessians and their products of twenty functions by torch.autograd.functional, in float64."""
import torch
from torch.autograd import functional as AF

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
W = torch.tensor(Recipe(40401).matrix(3, 4))
U = torch.tensor(Recipe(40402).matrix(5, 3))
Z = torch.tensor(Recipe(40403).matrix(8, 4))
SIGNS = torch.tensor([1.0, -1, 1, 1, -1, -1, 1, -1])
A = torch.tensor(Recipe(40404).matrix(4, 4))

VECTORS = {
    "affine": lambda x: W @ x + 0.5,
    "network": lambda x: U @ torch.tanh(W @ x),
    "softmax": lambda x: torch.softmax(x, 0),
    "logSoftmax": lambda x: torch.log_softmax(x, 0),
    "cumprod": lambda x: torch.cumprod(x, 0),
    "outer": lambda x: torch.outer(x, x),
    "waves": lambda x: torch.sin(x) * torch.exp(x / 2),
    "unit": lambda x: x / x.norm(),
    "polar": lambda x: torch.stack([x[0] * torch.cos(x[1]), x[0] * torch.sin(x[1])]),
    "gram": lambda x: x.reshape(2, 2) @ x.reshape(2, 2).T,
}
SCALARS = {
    "rosenbrock": lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
    "quadratic": lambda x: x @ A @ x,
    "logSumExp": lambda x: torch.logsumexp(W @ x, 0),
    "logistic": lambda x: torch.nn.functional.softplus(-(Z @ x) * SIGNS).mean(),
    "norm": lambda x: torch.sqrt((x * x).sum() + 1),
    "product": lambda x: (torch.sin(x) + 1.5).prod(),
    "bump": lambda x: torch.exp(-(x * x).sum() / 4) / (x[3] ** 2 + 1),
    "logDet": lambda x: torch.logdet(x.reshape(2, 2) @ x.reshape(2, 2).T + torch.eye(2)),
    "entropy": lambda x: -(torch.softmax(x, 0) * torch.log_softmax(x, 0)).sum(),
    "cubedNetwork": lambda x: (torch.tanh(W @ x) ** 3).sum(),
}

cases = []
for number, (name, f) in enumerate({**VECTORS, **SCALARS}.items()):
    r = Recipe(40410 + number)
    x, v = torch.tensor(r.bells(4)), torch.tensor(r.bells(4))
    y = f(x)
    u = torch.tensor(r.bells(y.numel())).reshape(y.shape)
    expected = {"jacobian": AF.jacobian(f, x).reshape(-1, 4), "jvp": AF.jvp(f, x, v)[1], "vjp": AF.vjp(f, x, u)[1]}
    if name in SCALARS:
        expected |= {"hessian": AF.hessian(f, x), "hvp": AF.hvp(f, x, v)[1]}
    cases.append(case(name, {"x": x, "v": v, "u": u}, expected))
write("core", "jacobian-hessian", versions("torch"), cases)
