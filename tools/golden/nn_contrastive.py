"""lyceum-nn: triplet-loss, infonce, nce, pairwise-ranking."""
import itertools

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from golden import Recipe, case, versions, write

TORCH = versions("torch", "numpy")


def leaf(array, dtype=torch.float64):
    return torch.tensor(array, dtype=dtype, requires_grad=True)


def triplet():
    cases = []
    for seed, (p, swap, reduction, margin) in enumerate(itertools.product((1.0, 2.0), (False, True), ("mean", "sum", "none"), (1.0, 0.3))):
        r = Recipe(4300 + seed)
        parts = [leaf(r.matrix(6, 5)) for _ in range(3)]
        loss = torch.nn.TripletMarginLoss(margin=margin, p=p, swap=swap, reduction=reduction)(*parts)
        grads = torch.autograd.grad(loss.sum(), parts)
        cases.append(case(f"p={p:.0f} swap={swap} {reduction} margin={margin}", {"seed": 4300 + seed, "p": p, "swap": swap, "reduction": reduction, "margin": margin},
                          {"loss": loss, **dict(zip(("anchor", "positive", "negative"), grads))}))
    write("nn", "triplet", TORCH, cases, "anchor, positive, negative = three matrix(6, 5); gradients of the summed loss.")


def info_nce():
    cases = []
    n, d, m = 5, 4, 7
    for seed, (form, masked, t, scale) in enumerate(itertools.product(("inBatch", "symmetric", "twoViews", "queue", "explicit", "dot"), (False, True), (0.07, 0.5), (False, True))):
        r = Recipe(60400 + seed)
        x, y = leaf(r.matrix(n, d)), leaf(r.matrix(n, d))
        others = leaf(r.matrix(m, d)) if form != "explicit" else leaf(r.bells(n * m * d).reshape(n, m, d))
        log_scale = leaf(-np.log(t)) if scale else None
        sizes = {"twoViews": (2 * n, 2 * n), "queue": (n, m), "explicit": (n, m)}.get(form, (n, n))
        mask = torch.tensor(r.uniforms(sizes[0] * sizes[1]).reshape(sizes) < 0.3)
        unit = (lambda v: v) if form == "dot" else (lambda v: v / v.norm(dim=-1, keepdim=True))
        factor = log_scale.exp() if scale else 1 / t

        def hide(s, own):
            s = s.clone()
            if masked:
                hidden = mask if s.shape == mask.shape else mask.T
                hidden = hidden.clone()
                if own is not None:
                    hidden[torch.arange(len(own)), own] = False
                s[hidden] = -torch.inf
            return s

        if form in ("inBatch", "dot"):
            s, t_ = unit(x) @ unit(y).T * factor, torch.arange(n)
            loss = F.cross_entropy(hide(s, t_), t_)
        elif form == "symmetric":
            s, t_ = unit(x) @ unit(y).T * factor, torch.arange(n)
            h = s.clone()
            if masked:
                hidden = mask.clone()
                hidden[t_, t_] = False
                h[hidden] = -torch.inf
            loss = (F.cross_entropy(h, t_) + F.cross_entropy(h.T, t_)) / 2
        elif form == "twoViews":
            z = unit(torch.cat([x, y]))
            s = z @ z.T * factor
            t_ = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
            h = hide(s, t_)
            h = h.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
            loss = F.cross_entropy(h, t_)
        else:
            q, k, o = unit(x), unit(y), unit(others)
            neg = torch.einsum("nd,md->nm" if form == "queue" else "nd,nmd->nm", q, o) * factor
            s = torch.cat([(q * k).sum(1, keepdim=True) * factor, hide(neg, None)], 1)
            loss = F.cross_entropy(s, torch.zeros(n, dtype=torch.long))
        wanted = [x, y] + ([log_scale] if scale else [])
        grads = torch.autograd.grad(loss, wanted)
        cases.append(case(f"{form} masked={masked} t={t} learned={scale}",
                          {"seed": 60400 + seed, "form": form, "masked": masked, "temperature": t, "learned": scale, "maskRows": sizes[0], "maskColumns": sizes[1]},
                          {"loss": loss, "x": grads[0], "y": grads[1], **({"logScale": grads[2]} if scale else {})}))
    write("nn", "infonce", TORCH, cases, "r = Recipe(seed); x = matrix(5, 4), y = matrix(5, 4), negatives = matrix(7, 4) (explicit: 5 x 7 x 4 bells); mask = uniforms < 0.3 of the stated size. "
          "loss = torch.nn.functional.cross_entropy over the matrix of similarities; dot has no normalisation. learned: logScale = -log(temperature).")


