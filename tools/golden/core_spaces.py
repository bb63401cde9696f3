"""lyceum-core: matrix-norms, cosine, slerp."""
import numpy as np

from golden import Recipe, case, product, versions, write

REF = versions("numpy", "scipy")


def short(values, digits=12):
    """Rounded to significant digits, far beyond what is asserted: a file of half the size."""
    return [float(f"{v:.{digits}g}") for v in np.ravel(values)]


def matrix_norms():
    cases = []
    for kind in ("full", "deficient"):
        norms = []
        for k in range(100):
            r = Recipe((50200 if kind == "full" else 50300) + k)
            m, n = 1 + r.below(24), 1 + r.below(24)
            rank = 1 + r.below(min(m, n)) if kind == "deficient" else 0
            a = product(r.matrix(m, rank), r.matrix(rank, n)) if rank else r.matrix(m, n)
            norms.append([float(np.linalg.norm(a, order)) for order in ("fro", 2, "nuc", 1, np.inf)])
        cases.append(case(kind, {"seed": 50200 if kind == "full" else 50300}, norms))
    write("core", "matrix-norms", REF, cases,
          "matrix k: r = Recipe(seed + k); m = 1 + below(24), n = 1 + below(24); full: m x n bells; deficient: rank = 1 + below(min(m, n)), "
          "product of m x rank and rank x n bells. expected: numpy.linalg.norm of order fro, 2, nuc, 1, inf")


def cosine():
    """All pairs are compared: 300 one by one in either type, and all in sums of ten or twenty, so that the file stays small."""
    from scipy.spatial.distance import cosine as distance
    doubles, singles = np.zeros(10_000), np.zeros(10_000)
    for k in range(10_000):
        r = Recipe(131_000 + k)
        d = 2 + r.below(130)
        x, y, mix = 2 * r.uniforms(d) - 1, 2 * r.uniforms(d) - 1, r.below(3) - 1
        y = y + mix * x
        x, y = x * [1, 1e-30, 1e30, 1e30][k % 4], y * [1, 1e-30, 1e30, 1e-30][k % 4]
        doubles[k] = 1 - distance(x, y)
        singles[k] = 1 - distance(x.astype(np.float32).astype(float), y.astype(np.float32).astype(float))
    write("core", "cosine", REF, [
        case("pairs", {"first": 0}, short(doubles[:300], 14)),
        case("sums of ten", {}, short(doubles.reshape(-1, 10).sum(1), 14)),
        case("pairs in float32", {"first": 0}, short(singles[:300], 9)),
        case("sums of twenty in float32", {}, short(singles.reshape(-1, 20).sum(1), 9))],
          "pair k of 10,000: r = Recipe(131000 + k); d = 2 + below(130); x, y: 2 uniform - 1, d each; y += (below(3) - 1) x; x by 1, 1e-30, 1e30, 1e30 and "
          "y by 1, 1e-30, 1e30, 1e-30 for k modulo 4. expected: 1 - scipy.spatial.distance.cosine; float32: of the inputs rounded to float32, in float64")


def slerp():
    from scipy.spatial.transform import Rotation, Slerp
    out = []
    for k in range(1_000):
        r = Recipe(246_000 + k)
        p, q, t = r.bells(4), r.bells(4), r.uniform()
        if (p @ q < 0) != (k % 2 == 0):
            q = -q
        found = Slerp([0, 1], Rotation.from_quat([p, q]))(t).as_quat()
        out.append([round(float(v), 11) for v in found])
    write("core", "slerp", REF, [case("quaternions", {}, out)],
          "pair k: r = Recipe(246000 + k); p, q: 4 bells each; t: uniform; q = -q if p.q < 0 is not what k even says. "
          "expected: scipy.spatial.transform.Slerp between Rotation.from_quat of them, to 11 decimals")


if __name__ == "__main__":
    matrix_norms()
    cosine()
    slerp()
