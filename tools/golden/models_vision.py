"""lyceum-models: what torchvision's networks, and transcriptions of those that it lacks, give for weights of the seed recipe; names and shapes of its state_dicts."""
import sys
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from torchvision.models import resnet, vision_transformer

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)
REFERENCE = versions("torch", "torchvision")
RECIPE = ("state in state_dict order, integers left alone: bells over the root of numel / shape[0] with more than one axis, else bells / 10, plus 1 for names that end in"
          " weight or running_var; then x as bells, then the coefficients of the loss sum(coefficients * y) as bells")


def drawn(module, recipe):
    with torch.no_grad():
        for name, p in module.state_dict().items():
            if not p.is_floating_point():
                continue
            bells = torch.tensor(recipe.bells(p.numel()).reshape(p.shape))
            one = name.endswith("weight") or name.endswith("running_var")
            p.copy_(bells / (p.numel() / p.shape[0]) ** 0.5 if p.dim() > 1 else bells / 10 + (1 if one else 0))


def shapes(module):
    return {k: list(v.shape) for k, v in module.state_dict().items()}


def network(name, module, seed, x_shape, training=False, config=None):
    """y and every gradient of a small network."""
    recipe = Recipe(seed)
    drawn(module, recipe)
    x = torch.tensor(recipe.bells(int(torch.tensor(x_shape).prod())).reshape(x_shape), requires_grad=True)
    module.train(training)
    y = module(x)
    c = torch.tensor(recipe.bells(y.numel()).reshape(y.shape))
    (y * c).sum().backward()
    return case(name, {"seed": seed, "x": x_shape, "training": training, "state": shapes(module), **(config or {})},
                {"y": y.flatten().float(), "shape": list(y.shape), "xGradient": x.grad.flatten().float(),
                 "gradients": {k: p.grad.flatten().float() for k, p in module.named_parameters()}})


def names(name, module):
    return case(name, {}, {"parameters": sum(p.numel() for p in module.parameters()), "state": shapes(module)})


def interpolations():
    recipe = Recipe(11)
    x = torch.tensor(recipe.bells(2 * 5 * 7).reshape(1, 2, 5, 7))
    out = []
    for mode in ("nearest", "bilinear", "bicubic"):
        for size in ((8, 4), (3, 11), (1, 7)):
            for corners, anti in ((False, False), (True, False), (False, True)):
                if mode == "nearest" and (corners or anti):
                    continue
                kw = {} if mode == "nearest" else {"align_corners": corners, "antialias": anti}
                y = F.interpolate(x, size=size, mode=mode, **kw)
                out.append(case(f"{mode} {size} {corners} {anti}", {"mode": mode.upper(), "size": list(size), "alignCorners": corners, "antialias": anti}, {"y": y.flatten()}))
    write("models", "vision_interpolation", REFERENCE, out, "seed 11, x (1, 2, 5, 7) as bells")


def vits():
    tiny = partial(vision_transformer.VisionTransformer, norm_layer=partial(nn.LayerNorm, eps=1e-6))
    v = tiny(image_size=12, patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=12, num_classes=5)
    write("models", "vision_vit", REFERENCE, [network("tiny ViT", v, 12, [3, 3, 12, 12]), names("vit_b_16", torchvision.models.vit_b_16())], RECIPE)


class Pre(nn.Module):
    """He et al. (2016), Identity Mappings: the shape-changing shortcut reads the first activation."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(i)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False)) if stride > 1 or i != o else None

    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(F.relu(self.bn2(self.conv1(a)))) + (x if self.downsample is None else self.downsample(a))


class Narrow(nn.Module):
    """torchvision's ResNet with its own blocks, of any width, and of a 3 x 3 stem without pooling where `cifar`."""

    def __init__(self, block, blocks, width, classes, channels=3, cifar=False, option_a=False, **kw):
        super().__init__()
        self.cifar, self.pre = cifar, block is Pre
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False) if cifar else nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = None if self.pre else nn.BatchNorm2d(width)
        inputs = width
        for s, n in enumerate(blocks):
            row = []
            for i in range(n):
                stride, planes = 2 if i == 0 and s > 0 else 1, width << s
                if self.pre:
                    row.append(Pre(inputs, planes, stride))
                    inputs = planes
                    continue
                outs = planes * block.expansion
                down = None
                if stride > 1 or inputs != outs:
                    down = PadShortcut(inputs, outs, stride) if option_a else nn.Sequential(nn.Conv2d(inputs, outs, 1, stride, bias=False), nn.BatchNorm2d(outs))
                row.append(block(inputs, planes, stride, down, **kw))
                inputs = outs
            setattr(self, f"layer{s + 1}", nn.Sequential(*row))
        self.stages = len(blocks)
        self.norm = nn.BatchNorm2d(inputs) if self.pre else None
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.conv1(x)
        if not self.pre:
            x = F.relu(self.bn1(x))
        if not self.cifar:
            x = F.max_pool2d(x, 3, 2, 1)
        for s in range(self.stages):
            x = getattr(self, f"layer{s + 1}")(x)
        if self.pre:
            x = F.relu(self.norm(x))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class PadShortcut(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.more, self.stride = o - i, stride

    def forward(self, x):
        return F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))


