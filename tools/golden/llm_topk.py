"""lyceum-llm: top-k of 10,000 random rows by torch.topk and softmax in F64. Of every row a weighted sum of the descending probabilities, of the first 300 all of them."""
import torch

from golden import Recipe, case, versions, write

whole, sums = [], []
for i in range(10_000):
    r = Recipe(2280000 + i)
    v, k = 2 + r.below(60), 1 + r.below(70)
    z = 2 * r.bells(v)
    if i % 3 == 0:  # ties
        z = torch.tensor(z).round().numpy()
    p = torch.softmax(torch.topk(torch.tensor(z, dtype=torch.float64), min(k, v)).values, 0)
    w = torch.tensor(r.uniforms(len(p)))
    sums.append(round(float((p * w).sum()), 9))
    if i < 300:
        whole.append([round(float(x), 9) for x in p])

write("llm", "top-k-sampling", versions("torch"), [case("rows", {}, {"sums": sums, "whole": whole})],
      "row i: r = Recipe(2280000 + i); v = 2 + below(60), k = 1 + below(70), z = 2 bells(v), rounded to whole numbers (half to even) where i % 3 == 0; "
      "p = softmax(topk(z, min(k, v))), descending; w = uniforms(len(p)); sums[i] = sum p w; whole[i] = p of the first 300")
