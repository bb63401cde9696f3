"""lyceum-core: convolutions, transposed convolutions and pooling, with their gradients, over a grid of options."""
import itertools

import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

SEED = 31000
SIZES = {1: [7], 2: [6, 5], 3: [4, 5, 3]}
KERNELS = {1: [3], 2: [3, 2], 3: [2, 3, 2]}


def draw(recipe, shape):
    n = 1
    for s in shape:
        n *= s
    return torch.tensor(recipe.bells(n).reshape(shape), requires_grad=True)


def short(t):
    """Ten digits: a file of a third of the size."""
    return [float("%.10g" % v) for v in t.detach().flatten().tolist()]


def answers(f, tensors, recipe):
    y = f(*tensors)
    g = draw(recipe, y.shape).detach()
    gradients = torch.autograd.grad(y, tensors, g)
    return {"shape": list(y.shape), "y": short(y), **{"g%d" % i: short(v) for i, v in enumerate(gradients)}}


def convolutions():
    functions = {1: (F.conv1d, F.conv_transpose1d), 2: (F.conv2d, F.conv_transpose2d), 3: (F.conv3d, F.conv_transpose3d)}
    seed = SEED
    for axes, stride, padding, dilation, groups, bias in itertools.product((1, 2, 3), (1, 2), (0, 1), (1, 2), (1, 2, 4), (True, False)):
        if axes == 3 and (dilation == 2 or groups == 4) or bias != (groups == 1) or groups == 4 and stride == 2:
            continue
        seed += 1
        given = dict(seed=seed, axes=axes, stride=stride, padding=padding, dilation=dilation, groups=groups, outputPadding=0, bias=bias,
                     x=[2, 4] + SIZES[axes], weight=[4, 4 // groups] + KERNELS[axes])
        r = Recipe(seed)
        tensors = [draw(r, given["x"]), draw(r, given["weight"])] + ([draw(r, [4])] if bias else [])
        options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
        yield case("conv", given, answers(lambda x, w, b=None: functions[axes][0](x, w, b, **options), tensors, r))
        given = dict(given, outputPadding=max(stride, dilation) - 1)
        r = Recipe(seed)
        tensors = [draw(r, given["x"]), draw(r, given["weight"])] + ([draw(r, [4])] if bias else [])
        yield case("convTranspose", given, answers(lambda x, w, b=None: functions[axes][1](x, w, b, output_padding=given["outputPadding"], **options), tensors, r))


def pools():
    largest = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
    mean = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
    adaptive = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
    seed = SEED + 500
    for axes, stride, padding, dilation, ceil in itertools.product((1, 2, 3), (1, 2, 3), (0, 1), (1, 2), (False, True)):
        if axes == 3 and (dilation == 2 or ceil) or stride == 3 and not ceil:
            continue
        seed += 1
        given = dict(seed=seed, axes=axes, window=KERNELS[axes], stride=stride, padding=padding, dilation=dilation, ceil=ceil, counted=True, x=[2, 3] + SIZES[axes])
        r = Recipe(seed)
        x = draw(r, given["x"])
        found = answers(lambda t: largest[axes](t, KERNELS[axes], stride, padding, dilation, ceil), [x], r)
        found["indices"] = largest[axes](x, KERNELS[axes], stride, padding, dilation, ceil, return_indices=True)[1].flatten()
        yield case("maxPool", given, found)
        if dilation == 1:
            for counted in (True, False):
                r = Recipe(seed)
                yield case("avgPool", dict(given, counted=counted), answers(lambda t: mean[axes](t, KERNELS[axes], stride, padding, ceil, counted), [draw(r, given["x"])], r))
    for axes, sizes in ((1, [3]), (1, [1]), (1, [9]), (2, [3, 2]), (2, [4, 5]), (2, [1, 1]), (3, [2, 2, 2]), (3, [4, 1, 3])):
        seed += 1
        r = Recipe(seed)
        yield case("adaptiveAvgPool", dict(seed=seed, sizes=sizes, x=[2, 3] + SIZES[axes]), answers(lambda t: adaptive[axes](t, sizes), [draw(r, [2, 3] + SIZES[axes])], r))
    for size, window, stride, padding, dilation in itertools.product((1, 2, 3, 5), (4, 5), (2, 3), (0, 2), (1, 2)):  # windows beyond the input
        seed += 1
        options = (window, stride, padding, dilation, True)
        given = dict(seed=seed, axes=1, window=[window], stride=stride, padding=padding, dilation=dilation, ceil=True, counted=True, x=[1, 2, size])
        r = Recipe(seed)
        x = draw(r, given["x"])
        try:
            found = answers(lambda t: F.max_pool1d(t, *options), [x], r)
        except RuntimeError:
            yield case("maxPool refused", given, {})
            continue
        found["indices"] = F.max_pool1d(x, *options, return_indices=True)[1].flatten()
        yield case("maxPool", given, found)
        if dilation == 1:
            for counted in (True, False):
                r = Recipe(seed)
                yield case("avgPool", dict(given, counted=counted), answers(lambda t: F.avg_pool1d(t, window, stride, padding, True, counted), [draw(r, given["x"])], r))


if __name__ == "__main__":
    write("core", "window", versions("torch", "numpy"), [*convolutions(), *pools()],
          "r = Recipe(seed); x = bells in the given shape, then weight, then bias of 4 where there is one, then the gradient of y in y's shape; all float64, ten digits. g0, g1, g2 are the gradients of x, weight and bias.")
