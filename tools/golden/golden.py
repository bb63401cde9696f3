"""Shared by every script of this folder: the seed recipe, the committed datasets and the JSON writer.

README.md has the same recipe in Java. A reference file must be reproducible from its script alone, so scripts
take their inputs from the recipe or from the committed datasets, never from numpy.random.
"""
import csv
import gzip
import io
import json
import math
import os
import platform

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GAMMA = np.uint64(0x9E3779B97F4A7C15)


class Recipe:
    """SplitMix64 with four draws; every draw is bit for bit what the Java twin gives, except `normal` (libm)."""

    def __init__(self, seed):
        self.state = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)

    def bits(self, n):
        with np.errstate(over="ignore"):
            z = self.state + GAMMA * np.arange(1, n + 1, dtype=np.uint64)
            self.state = self.state + GAMMA * np.uint64(n)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))

    def uniforms(self, n):
        return (self.bits(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def uniform(self):
        return float(self.uniforms(1)[0])

    def belows(self, bound, n):
        return (self.uniforms(n) * bound).astype(np.int64)

    def below(self, bound):
        return int(self.belows(bound, 1)[0])

    def bells(self, n):
        """Nearly normal and bit-exact everywhere: the sum of twelve uniforms, left to right, minus six."""
        u = self.uniforms(12 * n).reshape(n, 12)
        total = np.zeros(n)
        for k in range(12):
            total = total + u[:, k]
        return total - 6.0

    def bell(self):
        return float(self.bells(1)[0])

    def normals(self, n):
        u = self.uniforms(2 * n).reshape(n, 2)
        return np.sqrt(-2.0 * np.log(1.0 - u[:, 0])) * np.cos(2.0 * np.pi * u[:, 1])

    def normal(self):
        return float(self.normals(1)[0])

    def matrix(self, rows, columns):
        """rows x columns bells, drawn row by row."""
        return self.bells(rows * columns).reshape(rows, columns)

    def shuffle(self, n):
        """A permutation of 0..n-1: for i = n-1 down to 1 swap i with below(i + 1)."""
        p = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            p[i], p[j] = p[j], p[i]
        return p


def product(a, b):
    """a b with the inner sum taken in ascending order and rounded at each step (no fused multiply-add)."""
    c = np.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        c = c + a[:, k:k + 1] * b[k:k + 1, :]
    return c


# ---- committed datasets ---------------------------------------------------------------------------------------

def _open(name):
    return gzip.open(os.path.join(ROOT, "lyceum-data/src/main/resources/lyceum/data", name)).read()


def table(name):
    """Features and class codes (or the last column as numbers) of iris, wine, breast-cancer or the raw diabetes."""
    rows = list(csv.reader(io.StringIO(_open(name + ".csv.gz").decode("ascii"))))[1:]
    x = np.array([[float(v) for v in r[:-1]] for r in rows])
    last = [r[-1] for r in rows]
    try:
        return x, np.array([float(v) for v in last])
    except ValueError:
        names = list(dict.fromkeys(last))
        return x, np.array([names.index(v) for v in last])


def diabetes():
    """scikit-learn's scaled features and the target."""
    x = np.frombuffer(_open("diabetes-scaled.f64.gz"), "<f8").reshape(442, 10).copy()
    return x, table("diabetes")[1]


def digits():
    cells = np.frombuffer(_open("digits.u8.gz"), np.uint8).reshape(1797, 65)
    return cells[:, :64].astype(float), cells[:, 64].astype(int)


def spam():
    import scipy.sparse
    b = _open("spam-assassin.csr.gz")
    n, m, z = np.frombuffer(b, "<i4", 3)
    labels = np.frombuffer(b, "u1", n, 12).astype(int)
    at = 12 + 2 * n
    indptr = np.frombuffer(b, "<i4", n + 1, at)
    at += 4 * (n + 1)
    columns = np.frombuffer(b, "<u2", z, at).astype(np.int32)
    counts = np.frombuffer(b, "<u2", z, at + 2 * z).astype(float)
    return scipy.sparse.csr_matrix((counts, columns, indptr), (n, m)), labels


def standardise(x):
    """Minus the column mean, over the population standard deviation (constant columns are divided by 1)."""
    s = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(s == 0, 1.0, s)


# ---- JSON -----------------------------------------------------------------------------------------------------

def plain(value):
    """Numbers as repr prints them; what JSON lacks as the strings NaN, Infinity, -Infinity; -0.0 stays -0.0."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(v) for v in value]
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        if value.dtype == np.float32:
            return single(value)
        return plain(value.tolist())
    if isinstance(value, np.float32):
        return single(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if value == int(value) and abs(value) < 1e15 and math.copysign(1, value) == (1 if value >= 0 else -1) and value != 0:
            return int(value)
    return value


def single(value):
    """float32 as the shortest decimal that reads back to the same float."""
    if isinstance(value, np.ndarray) and value.ndim:
        return [single(v) for v in value]
    f = np.float32(value)
    return plain(float(np.format_float_scientific(f))) if np.isfinite(f) else plain(float(f))


def shape(array):
    return list(np.shape(array))


def versions(*names):
    import importlib
    found = {"python": platform.python_version()}
    for n in names:
        found[n] = str(importlib.import_module(n).__version__)
    return found


def write(module, topic, reference, cases, recipe=None):
    path = os.path.join(ROOT, "lyceum-" + module, "src/test/resources/golden", topic + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    head = {"reference": reference}
    if recipe:
        head["recipe"] = recipe
    with open(path, "w") as f:
        f.write("{\n")
        for k, v in head.items():
            f.write(json.dumps(k) + ": " + json.dumps(plain(v)) + ",\n")
        f.write('"cases": [\n')
        lines = [json.dumps(plain(c), separators=(",", ":"), allow_nan=False) for c in cases]
        f.write(",\n".join(lines) + "\n]}\n")
    print(f"{os.path.relpath(path, ROOT)}: {len(lines)} cases, {os.path.getsize(path) // 1024} KB")


def case(name, given, expected):
    return {"name": name, "input": given, "expected": expected}
