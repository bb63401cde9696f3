"""Golden values of lyceum.learn.ensemble: random-forest, adaboost, gradient-boosting, gbdt (with python3-xgboost)."""
import sys

import numpy as np

import golden as g


def random_forest():
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.model_selection import KFold, cross_val_score
    cases = []
    x, y = g.digits()
    accuracy = [cross_val_score(RandomForestClassifier(300, max_features="sqrt", random_state=s), x, y, cv=KFold(5)) for s in range(3)]
    cases.append(g.case("digits", {"trees": 300, "folds": 5}, {"accuracy": np.mean(accuracy), "by seed": np.mean(accuracy, 1)}))
    x, y = g.diabetes()
    for name, share in (("diabetes all features", 1.0), ("diabetes a third", 3)):
        r2 = [cross_val_score(RandomForestRegressor(300, max_features=share, random_state=s), x, y, cv=KFold(5)) for s in range(3)]
        cases.append(g.case(name, {"trees": 300, "folds": 5}, {"r2": np.mean(r2), "by seed": np.mean(r2, 1)}))
    g.write("learn", "random-forest", g.versions("sklearn"), cases)


def quantiles(seed, n, p, classes):
    """Nearly normal rows on a grid (exact in float32), labelled by the quantile of their squared length; integer arithmetic throughout."""
    x = np.round(g.Recipe(seed).matrix(n, p) * 4096) / 4096
    order = np.argsort(np.sum(x * x, axis=1), kind="stable")
    y = np.empty(n, int)
    y[order] = np.arange(n) * classes // n
    return x, y


def adaboost_cases(seed, n, p, classes):
    import warnings
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier
    warnings.simplefilter("ignore")
    x, y = quantiles(seed, n, p, classes)
    cases = []
    for algorithm in ("SAMME", "SAMME.R"):
        for rate in (1.0, 0.5):
            fits = [AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=25, learning_rate=rate, algorithm=algorithm,
                                       random_state=s).fit(x, y) for s in range(3)]
            if not all(np.allclose(f.decision_function(x), fits[0].decision_function(x), atol=1e-9) for f in fits):
                return None
            f = fits[0]
            cases.append(g.case(f"{classes} classes, {algorithm}, rate {rate}",
                                {"seed": seed, "n": n, "p": p, "classes": classes, "algorithm": algorithm, "rate": rate},
                                {"weights": f.estimator_weights_, "errors": f.estimator_errors_,
                                 "decisions": f.decision_function(x[:24]).ravel(), "probabilities": f.predict_proba(x[:8]).ravel()}))
    return cases


def adaboost():
    cases = []
    for n, p, classes in ((400, 10, 2), (300, 5, 3), (360, 4, 4)):
        # The first seed whose sample has no ties: the reference says the same whatever the order in which it looks at the features.
        for seed in range(1, 1000):
            found = adaboost_cases(seed, n, p, classes)
            if found:
                cases += found
                break
    g.write("learn", "adaboost", g.versions("sklearn"), cases,
            "x = round(4096 matrix(n, p)) / 4096; labels rank * classes / n of the squared length, rows of equal length in their order")


def friedman(seed, n, noise=1.0):
    """Friedman's first function; columns are multiples of 2^-20 (exact in float32)."""
    r = g.Recipe(seed)
    x = r.belows(1 << 20, n * 10).reshape(n, 10) / 2.0**20
    e = r.bells(n)
    return x, 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5)**2 + 10 * x[:, 3] + 5 * x[:, 4] + noise * e


def hastie(seed, n):
    x = np.round(g.Recipe(seed).matrix(n, 10) * 4096) / 4096
    return x, (np.sum(x * x, axis=1) > 9.34).astype(int)


def single_splits(f, x, y):
    """Whether every split of a quantile boosting is better than all others of its node by more than rounding."""
    before = np.full(len(y), float(f.init_.constant_.ravel()[0]))
    for tree, after in zip(f.estimators_[:, 0], f.staged_predict(x)):
        r = np.where(y >= before, f.alpha, f.alpha - 1)
        paths = tree.decision_path(x.astype(np.float32)).toarray().astype(bool)
        for node in np.nonzero(tree.tree_.children_left >= 0)[0]:
            inside = paths[:, node]
            xs, rs = x[inside], r[inside]
            gains = []
            for j in range(x.shape[1]):
                order = np.argsort(xs[:, j])
                left = np.cumsum(rs[order])[:-1]
                counts = np.arange(1, len(rs))
                gain = left**2 / counts + (rs.sum() - left)**2 / (len(rs) - counts)
                gains.append(gain[xs[order, j][1:] > xs[order, j][:-1]])
            gains = np.sort(np.concatenate(gains))
            if gains[-1] - gains[-2] < 1e-9 * gains[-1]:
                return False
        before = after
    return True


