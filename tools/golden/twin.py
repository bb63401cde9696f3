"""PyTorch's twin of a Lyceum module: both take parameters, inputs and the upstream gradient from one recipe, and compare short traces.

The Java side is lyceum.nn.Twin of lyceum-nn's tests. Parameters are drawn in the order of their sorted Lyceum names, then the inputs in the given
order, then the upstream gradient of each output; probes come from a recipe of their own.
"""
import torch

from golden import Recipe

FIRST = 2
PROBES = 2


def draw(recipe, shape, scale=1.0):
    n = 1
    for s in shape:
        n *= s
    return torch.tensor(recipe.bells(n).reshape(shape)) * scale


def parameters(recipe, shapes, scale=0.3):
    """name -> shape to name -> leaf, F64."""
    return {name: draw(recipe, shapes[name], scale).requires_grad_() for name in sorted(shapes)}


def trace(tensor, seed):
    """The first values and two random projections over the root of the count: equal traces, equal tensors."""
    flat = tensor.detach().double().flatten()
    recipe = Recipe(seed)
    n = max(1, flat.numel())
    return [float("%.10g" % v) for v in flat[:FIRST].tolist() + [float(draw(recipe, [flat.numel()]) @ flat) / n**0.5 for _ in range(PROBES)]]


def answers(recipe, f, parameters, inputs, seed):
    """Traces of f(*inputs) and of the gradients of all parameters and of the inputs that require one, by name and by number."""
    y = f(*inputs)
    outputs = y if isinstance(y, (tuple, list)) else [y]
    total = sum((o * draw(recipe, list(o.shape))).sum() for o in outputs)
    wanted = {**parameters, **{str(i): x for i, x in enumerate(inputs) if x is not None and x.requires_grad}}
    gradients = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    return {"y": [trace(o, seed + 1) for o in outputs],
            "gradients": {k: trace(g if g is not None else torch.zeros_like(wanted[k]), seed + 1) for k, g in zip(wanted, gradients)}}