def resnets():
    cases = [network("basic", Narrow(resnet.BasicBlock, [2, 1], 4, 3), 21, [2, 3, 16, 16], True),
             network("basic, predicting", Narrow(resnet.BasicBlock, [1, 1, 1], 3, 3), 22, [2, 3, 17, 22], False),
             network("bottleneck", Narrow(resnet.Bottleneck, [1, 1], 2, 3), 23, [2, 3, 16, 16], True),
             network("wide and grouped", Narrow(resnet.Bottleneck, [1, 1], 2, 3, base_width=128, groups=1), 24, [2, 3, 16, 16], True),
             network("option A", Narrow(resnet.BasicBlock, [1, 1, 1], 3, 4, channels=1, cifar=True, option_a=True), 25, [2, 1, 12, 12], True),
             network("pre-activated", Narrow(Pre, [1, 1], 4, 3, cifar=True), 26, [2, 3, 10, 10], True)]
    for n in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2"):
        c = names(n, getattr(torchvision.models, n)())
        if n not in ("resnet18", "resnet50"):
            c["expected"].pop("state")
        cases.append(c)
    write("models", "vision_resnet", REFERENCE, cases, RECIPE)


class UBlock(nn.Module):
    def __init__(self, i, o, residual, pad, time=0, context=0, heads=0):
        super().__init__()
        self.residual = residual
        self.conv1 = nn.Conv2d(i, o, 3, padding=pad)
        self.norm1 = nn.GroupNorm(gcd8(i if residual else o), i if residual else o) if residual else None
        self.time = nn.Linear(time, o) if time else None
        self.conv2 = nn.Conv2d(o, o, 3, padding=pad)
        self.norm2 = nn.GroupNorm(gcd8(o), o) if residual else None
        self.shortcut = nn.Conv2d(i, o, 1) if residual and i != o else None
        self.heads = heads
        if heads:
            self.attention_norm = nn.GroupNorm(gcd8(o), o)
            self.attention = Heads(o, o, heads)
            self.context_norm = nn.LayerNorm(o)
            self.context_attention = Heads(o, context, heads)

    def forward(self, x, t=None, c=None):
        if not self.residual:
            return F.relu(self.conv2(F.relu(self.conv1(x))))
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time(F.silu(t))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h))) + (x if self.shortcut is None else self.shortcut(x))
        if self.heads:
            a = self.attention_norm(h).flatten(2).transpose(1, 2)
            y = h.flatten(2).transpose(1, 2) + self.attention(a, a)
            y = y + self.context_attention(self.context_norm(y), c)
            h = y.transpose(1, 2).reshape(h.shape)
        return h


class Heads(nn.Module):
    def __init__(self, width, memory, heads):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = nn.Linear(width, width), nn.Linear(memory, width), nn.Linear(memory, width), nn.Linear(width, width)
        self.heads = heads

    def forward(self, x, m):
        split = lambda y: y.reshape(y.shape[0], y.shape[1], self.heads, -1).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(self.q_proj(x)), split(self.k_proj(m)), split(self.v_proj(m)))
        return self.o_proj(y.transpose(1, 2).reshape(x.shape))


def gcd8(n):
    return max(g for g in range(1, 9) if n % g == 0)


class Valid(nn.Module):
    """Ronneberger, Fischer, Brox (2015), figure 1."""

    def __init__(self, i, o, widths):
        super().__init__()
        self.down = nn.ModuleList([UBlock(a, b, False, 0) for a, b in zip([i] + widths, widths)])
        back = widths[::-1]
        self.grow = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, 2) for a, b in zip(back, back[1:])])
        self.up = nn.ModuleList([UBlock(2 * b, b, False, 0) for b in back[1:]])
        self.out = nn.Conv2d(widths[0], o, 1)

    def forward(self, x):
        maps = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else F.max_pool2d(x, 2))
            maps.append(x)
        for grow, block, skip in zip(self.grow, self.up, maps[-2::-1]):
            x = grow(x)
            h, w = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
            x = block(torch.cat([skip[:, :, h:h + x.shape[2], w:w + x.shape[3]], x], 1))
        return self.out(x)


