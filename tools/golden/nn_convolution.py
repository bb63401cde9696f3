"""lyceum-nn: 200 convolutions and transposed ones of random shapes and options, with their gradients, by numbers that every element enters."""
import random

import numpy
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_num_threads(1)
SEED, CASES, LOOKS = 52000, 200, 3


def draw(recipe, shape):
    return torch.tensor(recipe.bells(int(numpy.prod(shape))).reshape(shape), requires_grad=True)


def looks(t, recipe):
    """Sums of the elements times random numbers of the size 1 over the root of their count, and the first elements."""
    flat = t.detach().flatten().numpy()
    sums = [float(flat @ recipe.bells(flat.size)) / numpy.sqrt(flat.size) for _ in range(LOOKS)]
    return [float("%.9g" % v) for v in sums + list(flat[:3])]


def cases():
    rng = random.Random(SEED)
    made = 0
    while made < CASES:
        axes, transposed = rng.choice((1, 2, 2, 2, 3)), rng.random() < 0.3
        groups = rng.choice((1, 1, 1, 2, 3))
        depthwise = rng.random() < 0.2
        inputs, outputs = (groups * rng.randint(1, 3), groups * rng.randint(1, 3)) if not depthwise else (4, 4 * rng.randint(1, 2))
        groups = 4 if depthwise else groups
        pick = lambda low, high: [rng.randint(low, high) for _ in range(axes)]
        kernel, stride, padding, dilation = pick(1, 4), pick(1, 3), pick(0, 2), pick(1, 2)
        mode = "zeros" if transposed else rng.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
        sizes = [s + rng.randint(2, 6) for s in kernel]
        more = [rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)] if transposed else [0] * axes
        if not transposed and any(n + 2 * p < d * (k - 1) + 1 for n, p, d, k in zip(sizes, padding, dilation, kernel)):
            continue
        if transposed and any((n - 1) * s - 2 * p + d * (k - 1) + m + 1 < 1 for n, s, p, d, k, m in zip(sizes, stride, padding, dilation, kernel, more)):
            continue
        made += 1
        bias = rng.random() < 0.7
        x, w = [rng.randint(1, 3), inputs] + sizes, ([inputs, outputs // groups] if transposed else [outputs, inputs // groups]) + kernel
        given = dict(seed=SEED + made, transposed=transposed, axes=axes, groups=groups, stride=stride, padding=padding, dilation=dilation, mode=mode, more=more, bias=bias, x=x, weight=w)
        r = Recipe(SEED + made)
        tensors = [draw(r, x), draw(r, w)] + ([draw(r, [outputs])] if bias else [])
        b = tensors[2] if bias else None
        if transposed:
            y = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[axes - 1](tensors[0], tensors[1], b, stride, padding, more, groups, dilation)
        else:
            wide, pad = tensors[0], padding
            if mode != "zeros":
                wide = F.pad(wide, [p for q in reversed(padding) for p in (q, q)], mode=mode)
                pad = 0
            y = (F.conv1d, F.conv2d, F.conv3d)[axes - 1](wide, tensors[1], b, stride, pad, dilation, groups)
        g = torch.tensor(r.bells(y.numel()).reshape(y.shape))
        gradients = torch.autograd.grad(y, tensors, g)
        yield case("convolution", given, dict(shape=list(y.shape), looks=[looks(t, r) for t in (y, *gradients)]))


if __name__ == "__main__":
    write("nn", "convolution", versions("torch"), list(cases()), "golden.Recipe: x, weight, bias, the gradient of y, then looks")
