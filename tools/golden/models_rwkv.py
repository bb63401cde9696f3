"""lyceum-models: RWKV-4 and RWKV-6 blocks, transcribed from the papers' equations, position by position, in float64 from the recipe."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def shift(x):
    return torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1)


def mix(x, share):
    return share * x + (1 - share) * shift(x)


def channel(p, x):
    k = torch.relu(mix(x, p["feed_forward.time_mix_key"]) @ p["feed_forward.key.weight"].T) ** 2
    r = torch.sigmoid(mix(x, p["feed_forward.time_mix_receptance"]) @ p["feed_forward.receptance.weight"].T)
    return r * (k @ p["feed_forward.value.weight"].T)


def time4(p, x):
    """Equations 11 to 18 of arXiv:2305.13048: the sums as they are written."""
    r, k, v = (mix(x, p["attention.time_mix_" + n]) @ p["attention." + n + ".weight"].T for n in ("receptance", "key", "value"))
    w, u = torch.exp(p["attention.time_decay"]), p["attention.time_first"]
    rows = []
    for t in range(x.shape[1]):
        above = torch.exp(u + k[:, t]) * v[:, t]
        below = torch.exp(u + k[:, t])
        for i in range(t):
            e = torch.exp(-(t - 1 - i) * w + k[:, i])
            above, below = above + e * v[:, i], below + e
        rows.append(above / below)
    return (torch.sigmoid(r) * torch.stack(rows, 1)) @ p["attention.output.weight"].T


def time6(p, x, heads):
    """Section 4 of arXiv:2404.05892: data-dependent shifts and decays, a matrix a head."""
    b, length, n = x.shape
    size = n // heads
    back = shift(x) - x
    low = torch.tanh((x + back * p["attention.time_maa_x"]) @ p["attention.time_maa_w1"]).reshape(b, length, 5, -1)
    z = {}
    for i, name in enumerate("wkvrg"):
        z[name] = x + back * (p["attention.time_maa_" + name] + low[:, :, i] @ p["attention.time_maa_w2"][i])
    w = torch.exp(-torch.exp(p["attention.time_decay"] + torch.tanh(z["w"] @ p["attention.time_decay_w1"]) @ p["attention.time_decay_w2"]))
    r, k, v, w = (q.reshape(b, length, heads, size) for q in (
        z["r"] @ p["attention.receptance.weight"].T, z["k"] @ p["attention.key.weight"].T, z["v"] @ p["attention.value.weight"].T, w))
    s = torch.zeros(b, heads, size, size)
    rows = []
    for t in range(length):
        kv = torch.einsum("bhi,bhj->bhij", k[:, t], v[:, t])
        rows.append(torch.einsum("bhi,bhij->bhj", r[:, t], s + p["attention.time_faaaa"][None, :, :, None] * kv).reshape(b, n))
        s = w[:, t, :, :, None] * s + kv
    y = torch.stack(rows, 1)
    y = F.group_norm(y.reshape(b * length, n), heads, p["attention.ln_x.weight"], p["attention.ln_x.bias"], 64e-5).reshape(b, length, n)
    return (y * F.silu(z["g"] @ p["attention.gate.weight"].T)) @ p["attention.output.weight"].T


def shapes(version, n, hidden, rank, heads):
    s = {f"{m}.{k}": [n] for m in ("pre_ln", "ln1", "ln2") for k in ("weight", "bias")}
    s.update({"feed_forward.time_mix_key": [n], "feed_forward.time_mix_receptance": [n], "feed_forward.key.weight": [hidden, n],
              "feed_forward.receptance.weight": [n, n], "feed_forward.value.weight": [n, hidden]})
    a = "attention."
    s.update({a + k + ".weight": [n, n] for k in ("key", "value", "receptance", "output")})
    if version == 4:
        s.update({a + k: [n] for k in ("time_decay", "time_first", "time_mix_key", "time_mix_value", "time_mix_receptance")})
        return s
    s.update({a + "time_maa_" + k: [n] for k in "xwkvrg"})
    s.update({a + "time_maa_w1": [n, 5 * rank], a + "time_maa_w2": [5, rank, n], a + "time_decay": [n], a + "time_decay_w1": [n, rank],
              a + "time_decay_w2": [rank, n], a + "time_faaaa": [heads, n // heads], a + "gate.weight": [n, n], a + "ln_x.weight": [n],
              a + "ln_x.bias": [n]})
    return s


def cases():
    for version in (4, 6):
        for i in range(5):
            seed = 61000 + 100 * version + i
            r, sizes = Recipe(seed), Recipe(7 * seed)
            batch, length, heads, hidden, rank = 1 + sizes.below(3), 2 + sizes.below(9), 1 + sizes.below(3), 3 + sizes.below(9), 1 + sizes.below(4)
            n = heads * (2 + sizes.below(3))
            p = parameters(r, shapes(version, n, hidden, rank, heads), 0.5)
            x = draw(r, [batch, length, n]).requires_grad_()

            def f(x):
                y = F.layer_norm(x, (n,), p["pre_ln.weight"], p["pre_ln.bias"])
                z = F.layer_norm(y, (n,), p["ln1.weight"], p["ln1.bias"])
                y = y + (time4(p, z) if version == 4 else time6(p, z, heads))
                return y + channel(p, F.layer_norm(y, (n,), p["ln2.weight"], p["ln2.bias"]))

            yield case(f"v{version}", {"seed": seed, "sizes": [batch, length, n, heads, hidden, rank]}, answers(r, f, p, [x], seed))


if __name__ == "__main__":
    write("models", "rwkv", versions("torch"), list(cases()), "golden.Recipe, in the order of twin.py")
