"""lyceum-core: backpropagation (random expression graphs, five networks), automatic-differentiation (Hessians)."""
import math

import numpy as np
import torch
import torch.nn.functional as F

from golden import Recipe, case, versions, write

REF = versions("torch", "numpy")

# ---- random expression graphs ----------------------------------------------------------------------------------

UNARY = {
    "neg": lambda a: -a,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "cos": torch.cos,
    "square": lambda a: a * a,
    "relu": torch.relu,
    "softplus": F.softplus,
    "exptanh": lambda a: torch.exp(torch.tanh(a)),
    "log1psq": lambda a: torch.log(1 + a * a),
    "sqrt1psq": lambda a: torch.sqrt(1 + a * a),
    "recip1psq": lambda a: 1 / (1 + a * a),
    "stop": lambda a: a.detach(),
    "mean": lambda a: a.mean(),
    "sumlast": lambda a: a.sum(-1, keepdim=True),
    "meanfirst": lambda a: a.mean(0),
    "transpose": lambda a: a.transpose(-1, -2),
    "flatten": lambda a: a.reshape(-1),
    "softmax": lambda a: torch.softmax(a, -1),
    "logsumexp": lambda a: torch.logsumexp(a, -1, keepdim=True),
    "maxlast": lambda a: a.max(-1, keepdim=True).values,
    "cumsum": lambda a: torch.cumsum(a, -1),
    "firstrow": lambda a: a[0],
    "reverse": lambda a: torch.flip(a, [-1]),
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul,
    "div1psq": lambda a, b: a / (1 + b * b),
    "maximum": torch.maximum,
    "matmul": torch.matmul,
    "concat": lambda a, b: torch.cat([a, b], -1),
    "where": lambda a, b: torch.where(a > 0, a, b),
}
NEEDS_RANK = {"sumlast": 1, "meanfirst": 1, "transpose": 2, "softmax": 1, "logsumexp": 1, "maxlast": 1, "cumsum": 1, "firstrow": 2, "reverse": 1}
SHAPES = [(), (3,), (2, 3), (1, 3), (2, 1), (3, 2), (3, 3), (2, 2, 3)]


def fits(name, a, b):
    if name == "matmul":
        return a.dim() == 2 and b.dim() == 2 and a.shape[1] == b.shape[0]
    if name == "concat":
        return a.dim() == b.dim() >= 1 and a.shape[:-1] == b.shape[:-1] and a.shape[-1] + b.shape[-1] <= 8
    try:
        return math.prod(torch.broadcast_shapes(a.shape, b.shape)) <= 24
    except RuntimeError:
        return False


def draw_graph(r):
    """Input shapes and steps [op, operand, (operand)]; operands number the inputs first, then the steps."""
    shapes = [SHAPES[r.below(len(SHAPES))] for _ in range(2 + r.below(3))]
    nodes = [torch.zeros(s) for s in shapes]
    steps, length = [], 4 + r.below(12)
    while len(steps) < length:
        used = {i for s in steps for i in s[1:]}
        fresh = [i for i in range(len(nodes)) if i not in used]
        pick = lambda: fresh[r.below(len(fresh))] if r.below(3) else r.below(len(nodes))
        if r.below(2):
            name, a = list(UNARY)[r.below(len(UNARY))], pick()
            if nodes[a].dim() < NEEDS_RANK.get(name, 0) or (name == "stop" and r.below(3)):
                continue
            nodes.append(UNARY[name](nodes[a]))
            steps.append([name, a])
        else:
            name, a, b = list(BINARY)[r.below(len(BINARY))], pick(), pick()
            if not fits(name, nodes[a], nodes[b]):
                continue
            nodes.append(BINARY[name](nodes[a], nodes[b]))
            steps.append([name, a, b])
    return shapes, steps


# Other choices of the subgradient at a tie; a graph whose gradients depend on the choice is left out.
OTHER = {"relu": lambda a: torch.where(a >= 0, a, 0 * a), "maxlast": lambda a: torch.flip(a, [-1]).max(-1, keepdim=True).values,
         "maximum": lambda a, b: torch.where(a >= b, a, b)}
