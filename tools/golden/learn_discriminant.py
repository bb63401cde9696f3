"""lyceum-learn: linear and quadratic discriminant analysis against scikit-learn."""
import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from golden import case, table, versions, write

cases = []
for name in ("iris", "wine"):
    x, y = table(name)
    rows = list(range(0, len(y), 25))
    two = y < 2
    for solver, shrinkage, priors, pair in (
            ("svd", None, None, False), ("svd", None, [0.2, 0.3, 0.5], False), ("svd", None, None, True),
            ("lsqr", None, None, False), ("lsqr", "auto", None, False), ("lsqr", 0.3, None, False),
            ("eigen", None, None, False), ("eigen", "auto", None, False), ("eigen", 0.3, [0.2, 0.3, 0.5], False)):
        xs, ys = (x[two], y[two]) if pair else (x, y)
        m = LinearDiscriminantAnalysis(solver=solver, shrinkage=shrinkage, priors=priors).fit(xs, ys)
        e = {"coefficients": m.coef_, "intercepts": m.intercept_, "probabilities": m.predict_proba(x[rows])}
        if solver != "lsqr":
            z = m.transform(x[rows])
            e["projection"] = z - (0 if solver == "svd" else (m.priors_ @ m.means_) @ m.scalings_[:, :z.shape[1]])
            e["explained"] = m.explained_variance_ratio_
        cases.append(case(f"lda {name} {solver} {shrinkage} {priors}{' pair' if pair else ''}", {
            "data": name, "solver": solver, "shrinkage": shrinkage, "priors": priors, "pair": pair, "rows": rows}, e))
    for priors in (None, [0.2, 0.3, 0.5]):
        m = QuadraticDiscriminantAnalysis(priors=priors, store_covariance=True).fit(x, y)
        cases.append(case(f"qda {name} {priors}", {"data": name, "priors": priors, "rows": rows},
                          {"probabilities": m.predict_proba(x[rows]), "decision": m.decision_function(x[rows]),
                           "covariance": m.covariance_[1]}))
write("learn", "lda-qda", versions("sklearn", "numpy"), cases)
