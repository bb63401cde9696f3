"""lyceum-learn, linear models: linear-regression-basics, linear-regression-wide, linear-regression, ridge, lasso, logistic-regression, logistic-separation, perceptron."""
import sys
import warnings

import numpy as np
import scipy.linalg
import scipy.optimize
import statsmodels.api as sm
from sklearn.linear_model import (ElasticNet, ElasticNetCV, Lasso, LassoCV, LinearRegression, LogisticRegression, MultiTaskLasso, Perceptron, Ridge, RidgeCV,
                                  lars_path, lasso_path)
from sklearn.model_selection import KFold

from golden import Recipe, case, diabetes, digits, product, standardise, table, versions, write

warnings.simplefilter("ignore")
SKLEARN = versions("sklearn", "numpy", "scipy")


def linear_regression_basics():
    x, y = diabetes()
    cases = [inference("diabetes", {"data": "diabetes", "intercept": "first"}, sm.OLS(y, sm.add_constant(x)).fit(), sm.add_constant(x[:5]))]
    w = 0.5 + Recipe(101).uniforms(442)
    cases.append(inference("diabetes weighted", {"data": "diabetes", "intercept": "first", "weights": "0.5 + uniform() from Recipe(101), 442 of them"},
                           sm.WLS(y, sm.add_constant(x), weights=w).fit(), None))
    raw, t = table("diabetes")
    cases.append(inference("diabetes raw columns", {"data": "diabetes.csv raw columns", "intercept": "first"}, sm.OLS(t, sm.add_constant(raw)).fit(), sm.add_constant(raw[:5])))
    r = Recipe(102)
    a, b = r.matrix(30, 3), r.bells(30)
    deficient = np.column_stack([np.ones(30), a, a[:, 0] + 2 * a[:, 1]])
    cases.append(inference("rank deficient", {"seed": 102, "n": 30, "how": "a = matrix(30, 3), y = 30 bells; columns 1, a0, a1, a2, a0 + 2 a1; minimum-norm coefficients",
                                              "y": b}, sm.OLS(b, deficient).fit(), None))
    cases.append(inference("no intercept", {"seed": 102, "n": 30, "how": "the same a and y, columns a0 a1 a2 only, no constant: R2 is the uncentred one"}, sm.OLS(b, a).fit(), a[:3]))
    write("learn", "linear-regression-basics", versions("statsmodels", "scipy", "numpy"), cases,
          "diabetes features as load_diabetes() scales them; coefficient 0 is the intercept. Intervals are 95%. predictions: mean, its interval and that of a new observation for the first rows.")


def linear_regression():
    x, y = diabetes()
    r = Recipe(16800)
    several = np.column_stack([y, y**2 / 1000 - x @ r.uniforms(10) * 300, 5 * x[:, 0] - 3 * x[:, 3] + r.bells(442)])
    w = 0.5 + r.uniforms(442)
    w[::7] = 0
    cases = []
    for name, target, weights in (("one", y, None), ("several", several, None), ("weighted", several, w)):
        for positive in (False, True):
            for intercept in (True, False):
                m = LinearRegression(positive=positive, fit_intercept=intercept).fit(x, target, sample_weight=weights)
                cases.append(case(f"{name} positive={positive} intercept={intercept}", {"data": "diabetes", "targets": "Recipe(16800): u = 10 uniforms, bells(442), w = 0.5 + 442 uniforms, every 7th 0"},
                                  {"coef": m.coef_, "intercept": m.intercept_}))
    write("learn", "linear-regression", SKLEARN, cases, "targets: y; y^2/1000 - 300 x.u; 5 x0 - 3 x3 + bells")


def inference(name, given, fit, rows):
    influence = fit.get_influence() if "weights" not in given else None
    expected = {"coef": fit.params, "standardErrors": fit.bse, "t": fit.tvalues, "p": fit.pvalues, "r2": fit.rsquared, "adjustedR2": fit.rsquared_adj, "sigma": np.sqrt(fit.scale),
                "f": fit.fvalue, "fP": fit.f_pvalue, "intervals": fit.conf_int(), "dfModel": fit.df_model, "dfResidual": fit.df_resid, "fitted": fit.fittedvalues[:10],
                "logLikelihood": fit.llf, "aic": fit.aic, "bic": fit.bic}
    if influence is not None:
        expected["hatDiagonal"] = influence.hat_matrix_diag[:20]
    if rows is not None:
        p = fit.get_prediction(rows).summary_frame(alpha=0.05)
        expected["predictions"] = {"mean": p["mean"].values, "meanSe": p["mean_se"].values, "confidence": p[["mean_ci_lower", "mean_ci_upper"]].values,
                                   "prediction": p[["obs_ci_lower", "obs_ci_upper"]].values}
    return case(name, given, expected)