THIRD = {**OTHER, "maximum": lambda a, b: torch.where(a > b, a, b)}


def evaluate(values, steps, dtype, instead={}):
    leaves = [torch.tensor(v, dtype=torch.float32).to(dtype).requires_grad_() for v in values]
    nodes = list(leaves)
    for name, *operands in steps:
        args = [nodes[i] for i in operands]
        nodes.append((instead.get(name) or UNARY.get(name) or BINARY[name])(*args))
    used = {i for s in steps for i in s[1:]}
    loss = sum(nodes[i].sum() for i in range(len(values), len(nodes)) if i not in used)
    grads = torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else [None] * len(leaves)
    return loss, [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, grads)]


def agree(a, b, bound):
    return all(bool(((x.double() - y.double()).abs() <= bound * y.double().abs().clamp(min=1)).all()) for x, y in zip(a, b))


def graphs():
    cases, seed, skipped, tied = [], 8800000, 0, 0
    while len(cases) < 300:
        seed += 1
        r = Recipe(seed)
        shapes, steps = draw_graph(r)
        values_seed = seed + 500000
        v = Recipe(values_seed)
        values = [(v.uniforms(math.prod(s)) * 3 - 1.5).astype(np.float32).reshape(s) for s in shapes]
        l32, g32 = evaluate(values, steps, torch.float32)
        l64, g64 = evaluate(values, steps, torch.float64)
        if sum(float(g.abs().max()) < 1e-12 for g in g64) > 1:
            continue
        if float(l64.detach().abs()) > 50 or not agree([l32, *g32], [l64, *g64], 4e-7):
            skipped += 1
            continue
        if not all(agree(evaluate(values, steps, torch.float64, o)[1], g64, 1e-12) for o in (OTHER, THIRD)):
            tied += 1
            continue
        cases.append(case(f"graph-{len(cases)}", {"seed": values_seed, "shapes": shapes, "steps": steps}, {"value": l64, "gradients": g64}))
    print("graphs left out because torch's own float and double disagree by over 4e-7:", skipped, "and for ties:", tied)
    return cases


# ---- five whole networks ----------------------------------------------------------------------------------------

class Parameters:
    """Parameters in order of asking: scale * bells, rounded to float32; `one` adds 1 (gains)."""

    def __init__(self, seed):
        self.r, self.named, self.how = Recipe(seed), {}, []

    def __call__(self, name, *dims, scale=0.5, one=False):
        v = scale * self.r.bells(math.prod(dims)).reshape(dims) + (1 if one else 0)
        self.named[name] = torch.tensor(v.astype(np.float32)).double().requires_grad_()
        self.how.append({"name": name, "shape": list(dims), "scale": scale, "plusOne": one})
        return self.named[name]


def mlp(p):
    x, y = p.input(5, 4), [0, 2, 1, 1, 0]
    h = torch.tanh(F.linear(x, p("layer0.weight", 8, 4), p("layer0.bias", 8)))
    h = torch.tanh(F.linear(h, p("layer1.weight", 6, 8), p("layer1.bias", 6)))
    logits = F.linear(h, p("layer2.weight", 3, 6), p("layer2.bias", 3))
    return F.cross_entropy(logits, torch.tensor(y)), logits, {"targets": y, "how": "tanh(x W0' + b0), tanh(. W1' + b1), . W2' + b2, mean cross-entropy"}


def residual(p):
    x, t = p.input(4, 6), p.input(4, 2)
    h = F.linear(x, p("enter.weight", 6, 6), p("enter.bias", 6))
    for k in range(2):
        n = F.layer_norm(h, (6,), p(f"norm{k}.weight", 6, scale=0.1, one=True), p(f"norm{k}.bias", 6, scale=0.1), 1e-5)
        h = h + F.linear(torch.relu(F.linear(n, p(f"up{k}.weight", 8, 6), p(f"up{k}.bias", 8))), p(f"down{k}.weight", 6, 8), p(f"down{k}.bias", 6))
    out = F.linear(h, p("leave.weight", 2, 6), p("leave.bias", 2))
    return F.mse_loss(out, t), out, {"how": "h = enter(x); twice h += down(relu(up(layerNorm(h, eps 1e-5)))); leave(h); mean squared error against the second input"}


