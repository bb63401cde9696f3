"""lyceum-nn: low-rank updates of linear layers, convolutions and embeddings, by PyTorch in float64 from the recipe."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def cases():
    seed = 71000
    for kind in ("linear", "conv", "embedding"):
        for i in range(10):
            seed += 1
            r, choice = Recipe(seed), Recipe(7 * seed)
            batch, inputs, outputs, rank = sizes = [1 + choice.below(n) for n in (4, 9, 8, 4)]
            alpha, stable = 0.5 + choice.uniform(), i % 2
            scale = alpha / (rank**0.5 if stable else rank)
            info = {"seed": seed, "sizes": sizes, "alpha": alpha, "stable": stable}
            if kind == "linear":
                p = parameters(r, {"weight": [outputs, inputs], "bias": [outputs], "lora_A.t.weight": [rank, inputs], "lora_B.t.weight": [outputs, rank]})
                x = [draw(r, [batch, inputs]).requires_grad_()]
                def f(x, p=p, s=scale): return F.linear(x, p["weight"] + s * p["lora_B.t.weight"] @ p["lora_A.t.weight"], p["bias"])
            elif kind == "conv":
                p = parameters(r, {"weight": [outputs, inputs, 3, 3], "bias": [outputs], "lora_A.t.weight": [rank, inputs, 3, 3],
                                   "lora_B.t.weight": [outputs, rank, 1, 1]})
                x = [draw(r, [batch, inputs, 6, 5]).requires_grad_()]
                def f(x, p=p, s=scale):
                    update = torch.einsum("or,rikl->oikl", p["lora_B.t.weight"][:, :, 0, 0], p["lora_A.t.weight"])
                    return F.conv2d(x, p["weight"] + s * update, p["bias"], stride=2, padding=1)
            else:
                info["indices"] = [choice.below(inputs) for _ in range(6)]
                index = torch.tensor(info["indices"])
                p = parameters(r, {"weight": [inputs, outputs], "lora_embedding_A.t.weight": [rank, inputs], "lora_embedding_B.t.weight": [outputs, rank]})
                x = []
                def f(p=p, s=scale, index=index): return (p["weight"] + s * (p["lora_embedding_B.t.weight"] @ p["lora_embedding_A.t.weight"]).T)[index]
            yield case(kind, info, answers(r, f, p, x, seed))


if __name__ == "__main__":
    write("nn", "lora", versions("torch"), list(cases()), "golden.Recipe, in the order of twin.py")
