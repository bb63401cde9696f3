"""lyceum-nn: pruning masks, the distillation loss, quantisation ranges and fake quantisation beside PyTorch."""
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch.ao.quantization import MinMaxObserver, PerChannelMinMaxObserver
from torch.nn.utils import prune

from golden import Recipe, case, versions, write

warnings.filterwarnings("ignore")


def bits(mask): return "".join(str(int(v)) for v in mask.flatten())


def f32(values, *shape): return torch.tensor(np.asarray(values).reshape(shape), dtype=torch.float32)


def pruning():
    cases = []
    for seed in range(25200, 25220):
        r = Recipe(seed)
        shapes = [(2 + r.below(12), 2 + r.below(12)) for _ in range(1 + r.below(3))]
        amount = 0.05 + 0.9 * r.uniform()
        layers = [torch.nn.Linear(b, a, bias=False) for a, b in shapes]
        for m, s in zip(layers, shapes):
            m.weight.data = f32(r.bells(s[0] * s[1]), *s)
        prune.global_unstructured([(m, "weight") for m in layers], prune.L1Unstructured, amount=amount)
        cases.append(case(f"global {seed}", {"seed": seed}, {"masks": [bits(m.weight_mask) for m in layers]}))
    write("nn", "pruning", versions("torch"), cases, "k = 1 + below(3) shapes (2 + below(12), 2 + below(12)); amount = 0.05 + 0.9 uniform; weights bells, F32.")


def distillation():
    cases = []
    for seed in range(25100, 25130):
        r = Recipe(seed)
        n, k = 1 + r.below(6), 2 + r.below(9)
        t, mix = 0.5 + 10 * r.uniform(), r.uniform()
        z = torch.tensor(3 * r.bells(n * k).reshape(n, k), requires_grad=True)
        v, y = torch.tensor(3 * r.bells(n * k).reshape(n, k)), torch.tensor(r.belows(k, n))
        soft = t * t * F.kl_div(F.log_softmax(z / t, 1), F.softmax(v / t, 1), reduction="batchmean")
        loss = mix * soft + (1 - mix) * F.cross_entropy(z, y)
        g, = torch.autograd.grad(loss, z)
        cases.append(case(f"{n} x {k}", {"seed": seed}, {"loss": loss, "gradient": g.flatten()}))
    write("nn", "distillation", versions("torch"), cases, "n = 1 + below(6), k = 2 + below(9), t = 0.5 + 10 uniform, mix = uniform, z = 3 bells, v = 3 bells, y = belows(k, n).")


def ranges():
    cases = []
    schemes = [("affine8", torch.quint8, torch.per_tensor_affine, 0, 255), ("symmetric8", torch.qint8, torch.per_tensor_symmetric, -128, 127),
               ("affine4", torch.quint8, torch.per_tensor_affine, 0, 15), ("symmetric4", torch.qint8, torch.per_tensor_symmetric, -8, 7)]
    for seed in range(25600, 25640):
        r = Recipe(seed)
        size, shift, batches = 10 ** (4 * r.uniform() - 2), 3 * r.bell(), 1 + r.below(3)
        x = [f32(size * (r.bells(12) + shift), 3, 4) for _ in range(batches)]
        name, dtype, scheme, low, high = schemes[seed % 4]
        o = MinMaxObserver(dtype=dtype, qscheme=scheme, quant_min=low, quant_max=high)
        for b in x:
            o(b)
        s, z = o.calculate_qparams()
        pc = PerChannelMinMaxObserver(ch_axis=0, dtype=torch.qint8, qscheme=torch.per_channel_symmetric, quant_min=-8 if "4" in name else -128,
                                      quant_max=7 if "4" in name else 127)
        for b in x:
            pc(b)
        cs, cz = pc.calculate_qparams()
        cases.append(case(name, {"seed": seed, "least": low, "most": high}, {"scale": s.numpy(), "zero": z, "channels": cs.numpy()}))
    write("nn", "quantisation-ranges", versions("torch"), cases, "size = 10^(4 uniform - 2), shift = 3 bell, 1 + below(3) batches of size (bells(12) + shift), F32 (3, 4).")


def fake():
    cases = []
    for seed in range(25700, 25740):
        r = Recipe(seed)
        scale = float(np.float32(0.01 + r.uniform()))
        low, high = ((0, 255), (-128, 127), (-8, 7), (0, 15))[r.below(4)]
        zero = low + r.below(high - low + 1)
        x = f32(scale * (0.6 * (high - low) * r.bells(24) / 2 + 0.5 * r.belows(3, 24)), 24).requires_grad_()
        if seed % 5 == 0:
            x = f32(scale * (np.arange(24) - 12 + 0.5), 24).requires_grad_()
        y = torch.fake_quantize_per_tensor_affine(x, scale, zero, low, high)
        g, = torch.autograd.grad(y.sum(), x)
        cases.append(case(f"{low} to {high}", {"scale": scale, "zero": zero, "least": low, "most": high, "x": x.detach().numpy()},
                          {"y": y.detach().numpy(), "mask": bits(g)}))
    write("nn", "fake-quantisation", versions("torch"), cases)


if __name__ == "__main__":
    for make in (pruning, distillation, ranges, fake):
        make()
