"""lyceum-learn: latent Dirichlet allocation by batch variational Bayes against scikit-learn, from given pseudo-counts of the topics."""
import numpy as np
import scipy.sparse
from scipy.special import psi
from sklearn.decomposition import LatentDirichletAllocation

from golden import Recipe, _open, case, versions, write


class Started(LatentDirichletAllocation):
    """Begins with `start` instead of gamma draws."""

    def _init_latent_vars(self, n_features, dtype=np.float64):
        super()._init_latent_vars(n_features, dtype)
        self.components_ = self.start.copy()
        log = psi(self.components_) - psi(self.components_.sum(1))[:, None]
        self.exp_dirichlet_component_ = np.exp(log)


def brown(words):
    b = _open("brown.csr.gz")
    n, m, z = np.frombuffer(b, "<i4", 3)
    indptr = np.frombuffer(b, "<i4", n + 1, 12 + 2 * n)
    at = 12 + 2 * n + 4 * (n + 1)
    x = scipy.sparse.csr_matrix((np.frombuffer(b, "<u2", z, at + 2 * z).astype(float), np.frombuffer(b, "<u2", z, at).astype(int), indptr), (n, m))
    total = np.asarray((x > 0).sum(0)).ravel()
    return x[:, np.sort(np.lexsort((np.arange(m), -total))[:words])]


def small(r, documents, words, topics, length):
    """Each document has two topics, a topic every topics-th word."""
    x = np.zeros((documents, words))
    for d in range(documents):
        pair = r.belows(topics, 2)
        for t, w in zip(r.belows(2, length), r.belows(words // topics, length)):
            x[d, w * topics + pair[t]] += 1
    return x


cases = []
r = Recipe(740)
for name, x, k, alpha, eta, iterations in (
        ("small", small(r, 60, 30, 5, 40), 5, 0.2, 0.1, 60),
        ("wide", small(r, 150, 80, 8, 60), 8, 0.125, 0.125, 60),
        ("brown", brown(1000), 10, 0.1, 0.05, 60)):
    model = Started(k, doc_topic_prior=alpha, topic_word_prior=eta, max_iter=iterations, random_state=0, learning_method="batch")
    model.start = 0.5 + Recipe(7400 + k).uniforms(k * x.shape[1]).reshape(k, -1)
    shares = model.fit(x)._unnormalized_transform(x)
    bound = model._approx_bound(x, shares, sub_sampling=False)
    cases.append(case(name, {"topics": k, "alpha": alpha, "eta": eta, "iterations": iterations, "tokens": float(x.sum())},
                      {"bound": bound, "topWords": [list(map(int, np.argsort(-row)[:3])) for row in model.components_]}))
    print(name, bound)

write("learn", "lda-topic-model", versions("sklearn", "numpy"), cases,
      "740: small then wide; start 0.5 + uniforms of Recipe(7400 + topics)")
