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


serve(hello, load, kmeans, tree, pca, logistic)
