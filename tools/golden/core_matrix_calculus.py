"""lyceum-core: gradients through matrix operations by PyTorch, for losses that do not see signs of vectors; spectra 0.5 apart or more."""
import torch

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)


def orthogonal(r, n):
    return torch.linalg.qr(torch.tensor(r.matrix(n, n)))[0]


def general(r, m, n):
    return torch.tensor(r.matrix(m, n))


def regular(r, n):
    return 0.5 * general(r, n, n) + 2 * torch.eye(n)


def symmetric(r, n):
    q = orthogonal(r, n)
    return (q * (torch.arange(n) * 0.6 + 0.5)) @ q.T


def spaced(r, m, n):
    k = min(m, n)
    return (orthogonal(r, m)[:, :k] * (torch.arange(k) * 0.6 + 0.5)) @ orthogonal(r, n)[:, :k].T


def weighted(w, x):
    return (w * x).sum()


OPERATIONS = {
    "product": (lambda r: general(r, 3, 4), (3, 3), lambda x, w: weighted(w, x @ x.T)),
    "inverse": (lambda r: regular(r, 4), (4, 4), lambda x, w: weighted(w, torch.linalg.inv(x))),
    "det": (lambda r: regular(r, 4), (4, 4), lambda x, w: torch.linalg.det(x) * w[0, 0]),
    "logDet": (lambda r: regular(r, 4), (4, 4), lambda x, w: torch.linalg.slogdet(x)[1] * w[0, 0]),
    "trace": (lambda r: general(r, 4, 4), (4, 4), lambda x, w: torch.trace(w @ x @ x)),
    "kron": (lambda r: general(r, 2, 3), (4, 9), lambda x, w: weighted(w, torch.kron(x, x.sin()))),
    "cholesky": (lambda r: symmetric(r, 4), (4, 4), lambda x, w: weighted(w, torch.linalg.cholesky(x))),
    "eigh": (lambda r: symmetric(r, 4), (4, 4), lambda x, w: weighted(w, torch.linalg.eigh(x)[1] ** 2) + weighted(w[0], torch.linalg.eigh(x)[0])),
    "svd": (lambda r: spaced(r, 4, 4), (4, 4), lambda x, w: svd(x, w)),
    "svdTall": (lambda r: spaced(r, 5, 3), (5, 5), lambda x, w: svd(x, w)),
    "svdWide": (lambda r: spaced(r, 3, 5), (5, 5), lambda x, w: svd(x, w)),
    "solve": (lambda r: regular(r, 4), (4, 4), lambda x, w: (torch.linalg.solve(x, w) ** 2).sum()),
    "pinv": (lambda r: general(r, 4, 3), (3, 4), lambda x, w: weighted(w, torch.linalg.pinv(x))),
    # the right side moves with the matrix, so that both gradients count
    "solveBoth": (lambda r: regular(r, 4), (4, 4), lambda x, w: (torch.linalg.solve(x, w @ x) ** 2).sum()),
    "solveVector": (lambda r: regular(r, 4), (4, 4), lambda x, w: (torch.linalg.solve(x, w @ x[0]) ** 2).sum()),
    "lower": (lambda r: regular(r, 4), (4, 4), lambda x, w: triangular(x, w @ x, False, False)),
    "lowerTransposed": (lambda r: regular(r, 4), (4, 4), lambda x, w: triangular(x, w @ x, False, True)),
    "upper": (lambda r: regular(r, 4), (4, 4), lambda x, w: triangular(x, w @ x, True, False)),
    "upperTransposed": (lambda r: regular(r, 4), (4, 4), lambda x, w: triangular(x, w @ x, True, True)),
    "logAbsDet": (lambda r: -regular(r, 3), (4, 4), lambda x, w: torch.linalg.slogdet(x)[1] * w[0, 0]),
}


def svd(x, w):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    k = len(s)
    return weighted(w[:u.shape[0], :k], u ** 2) + weighted(w[:vh.shape[1], :k].cos(), vh.T ** 2) + weighted(w[0, :k], s)


def triangular(a, b, upper, transposed):
    x = torch.linalg.solve_triangular(a.T, b, upper=not upper) if transposed else torch.linalg.solve_triangular(a, b, upper=upper)
    return (x ** 2).sum()


cases = []
for number, (name, (draw, shape, loss)) in enumerate(OPERATIONS.items()):
    for instance in range(4):
        r = Recipe(50700 + 10 * number + instance)
        x, w = draw(r), general(r, *shape)
        x.requires_grad_()
        value = loss(x, w)
        (g,) = torch.autograd.grad(value, x)
        if name in ("cholesky", "eigh"):
            g = (g + g.T) / 2
        cases.append(case(f"{name} {instance}", {"operation": name, "x": x, "w": w}, {"value": value, "gradient": g}))
write("core", "matrix-calculus", versions("torch"), cases)
