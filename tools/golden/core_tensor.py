"""lyceum-core: special functions, softmax, log-sum-exp, tensor operations as NumPy does them."""
import itertools
import math
import warnings

import mpmath
import numpy as np
import scipy.special
import torch

from golden import Recipe, case, shape, versions, write

warnings.simplefilter("ignore")


def exact(f, xs, digits=60):
    mpmath.mp.dps = digits
    return [float(f(mpmath.mpf(float(x)))) for x in xs]


def special():
    cases = []
    positive = [1e-300, 1e-10, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.999, 1.0, 1.0000001, 1.25, 1.4616321449683622, 1.5, 1.999, 2.0, 2.0001, 2.5,
                3.0, 4.7, 7.0, 9.99, 10.0, 12.5, 25.0, 100.5, 1e3, 1e6, 1e10, 1e15, 1e100, 1e300]
    positive += list(Recipe(9000).uniforms(60) * 20)
    negative = [-0.5, -0.1, -1.5, -2.3, -2.7, -3.999, -10.1, -20.5, -1e-10, -100.25]
    everywhere = [0.0, 1e-320, 1e-20, -1e-8, 1e-3, -0.1, 0.3, -0.5, 0.84374, 0.9, -1.0, 1.25, 1.7, 2.0, -2.5, 3.0, 4.0, 5.0, 5.8, -6.0, 10.0, 26.0, 27.5]
    everywhere += list(Recipe(9001).uniforms(60) * 8 - 4)
    unit = [1e-300, 1e-12, 1e-3, 0.1, 0.25, 0.5, 0.7, 0.9, 0.99, 0.999999, 1 - 2.0**-40, 1 - 2.0**-53]
    unit = unit + [-u for u in unit] + list(Recipe(9002).uniforms(40) * 2 - 1)
    tails = [1e-300, 1e-100, 1e-20, 1e-10, 1e-3, 0.02425, 0.1, 0.3, 0.5, 0.7, 0.97575, 0.999, 1 - 2.0**-40]
    tails += list(Recipe(9003).uniforms(40))

    def add(name, f, xs, reference="mpmath"):
        cases.append(case(name, {"x": xs}, {"y": exact(f, xs)}))

    add("lgamma", lambda x: mpmath.log(abs(mpmath.gamma(x))) if abs(x) < 1e5 else mpmath.loggamma(x), positive + negative)
    add("digamma", mpmath.digamma, positive + negative)
    add("trigamma", lambda x: mpmath.polygamma(1, x) if x < 1e20 else 1 / x, [x for x in positive if x > 1e-100] + negative)
    add("erf", mpmath.erf, everywhere)
    add("erfc", mpmath.erfc, everywhere)
    add("erfinv", mpmath.erfinv, unit)
    add("normalQuantile", lambda p: -mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * p) if p > 1e-15 else
        mpmath.findroot(lambda z: mpmath.log(mpmath.ncdf(z)) - mpmath.log(p), -mpmath.sqrt(-2 * mpmath.log(p))), tails)
    add("normalCdf", mpmath.ncdf, [-38.0, -20.0, -8.0, -3.0, -1.0, -0.1, 0.0, 0.5, 1.0, 2.0, 5.0, 8.3])
    add("log1p", mpmath.log1p, [-0.999, -0.5, -1e-3, -1e-10, 1e-300, 1e-17, 1e-8, 1e-3, 0.5, 1.0, 1e10, 1e300])
    add("expm1", mpmath.expm1, [-700.0, -20.0, -1.0, -1e-3, -1e-12, 1e-300, 1e-17, 1e-8, 1e-3, 0.5, 1.0, 20.0, 700.0])
    pairs = [(a, b, x) for a, b in [(0.5, 0.5), (1, 3), (2.5, 4), (10, 2), (50, 70), (0.1, 5), (1000, 900)] for x in [0.001, 0.1, 0.4, 0.5, 0.53, 0.9, 0.999]]
    mpmath.mp.dps = 40
    cases.append(case("regularisedBeta", {"a": [p[0] for p in pairs], "b": [p[1] for p in pairs], "x": [p[2] for p in pairs]},
                      {"y": [float(mpmath.betainc(a, b, 0, x, regularized=True)) for a, b, x in pairs],
                       "scipy": scipy.special.betainc(*np.array(pairs).T)}))
    pairs = [(a, x) for a in [0.1, 0.5, 1, 2.5, 10, 100, 1000] for x in [1e-3, 0.1, 0.5, 1, 2, 5, 9, 12, 80, 105, 980, 1010]]
    cases.append(case("regularisedGamma", {"a": [p[0] for p in pairs], "x": [p[1] for p in pairs]},
                      {"lower": [float(mpmath.gammainc(a, 0, x, regularized=True)) for a, x in pairs],
                       "upper": [float(mpmath.gammainc(a, x, mpmath.inf, regularized=True)) for a, x in pairs]}))
    edges = [0.0, -0.0, -1.0, -2.0, float("inf"), float("-inf"), float("nan")]
    cases.append(case("edges", {"x": edges}, {"lgamma": scipy.special.gammaln(edges), "digamma": scipy.special.digamma(edges), "erf": scipy.special.erf(edges),
                                              "erfc": scipy.special.erfc(edges)}))
    cases.append(case("erfinv edges", {"x": [1.0, -1.0, 1.5, 0.0, float("nan")]}, {"erfinv": scipy.special.erfinv([1.0, -1.0, 1.5, 0.0, float("nan")])}))
    write("core", "special", versions("mpmath", "scipy", "numpy"), cases,
          "y is the function of the double x, computed with 60 digits by mpmath and rounded once. edges are SciPy's.")


