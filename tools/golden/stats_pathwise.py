"""lyceum-stats: reparameterization-trick.  PyTorch's rsample with the noise written down."""
import torch
import torch.distributions as D
import torch.distributions.normal as N

from golden import Recipe, case, versions, write


def run(name, seed, dtype, build, shapes):
    r = Recipe(seed)
    leaves = [torch.tensor(make(r), dtype=dtype, requires_grad=True) for make in shapes]
    d = build(*leaves)
    full = torch.Size((5,)) + d.batch_shape + d.event_shape
    noise = torch.tensor(r.normals(full.numel()).reshape(tuple(full)), dtype=dtype)
    N._standard_normal = D.multivariate_normal._standard_normal = lambda shape, dtype, device: noise
    z = d.rsample((5,))
    (z.sin() * z * z).sum().backward()
    return case(name, {"parameters": [p.detach() for p in leaves], "noise": noise}, {"z": z, "gradients": [p.grad for p in leaves]})


def cases():
    for i, dtype in enumerate((torch.float64, torch.float32)):
        kind = "f64" if i == 0 else "f32"
        yield run("normal " + kind, 1 + i, dtype, D.Normal, [lambda r: 2 * r.bells(4), lambda r: r.uniforms(4) + 0.3])
        yield run("broadcast normal " + kind, 3 + i, dtype, D.Normal, [lambda r: r.bells(3).reshape(3, 1), lambda r: r.uniforms(2) + 0.3])
        yield run("log-normal " + kind, 5 + i, dtype, D.LogNormal, [lambda r: 0.5 * r.bells(3), lambda r: 0.5 * r.uniforms(3) + 0.1])
    yield run("multivariate normal f64", 9, torch.float64, lambda m, l: D.MultivariateNormal(m, scale_tril=l.tril()),
              [lambda r: r.bells(3), lambda r: __import__("numpy").tril(r.bells(9).reshape(3, 3), -1) + __import__("numpy").diag(r.uniforms(3) + 0.5)])


write("stats", "reparameterization-trick", versions("torch", "numpy"), list(cases()), "normals of Recipe as noise; gradients of sum sin(z) z^2")
