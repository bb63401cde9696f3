"""lyceum-nn: next-token-prediction, ctc-rnnt."""
import numpy as np
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

TORCH = versions("torch", "numpy")


def next_token():
    cases = []
    b, t, v = 3, 9, 7
    for seed, (dtype, z, weighted) in enumerate([(torch.float64, 0.0, False), (torch.float32, 0.0, False), (torch.float64, 1e-2, False), (torch.float64, 0.0, True), (torch.float64, 1e-2, True)]):
        r = Recipe(3200 + seed)
        x = torch.tensor(2 * r.bells(b * t * v).reshape(b, t, v), dtype=dtype, requires_grad=True)
        ids = torch.tensor(r.belows(v, b * t).reshape(b, t))
        ids[torch.tensor(r.uniforms(b * t).reshape(b, t) < 0.3)] = -100
        w = torch.tensor(r.uniforms(b * t).reshape(b, t), dtype=dtype)
        logits, labels = x[:, :-1].reshape(-1, v), ids[:, 1:].reshape(-1)
        if z == 0 and not weighted:
            loss = F.cross_entropy(logits, labels, ignore_index=-100)
        else:
            counts = (labels != -100).to(dtype) * (w[:, 1:].reshape(-1) if weighted else 1)
            each = F.cross_entropy(logits, labels, ignore_index=-100, reduction="none") + z * logits.logsumexp(1) ** 2
            loss = (counts * each).sum() / counts.sum()
        g, = torch.autograd.grad(loss, x)
        cases.append(case(f"{str(dtype)[6:]} z={z} weighted={weighted}", {"seed": 3200 + seed, "dtype": str(dtype)[6:], "z": z, "ids": ids, "ignored": int((ids[:, 1:] == -100).sum())},
                          {"loss": loss, "gradient": g}))
    write("nn", "next-token", TORCH, cases, "logits = 2 bells(3 x 9 x 7); ids = below(7), then -100 where the next uniform < 0.3 (given); weights = the next 27 uniforms.")


def ctc():
    cases = []
    seed = 65100
    for i, (n, t, c, lengths, targets, zero, reduction) in enumerate([
            (1, 5, 3, [5], [[1, 2]], False, "sum"),
            (1, 5, 3, [5], [[1, 1]], False, "mean"),
            (3, 8, 5, [8, 6, 7], [[1, 2, 3], [4, 4], []], False, "none"),
            (3, 8, 5, [8, 6, 7], [[1, 2, 3], [4, 4], [2]], False, "mean"),
            (4, 6, 4, [6, 2, 3, 6], [[1, 1, 2], [1, 2, 3], [2, 2], [3]], True, "none"),
            (4, 6, 4, [6, 2, 3, 6], [[1, 1, 2], [1, 2, 3], [2, 2], [3]], True, "mean"),
            (4, 6, 4, [6, 2, 3, 6], [[1, 1, 2], [1, 2, 3], [2, 2], [3]], False, "none"),
            (2, 40, 10, [40, 31], [[1, 2, 3, 3, 5, 9, 9, 1], [7, 7, 7, 2, 1]], False, "sum")]):
        r = Recipe(seed + i)
        x = torch.tensor(2 * r.bells(t * n * c).reshape(t, n, c), requires_grad=True)
        flat = torch.tensor([k for row in targets for k in row], dtype=torch.long)
        loss = torch.nn.CTCLoss(blank=0, reduction=reduction, zero_infinity=zero)(x.log_softmax(2), flat, torch.tensor(lengths), torch.tensor([len(row) for row in targets]))
        finite = bool(torch.isfinite(loss).all())
        g, = torch.autograd.grad(loss.sum(), x)
        cases.append(case(f"{i} {reduction} zero={zero}", {"seed": seed + i, "n": n, "t": t, "classes": c, "inputLengths": lengths, "targets": targets, "zeroInfinity": zero, "reduction": reduction},
                          {"loss": loss, **({"gradient": g} if finite else {})}))
    write("nn", "ctc", TORCH, cases, "logits = 2 bells(t x n x classes); blank 0; loss of their log softmax; gradient of the summed loss by the logits, in (t, n, classes).")


if __name__ == "__main__":
    import sys
    for make in (next_token, ctc):
        if len(sys.argv) < 2 or make.__name__ in sys.argv[1:]:
            make()