# ---- softmax --------------------------------------------------------------------------------------------------

def softmax_exact(rows):
    mpmath.mp.dps = 60
    p, logs = [], []
    for row in rows:
        top = max(row)
        e = [mpmath.exp(mpmath.mpf(float(v)) - mpmath.mpf(float(top))) for v in row]
        total = mpmath.fsum(e)
        p.append([float(v / total) for v in e])
        logs.append([float(mpmath.mpf(float(v)) - mpmath.mpf(float(top)) - mpmath.log(total)) for v in row])
    return p, logs


def softmax():
    cases, seed = [], 10400
    for dims, axis, scale in [((7,), 0, 1), ((3, 5), 1, 1), ((3, 5), 0, 4), ((2, 3, 4), 1, 2), ((2, 3, 4), 2, 16), ((4, 33), 1, 8), ((2, 300), 1, 3), ((1, 1), 1, 1),
                              ((3, 6), 1, 4096), ((2, 8), 1, 10000 / 6)]:
        for dtype in (torch.float32, torch.float64):
            seed += 1
            r = Recipe(seed)
            x = torch.tensor(scale * r.bells(math.prod(dims)).reshape(dims), dtype=dtype, requires_grad=True)
            up = torch.tensor(r.bells(math.prod(dims)).reshape(dims), dtype=dtype)
            p, l = torch.softmax(x, axis), torch.log_softmax(x, axis)
            gp, = torch.autograd.grad((up * p).sum(), x)
            gl, = torch.autograd.grad((up * l).sum(), x)
            big = x.numel() > 100
            expected = {"softmax": p, "logSoftmax": l, "softmaxGradient": gp, "logSoftmaxGradient": gl}
            cases.append(case(f"{dtype}".replace("torch.", "") + f" {dims} axis {axis} scale {scale:g}",
                              {"seed": seed, "shape": list(dims), "axis": axis, "scale": scale, "dtype": str(dtype)[6:]}, expected))
    rows = [[1e4, -1e4, 0.0], [1e4, 9999.5, 9999.0, -1e4], [-1e4, -1e4 - 0.125, -1e4 + 0.5], [0.0], [3.0, 1.0, 0.2], [700.0, -700.0, 699.0],
            list(Recipe(10450).bells(12)), list(2000 * Recipe(10451).bells(12)), [5.0] * 7]
    p, logs = softmax_exact(rows)
    cases.append(case("exact", {"rows": rows}, {"softmax": p, "logSoftmax": logs}))
    x = torch.tensor(Recipe(10452).bells(24).reshape(4, 6))
    mask = torch.tensor([[True] * 6, [True, False] * 3, [False] * 5 + [True], [False] * 6])
    cases.append(case("masked", {"seed": 10452, "shape": [4, 6], "mask": mask.tolist(), "how": "True keeps; the last row is wholly masked: zeros"},
                      {"softmax": torch.nan_to_num(torch.softmax(x.masked_fill(~mask, -torch.inf), 1), nan=0.0)}))
    for t in (0.1, 1.0, 7.0):
        cases.append(case(f"temperature {t}", {"seed": 10452, "shape": [4, 6], "temperature": t}, {"softmax": torch.softmax(x / t, 1)}))
    half = torch.tensor(3 * Recipe(10453).bells(16).reshape(2, 8)).to(torch.bfloat16)
    cases.append(case("bfloat16", {"x": half.float(), "dtype": "bfloat16"}, {"softmax": torch.softmax(half, 1).float(), "logSoftmax": torch.log_softmax(half, 1).float()}))
    half = torch.tensor(3 * Recipe(10454).bells(16).reshape(2, 8)).to(torch.float16)
    cases.append(case("float16", {"x": half.float(), "dtype": "float16"}, {"softmax": torch.softmax(half, 1).float(), "logSoftmax": torch.log_softmax(half, 1).float()}))
    write("core", "softmax", versions("torch", "mpmath"), cases,
          "x = scale * bells (in float64, then cast to the dtype) of the shape, upstream = as many bells after them; gradients of sum(upstream * softmax(x)) and "
          "sum(upstream * logSoftmax(x)). exact: 60 digits, rounded once.")


