"""PyTorch with torchvision and torchaudio as a peer of whole models, and transcriptions of those that they lack: prepare() makes one, run() times calls of it."""
import math
import warnings

import torch
import torch.nn.functional as F
from peer import has_blas, serve, timed
from torch import nn

warnings.simplefilter("ignore")


def hello(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    return {"name": "PyTorch " + torch.__version__.split("+")[0], "blas": has_blas()}


def seen(f):
    """Without gradients."""

    def call():
        with torch.inference_mode():
            return f()

    return call


def swept(module, f):
    """Forward, and backward from ones."""

    def call():
        module.zero_grad()
        f().sum().backward()

    return call


def stepped(module, loss):
    """A step of AdamW."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)

    def call():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return call


def vision(model, batch, script):
    """Written as a script too, for libtorch."""
    import os
    import torchvision
    net, x = getattr(torchvision.models, model)().eval(), torch.randn(batch, 3, 224, 224)
    if not os.path.exists(script):
        with torch.no_grad():
            torch.jit.trace(net, x).save(script)
    return seen(lambda: net(x))


def train_vit(side, patch, width, depth, heads, batch, classes):
    from torchvision.models.vision_transformer import VisionTransformer
    net = VisionTransformer(side, patch, depth, heads, width, 4 * width, num_classes=classes)
    net.conv_proj = nn.Conv2d(1, width, patch, patch)
    x, y = torch.randn(batch, 1, side, side), torch.randint(0, classes, (batch,))
    return stepped(net, lambda: F.cross_entropy(net(x), y))


def gcd8(n):
    return max(g for g in range(1, 9) if n % g == 0)


class Heads(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.heads = heads

    def forward(self, x):
        split = lambda y: y.reshape(y.shape[0], y.shape[1], self.heads, -1).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(self.q(x)), split(self.k(x)), split(self.v(x)))
        return self.o(y.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    """Residual, told a time; at the coarsest level positions attend to each other."""

    def __init__(self, i, o, time, heads):
        super().__init__()
        self.norm1, self.conv1, self.time = nn.GroupNorm(gcd8(i), i), nn.Conv2d(i, o, 3, padding=1), nn.Linear(time, o)
        self.norm2, self.conv2 = nn.GroupNorm(gcd8(o), o), nn.Conv2d(o, o, 3, padding=1)
        self.shortcut = nn.Conv2d(i, o, 1) if i != o else nn.Identity()
        self.norm, self.attention = (nn.GroupNorm(gcd8(o), o), Heads(o, heads)) if heads else (None, None)

    def forward(self, x, t):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(t))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h))) + self.shortcut(x)
        if self.attention is None:
            return h
        y = h.flatten(2).transpose(1, 2)
        return (y + self.attention(self.norm(h).flatten(2).transpose(1, 2))).transpose(1, 2).reshape(h.shape)


class Denoiser(nn.Module):
    def __init__(self, channels, widths, heads=4):
        super().__init__()
        self.width = time = 4 * widths[0]
        self.time1, self.time2 = nn.Linear(time, time), nn.Linear(time, time)
        last = len(widths) - 1
        self.down = nn.ModuleList([Block(a, b, time, heads if i == last else 0) for i, (a, b) in enumerate(zip([channels] + widths, widths))])
        self.shrink = nn.ModuleList([nn.Conv2d(w, w, 3, 2, 1) for w in widths[:-1]])
        back = widths[::-1]
        self.grow = nn.ModuleList([nn.Conv2d(a, b, 3, 1, 1) for a, b in zip(back, back[1:])])
        self.up = nn.ModuleList([Block(2 * b, b, time, 0) for b in back[1:]])
        self.norm, self.out = nn.GroupNorm(gcd8(widths[0]), widths[0]), nn.Conv2d(widths[0], channels, 1)

    def forward(self, x, t):
        half = self.width // 2
        angle = t[:, None] * torch.exp(torch.arange(half) * (-math.log(10_000) / half))
        t = self.time2(F.silu(self.time1(torch.cat([angle.sin(), angle.cos()], 1))))
        maps = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else self.shrink[i - 1](x), t)
            maps.append(x)
        for grow, block, skip in zip(self.grow, self.up, maps[-2::-1]):
            x = block(torch.cat([skip, grow(F.interpolate(x, scale_factor=2, mode="nearest"))], 1), t)
        return self.out(F.silu(self.norm(x)))


def train_denoiser(widths, side, batch, steps):
    net, x = Denoiser(1, widths), torch.randn(batch, 1, side, side)
    bar = torch.cumprod(1 - torch.linspace(0.1 / steps, 20 / steps, steps), 0)

    def loss():
        t, noise = torch.randint(0, steps, (batch,)), torch.randn_like(x)
        a = bar[t][:, None, None, None]
        return F.mse_loss(net(x * a.sqrt() + noise * (1 - a).sqrt(), t + 1.0), noise)

    return stepped(net, loss)


def train_regions(side, batch, classes, objects):
    import torchvision
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
    from torchvision.models.detection.rpn import AnchorGenerator
    from torchvision.ops import MultiScaleRoIAlign
    body = nn.Sequential(*list(torchvision.models.resnet18().children())[:-2])
    body.out_channels = 512
    head = nn.Sequential(nn.Flatten(), nn.Linear(512 * 25, 64), nn.ReLU())
    net = FasterRCNN(body, rpn_anchor_generator=AnchorGenerator(((64, 128, 256),), ((0.5, 1.0, 2.0),)), box_roi_pool=MultiScaleRoIAlign(["0"], 5, 2),
                     box_head=head, box_predictor=FastRCNNPredictor(64, classes + 1), min_size=side, max_size=side, rpn_pre_nms_top_n_train=200,
                     rpn_post_nms_top_n_train=24, rpn_batch_size_per_image=64, box_batch_size_per_image=16)
    x = [torch.rand(3, side, side) for _ in range(batch)]

    def truth():
        corner, size = torch.rand(objects, 2) * 0.6 * side, 40 + torch.rand(objects, 2) * 0.25 * side
        return {"boxes": torch.cat([corner, corner + size], 1), "labels": torch.randint(1, classes + 1, (objects,))}

    y = [truth() for _ in range(batch)]
    return stepped(net, lambda: sum(net(x, y).values()))


class Mamba(nn.Module):
    """The recurrence as a loop over steps."""

    def __init__(self, width, state, kernel=4):
        super().__init__()
        inner, self.state, self.rank = 2 * width, state, -(-width // 16)
        self.into, self.conv = nn.Linear(width, 2 * inner, False), nn.Conv1d(inner, inner, kernel, groups=inner, padding=kernel - 1)
        self.x, self.dt = nn.Linear(inner, self.rank + 2 * state, False), nn.Linear(self.rank, inner)
        self.log = nn.Parameter(torch.log(torch.arange(1.0, state + 1).repeat(inner, 1)))
        self.d, self.out = nn.Parameter(torch.ones(inner)), nn.Linear(inner, width, False)

    def forward(self, x):
        u, z = self.into(x).chunk(2, 2)
        u = F.silu(self.conv(u.transpose(1, 2))[:, :, :x.shape[1]].transpose(1, 2))
        dt, b, c = self.x(u).split([self.rank, self.state, self.state], 2)
        dt, a = F.softplus(self.dt(dt)), -torch.exp(self.log)
        h, rows = u.new_zeros(u.shape[0], u.shape[2], self.state), []
        for t in range(u.shape[1]):
            h = torch.exp(dt[:, t, :, None] * a) * h + (dt[:, t] * u[:, t])[:, :, None] * b[:, t, None, :]
            rows.append((h * c[:, t, None, :]).sum(2))
        return self.out((torch.stack(rows, 1) + u * self.d) * F.silu(z))


def mamba(width, state, length, batch, backward):
    net, x = Mamba(width, state), torch.randn(batch, length, width)
    return swept(net, lambda: net(x)) if backward else seen(lambda: net(x))


def links(nodes, count):
    return torch.randint(0, nodes, (count,)), torch.randint(0, nodes, (count,))


class Gcn(nn.Module):
    def __init__(self, nodes, source, target, width, own):
        super().__init__()
        loop = torch.arange(nodes)
        source, target = torch.cat([source, loop]), torch.cat([target, loop])
        degree = torch.zeros(nodes).index_add(0, target, torch.ones(len(target))).rsqrt()
        weight = degree[source] * degree[target]
        self.lin, self.bias = nn.Linear(width, width, False), nn.Parameter(torch.zeros(width))
        if own:
            self.s = torch.sparse_coo_tensor(torch.stack([target, source]), weight, (nodes, nodes)).to_sparse_csr()
        else:
            from torch_sparse import SparseTensor
            self.s = SparseTensor(row=target, col=source, value=weight, sparse_sizes=(nodes, nodes))
        self.own = own

    def forward(self, x):
        y = self.lin(x)
        return (self.s @ y if self.own else self.s.matmul(y)) + self.bias


def gcn(nodes, edges, width, own):
    net, x = Gcn(nodes, *links(nodes, edges), width, own), torch.randn(nodes, width)
    return swept(net, lambda: net(x))


class Gat(nn.Module):
    """Dynamic scores (Brody, Alon and Yahav 2022)."""

    def __init__(self, nodes, source, target, width, heads, own):
        super().__init__()
        loop = torch.arange(nodes)
        self.nodes, self.heads, self.own = nodes, heads, own
        self.source, self.target = torch.cat([source, loop]), torch.cat([target, loop])
        self.left, self.right = nn.Linear(width, width), nn.Linear(width, width)
        self.att, self.bias = nn.Parameter(torch.randn(heads, width // heads)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        n = self.nodes
        l, r = (f(x).view(n, self.heads, -1) for f in (self.left, self.right))
        said = l[self.source]
        score = (F.leaky_relu(said + r[self.target], 0.2) * self.att).sum(2)
        if self.own:
            into = self.target[:, None].expand_as(score)
            most = torch.full((n, self.heads), -torch.inf).scatter_reduce(0, into, score, "amax")
            share = torch.exp(score - most.detach()[self.target])
            share = share / torch.zeros(n, self.heads).index_add(0, self.target, share)[self.target]
            return torch.zeros_like(l).index_add(0, self.target, share[:, :, None] * said).reshape(n, -1) + self.bias
        from torch_scatter import scatter_add
        from torch_scatter.composite import scatter_softmax
        share = scatter_softmax(score, self.target, 0)
        return scatter_add(share[:, :, None] * said, self.target, 0, dim_size=n).reshape(n, -1) + self.bias


def gat(nodes, edges, width, heads, own):
    net, x = Gat(nodes, *links(nodes, edges), width, heads, own), torch.randn(nodes, width)
    return swept(net, lambda: net(x))


class Splats(nn.Module):
    """Every Gaussian at every pixel, the nearest first."""

    def __init__(self, n, side):
        super().__init__()
        self.side, size = side, 1 / n ** (1 / 3)
        self.xyz, self.scale = nn.Parameter(torch.rand(n, 3) * 2 - 1), nn.Parameter(torch.full((n, 3), math.log(size)))
        self.turn, self.opacity = nn.Parameter(torch.tensor([1.0, 0, 0, 0]).repeat(n, 1)), nn.Parameter(torch.full((n,), math.log(0.1 / 0.9)))
        self.colour = nn.Parameter(torch.zeros(n, 3))

    def forward(self):
        q = F.normalize(self.turn, dim=1)
        w, x, y, z = q.unbind(1)
        r = torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                         2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1).view(-1, 3, 3)
        m = r * self.scale.exp()[:, None, :]
        t = self.xyz + torch.tensor([0.0, 0.0, 4.0])
        f = self.side / 2 / math.tan(math.radians(25))
        u, v, d = t.unbind(1)
        zero = torch.zeros_like(u)
        j = torch.stack([f / d, zero, -f * u / d**2, zero, f / d, -f * v / d**2], 1).view(-1, 2, 3) @ m
        c = j @ j.transpose(1, 2) + 0.3 * torch.eye(2)
        order = torch.argsort(d)
        mean = torch.stack([f * u / d + self.side / 2, f * v / d + self.side / 2], 1)[order]
        inverse = torch.linalg.inv(c)[order]
        at = torch.arange(self.side) + 0.5
        pixels = torch.stack(torch.meshgrid(at, at, indexing="xy"), 2).view(-1, 1, 2)
        gap = pixels - mean
        power = (gap[..., None, :] @ inverse @ gap[..., None]).squeeze(-1).squeeze(-1)
        alpha = (torch.sigmoid(self.opacity)[order] * torch.exp(-0.5 * power)).clamp(max=0.99)
        left = torch.cumprod(torch.cat([torch.ones(len(alpha), 1), 1 - alpha], 1), 1)[:, :-1]
        return (alpha * left) @ (self.colour[order] * 0.28209479 + 0.5).clamp(min=0)


def splats(n, side, backward):
    net = Splats(n, side)
    return swept(net, net) if backward else seen(net)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width, False), nn.Linear(width, width), nn.Linear(width, width)
        self.heads = heads

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def keys(self, x):
        return self.split(self.k_proj(x)), self.split(self.v_proj(x))

    def forward(self, x, k, v):
        y = F.scaled_dot_product_attention(self.split(self.q_proj(x)), k, v)
        return self.out_proj(y.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, width, heads, writes):
        super().__init__()
        self.ln1, self.own, self.ln3 = nn.LayerNorm(width), Attention(width, heads), nn.LayerNorm(width)
        self.ln2, self.other = (nn.LayerNorm(width), Attention(width, heads)) if writes else (None, None)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, past=None, memory=None):
        y = self.ln1(x)
        k, v = self.own.keys(y)
        if past:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        x = x + self.own(y, k, v)
        if memory:
            x = x + self.other(self.ln2(x), *memory)
        return x + self.fc2(F.gelu(self.fc1(self.ln3(x)))), (k, v)


def hear(width, heads, layers, bands, frames):
    conv1, conv2 = nn.Conv1d(bands, width, 3, padding=1), nn.Conv1d(width, width, 3, 2, 1)
    places, blocks, norm = torch.randn(frames // 2, width), [Layer(width, heads, False) for _ in range(layers)], nn.LayerNorm(width)

    def f(x):
        x = F.gelu(conv2(F.gelu(conv1(x)))).transpose(1, 2) + places
        for block in blocks:
            x, _ = block(x)
        return norm(x)

    x = torch.randn(1, bands, frames)
    return seen(lambda: f(x))


def write(width, heads, layers, places, vocabulary, tokens, bf16):
    table, places_, norm = nn.Embedding(vocabulary, width), torch.randn(448, width), nn.LayerNorm(width)
    blocks, heard = [Layer(width, heads, True) for _ in range(layers)], torch.randn(1, places, width)
    if bf16:
        table, norm, places_, heard = table.bfloat16(), norm.bfloat16(), places_.bfloat16(), heard.bfloat16()
        blocks = [b.bfloat16() for b in blocks]

    def f():
        memories, pasts, token = [b.other.keys(heard) for b in blocks], [None] * layers, torch.zeros(1, 1, dtype=torch.long)
        for i in range(tokens):
            x = table(token) + places_[i]
            for l, block in enumerate(blocks):
                x, pasts[l] = block(x, pasts[l], memories[l])
            token = (norm(x) @ table.weight.T).argmax(2)
        return token

    return seen(f)


def log_mel(seconds):
    import torchaudio
    mel = torchaudio.transforms.MelSpectrogram(16_000, 400, hop_length=160, n_mels=80, norm="slaney", mel_scale="slaney")
    x = torch.randn(seconds * 16_000)

    def f():
        y = mel(x).clamp(min=1e-10).log10()
        return (y.maximum(y.max() - 8) + 4) / 4

    return seen(f)


def nms(n):
    import torchvision
    corner, size = torch.rand(n, 2) * 1000, 10 + torch.rand(n, 2) * 90
    boxes, scores = torch.cat([corner, corner + size], 1), torch.rand(n)
    return lambda: torchvision.ops.nms(boxes, scores, 0.5)


def roi_align(n, channels, side, bins):
    import torchvision
    maps, corner, size = torch.randn(1, channels, side, side), torch.rand(n, 2) * 12 * side, 32 + torch.rand(n, 2) * 3 * side
    regions = torch.cat([torch.zeros(n, 1), corner, corner + size], 1)
    return seen(lambda: torchvision.ops.roi_align(maps, regions, bins, 1 / 16, 2, True))


operations = {f.__name__: f for f in (vision, train_vit, train_denoiser, train_regions, mamba, gcn, gat, splats, hear, write, log_mel, nms, roi_align)}
serve(hello, *timed(operations))