def nce():
    cases = []
    for seed, (n, k, shift) in enumerate([(1, 1, 0.0), (6, 3, 0.0), (6, 3, 0.7), (4, 10, -1.3)]):
        r = Recipe(58200 + seed)
        data, draws, qd, qn = leaf(2 * r.bells(n)), leaf(2 * r.matrix(n, k)), torch.tensor(r.bells(n)), torch.tensor(r.matrix(n, k))
        c = leaf(shift)
        # word2vec (Mikolov et al. 2013, eq. 4): log s(v) + sum log s(-v'), to be maximised
        sampling = -(F.logsigmoid(data + c) + F.logsigmoid(-(draws + c)).sum(1)).mean()
        # Gutmann and Hyvarinen (2012, eq. 8), per datum
        g, h = data + c - qd - np.log(k), draws + c - qn - np.log(k)
        binary = -(torch.log(torch.sigmoid(g)) + torch.log(1 - torch.sigmoid(h)).sum(1)).mean()
        ranking = F.cross_entropy(torch.cat([(data - qd)[:, None], draws - qn], 1), torch.zeros(n, dtype=torch.long))
        expected = {}
        for name, loss in (("sampling", sampling), ("binary", binary), ("ranking", ranking)):
            gd, gn, gc = torch.autograd.grad(loss, [data, draws, c], allow_unused=True)
            expected[name] = {"loss": loss, "data": gd, "draws": gn, "c": 0.0 if gc is None else gc}
        cases.append(case(f"n={n} k={k} c={shift}", {"seed": 58200 + seed, "n": n, "k": k, "c": shift}, expected))
    write("nn", "nce", TORCH, cases, "data = 2 bells(n), draws = 2 matrix(n, k), noise at data = bells(n), noise at draws = matrix(n, k): log densities; c the log normaliser.")


def pairwise():
    cases = []
    for seed, (margin, reduction) in enumerate(itertools.product((0.0, 0.5, 1.0), ("mean", "sum", "none"))):
        r = Recipe(26800 + seed)
        a, b = leaf(r.bells(9)), leaf(r.bells(9))
        loss = torch.nn.MarginRankingLoss(margin=margin, reduction=reduction)(a, b, torch.ones(9))
        ga, gb = torch.autograd.grad(loss.sum(), [a, b])
        cases.append(case(f"hinge margin={margin} {reduction}", {"seed": 26800 + seed, "margin": margin, "reduction": reduction}, {"loss": loss, "preferred": ga, "other": gb}))
    for seed in range(5):
        r = Recipe(26850 + seed)
        x, w, noise = r.matrix(40, 3), r.bells(3), r.bells(40)
        y = np.floor(x @ w + noise)
        diffs = np.array([x[i] - x[j] for i in range(40) for j in range(40) if y[i] > y[j]])
        both, labels = np.vstack([diffs, -diffs]), np.r_[np.ones(len(diffs)), np.zeros(len(diffs))]
        m = LogisticRegression(penalty=None, fit_intercept=False, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(both, labels)
        beta = m.coef_[0]
        g = both.T @ (1 / (1 + np.exp(-both @ beta)) - labels) / len(labels)
        assert np.abs(g).max() < 1e-9 and (diffs @ beta < 0).any(), g
        cases.append(case(f"logistic {seed}", {"seed": 26850 + seed, "y": y}, {"beta": beta, "pairs": len(diffs), "gradientNorm": float(np.linalg.norm(g))}))
    write("nn", "pairwise-ranking", versions("torch", "sklearn", "numpy"), cases,
          "hinge: preferred = bells(9), other = bells(9), MarginRankingLoss with target 1. logistic: x = matrix(40, 3); relevance y given; unpenalised LogisticRegression without intercept "
          "(newton-cholesky) on the differences of all pairs y_i > y_j and their mirrors.")


if __name__ == "__main__":
    for make in (triplet, info_nce, nce, pairwise):
        make()
