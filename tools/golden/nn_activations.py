"""lyceum-nn: activations and their slopes over [-50, 50], the kinks among them; maxout and the randomised leaky ReLU predicting."""
import math

import torch
import torch.nn.functional as F

from golden import case, versions, write

KINKS = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 1e-30, -1e-30, 1e-8, -1e-8, 2.7, -2.7]
X = [-50 + 2.5 * i for i in range(41)] + [-5.75 + 0.5 * i for i in range(24)] + KINKS


def lecun(x):
    return 1.7159 * torch.tanh(2 * x / 3)


ACTIVATIONS = {
    "identity": lambda x: x.clone(), "sigmoid": torch.sigmoid, "hard_sigmoid": F.hardsigmoid, "tanh": torch.tanh, "hard_tanh": F.hardtanh,
    "lecun_tanh": lecun, "tanh_shrink": F.tanhshrink, "softsign": F.softsign, "relu": F.relu, "relu6": F.relu6,
    "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "silu": F.silu, "hard_swish": F.hardswish, "mish": F.mish, "softplus": lambda x: F.softplus(x, threshold=1e9), "sine": torch.sin,
    "celu": F.celu, "celu 0.5": lambda x: F.celu(x, 0.5), "celu 3": lambda x: F.celu(x, 3.0), "elu 2": lambda x: F.elu(x, 2.0),
    "leaky_relu 0.2": lambda x: F.leaky_relu(x, 0.2), "prelu": lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype)),
    "rrelu": lambda x: F.rrelu(x, training=False), "maxout 2": lambda x: x.reshape(-1, 2).amax(1), "maxout 3": lambda x: x.reshape(-1, 3).amax(1),
}


def short(values):
    return [0.0 if v == 0 else float(f"{v:.9g}") for v in values.detach().tolist()]


def cases():
    for name, f in ACTIVATIONS.items():
        x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
        y = f(x)
        y.sum().backward()
        yield case(name, {}, {"y": short(y), "gradient": short(x.grad)})


if __name__ == "__main__":
    assert all(math.isfinite(v) for v in X) and len(X) % 6 == 0, len(X)
    write("nn", "activations", versions("torch"), [case("inputs", {"x": X}, {}), *cases()])
