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


def kmeans(name, k, rows, threads=1):
    from sklearn.cluster import KMeans
    x = data[name][0]
    seconds, m = timed(lambda: KMeans(k, init=x[rows], n_init=1).fit(x))
    return {"seconds": seconds, "inertia": m.inertia_, "iterations": int(m.n_iter_)}


def tree(name, depth=None):
    from sklearn.tree import DecisionTreeClassifier
    x, y = data[name]
    seconds, m = timed(lambda: DecisionTreeClassifier(max_depth=depth, random_state=0).fit(x, y))
    return {"seconds": seconds, "nodes": int(m.tree_.node_count), "accuracy": float((m.predict(x) == y).mean())}


def pca(name, k, solver, passes="auto", threads=1):
    from sklearn.decomposition import PCA
    x = data[name][0]
    seconds, m = timed(lambda: PCA(k, svd_solver=solver, iterated_power=passes, random_state=0).fit(x))
    return {"seconds": seconds, "variances": m.explained_variance_.tolist(), "variance": float(m.explained_variance_.sum())}


def logistic(name, tolerance, threads=1):
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


def boost(name, fresh, rounds, leaves, bins, rate):
    import xgboost
    from sklearn.metrics import roc_auc_score
    x, y = data[name]

    def fit():
        return xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves,
                              "max_depth": 0, "max_bin": bins, "eta": rate}, xgboost.DMatrix(x, y), rounds)
    seconds, boosted_trees[0] = timed(fit)
    x, y = data[fresh]
    return {"seconds": seconds, "auc": float(roc_auc_score(y, boosted_trees[0].predict(xgboost.DMatrix(x))))}


boosted_trees = [None]


def boosted(name):
    seconds, _ = timed(lambda: boosted_trees[0].inplace_predict(data[name][0]))
    return {"seconds": seconds}


def forest(name, trees, threads):
    from sklearn.ensemble import RandomForestClassifier
    x, y = data[name]
    seconds, m = timed(lambda: RandomForestClassifier(trees, random_state=0, n_jobs=threads).fit(x, y))
    return {"seconds": seconds, "accuracy": float(m.score(x, y))}


def svc(name, c, gamma, threads):
    import numpy
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.svm import SVC
    x, y = data[name]
    seconds, m = timed(lambda: SVC(C=c, gamma=gamma).fit(x, y))
    a = m.dual_coef_[0]
    kernel = rbf_kernel(m.support_vectors_, gamma=gamma)
    return {"seconds": seconds, "objective": float(a @ kernel @ a / 2 - numpy.abs(a).sum())}


def dbscan(name, epsilon, points, threads):
    from sklearn.cluster import DBSCAN
    seconds, m = timed(lambda: DBSCAN(eps=epsilon, min_samples=points, n_jobs=threads).fit(data[name][0]))
    return {"seconds": seconds, "clusters": int(m.labels_.max() + 1)}


def neighbours(name, k, queries, threads):
    from sklearn.neighbors import NearestNeighbors
    x = data[name][0]
    index = NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads).fit(x)
    seconds, found = timed(lambda: index.kneighbors(x[:queries]))
    return {"seconds": seconds, "distances": float(found[0].sum())}


def process(name, length, noise, threads):
    import numpy
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF
    x, y = data[name][0], data[name][1].astype(float)

    class Once(GaussianProcessRegressor):
        """Its fit makes and factors the covariance twice, once for the likelihood alone; here that follows from the factor that it keeps."""

        def log_marginal_likelihood(self, *arguments, **options):
            return numpy.nan
    seconds, m = timed(lambda: Once(RBF(length), alpha=noise, optimizer=None).fit(x, y))
    likelihood = -(y @ m.alpha_) / 2 - numpy.log(numpy.diag(m.L_)).sum() - len(y) / 2 * numpy.log(2 * numpy.pi)
    return {"seconds": seconds, "likelihood": float(likelihood)}


def tsne(name, perplexity, threads):
    from sklearn.manifold import TSNE, trustworthiness
    x = data[name][0]
    seconds, m = timed(lambda: TSNE(perplexity=perplexity, random_state=0, n_jobs=threads).fit(x))
    return {"seconds": seconds, "trustworthiness": float(trustworthiness(x[:2000], m.embedding_[:2000], n_neighbors=15))}


serve(hello, load, kmeans, tree, pca, logistic, boost, boosted, forest, svc, dbscan, neighbours, process, tsne)
