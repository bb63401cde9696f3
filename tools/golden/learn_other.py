"""lyceum-learn, other learners: knn, naive-bayes, decision-tree, k-means, pca, k-fold."""
import sys
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit, cross_val_score
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from golden import Recipe, case, diabetes, digits, spam, table, versions, write

warnings.simplefilter("ignore")
REF = versions("sklearn", "numpy", "scipy")


# ---- nearest neighbours -----------------------------------------------------------------------------------------

METRICS = {"euclidean": {}, "manhattan": {}, "chebyshev": {}, "cosine": {}, "minkowski": {"p": 3}}


def exact_tie(distance, k):
    d = np.sort(distance)
    return d[k] - d[k - 1] <= 1e-9 * max(d[k], 1e-3)


def ambiguous(distance, labels, k, weights):
    """Whether the answer depends on which of several equally far neighbours is taken, or on rounding in a weighted vote."""
    far = np.sort(distance)[k - 1]
    slack = 1e-9 * max(far, 1e-3)
    weigh = (lambda d: np.ones(len(d))) if weights == "uniform" else (lambda d: 1 / d)
    inside, edge = distance < far - slack, np.abs(distance - far) <= slack
    votes = np.bincount(labels[inside], weigh(distance[inside]), 10)
    need, one = k - int(inside.sum()), float(weigh(np.array([far]))[0])
    at_edge = np.bincount(labels[edge], minlength=10)
    low = votes + one * np.maximum(need - (at_edge.sum() - at_edge), 0)
    high = votes + one * np.minimum(need, at_edge)
    if edge.sum() == need and weights == "uniform":
        return False
    best = int(np.argmax(low))
    return any(high[c] >= low[best] - 1e-9 * high.max() for c in range(10) if c != best)


def knn():
    x, y = digits()
    train, test = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
    cases = []
    for metric in ("euclidean", "manhattan", "chebyshev", "cosine"):
        distance = pairwise_distances(x[test], x[train], metric=metric)
        for k in (1, 3, 5, 10):
            for weights in ("uniform", "distance"):
                m = KNeighborsClassifier(k, weights=weights, metric=metric, algorithm="brute").fit(x[train], y[train])
                proba = m.predict_proba(x[test])
                unsure = [i for i in range(len(proba)) if ambiguous(distance[i], y[train], k, weights)]
                sure = [i for i in range(40) if not exact_tie(distance[i], k)]
                cases.append(case(f"digits {metric} k={k} {weights}", {"data": "digits", "metric": metric, "k": k, "weights": weights},
                                  {"predicted": "".join(map(str, m.predict(x[test]))), "ambiguous": unsure, "probabilities": {"rows": sure, "values": proba[sure]}}))
                print("knn", metric, k, weights, "ambiguous rows:", len(unsure))
    x, y = diabetes()
    train, test = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
    for metric, options in METRICS.items():
        for k in (1, 3, 5, 10):
            for weights in ("uniform", "distance"):
                m = KNeighborsRegressor(k, weights=weights, metric=metric, algorithm="brute", **options).fit(x[train], y[train])
                cases.append(case(f"diabetes {metric} k={k} {weights}", {"data": "diabetes", "metric": metric, **options, "k": k, "weights": weights}, {"predicted": m.predict(x[test])}))
    r = Recipe(40700)
    a, q = r.matrix(300, 3), r.matrix(20, 3)
    cov = np.cov(a.T)
    for metric, options in [("euclidean", {}), ("mahalanobis", {"VI": np.linalg.inv(cov)})]:
        f = NearestNeighbors(n_neighbors=5, metric=metric, metric_params=options or None, algorithm="brute").fit(a)
        d, i = f.kneighbors(q)
        near = f.radius_neighbors(q, 0.8, sort_results=True)
        cases.append(case(f"recipe {metric}", {"seed": 40700, "points": "matrix(300, 3)", "queries": "then matrix(20, 3)", "k": 5, "metric": metric, "radius": 0.8, "covariance": cov},
                          {"distances": d, "indices": i, "withinRadius": [v.tolist() for v in near[1]]}))
    write("learn", "knn", REF, cases,
          "train on the even rows, predict the odd rows in order (digits: one character a row; diabetes: all 221 of them). Votes tie to the smaller label. ambiguous: positions among the odd rows where several neighbours are "
          "equally far at place k and the answer depends on which is taken, or where weighted votes tie to rounding: not to be compared. weights distance = 1 / d. Three metrics: euclidean, manhattan, cosine; chebyshev has many ties. "
          "probabilities: for those of the first 40 odd rows that have no tie at place k.")


