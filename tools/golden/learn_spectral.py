"""lyceum-learn: spectral clustering of rings against scikit-learn with the same affinity."""
import numpy as np
from sklearn.cluster import SpectralClustering

from golden import Recipe, case, versions, write

cases = []
r = Recipe(56800)
for n, k, noise, gamma in ((120, 2, 0.05, 10.0), (200, 2, 0.1, 8.0), (400, 3, 0.04, 12.0), (250, 2, 0.1, 10.0)):
    ring, angle, wobble = r.belows(k, n), 2 * np.pi * (np.arange(n) + r.uniforms(n)) / n, r.bells(n)
    radius = 1.0 + ring + noise * wobble
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    a = np.exp(-gamma * ((x[:, None] - x[None]) ** 2).sum(axis=2))
    s = SpectralClustering(k, affinity="precomputed", random_state=0, n_init=50, eigen_solver="arpack", eigen_tol=1e-12).fit(a)
    print(n, np.unique(s.labels_ * 10 + ring, return_counts=True))
    cases.append(case(f"rings {n}", {"n": n, "k": k, "noise": noise, "gamma": gamma},
                      {"labels": "".join(chr(97 + v) for v in s.labels_)}))
write("learn", "spectral-clustering", versions("sklearn", "numpy"), cases,
      "56800, for each case in turn: ring = belows(k, n), angle = 2 pi (i + u) / n, wobble (n bells); radius 1 + ring + noise wobble")
