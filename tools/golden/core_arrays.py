"""lyceum-core: NumPy's functions of arrays."""
import numpy as np

from golden import Recipe, case, versions, write

x = Recipe(1300).bells(24).reshape(4, 6)
holed = x.copy()
holed[0, 1] = holed[2, 3] = holed[2, 4] = np.nan
counted = Recipe(1301).belows(7, 30)
wide = np.concatenate([x.ravel() * 5, [1e-12, -1e-9, 1e5, -1e12]])
flat = np.sort(x.ravel())


def told(a):
    a = np.asarray(a)
    return {"shape": list(a.shape), "values": a.astype(float).ravel().tolist()}


values, inverse, counts = np.unique(counted, return_inverse=True, return_counts=True)
expected = {
    "asinh": np.arcsinh(wide), "acosh": np.arccosh(np.abs(wide) + 1), "atanh": np.arctanh(np.tanh(0.3 * x)),
    "nansum": np.nansum(holed, 1), "nanmean": np.nanmean(holed, 0), "nanvar": np.nanvar(holed, 1, ddof=1), "nanmax": np.nanmax(holed, 1),
    "nanmin": np.nanmin(holed, 0), "median": np.median(x, 0), "cov": np.cov(x), "corrcoef": np.corrcoef(x),
    "histogram": np.histogram(x, 7)[0], "edges": np.histogram(x, 7)[1], "histogramOf": np.histogram(counted, 4, (1, 5))[0],
    "bincount": np.bincount(counted), "bincountLeast": np.bincount(counted, minlength=12), "bincountWeighted": np.bincount(counted, 0.5 * counted),
    "unique": values, "uniqueInverse": inverse, "uniqueCounts": counts, "searchsorted": np.searchsorted(flat, x + 0.1),
    "searchsortedRight": np.searchsorted(np.sort(counted), counted, "right"), "searchsortedLeft": np.searchsorted(np.sort(counted), counted),
    "diff": np.diff(x), "diff2": np.diff(x, 2, 0), "diag": np.diag(x[1]), "diag-2": np.diag(x[1], -2), "norm": np.linalg.norm(x, axis=1),
    "normBoth": np.linalg.norm(x, axis=(0, 1), keepdims=True),
} | {f"quantile{q}": np.quantile(x, q, 1) for q in (0.0, 0.1, 0.5, 0.77, 1.0)}
write("core", "arrays", versions("numpy"), [case("numpy", {"x": x.ravel(), "holed": holed.ravel(), "counted": counted.tolist(), "wide": wide},
                                                 {name: told(a) for name, a in expected.items()})])