def ridge():
    x, y = diabetes()
    cases = []
    for alpha in (1e-10, 1e-3, 0.1, 1.0, 10.0, 1e4):
        for intercept in (True, False):
            m = Ridge(alpha=alpha, fit_intercept=intercept, solver="svd").fit(x, y)
            cases.append(case(f"diabetes alpha={alpha:g} intercept={intercept}", {"data": "diabetes", "alpha": alpha, "intercept": intercept}, {"coef": m.coef_, "intercept": m.intercept_}))
    w = 0.5 + Recipe(8400).uniforms(442)
    m = Ridge(alpha=1.0, solver="cholesky").fit(x, y, sample_weight=w)
    cases.append(case("weighted", {"data": "diabetes", "alpha": 1, "weights": "0.5 + uniform() from Recipe(8400)"}, {"coef": m.coef_, "intercept": m.intercept_}))
    r = Recipe(8401)
    a, t = r.matrix(15, 6), r.matrix(15, 3)
    m = Ridge(alpha=np.array([0.1, 1.0, 10.0])).fit(a, t)
    cases.append(case("outputs", {"seed": 8401, "x": "matrix(15, 6)", "y": "matrix(15, 3)", "alpha": [0.1, 1.0, 10.0]}, {"coef": m.coef_, "intercept": m.intercept_}))
    r = Recipe(8402)
    a, t = r.matrix(8, 20), r.bells(8)
    m = Ridge(alpha=0.7).fit(a, t)
    cases.append(case("wide", {"seed": 8402, "x": "matrix(8, 20)", "y": "8 bells", "alpha": 0.7}, {"coef": m.coef_, "intercept": m.intercept_}))
    alphas = [0.001, 0.01, 0.1, 1.0, 10.0]
    eigen = RidgeCV(alphas=alphas, store_cv_values=True, gcv_mode="eigen").fit(x, y).cv_values_
    cv = RidgeCV(alphas=alphas, store_cv_values=True, gcv_mode="svd").fit(x, y)
    cases.append(case("leave-one-out", {"data": "diabetes", "alphas": alphas}, {"squaredErrors": cv.cv_values_[::4], "rows": "every fourth, from row 0", "meanSquaredErrors": cv.cv_values_.mean(axis=0), "best": cv.alpha_, "coef": cv.coef_}))
    slow = np.array([[(Ridge(alpha=a, solver="svd").fit(np.delete(x, i, 0), np.delete(y, i)).predict(x[i:i + 1])[0] - y[i]) ** 2 for a in alphas] for i in range(0, 442, 20)])
    print("leave-one-out by refitting: svd mode is off by", np.abs(slow - cv.cv_values_[::20]).max(), "eigen mode by", np.abs(slow - eigen[::20]).max())
    centred = x - x.mean(axis=0)
    s = np.linalg.svd(centred, compute_uv=False)
    cases.append(case("degrees of freedom", {"data": "diabetes, columns centred", "alphas": alphas}, {"singularValues": s, "df": [(s**2 / (s**2 + al)).sum() for al in alphas]}))
    write("learn", "ridge", SKLEARN, cases, "objective |y - Xb - c|^2 + alpha |b|^2, the intercept unpenalised; RidgeCV's cv_values_ are squared leave-one-out errors (y not scaled).")


