"""A Switch layer after appendix F of Fedus, Zoph and Shazeer (2022) in PyTorch, float64: output, gates, auxiliary loss and gradients."""
import math

import torch

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
WIDTH, HIDDEN, EXPERTS = 6, 10, 4


def digits(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]


cases = []
# 30 tokens by 4 experts are 7.5: the capacity is rounded up.
for number, (TOKENS, factor) in enumerate(((32, 0.5), (32, 1.0), (32, 1.25), (30, 0.5), (30, 1.0), (30, 1.25))):
    r = Recipe(900 + number)

    def draw(*shape):
        n = 1
        for s in shape:
            n *= s
        return torch.tensor(r.bells(n).reshape(shape))

    x = draw(TOKENS, WIDTH)
    router = draw(EXPERTS, WIDTH)
    first, first_bias = 0.5 * draw(EXPERTS, HIDDEN, WIDTH), 0.5 * draw(EXPERTS, HIDDEN)
    second, second_bias = 0.5 * draw(EXPERTS, WIDTH, HIDDEN), 0.5 * draw(EXPERTS, WIDTH)
    for t in (x, router):
        t.requires_grad_()
    probabilities = torch.softmax(x @ router.T, -1)
    gate, index = probabilities.max(-1)
    mask = torch.nn.functional.one_hot(index, EXPERTS).to(x.dtype)
    auxiliary = EXPERTS * (mask.mean(0) * probabilities.mean(0)).sum()
    capacity = math.ceil(TOKENS / EXPERTS * factor)
    position = torch.cumsum(mask, 0) * mask
    kept = (mask * (position <= capacity)).sum(-1) > 0
    y = torch.zeros(TOKENS, WIDTH)
    rows = []
    for t in range(TOKENS):
        e = int(index[t])
        hidden = torch.relu(first[e] @ x[t] + first_bias[e])
        rows.append(gate[t] * (second[e] @ hidden + second_bias[e]) if kept[t] else torch.zeros(WIDTH))
    y = torch.stack(rows)
    loss = y.square().sum() + auxiliary
    loss.backward()
    cases.append(case(f"{TOKENS} tokens, factor {factor}", {"seed": 900 + number, "sizes": [TOKENS, WIDTH, HIDDEN, EXPERTS], "factor": factor},
                      {"y": digits(y), "auxiliary": float(auxiliary), "kept": kept.int().tolist(), "x.grad": digits(x.grad), "router.grad": digits(router.grad)}))
write("llm", "switch", versions("torch"), cases)
