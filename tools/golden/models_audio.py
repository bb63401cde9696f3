"""lyceum-models: sound. Transcriptions in PyTorch of the Conformer block (Gulati et al. 2020), and of Whisper's front end and network (Radford et al. 2023)."""
import math

import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
REFERENCE = versions("torch")


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"], 1e-5)


def conformer(p, x, heads, kernel, mean, var, training):
    b, t, d = x.shape

    def feed(name, y):
        return linear(p, name + ".fc2", F.silu(linear(p, name + ".fc1", norm(p, name + "_norm", y))))

    def attend(y):
        y = norm(p, "attention_norm", y)
        split = lambda z: z.view(b, t, heads, d // heads).transpose(1, 2)
        q, k, v = (split(linear(p, f"attention.{n}_proj", y)) for n in "qkv")
        # the sinusoid of each distance, query minus key
        distance = torch.arange(t)[:, None] - torch.arange(t)[None, :]
        angles = distance[..., None] * 10000.0 ** (-2.0 * torch.arange(d // 2) / d)
        r = linear(p, "attention.positions.r_proj", torch.cat([angles.sin(), angles.cos()], -1)).view(t, t, heads, d // heads)
        content = (q + p["attention.positions.u"][None, :, None]) @ k.transpose(-1, -2)
        place = torch.einsum("bhid,ijhd->bhij", q + p["attention.positions.v"][None, :, None], r)
        w = ((content + place) / math.sqrt(d // heads)).softmax(-1)
        return linear(p, "attention.o_proj", (w @ v).transpose(1, 2).reshape(b, t, d))

    def convolve(y):
        y = F.glu(linear(p, "pointwise_in", norm(p, "conv_norm", y)), -1).transpose(1, 2)
        y = F.conv1d(y, p["depthwise.weight"], p["depthwise.bias"], padding=kernel // 2, groups=d)
        y = F.batch_norm(y, mean, var, p["batch_norm.weight"], p["batch_norm.bias"], training, 0.1, 1e-5)
        return linear(p, "pointwise_out", F.silu(y.transpose(1, 2)))

    x = x + feed("first", x) / 2
    x = x + attend(x)
    x = x + convolve(x)
    return norm(p, "norm", x + feed("second", x) / 2)


def conformer_shapes(d, hidden, heads, kernel):
    s = {}
    for n in ("first_norm", "attention_norm", "conv_norm", "second_norm", "norm", "batch_norm"):
        s[n + ".weight"] = s[n + ".bias"] = [d]

    def lin(n, i, o):
        s[n + ".weight"], s[n + ".bias"] = [o, i], [o]

    for n in ("first", "second"):
        lin(n + ".fc1", d, hidden)
        lin(n + ".fc2", hidden, d)
    for n in "qkvo":
        lin(f"attention.{n}_proj", d, d)
    s["attention.positions.r_proj.weight"] = [d, d]
    s["attention.positions.u"] = s["attention.positions.v"] = [heads, d // heads]
    lin("pointwise_in", d, 2 * d)
    lin("pointwise_out", d, d)
    s["depthwise.weight"], s["depthwise.bias"] = [d, 1, kernel], [d]
    return s


def conformers():
    cases = []
    for i, (b, t, d, hidden, heads, kernel) in enumerate([(1, 5, 4, 6, 2, 3), (2, 9, 8, 32, 2, 5), (2, 12, 8, 20, 4, 7), (3, 4, 6, 24, 1, 9)]):
        for training in (False, True):
            seed = 100 + 2 * i + training
            recipe = Recipe(seed)
            p = parameters(recipe, conformer_shapes(d, hidden, heads, kernel))
            x = draw(recipe, [b, t, d]).requires_grad_()
            mean, var = draw(recipe, [d]) * 0.5, draw(recipe, [d]).square() + 0.5
            f = lambda y: conformer(p, y, heads, kernel, mean.clone(), var.clone(), training)
            cases.append(case(f"block {i} {'learning' if training else 'predicting'}",
                              {"seed": seed, "batch": b, "time": t, "width": d, "hidden": hidden, "heads": heads, "kernel": kernel, "training": training},
                              answers(recipe, f, p, [x], seed)))
    write("models", "audio_conformer", REFERENCE, cases,
          "twin.py: parameters, x (batch, time, width), running mean over 2, square of a draw plus a half as running variance, then upstream gradients")


if __name__ == "__main__":
    conformers()