class Denoiser(nn.Module):
    """Two levels, residual, told a time and a context; both are drawn with the weights, as buffers."""

    def __init__(self, c, w0, w1, time, context, heads, n):
        super().__init__()
        self.time1, self.time2 = nn.Linear(time, time), nn.Linear(time, time)
        self.down = nn.ModuleList([UBlock(c, w0, True, 1, time), UBlock(w0, w1, True, 1, time, context, heads)])
        self.shrink = nn.ModuleList([nn.Conv2d(w0, w0, 3, 2, 1)])
        self.grow = nn.ModuleList([nn.Conv2d(w1, w0, 3, 1, 1)])
        self.up = nn.ModuleList([UBlock(2 * w0, w0, True, 1, time)])
        self.norm = nn.GroupNorm(gcd8(w0), w0)
        self.out = nn.Conv2d(w0, c, 1)
        self.register_buffer("t", torch.zeros(n))
        self.register_buffer("context", torch.zeros(n, 3, context))

    def forward(self, x):
        half = self.time1.in_features // 2
        angle = self.t[:, None] * 10000.0 ** (-torch.arange(half) / half)
        t = self.time2(F.silu(self.time1(torch.cat([angle.sin(), angle.cos()], 1))))
        a = self.down[0](x, t)
        b = self.down[1](self.shrink[0](a), t, self.context)
        y = self.grow[0](F.interpolate(b, scale_factor=2, mode="nearest"))
        return self.out(F.silu(self.norm(self.up[0](torch.cat([a, y], 1), t))))


def unets():
    write("models", "vision_unet", REFERENCE, [network("valid", Valid(1, 2, [3, 4, 6]), 31, [1, 1, 44, 44]),
                                                network("denoiser", Denoiser(2, 4, 8, 8, 5, 2, 2), 32, [2, 2, 8, 8])], RECIPE)


