"""lyceum-core and lyceum-nn: the gradient of the sum of f where f has a kink or a tie, or a formula divides by zero; its derivative along ones where that is finite."""
import torch
import torch.nn.functional as F

from golden import case, versions, write

ZEROS = [0.0, 0.0, 0.0]
CORE = {
    "abs": (torch.abs, [-1.0, 0.0, 1.0]),
    "relu": (torch.relu, [-1.0, 0.0, 1.0]),
    "clamp": (lambda x: torch.clamp(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]),
    "maximum": (lambda x: torch.maximum(x, torch.ones_like(x)), [0.0, 1.0, 2.0]),
    "minimum": (lambda x: torch.minimum(x, torch.ones_like(x)), [0.0, 1.0, 2.0]),
    "max of ties": (lambda x: torch.amax(x), [2.0, 1.0, 2.0, 2.0]),
    "min of ties": (lambda x: torch.amin(x), [1.0, 1.0, 2.0]),
    "sort of ties": (lambda x: torch.sort(x, stable=True)[0] * torch.tensor([1.0, 2.0, 4.0]), [2.0, 1.0, 1.0]),
    "maxPool of ties": (lambda x: F.max_pool1d(x.reshape(1, 1, -1), 2).square(), [3.0, 3.0, 1.0, 2.0]),
    "norm of zeros": (torch.norm, ZEROS),
    "norm": (torch.norm, [3.0, 4.0]),
    "std of equals": (torch.std, [2.0, 2.0, 2.0]),
    "std": (torch.std, [1.0, 2.0, 4.0]),
    "pow(0)": (lambda x: x.pow(0.0), [-1.0, 0.0, 2.0]),
    "pow(1)": (lambda x: x.pow(1.0), [-1.0, 0.0, 2.0]),
    "pow(2)": (lambda x: x.pow(2.0), [-1.0, 0.0, 2.0]),
    "pow(tensor)": (lambda x: x.pow(torch.tensor([0.0, 1.0, 2.0])), ZEROS),
    "0 ^ x": (lambda x: torch.zeros_like(x).pow(x), [0.0, 1.0, 2.0]),
    "prod with a zero": (torch.prod, [2.0, 0.0, 3.0]),
    "prod with two": (torch.prod, [2.0, 0.0, 3.0, 0.0]),
    "cumprod with a zero": (lambda x: torch.cumprod(x, 0), [2.0, 0.0, 3.0, -1.0]),
    "cumprod with two": (lambda x: torch.cumprod(x, 0), [2.0, 0.0, 3.0, 0.0, 5.0]),
    "logSumExp of -inf": (lambda x: torch.logsumexp(x, 0), [float("-inf"), 1.0, 2.0]),
}
NN = {
    "RELU6": (F.relu6, [-1.0, 0.0, 3.0, 6.0, 7.0]),
    "HARD_TANH": (F.hardtanh, [-2.0, -1.0, 0.0, 1.0, 2.0]),
    "HARD_SIGMOID": (F.hardsigmoid, [-4.0, -3.0, 0.0, 3.0, 4.0]),
    "HARD_SWISH": (F.hardswish, [-4.0, -3.0, 0.0, 3.0, 4.0]),
    "LEAKY_RELU": (F.leaky_relu, [-1.0, 0.0, 1.0]),
    "ELU": (F.elu, [-1.0, 0.0, 1.0]),
}


def cases(table):
    for name, (f, at) in table.items():
        x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        slope, = torch.autograd.grad(f(x.double()).sum(), x, create_graph=True)
        expected = {"slope": slope.detach().tolist()}
        try:
            bend, = torch.autograd.grad(slope.sum(), x, allow_unused=True) if slope.requires_grad else (None,)
        except RuntimeError as e:  # hardsigmoid and hardswish have no second derivative there
            print(name, e)
            yield case(name, {"x": at}, expected)
            continue
        bend = torch.zeros_like(x) if bend is None else bend + torch.zeros_like(x)  # a sum has storage where a zero of autograd's own has none
        if bool(torch.isfinite(bend).all()):
            expected["bend"] = bend.tolist()
        yield case(name, {"x": at}, expected)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    write("core", "kinks", versions("torch"), cases(CORE), "slope: the gradient of sum f(x); bend: the gradient of the sum of that")
    write("nn", "kinks", versions("torch"), cases(NN), "slope: the gradient of sum f(x); bend: the gradient of the sum of that")