# ---- naive Bayes ------------------------------------------------------------------------------------------------

def naive_bayes():
    iris, species = table("iris")
    d, t = digits()
    mails, labels = spam()
    rows = np.arange(len(t)) < 1000
    mail_rows = np.arange(len(labels)) % 2 == 0
    w = 0.5 + Recipe(40600).uniforms(150)
    cases = []

    def add(name, given, m, queries):
        cases.append(case(name, given, {"logProbabilities": m.predict_log_proba(queries), "jointLogLikelihood": m.predict_joint_log_proba(queries)[:5]}))

    add("gaussian iris", {"data": "iris", "queries": "all 150 rows"}, GaussianNB().fit(iris, species), iris)
    add("gaussian iris weighted", {"data": "iris", "weights": "0.5 + uniform() from Recipe(40600)", "queries": "rows 0, 10, 20..."}, GaussianNB().fit(iris, species, w), iris[::10])
    add("gaussian iris priors", {"data": "iris", "priors": [0.2, 0.3, 0.5], "queries": "rows 0, 10, 20..."}, GaussianNB(priors=[0.2, 0.3, 0.5]).fit(iris, species), iris[::10])
    add("gaussian digits", {"data": "digits, first 1000 rows", "queries": "rows 1000, 1020, 1040..."}, GaussianNB().fit(d[rows], t[rows]), d[1000::20])
    add("gaussian digits smoothing 1e-2", {"data": "digits, first 1000 rows", "varSmoothing": 0.01, "queries": "rows 1000, 1020, 1040..."}, GaussianNB(var_smoothing=1e-2).fit(d[rows], t[rows]), d[1000::20])
    for alpha in (1.0, 0.01):
        add(f"multinomial digits alpha={alpha:g}", {"data": "digits, first 1000 rows", "alpha": alpha, "queries": "rows 1000, 1020, 1040..."}, MultinomialNB(alpha=alpha).fit(d[rows], t[rows]), d[1000::20])
        add(f"bernoulli digits alpha={alpha:g}", {"data": "digits, first 1000 rows", "alpha": alpha, "binarize": 8, "queries": "rows 1000, 1020, 1040..."}, BernoulliNB(alpha=alpha, binarize=8.0).fit(d[rows], t[rows]), d[1000::20])
        for norm in (False, True):
            add(f"complement digits alpha={alpha:g} norm={norm}", {"data": "digits, first 1000 rows", "alpha": alpha, "norm": norm, "queries": "rows 1000, 1020, 1040..."}, ComplementNB(alpha=alpha, norm=norm).fit(d[rows], t[rows]), d[1000::20])
        add(f"categorical digits alpha={alpha:g}", {"data": "digits, first 1000 rows, every pixel a category 0..16 (17 each)", "alpha": alpha, "queries": "rows 1000, 1020, 1040..."},
            CategoricalNB(alpha=alpha, min_categories=17).fit(d[rows].astype(int), t[rows]), d[1000::20].astype(int))
    add("multinomial digits uniform prior", {"data": "digits, first 1000 rows", "fitPrior": False, "queries": "rows 1000, 1020, 1040..."}, MultinomialNB(fit_prior=False).fit(d[rows], t[rows]), d[1000::20])
    for name, m in [("multinomial", MultinomialNB()), ("bernoulli", BernoulliNB()), ("complement", ComplementNB())]:
        m.fit(mails[mail_rows], labels[mail_rows])
        queries = mails[~mail_rows]
        cases.append(case(f"{name} spam", {"data": "spam-assassin counts, even rows", "queries": "odd rows 1, 61, 121... (every 30th of the odd rows)"},
                          {"logProbabilities": m.predict_log_proba(queries[::30]), "accuracyOnOddRows": m.score(queries, labels[~mail_rows])}))
        print(name, "spam accuracy", cases[-1]["expected"]["accuracyOnOddRows"])
    write("learn", "naive-bayes", REF, cases, "scikit-learn defaults unless stated (alpha 1, var_smoothing 1e-9 times the largest feature variance, priors from class shares; ComplementNB norm false). Class columns ascending (spam: ham, spam). "
          "jointLogLikelihood: predict_joint_log_proba of the first five queries.")


