"""lyceum-learn: factor analysis against scikit-learn and R's factanal."""
import json
import subprocess
import warnings

import numpy as np
from sklearn.decomposition import FactorAnalysis

from golden import Recipe, case, product, versions, write

warnings.simplefilter("ignore")
cases = []


def likelihood(name, given, x, k):
    m = FactorAnalysis(k, tol=1e-10, max_iter=20000, svd_method="lapack").fit(x)
    print(name, m.n_iter_, (m.noise_variance_ / x.var(axis=0)).min())
    cases.append(case(name, dict(given, k=k), {"logLikelihood": m.score(x), "uniquenesses": m.noise_variance_,
                                               "covariance": m.get_covariance()}))


r = Recipe(74100)
for n, p, k in ((200, 8, 1), (200, 8, 2), (300, 12, 3)):
    f, w, s, e = r.matrix(n, k), r.matrix(k, p), r.uniforms(p) + 0.5, r.matrix(n, p)
    w = w + np.sign(w)
    x = (product(f, w) + e * s) * (1 + 3 * np.arange(p)) + 7
    likelihood(f"recipe {n} x {p}, {k} factors",
               {"n": n, "p": p, "recipe": "74100, the cases in turn: F (n x k), W (k x p) plus their signs, s = u + 0.5 (p), E (n x p); "
                                          "x = (F W + E s) (1 + 3 j) + 7"}, x, k)

R = r"""
show <- function(x) paste0("[", paste(format(as.vector(t(x)), digits = 17), collapse = ","), "]")
for (k in 1:2) {
  f <- factanal(factors = k, covmat = ability.cov, rotation = "none", control = list(opt = list(factr = 10, pgtol = 0)))
  cat(sprintf('{"k":%d,"uniquenesses":%s,"statistic":%.17g,"dof":%d,"pValue":%.17g,"loadings":%s', k, show(f$uniquenesses),
              f$STATISTIC, f$dof, f$PVAL, show(unclass(f$loadings))))
  if (k == 2) {
    v <- varimax(loadings(f), eps = 1e-15)
    raw <- varimax(loadings(f), normalize = FALSE, eps = 1e-15)
    q <- unclass(v$loadings)
    Q <- q * abs(q)^3
    U <- lm.fit(q, Q)$coefficients
    U <- U %*% diag(sqrt(diag(solve(t(U) %*% U))))
    cat(sprintf(',"varimax":%s,"raw":%s,"promax":%s', show(q), show(unclass(raw$loadings)), show(q %*% U)))
  }
  cat("}\n")
}
cat(sprintf('{"version":"%s","cov":%s,"n":%d}\n', R.version.string, show(ability.cov$cov), ability.cov$n.obs))
"""
lines = [json.loads(s) for s in subprocess.run(["Rscript", "-e", R], capture_output=True, text=True, check=True).stdout.splitlines()]
data = lines[-1]
for one in lines[:-1]:
    k = one.pop("k")
    cases.append(case(f"ability {k}", {"covariance": data["cov"], "rows": data["n"], "k": k}, one))
write("learn", "factor-analysis", dict(versions("sklearn", "numpy"), R=data["version"]), cases)
