"""lyceum-learn, numbers predicted: regression (metrics, folds of diabetes) and quantile regression."""
import sys
import warnings

import numpy as np
from sklearn import metrics as M
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LassoCV, LassoLars, LinearRegression, MultiTaskLasso, QuantileRegressor, Ridge, RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from golden import Recipe, case, diabetes, versions, write

warnings.simplefilter("ignore")
REF = versions("sklearn", "scipy", "numpy")


def metrics():
    cases = []
    for i in range(60):
        r = Recipe(16700 + i)
        n, m = 2 + r.below(30), 1 + i % 3
        y, f = 0.1 + 5 * r.uniforms(n * m).reshape(n, m), 0.1 + 5 * r.uniforms(n * m).reshape(n, m)
        w = 0.2 + r.uniforms(n) if i % 2 else None
        if m == 1:
            y, f = y[:, 0], f[:, 0]
        e = {"mse": M.mean_squared_error(y, f, sample_weight=w), "rmse": M.root_mean_squared_error(y, f, sample_weight=w), "msle": M.mean_squared_log_error(y, f, sample_weight=w),
             "mae": M.mean_absolute_error(y, f, sample_weight=w), "mape": M.mean_absolute_percentage_error(y, f, sample_weight=w),
             "medae": M.median_absolute_error(y, f, sample_weight=w), "r2": M.r2_score(y, f, sample_weight=w), "ev": M.explained_variance_score(y, f, sample_weight=w),
             "pinball": [M.mean_pinball_loss(y, f, sample_weight=w, alpha=a) for a in (0.1, 0.5, 0.9)]}
        if m == 1:
            e["max"] = M.max_error(y, f)
            e["tweedie"] = [M.mean_tweedie_deviance(y, f, sample_weight=w, power=p) for p in (-1, 0, 1, 1.5, 2, 3)]
        cases.append(case(str(i), {"seed": 16700 + i, "targets": m, "weighted": w is not None}, e))
    return cases


def signed():
    """Values of either sign, and one truth of 0; counts with zeros for the deviances that allow them."""
    cases = []
    for i in range(30):
        r = Recipe(16900 + i)
        n, m = 2 + r.below(30), 1 + i % 3
        y, f = 5 * r.uniforms(n * m).reshape(n, m) - 2.5, 5 * r.uniforms(n * m).reshape(n, m) - 2.5
        w = 0.2 + r.uniforms(n) if i % 2 else None
        if i % 5 == 0:
            y[0, 0] = 0
        counts, rates = np.floor(3 * np.abs(y[:, 0])), 0.1 + np.abs(f[:, 0])
        if m == 1:
            y, f = y[:, 0], f[:, 0]
        e = {"mse": M.mean_squared_error(y, f, sample_weight=w), "rmse": M.root_mean_squared_error(y, f, sample_weight=w), "mae": M.mean_absolute_error(y, f, sample_weight=w),
             "mape": M.mean_absolute_percentage_error(y, f, sample_weight=w), "medae": M.median_absolute_error(y, f, sample_weight=w),
             "r2": M.r2_score(y, f, sample_weight=w), "ev": M.explained_variance_score(y, f, sample_weight=w),
             "pinball": [M.mean_pinball_loss(y, f, sample_weight=w, alpha=a) for a in (0.1, 0.5, 0.9)],
             "counts": [M.mean_tweedie_deviance(counts, rates, sample_weight=w, power=p) for p in (1, 1.5)]}
        if m == 1:
            e["max"] = M.max_error(y, f)
            e["tweedie"] = [M.mean_tweedie_deviance(y, np.abs(f), sample_weight=w, power=p) for p in (-1.5, 0)]
        cases.append(case("signed %d" % i, {"seed": 16900 + i, "targets": m, "weighted": w is not None}, e))
    return cases


def folds():
    x, y = diabetes()
    kf = KFold(5)

    def r2(model):
        return cross_val_score(model, x, y, cv=kf, scoring="r2")

    each = {"linear": LinearRegression(), "positive": LinearRegression(positive=True), "ridge": Ridge(0.1), "ridge cv": RidgeCV(alphas=(0.01, 0.1, 1.0)), "lasso": Lasso(0.1),
            "lasso cv": LassoCV(cv=KFold(5)), "elastic net": ElasticNet(alpha=0.01, l1_ratio=0.5), "lasso lars": LassoLars(alpha=0.1), "neighbours": KNeighborsRegressor(5),
            "kernel ridge": KernelRidge(alpha=0.1, kernel="rbf", gamma=2.0), "median": QuantileRegressor(quantile=0.5, alpha=0, solver="highs"), "support vectors": SVR(C=100, gamma=2.0),
            "logarithm": TransformedTargetRegressor(Ridge(0.1), func=np.log, inverse_func=np.exp),
            "boosted in bins": HistGradientBoostingRegressor(max_iter=60, learning_rate=0.1, max_leaf_nodes=8, min_samples_leaf=20)}
    cases = [case("folds", {"data": "diabetes", "folds": "KFold(5), in order"}, {k: r2(m) for k, m in each.items()})]
    pair = np.column_stack([y, y ** 2 / 1000 - 300 * x[:, 2]])
    cases[0]["expected"]["lasso of two targets"] = cross_val_score(MultiTaskLasso(0.1), x, pair, cv=kf, scoring="r2")
    trees = [float(np.mean(r2(DecisionTreeRegressor(random_state=s)))) for s in range(10)]
    shallow = [float(np.mean(r2(DecisionTreeRegressor(max_depth=3, random_state=s)))) for s in range(10)]
    cases.append(case("trees", {"randomStates": 10}, {"deep": trees, "depth 3": shallow}))
    quantiles = []
    for tau in (0.1, 0.5, 0.9):
        m = QuantileRegressor(quantile=tau, alpha=0, solver="highs").fit(x, y)
        quantiles.append({"tau": tau, "coef": m.coef_, "intercept": m.intercept_})
    cases.append(case("quantiles", {"data": "diabetes"}, {"fits": quantiles}))
    return cases


if __name__ == "__main__":
    try:
        M.root_mean_squared_error
    except AttributeError:  # before 1.4
        sys.exit("scikit-learn 1.4 or later")
    write("learn", "regression", REF, metrics() + signed() + folds(),
          "metrics: n = 2 + below(30), y then f = 0.1 + 5 uniforms (row by row), w = 0.2 + n uniforms; signed: -2.5 for 0.1")