def lasso():
    x, y = diabetes()
    n = len(y)
    yc = y - y.mean()
    top = np.abs((x - x.mean(axis=0)).T @ yc).max() / n
    alphas = top * 10.0 ** (-3 * np.arange(20) / 19)
    cases = [case("alpha max", {"data": "diabetes"}, {"alphaMax": top})]
    worst = 0.0
    for ratio in (1.0, 0.5):
        for alpha in alphas:
            m = ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-15, max_iter=10**7).fit(x, y) if ratio < 1 else Lasso(alpha=alpha, tol=1e-15, max_iter=10**7).fit(x, y)
            g = (x - x.mean(axis=0)).T @ (yc - (x - x.mean(axis=0)) @ m.coef_) / n - alpha * (1 - ratio) * m.coef_
            on = m.coef_ != 0
            kkt = max(np.abs(g[on] - alpha * ratio * np.sign(m.coef_[on])).max() if on.any() else 0, max(np.abs(g[~on]).max() - alpha * ratio, 0) if (~on).any() else 0)
            worst = max(worst, kkt)
            cases.append(case(f"{'lasso' if ratio == 1 else 'elastic net'} {alpha:.6g}", {"data": "diabetes", "alpha": alpha, "l1Ratio": ratio}, {"coef": m.coef_, "intercept": m.intercept_, "kkt": kkt}))
    print("lasso worst KKT residual", worst)
    for method in ("lasso", "lar"):
        knots, active, coefs = lars_path(x, y, method=method)
        cases.append(case(f"lars_path {method}", {"data": "diabetes", "method": method, "how": "sklearn.linear_model.lars_path(X, y): nothing is centred; knots are alphas in units of max |X'r| / n"},
                          {"alphas": knots, "active": active, "coefs": coefs.T}))
        knots, active, coefs = lars_path(x - x.mean(axis=0), yc, method=method)
        cases.append(case(f"lars_path {method} centred", {"data": "diabetes, x and y centred", "method": method}, {"alphas": knots, "active": active, "coefs": coefs.T}))
    r = Recipe(8300)
    a, t = r.matrix(30, 8), r.matrix(30, 2)
    t1 = a[:, 0] - 2 * a[:, 3] + 0.5 * t[:, 0]
    for positive in (False, True):
        m = Lasso(alpha=0.1, positive=positive, tol=1e-15, max_iter=10**7).fit(a, t1)
        cases.append(case(f"small positive={positive}", {"seed": 8300, "x": "matrix(30, 8)", "noise": "then matrix(30, 2)", "y": "x0 - 2 x3 + 0.5 noise0", "alpha": 0.1, "positive": positive}, {"coef": m.coef_, "intercept": m.intercept_}))
    w = 0.5 + r.uniforms(30)
    m = Lasso(alpha=0.1, tol=1e-15, max_iter=10**7).fit(a, t1, sample_weight=w)
    cases.append(case("small weighted", {"seed": 8300, "weights": "then 0.5 + uniform(), 30", "alpha": 0.1}, {"coef": m.coef_, "intercept": m.intercept_}))
    m = MultiTaskLasso(alpha=0.2, tol=1e-15, max_iter=10**6).fit(a, np.column_stack([t1, a[:, 3] + 0.5 * t[:, 1]]))
    cases.append(case("multi-task", {"seed": 8300, "y": "column 0 as before, column 1 = x3 + 0.5 noise1", "alpha": 0.2}, {"coef": m.coef_, "intercept": m.intercept_}))
    cv = LassoCV(eps=1e-3, n_alphas=30, cv=KFold(5), tol=1e-10, max_iter=10**6).fit(x, y)
    cases.append(case("cross-validated", {"data": "diabetes", "folds": "KFold(5)", "alphas": cv.alphas_}, {"meanSquaredErrors": cv.mse_path_, "alpha": cv.alpha_, "coef": cv.coef_}))
    cv = ElasticNetCV(l1_ratio=0.5, eps=1e-3, n_alphas=10, cv=KFold(5), tol=1e-10, max_iter=10**6).fit(x, y)
    cases.append(case("elastic net cross-validated", {"data": "diabetes", "folds": "KFold(5)", "l1Ratio": 0.5, "alphas": cv.alphas_}, {"meanSquaredErrors": cv.mse_path_, "alpha": cv.alpha_, "coef": cv.coef_}))
    write("learn", "lasso", SKLEARN, cases,
          "objective |y - Xb - c|^2 / (2 n) + alpha l1Ratio |b|_1 + alpha (1 - l1Ratio) / 2 |b|^2, intercept free. 20 alphas = alphaMax * 10^(-3 k / 19). kkt: largest violation of the optimality conditions by scikit-learn's answer. "
          "meanSquaredErrors[alpha][fold]. Weights are scaled to sum n; multi-task penalises the norm of a feature's row of coefficients.")


