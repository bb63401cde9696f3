"""Graph layers by dense matrices in PyTorch, float64, written from the papers: values and gradients of parameters, states and weights of edges.

A[v, u] is the weight of the edge u -> v. Parameters carry the names of the Lyceum layers.
"""
import torch

from golden import Recipe, case, versions, write

torch.set_default_dtype(torch.float64)


def digits(tensor):
    return [float(f"{v:.12g}") for v in tensor.detach().reshape(-1).tolist()]


def graph(r, n, share, symmetric):
    pairs = [(u, v) for u in range(n) for v in range(n) if u != v and r.uniform() < share]
    if symmetric:
        pairs = sorted({(min(p), max(p)) for p in pairs})
        pairs = pairs + [(b, a) for a, b in pairs]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def draw(r, *shape):
    n = 1
    for s in shape:
        n *= s
    return (0.5 * torch.tensor(r.bells(n)).reshape(shape)).requires_grad_()


def record(name, given, y, up, wanted):
    grads = torch.autograd.grad((y * up).sum(), list(wanted.values()), retain_graph=True)
    return case(name, {**given, "up": digits(up), "values": {k: digits(v) for k, v in wanted.items()}},
                {"y": digits(y), "gradients": {k: digits(g) for k, g in zip(wanted, grads)}})


cases = []
for seed in range(6):
    r = Recipe(40 + seed)
    n, f, h, o = 5 + seed, 3, 4 + seed % 2, 2
    source, target = graph(r, n, 0.35, seed % 2 == 0)
    e = len(source)
    weight = (torch.tensor(r.uniforms(e)) + 0.5)
    if seed % 2 == 0:
        weight[e // 2:] = weight[:e // 2]
    weight.requires_grad_()
    x = draw(r, n, f)
    p = {"layers.0.lin.weight": draw(r, h, f), "layers.0.bias": draw(r, h), "layers.1.lin.weight": draw(r, o, h), "layers.1.bias": draw(r, o)}
    a = torch.zeros(n, n).index_put((torch.tensor(target), torch.tensor(source)), weight)
    for kind in ("RENORMALISED", "FIRST_ORDER"):
        b = a + torch.eye(n) if kind == "RENORMALISED" else a
        d = b.sum(1)
        root = torch.where(d > 0, torch.where(d > 0, d, torch.ones(n)) ** -0.5, torch.zeros(n))
        s = root[:, None] * b * root[None, :]
        if kind == "FIRST_ORDER":
            s = s + torch.eye(n)
        y = s @ torch.relu(s @ x @ p["layers.0.lin.weight"].T + p["layers.0.bias"]) @ p["layers.1.lin.weight"].T + p["layers.1.bias"]
        cases.append(record(f"{kind} {seed}", {"kind": kind, "nodes": n, "sizes": [f, h, o], "source": source, "target": target}, y,
                            draw(r, n, o).detach(), {**p, "x": x, "weights": weight}))
write("models", "gcn", versions("torch"), cases)


def gat(kind, p, x, e, mask, heads, width, concat):
    """e: (n, n, k) features of the edge u -> v at [v, u]; mask: where there is one."""
    n = len(x)
    cut = lambda t: t.reshape(*t.shape[:-1], heads, width)
    if kind == "STATIC":
        said = cut(x @ p["lin.weight"].T)
        z = (said * p["att_src"]).sum(-1)[None, :, :] + (said * p["att_dst"]).sum(-1)[:, None, :]
        if e is not None:
            z = z + (cut(e @ p["lin_edge.weight"].T) * p["att_edge"]).sum(-1)
        z = torch.nn.functional.leaky_relu(z, 0.2)
    else:
        said = cut(x @ p["lin_l.weight"].T + p["lin_l.bias"])
        z = said[None, :] + cut(x @ p["lin_r.weight"].T + p["lin_r.bias"])[:, None]
        if e is not None:
            z = z + cut(e @ p["lin_edge.weight"].T)
        z = (torch.nn.functional.leaky_relu(z, 0.2) * p["att"]).sum(-1)
    alpha = torch.softmax(z.masked_fill(~mask[:, :, None], -torch.inf), 1)
    out = torch.einsum("vuh,uhd->vhd", alpha, said)
    return (out.reshape(n, -1) if concat else out.mean(1)) + p["bias"], alpha


cases = []
for seed in range(4):
    for kind in ("STATIC", "DYNAMIC"):
        r = Recipe(80 + seed)
        n, f, heads, width, k, concat = 4 + seed, 3, 1 + seed % 3, 2 + seed % 2, 2 * (seed % 2), seed % 2 == 1
        source, target = graph(r, n, 0.4, False)
        m, all_ = len(source), heads * width
        x = draw(r, n, f)
        if kind == "STATIC":
            p = {"lin.weight": draw(r, all_, f), "att_src": draw(r, heads, width), "att_dst": draw(r, heads, width)}
        else:
            p = {"lin_l.weight": draw(r, all_, f), "lin_l.bias": draw(r, all_), "lin_r.weight": draw(r, all_, f), "lin_r.bias": draw(r, all_),
                 "att": draw(r, heads, width)}
        if k:
            p["lin_edge.weight"] = draw(r, all_, k)
            if kind == "STATIC":
                p["att_edge"] = draw(r, heads, width)
        p["bias"] = draw(r, all_ if concat else width)
        mask = torch.zeros(n, n, dtype=torch.bool)
        mask[torch.tensor(target), torch.tensor(source)] = True
        e, features = None, None
        if k:
            features = draw(r, m, k)
            e = torch.zeros(n, n, k).index_put((torch.tensor(target), torch.tensor(source)), features)
            mean = e.sum(1) / mask.sum(1).clamp(min=1)[:, None]
            e = e + torch.eye(n)[:, :, None] * mean[:, None, :]
        mask = mask | torch.eye(n, dtype=torch.bool)
        y, alpha = gat(kind, p, x, e, mask, heads, width, concat)
        wanted = {**p, "x": x}
        if k:
            wanted["features"] = features
        c = record(f"{kind} {seed}", {"kind": kind, "nodes": n, "sizes": [f, heads, width, k], "concat": concat, "source": source, "target": target},
                   y, draw(r, *y.shape).detach(), wanted)
        c["expected"]["alpha"] = digits(alpha)
        cases.append(c)
write("models", "gat", versions("torch"), cases)
