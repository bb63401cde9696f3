"""lyceum-nn: T5's buckets as the released code takes them (float32 logarithms), and rotary frequencies by the published formulas, in float64."""
import math

import numpy as np
import torch

from golden import case, versions, write


def bucket(relative, bidirectional, count, furthest):
    """mesh_tensorflow's relative_position_bucket, with torch's float32 log."""
    n = -relative
    first = torch.zeros_like(n)
    if bidirectional:
        count //= 2
        first = (n < 0).long() * count
        n = n.abs()
    else:
        n = n.clamp(min=0)
    near = count // 2
    far = near + (torch.log(n.float() / near) / math.log(furthest / near) * (count - near)).long()
    far = torch.minimum(far, torch.full_like(far, count - 1))
    return first + torch.where(n < near, n, far)


def buckets():
    for count, furthest in [(32, 128), (64, 256), (16, 40), (8, 20)]:
        for bidirectional in [True, False]:
            offsets = torch.arange(-256, 257)
            yield case("buckets", {"count": count, "furthest": furthest, "bidirectional": bidirectional},
                       bucket(offsets, bidirectional, count, furthest).tolist())


def theta(d, b):
    return np.array([1.0 / (b ** (2.0 * i / d)) for i in range(d // 2)])


def rope(kind, d, b, s, trained, length, low, high):
    """Frequencies and magnitude, each written as its paper or its released code has it."""
    t = theta(d, b)
    wave = 2 * np.pi / t
    if kind == "linear":
        return t / s, 1.0
    if kind in ("ntk", "dynamic-ntk"):
        if kind == "dynamic-ntk":
            s = s * max(length, trained) / trained - (s - 1)
        return theta(d, b * s ** (d / (d - 2))), 1.0
    if kind in ("yarn", "dynamic-yarn"):
        if kind == "dynamic-yarn":
            s = max(1.0, length / trained)
        r = trained / wave
        gamma = np.where(r < low, 0.0, np.where(r > high, 1.0, (r - low) / (high - low)))
        return (1 - gamma) * t / s + gamma * t, 0.1 * math.log(s) + 1.0
    if kind in ("yarn-pairs", "yarn-whole-pairs"):
        dim = lambda turns: d * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(b))
        lo, hi = dim(high), dim(low)
        if kind == "yarn-whole-pairs":
            lo, hi = math.floor(lo), math.ceil(hi)
        lo, hi = max(lo, 0), min(hi, d - 1)
        if lo == hi:
            hi += 0.001
        keep = 1 - np.clip((np.arange(d // 2) - lo) / (hi - lo), 0, 1)
        return t / s * (1 - keep) + t * keep, 0.1 * math.log(s) + 1.0
    out = []
    for f, w in zip(t, wave):
        if w < trained / high:
            out.append(f)
        elif w > trained / low:
            out.append(f / s)
        else:
            smooth = (trained / w - low) / (high - low)
            out.append((1 - smooth) * f / s + smooth * f)
    return np.array(out), 1.0


def scalings():
    settings = [(16, 10000.0, 4.0, 64, 256, 1.0, 4.0), (48, 10000.0, 2.0, 2048, 3000, 1.0, 32.0), (40, 500000.0, 8.0, 8192, 70000, 1.0, 4.0),
                (32, 1000.0, 1.0, 128, 100, 2.0, 16.0), (24, 10000.0, 32.0, 4096, 4096, 1.0, 32.0), (6, 10000.0, 3.5, 50, 60, 0.5, 3.0)]
    for kind in ["linear", "ntk", "dynamic-ntk", "yarn", "yarn-pairs", "yarn-whole-pairs", "dynamic-yarn", "llama3"]:
        for d, b, s, trained, length, low, high in settings:
            t, size = rope(kind, d, b, s, trained, length, low, high)
            yield case("scaling", {"kind": kind, "width": d, "base": b, "factor": s, "trained": trained, "length": length, "low": low, "high": high},
                       {"frequencies": t.tolist(), "magnitude": size})


if __name__ == "__main__":
    write("nn", "relative-positions", versions("torch", "numpy"), list(buckets()) + list(scalings()), "no random numbers")