def embedding(p):
    ids, y = [[1, 4, 4, 0], [2, 2, 5, 3], [6, 0, 1, 1]], [1, 0, 1]
    table = p("table.weight", 7, 5)
    h = table[torch.tensor(ids)].mean(1)
    h = F.gelu(F.linear(h, p("hidden.weight", 6, 5), p("hidden.bias", 6)))
    logits = F.linear(h, p("out.weight", 2, 6), p("out.bias", 2))
    return F.cross_entropy(logits, torch.tensor(y)), logits, {"ids": ids, "targets": y, "how": "mean of table rows, linear, exact (erf) GELU, linear, mean cross-entropy"}


def recurrent(p):
    x, y = p.input(3, 5, 4), [2, 0, 1]
    w, u, b = p("input.weight", 6, 4), p("hidden.weight", 6, 6, scale=0.3), p("bias", 6)
    h = torch.zeros(3, 6, dtype=torch.float64)
    for t in range(5):
        h = torch.tanh(x[:, t] @ w.T + h @ u.T + b)
    logits = F.linear(h, p("out.weight", 3, 6), p("out.bias", 3))
    return F.cross_entropy(logits, torch.tensor(y)), logits, {"targets": y, "how": "x is batch, time, feature; h = tanh(x_t W' + h U' + b) from 0 over 5 steps; linear of the last h; mean cross-entropy"}


def attention(p):
    x, t = p.input(2, 4, 6), p.input(2, 4, 6)
    heads = [F.linear(x, p(n + ".weight", 6, 6)).reshape(2, 4, 2, 3).transpose(1, 2) for n in ("query", "key", "value")]
    q, k, v = heads
    scores = q @ k.transpose(-1, -2) / math.sqrt(3)
    scores = scores.masked_fill(torch.ones(4, 4, dtype=torch.bool).triu(1), -torch.inf)
    h = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(2, 4, 6)
    h = x + F.linear(h, p("merge.weight", 6, 6))
    h = F.layer_norm(h, (6,), p("norm.weight", 6, scale=0.1, one=True), p("norm.bias", 6, scale=0.1), 1e-5)
    out = h + F.linear(F.silu(F.linear(h, p("up.weight", 10, 6))), p("down.weight", 6, 10))
    return F.mse_loss(out, t), out, {"how": "causal attention, 2 heads of 3 (head h takes features 3h..3h+2), scores / sqrt 3; h = layerNorm(x + merge(.)); out = h + down(silu(up(h))); mean squared error"}


class Inputs(Parameters):
    def input(self, *dims):
        return self("input" + str(sum(k.startswith("input") for k in self.named)), *dims, scale=1.0)


def networks():
    cases = []
    for i, build in enumerate([mlp, residual, embedding, recurrent, attention]):
        p = Inputs(8850 + i)
        loss, out, given = build(p)
        grads = torch.autograd.grad(loss, list(p.named.values()))
        cases.append(case("network " + build.__name__, {"seed": 8850 + i, **given, "tensors": p.how},
                          {"loss": loss, "output": out, "gradients": dict(zip(p.named, grads))}))
    return cases


def backpropagation():
    write("core", "backpropagation", REF, graphs() + networks(),
          "graph-k: r = Recipe(seed); each input of the given shapes in turn: (float) (3 * uniform() - 1.5), row by row. Steps refer to inputs 0.. and then to earlier steps; the value is the sum of the "
          "elements of every step that no later step uses. value and gradients are torch's in float64 of the float32 inputs; torch's float32 agrees with them to 4e-7 max(1, |.|). Operations by name: exptanh exp(tanh a), "
          "log1psq log(1 + a^2), sqrt1psq, recip1psq, div1psq a / (1 + b^2), stop = no gradient, mean of all, sumlast/logsumexp/maxlast keep the axis, meanfirst/firstrow drop axis 0, "
          "transpose swaps the last two axes, concat on the last axis, where(a > 0, a, b); no gradient here depends on how ties of maximum, maxlast or relu are broken. "
          "network: tensors in the listed order from one Recipe(seed): (float) (scale * bell [+ 1]), row by row; inputs are among them; all in float64 after that rounding.")


