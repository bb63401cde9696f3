"""lyceum-learn: linkage against SciPy, cuts against scikit-learn, DIANA against R's cluster package."""
import json
import subprocess
import tempfile

import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import AgglomerativeClustering

from golden import Recipe, case, table, versions, write

METHODS = ("single", "complete", "average", "weighted", "centroid", "median", "ward")
cases = []
r = Recipe(56700)
for s in range(50):
    n, p = 6 + r.below(20), 1 + r.below(4)
    x = r.matrix(n, p) * (1 + np.arange(p))
    u, e = r.uniforms(n - 1), {}
    for m in METHODS:
        z = linkage(x, m)
        pairs = z[:, :2].astype(int).tolist()
        e[m] = {"pairs": sum((i + 1) * (97 * a + b) for i, (a, b) in enumerate(pairs)), "heights": float(z[:, 2] @ u),
                "cophenetic": float(cophenet(z, pdist(x))[0])}
    cases.append(case(f"random {s}", {}, e))
x, _ = table("iris")
for m in ("ward", "complete", "average", "single"):
    for k in (2, 3, 5, 8):
        labels = AgglomerativeClustering(k, linkage=m).fit(x).labels_
        cases.append(case(f"iris {m} {k}", {"linkage": m, "k": k}, {"labels": "".join(chr(97 + v) for v in labels)}))
for name in ("iris", "wine"):
    x = table(name)[0]
    with tempfile.NamedTemporaryFile(suffix=".csv") as f:
        np.savetxt(f.name, x, delimiter=",", fmt="%.17g")
        R = f'library(cluster); h <- diana(as.matrix(read.csv("{f.name}", header = FALSE)))$height; ' \
            'cat(R.version.string, "\\n", paste(format(sort(h), digits = 17), collapse = " "))'
        version, heights = subprocess.run(["Rscript", "-e", R], capture_output=True, text=True, check=True).stdout.split("\n")
    cases.append(case(f"diana {name}", {"data": name}, {"heights": [float(v) for v in heights.split()]}))
write("learn", "hierarchical-clustering", dict(versions("scipy", "sklearn", "numpy"), R=version.strip()), cases,
      "56700, for each random set in turn: n = 6 + below(20), p = 1 + below(4), x = bells (n x p) times 1 + j, u (n - 1) uniforms; "
      "heights is their sum times u, pairs the sum of (i + 1)(97 left + right)")
