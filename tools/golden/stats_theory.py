"""lyceum-stats: erm (logistic regression as penalised empirical risk)."""
import numpy as np
from sklearn.linear_model import LogisticRegression

from golden import case, versions, write

REF = versions("sklearn", "numpy")


def erm():
    cases = []
    rng = np.random.default_rng(717)
    for name, weighted in (("equal weights", False), ("weighted", True)):
        x = np.round(rng.normal(size=(60, 3)) * [1, 2, 0.5], 4)
        y = np.where(x @ [1.0, -0.7, 0.4] + 0.3 + rng.logistic(size=60) > 0, 1.0, -1.0)
        weights = np.round(rng.uniform(0.2, 3, size=60), 3) if weighted else None
        fit = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y, sample_weight=weights)
        given = {"x": x, "y": y}
        if weighted:
            given["weights"] = weights
        cases.append(case(name, given, {"coefficients": np.append(fit.coef_[0], fit.intercept_[0])}))
    write("stats", "erm", REF, cases)


if __name__ == "__main__":
    erm()