def log_sum_exp():
    inf, nan = math.inf, math.nan
    expected, worst, small = [], 0.0, None
    mpmath.mp.dps = 50
    r = Recipe(39600)
    for i in range(10000):
        n = 1 + r.below(12)
        kind = i % 4
        power = 0 if kind == 0 else r.below(10) if kind == 1 else r.below(995) if kind == 2 else r.below(20)
        b = r.bells(n)
        x = b * 2.0**power if kind < 3 else b + 2.0**power
        y = float(scipy.special.logsumexp(x))
        expected.append(y)
        if kind == 0 or i % 50 == 0:
            top = mpmath.mpf(float(x.max()))
            true = top + mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(v)) - top) for v in x))
            error = float(abs((mpmath.mpf(y) - true) / true))
            if error > worst:
                worst, small = error, (i, float(true))
    print("logsumexp: SciPy against 50 digits, worst relative", worst, small)
    cases = [case("random", {"seed": 39600, "count": 10000}, {"y": expected, "scipyWorstRelativeErrorChecked": worst})]
    for name, x in [("all -inf", [-inf, -inf]), ("one +inf", [1.0, inf, 2.0]), ("two +inf", [inf, inf]), ("inf and -inf", [inf, -inf]), ("nan", [1.0, nan]),
                    ("nan and inf", [nan, inf]), ("nan and -inf", [nan, -inf]), ("-inf and number", [-inf, 3.0]), ("one", [5.0]), ("huge", [1e300, 1e300]), ("tiny", [-1e300, -1e300, -1e300])]:
        y = scipy.special.logsumexp(x)
        v, s = scipy.special.logsumexp(x, return_sign=True)
        cases.append(case("special " + name, {"x": x}, {"y": y, "signedY": v, "sign": s}))
    for i in range(40):
        r = Recipe(39700 + i)
        n = 2 + r.below(8)
        x, b = 5 * r.bells(n), r.bells(n)
        if i % 5 == 0:
            b[0] = 0.0
        v, s = scipy.special.logsumexp(x, b=b, return_sign=True)
        plain = scipy.special.logsumexp(x, b=np.abs(b))
        cases.append(case(f"weighted-{i}", {"x": x, "b": b}, {"log": v, "sign": s, "logOfAbsoluteWeights": plain}))
    x = Recipe(39800).bells(24).reshape(2, 3, 4)
    for axis in [0, 1, 2, (0, 1), (1, 2), (0, 2), (0, 1, 2)]:
        for keep in (False, True):
            y = scipy.special.logsumexp(x, axis=axis, keepdims=keep)
            cases.append(case(f"axes {axis} keepdims {keep}", {"seed": 39800, "shape": [2, 3, 4], "axes": list(np.atleast_1d(axis)), "keepDims": keep}, {"y": y, "shape": shape(y)}))
    write("core", "log-sum-exp", versions("scipy", "numpy", "mpmath"), cases,
          "random: one r = Recipe(39600) for all i = 0..9999: n = 1 + below(12); kind = i % 4; power = 0 (kind 0, nothing drawn), below(10), below(995) or below(20); "
          "b = n bells; x = b * 2^power, or b + 2^power for kind 3. weighted: sum of b exp(x) with signs.")


