"""lyceum-models: contrastive and triplet losses of a shared encoder, proxy and margin losses, in float64 from the recipe."""
import numpy as np
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
N, INPUTS, HIDDEN, WIDTH = 12, 6, 5, 4


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def apart(kind, x, y):
    if kind == "euclidean":
        return F.pairwise_distance(x, y)
    return ((x - y) ** 2).sum(-1) if kind == "squared" else 1 - F.cosine_similarity(x, y)


def mined(kind, z, labels, margin, rule):
    d = [[apart(kind, z[i : i + 1], z[j : j + 1]).item() for j in range(N)] for i in range(N)]
    for a in range(N):
        alike = [p for p in range(N) if p != a and labels[p] == labels[a]]
        others = [q for q in range(N) if labels[q] != labels[a]]
        if rule == "hard" and alike and others:
            yield a, max(alike, key=lambda p: d[a][p]), min(others, key=lambda q: d[a][q])
        if rule == "semi":
            yield from ((a, p, q) for p in alike for q in others if d[a][p] < d[a][q] < d[a][p] + margin)


def siamese():
    for i in range(18):
        kind, rule, margin = ("euclidean", "squared", "cosine")[i % 3], ("pairs", "hard", "semi")[i // 3 % 3], (0.4, 1.0)[i // 9]
        seed = 59300 + i
        r = Recipe(seed)
        weights = [leaf(r.matrix(HIDDEN, INPUTS) * 0.5), leaf(r.bells(HIDDEN)), leaf(r.matrix(WIDTH, HIDDEN) * 0.5), leaf(r.bells(WIDTH))]
        x = [torch.tensor(r.matrix(N, INPUTS)) for _ in range(2)]
        labels = r.belows(3, N)
        u, v = [torch.tanh(e @ weights[0].T + weights[1]) @ weights[2].T + weights[3] for e in x]
        if rule == "pairs":
            d, y = apart(kind, u, v), torch.tensor((labels == 0).astype(float))
            loss = ((1 - y) * d**2 / 2 + y * F.relu(margin - d) ** 2 / 2).mean()
        else:
            t = torch.tensor(list(mined(kind, u, labels, margin, rule)))
            loss = F.triplet_margin_with_distance_loss(u[t[:, 0]], u[t[:, 1]], u[t[:, 2]], distance_function=lambda a, b: apart(kind, a, b), margin=margin)
        yield case(f"{rule} {kind}", {"seed": seed, "margin": margin}, {"loss": loss, "grads": [g.flatten().tolist() for g in torch.autograd.grad(loss, weights)]})


def proxies():
    n, classes, width = 9, 7, 5
    for i in range(14):
        kind = ("nca", "nca++", "anchor", "arc", "cos", "both", "arc turned")[i % 7]
        seed = 67500 + i
        r = Recipe(seed)
        x, w = leaf(r.matrix(n, width)), leaf(r.matrix(classes, width))
        labels = torch.tensor(r.belows(classes, n))
        own = F.one_hot(labels, classes).bool()
        if kind == "arc turned":  # some embeddings nearly opposite to their proxy: theta + m passes pi
            x = leaf((x - 4 * w[labels]).detach().numpy())
        cosines = F.normalize(x) @ F.normalize(w).T
        if kind.startswith("nca"):
            s = (1, 9)[i % 7]
            d = s * torch.cdist(F.normalize(x), F.normalize(w)) ** 2
            below = -d if kind == "nca++" else (-d).masked_fill(own, -torch.inf)
            loss = (d[own] + below.logsumexp(1)).mean()
        elif kind == "anchor":
            near, far = torch.exp(-32 * (cosines - 0.1)) * own, torch.exp(32 * (cosines + 0.1)) * ~own
            loss = torch.log1p(near.sum(0)).sum() / own.any(0).sum() + torch.log1p(far.sum(0)).mean()
        else:
            m1, m2, s = {"arc": (0.5, 0, 64), "cos": (0, 0.35, 64), "both": (0.3, 0.2, 30), "arc turned": (0.5, 0, 64)}[kind]
            theta = torch.acos(cosines.clamp(-1 + 1e-7, 1 - 1e-7))
            turned = torch.where(theta + m1 < np.pi, torch.cos(theta + m1), cosines - m1 * np.sin(m1))
            loss = F.cross_entropy(s * torch.where(own, turned - m2, cosines), labels)
        yield case(kind, {"seed": seed}, {"loss": loss, "x": torch.autograd.grad(loss, x, retain_graph=True)[0], "w": torch.autograd.grad(loss, w)[0],
                                          **({"passed": int((torch.acos(cosines[own]) + 0.5 > np.pi).sum())} if kind == "arc turned" else {})})


if __name__ == "__main__":
    write("models", "siamese", versions("torch"), list(siamese()), "weights matrix(5, 6) / 2, bells(5), matrix(4, 5) / 2, bells(4); two matrix(12, 6); 12 labels below 3. Pairs: y = 1 where the label is 0.")
    write("models", "proxies", versions("torch"), list(proxies()), "x matrix(9, 5), proxies matrix(7, 5), 9 labels below 7; turned: x - 4 of the own proxy.")
