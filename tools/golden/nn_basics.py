"""lyceum-nn: networks put together at random, dense layers, embeddings, heads, by PyTorch in float64; a classifier on frozen features by scikit-learn.

Weights are exchanged as safetensors, both ways. neural-network-torch.safetensors is written here. neural-network-lyceum.safetensors is written by the main
method of lyceum.nn.NeuralNetworkTest from the specifications in neural-network.json: run this script, that, and this script again.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

import golden
from golden import Recipe, case, versions, write
from twin import answers, draw, parameters, trace

torch.set_default_dtype(torch.float64)
FOLDER = os.path.join(golden.ROOT, "lyceum-nn/src/test/resources/golden")
TYPES = {torch.float32: "F32", torch.int64: "I64"}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, t in tensors.items():
        raw = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": TYPES[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    b = open(path, "rb").read()
    n = struct.unpack("<Q", b[:8])[0]
    header = json.loads(b[8:8 + n])
    kinds = {"F32": np.float32, "I64": np.int64}
    return {k: torch.tensor(np.frombuffer(b[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], kinds[v["dtype"]]).reshape(v["shape"]).copy())
            for k, v in header.items() if k != "__metadata__"}


class Res(torch.nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return x + self.branch(x)


class Cat(torch.nn.Module):
    def __init__(self, *parts):
        super().__init__()
        for i, part in enumerate(parts):
            self.add_module(str(i), part)

    def forward(self, x):
        return torch.cat([part(x) for part in self.children()], 1)


ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "gelu": torch.nn.GELU, "silu": torch.nn.SiLU, "elu": torch.nn.ELU,
               "softplus": torch.nn.Softplus, "selu": torch.nn.SELU}


def layer(text):
    """linear(3,5), conv(2,4,3,pad), maxpool(2), avgpool, flatten, norm(5), batch1(5), batch2(4), group(2,4), dropout, an activation, res{..}, cat{..|..}."""
    if text.endswith("}"):
        name, inner = text[:-1].split("{", 1)
        parts, depth, start = [], 0, 0
        for i, c in enumerate(inner):
            depth += (c == "{") - (c == "}")
            if c == "|" and depth == 0:
                parts.append(inner[start:i])
                start = i + 1
        parts.append(inner[start:])
        return Res(sequence(parts[0])) if name == "res" else Cat(*[sequence(p) for p in parts])
    name, _, rest = text.partition("(")
    a = [int(v) for v in rest[:-1].split(",")] if rest else []
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]()
    return {"linear": lambda: torch.nn.Linear(*a), "conv": lambda: torch.nn.Conv2d(a[0], a[1], a[2], padding=a[3]), "maxpool": lambda: torch.nn.MaxPool2d(a[0]),
            "avgpool": lambda: torch.nn.AdaptiveAvgPool2d(1), "flatten": lambda: torch.nn.Flatten(), "norm": lambda: torch.nn.LayerNorm(a[0]),
            "batch1": lambda: torch.nn.BatchNorm1d(a[0]), "batch2": lambda: torch.nn.BatchNorm2d(a[0]), "group": lambda: torch.nn.GroupNorm(*a),
            "dropout": lambda: torch.nn.Dropout(0.5)}[name]()


def sequence(text):
    items, depth, start = [], 0, 0
    text = text.strip() + " "
    for i, c in enumerate(text):
        depth += (c == "{") - (c == "}")
        if c == " " and depth == 0:
            items.append(text[start:i])
            start = i + 1
    return torch.nn.Sequential(*[layer(t) for t in items if t])


def random_network(r, inputs, depth, nested=True):
    """A text and its outputs."""
    names, parts, width = sorted(ACTIVATIONS), [], inputs
    for _ in range(depth):
        kind = r.below(6 if nested else 3)
        if kind <= 1:
            out = 1 + r.below(5)
            parts.append("linear(%d,%d)" % (width, out))
            width = out
            if kind == 1:
                parts.append(names[r.below(len(names))])
        elif kind == 2:
            parts.append(names[r.below(len(names))])
        elif kind == 3:
            parts.append("norm(%d)" % width if r.below(2) else "batch1(%d)" % width)
        elif kind == 4:
            inner, out = random_network(r, width, 2, False)
            parts.append("res{%s linear(%d,%d)}" % (inner, out, width))
        else:
            (a, m), (b, n) = random_network(r, width, 1, False), random_network(r, width, 2, False)
            parts.append("cat{%s|%s}" % (a, b))
            width = m + n
            if width > 6:
                parts.append("linear(%d,3)" % width)
                width = 3
    return " ".join(parts), width


def values(net, x, seed, r):
    """Traces of the output, and of the gradients of all parameters in the order of their names and of x, one behind the other."""
    y = net(x)
    own = dict(net.named_parameters())
    g = torch.autograd.grad((y * draw(r, list(y.shape))).sum(), [own[k] for k in sorted(own)] + [x])
    return {"y": trace(y, seed + 1), "gradients": trace(torch.cat([v.flatten() for v in g]), seed + 1)}


def networks():
    written, seed = {}, 51000
    theirs_path = os.path.join(FOLDER, "neural-network-lyceum.safetensors")
    theirs = read_safetensors(theirs_path) if os.path.exists(theirs_path) else None
    for i in range(50):
        seed += 1
        r = Recipe(seed)
        inputs, rows = 1 + r.below(5), 2 + r.below(5)
        spec, width = random_network(r, inputs, 2 + r.below(4))
        spec = "linear(%d,%d) %s linear(%d,2)" % (inputs, inputs, spec, width)
        torch.manual_seed(seed)
        net = sequence(spec).float()
        written.update({"%02d.%s" % (i, k): v.clone() for k, v in net.state_dict().items()})
        net = net.double().eval()
        x = draw(Recipe(seed + 500), [rows, inputs]).requires_grad_()
        r = Recipe(seed + 1000)
        found = {"torch": values(net, x, seed, r)}
        if theirs:
            net.load_state_dict({k: theirs["%02d.%s" % (i, k)] for k in net.state_dict()})
            found["lyceum"] = values(net, x, seed, Recipe(seed + 1000))
        yield case("network", {"seed": seed, "spec": spec, "rows": rows, "inputs": inputs}, found)
    write_safetensors(os.path.join(FOLDER, "neural-network-torch.safetensors"), written)


ARCHITECTURES = [
    "linear(6,4)", "linear(6,8) relu linear(8,3)", "linear(6,8) tanh linear(8,8) tanh linear(8,3)", "linear(6,8) norm(8) gelu linear(8,2)",
    "linear(6,8) batch1(8) relu dropout linear(8,2)", "linear(6,8) res{linear(8,8) relu linear(8,8)} linear(8,1)",
    "cat{linear(6,3)|linear(6,5) silu} linear(8,4)", "linear(6,12) selu linear(12,12) selu linear(12,12) selu linear(12,2)",
    "res{norm(6) linear(6,24) gelu linear(24,6)} norm(6)", "linear(6,5) softplus linear(5,5) sigmoid linear(5,5) elu linear(5,1)",
    "conv(2,4,3,1) relu flatten linear(144,3)", "conv(2,4,3,0) relu conv(4,6,3,0) relu flatten linear(24,3)",
    "conv(2,4,3,1) relu maxpool(2) conv(4,8,3,1) relu maxpool(2) flatten linear(8,3)", "conv(2,4,3,1) batch2(4) relu avgpool flatten linear(4,5)",
    "conv(2,4,3,1) res{conv(4,4,3,1) batch2(4) relu conv(4,4,3,1) batch2(4)} relu avgpool flatten linear(4,3)",
    "cat{conv(2,2,1,0)|conv(2,3,3,1)|conv(2,1,5,2)} relu avgpool flatten linear(6,2)", "conv(2,4,3,1) group(2,4) silu conv(4,4,3,1) avgpool flatten",
    "conv(2,6,1,0) relu conv(6,6,3,1) relu conv(6,2,1,0)", "conv(2,4,3,1) tanh maxpool(3) flatten dropout linear(16,10)",
    "flatten linear(72,16) relu linear(16,4)"]


def architectures():
    for i, spec in enumerate(ARCHITECTURES):
        seed = 52000 + i
        shape = [5, 2, 6, 6] if "conv" in spec or "flatten" in spec else [5, 6]
        r = Recipe(seed)
        net = sequence(spec).eval()
        own = dict(net.named_parameters())
        given = parameters(r, {k: list(v.shape) for k, v in own.items()})
        with torch.no_grad():
            for k, v in own.items():
                v.copy_(given[k])
            y = net(draw(r, shape))
        yield case("architecture", {"seed": seed, "spec": spec, "shape": shape}, {"shape": list(y.shape), "y": [float("%.9g" % v) for v in y.flatten()[:8].tolist()], "trace": trace(y, seed + 1)})


def branches():
    """An Inception block, written out: 1x1, 1x1-3x3, 1x1-5x5, pool-1x1."""
    for i in range(3):
        seed = 53000 + i
        r, sizes = Recipe(seed), Recipe(7 * seed)
        a, b1, b2, c1, c2, d = (1 + sizes.below(4) for _ in range(6))
        p = parameters(r, {"one.weight": [a, 3, 1, 1], "one.bias": [a], "three1.weight": [b1, 3, 1, 1], "three1.bias": [b1], "three2.weight": [b2, b1, 3, 3],
                           "three2.bias": [b2], "five1.weight": [c1, 3, 1, 1], "five1.bias": [c1], "five2.weight": [c2, c1, 5, 5], "five2.bias": [c2],
                           "pool2.weight": [d, 3, 1, 1], "pool2.bias": [d]})
        x = draw(r, [2, 3, 7, 7]).requires_grad_()

        def conv(x, name, pad):
            return F.conv2d(x, p[name + ".weight"], p[name + ".bias"], padding=pad)

        def block(x):
            return torch.cat([F.relu(conv(x, "one", 0)), F.relu(conv(F.relu(conv(x, "three1", 0)), "three2", 1)),
                              F.relu(conv(F.relu(conv(x, "five1", 0)), "five2", 2)), F.relu(conv(F.max_pool2d(x, 3, 1, 1), "pool2", 0))], 1)

        yield case("branches", {"seed": seed, "sizes": [a, b1, b2, c1, c2, d]}, answers(r, block, p, [x], seed))


def dense():
    for i in range(100):
        seed = 54000 + i
        r, sizes = Recipe(seed), Recipe(7 * seed)
        rank = 1 + i % 4
        shape = [0 if i % 10 == 9 and a == 0 else 1 + sizes.below(5) for a in range(rank - 1)]
        inputs, outputs = 1 + sizes.below(24), 1 + sizes.below(24)
        p = parameters(r, {"weight": [outputs, inputs], **({"bias": [outputs]} if i % 3 else {})})
        x = draw(r, shape + [inputs]).requires_grad_()
        yield case("linear", {"seed": seed, "shape": shape + [inputs], "outputs": outputs, "bias": i % 3 > 0},
                   answers(r, lambda x: F.linear(x, p["weight"], p.get("bias")), p, [x], seed))


def embeddings():
    for i in range(24):
        seed = 55000 + i
        r, sizes = Recipe(seed), Recipe(7 * seed)
        count, width = 3 + sizes.below(8), 1 + sizes.below(5)
        shape = [[4], [2, 3], [2, 3, 2]][i % 3]
        n = int(np.prod(shape))
        ids = sizes.belows(count, n)
        options = {"padding": int(ids[0]) if i % 2 else -1, "maxNorm": 0.5 if i % 4 > 1 else 0, "normType": 2.0 if i % 8 < 4 else 1.0, "frequency": i % 5 > 2}
        w = draw(r, [count, width], 0.3).requires_grad_()
        if options["padding"] >= 0 and i % 3 == 0:  # else a padding row that is not zeros, as loaded tables have
            with torch.no_grad():
                w[options["padding"]] = 0

        def look(_):
            return F.embedding(torch.tensor(ids.reshape(shape)), w, padding_idx=None if options["padding"] < 0 else options["padding"],
                               max_norm=options["maxNorm"] or None, norm_type=options["normType"], scale_grad_by_freq=options["frequency"])

        found = answers(r, look, {"weight": w}, [None], seed)
        found["table"] = trace(w, seed + 1)
        yield case("embedding", {"seed": seed, "count": count, "width": width, "shape": shape, "ids": ids, **options}, found)
    for i in range(60):
        seed = 56000 + i
        r, sizes = Recipe(seed), Recipe(7 * seed)
        mode = ["sum", "mean", "max"][i % 3]
        count, width = 3 + sizes.below(8), 1 + sizes.below(5)
        flat = i % 2 == 1
        n = 12
        ids = sizes.belows(count, n)
        offsets = [0, 3, 3, 7, 12][:5] if flat else None
        weighted = mode == "sum" and i % 4 < 2
        padding = int(ids[1]) if i % 4 == 3 else -1
        norm = 0.5 if i >= 36 and i % 4 != 2 else 0
        frequency = i >= 36 and mode != "max" and not weighted and i % 5 > 1
        w = draw(r, [count, width], 0.3).requires_grad_()
        per = draw(r, [n]).requires_grad_() if weighted else None

        def bag(per):
            if frequency:  # PyTorch 2.6 divides the gradients of bags by the counts of other ids; its Embedding divides rightly
                rows = F.embedding(torch.tensor(ids), w, max_norm=norm or None, scale_grad_by_freq=True, padding_idx=None if padding < 0 else padding)
                ends = list(offsets[1:]) + [n] if flat else [3, 6, 9, 12]
                sums = []
                for a, b in zip(offsets if flat else [0, 3, 6, 9], ends):
                    kept = [j for j in range(a, b) if ids[j] != padding]
                    sums.append(rows[kept].sum(0) / (max(1, len(kept)) if mode == "mean" else 1))
                return torch.stack(sums)
            return F.embedding_bag(torch.tensor(ids if flat else ids.reshape(4, 3)), w, offsets=torch.tensor(offsets) if flat else None, mode=mode,
                                   per_sample_weights=None if per is None else per if flat else per.reshape(4, 3), padding_idx=None if padding < 0 else padding, max_norm=norm or None)

        found = answers(r, bag, {"weight": w}, [per], seed)
        found["table"] = trace(w, seed + 1)
        yield case("bag", {"seed": seed, "maxNorm": norm, "frequency": frequency, "mode": mode.upper(), "count": count, "width": width, "ids": ids, "offsets": offsets or [], "weighted": weighted, "padding": padding}, found)


def adaptive():
    for i in range(6):
        seed = 57000 + i
        r = Recipe(seed)
        width, classes, cutoffs, divisor, bias = [(16, 30, [6, 14], 2.0, False), (16, 40, [10], 4.0, True), (32, 50, [5, 15, 30], 2.0, True)][i % 3]
        m = torch.nn.AdaptiveLogSoftmaxWithLoss(width, classes, cutoffs, div_value=divisor, head_bias=bias)
        own = dict(m.named_parameters())
        p = parameters(r, {k: list(v.shape) for k, v in own.items()})
        with torch.no_grad():
            for k, v in own.items():
                v.copy_(p[k])
        x = draw(r, [9, width]).requires_grad_()
        targets = r.belows(classes, 9)
        found = answers(r, lambda x: [m.log_prob(x), -m(x, torch.tensor(targets)).output], own, [x], seed)
        yield case("adaptive", {"seed": seed, "width": width, "classes": classes, "cutoffs": cutoffs, "divisor": divisor, "bias": bias, "targets": targets}, found)


def labels():
    for i in range(10):
        seed = 58000 + i
        r = Recipe(seed)
        x = (draw(r, [6, 4]) * (10.0 if i % 2 else 1.0)).requires_grad_()
        t = torch.tensor((r.uniforms(24) < 0.4).astype(float).reshape(6, 4))
        loss = torch.nn.BCEWithLogitsLoss()(x, t)
        loss.backward()
        yield case("labels", {"seed": seed, "scale": 10.0 if i % 2 else 1.0}, {"loss": float("%.12g" % loss.item()), "gradient": trace(x.grad, seed + 1)})


def frozen_features():
    """Softmax regression on tanh features of iris and wine: mean cross-entropy + |W|^2 / (2 C n)."""
    from sklearn.linear_model import LogisticRegression
    for i, name in enumerate(["iris", "wine"]):
        x, y = golden.table(name)
        x = golden.standardise(x)
        r = Recipe(59000 + i)
        w, b = draw(r, [8, x.shape[1]], 0.3).numpy(), draw(r, [8], 0.3).numpy()
        h = np.tanh(x @ w.T + b)
        for c in (0.5, 5.0):
            m = LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(h, y)
            q = m.predict_proba(h)
            yield case("frozen", {"seed": 59000 + i, "data": name, "c": c}, {"probabilities": [float("%.9g" % v) for v in q[::5].flatten()]})


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "neural-network", reference, list(networks()), recipe)
    write("nn", "forward-pass", reference, list(architectures()), recipe)
    write("nn", "feedforward-network", reference, list(branches()), recipe)
    write("nn", "fully-connected-layer", reference, list(dense()), recipe)
    write("nn", "embedding-layer", reference, list(embeddings()), recipe)
    write("nn", "softmax-head", reference, list(adaptive()), recipe)
    write("nn", "classification-head", versions("torch", "sklearn"), list(labels()) + list(frozen_features()), recipe)
