"""lyceum-core: ols, qr, cholesky, svd, eigen, pseudoinverse."""
from fractions import Fraction

import mpmath
import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
import statsmodels.api as sm
import torch

from golden import Recipe, case, product, versions, write

REF = versions("numpy", "scipy", "statsmodels", "torch", "mpmath")

# National Institute of Standards and Technology, Statistical Reference Datasets, Longley: certified values.
LONGLEY = dict(
    coef=[-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
          -0.0511041056535807, 1829.15146461355],
    standardErrors=[890420.383607373, 84.9149257747669, 0.0334910077722432, 0.488399681651699, 0.214274163161675,
                    0.226073200069370, 455.478499142212],
    residualSd=304.854073561965, r2=0.995479004577296, regressionSs=184172401.944494, residualSs=836424.055505915,
    f=330.285339234588, dfModel=6, dfResidual=9)


def longley():
    data = sm.datasets.longley.load_pandas().data
    x = data[["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]].values
    y = data["TOTEMP"].values
    design = np.column_stack([np.ones(16), x])
    exact = exact_solution(design, y)
    for got, certified in zip(exact, LONGLEY["coef"]):
        assert abs(got / certified - 1) < 5e-15 * 10, (got, certified)
    return design, y, exact


def exact_solution(a, b):
    """The least-squares coefficients in rational arithmetic, rounded once."""
    a = [[Fraction(repr(float(v))) for v in row] for row in a]
    b = [Fraction(repr(float(v))) for v in b]
    n = len(a[0])
    g = [[sum(r[i] * r[j] for r in a) for j in range(n)] + [sum(r[i] * t for r, t in zip(a, b))] for i in range(n)]
    for i in range(n):
        for k in range(i + 1, n):
            f = g[k][i] / g[i][i]
            g[k] = [u - f * v for u, v in zip(g[k], g[i])]
    x = [Fraction(0)] * n
    for i in reversed(range(n)):
        x[i] = (g[i][n] - sum(g[i][j] * x[j] for j in range(i + 1, n))) / g[i][i]
    return [float(v) for v in x]


def digits_right(got, want):
    return float(min(-np.log10(max(abs(g / w - 1), 1e-16)) for g, w in zip(got, want)))


def ols():
    design, y, exact = longley()
    by_qr = np.linalg.solve(np.linalg.qr(design)[1], np.linalg.qr(design)[0].T @ y)
    by_normal = scipy.linalg.cho_solve(scipy.linalg.cho_factor(design.T @ design), design.T @ y)
    cases = [case("longley", {"design": design, "y": y, "columns": ["constant", "GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]},
                  dict(LONGLEY, exactCoef=exact, conditionNumber=np.linalg.cond(design),
                       lapackDigitsByQr=digits_right(by_qr, exact), lapackDigitsByNormalEquations=digits_right(by_normal, exact)))]
    print("longley digits: QR", digits_right(by_qr, exact), "normal", digits_right(by_normal, exact))
    for i in range(40):
        r = Recipe(4500 + i)
        m, n, k = 4 + r.below(12), 2 + r.below(10), 1 + r.below(3)
        rank = 1 + r.below(min(m, n))
        a = product(r.matrix(m, rank), r.matrix(rank, n))
        b = r.matrix(m, k)
        x, _, found, s = np.linalg.lstsq(a, b, rcond=1e-10)
        assert found == rank
        cases.append(case(f"minimum-norm-{i}", {"seed": 4500 + i, "m": m, "n": n, "rightSides": k, "rank": rank}, {"x": x, "s": s[:rank]}))
    for i in range(10):
        r = Recipe(4550 + i)
        m, n = 8 + r.below(10), 2 + r.below(5)
        a, b, w = r.matrix(m, n), r.bells(m), 0.25 + r.uniforms(m)
        sw = np.sqrt(w)
        x = np.linalg.lstsq(a * sw[:, None], b * sw, rcond=None)[0]
        cases.append(case(f"weighted-{i}", {"seed": 4550 + i, "m": m, "n": n}, {"x": x}))
    write("core", "ols", REF, cases,
          "minimum-norm: r = Recipe(seed); m = 4 + below(12); n = 2 + below(10); k = 1 + below(3); rank = 1 + below(min(m, n)); "
          "a = product(matrix(m, rank), matrix(rank, n)); b = matrix(m, k). "
          "weighted: m = 8 + below(10); n = 2 + below(5); a = matrix(m, n); b = m bells; w_i = 0.25 + uniform().")


def signed(q, r):
    s = np.where(np.diag(r) < 0, -1.0, 1.0)
    return q * s, r * s[:, None]


def qr():
    design, y, exact = longley()
    cases = [case("longley", {"design": design, "y": y}, {"coef": LONGLEY["coef"], "exactCoef": exact})]
    for i in range(200):
        r = Recipe(50500 + i)
        m, n = (1 + r.below(14), 1 + r.below(14)) if i < 180 else (20 + r.below(100), 10 + r.below(60))
        a = r.matrix(m, n)
        q, t = signed(*np.linalg.qr(a))
        k = min(m, n)
        if i < 180:
            expected = {"r": [t[j, j:] for j in range(k)]}
            if i < 12:
                expected["q"] = q
        else:
            w = r.bells(n)
            expected = {"diagonal": np.diag(t), "rw": t @ w, "qtOnes": q.sum(axis=0)}
        cases.append(case(f"shape-{i}", {"seed": 50500 + i, "m": m, "n": n}, expected))
    for i in range(10):
        r = Recipe(50800 + i)
        m, n = 3 + r.below(8), 3 + r.below(8)
        a = r.matrix(m, n)
        q, t, p = scipy.linalg.qr(a, mode="economic", pivoting=True)
        cases.append(case(f"pivoted-{i}", {"seed": 50800 + i, "m": m, "n": n}, {"pivots": p, "absoluteDiagonal": np.abs(np.diag(t))}))
    for n in range(6, 16):
        nodes = np.arange(1, 2 * n + 1) / (2.0 * n)
        v = np.vander(nodes, n, increasing=True)
        cond = np.linalg.cond(v)
        if cond > 1e8:
            break
    truth = np.ones(n)
    b = v @ truth
    q, t = np.linalg.qr(v)
    e_qr = np.linalg.norm(scipy.linalg.solve_triangular(t, q.T @ b) - truth) / np.linalg.norm(truth)
    try:
        e_ne = np.linalg.norm(scipy.linalg.cho_solve(scipy.linalg.cho_factor(v.T @ v), v.T @ b) - truth) / np.linalg.norm(truth)
    except np.linalg.LinAlgError:
        e_ne = np.inf
    print("vandermonde n", n, "cond", cond, "qr", e_qr, "normal", e_ne)
    cases.append(case("vandermonde", {"rows": 2 * n, "columns": n, "nodes": "i / (2 n), i = 1..2n", "truth": "ones"},
                      {"condition": cond, "lapackQrError": e_qr, "lapackNormalError": e_ne}))
    write("core", "qr", REF, cases,
          "shape: r = Recipe(seed); i < 180: m = 1 + below(14), n = 1 + below(14), else m = 20 + below(100), n = 10 + below(60); a = matrix(m, n), "
          "then for i >= 180 w = n bells. R (and Q) are thin with a diagonal of R >= 0; r holds row j from its diagonal on; qtOnes = sum of each column of Q. "
          "pivoted: m = 3 + below(8), n = 3 + below(8); LAPACK geqp3, pivots 0-based.")


def cholesky():
    cases = []
    for i in range(200):
        r = Recipe(50600 + i)
        n = 1 + r.below(11) if i < 150 else 12 + r.below(60) if i < 185 else 150 + r.below(151)
        b = r.matrix(n, n)
        a = product(b, b.T.copy()) / n + np.eye(n) * 0.5
        low = np.linalg.cholesky(a)
        if i < 150:
            expected = {"l": [low[j, :j + 1] for j in range(n)]}
        else:
            expected = {"lw": low @ r.bells(n)}
        expected["logDet"] = float(torch.logdet(torch.tensor(a)))
        cases.append(case(f"positive-{i}", {"seed": 50600 + i, "n": n}, expected))
    for i in range(9):
        r = Recipe(50900 + i)
        n = 2 + i
        b, w, v = r.matrix(n, n), r.matrix(n, n), r.matrix(n, 2)
        a = torch.tensor(product(b, b.T.copy()) / n + np.eye(n) * 0.5, requires_grad=True)
        low = torch.linalg.cholesky(a)
        loss = (torch.tensor(np.tril(w)) * low).sum()
        g1, = torch.autograd.grad(loss, a)
        g2, = torch.autograd.grad(torch.logdet(a), a)
        solve = (torch.tensor(v) * torch.cholesky_solve(torch.tensor(v), torch.linalg.cholesky(a))).sum()
        g3, = torch.autograd.grad(solve, a)
        cases.append(case(f"gradient-{i}", {"seed": 50900 + i, "n": n},
                          {"value": loss, "gradient": g1, "logDet": torch.logdet(a), "logDetGradient": g2, "quadratic": solve, "quadraticGradient": g3}))
    write("core", "cholesky", REF, cases,
          "positive: r = Recipe(seed); n = 1 + below(11) for i < 150, 12 + below(60) for i < 185, else 150 + below(151); b = matrix(n, n); "
          "a = product(b, b') / n + 0.5 I; for i >= 150 then w = n bells and lw = L w. l holds the rows of L up to the diagonal. "
          "gradient: n = 2 + i; b = matrix(n, n), w = matrix(n, n), v = matrix(n, 2); a as before; value = sum(tril(w) * L(a)); "
          "quadratic = sum(v * solve(a, v)) through the Cholesky factor; gradients are torch's (symmetric matrices), all in float64.")


def svd():
    cases, worst = [], 0.0
    for i in range(200):
        r = Recipe(6700 + i)
        kind = ["random", "deficient", "graded"][i % 3]
        m, n = 1 + r.below(30), 1 + r.below(30)
        given = {"seed": 6700 + i, "kind": kind, "m": m, "n": n}
        if kind == "deficient":
            rank = 1 + r.below(min(m, n))
            a = product(r.matrix(m, rank), r.matrix(rank, n))
            given["rank"] = rank
        else:
            a = r.matrix(m, n)
            if kind == "graded":
                a = a * 2.0 ** -np.arange(n)
        s = np.linalg.svd(a, compute_uv=False)
        other = scipy.linalg.svd(a, compute_uv=False, lapack_driver="gesvd")
        worst = max(worst, np.abs(s - other).max() / s[0])
        cases.append(case(f"{kind}-{i}", given, {"s": s}))
    print("gesdd against gesvd, relative to the largest:", worst)
    mpmath.mp.dps = 80
    for i in range(6):
        r = Recipe(6950 + i)
        n = 6 + i
        step = 50.0 / (n - 1)
        scale = [2.0 ** -int((n - 1 - j) * step) for j in range(n)]
        a = r.matrix(n + 2, n) * scale
        gram = mpmath.matrix(a.tolist())
        s = sorted((mpmath.sqrt(e) for e in mpmath.eigsy(gram.T * gram, eigvals_only=True)), reverse=True)
        cases.append(case(f"tiny-{i}", {"seed": 6950 + i, "m": n + 2, "n": n}, {"s": [float(v) for v in s]}))
        lap = np.linalg.svd(a, compute_uv=False)
        print("tiny", i, "ratio", float(s[-1] / s[0]), "LAPACK gesdd relative error of the least:", abs(lap[-1] / float(s[-1]) - 1))
    write("core", "svd", REF, cases,
          "r = Recipe(seed); m = 1 + below(30); n = 1 + below(30); random: a = matrix(m, n); graded: the same with column j times 2^-j; "
          "deficient: rank = 1 + below(min(m, n)), a = product(matrix(m, rank), matrix(rank, n)). LAPACK gesdd. "
          "tiny-i: n = 6 + i, m = n + 2, column j of matrix(m, n) times 2^-int((n - 1 - j) * 50.0 / (n - 1)); s from 80-digit arithmetic.")


def eigen():
    cases = []
    for i in range(100):
        r = Recipe(40300 + i)
        n = 1 + r.below(100) if i % 4 == 0 else 1 + r.below(30)
        b = r.matrix(n, n)
        a = (b + b.T) / 2
        cases.append(case(f"symmetric-{i}", {"seed": 40300 + i, "n": n}, {"values": np.linalg.eigvalsh(a)}))
    for i in range(30):
        r = Recipe(40450 + i)
        n = 2 + r.below(20)
        values = np.linalg.eigvals(r.matrix(n, n))
        order = np.lexsort((values.imag, values.real))
        cases.append(case(f"general-{i}", {"seed": 40450 + i, "n": n}, {"real": values.real[order], "imaginary": values.imag[order]}))
    for i in range(10):
        r = Recipe(40500 + i)
        n = 2 + r.below(10)
        b, c = r.matrix(n, n), r.matrix(n, n)
        a, d = (b + b.T) / 2, product(c, c.T.copy()) / n + 0.5 * np.eye(n)
        cases.append(case(f"generalised-{i}", {"seed": 40500 + i, "n": n}, {"values": scipy.linalg.eigh(a, d, eigvals_only=True)}))
    cases.append(laplacian())
    write("core", "eigen", REF, cases,
          "symmetric: r = Recipe(seed); n = 1 + below(100) if i % 4 == 0 else 1 + below(30); b = matrix(n, n); a = (b + b') / 2; ascending. "
          "general: n = 2 + below(20); a = matrix(n, n); sorted by real, then imaginary part. generalised: n = 2 + below(10); b, c = matrix(n, n); "
          "a = (b + b') / 2, d = product(c, c') / n + 0.5 I; a v = l d v. laplacian: see the case.")


def laplacian():
    n, chords = 5000, 15000
    r = Recipe(40399)
    edges = {(i, (i + 1) % n) if i + 1 < n else (0, n - 1) for i in range(n)}
    ends = r.belows(n, 2 * chords).reshape(chords, 2)
    for a, b in ends.tolist():
        if a != b:
            edges.add((min(a, b), max(a, b)))
    i, j = np.array(sorted(edges)).T
    w = scipy.sparse.coo_matrix((np.ones(len(i)), (i, j)), (n, n))
    w = (w + w.T).tocsr()
    lap = scipy.sparse.diags(np.asarray(w.sum(axis=1)).ravel()) - w
    values, vectors = scipy.sparse.linalg.eigsh(lap.tocsc(), k=10, which="LA", tol=0, ncv=80, v0=np.ones(n) + r.uniforms(n))
    order = np.argsort(-values)
    values, vectors = values[order], vectors[:, order]
    residual = np.abs(lap @ vectors - vectors * values).max()
    print("laplacian", len(edges), "edges, top", values, "residual", residual)
    return case("laplacian", {"seed": 40399, "n": n, "chords": chords,
                              "how": "edges i-(i+1) mod n; then chords times a = below(n), b = below(n), kept if a != b, doubles once; L = degree - adjacency"},
                {"edges": len(edges), "largest": values, "residual": residual, "frobenius": float(np.sqrt((lap.multiply(lap)).sum()))})


def pseudoinverse():
    cases = []
    for i in range(200):
        r = Recipe(50400 + i)
        m, n = 1 + r.below(9), 1 + r.below(9)
        rank = 1 + r.below(min(m, n))
        a = product(r.matrix(m, rank), r.matrix(rank, n))
        p = np.linalg.pinv(a, rcond=1e-10)
        assert np.linalg.matrix_rank(a, tol=1e-10 * np.linalg.norm(a, 2)) == rank
        cases.append(case(f"pinv-{i}", {"seed": 50400 + i, "m": m, "n": n, "rank": rank},
                          {"pinv": p, "condition": np.linalg.norm(p, 2) * np.linalg.norm(a, 2)}))
    for i in range(8):
        r = Recipe(50700 + i)
        m, n = 3 + r.below(4), 2 + r.below(4)
        a = torch.tensor(r.matrix(m, n), requires_grad=True)
        w = torch.tensor(r.matrix(n, m))
        loss = (w * torch.linalg.pinv(a)).sum()
        cases.append(case(f"gradient-{i}", {"seed": 50700 + i, "m": m, "n": n}, {"value": loss, "gradient": torch.autograd.grad(loss, a)[0]}))
    worst = max(c["expected"]["condition"] for c in cases if c["name"].startswith("pinv"))
    print("pinv worst condition", worst)
    write("core", "pseudoinverse", REF, cases,
          "pinv: r = Recipe(seed); m = 1 + below(9); n = 1 + below(9); rank = 1 + below(min(m, n)); a = product(matrix(m, rank), matrix(rank, n)); "
          "numpy.linalg.pinv(a, rcond=1e-10). gradient: m = 3 + below(4); n = 2 + below(4); a = matrix(m, n); w = matrix(n, m); value = sum(w * pinv(a)), float64.")


if __name__ == "__main__":
    ols()
    qr()
    cholesky()
    svd()
    eigen()
    pseudoinverse()
