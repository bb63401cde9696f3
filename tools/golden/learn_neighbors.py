"""lyceum-learn: nearest neighbours and rows within a radius against scikit-learn, every structure that supports a metric."""
import base64
import zlib

import numpy as np
from sklearn.neighbors import NearestNeighbors

from golden import Recipe, case, versions, write

K = 2


def packed(a, kind):
    return base64.b64encode(zlib.compress(np.ascontiguousarray(a, dtype=kind).tobytes(), 9)).decode()


cases = []
r = Recipe(30500)
rows, queries = r.matrix(1000, 6), r.matrix(2000, 6)
kinds, asked = r.belows(4, 1000 * 12).reshape(1000, 12).astype(float), r.belows(4, 2000 * 12).reshape(2000, 12).astype(float)
STRUCTURES = {"euclidean": ("brute", "kd_tree", "ball_tree"), "manhattan": ("brute", "kd_tree", "ball_tree"),
              "chebyshev": ("brute", "kd_tree", "ball_tree"), "cosine": ("brute",), "hamming": ("brute", "ball_tree")}
for metric, structures in STRUCTURES.items():
    x, q = (kinds, asked) if metric == "hamming" else (rows, queries)
    found = [NearestNeighbors(n_neighbors=K, algorithm=s, metric=metric).fit(x).kneighbors(q) for s in structures]
    for d, _ in found:
        # Brute force takes Euclidean distances through |x|^2 - 2xy + |y|^2.
        assert np.abs(d - found[-1][0]).max() < 1e-12, metric
    radius = {"euclidean": 1.2, "manhattan": 2.4, "chebyshev": 0.7, "cosine": 0.1, "hamming": 0.34}[metric]
    d, i = found[-1]
    around = NearestNeighbors(algorithm=structures[-1], metric=metric).fit(x).radius_neighbors(q[:200], radius, return_distance=True)
    cases.append(case(metric, {"structures": structures, "k": K, "radius": radius},
                      {"distances": packed(d, ">f8"), "indices": packed(i, ">i2"), "around": [len(v) for v in around[1]],
                       "sums": [float(v.sum()) for v in around[0]][:100]}))
write("learn", "nearest-neighbor-search", versions("sklearn", "numpy"), cases,
      "30500: rows matrix(1000, 6), queries matrix(2000, 6); for hamming rows belows(4, 12000), queries belows(4, 24000); "
      "distances and indices are zlib in base64, big-endian f64 and i16")