# ---- decision trees ---------------------------------------------------------------------------------------------

def features(seed, n, p):
    """below(2^20) / 1024: exact in float32, which scikit-learn converts to; distinct within a column."""
    r = Recipe(seed)
    x = r.belows(1 << 20, n * p).reshape(n, p) / 1024.0
    return r, x


def distinct(x):
    return all(len(np.unique(x[:, j])) == len(x) for j in range(x.shape[1]))


def tree_data(seed, n, kind):
    r, x = features(seed, n, 4)
    u = x / 1024.0
    noise, w = r.uniforms(n), 0.5 + r.uniforms(n)
    if kind == "classes":
        y = ((u[:, 0] > 0.5).astype(int) + (u[:, 1] + 0.4 * noise > 0.7).astype(int))
    elif kind == "counts":
        y = np.floor(4 * u[:, 0] * u[:, 1] + 3 * noise)
    else:
        y = np.floor(1e6 * (u[:, 0] + u[:, 1] * u[:, 2] + 0.5 * noise)) / 1024.0
    return x, y, w


def structure(m):
    t = m.tree_
    out = {"feature": [int(f) if f >= 0 else -1 for f in t.feature], "threshold": [float(v) if f >= 0 else None for f, v in zip(t.feature, t.threshold)],
           "left": t.children_left, "right": t.children_right, "impurity": t.impurity, "samples": t.n_node_samples, "weight": t.weighted_n_node_samples, "value": t.value[:, 0, :] if t.value.shape[2] > 1 else t.value[:, 0, 0]}
    return out


def same(a, b):
    return np.array_equal(a.tree_.feature, b.tree_.feature) and np.array_equal(a.tree_.threshold, b.tree_.threshold)


def tie_free(make, x, y, w):
    """Feature order must not matter (20 seeds) nor the order of thresholds (features mirrored)."""
    if not distinct(x):
        return None
    base = make(0).fit(x, y, w)
    if not all(same(base, make(s).fit(x, y, w)) for s in range(1, 20)):
        return None
    mirror = make(0).fit(1024.0 - x, y, w)
    if not np.array_equal(base.apply(x)[:, None] == base.apply(x)[None, :], mirror.apply(1024.0 - x)[:, None] == mirror.apply(1024.0 - x)[None, :]):
        return None
    return base


