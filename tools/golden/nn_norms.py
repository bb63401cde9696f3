"""lyceum-nn: layer norm, RMS norm, batch norm, instance norm and the initialisers' gains and bounds, by PyTorch in float64 from the recipe."""
import math

import torch
from torch import nn

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters, trace

torch.set_default_dtype(torch.float64)


def shapes(seed):
    """Leading axes and the axes that are normalised."""
    r = Recipe(7 * seed)
    lead = [1 + r.below(4) for _ in range(r.below(3))]
    return lead, [2 + r.below(9) for _ in range(1 + r.below(2))]


def layer_norms():
    for i in range(50):
        seed = 51000 + i
        lead, last = shapes(seed)
        r = Recipe(seed)
        kind = ["both", "weight", "plain"][i % 3]
        eps = (1e-5, 1e-3, 0.1)[(i // 3) % 3]
        if i % 10 == 9:
            last = last[:-1] + [300 + i]
        p = parameters(r, {"both": {"weight": last, "bias": last}, "weight": {"weight": last}, "plain": {}}[kind])
        x = draw(r, lead + last).requires_grad_()
        norm = nn.LayerNorm(last, eps, elementwise_affine=kind != "plain", bias=kind == "both")
        yield case("layer-norm", {"seed": seed, "eps": eps, "lead": lead, "last": last, "kind": kind},
                   answers(r, lambda x: torch.func.functional_call(norm, p, (x,)), p, [x], seed))


def rms_norms():
    for i in range(50):
        seed = 52000 + i
        lead, last = shapes(seed)
        r = Recipe(seed)
        weighted = i % 3 > 0
        p = parameters(r, {"weight": last} if weighted else {})
        x = draw(r, lead + last).requires_grad_()
        norm = nn.RMSNorm(last, 1e-3, elementwise_affine=weighted)
        yield case("rmsnorm", {"seed": seed, "lead": lead, "last": last, "weighted": weighted},
                   answers(r, lambda x: torch.func.functional_call(norm, p, (x,)), p, [x], seed))


def batch_norms():
    forms = {"1d": (nn.BatchNorm1d, [6, 5], 0.1), "1d long": (nn.BatchNorm1d, [3, 4, 5], 0.1), "2d": (nn.BatchNorm2d, [3, 4, 2, 3], 0.1),
             "3d": (nn.BatchNorm3d, [2, 3, 2, 2, 2], 0.3), "cumulative": (nn.BatchNorm2d, [2, 3, 2, 2], None)}
    for f, (name, (kind, size, momentum)) in enumerate(forms.items()):
        norm = kind(size[1], momentum=momentum)
        for step in range(20 if name in ("1d", "2d") else 5):
            seed = 53000 + 100 * f + step
            r = Recipe(seed)
            p = parameters(r, {"weight": [size[1]], "bias": [size[1]]})
            norm.weight.data, norm.bias.data = p["weight"].data, p["bias"].data
            x = draw(r, size).requires_grad_()
            found = answers(r, norm, {"bias": norm.bias, "weight": norm.weight}, [x], seed)
            found["mean"], found["variance"] = trace(norm.running_mean, seed + 1), trace(norm.running_var, seed + 1)
            yield case(name, {"seed": seed, "shape": size, "momentum": momentum if momentum else -1}, found)


def instance_norms():
    forms = [(nn.InstanceNorm1d, [3, 4, 7]), (nn.InstanceNorm2d, [2, 3, 4, 5]), (nn.InstanceNorm3d, [2, 2, 3, 2, 4])]
    for i in range(12):
        seed = 55000 + i
        kind, size = forms[i % 3]
        affine, eps = i % 2 == 0, (1e-5, 0.1)[i // 6]
        r = Recipe(seed)
        p = parameters(r, {"weight": [size[1]], "bias": [size[1]]} if affine else {})
        x = draw(r, size).requires_grad_()
        norm = kind(size[1], eps, affine=affine)
        yield case("instance-norm", {"seed": seed, "eps": eps, "shape": size, "affine": affine},
                   answers(r, lambda x: torch.func.functional_call(norm, p, (x,)), p, [x], seed))


def gains():
    names = {"IDENTITY": "linear", "SIGMOID": "sigmoid", "TANH": "tanh", "RELU": "relu", "LEAKY_RELU": "leaky_relu", "SELU": "selu"}
    yield case("gains", {"activations": list(names)}, {"gains": [repr(float(nn.init.calculate_gain(n))) for n in names.values()]})
    slopes = [0, 0.01, 0.1, 0.2, 0.25, 0.5, 1, 2, -0.3, math.sqrt(5)]
    yield case("slopes", {"slopes": slopes}, {"gains": [repr(float(nn.init.calculate_gain("leaky_relu", s))) for s in slopes]})


def bounds():
    """The bounds that PyTorch draws between."""
    drawn = []
    torch.Tensor.uniform_ = lambda tensor, a, b, generator=None: drawn.append((a, b))
    for i in range(20):
        r = Recipe(54000 + i)
        size = [1 + r.below(40), 1 + r.below(40)] + [1 + r.below(5) for _ in range(i % 4)]
        gain = [1, 5 / 3, math.sqrt(2)][i % 3]
        w = torch.empty(size)
        nn.init.xavier_uniform_(w, gain)
        nn.init.kaiming_uniform_(w, a=0.2, mode="fan_in")
        nn.init.kaiming_uniform_(w, a=0.2, mode="fan_out")
        yield case("bounds", {"shape": size, "gain": gain}, {"glorot": drawn[-3][1], "heIn": drawn[-2][1], "heOut": drawn[-1][1]})


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "layer-norm", reference, list(layer_norms()), recipe)
    write("nn", "rmsnorm", reference, list(rms_norms()), recipe)
    write("nn", "batch-norm", reference, list(batch_norms()), recipe)
    write("nn", "instance-norm", reference, list(instance_norms()), recipe)
    write("nn", "init", reference, list(gains()) + list(bounds()), recipe)
