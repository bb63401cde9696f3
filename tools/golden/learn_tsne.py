"""lyceum-learn: joint affinities of t-SNE and the divergence that it reaches, against scikit-learn."""
import base64
import zlib

import numpy as np
from scipy.spatial.distance import squareform
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.metrics import pairwise_distances

from golden import case, digits, versions, write

d, _ = digits()
x = d[:200]
p = _joint_probabilities(pairwise_distances(x, metric="euclidean", squared=True), 30, 0)
print(p.shape, p.min(), (p > 1e-7).sum())
cases = [case("affinities", {"n": 200, "perplexity": 30},
              {"above": int((p > 1e-7).sum()),
               "packed": base64.b64encode(zlib.compress(np.ascontiguousarray(p, dtype=">f4").tobytes(), 9)).decode()})]
for method in ("exact", "barnes_hut"):
    for perplexity in (30, 12):
        model = TSNE(2, perplexity=perplexity, method=method, init="pca", random_state=0, learning_rate="auto", n_iter=1000)
        y = model.fit_transform(d[:800])
        print(method, perplexity, model.kl_divergence_, trustworthiness(d[:800], y, n_neighbors=12), model.n_iter_)
        cases.append(case(f"{method} {perplexity}", {"perplexity": perplexity},
                          {"kl": float(model.kl_divergence_), "trust": trustworthiness(d[:800], y, n_neighbors=12)}))
write("learn", "t-sne", versions("sklearn", "numpy", "scipy"), cases)