def decision_tree():
    cases, refused = [], 0
    plans = [("gini", "classes", {}), ("entropy", "classes", {}), ("squared_error", "values", {}), ("absolute_error", "values", {}), ("poisson", "counts", {})]
    shapes = [dict(max_depth=4, min_samples_leaf=8), dict(max_leaf_nodes=8, min_samples_leaf=6), dict(min_samples_split=30, min_samples_leaf=9), dict(max_depth=3, min_samples_leaf=5, min_impurity_decrease=0.001), dict(max_depth=6, min_samples_leaf=5)]
    for criterion, kind, _ in plans:
        for j, options in enumerate(shapes):
            for weighted in (False, True):
                if weighted and criterion == "absolute_error":
                    continue
                for seed in range(17800 + 40 * j, 17800 + 40 * j + 40):
                    x, y, w = tree_data(seed, 160, kind)
                    weight = w if weighted else None
                    cls = DecisionTreeClassifier if kind == "classes" else DecisionTreeRegressor
                    make = lambda s: cls(criterion=criterion, random_state=s, **options)
                    m = tie_free(make, x, y, weight)
                    if m is None or m.tree_.node_count < 5:
                        refused += 1
                        continue
                    path = cls(criterion=criterion, random_state=0, min_samples_leaf=options["min_samples_leaf"], max_depth=6).cost_complexity_pruning_path(x, y, weight)
                    grown = tie_free(lambda s: cls(criterion=criterion, random_state=s, min_samples_leaf=options["min_samples_leaf"], max_depth=6), x, y, weight)
                    expected = {"tree": structure(m), "importances": m.feature_importances_, "depth": m.get_depth(), "leaves": m.get_n_leaves()}
                    if grown is not None:
                        expected["pruning"] = {"alphas": path.ccp_alphas, "impurities": path.impurities}
                    cases.append(case(f"{criterion} {options} weighted={weighted}",
                                      {"seed": seed, "n": 160, "kind": kind, "criterion": criterion, "weighted": weighted, "maxDepth": options.get("max_depth"), "minSamplesLeaf": options.get("min_samples_leaf", 1),
                                       "minSamplesSplit": options.get("min_samples_split", 2), "maxLeafNodes": options.get("max_leaf_nodes"), "minImpurityDecrease": options.get("min_impurity_decrease", 0.0)}, expected))
                    break
                else:
                    print("no tie-free data for", criterion, options, weighted)
    print("data refused for ties:", refused, "with pruning path:", sum("pruning" in c["expected"] for c in cases))
    write("learn", "decision-tree", REF, cases,
          "r = Recipe(seed); x = n x 4 of below(1048576) / 1024.0, row by row; u = x / 1024.0; noise = n uniforms; w = 0.5 + n uniforms. classes: y = (u0 > 0.5) + (u1 + 0.4 noise > 0.7); counts: floor(4 u0 u1 + 3 noise); "
          "values: floor(1e6 (u0 + u1 u2 + 0.5 noise)) / 1024. Tie-free means: 20 random_states and mirrored features give one partition; thresholds lie midway between neighbours, x <= threshold goes left; nodes in scikit-learn's order (depth first, left "
          "first; best first with maxLeafNodes). value: class shares of the node, mean or median. Entropy in bits. pruning: cost_complexity_pruning_path with the case's minSamplesLeaf and maxDepth 6, only where that tree is tie-free too.")


# ---- k-means ----------------------------------------------------------------------------------------------------

def lloyd(x, centres):
    """Plain iterations; also the least difference between the squared distances to the nearest and the second nearest centre."""
    labels, closest = None, np.inf
    for step in range(1, 1001):
        d = ((x[:, None, :] - centres[None]) ** 2).sum(axis=2)
        two = np.partition(d, 1, axis=1)
        closest = min(closest, (two[:, 1] - two[:, 0]).min())
        new = d.argmin(axis=1)
        if labels is not None and np.array_equal(new, labels):
            return labels, step, closest
        labels = new
        centres = np.array([x[labels == c].mean(axis=0) for c in range(len(centres))])