def layers():
    recipe = Recipe(41)
    x = torch.tensor(recipe.bells(2 * 6 * 5 * 4).reshape(2, 6, 5, 4))
    cases = [case("norm", {"size": n, "alpha": a, "beta": b, "k": k}, {"y": nn.LocalResponseNorm(n, a, b, k)(3 * x).flatten()})
             for n, a, b, k in ((5, 5e-4, 0.75, 2.0), (5, 1.0, 0.75, 1.0), (2, 0.3, 0.5, 1.0), (3, 2.0, 1.0, 0.5))]
    for groups, out, kernel, stride, pad in ((2, 4, 3, 1, 1), (3, 6, 5, 2, 2), (6, 6, 3, 1, 0), (1, 5, 1, 1, 0)):
        w = torch.tensor(recipe.bells(out * 6 // groups * kernel * kernel).reshape(out, 6 // groups, kernel, kernel))
        b = torch.tensor(recipe.bells(out))
        cases.append(case("convolution", {"groups": groups, "outputs": out, "kernel": kernel, "stride": stride, "padding": pad},
                          {"y": F.conv2d(x, w, b, stride, pad, 1, groups).flatten()}))
    cases.append(names("alexnet", torchvision.models.alexnet()))
    write("models", "vision_alexnet", REFERENCE, cases, "seed 41, x (2, 6, 5, 4) as bells, the norm of 3 x; then weight and bias of each convolution as bells")


def capsules():
    """Two children, two parents, poses of two numbers, three rounds, in plain arithmetic."""
    from math import exp, sqrt
    u = [[(0.9, 0.2), (-0.3, 0.5)], [(0.7, 0.4), (0.6, -0.8)]]
    b = [[0.0, 0.0], [0.0, 0.0]]
    couplings, outputs = [], []
    for _ in range(3):
        c = [[exp(b[i][j]) / (exp(b[i][0]) + exp(b[i][1])) for j in range(2)] for i in range(2)]
        v = []
        for j in range(2):
            sx, sy = (sum(c[i][j] * u[i][j][k] for i in range(2)) for k in range(2))
            n = sqrt(sx * sx + sy * sy)
            f = n * n / (1 + n * n) / n
            v.append((f * sx, f * sy))
        couplings.append(c)
        outputs.append(v)
        b = [[b[i][j] + u[i][j][0] * v[j][0] + u[i][j][1] * v[j][1] for j in range(2)] for i in range(2)]
    write("models", "vision_capsules", REFERENCE, [case("two by two", {"votes": u}, {"couplings": couplings, "outputs": outputs})])


def variants():
    from torchvision.models.swin_transformer import SwinTransformer
    recipe = Recipe(51)
    draw = lambda *s: torch.tensor(recipe.bells(int(torch.tensor(s).prod())).reshape(s))
    a, b, t = draw(5, 4), draw(5, 4), draw(5, 4)
    y = torch.tensor(recipe.belows(4, 5))
    im, tx, i2, t2 = F.normalize(draw(6, 3), dim=1), F.normalize(draw(6, 3), dim=1), 2.3, -1.7
    logits = i2 * im @ tx.T + i2 * 0 + t2
    sig = -F.logsigmoid(logits * (2 * torch.eye(6) - 1)).sum() / 6
    tau, w = 3.0, 0.7
    soft = (1 - w) * F.cross_entropy(a, y) + w * tau * tau * F.kl_div(F.log_softmax(b / tau, 1), F.log_softmax(t / tau, 1), reduction="batchmean", log_target=True)
    hard = 0.5 * F.cross_entropy(a, y) + 0.5 * F.cross_entropy(b, t.argmax(1))
    cases = [case("losses", {"a": a.flatten(), "b": b.flatten(), "teacher": t.flatten(), "labels": y, "images": im.flatten(), "texts": tx.flatten()},
                  {"hard": hard, "soft": soft, "sigmoid": sig})]
    swin = SwinTransformer([2, 2], 4, [2, 1], [1, 2], [3, 3], mlp_ratio=2.0, num_classes=3)
    c = network("small Swin", swin, 52, [2, 3, 18, 12])
    cases.append(c)
    big = names("swin_t", torchvision.models.swin_t())
    cases.append(big)
    write("models", "vision_variants", REFERENCE, cases, RECIPE)


def boxes():
    from scipy.optimize import linear_sum_assignment
    from torchvision import ops
    from torchvision.models.detection._utils import BoxCoder
    recipe = Recipe(61)

    def some(n):
        u = torch.tensor(recipe.uniforms(4 * n).reshape(n, 4))
        return torch.cat([u[:, :2] * 20, u[:, :2] * 20 + 1 + u[:, 2:] * 15], 1)

    a, b = some(7), some(9)
    cases = [case("overlaps", {"a": a.flatten(), "b": b.flatten()},
                  {"IOU": ops.box_iou(a, b).flatten(), "GIOU": ops.generalized_box_iou(a, b).flatten(), "DIOU": ops.distance_box_iou(a, b).flatten(),
                   "CIOU": ops.complete_box_iou(a, b).flatten()}),
             case("coding", {"boxes": a.flatten(), "references": b[:7].flatten()}, {"codes": BoxCoder((10.0, 10.0, 5.0, 5.0)).encode_single(a, b[:7]).flatten()})]
    c, scores = some(60), torch.tensor(recipe.uniforms(60))
    cases.append(case("suppression", {"boxes": c.flatten(), "scores": scores}, {"keep": ops.nms(c, scores, 0.3)}))
    maps = torch.tensor(recipe.bells(2 * 2 * 6 * 8).reshape(2, 2, 6, 8))
    rois = torch.tensor([[0, 3.0, 2.0, 20.0, 17.0], [1, -4.0, 5.0, 9.0, 30.0], [1, 10.5, 0.0, 31.0, 8.5], [0, 6.0, 6.0, 7.0, 7.5]])
    for aligned, samples in ((True, 2), (False, 2), (True, 0), (True, 3)):
        cases.append(case("align", {"maps": maps.flatten(), "rois": rois[:, 1:].flatten(), "pictures": rois[:, 0].long(), "aligned": aligned, "samples": samples},
                          {"y": ops.roi_align(maps, rois, (3, 4), 0.25, samples, aligned).flatten()}))
    cost = recipe.uniforms(2500).reshape(50, 50)
    cases.append(case("assignment", {"seed": "the next 2,500 uniforms", "cost": cost.round(6).flatten()}, {"cost": float(cost.round(6)[linear_sum_assignment(cost.round(6))].sum())}))
    write("models", "vision_boxes", versions("torch", "torchvision", "scipy"), cases)


class Unit(nn.Module):
    def __init__(self, i, o, k):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, 1, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3)  # as initialize_weights of YOLO v5 sets it

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class Step(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.cv1, self.cv2 = Unit(width, width, 1), Unit(width, width, 3)

    def forward(self, x):
        return x + self.cv2(self.cv1(x))


class Csp(nn.Module):
    """Wang et al. (2020), as YOLO v5 has it."""

    def __init__(self, i, o, depth):
        super().__init__()
        self.cv1, self.cv2, self.cv3 = Unit(i, o // 2, 1), Unit(i, o // 2, 1), Unit(o, o, 1)
        self.m = nn.Sequential(*[Step(o // 2) for _ in range(depth)])

    def forward(self, x):
        return self.cv3(torch.cat([self.m(self.cv1(x)), self.cv2(x)], 1))


def csp():
    write("models", "vision_csp", REFERENCE, [network("inference", Csp(5, 6, 2), 61, [2, 5, 6, 5]), network("training", Csp(4, 8, 1), 62, [3, 4, 5, 5], training=True)], RECIPE)


if __name__ == "__main__":
    for f in sys.argv[1:] or ["interpolations", "vits", "resnets", "unets", "layers", "capsules", "variants", "boxes", "csp"]:
        globals()[f]()