def gradient_boosting():
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    cases = []

    def add(name, make, data, n, given):
        # Weights of one, given, so that quantiles are lower weighted ones everywhere. The first seed whose data have no ties: the
        # reference says the same whatever the order in which it looks at features, and no node of it has two equally good splits,
        # which rounding would decide.
        for seed in range(1, 1000):
            x, y = data(seed, n)
            fits = [make(state).fit(x, y, np.ones(n)) for state in range(3)]
            scores = [(f.predict_proba(x) if name == "multinomial" else f.decision_function(x)).ravel() if hasattr(f, "classes_") else f.predict(x)
                      for f in fits]
            f, score = fits[0], scores[0]
            if all(np.allclose(s, score, rtol=0, atol=1e-9) for s in scores) and (name != "quantile" or single_splits(f, x, y)):
                break
        cases.append(g.case(name, {"seed": seed, "n": n, **given}, {"predictions": score[:40], "losses": f.train_score_,
                                                                   "importances": f.feature_importances_}))

    for loss, depth in (("squared_error", 3), ("huber", 3), ("quantile", 2)):
        add(loss, lambda s: GradientBoostingRegressor(loss=loss, max_depth=depth, n_estimators=50, alpha=0.9, random_state=s),
            friedman, 500, {"depth": depth})
    add("log_loss", lambda s: GradientBoostingClassifier(max_depth=3, n_estimators=50, random_state=s), hastie, 2000, {"depth": 3})
    add("exponential", lambda s: GradientBoostingClassifier(loss="exponential", max_depth=3, n_estimators=50, random_state=s), hastie, 2000,
        {"depth": 3})
    # Three classes by the quantiles of the squared length; probabilities, since scores are known up to a constant only.
    add("multinomial", lambda s: GradientBoostingClassifier(max_depth=3, n_estimators=50, random_state=s),
        lambda seed, n: quantiles(seed, n, 10, 3), 600, {"depth": 3})
    g.write("learn", "gradient-boosting", g.versions("sklearn"), cases,
            "friedman: x = belows(2^20, 10 n) / 2^20, then n bells of noise; "
            "hastie: x = round(4096 matrix(n, 10)) / 4096, y = |x|^2 > 9.34; multinomial as adaboost")


def gbdt():
    import json
    import tempfile
    import xgboost as xgb
    cases = []

    def fit(x, y, rounds, given):
        given = {"seed": 0, "nthread": 1, **given}
        booster = xgb.train(given, xgb.DMatrix(x, y), rounds)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            booster.save_model(file.name)
            return booster, open(file.name).read()

    def margins(b, x):
        """On half of the training rows and on new ones, between a training row and the next (their middle could be a threshold)."""
        new = 0.2718 * x[:-1] + 0.7282 * x[1:]
        return {"margins": b.predict(xgb.DMatrix(x[::2]), output_margin=True), "new": b.predict(xgb.DMatrix(new[1::2]), output_margin=True)}

    x, y = g.diabetes()
    b, model = fit(x, y, 50, {"tree_method": "exact", "max_depth": 3, "objective": "reg:squarederror"})
    base = json.loads(model)["learner"]["learner_model_param"]["base_score"]
    cases.append(g.case("diabetes", {"rounds": 50, "depth": 3, "base": base}, margins(b, x)))
    x, y = g.table("breast-cancer")
    b, model = fit(x, y, 50, {"tree_method": "exact", "max_depth": 3, "objective": "binary:logistic"})
    base = json.loads(model)["learner"]["learner_model_param"]["base_score"]
    cases.append(g.case("breast cancer", {"rounds": 50, "depth": 3, "base": base}, margins(b, x)))

    # Loaded models: each objective, with missing values.
    x, y = friedman(5, 150)
    x[::7, 3] = np.nan
    x[::5, 0] = np.nan
    labels = np.minimum(2, (y / 9).astype(int))
    for name, target in (("reg:squarederror", y), ("binary:logistic", (y > 14).astype(int)), ("count:poisson", np.round(y / 4)),
                         ("multi:softprob", labels)):
        given = {"tree_method": "hist", "max_depth": 3, "objective": name}
        if name == "multi:softprob":
            given["num_class"] = 3
        b, model = fit(x, target, 8, given)
        cases.append(g.case(name, {"seed": 5, "n": 150, "model": model}, {
            "margins": b.predict(xgb.DMatrix(x), output_margin=True).ravel()[:90], "predictions": b.predict(xgb.DMatrix(x)).ravel()[:90]}))
    g.write("learn", "gbdt-family", g.versions("xgboost"), cases,
            "friedman as in gradient-boosting; then rows 0, 7, ... of column 3 and rows 0, 5, ... of column 0 are missing")


