"""lyceum-models: Frechet distances beside scipy's sqrtm; a diffusion transformer transcribed in PyTorch from the paper (Peebles and Xie 2023)."""
import numpy as np
import scipy.linalg
import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Recipe, case, versions, write


def frechet(seed, d=64, samples=128):
    r = Recipe(seed)
    a, b = r.matrix(samples, d), r.matrix(samples, d) * 1.5
    m1, m2 = r.bells(d), r.bells(d)
    s1, s2 = a.T @ a / samples, b.T @ b / samples
    root = scipy.linalg.sqrtm(s1 @ s2).real
    return case(f"frechet {seed}", {"seed": seed, "d": d, "samples": samples},
                {"value": float(((m1 - m2)**2).sum() + np.trace(s1 + s2 - 2 * root))})


write("models", "generative-metrics", versions("scipy", "numpy"), [frechet(s) for s in (1, 2, 3)])


def sincos(width, side):
    """Half the width for the column, half for the row; sines, then cosines."""
    def one(places):
        rate = 1 / 10000**(np.arange(width // 4) / (width / 4))
        angle = np.outer(places, rate)
        return np.concatenate([np.sin(angle), np.cos(angle)], 1)
    rows, columns = np.divmod(np.arange(side * side), side)
    return torch.tensor(np.concatenate([one(columns), one(rows)], 1))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, t, w = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-1, -2) / (w // self.heads)**0.5).softmax(-1)
        return self.proj((a @ v).transpose(1, 2).reshape(n, t, w))


class Cross(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.q, self.kv, self.proj = heads, nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)

    def forward(self, x, memory):
        n, t, w = x.shape
        h = w // self.heads
        q = self.q(x).reshape(n, t, self.heads, h).transpose(1, 2)
        k, v = self.kv(memory).reshape(n, -1, 2, self.heads, h).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, w))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x): return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, heads, kind):
        super().__init__()
        plain = kind == "ADAPTIVE_NORM_ZERO"
        self.norm1 = nn.LayerNorm(width, 1e-6, elementwise_affine=not plain)
        self.attn = Attention(width, heads)
        if kind == "CROSS_ATTENTION":
            self.norm_cross, self.cross = nn.LayerNorm(width, 1e-6), Cross(width, heads)
        self.norm2 = nn.LayerNorm(width, 1e-6, elementwise_affine=not plain)
        self.mlp = Mlp(width)
        if plain:
            self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x, c, memory):
        if hasattr(self, "adaLN_modulation"):
            s1, g1, a1, s2, g2, a2 = self.adaLN_modulation(c)[:, None].chunk(6, -1)
            x = x + a1 * self.attn(self.norm1(x) * (1 + g1) + s1)
            return x + a2 * self.mlp(self.norm2(x) * (1 + g2) + s2)
        x = x + self.attn(self.norm1(x))
        if hasattr(self, "cross"):
            x = x + self.cross(self.norm_cross(x), memory)
        return x + self.mlp(self.norm2(x))


class Head(nn.Module):
    def __init__(self, width, outputs, kind):
        super().__init__()
        plain = kind == "ADAPTIVE_NORM_ZERO"
        self.norm_final = nn.LayerNorm(width, 1e-6, elementwise_affine=not plain)
        self.linear = nn.Linear(width, outputs)
        if plain:
            self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, x, c):
        x = self.norm_final(x)
        if hasattr(self, "adaLN_modulation"):
            shift, scale = self.adaLN_modulation(c)[:, None].chunk(2, -1)
            x = x * (1 + scale) + shift
        return self.linear(x)


class Named(nn.Module):
    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


class DiT(nn.Module):
    def __init__(self, size, channels, patch, width, depth, heads, classes, learned, kind):
        super().__init__()
        self.patch, self.out, self.kind = patch, channels * (2 if learned else 1), kind
        self.x_embedder = Named(proj=nn.Conv2d(channels, width, patch, patch))
        self.t_embedder = Named(mlp=nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width)))
        self.y_embedder = Named(embedding_table=nn.Embedding(classes + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, kind) for _ in range(depth))
        self.final_layer = Head(width, patch * patch * self.out, kind)
        self.pos_embed = sincos(width, size // patch)

    def forward(self, x, t, y):
        n, side = x.shape[0], x.shape[-1] // self.patch
        tokens = self.x_embedder.proj(x).flatten(2).transpose(1, 2) + self.pos_embed
        angle = t[:, None] * torch.exp(-np.log(10000) * torch.arange(128, dtype=torch.float64) / 128)
        time, kind = self.t_embedder.mlp(torch.cat([angle.cos(), angle.sin()], -1)), self.y_embedder.embedding_table(y)
        memory = torch.stack([time, kind], 1)
        if self.kind == "IN_CONTEXT":
            tokens = torch.cat([memory, tokens], 1)
        for block in self.blocks:
            tokens = block(tokens, time + kind, memory)
        tokens = self.final_layer(tokens[:, -side * side:], time + kind)
        return torch.einsum("nhwpqc->nchpwq", tokens.reshape(n, side, side, self.patch, self.patch, self.out)) \
            .reshape(n, self.out, side * self.patch, side * self.patch)


def dit(seed, kind, size, channels, patch, width, depth, heads, classes, learned):
    net = DiT(size, channels, patch, width, depth, heads, classes, learned, kind).double()
    r = Recipe(seed)
    names = [n for n, _ in net.named_parameters()]
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.tensor(0.2 * r.bells(p.numel())).reshape(p.shape))
        x = torch.tensor(r.bells(3 * channels * size * size)).reshape(3, channels, size, size)
        t, y = torch.tensor([0.0, 17.0, 950.0], dtype=torch.float64), torch.tensor([0, classes, 1])
        out = net(x, t, y)
    return case(f"{kind} {seed}", dict(seed=seed, kind=kind, size=size, channels=channels, patch=patch, width=width, depth=depth, heads=heads,
                                       classes=classes, learned=learned, names=names), {"output": out.flatten()})


write("models", "dit", versions("torch", "numpy"), [
    dit(1, "ADAPTIVE_NORM_ZERO", 8, 3, 2, 16, 2, 2, 3, True), dit(2, "ADAPTIVE_NORM_ZERO", 6, 1, 3, 24, 3, 3, 5, False),
    dit(3, "CROSS_ATTENTION", 4, 2, 2, 16, 2, 4, 3, False), dit(4, "IN_CONTEXT", 4, 2, 2, 16, 2, 4, 3, True)])
