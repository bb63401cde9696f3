"""lyceum-models: alignment-uniformity, simclr-moco, byol, non-contrastive-ssl, representation-learning: losses with gradients, and linear CKA."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from golden import Recipe, case, versions, write

torch.set_num_threads(1)
TORCH = versions("torch", "numpy")


def leaf(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def unit(x):
    return x / x.norm(dim=1, keepdim=True)


def lalign(x, y, alpha=2):
    return (x - y).norm(dim=1).pow(alpha).mean()


def lunif(x, t=2):
    return torch.pdist(x).pow(2).mul(-t).exp().mean().log()


def graded(name, inputs, loss, leaves):
    grads = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return case(name, inputs, {"loss": loss, **{k: torch.zeros_like(v) if g is None else g for (k, v), g in zip(leaves.items(), grads)}})


def alignment_uniformity():
    cases = []
    for i in range(12):
        seed, n, d = 66800 + i, 2 + i, 2 + i % 4
        alpha, t = (2.0, 1.0, 3.0)[i % 3], (2.0, 0.5, 3.0, 1.0)[i % 4]
        r = Recipe(seed)
        x, y = leaf(unit(torch.tensor(r.matrix(n, d))).numpy()), leaf(unit(torch.tensor(r.matrix(n, d))).numpy())
        at = {"seed": seed, "n": n, "d": d, "alpha": alpha, "t": t}
        cases.append(graded("align", at, lalign(x, y, alpha), {"x": x, "y": y}))
        cases.append(graded("unif", at, lunif(x, t), {"x": x}))
    write("models", "alignment-uniformity", TORCH, cases, "r = Recipe(seed); x = matrix(n, d), y = matrix(n, d), rows over their lengths before gradients are taken.")


def nt_xent(a, b, temperature):
    z = unit(torch.cat([a, b]))
    s = z @ z.T / temperature
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    n = len(a)
    return F.cross_entropy(s, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


def moco(q, k, queue, temperature):
    q, k, queue = F.normalize(q, dim=1), F.normalize(k, dim=1).detach(), F.normalize(queue, dim=1).detach()
    logits = torch.cat([torch.einsum("nc,nc->n", q, k).unsqueeze(-1), torch.einsum("nc,ck->nk", q, queue.T)], 1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def byol(p, z):
    return (2 - 2 * (F.normalize(p, dim=-1) * F.normalize(z, dim=-1)).sum(-1)).mean()


def simsiam(p1, p2, z1, z2):
    cos = nn.CosineSimilarity(dim=1)
    return -(cos(p1, z2.detach()).mean() + cos(p2, z1.detach()).mean()) * 0.5


def off_diagonal(c):
    return c.sum() - c.diagonal().sum()


def barlow(z1, z2, lam):
    norm = nn.BatchNorm1d(z1.shape[1], eps=0, affine=False).double()
    c = norm(z1).T @ norm(z2) / len(z1)
    return (torch.diagonal(c) - 1).pow(2).sum() + lam * off_diagonal(c.pow(2))


def vicreg(x, y, i, v, w):
    loss = i * F.mse_loss(x, y)
    x, y = x - x.mean(0), y - y.mean(0)
    loss = loss + v * (torch.mean(F.relu(1 - torch.sqrt(x.var(0) + 0.0001))) / 2 + torch.mean(F.relu(1 - torch.sqrt(y.var(0) + 0.0001))) / 2)
    cov = [z.T @ z / (len(z) - 1) for z in (x, y)]
    return loss + w * sum(off_diagonal(c.pow(2)) / c.shape[0] for c in cov)


def views():
    cases = []
    for i in range(6):
        seed, n, d, k = 46500 + i, 3 + 2 * i, 2 + i, 5 + 3 * i
        temperature, lam, weights = (0.5, 0.07, 0.2)[i % 3], (0.0051, 0.1)[i % 2], ((25.0, 25.0, 1.0), (3.0, 7.0, 2.0))[i % 2]
        r = Recipe(seed)
        first, second, t1, t2, queue = (leaf(r.matrix(m, d)) for m in (n, n, n, n, k))
        at = {"seed": seed, "n": n, "d": d, "queue": k, "temperature": temperature, "lambda": lam, "weights": list(weights)}
        leaves = {"first": first, "second": second, "firstTarget": t1, "secondTarget": t2}
        cases.append(graded("SimClr", at, nt_xent(first, second, temperature), leaves))
        cases.append(graded("MoCo", at, moco(first, t2, queue, temperature), leaves))
        cases.append(graded("Byol", at, byol(first, t2.detach()) + byol(second, t1.detach()), leaves))
        cases.append(graded("SimSiam", at, simsiam(first, second, t1, t2), leaves))
        cases.append(graded("BarlowTwins", at, barlow(first, second, lam), leaves))
        cases.append(graded("VicReg", at, vicreg(first, second, *weights), leaves))
    write("models", "views", TORCH, cases, "r = Recipe(seed); first, second, firstTarget, secondTarget = matrix(n, d) each, negatives = matrix(queue, d). Targets are detached.")


def linear_cka(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def cka():
    cases = []
    for i in range(8):
        seed, n, p, q = 30200 + i, 6 + 5 * i, 2 + i, 9 - i
        r = Recipe(seed)
        x, noise, mix = np.array(r.matrix(n, p)) + 0.5, np.array(r.matrix(n, q)), np.array(r.matrix(p, q))
        cases.append(case("cka", {"seed": seed, "n": n, "p": p, "q": q, "share": i / 4}, {"cka": linear_cka(x, x @ mix + i / 4 * noise)}))
    write("models", "linear-cka", TORCH, cases, "r = Recipe(seed); x = matrix(n, p) + 0.5, noise = matrix(n, q), mix = matrix(p, q); y = x mix + share noise.")


if __name__ == "__main__":
    for make in (alignment_uniformity, views, cka):
        make()
