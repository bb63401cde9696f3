"""lyceum-learn: Isomap and locally linear embedding of a Swiss roll, and trustworthiness, against scikit-learn."""
import numpy as np
from sklearn.datasets import make_swiss_roll
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap, LocallyLinearEmbedding, trustworthiness

from golden import case, digits, versions, write

x, t = make_swiss_roll(800, random_state=0)
y = x[:, 1]
x = np.stack([t * np.cos(t), y, t * np.sin(t)], axis=1)
isomap = Isomap(n_neighbors=10, eigen_solver="dense", path_method="D").fit(x)
fresh, s = make_swiss_roll(50, random_state=1)
fresh = np.stack([s * np.cos(s), fresh[:, 1], s * np.sin(s)], axis=1)


def pairs(a):
    from scipy.spatial.distance import pdist
    return pdist(a)


arc = (t * np.sqrt(1 + t * t) + np.arcsinh(t)) / 2
true = pairs(np.stack([arc, y], axis=1))
print("correlations: isomap", np.corrcoef(pairs(isomap.embedding_), true)[0, 1],
      "pca", np.corrcoef(pairs(PCA(2).fit_transform(x)), true)[0, 1])
cases = [case("roll", {"t": t, "height": y, "freshT": s, "freshHeight": fresh[:, 1]},
              {"isomap": np.round(isomap.embedding_, 11), "fresh": np.round(isomap.transform(fresh), 11),
               "error": isomap.reconstruction_error()})]
d, _ = digits()
# Columns scaled so that distances have no ties.
scaled = d[:500] * (1 + np.arange(64) / 1024 * np.sqrt(2))
for name, data in (("roll", x), ("digits", scaled[:400])):
    for method in ("standard", "modified"):
        for k, components in ((10, 2), (12, 2), (15, 3)):
            lle = LocallyLinearEmbedding(n_neighbors=k, n_components=components, method=method, eigen_solver="dense").fit(data)
            cases.append(case(f"lle {name} {method} {k}", {"k": k, "components": components},
                              {"error": lle.reconstruction_error_, "row": pairs(lle.embedding_)[:20]}))
            print(name, method, k, lle.reconstruction_error_)
flat = np.round(PCA(2).fit_transform(d[:500]), 4)
cases.append(case("trust", {"map": flat, "ks": [1, 5, 12, 100]}, {"pca": [trustworthiness(scaled, flat, n_neighbors=n) for n in (1, 5, 12, 100)]}))
write("learn", "isomap-lle", versions("sklearn", "numpy", "scipy"), cases)