# ---- tensor operations ------------------------------------------------------------------------------------------

def tensor_ops():
    nan, inf = math.nan, math.inf
    cases = []

    def add(name, given, y, **more):
        cases.append(case(name, given, {"y": y, "shape": shape(y), **more}))

    for i, (a, b) in enumerate([((3,), (2, 3)), ((2, 1), (1, 4)), ((), (2, 2)), ((2, 1, 3), (4, 1)), ((1,), (5,)), ((0, 3), (1, 3)), ((2, 3, 1), (3, 1))]):
        r = Recipe(100 + i)
        x, y = r.bells(math.prod(a)).reshape(a), r.bells(math.prod(b)).reshape(b)
        for name, f in [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide), ("maximum", np.maximum), ("less", np.less)]:
            add(f"broadcast {name} {a} {b}", {"seed": 100 + i, "op": name, "a": list(a), "b": list(b)}, f(x, y))
    for i, (spec, dims) in enumerate([("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,jk", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]), ("ii->i", [(4, 4)]), ("ii", [(4, 4)]),
                                      ("ij->ji", [(2, 5)]), ("ij->", [(3, 3)]), ("i,j->ij", [(3,), (4,)]), ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 2, 4)]),
                                      ("ijk,k->ij", [(2, 3, 4), (4,)]), ("ij,ij->i", [(3, 4), (3, 4)]), ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 4)]), ("...ij,...jk->...ik", [(2, 1, 2, 3), (3, 3, 2)]),
                                      ("i,i", [(5,), (5,)]), ("ijj->ij", [(2, 3, 3)]), ("ba", [(2, 3)]), ("a...,...b->ab...", [(2, 3), (3, 4)])]):
        r = Recipe(200 + i)
        xs = [r.bells(math.prod(d)).reshape(d) for d in dims]
        add(f"einsum {spec}", {"seed": 200 + i, "spec": spec, "shapes": dims}, np.einsum(spec, *xs))
    x = Recipe(300).bells(24).reshape(2, 3, 4)
    for axis in (0, 1, 2):
        add(f"cumsum {axis}", {"seed": 300, "shape": [2, 3, 4], "op": "cumsum", "axis": axis}, np.cumsum(x, axis))
        add(f"cumprod {axis}", {"seed": 300, "shape": [2, 3, 4], "op": "cumprod", "axis": axis}, np.cumprod(x, axis))
    for name, f in [("sum", np.sum), ("mean", np.mean), ("var", np.var), ("std", np.std), ("max", np.max), ("min", np.min), ("prod", np.prod), ("argmax", np.argmax), ("argmin", np.argmin)]:
        for axis in [None, 0, 1, 2] + ([] if name.startswith("arg") else [(0, 2), (1, 2)]):
            axes = [] if axis is None else [int(a) for a in np.atleast_1d(axis)]
            add(f"reduce {name} {axis}", {"seed": 300, "shape": [2, 3, 4], "op": name, "axes": axes, "how": "no axes: all"}, f(x, axis=axis))
    s = np.array([3.0, nan, -1.0, inf, 0.0, -inf, nan, 3.0, -0.0, 1.0])
    add("sort", {"x": s}, np.sort(s))
    add("argsort", {"x": s, "how": "stable, NaN last; 0.0 and -0.0 are equal"}, np.argsort(s, kind="stable"))
    add("argsort rows", {"x": [[2.0, nan, 1.0], [nan, nan, 0.0], [1.0, 1.0, 0.5]]}, np.argsort([[2.0, nan, 1.0], [nan, nan, 0.0], [1.0, 1.0, 0.5]], kind="stable", axis=1))
    t = Recipe(301).bells(30).reshape(3, 10)
    top = torch.topk(torch.tensor(t), 4, dim=1)
    cases.append(case("topk", {"seed": 301, "shape": [3, 10], "k": 4, "axis": 1}, {"values": top.values, "indices": top.indices}))
    add("max propagates nan", {"x": [1.0, nan, 3.0]}, np.max([1.0, nan, 3.0]), argmax=int(np.argmax([1.0, nan, 3.0])))
    ints = np.array([-7, -3, 0, 3, 7, 8])
    add("floor division", {"a": ints, "b": 3}, ints // 3, negative=ints // -3)
    add("remainder", {"a": ints, "b": 3, "how": "sign of the divisor, as NumPy"}, ints % 3, negative=ints % -3)
    a, b = zip((1.0, 0.1), (-1.0, 0.1), (7.5, 2), (-7.5, 2), (7.5, -2), (inf, 2), (5, inf), (-5, inf), (5, -inf), (-0.0, 3), (6, -3), (1, 0), (-1, 0), (0, 0), (nan, 1), (0.3, 0.1), (1e300, 1e-9))
    add("float floor division", {"a": a, "b": b}, np.floor_divide(a, b))
    add("float remainder", {"a": a, "b": b}, np.remainder(a, b))
    for name, rounding in [("rint", np.rint), ("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc), ("sign", np.sign)]:
        v = np.array([-2.5, -1.5, -0.5, -0.2, -0.0, 0.0, 0.5, 1.5, 2.5, 2.7, inf, -inf, nan])
        add(f"round {name}", {"x": v, "op": name}, rounding(v))
    base = np.arange(24).reshape(2, 3, 4)
    for text in ["1", "-1", "0,1", "...,0", ":,1:,::2", "::-1", ":,::-1,1:3", "1,...,-2:", "0,2,3", ":,None,0", "..., None"]:
        add(f"index [{text}]", {"base": "arange(24) as 2 x 3 x 4", "index": text}, eval(f"base[{text}]"))
    add("take", {"base": "arange(24) as 2 x 3 x 4", "axis": 2, "indices": [3, 0, 0, -1]}, base[:, :, [3, 0, 0, -1]])
    add("mask", {"base": "arange(24) as 2 x 3 x 4", "mask": "x % 5 == 0"}, base[base % 5 == 0])
    add("gather", {"base": "arange(24) as 2 x 3 x 4", "axis": 1, "indices": [[[0, 1, 2, 0]], [[2, 2, 1, 0]]]}, np.take_along_axis(base, np.array([[[0, 1, 2, 0]], [[2, 2, 1, 0]]]), 1))
    acc = np.zeros((3, 2))
    np.add.at(acc, [0, 2, 0, 1], np.arange(8.0).reshape(4, 2))
    add("scatter add", {"zeros": [3, 2], "rows": [0, 2, 0, 1], "values": np.arange(8.0).reshape(4, 2)}, acc)
    for op, y in [("concat axis 1", np.concatenate([base[:, :1], base[:, 2:]], 1)), ("stack axis 1", np.stack([base[0], base[1]], 1)), ("transpose 2 0 1", base.transpose(2, 0, 1)),
                  ("roll 1 axis 2", np.roll(base, 1, 2)), ("flip 0", np.flip(base, 0)), ("repeat 2 axis 1", np.repeat(base, 2, 1)), ("tile 2 1 2", np.tile(base, (2, 1, 2))),
                  ("tril", np.tril(base[0], -1)), ("triu", np.triu(base[0], 1)), ("swapaxes 0 2", base.swapaxes(0, 2))]:
        add(f"shape {op}", {"base": "arange(24) as 2 x 3 x 4" + (" [0]" if op.startswith("tri") else "")}, y)
    parts = np.array_split(np.arange(10), 3)
    cases.append(case("array_split", {"x": "arange(10)", "parts": 3}, {"parts": parts}))
    casts = [0.1, -1.7, 255.9, 65504.0, 65520.0, 1e-8, 5.9e-8, 3.4e38, 1e39, 1.00390625, 1.005859375, -0.0, nan, inf, 2.0**-133, 2.0**-149]
    cases.append(case("casts", {"x": casts}, {"float32": np.array(casts, np.float32), "float16": np.array(casts).astype(np.float16).astype(np.float64),
                                              "bfloat16": torch.tensor(casts, dtype=torch.float64).to(torch.float32).to(torch.bfloat16).double()}))
    add("linspace", {"from": -1, "to": 2, "n": 7}, np.linspace(-1, 2, 7))
    add("arange", {"from": 0.5, "to": 3.0, "step": 0.4}, np.arange(0.5, 3.0, 0.4))
    printed = {"float64": str(np.array([[1.0, 2.5], [-3.25, 1e-5]])), "int": str(np.arange(6).reshape(2, 3)), "bool": str(np.array([True, False])),
               "wide": str(np.arange(2000)), "scalar": str(np.array(3.5)), "nan": str(np.array([1.5, nan, inf])), "empty": str(np.zeros((0, 3))),
               "threeD": str(np.arange(8).reshape(2, 2, 2)), "large": str(np.array([1e10, 1.0])), "float32": str(np.array([0.1, 100.25], np.float32)),
               "bigMatrix": str(np.arange(1200.0).reshape(30, 40))}
    cases.append(case("printing", {"how": "str of the arrays of tools/golden/core_tensor.py, default print options"}, printed))
    printing(cases)
    write("core", "tensor-ops", versions("numpy", "torch"), cases,
          "broadcast: r = Recipe(seed); a = bells of its shape, then b. einsum: operands from one Recipe(seed) in order. Others: bells of the shape.")


def printing(cases):
    """str() of many arrays, where one form, width and line length for all entries has its corners."""
    nan, inf, first = math.nan, math.inf, len(cases)

    def add(x, dtype="float64"):
        x = np.array(x, dtype)
        cases.append(case(f"print {len(cases) - first}", {"x": x.astype(float) if x.dtype.kind == "f" else x.astype(int), "shape": list(x.shape), "dtype": str(x.dtype)}, {"text": str(x)}))

    for v in [0.0, -0.0, 3.0, 0.1, 1e16, 1.5e16, 9999999999999998.0, 1e15, 1e-4, 9.9e-5, -1e-5, 1e100, -2.5e-200, 5e-324, 1.7976931348623157e308, nan, inf, -inf, 1 / 3, 1e22, 1e23, 2.0**-44]:
        add(v)
        add([v])
        add([v, 1.5])
        add([v, -1.0, 0.25])
    for v in [0.1, 3.0, 1e10, 1e-5, 16777216.0, 1 / 3, 1e-45, 3.4e38]:
        add(v, "float32")
        add([v, 2.0], "float32")
    for v in [[0.0001, 0.05], [1e-4], [0.1, 0.2, 1 / 3], [100.25, 0.1], [1e7, 1.0e5], [99999999.0, 1e5]]:
        add(v, "float32")
        add(v, "float64")
    for v in [0.1, 3.0, 1 / 3, 65504.0, 6e-8, 1e-4]:
        add(v, "float16")
        add([v, 1.0, -2.5], "float16")
    for v in [[True, True], [[False], [True]], True, False]:
        add(v, "bool")
    add([9007199254740993, -9223372036854775808], "int64")
    add([[-5, 100], [7, 0]], "int32")
    add([255, 0], "uint8")
    add([nan, nan])
    add([-inf, 1.0])
    add([inf, -inf, nan])
    add([[1e-10, nan], [inf, 3.0]])
    add([0.123456785, 0.5])
    add([0.1234567850000001, 1.0])
    add([123456.123456789, 1000.5])
    add([1234567.875, 99999999.0])
    add([1.0, 1000.0])
    add([1.0, 1000.1])
    add([1e99, 1e100])
    add([1.23456789012, 1e9])
    add([0.999999999999, 1.0])
    add(np.arange(100), "int64")
    add(np.arange(60.0) / 7)
    add(np.arange(48.0).reshape(2, 24) / 3)
    add(np.arange(1000), "int64")
    add(np.arange(1001), "int64")
    add(np.arange(1200).reshape(2, 600), "int64")
    add(np.arange(1200).reshape(4, 300, 1), "int64")
    add(np.arange(2048.0).reshape(2, 8, 8, 16))
    add(np.arange(1331).reshape(11, 11, 11), "int64")
    add(np.zeros((2, 1, 2, 1)))
    add(np.zeros(0))
    for i in range(40):
        r = Recipe(400 + i)
        x = r.bells(12).reshape(3, 4) * 10.0 ** (r.below(12) - 6)
        add(np.round(x, r.below(10)), ["float64", "float32"][i % 2])


if __name__ == "__main__":
    special()
    softmax()
    log_sum_exp()
    tensor_ops()
