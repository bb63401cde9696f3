"""lyceum-core: SciPy's functions of matrices, Sylvester's equation, and NumPy's Fourier transforms."""
import numpy as np
import scipy.linalg as la

from golden import Recipe, case, versions, write

cases = []
for n, seed in ((1, 1), (2, 2), (5, 3), (8, 4)):
    r = Recipe(1400 + seed)
    a = r.bells(n * n).reshape(n, n)
    positive = a @ a.T / n + 0.5 * np.eye(n) + 0.3 * (a - a.T)
    b, c = r.bells(9).reshape(3, 3), r.bells(3 * n).reshape(n, 3)
    cases.append(case(f"n {n}", {"a": a.tolist(), "positive": positive.tolist(), "b": b.tolist(), "c": c.tolist()},
                      {"exp": la.expm(a).tolist(), "expLarge": la.expm(-7 * positive).tolist(), "log": la.logm(positive).real.tolist(),
                       "sqrt": la.sqrtm(positive).real.tolist(), "sylvester": la.solve_sylvester(positive, b @ b.T + np.eye(3), c).tolist()}))
x = Recipe(1410).bells(2 * 12 * 5).reshape(2, 12, 5)
z = np.fft.fftn(x, axes=(1, 2))
cases.append(case("fft", {"x": x.ravel().tolist()},
                  {"re": z.real.ravel().tolist(), "im": z.imag.ravel().tolist(), "rfft": np.abs(np.fft.rfft(x, axis=1)).ravel().tolist()}))
write("core", "matrix-functions", versions("numpy", "scipy"), cases)
