"""Load-balancing losses of mixtures of experts by PyTorch in float64: values, and gradients with respect to logits."""
import torch

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)


def digits(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]


def variation(gates):
    s = gates.sum(0)
    return s.var(unbiased=False) / s.mean() ** 2


cases = []
for seed in range(4):
    r = Recipe(700 + seed)
    batch, tokens, experts, k = 1 + seed % 3, 4 + seed % 5, 4 * (1 + seed % 2), 1 + seed % 3
    logits = (2 * torch.tensor(r.bells(batch * tokens * experts).reshape(batch, tokens, experts))).requires_grad_()
    p = torch.softmax(logits, -1)
    hot = torch.nn.functional.one_hot(torch.topk(p, k, -1).indices, experts).to(p.dtype).sum(2) / k
    flat_p, flat_f = p.reshape(-1, experts), hot.reshape(-1, experts)
    mask = torch.ones(batch, tokens)
    mask[:, -1] = 0
    m = mask.unsqueeze(-1)
    losses = {
        "batch": experts * (flat_f.mean(0) * flat_p.mean(0)).sum(),
        "masked": experts * ((hot * m).sum((0, 1)) / mask.sum() * (p * m).sum((0, 1)) / mask.sum()).sum(),
        "sequences": (experts * (hot.mean(1) * p.mean(1)).sum(-1)).mean(),
        "devices": 2 * (flat_f.mean(0).reshape(2, -1).sum(-1) * flat_p.mean(0).reshape(2, -1).sum(-1)).sum(),
        "variation": variation(flat_p * (flat_f > 0)),
        "z": torch.logsumexp(logits, -1).square().mean(),
    }
    cases.append(case(f"seed {seed}", {"seed": 700 + seed, "sizes": [batch, tokens, experts, k]},
                      {name: {"value": float(v), "gradient": digits(torch.autograd.grad(v, logits, retain_graph=True)[0])} for name, v in losses.items()}))
write("nn", "moe-loss", versions("torch"), cases)