def linear_regression_wide():
    """Dependent columns: slopes of least norm on centred data."""
    cases = []

    def add(name, given, x, y, w=None):
        w = np.ones(len(x)) if w is None else w
        mx, my, root = np.average(x, axis=0, weights=w), np.average(y, axis=0, weights=w), np.sqrt(w)
        xc, yc = x - mx, y - my
        # scikit-learn 1.4 calls lstsq without max(n, p) in cond and takes the rounding of the means for a direction
        b = scipy.linalg.lstsq(xc * root[:, None], (yc.T * root).T, cond=max(x.shape) * np.finfo(float).eps)[0]
        m = LinearRegression().fit(x, y, w)
        print(name, "off the prediction of scikit-learn by", np.abs(m.predict(x) - (xc @ b + my)).max(), "norms", np.linalg.norm(b), np.linalg.norm(m.coef_))
        cases.append(case(name, given, {"coef": b.T, "intercept": my - mx @ b}))

    r = Recipe(10300)
    a, t, w = r.matrix(6, 9), r.matrix(6, 2), 0.5 + r.uniforms(6)
    how = {"seed": 10300, "how": "x = matrix(6, 9) + 3, y = matrix(6, 2) + 50, weights 0.5 + 6 uniforms"}
    add("wide", how, a + 3, t + 50)
    add("weighted wide", how | {"y": "column 0"}, a + 3, t[:, 0] + 50, w)
    r = Recipe(10301)
    levels = np.eye(3)[[r.below(3) for _ in range(40)]]
    x = np.column_stack([levels, r.bells(40), np.full(40, 0.1)])
    add("all levels", {"seed": 10301, "how": "40 times below(3) as three columns of 0 and 1, 40 bells, a column of 0.1; then y = 40 bells + 20"}, x, r.bells(40) + 20)
    write("learn", "linear-regression-wide", versions("scipy", "numpy"), cases, "scipy.linalg.lstsq(cond = max(n, p) eps) on data less their weighted means, rows times the roots of the weights.")


# ---- logistic regression ----------------------------------------------------------------------------------------

def logistic_regression():
    x, y = table("breast-cancer")
    x = standardise(x)
    iris, species = table("iris")
    cases = []

    def add(name, given, m, rows):
        cases.append(case(name, given, {"coef": m.coef_, "intercept": m.intercept_, "probabilities": m.predict_proba(rows[::60])}))

    def fit(xs, ys, weight=None, **options):
        return LogisticRegression(tol=1e-12, max_iter=10**6, **options).fit(xs, ys, weight)

    for c in (0.01, 1.0, 100.0):
        add(f"breast cancer L2 C={c:g}", {"data": "breast-cancer standardised", "penalty": "l2", "c": c}, newton(x, y, c), x)
    add("breast cancer L2 without intercept", {"data": "breast-cancer standardised", "penalty": "l2", "c": 1, "intercept": False}, fit(x, y, solver="newton-cg", fit_intercept=False), x)
    add("breast cancer balanced", {"data": "breast-cancer standardised", "penalty": "l2", "c": 1, "classWeight": "balanced"}, fit(x, y, solver="newton-cholesky", class_weight="balanced"), x)
    w = 0.5 + Recipe(16900).uniforms(len(y))
    add("breast cancer weighted", {"data": "breast-cancer standardised", "penalty": "l2", "c": 1, "weights": "0.5 + uniform() from Recipe(16900)"}, fit(x, y, w, solver="newton-cholesky"), x)
    for c in (0.1, 1.0, 10.0):
        add(f"iris multinomial C={c:g}", {"data": "iris", "penalty": "l2", "c": c, "multinomial": True}, multinomial(iris, species, c), iris)
    d, t = digits()
    d, t = d[:300] / 16, t[:300]
    m = fit(d, t, solver="lbfgs")
    cases.append(case("digits multinomial", {"data": "first 300 digits, pixels / 16", "penalty": "l2", "c": 1, "multinomial": True}, {"logLoss": -float(np.log(m.predict_proba(d)[np.arange(300), t]).mean()), "coefNorms": np.linalg.norm(m.coef_, axis=1), "intercept": m.intercept_}))
    for penalty, ratio, c in [("l1", 1.0, 1.0), ("l1", 1.0, 0.1), ("elasticnet", 0.5, 1.0)]:
        m = fit(x, y, solver="saga", penalty=penalty, C=c, **({"l1_ratio": ratio} if penalty == "elasticnet" else {}))
        print(penalty, c, "KKT", kkt(x, y, m, c, ratio), "iterations", m.n_iter_)
        add(f"breast cancer {penalty} C={c:g}", {"data": "breast-cancer standardised", "penalty": penalty, "l1Ratio": ratio, "c": c}, m, x)
    m = fit(standardise(iris), species, solver="saga", penalty="l1", C=1.0)
    add("iris L1 multinomial", {"data": "iris standardised", "penalty": "l1", "c": 1, "multinomial": True}, m, standardise(iris))
    cases += [logit("recipe", {"seed": 16901, "how": "x = matrix(200, 3); then per row u = uniform(); y = u < sigmoid(0.5 + x0 - 2 x1) ? 1 : 0"}, *simulated()),
              logit("breast cancer columns 1 4 9", {"data": "breast-cancer standardised, columns 1, 4, 9"}, x[:, [1, 4, 9]], y)]
    write("learn", "logistic-regression", versions("sklearn", "statsmodels", "numpy", "scipy"), cases,
          "scikit-learn's objective: C * sum log-loss + |b|^2 / 2 (l2), |b|_1 (l1) or l1Ratio |b|_1 + (1 - l1Ratio) |b|^2 / 2; intercept free. standardised: per column over all rows, population deviation. "
          "probabilities: rows 0, 60, 120... classes: breast cancer malignant 0, benign 1; iris in file order. Multinomial coefficients have one row a class (their sum over classes is 0). logit: coefficient 0 is the intercept.")


