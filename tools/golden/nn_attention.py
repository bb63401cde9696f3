"""lyceum-nn: attention scores, masked and causal attention, multi-head attention, by PyTorch in float64 from the recipe."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters, trace

torch.set_default_dtype(torch.float64)


def scores():
    def dot(q, k, p): return q @ k.mT
    def scaled(q, k, p): return q @ k.mT / q.shape[-1] ** 0.5
    def bilinear(q, k, p): return q @ p["weight"] @ k.mT
    def additive(q, k, p):
        return (torch.tanh((q @ p["query.weight"].T)[..., :, None, :] + (k @ p["key.weight"].T + p["key.bias"])[..., None, :, :]) * p["v"]).sum(-1)
    def cosine(q, k, p): return F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT * p["log_factor"].exp()
    def distance(q, k, p): return -0.5 * torch.cdist(q, k, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    def location(q, k, p): return (q @ p["place.weight"].T)[..., :k.shape[-2]]

    def shapes(name, d, e, keys, hidden):
        return {"bilinear": {"weight": [d, e]}, "additive": {"query.weight": [hidden, d], "key.weight": [hidden, e], "key.bias": [hidden], "v": [hidden]},
                "cosine": {"log_factor": []}, "location": {"place.weight": [keys + 2, d]}}.get(name, {})

    forms = {f.__name__: f for f in (dot, scaled, bilinear, additive, cosine, distance, location)}
    seed = 41000
    for i in range(50):
        for name, f in forms.items():
            seed += 1
            r, sizes = Recipe(seed), Recipe(7 * seed)
            batch, queries, keys, d, hidden = (1 + sizes.below(n) for n in (3, 6, 7, 9, 8))
            e = 1 + sizes.below(9) if name in ("bilinear", "additive") else d
            p = parameters(r, shapes(name, d, e, keys, hidden))
            q, k = draw(r, [batch, queries, d]).requires_grad_(), draw(r, [batch, keys, e]).requires_grad_()
            yield case(name, {"seed": seed, "sizes": [batch, queries, keys, d, e, hidden]}, answers(r, lambda q, k: f(q, k, p), p, [q, k], seed))


def scaled():
    """The scale argument of scaled_dot_product_attention, values and gradients."""
    seed = 42000
    for i in range(20):
        seed += 1
        r, choice = Recipe(seed), Recipe(7 * seed)
        sizes = [1 + choice.below(n) for n in (2, 3, 7, 8, 9)]
        batch, heads, queries, keys, d = sizes
        scale = 0.05 + choice.uniform()
        q, k, v = (draw(r, [batch, heads, n, d]).requires_grad_() for n in (queries, keys, keys))
        yield case("factor", {"seed": seed, "sizes": sizes, "scale": scale},
                   answers(r, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=scale), {}, [q, k, v], seed))


def attention(name, count, seed):
    """scaled_dot_product_attention: plain, or causal with the last query at the last key."""
    for i in range(count):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        batch, heads, queries, more, d = (1 + sizes.below(n) for n in (3, 4, 12, 9, 16))
        if i % 8 > 5:  # more than one tile
            queries, more = queries + 40 + sizes.below(90), more + sizes.below(150)
        keys = queries if name == "causal" and i % 2 == 0 else queries + more if name == "causal" else 1 + sizes.below(300 if i % 8 > 5 else 20)
        q, k, v = (draw(r, [batch, heads, n, d]).requires_grad_() for n in (queries, keys, keys))
        mask = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries) if name == "causal" else None
        f = (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)) if name == "causal" and keys == queries \
            else lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        yield case(name, {"seed": seed, "sizes": [batch, heads, queries, keys, d]}, answers(r, f, {}, [q, k, v], seed))


def multi_head(name, count, seed, wide=False, own=False):
    """nn.MultiheadAttention with its weights under Lyceum's names; every second one is masked, at random but for the diagonal."""
    for i in range(count):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        heads = 1 + sizes.below(16) if i else 16
        d, batch, queries, keys = 1 + sizes.below(4), 1 + sizes.below(3), 1 + sizes.below(8), 1 + sizes.below(9)
        cross = wide or i % 3 == 0 and not own
        keys = keys if cross else queries
        width = heads * d
        kdim, vdim = (1 + sizes.below(12), 1 + sizes.below(12)) if wide else (width, width)
        masked = i % 2 == 1
        shapes = {"q_proj.weight": [width, width], "k_proj.weight": [width, kdim], "v_proj.weight": [width, vdim], "o_proj.weight": [width, width],
                  **{n + "_proj.bias": [width] for n in "qkvo"}}
        p = parameters(r, shapes)
        x = draw(r, [batch, queries, width]).requires_grad_()
        inputs = [x] + ([draw(r, [batch, keys, kdim]).requires_grad_()] if cross else []) + ([draw(r, [batch, keys, vdim]).requires_grad_()] if wide else [])
        seen = torch.tensor(r.uniforms(queries * keys).reshape(queries, keys) < 0.6)
        for t in range(queries):
            seen[t, t % keys] = True
        attn = torch.nn.MultiheadAttention(width, heads, kdim=kdim if wide else None, vdim=vdim if wide else None, batch_first=True)
        weights = None

        def f(x, k=None, v=None):
            nonlocal weights
            k = x if k is None else k
            v = k if v is None else v
            y, weights = F.multi_head_attention_forward(
                x.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), width, heads, None,
                torch.cat([p["q_proj.bias"], p["k_proj.bias"], p["v_proj.bias"]]), None, None, False, 0.0, p["o_proj.weight"], p["o_proj.bias"],
                use_separate_proj_weight=True, q_proj_weight=p["q_proj.weight"], k_proj_weight=p["k_proj.weight"], v_proj_weight=p["v_proj.weight"],
                attn_mask=~seen if masked else None, need_weights=True, average_attn_weights=False)
            return y.transpose(0, 1)

        found = answers(r, f, p, inputs, seed)
        found["weights"] = trace(weights, seed + 1)
        yield case(name, {"seed": seed, "sizes": [batch, heads, d, queries, keys, kdim, vdim], "cross": cross, "masked": masked}, found)


def linear():
    seed = 45000
    for i in range(30):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        rows, inputs, outputs = (1 + sizes.below(n) for n in (6, 20, 20))
        p = parameters(r, {"weight": [outputs, inputs], **({"bias": [outputs]} if i % 3 else {})})
        x = draw(r, [2, rows, inputs]).requires_grad_()
        yield case("linear", {"seed": seed, "sizes": [rows, inputs, outputs], "bias": i % 3 > 0},
                   answers(r, lambda x: F.linear(x, p["weight"], p.get("bias")), p, [x], seed))


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "attention-score", reference, list(scores()) + list(scaled()), recipe)
    write("nn", "self-attention", reference, list(attention("plain", 200, 43000)) + list(attention("causal", 200, 43500)), recipe)
    write("nn", "attention-layer", reference, list(multi_head("self", 100, 44000)) + list(multi_head("wide", 20, 44500, True)), recipe)
    write("nn", "self-attention-layer", reference, list(multi_head("own", 134, 44700, own=True)), recipe)
    write("nn", "projection-matrix", reference, list(linear()), recipe)
