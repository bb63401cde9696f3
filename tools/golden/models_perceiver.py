"""lyceum-models: a Perceiver with one reading and no tower by torch.nn.MultiheadAttention, and output queries, in float64 from the recipe."""
import torch
import torch.nn.functional as F
from torch import nn

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def shapes(name, width, inner, widening):
    s = {f"{name}.{n}.{k}": [inner if n == "input_norm" else width] for n in ("query_norm", "input_norm", "mlp_norm") for k in ("weight", "bias")}
    s |= {f"{name}.attention.{n}_proj.weight": [width, inner if n in "kv" else width] for n in "qkvo"}
    s |= {f"{name}.attention.{n}_proj.bias": [width] for n in "qkvo"}
    return {**s, f"{name}.up.weight": [widening * width, width], f"{name}.up.bias": [widening * width], f"{name}.down.weight": [width, widening * width], f"{name}.down.bias": [width]}


def reading(p, name, z, x, mask):
    width, inner = z.shape[2], x.shape[2]
    norm = lambda n, v: F.layer_norm(v, (v.shape[2],), p[f"{name}.{n}.weight"], p[f"{name}.{n}.bias"])
    m = nn.MultiheadAttention(width, 1, batch_first=True, kdim=inner, vdim=inner)
    a = name + ".attention."
    state = {"in_proj_bias": torch.cat([p[a + n + "_proj.bias"] for n in "qkv"]), "out_proj.weight": p[a + "o_proj.weight"], "out_proj.bias": p[a + "o_proj.bias"]}
    if width == inner:
        state["in_proj_weight"] = torch.cat([p[a + n + "_proj.weight"] for n in "qkv"])
    else:
        state |= {n + "_proj_weight": p[a + n + "_proj.weight"] for n in "qkv"}
    read = norm("input_norm", x)
    y = torch.func.functional_call(m, state, (norm("query_norm", z), read, read), {"key_padding_mask": mask})[0]
    z = z + y
    return z + F.gelu(norm("mlp_norm", z) @ p[name + ".up.weight"].T + p[name + ".up.bias"]) @ p[name + ".down.weight"].T + p[name + ".down.bias"]


def cases():
    for i in range(6):
        seed = 73000 + i
        r, q = Recipe(seed), Recipe(7 * seed)
        inputs, latents, width, outputs, queries, n = 2 + q.below(5), 1 + q.below(4), 4, 1 + q.below(3), 4 + q.below(3), 2 + q.below(6)
        p = parameters(r, {"latents": [latents, width], **shapes("readings.0", width, inputs, 2), **shapes("output", queries, width, 2),
                           "head.weight": [outputs, width], "head.bias": [outputs], "query_head.weight": [outputs, queries], "query_head.bias": [outputs]}, 0.5)
        x, u = draw(r, [2, n, inputs]).requires_grad_(), draw(r, [2, 3, queries]).requires_grad_()
        lengths = [n, 1 + q.below(n)]
        mask = torch.arange(n)[None, :] >= torch.tensor(lengths)[:, None]

        def f(x, u):
            z = reading(p, "readings.0", p["latents"].expand(2, latents, width), x, mask)
            return z.mean(1) @ p["head.weight"].T + p["head.bias"], reading(p, "output", u, z, None) @ p["query_head.weight"].T + p["query_head.bias"]

        yield case("perceiver", {"seed": seed, "lengths": lengths, "sizes": [inputs, latents, width, outputs, queries, n]}, answers(r, f, p, [x, u], seed))


if __name__ == "__main__":
    write("models", "perceiver", versions("torch"), list(cases()), "golden.Recipe, in the order of twin.py")
