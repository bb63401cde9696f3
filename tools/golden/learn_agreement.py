"""lyceum-learn, partitions compared and silhouettes: unsupervised-learning."""
import numpy as np
from sklearn import metrics as M

from golden import Recipe, case, versions, write

if __name__ == "__main__":
    cases = []
    for i in range(80):
        r = Recipe(7000 + i)
        n = 3 + r.below(60)
        a, b = r.belows(1 + i % 6, n), r.belows(1 + i % 5, n)
        b = np.where(r.uniforms(n) < (i % 3) / 2.5, a, b)
        cases.append(case(str(i), {"seed": 7000 + i}, {"ari": M.adjusted_rand_score(a, b), "nmi": M.normalized_mutual_info_score(a, b), "homogeneity": M.homogeneity_score(a, b),
                                                       "completeness": M.completeness_score(a, b), "v": M.v_measure_score(a, b), "fmi": M.fowlkes_mallows_score(a, b)}))
    for i in range(10):
        r = Recipe(7100 + i)
        x = r.matrix(40, 1 + i % 3)
        labels = r.belows(2 + i % 4, 40)
        labels[0] = 9  # a cluster of its own
        cases.append(case(f"silhouette {i}", {"seed": 7100 + i}, {"values": M.silhouette_samples(x, labels)}))
    write("learn", "unsupervised-learning", versions("sklearn", "scipy", "numpy"), cases,
          "n = 3 + below(60); a = belows(1 + i % 6, n), b = belows(1 + i % 5, n), b = a where uniform < (i % 3) / 2.5. Silhouettes: matrix(40, 1 + i % 3), belows(2 + i % 4, 40), the first 9")
