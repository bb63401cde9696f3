"""lyceum-models: orthogonal penalties with their gradients, AdaIN, and StyleGAN2's modulated convolution with a weight for each picture, by PyTorch."""
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def drawn(r, *shape):
    t = torch.empty(*shape)
    return torch.tensor(r.bells(t.numel())).reshape(shape)


def cases():
    r = Recipe(584)
    for shape in [(3, 5), (5, 3), (4, 2, 3, 3), (4, 4)]:
        w = drawn(r, *shape).requires_grad_()
        rows = w.view(w.size(0), -1)
        relaxed = torch.norm(rows @ rows.t() * (1 - torch.eye(w.size(0)))) ** 2
        gram = rows @ rows.t() if rows.size(0) <= rows.size(1) else rows.t() @ rows
        strict = torch.norm(gram - torch.eye(gram.size(0))) ** 2
        first, second = torch.autograd.grad(relaxed, w, retain_graph=True)[0], torch.autograd.grad(strict, w)[0]
        yield case("orthogonal", {"shape": list(shape), "w": w.detach().flatten().tolist()},
                   {"relaxed": relaxed.item(), "strict": strict.item(), "relaxedGradient": first.flatten().tolist(), "strictGradient": second.flatten().tolist()})
    n, i, o, k, width = 2, 3, 4, 3, 5
    x, w, style, affine, bias = drawn(r, n, i, 6, 6), drawn(r, o, i, k, k), drawn(r, n, width), drawn(r, i, width), drawn(r, i)
    s = style @ affine.t() / width ** 0.5 + bias
    each = w.unsqueeze(0) * s.view(n, 1, i, 1, 1) / (i * k * k) ** 0.5
    each = each * torch.rsqrt(each.square().sum(dim=[2, 3, 4], keepdim=True) + 1e-8)
    y = F.conv2d(x.reshape(1, n * i, 6, 6), each.reshape(n * o, i, k, k), padding=1, groups=n)
    yield case("modulated", {"x": x.flatten().tolist(), "w": w.flatten().tolist(), "style": style.flatten().tolist(), "affine": affine.flatten().tolist(), "bias": bias.tolist()},
               {"y": y.flatten().tolist()})
    scale, shift = drawn(r, n, i), drawn(r, n, i)
    y = F.instance_norm(x, eps=1e-8) * scale.view(n, i, 1, 1) + shift.view(n, i, 1, 1)
    yield case("adain", {"x": x.flatten().tolist(), "scale": scale.flatten().tolist(), "shift": shift.flatten().tolist()}, {"y": y.flatten().tolist()})


if __name__ == "__main__":
    write("models", "gan_family", versions("torch"), list(cases()), "golden.Recipe(584), in the order of the cases")