def k_means():
    x, y = digits()
    cases = []
    starts = {"first ten rows": list(range(10)), "every 180th row": list(range(0, 1800, 180)), "four rows": [5, 500, 900, 1700]}
    for i in range(6):
        starts[f"shuffle {i}"] = Recipe(5200 + i).shuffle(1797)[:8 + 3 * i]
    for name, rows in starts.items():
        rows = [min(v, 1796) for v in rows]
        start = x[rows] + Recipe(5220).uniforms(64 * len(rows)).reshape(-1, 64)
        m = KMeans(len(rows), init=start, n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(x)
        labels, steps, closest = lloyd(x, start)
        print("k-means", name, m.n_iter_, "iterations; by plain loops", steps, "closest call on the way", closest, "same labels:", np.array_equal(labels, m.labels_))
        if closest < 1e-9 or not np.array_equal(labels, m.labels_):
            continue
        expected = {"labels": "".join(chr(97 + v) for v in m.labels_), "inertia": m.inertia_, "iterations": m.n_iter_, "sizes": np.bincount(m.labels_)}
        expected["centres"] = m.cluster_centers_ if name in ("first ten rows", "four rows") else m.cluster_centers_[:2]
        cases.append(case(name, {"data": "digits", "startRows": rows}, expected))
    w = 0.5 + Recipe(5210).uniforms(1797)
    m = KMeans(10, init=x[:10] + Recipe(5220).uniforms(640).reshape(10, 64), n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(x, sample_weight=w)
    cases.append(case("weighted", {"data": "digits", "startRows": list(range(10)), "weights": "0.5 + uniform() from Recipe(5210)"},
                      {"labels": "".join(chr(97 + v) for v in m.labels_), "inertia": m.inertia_, "iterations": m.n_iter_, "centres": m.cluster_centers_[:3]}))
    write("learn", "k-means", REF, cases, "start centres are those rows of digits plus a uniform() of Recipe(5220) in every cell, row by row (whole-number centres would give exact ties); labels as letters a = 0, b = 1...; centres in start order (where fewer rows are given: the first clusters). No point is ever within 1e-9 (squared distance) of a tie on the way. iterations as scikit-learn counts them (the one that changes nothing included).")


# ---- principal components -----------------------------------------------------------------------------------------

def pca():
    x, _ = digits()
    cases = []
    full = PCA(svd_solver="full").fit(x)
    cases.append(case("all components", {"data": "digits"}, {"explainedVariance": full.explained_variance_, "ratio": full.explained_variance_ratio_, "singularValues": full.singular_values_, "mean": full.mean_}))
    for k in (2, 10, 30):
        m = PCA(k, svd_solver="full").fit(x)
        gap = full.singular_values_[:k] - full.singular_values_[1:k + 1]
        cases.append(case(f"{k} components", {"data": "digits", "components": k},
                          {"components": m.components_[:10], "scores": m.transform(x[::180]), "noiseVariance": m.noise_variance_, "logLikelihood": m.score(x), "rowLogLikelihood": m.score_samples(x[::180]),
                           "reconstructionError": float(((x - m.inverse_transform(m.transform(x))) ** 2).sum()), "leastGap": gap.min()}))
    m = PCA(10, svd_solver="full", whiten=True).fit(x)
    cases.append(case("whitened", {"data": "digits", "components": 10}, {"scores": m.transform(x[::180])}))
    cases.append(case("by variance", {"data": "digits", "share": [0.5, 0.9, 0.95, 0.99]}, {"components": [PCA(s, svd_solver="full").fit(x).n_components_ for s in (0.5, 0.9, 0.95, 0.99)]}))
    iris, _ = table("iris")
    wine, _ = table("wine")
    cancer, _ = table("breast-cancer")
    for name, data in (("iris", iris), ("wine", wine), ("breast-cancer", cancer)):
        cases.append(case(f"minka {name}", {"data": name}, {"components": PCA("mle", svd_solver="full").fit(data).n_components_}))
    inc = IncrementalPCA(10, batch_size=1797).fit(x)
    cases.append(case("incremental, one batch", {"data": "digits", "components": 10}, {"components": inc.components_, "explainedVariance": inc.explained_variance_, "mean": inc.mean_, "scores": inc.transform(x[::180]), "noiseVariance": inc.noise_variance_}))
    inc = IncrementalPCA(10, batch_size=300).fit(x)
    cases.append(case("incremental, batches of 300", {"data": "digits", "components": 10, "batch": 300}, {"components": inc.components_[:3], "explainedVariance": inc.explained_variance_, "mean": inc.mean_}))
    r = Recipe(18200)
    a = r.matrix(6, 9)
    m = PCA(4, svd_solver="full").fit(a)
    cases.append(case("wide", {"seed": 18200, "x": "matrix(6, 9)", "components": 4}, {"components": m.components_, "explainedVariance": m.explained_variance_, "noiseVariance": m.noise_variance_, "logLikelihood": m.score(a)}))
    write("learn", "pca", REF, cases, "Components and scores up to the sign of each component (scikit-learn's own sign is kept here). Variances over n - 1. rows ::180 are 0, 180, ... 1620 (10 rows). leastGap: least distance between neighbouring singular values. "
          "batches of 300: rows 0-299, ..., the last one takes the remaining 297.")


# ---- folds --------------------------------------------------------------------------------------------------------

def k_fold():
    cases = []
    for n, k in [(10, 2), (10, 3), (11, 4), (442, 5), (7, 7)]:
        ids = np.empty(n, int)
        for f, (_, test) in enumerate(KFold(k).split(np.zeros(n))):
            ids[test] = f
        cases.append(case(f"KFold {n} {k}", {"n": n, "k": k}, {"testFold": ids}))
    _, species = table("iris")
    _, d = digits()
    for name, y, k in [("iris", species, 5), ("digits", d, 10), ("recipe 3", Recipe(72000).belows(3, 40), 4), ("recipe 2", (Recipe(72001).uniforms(50) < 0.2).astype(int), 3), ("letters", np.array([1, 1, 0, 2, 0, 2, 1, 0, 0, 1, 2, 0]), 2)]:
        ids = np.empty(len(y), int)
        for f, (_, test) in enumerate(StratifiedKFold(k).split(np.zeros(len(y)), y)):
            ids[test] = f
        cases.append(case(f"StratifiedKFold {name} {k}", {"data": name, "y": y if len(y) < 100 else None, "k": k}, {"testFold": "".join(map(str, ids))}))
    for i in range(6):
        r = Recipe(72010 + i)
        n, groups, k = 20 + r.below(40), 5 + r.below(8), 2 + r.below(4)
        g = r.belows(groups, n)
        ids = np.empty(n, int)
        # GroupKFold sorts groups by size with numpy's default argsort, whose order of ties differs between CPUs (SIMD); a stable sort has one answer
        argsort = np.argsort
        np.argsort = lambda a: argsort(a, kind="stable")
        for f, (_, test) in enumerate(GroupKFold(k).split(np.zeros(n), groups=g)):
            ids[test] = f
        np.argsort = argsort
        cases.append(case(f"GroupKFold {i}", {"groups": g, "k": k}, {"testFold": ids}))
    for n, options in [(12, {}), (20, dict(n_splits=3)), (30, dict(n_splits=4, gap=2)), (30, dict(n_splits=3, max_train_size=8)), (25, dict(n_splits=3, test_size=4)), (40, dict(n_splits=5, test_size=3, gap=1, max_train_size=10))]:
        folds = [[int(a[0]), int(a[-1]) + 1, int(b[0]), int(b[-1]) + 1] for a, b in TimeSeriesSplit(**options).split(np.zeros(n))]
        cases.append(case(f"TimeSeriesSplit {n} {options}", {"n": n, "splits": options.get("n_splits", 5), "gap": options.get("gap", 0), "maxTrain": options.get("max_train_size"), "testSize": options.get("test_size")},
                          {"trainFromToTestFromTo": folds}))
    x, y = diabetes()
    for alpha in (1.0, 0.01):
        for scoring in ("r2", "neg_mean_squared_error", "neg_mean_absolute_error"):
            cases.append(case(f"cross_val_score Ridge {alpha:g} {scoring}", {"data": "diabetes", "alpha": alpha, "k": 5, "scoring": scoring}, {"scores": cross_val_score(Ridge(alpha=alpha), x, y, cv=KFold(5), scoring=scoring)}))
    write("learn", "k-fold", REF, cases, "No shuffling. GroupKFold: groups of equal size in the order of a stable sort. testFold: the number of the fold in which each row is tested. Time series: train [from, to), test [from, to).")


if __name__ == "__main__":
    for make in (knn, naive_bayes, decision_tree, k_means, pca, k_fold):
        if len(sys.argv) == 1 or make.__name__ in sys.argv:
            make()
