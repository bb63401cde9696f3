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


def slaney(f):
    return f * 3 / 200 if f < 1000 else 15 + math.log(f / 1000) / (math.log(6.4) / 27)


def hertz(m):
    return m * 200 / 3 if m < 15 else 1000 * math.exp(math.log(6.4) / 27 * (m - 15))


def mel_filters(rate, size, bands):
    """librosa.filters.mel: Slaney's scale and norm."""
    edges = torch.tensor([hertz(slaney(rate / 2) * i / (bands + 1)) for i in range(bands + 2)])
    f = torch.linspace(0, rate / 2, size // 2 + 1)
    ramps = edges[:, None] - f[None]
    lower, upper = -ramps[:-2] / (edges[1:-1] - edges[:-2])[:, None], ramps[2:] / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(lower, upper).clamp(min=0) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(x, rate, size, hop, bands):
    stft = torch.stft(x, size, hop, window=torch.hann_window(size), return_complex=True)
    mel = mel_filters(rate, size, bands) @ stft[..., :-1].abs() ** 2
    log = mel.clamp(min=1e-10).log10()
    return (torch.maximum(log, log.max() - 8.0) + 4.0) / 4.0


def mels():
    cases = []
    for i, (rate, size, hop, bands, n) in enumerate([(16000, 400, 160, 80, 3200), (16000, 400, 160, 80, 1001), (16000, 400, 160, 128, 800), (8000, 256, 80, 24, 2000)]):
        seed = 300 + i
        recipe = Recipe(seed)
        t = torch.arange(n) / rate
        # a tone that rises, a loud click and noise that is mostly faint
        x = 0.5 * torch.sin(2 * math.pi * (300 + 2000 * t) * t) + draw(recipe, [n]) * 10.0 ** (-6 + 5 * (t * rate / n))
        x[n // 3] += 0.9
        y = log_mel(x, rate, size, hop, bands)
        cases.append(case(f"mel {i}", {"seed": seed, "rate": rate, "size": size, "hop": hop, "bands": bands, "samples": n},
                          {"shape": list(y.shape), "y": [float("%.8g" % v) for v in y.flatten().tolist()]}))
    write("models", "audio_mel", REFERENCE, cases,
          "x = sin(2 pi (300 + 2000 t) t) / 2 + bells 10^(-6 + 5 i / n), 0.9 more at n / 3; torch.stft, Slaney's filters, Whisper's logarithm")


def whisper(p, mel, tokens, c):
    heads = c["heads"]

    def attention(name, x, memory, causal):
        b, t, d = x.shape
        split = lambda z: z.view(b, -1, heads, d // heads).transpose(1, 2)
        q, k, v = split(linear(p, name + ".q_proj", x)), split(linear(p, name + ".k_proj", memory)), split(linear(p, name + ".v_proj", memory))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return linear(p, name + ".out_proj", y.transpose(1, 2).reshape(b, t, d))

    def block(name, x, memory, causal):
        y = norm(p, name + ".self_attn_layer_norm", x)
        x = x + attention(name + ".self_attn", y, y, causal)
        if memory is not None:
            x = x + attention(name + ".encoder_attn", norm(p, name + ".encoder_attn_layer_norm", x), memory, False)
        return x + linear(p, name + ".fc2", F.gelu(linear(p, name + ".fc1", norm(p, name + ".final_layer_norm", x))))

    x = F.gelu(F.conv1d(mel, p["encoder.conv1.weight"], p["encoder.conv1.bias"], padding=1))
    x = F.gelu(F.conv1d(x, p["encoder.conv2.weight"], p["encoder.conv2.bias"], stride=2, padding=1)).transpose(1, 2)
    # openai/whisper's sinusoids(): timescales to 10000 at the last channel of each half
    half = c["width"] // 2
    scaled = torch.arange(x.shape[1])[:, None] * torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))[None]
    x = x + torch.cat([scaled.sin(), scaled.cos()], 1)
    for i in range(c["encoderLayers"]):
        x = block(f"encoder.layers.{i}", x, None, False)
    heard = norm(p, "encoder.layer_norm", x)
    y = p["decoder.embed_tokens.weight"][tokens] + p["decoder.embed_positions.weight"][: tokens.shape[1]]
    for i in range(c["decoderLayers"]):
        y = block(f"decoder.layers.{i}", y, heard, True)
    return heard, norm(p, "decoder.layer_norm", y) @ p["decoder.embed_tokens.weight"].T


def whisper_shapes(c):
    s, d = {}, c["width"]

    def lin(n, i, o, bias=True):
        s[n + ".weight"] = [o, i]
        if bias:
            s[n + ".bias"] = [o]

    def ln(n):
        s[n + ".weight"] = s[n + ".bias"] = [d]

    def att(n):
        for k in "qkv":
            lin(f"{n}.{k}_proj", d, d, k != "k")
        lin(n + ".out_proj", d, d)

    for side, layers in (("encoder", c["encoderLayers"]), ("decoder", c["decoderLayers"])):
        for i in range(layers):
            n = f"{side}.layers.{i}"
            att(n + ".self_attn")
            ln(n + ".self_attn_layer_norm")
            if side == "decoder":
                att(n + ".encoder_attn")
                ln(n + ".encoder_attn_layer_norm")
            lin(n + ".fc1", d, c["hidden"])
            lin(n + ".fc2", c["hidden"], d)
            ln(n + ".final_layer_norm")
        ln(side + ".layer_norm")
    s["encoder.conv1.weight"], s["encoder.conv1.bias"] = [d, c["bands"], 3], [d]
    s["encoder.conv2.weight"], s["encoder.conv2.bias"] = [d, d, 3], [d]
    s["decoder.embed_tokens.weight"] = [c["tokens"], d]
    s["decoder.embed_positions.weight"] = [c["longest"], d]
    return s


def whispers():
    cases = []
    for i, c in enumerate([dict(bands=6, width=8, heads=2, hidden=20, encoderLayers=2, decoderLayers=1, places=7, longest=9, text=5, languages=2, times=4),
                           dict(bands=10, width=16, heads=4, hidden=64, encoderLayers=1, decoderLayers=3, places=12, longest=14, text=20, languages=3, times=8)]):
        c["tokens"] = c["text"] + 8 + c["languages"] + c["times"]
        seed = 400 + i
        recipe = Recipe(seed)
        p = parameters(recipe, whisper_shapes(c))
        mel = draw(recipe, [2, c["bands"], 2 * c["places"]]).requires_grad_()
        tokens = torch.arange(2 * 6).view(2, 6) * 5 % c["tokens"]
        cases.append(case(f"whisper {i}", {"seed": seed, **c}, answers(recipe, lambda m: whisper(p, m, tokens, c), p, [mel], seed)))
    write("models", "audio_whisper", REFERENCE, cases,
          "twin.py: parameters, spectrograms (2, bands, 2 places), then upstream gradients of what is heard and of the logits; token j of row b is 5 (6 b + j) mod tokens")


if __name__ == "__main__":
    conformers()
    mels()
    whispers()
