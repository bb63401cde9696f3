"""lyceum-text: gradients of skip-gram with a full softmax by PyTorch's cross-entropy in double."""
import torch

from golden import Recipe, case, versions, write

r = Recipe(128)
cases = []
for words, dimension in ((5, 3), (12, 7), (50, 20)):
    v = [[(r.below(1 << 12) - (1 << 11)) * 2.0**-10 for _ in range(dimension)] for _ in range(words)]
    u = [[(r.below(1 << 12) - (1 << 11)) * 2.0**-10 for _ in range(dimension)] for _ in range(words)]
    centre, target = r.below(words), r.below(words)
    tv, tu = torch.tensor(v, dtype=torch.float64, requires_grad=True), torch.tensor(u, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.cross_entropy((tu @ tv[centre])[None], torch.tensor([target]))
    loss.backward()
    cases.append(case(f"{words} words", {"words": words, "dimension": dimension, "centre": centre, "target": target},
                      {"loss": loss.item(), "input": tv.grad[centre].tolist(), "output": tu.grad.tolist()}))
write("text", "skip-gram", versions("torch"), cases, "v, u as multiples of 2^-10 and the two words from Recipe(128)")
