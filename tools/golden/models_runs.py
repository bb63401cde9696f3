"""lyceum-models: whole trainings by PyTorch from weights, batches, views and noise of the seed recipe; the losses in which they end."""
import gzip
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models.vision_transformer import VisionTransformer

from golden import Recipe, case, versions, write
from models_vision import UBlock, drawn, gcd8, shapes

torch.set_default_dtype(torch.float32)
torch.set_num_threads(1)
SEEDS = [1, 2, 3]
FOLDER = "/usr/share/datasets/fashion-mnist/"
RECIPE = ("seed: state as in vision_resnet, F32; then for each epoch a shuffle of the first `rows` training pictures, cut into batches in order. Denoiser, each step:"
          " belows(1000, batch) + 1 steps, then bells for the noise. Views, for each view and picture: belows(5, 2) - 2 down and right, uniform < 0.5 mirrored, and"
          " 0.6 + 0.8 uniform times the brightness, held in 0 to 1. Every fourth loss, and the mean of the last `last`.")


def pictures(rows):
    raw = np.frombuffer(gzip.open(FOLDER + "train-images-idx3-ubyte.gz").read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:rows]
    labels = np.frombuffer(gzip.open(FOLDER + "train-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)[:rows]
    return torch.tensor(raw.astype(np.float32) / 255), torch.tensor(labels.astype(np.int64))


def trained(name, build, seed, rows, batch, epochs, last, rate, loss):
    recipe, net = Recipe(seed), build()
    drawn(net, recipe)
    net.train()
    optimizer, losses = torch.optim.Adam(net.parameters(), rate), []
    for _ in range(epochs):
        order = recipe.shuffle(rows)
        for i in range(0, rows, batch):
            optimizer.zero_grad()
            value = loss(net, order[i:i + batch], recipe)
            value.backward()
            optimizer.step()
            losses.append(value.item())
    print(name, seed, losses[0], sum(losses[-last:]) / last)
    return case(name + " " + str(seed), {"seed": seed, "rows": rows, "batch": batch, "epochs": epochs, "last": last, "rate": rate, "state": shapes(net)},
                {"losses": np.array(losses[::4], np.float32), "end": sum(losses[-last:]) / last})


def vit(seed):
    x, y = pictures(1024)

    def build():
        net = VisionTransformer(28, 4, 4, 4, 64, 256, num_classes=10)
        net.conv_proj = nn.Conv2d(1, 64, 4, 4)
        return net

    return trained("ViT", build, seed, 1024, 64, 4, 16, 1e-3, lambda net, some, _: F.cross_entropy(net(x[some]), y[some]))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width) for _ in range(4))
        self.heads = heads

    def forward(self, x):
        split = lambda y: y.reshape(y.shape[0], y.shape[1], self.heads, -1).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x)))
        return self.o_proj(y.transpose(1, 2).reshape(x.shape))


class Block(UBlock):
    """Residual and told a time; positions attend to each other and to nothing else."""

    def __init__(self, i, o, time, heads):
        super().__init__(i, o, True, 1, time)
        if heads:
            self.attention_norm, self.attention = nn.GroupNorm(gcd8(o), o), Attention(o, heads)

    def forward(self, x, t):
        h = super().forward(x, t)
        if not hasattr(self, "attention"):
            return h
        y = h.flatten(2).transpose(1, 2) + self.attention(self.attention_norm(h).flatten(2).transpose(1, 2))
        return y.transpose(1, 2).reshape(h.shape)


class Denoiser(nn.Module):
    def __init__(self, channels, widths, heads=4):
        super().__init__()
        time, last = 4 * widths[0], len(widths) - 1
        self.time1, self.time2 = nn.Linear(time, time), nn.Linear(time, time)
        self.down = nn.ModuleList([Block(a, b, time, heads if i == last else 0) for i, (a, b) in enumerate(zip([channels] + widths, widths))])
        self.shrink = nn.ModuleList([nn.Conv2d(w, w, 3, 2, 1) for w in widths[:-1]])
        back = widths[::-1]
        self.grow = nn.ModuleList([nn.Conv2d(a, b, 3, 1, 1) for a, b in zip(back, back[1:])])
        self.up = nn.ModuleList([Block(2 * b, b, time, 0) for b in back[1:]])
        self.norm, self.out = nn.GroupNorm(gcd8(widths[0]), widths[0]), nn.Conv2d(widths[0], channels, 1)

    def forward(self, x, t):
        half = self.time1.in_features // 2
        angle = t[:, None].double() * torch.exp(-math.log(10_000) / half * torch.arange(half).double())
        t = self.time2(F.silu(self.time1(torch.cat([angle.sin(), angle.cos()], 1).float())))
        maps = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else self.shrink[i - 1](x), t)
            maps.append(x)
        for grow, block, skip in zip(self.grow, self.up, maps[-2::-1]):
            x = block(torch.cat([skip, grow(F.interpolate(x, scale_factor=2, mode="nearest"))], 1), t)
        return self.out(F.silu(self.norm(x)))


def denoiser(seed):
    x, _ = pictures(512)
    bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0)

    def loss(net, some, recipe):
        t = torch.tensor(recipe.belows(1000, len(some)))
        noise = torch.tensor(recipe.bells(784 * len(some)).reshape(-1, 1, 28, 28)).float()
        a = bar[t][:, None, None, None]
        return F.mse_loss(net((2 * x[some] - 1) * a.sqrt().float() + noise * (1 - a).sqrt().float(), t + 1.0), noise)

    return trained("DDPM", lambda: Denoiser(1, [16, 32, 64]), seed, 512, 32, 3, 16, 1e-3, loss)


class TwoViews(nn.Module):
    """An encoder of two convolutions under SimCLR's projector."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU())
        self.projector = nn.Module()
        self.projector.layers = nn.ModuleList([nn.Linear(32, 64), nn.Linear(64, 32)])
        self.projector.norms = nn.ModuleList([nn.BatchNorm1d(64)])

    def forward(self, x):
        x = self.projector.layers[0](self.encoder(x).mean((2, 3)))
        return self.projector.layers[1](F.relu(self.projector.norms[0](x)))


def view(x, recipe):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        down, right = (int(v) - 2 for v in recipe.belows(5, 2))
        picture = torch.roll(F.pad(x[i], (2, 2, 2, 2)), (down, right), (1, 2))[:, 2:30, 2:30]
        if recipe.uniform() < 0.5:
            picture = picture.flip(2)
        out[i] = (picture * np.float32(0.6 + 0.8 * recipe.uniform())).clamp(0, 1)
    return out


def simclr(seed):
    x, _ = pictures(512)

    def loss(net, some, recipe):
        first, second = view(x[some], recipe), view(x[some], recipe)
        z = F.normalize(torch.cat([net(first), net(second)]), dim=1)
        n, logits = len(some), z @ z.T / 0.5
        logits = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
        return F.cross_entropy(logits, torch.arange(2 * n).add(n) % (2 * n))

    return trained("SimCLR", TwoViews, seed, 512, 128, 8, 8, 3e-3, loss)


if __name__ == "__main__":
    write("models", "runs", versions("torch", "torchvision"), [f(s) for f in (vit, denoiser, simclr) for s in SEEDS], RECIPE)
