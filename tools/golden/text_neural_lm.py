"""lyceum-text: logits of Bengio's neural probabilistic language model, by torch in float64, at recipe-drawn parameters and contexts."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

cases = []
# order, vocabulary, width, hidden, direct
for i, (n, v, m, h, direct) in enumerate([(2, 5, 3, 4, False), (3, 11, 4, 6, True), (5, 23, 7, 9, True), (4, 17, 5, 0, True), (6, 9, 2, 12, False)]):
    r = Recipe(25 + i)

    def draw(*shape):
        count = 1
        for s in shape:
            count *= s
        return torch.tensor(r.bells(count).reshape(shape))

    x = (n - 1) * m
    C = draw(v, m)
    H, d, U = (draw(h, x), draw(h), draw(v, h)) if h else (None, None, None)
    b = draw(v)
    W = draw(v, x) if direct else None
    contexts = torch.tensor(r.belows(v, 12 * (n - 1)).reshape(12, n - 1))
    e = F.embedding(contexts, C).flatten(1)
    logits = b.expand(12, v)
    if h:
        logits = logits + F.linear(torch.tanh(F.linear(e, H, d)), U)
    if direct:
        logits = logits + F.linear(e, W)
    shape = {"order": n, "vocabulary": v, "width": m, "hidden": h, "direct": direct, "seed": 25 + i}
    cases.append(case(f"model{i}", shape, {"logits": [float(f"{z:.12g}") for z in logits.flatten()]}))
write("text", "neural-probabilistic-lm", {"torch": torch.__version__, **versions()}, cases,
      "Recipe(seed): bells for C, then with hidden units H, d, U, then b, with direct connections W; 12 contexts of belows(vocabulary)")