def newton(x, y, c):
    m = LogisticRegression(C=c, tol=1e-12, max_iter=10**5, solver="newton-cholesky").fit(x, y)
    p = m.predict_proba(x)[:, 1]
    g = c * x.T @ (p - y) + m.coef_[0]
    print("L2 C", c, "gradient", np.abs(g).max(), abs((p - y).sum() * c))
    return m


def multinomial(x, y, c):
    m = LogisticRegression(C=c, tol=1e-12, max_iter=10**6, solver="newton-cg", multi_class="multinomial").fit(x, y)
    p = m.predict_proba(x)
    g = c * (p - np.eye(3)[y]).T @ x + m.coef_
    print("iris C", c, "gradient", np.abs(g).max(), np.abs(c * (p - np.eye(3)[y]).sum(axis=0)).max())
    return m


def kkt(x, y, m, c, ratio):
    p = m.predict_proba(x)[:, 1]
    b = m.coef_[0]
    g = c * x.T @ (p - y) + (1 - ratio) * b
    on = b != 0
    return float(max(np.abs(g[on] + ratio * np.sign(b[on])).max(), max(np.abs(g[~on]).max() - ratio, 0) if (~on).any() else 0, abs(c * (p - y).sum())))


def simulated():
    r = Recipe(16901)
    x = r.matrix(200, 3)
    u = r.uniforms(200)
    return x, (u < 1 / (1 + np.exp(-(0.5 + x[:, 0] - 2 * x[:, 1])))).astype(int)


def logit(name, given, x, y):
    m = sm.Logit(y, sm.add_constant(x)).fit(method="newton", tol=1e-14, maxiter=200, disp=False)
    return case("logit " + name, given, {"coef": m.params, "standardErrors": m.bse, "z": m.tvalues, "p": m.pvalues, "intervals": m.conf_int(), "logLikelihood": m.llf, "nullLogLikelihood": m.llnull,
                                         "deviance": -2 * m.llf, "mcFadden": m.prsquared, "positives": int(y.sum())})


def separation():
    """Konis (2007), Linear Programming Algorithms for Detecting Separated Data: the verdict of two linear programs on each set."""
    verdicts = {}
    for classes, seeds in ((2, 400), (3, 120)):
        verdicts[classes] = [verdict(*separation_set(classes, seed), classes) for seed in range(seeds)]
        print(classes, "classes:", {v: verdicts[classes].count(v) for v in set(verdicts[classes])})
    write("learn", "logistic-separation", versions("scipy", "numpy"), [case(f"{k} classes", {"seeds": len(v)}, {"verdicts": "".join(v)}) for k, v in verdicts.items()],
          "a letter a seed: C complete, Q quasi-complete, N no separation. The sets are drawn as SeparationSets does. Largest sum of margins, and largest least margin, over directions in a cube (scipy.optimize.linprog, HiGHS).")


