"""lyceum-core: operations counted by torch.utils.flop_counter, forward and with backward, on nets that are drawn here."""
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from golden import Recipe, case, versions, write

REF = versions("torch", "numpy")
CONV = {1: (F.conv1d, F.conv_transpose1d), 2: (F.conv2d, F.conv_transpose2d), 3: (F.conv3d, F.conv_transpose3d)}


def tensor(shape):
    return torch.zeros(shape, requires_grad=True)


def counted(f):
    with FlopCounterMode(display=False) as counter:
        y = f()
        forward = counter.get_total_flops()
        y.sum().backward()
    return {"forward": forward, "all": counter.get_total_flops()}


def linear(input):
    x = torch.zeros([*input["batch"], input["widths"][0]])
    weights = [tensor((b, a)) for a, b in zip(input["widths"], input["widths"][1:])]
    biases = [tensor((b,)) for b in input["widths"][1:]]

    def net():
        h = x
        for w, b in zip(weights, biases):
            h = F.linear(h, w, b).relu()
        return h
    return counted(net)


def conv(input):
    x = tensor(input["x"]) if input["tracked"] else torch.zeros(input["x"])
    weights = [tensor(layer["weight"]) for layer in input["layers"]]

    def net():
        h = x
        for w, layer in zip(weights, input["layers"]):
            f = CONV[w.dim() - 2][int(layer["transposed"])]
            h = f(h, w, stride=layer["stride"], padding=layer["padding"], dilation=layer["dilation"]).relu()
        return h
    return counted(net)


def batched(input):
    a, b, c = (tensor(s) for s in input["shapes"])
    return counted(lambda: (a @ b).tanh() @ c.transpose(-1, -2))


def attention(input):
    batch, length, width, heads = input["batch"], input["length"], input["width"], input["heads"]
    x = tensor((batch, length, width))
    joint, out = tensor((3 * width, width)), tensor((width, width))

    def net():
        q, k, v = F.linear(x, joint).reshape(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        weights = ((q @ k.transpose(-1, -2)) * 0.5).softmax(-1)
        return F.linear((weights @ v).transpose(1, 2).reshape(batch, length, width), out)
    return counted(net)


def main():
    r = Recipe(284)
    size = lambda low, high: low + r.below(high - low + 1)
    cases = []

    def add(kind, f, input):
        cases.append(case(f"{kind} {len(cases)}", input, f(input)))

    for i in range(10):
        add("linear", linear, {"batch": [size(1, 9) for _ in range(1 + i % 3)], "widths": [size(1, 40) for _ in range(size(2, 5))]})
    for i in range(18):
        axes, channels, layers = 1 + i % 3, size(1, 6), []
        x = [size(1, 3), channels] + [size(9, 13) for _ in range(axes)]
        for _ in range(size(1, 3)):
            transposed, outputs = i >= 9, size(1, 7)
            window = [size(1, 3) for _ in range(axes)]
            shape = [channels, outputs] if transposed else [outputs, channels]
            layers.append({"weight": shape + window, "stride": size(1, 2), "padding": size(0, 0 if transposed else 1), "dilation": size(1, 2),
                           "transposed": transposed})
            channels = outputs
            if axes == 3 and layers:
                break
        try:
            add("conv", conv, {"x": x, "tracked": i % 2 == 0, "layers": layers})
        except RuntimeError:
            add("conv", conv, {"x": x, "tracked": i % 2 == 0, "layers": layers[:1]})
    for i in range(10):
        lead, m, k, n, p = [size(1, 5) for _ in range(1 + i % 2)], size(1, 20), size(1, 20), size(1, 20), size(1, 20)
        add("batched", batched, {"shapes": [lead + [m, k], lead + [k, n], lead + [p, n]]})
    for i in range(10):
        heads = size(1, 4)
        add("attention", attention, {"batch": size(1, 4), "length": size(1, 24), "heads": heads, "width": heads * size(1, 12)})
    write("core", "flops", REF, cases,
          "Operations in products by FlopCounterMode: forward, and with backward of the sum. Reference attention is written as matmuls.")


if __name__ == "__main__":
    main()