# ---- Hessians --------------------------------------------------------------------------------------------------

def hessian_functions():
    a = Recipe(9200).matrix(4, 4)
    sym = torch.tensor((a + a.T) / 2)
    z, t = Recipe(9201).matrix(8, 4), torch.tensor([1.0, -1, 1, 1, -1, -1, 1, -1])
    z = torch.tensor(z)
    w = torch.tensor(Recipe(9202).matrix(3, 4))
    return [
        ("rosenbrock", "sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2", lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()),
        ("quadratic", "x'Sx / 2, S = (A + A') / 2, A = Recipe(9200).matrix(4, 4)", lambda x: 0.5 * x @ (sym @ x)),
        ("logsumexp", "log sum exp(W x), W = Recipe(9202).matrix(3, 4)", lambda x: torch.logsumexp(w @ x, 0)),
        ("logistic", "mean softplus(-t_i z_i.x), z = Recipe(9201).matrix(8, 4), t = 1 -1 1 1 -1 -1 1 -1", lambda x: F.softplus(-t * (z @ x)).mean()),
        ("waves", "prod_i (1.5 + sin x_i) + cos(x_0 x_1)", lambda x: (1.5 + torch.sin(x)).prod() + torch.cos(x[0] * x[1])),
        ("norm", "sqrt(1 + |x|^2)", lambda x: torch.sqrt(1 + (x * x).sum())),
        ("network", "sum tanh(W x)^3, W as in logsumexp", lambda x: (torch.tanh(w @ x) ** 3).sum()),
        ("ratio", "exp(-|x|^2 / 4) / (1 + x_3^2)", lambda x: torch.exp(-(x * x).sum() / 4) / (1 + x[3] ** 2)),
        ("logdet", "log det(C C' + I), C = [[x0, x1], [x2, x3]]", lambda x: torch.logdet(x.reshape(2, 2) @ x.reshape(2, 2).T + torch.eye(2, dtype=x.dtype))),
        ("entropy", "-sum p log p, p = softmax(x)", lambda x: -(torch.softmax(x, 0) * torch.log_softmax(x, 0)).sum()),
        ("loop", "y = x_0; three times: y = sin(y x_1) if y > 0 else y^2 + x_2; y x_3", loop),
    ]


def loop(x):
    y = x[0]
    for _ in range(3):
        y = torch.sin(y * x[1]) if float(y.detach()) > 0 else y * y + x[2]
    return y * x[3]


def automatic_differentiation():
    cases = []
    for name, text, f in hessian_functions():
        for k in range(3):
            seed = 9250 + k
            x = torch.tensor(Recipe(seed).bells(4), requires_grad=True)
            v = torch.tensor(Recipe(9260 + k).bells(4))
            value = f(x)
            gradient, = torch.autograd.grad(value, x, create_graph=True)
            hessian = torch.autograd.functional.hessian(f, x)
            cases.append(case(f"{name}-{k}", {"function": name, "formula": text, "x": x, "v": v},
                              {"value": value, "gradient": gradient, "hessian": hessian, "hessianTimesV": hessian @ v}))
    for name, text, f in [("jacobian-mlp", "tanh(W x) with W = Recipe(9202).matrix(3, 4)", lambda x: torch.tanh(torch.tensor(Recipe(9202).matrix(3, 4)) @ x)),
                          ("jacobian-softmax", "softmax(x)", lambda x: torch.softmax(x, 0)), ("jacobian-cumprod", "cumulative products of x", lambda x: torch.cumprod(x, 0))]:
        x = torch.tensor(Recipe(9250).bells(4))
        cases.append(case(name, {"formula": text, "x": x}, {"value": f(x), "jacobian": torch.autograd.functional.jacobian(f, x)}))
    write("core", "automatic-differentiation", REF, cases, "x = 4 bells of Recipe(9250 + k), v of Recipe(9260 + k); float64; hessians by torch.autograd.functional.hessian.")


if __name__ == "__main__":
    backpropagation()
    automatic_differentiation()
