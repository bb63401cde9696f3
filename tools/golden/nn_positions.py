"""lyceum-nn: rotary positions as complex products, by PyTorch in float64."""
import torch

from golden import Recipe, case, versions, write
from twin import answers, draw

torch.set_default_dtype(torch.float64)


def turn(x, width, base, interleaved, positions):
    pairs = width // 2
    angle = positions[:, None].double() * base ** (-2.0 * torch.arange(pairs) / width)
    part, rest = x[..., :width], x[..., width:]
    a, b = (part[..., 0::2], part[..., 1::2]) if interleaved else (part[..., :pairs], part[..., pairs:])
    z = torch.complex(a.contiguous(), b.contiguous()) * torch.polar(torch.ones_like(angle), angle)
    y = torch.stack([z.real, z.imag], -1).flatten(-2) if interleaved else torch.cat([z.real, z.imag], -1)
    return torch.cat([y, rest], -1)


def rope():
    seed = 47000
    for i in range(24):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        heads, t, pairs = 1 + sizes.below(3), 1 + sizes.below(9), 1 + sizes.below(6)
        width = 2 * pairs
        d = width + (sizes.below(4) if i % 3 == 0 else 0)
        base, start, ids = [10000.0, 500.0, 1e6][i % 3], sizes.below(1000), i % 4 == 3
        positions = [sizes.below(3000) for _ in range(t)]
        x = draw(r, [2, heads, t, d]).requires_grad_()
        at = torch.tensor(positions) if ids else torch.arange(start, start + t)
        yield case("rope", {"seed": seed, "sizes": [heads, t, d, width, start], "base": base, "interleaved": i % 2 == 1, "ids": ids, "positions": positions},
                   answers(r, lambda x: turn(x, width, base, i % 2 == 1, at), {}, [x], seed))


if __name__ == "__main__":
    write("nn", "positions", versions("torch"), list(rope()), "golden.Recipe, in the order of twin.py")