def gbdt_options():
    """What no draw decides: DART that leaves out every round, interaction sets, further objectives, one of one's own; and files of DART models."""
    import json
    import tempfile
    import xgboost as xgb
    cases = []

    def fit(x, y, rounds, given, w=None, obj=None):
        given = {"seed": 0, "nthread": 1, **given}
        booster = xgb.train(given, xgb.DMatrix(x, y, weight=w), rounds, obj=obj)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            booster.save_model(file.name)
            model = open(file.name).read()
        return booster, model, json.loads(model)["learner"]

    def margins(b, x):
        return b.predict(xgb.DMatrix(x), output_margin=True)

    x, y = friedman(7, 150)
    x, y = np.floor(32 * x) / 32, np.round(256 * y) / 256
    weights = g.Recipe(8).uniforms(150)
    dart = {"booster": "dart", "tree_method": "exact", "max_depth": 3, "rate_drop": 1.0}
    for kind in ("tree", "forest"):
        b, model, learner = fit(x, y, 8, {**dart, "normalize_type": kind})
        cases.append(g.case("dart " + kind, {"rounds": 8, "base": learner["learner_model_param"]["base_score"]},
                            {"weights": learner["gradient_booster"]["weight_drop"], "margins": margins(b, x)}))
    labels = np.minimum(2, (y / 9).astype(int))
    for name, target, extra in (("reg:squarederror", y, {"sample_type": "weighted"}), ("multi:softprob", labels, {"num_class": 3})):
        b, model, learner = fit(x, target, 6, {**dart, "max_depth": 2, "rate_drop": 0.4, "one_drop": 1, "objective": name, **extra})
        cases.append(g.case("file " + name, {"model": model}, {"margins": margins(b, x).ravel()[:90]}))

    sets = [[0, 1], [1, 2, 3], [4, 5]]
    b, model, learner = fit(x, y, 20, {"tree_method": "exact", "max_depth": 4, "interaction_constraints": json.dumps(sets)})
    cases.append(g.case("interactions", {"rounds": 20, "sets": sets, "base": learner["learner_model_param"]["base_score"]},
                        {"margins": margins(b, x)}))

    hist = {"tree_method": "hist", "max_depth": 3}
    amounts, claims = np.abs(y) + 0.1, np.maximum(0, y - 12)
    for name, target, extra in (("reg:gamma", amounts, {}), ("reg:tweedie", claims, {"tweedie_variance_power": 1.3}),
                                ("reg:quantileerror", y, {"quantile_alpha": 0.8}), ("reg:absoluteerror", y, {})):
        for w in (None, weights):
            b, model, learner = fit(x, target, 12, {**hist, "objective": name, **extra}, w)
            cases.append(g.case(name + (", weights" if w is not None else ""), {
                "rounds": 12, "base": learner["learner_model_param"]["base_score"], **({"model": model} if w is None else {})},
                {"margins": margins(b, x), "predictions": b.predict(xgb.DMatrix(x))}))

    def log_cosh(f, data):
        t = np.tanh(f - data.get_label())
        return t, 1 - t * t

    b, model, learner = fit(x, y, 12, {"tree_method": "exact", "max_depth": 3, "base_score": 14.0, "min_child_weight": 0}, None, log_cosh)
    cases.append(g.case("log cosh", {"rounds": 12, "base": "14"}, {"margins": margins(b, x)}))
    g.write("learn", "gbdt-options", g.versions("xgboost"), cases,
            "friedman of seed 7 and 150 rows as in gradient-boosting, columns floored to 1/32, y rounded to 1/256; weights are uniforms of seed 8; amounts are "
            "|y| + 0.1, claims max(0, y - 12)")


if __name__ == "__main__":
    makers = {"random-forest": random_forest, "adaboost": adaboost, "gradient-boosting": gradient_boosting, "gbdt-family": gbdt,
              "gbdt-options": gbdt_options}
    for name in sys.argv[1:] or makers:
        makers[name]()