def separation_set(classes, seed):
    """Of four kinds in turn: split, split with twins of both labels on the plane, split but for a few rows, at random."""
    r = Recipe(16_910_000 + 1000 * classes + seed)
    n, p, kind = 20 + r.below(60), 1 + r.below(5), seed % 4
    x = np.array([[r.below(9) - 4 for _ in range(p)] for _ in range(n)])
    d = np.array([[r.below(5) - 2 for _ in range(p)] for _ in range(classes)])
    d[:, 0] = np.arange(classes)
    x[:3] = 0
    x[1:3, 0] = [4, -4]
    if kind == 1:
        s = x @ d[1]
        twins = s == 0 if classes == 2 else s <= 2
        x, y = np.vstack([x, x[twins]]), np.concatenate([(s > 0).astype(int) if classes == 2 else np.where(twins, 1, 0), np.full(twins.sum(), classes - 1)])
    elif classes == 2:
        x[x @ d[1] == 0, 0] += 1
        y = (x @ d[1] > 0).astype(int)
    else:
        y = (x @ d.T + [0, 3, 0]).argmax(axis=1)
    few = 1 + r.below(3)
    for _ in range((0, 0, few, n)[kind]):
        label = r.below(classes)
        y[r.below(n)] = label
    return x, y


def verdict(x, y, classes):
    assert len(np.unique(y)) == classes, "a class is missing"
    rows = np.column_stack([x, np.ones(len(x))])
    q = rows.shape[1]
    margins = []
    for row, label in zip(rows, y):
        for k in range(classes):
            if k != label:
                m = np.zeros((classes, q))
                m[label], m[k] = row, -row
                margins.append(m.ravel())
    a = np.array(margins)
    cube = [(-1, 1)] * a.shape[1]
    most = -scipy.optimize.linprog(-a.sum(axis=0), -a, np.zeros(len(a)), bounds=cube).fun
    if most < 1e-6:
        return "N"
    least = scipy.optimize.linprog(np.append(np.zeros(a.shape[1]), -1), np.column_stack([-a, np.ones(len(a))]), np.zeros(len(a)), bounds=cube + [(None, 1)])
    return "C" if -least.fun > 1e-6 else "Q"


# ---- perceptron -------------------------------------------------------------------------------------------------

def perceptron():
    iris, species = table("iris")
    r = Recipe(17700)
    x = r.matrix(60, 4)
    noisy = np.where(x[:, 0] - x[:, 1] + 0.5 * r.bells(60) > 0, 1, 0)
    d, t = digits()
    sets = {"iris setosa against versicolor": (iris[:100], species[:100]), "iris versicolor against virginica": (iris[50:], species[50:] - 1), "noisy": (x, noisy), "iris three classes": (iris, species)}
    cases = []
    for name, (a, b) in sets.items():
        for options in [{}, {"eta0": 0.1}, {"penalty": "l2", "alpha": 1e-3}, {"penalty": "l1", "alpha": 1e-3}, {"penalty": "elasticnet", "alpha": 1e-3, "l1_ratio": 0.3}, {"fit_intercept": False}]:
            if name != "noisy" and options not in ({}, {"eta0": 0.1}):
                continue
            passes = [Perceptron(max_iter=k, shuffle=False, tol=None, random_state=0, **options).fit(a, b) for k in range(1, 11)]
            cases.append(case(name + " " + str(options), {"data": name, "eta0": options.get("eta0", 1.0), "penalty": options.get("penalty"), "alpha": options.get("alpha", 1e-4),
                                                          "l1Ratio": options.get("l1_ratio", 0.15), "intercept": options.get("fit_intercept", True)},
                              {"coefAfterPass": [m.coef_ for m in passes], "interceptAfterPass": [m.intercept_ for m in passes], "examplesSeen": passes[-1].t_ - 1}))
    for k in (1, 10):
        m = Perceptron(max_iter=k, shuffle=False, tol=None).fit(d, t)
        cases.append(case(f"digits pass {k}", {"data": "digits", "passes": k}, {"coef": m.coef_, "intercept": m.intercept_, "accuracy": m.score(d, t)}))
    write("learn", "perceptron", SKLEARN, cases,
          "Perceptron(max_iter=k, shuffle=False, tol=None) for k = 1..10; start at 0; update when y (w.x + b) <= 0; two classes: the second one is +1, one row of coefficients; more: one against the rest, a row a class. "
          "noisy: r = Recipe(17700); x = matrix(60, 4); y_i = x_i0 - x_i1 + 0.5 bell_i > 0 ? 1 : 0 (60 bells after x). Penalties act as in SGDClassifier: l2 shrinks by 1 - eta alpha (1 - l1 part) at every example; l1 by cumulative clipping.")


if __name__ == "__main__":
    for make in (linear_regression_basics, linear_regression_wide, linear_regression, ridge, lasso, logistic_regression, separation, perceptron):
        if len(sys.argv) == 1 or make.__name__ in sys.argv:
            make()
