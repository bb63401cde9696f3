"""scikit-learn as a peer: each request is one timed fit, answered with its seconds and what was found."""
import time
import warnings

from peer import serve

warnings.simplefilter("ignore")
data = {}


def hello():
    import sklearn
    from threadpoolctl import threadpool_info
    import numpy.linalg  # so that the BLAS behind it is loaded
    blas = [p["internal_api"] for p in threadpool_info() if p["user_api"] == "blas"]
    return {"name": "scikit-learn " + sklearn.__version__, "blas": blas[0] if blas else ""}


def load(name, x, y):
    import numpy
    data[name] = numpy.load(x), numpy.load(y)
    return {"shape": list(data[name][0].shape)}


def timed(fit):
    start = time.perf_counter()
    model = fit()
    return time.perf_counter() - start, model


def kmeans(name, k, rows):
    from sklearn.cluster import KMeans
    x = data[name][0]
    seconds, m = timed(lambda: KMeans(k, init=x[rows], n_init=1).fit(x))
    return {"seconds": seconds, "inertia": m.inertia_, "iterations": int(m.n_iter_)}


def tree(name, depth=None):
    from sklearn.tree import DecisionTreeClassifier
    x, y = data[name]
    seconds, m = timed(lambda: DecisionTreeClassifier(max_depth=depth, random_state=0).fit(x, y))
    return {"seconds": seconds, "nodes": int(m.tree_.node_count), "accuracy": float((m.predict(x) == y).mean())}


def pca(name, k, solver):
    from sklearn.decomposition import PCA
    x = data[name][0]
    seconds, m = timed(lambda: PCA(k, svd_solver=solver, random_state=0).fit(x))
    return {"seconds": seconds, "variances": m.explained_variance_.tolist()}


def logistic(name, tolerance):
    import numpy
    from scipy.special import log_softmax
    from sklearn.linear_model import LogisticRegression
    x, y = data[name]
    seconds, m = timed(lambda: LogisticRegression(tol=tolerance, max_iter=10000).fit(x, y))
    scores = m.decision_function(x)
    if scores.ndim == 1:
        scores = numpy.stack([numpy.zeros(len(x)), scores], 1)
    loss = -log_softmax(scores, 1)[numpy.arange(len(x)), y].sum() + (m.coef_**2).sum() / 2
    return {"seconds": seconds, "loss": float(loss), "iterations": int(m.n_iter_.max()), "accuracy": float(m.score(x, y)), "norm": float(numpy.sqrt((m.coef_**2).sum()))}


def boosting(name, rows):
    """XGBoost: histograms of 255 bins, best leaf first to 255 leaves; on the other rows the area under the curve and the time to score them."""
    import xgboost
    from sklearn.metrics import roc_auc_score
    x, y = data[name]
    given = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 255, "max_depth": 0, "max_bin": 255,
             "eta": 0.1, "nthread": threads()}
    seconds, m = timed(lambda: xgboost.train(given, xgboost.DMatrix(x[:rows], y[:rows], nthread=threads()), 200))
    scoring, p = timed(lambda: m.inplace_predict(x[rows:]))
    return {"seconds": seconds, "scoring": scoring, "auc": float(roc_auc_score(y[rows:], p)), "peer": "xgboost " + xgboost.__version__}


def forest(name, rows):
    from sklearn.ensemble import RandomForestClassifier
    x, y = data[name]
    seconds, m = timed(lambda: RandomForestClassifier(100, random_state=0, n_jobs=threads()).fit(x[:rows], y[:rows]))
    return {"seconds": seconds, "accuracy": float(m.score(x[rows:], y[rows:]))}


def svm(name, gamma, tolerance):
    from sklearn.svm import SVC
    x, y = data[name]
    seconds, m = timed(lambda: SVC(gamma=gamma, tol=tolerance, cache_size=1000).fit(x, y))
    return {"seconds": seconds, "support": int(m.n_support_.sum()), "accuracy": float(m.score(x, y))}


def dbscan(name, epsilon, least):
    from sklearn.cluster import DBSCAN
    x = data[name][0]
    seconds, m = timed(lambda: DBSCAN(eps=epsilon, min_samples=least, n_jobs=threads()).fit(x))
    return {"seconds": seconds, "clusters": int(m.labels_.max()) + 1, "noise": int((m.labels_ < 0).sum())}


def neighbours(name, k, queries):
    from sklearn.neighbors import NearestNeighbors
    x = data[name][0]
    m = NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads()).fit(x)
    seconds, found = timed(lambda: m.kneighbors(x[:queries]))
    return {"seconds": seconds, "sum": float(found[0].sum())}


def threads():
    import os
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


serve(hello, load, kmeans, tree, pca, logistic, boosting, forest, svm, dbscan, neighbours)
