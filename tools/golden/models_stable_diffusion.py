"""lyceum-models: the networks of Stable Diffusion transcribed in PyTorch from their descriptions (Rombach et al. 2022), with diffusers' names."""
import torch
import torch.nn as nn
import torch.nn.functional as F

import twin
from golden import Recipe, case, versions, write

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
SEED = 61000


class Resnet(nn.Module):
    def __init__(self, i, o, time, groups, eps):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, i, eps), nn.Conv2d(i, o, 3, padding=1)
        if time:
            self.time_emb_proj = nn.Linear(time, o)
        self.norm2, self.conv2 = nn.GroupNorm(groups, o, eps), nn.Conv2d(o, o, 3, padding=1)
        if i != o:
            self.conv_shortcut = nn.Conv2d(i, o, 1)

    def forward(self, x, t=None):
        y = self.conv1(F.silu(self.norm1(x)))
        if t is not None:
            y = y + self.time_emb_proj(F.silu(t))[:, :, None, None]
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Attention(nn.Module):
    def __init__(self, width, context, heads, groups=0):
        super().__init__()
        self.heads = heads
        bias = groups > 0
        if bias:
            self.group_norm = nn.GroupNorm(groups, width, 1e-6)
        self.to_q, self.to_k, self.to_v = nn.Linear(width, width, bias), nn.Linear(context, width, bias), nn.Linear(context, width, bias)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x, context):
        n, t, w = x.shape
        q, k, v = (p.reshape(n, -1, self.heads, w // self.heads).transpose(1, 2) for p in (self.to_q(x), self.to_k(context), self.to_v(context)))
        a = (q @ k.transpose(-1, -2) * (w // self.heads) ** -0.5).softmax(-1)
        return self.to_out[0]((a @ v).transpose(1, 2).reshape(n, t, w))

    def over(self, x, context=None):
        y = self.group_norm(x).flatten(2).transpose(1, 2)
        return x + self(y, y).transpose(1, 2).reshape(x.shape)


class Gated(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Linear(width, 8 * width)

    def forward(self, x):
        a, g = self.proj(x).chunk(2, -1)
        return a * F.gelu(g)


class Layer(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn1, self.attn2 = Attention(width, width, heads), Attention(width, context or width, heads)
        self.ff = nn.ModuleDict({"net": nn.ModuleList([Gated(width), nn.Identity(), nn.Linear(4 * width, width)])})

    def forward(self, x, context):
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        y = self.norm2(x)
        x = x + self.attn2(y, y if context is None else context)
        y = self.norm3(x)
        for part in self.ff["net"]:
            y = part(y)
        return x + y


class Transformer(nn.Module):
    def __init__(self, width, context, heads, groups):
        super().__init__()
        self.norm, self.proj_in = nn.GroupNorm(groups, width, 1e-6), nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([Layer(width, context, heads)])
        self.proj_out = nn.Conv2d(width, width, 1)

    def over(self, x, context):
        y = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            y = block(y, context)
        return x + self.proj_out(y.transpose(1, 2).reshape(x.shape))


class Sized(nn.Module):
    def __init__(self, width, kind):
        super().__init__()
        self.kind, self.conv = kind, nn.Conv2d(width, width, 3, stride=1 if kind == "twice" else 2, padding=0 if kind == "behind" else 1)

    def forward(self, x):
        if self.kind == "behind":
            x = F.pad(x, (0, 1, 0, 1))
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest") if self.kind == "twice" else x)


class Level(nn.Module):
    def __init__(self, resnets, attentions, name=None, sized=None):
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        if attentions:
            self.attentions = nn.ModuleList(attentions)
        if sized is not None:
            setattr(self, name, nn.ModuleList([sized]))

    def look(self, i, x, context): return self.attentions[i].over(x, context) if hasattr(self, "attentions") else x

    def down(self, x, t, context, kept):
        for i, block in enumerate(self.resnets):
            x = self.look(i, block(x, t), context)
            kept.append(x)
        for s in getattr(self, "downsamplers", ()):
            x = s(x)
            kept.append(x)
        return x

    def up(self, x, t, context, kept):
        for i, block in enumerate(self.resnets):
            x = self.look(i, block(x if kept is None else torch.cat([x, kept.pop()], 1), t), context)
        for s in getattr(self, "upsamplers", ()):
            x = s(x)
        return x

    def across(self, x, t, context): return self.resnets[1](self.look(0, self.resnets[0](x, t), context), t)


class Unet(nn.Module):
    def __init__(self, channels, widths, attends, layers, context, heads, groups):
        super().__init__()
        first, time = widths[0], 4 * widths[0]
        self.first = first
        self.conv_in = nn.Conv2d(channels, first, 3, padding=1)
        self.time_embedding = nn.ModuleDict({"linear_1": nn.Linear(first, time), "linear_2": nn.Linear(time, time)})
        look = lambda w: Transformer(w, context, heads, groups)
        kept, before, down = [first], first, []
        for i, w in enumerate(widths):
            last = i == len(widths) - 1
            down.append(Level([Resnet(before if j == 0 else w, w, time, groups, 1e-5) for j in range(layers)], [look(w) for _ in range(layers)] if attends[i] else [], "downsamplers", None if last else Sized(w, "half")))
            kept += [w] * (layers + (not last))
            before = w
        self.down_blocks = nn.ModuleList(down)
        self.mid_block = Level([Resnet(before, before, time, groups, 1e-5) for _ in range(2)], [look(before)])
        up = []
        for i in reversed(range(len(widths))):
            w, blocks = widths[i], []
            for _ in range(layers + 1):
                blocks.append(Resnet(before + kept.pop(), w, time, groups, 1e-5))
                before = w
            up.append(Level(blocks, [look(w) for _ in range(layers + 1)] if attends[i] else [], "upsamplers", None if i == 0 else Sized(w, "twice")))
        self.up_blocks = nn.ModuleList(up)
        self.conv_norm_out, self.conv_out = nn.GroupNorm(groups, first, 1e-5), nn.Conv2d(first, channels, 3, padding=1)

    def forward(self, x, t, context):
        half = self.first // 2
        angles = t[:, None] * torch.exp(-torch.log(torch.tensor(10000.0)) * torch.arange(half) / half)
        time = self.time_embedding["linear_2"](F.silu(self.time_embedding["linear_1"](torch.cat([angles.cos(), angles.sin()], 1))))
        x = self.conv_in(x)
        kept = [x]
        for level in self.down_blocks:
            x = level.down(x, time, context, kept)
        x = self.mid_block.across(x, time, context)
        for level in self.up_blocks:
            x = level.up(x, time, context, kept)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


def middle(width, groups): return Level([Resnet(width, width, 0, groups, 1e-6) for _ in range(2)], [Attention(width, width, 1, groups)])


class Coder(nn.Module):
    def __init__(self, encodes, channels, latent, widths, layers, groups):
        super().__init__()
        self.encodes = encodes
        order = widths if encodes else widths[::-1]
        self.conv_in = nn.Conv2d(channels if encodes else latent, order[0], 3, padding=1)
        before, levels = order[0], []
        for i, w in enumerate(order):
            last = i == len(order) - 1
            levels.append(Level([Resnet(before if j == 0 else w, w, 0, groups, 1e-6) for j in range(layers + (not encodes))], [], "downsamplers" if encodes else "upsamplers", None if last else Sized(w, "behind" if encodes else "twice")))
            before = w
        setattr(self, "down_blocks" if encodes else "up_blocks", nn.ModuleList(levels))
        self.mid_block = middle(widths[-1], groups)
        self.conv_norm_out = nn.GroupNorm(groups, before, 1e-6)
        self.conv_out = nn.Conv2d(before, 2 * latent if encodes else channels, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        if self.encodes:
            for level in self.down_blocks:
                x = level.down(x, None, None, [])
            x = self.mid_block.across(x, None, None)
        else:
            x = self.mid_block.across(x, None, None)
            for level in self.up_blocks:
                x = level.up(x, None, None, None)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    def __init__(self, channels, latent, widths, layers, groups):
        super().__init__()
        self.encoder, self.decoder = Coder(True, channels, latent, widths, layers, groups), Coder(False, channels, latent, widths, layers, groups)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(2 * latent, 2 * latent, 1), nn.Conv2d(latent, latent, 1)

    def forward(self, x, z): return self.quant_conv(self.encoder(x)), self.decoder(self.post_quant_conv(z))


def filled(module, recipe):
    with torch.no_grad():
        for name, p in sorted(module.named_parameters()):
            p.copy_(twin.draw(recipe, list(p.shape), 0.3))
    return dict(sorted(module.named_parameters()))


def unet(seed, widths, attends, layers, context):
    r = Recipe(seed)
    net = Unet(3, widths, attends, layers, context, 2, 2)
    parameters = filled(net, r)
    x, t = twin.draw(r, [2, 3, 8, 8]).requires_grad_(), torch.tensor([1.0, 700.0])
    c = twin.draw(r, [2, 5, context]).requires_grad_() if context else None
    given = dict(seed=seed, widths=widths, attends=attends, layers=layers, context=context)
    return case("unet", given, twin.answers(r, lambda x, c: net(x, t, c), parameters, [x, c], seed))


def autoencoder(seed, widths, layers):
    r = Recipe(seed)
    net = Autoencoder(3, 2, widths, layers, 2)
    parameters = filled(net, r)
    x, z = twin.draw(r, [2, 3, 8, 8]).requires_grad_(), twin.draw(r, [2, 2, 4, 4]).requires_grad_()
    return case("autoencoder", dict(seed=seed, widths=widths, layers=layers), twin.answers(r, net, parameters, [x, z], seed))


def sigmas(steps, first, last):
    beta = torch.linspace(first**0.5, last**0.5, steps) ** 2
    bar = torch.cumprod(1 - beta, 0)
    return case("sigmas", dict(steps=steps, first=first, last=last), dict(sigmas=((1 - bar) / bar).sqrt().tolist()))


if __name__ == "__main__":
    write("models", "latent-diffusion", versions("torch"), [unet(SEED + 1, [4, 8], [True, False], 2, 6), unet(SEED + 2, [4, 4, 8], [False, True, True], 1, 0),
          autoencoder(SEED + 3, [4, 8], 2), autoencoder(SEED + 4, [4, 4, 8], 1), sigmas(1000, 0.00085, 0.012), sigmas(50, 0.001, 0.2)],
          "golden.Recipe, in the order of twin.py")
