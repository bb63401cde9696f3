"""lyceum-learn: trustworthiness, continuity, stress, metric scaling and sizes of random projections against scikit-learn."""
import numpy as np
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA
from sklearn.manifold import MDS, trustworthiness
from sklearn.manifold._mds import smacof
from sklearn.metrics import pairwise_distances
from sklearn.random_projection import johnson_lindenstrauss_min_dim

from golden import Recipe, case, digits, versions, write

cases = []
for i, (n, p, q) in enumerate(((60, 5, 2), (200, 10, 3), (400, 64, 2), (150, 3, 1))):
    r = Recipe(18300 + i)
    x, noise = r.matrix(n, p), r.matrix(n, q)
    y = x[:, :q] + 0.7 * noise
    ks = [1, 5, 12, n // 3]
    cases.append(case(f"trust {n}", {"seed": 18300 + i, "n": n, "p": p, "q": q, "ks": ks},
                      {"trustworthiness": [trustworthiness(x, y, n_neighbors=k) for k in ks],
                       "continuity": [trustworthiness(y, x, n_neighbors=k) for k in ks]}))
d, _ = digits()
scaled = d[:300] * (1 + np.arange(64) / 1024 * np.sqrt(2))
y = PCA(2).fit_transform(scaled)
y = np.round(y * np.sign(y[0]), 9)
cases.append(case("trust digits", {"map": y, "ks": [3, 12, 100]},
                  {"trustworthiness": [trustworthiness(scaled, y, n_neighbors=k) for k in (3, 12, 100)],
                   "continuity": [trustworthiness(y, scaled, n_neighbors=k) for k in (3, 12, 100)]}))
sizes = [(200, 0.3), (200, 0.1), (1000000, 0.1), (50, 0.5), (10, 0.9)]
cases.append(case("dimensions", {"n": [n for n, _ in sizes], "eps": [e for _, e in sizes]},
                  {"least": [int(johnson_lindenstrauss_min_dim(n, eps=e)) for n, e in sizes]}))
r = Recipe(18310)
x, start = r.matrix(50, 4), r.matrix(50, 2)
z, stress, steps = smacof(pairwise_distances(x), n_components=2, init=start, n_init=1, max_iter=300, eps=1e-9, return_n_iter=True,
                          normalized_stress=False)
print("smacof", stress, steps)
cases.append(case("smacof", {"seed": 18310}, {"stress": stress}))
write("learn", "dimensionality-reduction", versions("sklearn", "numpy", "scipy"), cases,
      "trust: x = matrix(n, p), y = its first q columns + 0.7 matrix(n, q); smacof: x = matrix(50, 4), start = matrix(50, 2)")
