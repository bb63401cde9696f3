"""lyceum-learn: canonical correlations against R's cancor and statsmodels."""
import json
import subprocess
import tempfile

import numpy as np
from statsmodels.multivariate.cancorr import CanCorr

from golden import Recipe, case, product, versions, write

R = r"""
show <- function(x) paste0("[", paste(format(as.vector(t(x)), digits = 17), collapse = ","), "]")
d <- as.matrix(LifeCycleSavings)
f <- cancor(d[, 2:3], d[, -(2:3)])
cat(sprintf('{"version":"%s","data":%s,"correlations":%s,"x":%s,"y":%s}\n', R.version.string, show(d), show(f$cor), show(f$xcoef[, 1:2]),
            show(f$ycoef[, 1:2])))
"""
r = json.loads(subprocess.run(["Rscript", "-e", R], capture_output=True, text=True, check=True).stdout)
cases = [case("LifeCycleSavings", {"data": r["data"], "columns": "sr pop15 pop75 dpi ddpi; x is pop15 pop75"},
              {"correlations": r["correlations"], "x": r["x"], "y": r["y"]})]
M = r"""
d <- as.matrix(read.csv("%s", header = FALSE)); p <- %d
s <- summary(manova(d[, -(1:p)] ~ d[, 1:p]), test = "Wilks")$stats
cat(sprintf("[%%.17g,%%.17g,%%.17g,%%.17g]", s[1, 2], s[1, 3], s[1, 5], s[1, 6]))
"""


def manova(x, y):
    """Wilks' lambda, F, denominator degrees of freedom and p-value of the first test by R: statsmodels errs unless p = q."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as f:
        np.savetxt(f.name, np.hstack([x, y]), delimiter=",", fmt="%.17g")
        return json.loads(subprocess.run(["Rscript", "-e", M % (f.name, x.shape[1])], capture_output=True, text=True, check=True).stdout)


g = Recipe(74400)
for n, p, q in ((40, 3, 4), (60, 6, 2), (200, 8, 8)):
    z, a, b, e, f = g.matrix(n, 2), g.matrix(2, p), g.matrix(2, q), g.matrix(n, p), g.matrix(n, q)
    x, y = (product(z, a) + e) * (1 + np.arange(p)) - 4, product(z, b) + 2 * f + 3
    m = CanCorr(y, x)
    t = m.corr_test().stats
    cases.append(case(f"recipe {n} x {p}, {q}", {
        "n": n, "p": p, "q": q, "recipe": "74400, the cases in turn: Z (n x 2), A (2 x p), B (2 x q), E (n x p), F (n x q); "
                                          "x = (Z A + E) (1 + j) - 4, y = Z B + 2 F + 3"},
        dict({"correlations": m.cancorr, "manova": manova(x, y)}, **({} if p != q else {
            "f": t["F Value"].to_numpy(float), "residualDf": t["Den DF"].to_numpy(float), "pValue": t["Pr > F"].to_numpy(float)}))))
write("learn", "cca", dict(versions("statsmodels", "numpy"), R=r["version"]), cases)
