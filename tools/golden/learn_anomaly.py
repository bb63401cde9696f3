"""lyceum-learn: local outlier factors, neighbour distances and isolation forests against scikit-learn."""
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from golden import Recipe, case, digits, table, versions, write

cases = []
r = Recipe(739)
for name, n, p in (("plane", 60, 2), ("wide", 90, 6)):
    x = r.bells(n * p).reshape(n, p)
    x[n // 2:] *= 0.2
    new = r.bells(25 * p).reshape(25, p) * 1.5
    for k in (1, 5, 20):
        lof = LocalOutlierFactor(k, novelty=True).fit(x)
        near = NearestNeighbors(n_neighbors=k).fit(x)
        own, other = near.kneighbors()[0], near.kneighbors(new)[0]
        cases.append(case(f"neighbours {name} {k}", {"neighbors": k},
                          {"lof": -lof.score_samples(new), "trainingLof": -lof.negative_outlier_factor_, "kth": other[:, -1],
                           "trainingKth": own[:, -1], "mean": other.mean(1), "trainingMean": own.mean(1)}))

cancer, kind = table("breast-cancer")
pixels, digit = digits()
x = np.vstack([r.bells(400 * 4).reshape(400, 4), r.bells(40 * 4).reshape(40, 4) * 3])
worlds = {
    # Name: training rows, test rows, which of these are odd. Cancer: label 0 is malignant.
    "cancer": (cancer[np.flatnonzero(kind == 1)[:200]], np.vstack([cancer[np.flatnonzero(kind == 1)[200:]], cancer[kind == 0]]), None),
    "digits": (pixels[np.flatnonzero(digit == 0)[:100]], np.vstack([pixels[np.flatnonzero(digit == 0)[100:]], pixels[digit == 5]]), None),
    "bells": (x[:200], x[200:], None)}
for name, (train, test, _) in worlds.items():
    odd = np.arange(len(test)) >= {"cancer": (kind == 1).sum() - 200, "digits": (digit == 0).sum() - 100, "bells": 200}[name]
    auc = [roc_auc_score(odd, -IsolationForest(n_estimators=100, max_samples=min(256, len(train)), random_state=s).fit(train).score_samples(test))
           for s in range(10)]
    print(name, np.mean(auc), np.std(auc))
    cases.append(case(f"isolation {name}", {"normal": int((~odd).sum())}, {"auc": np.mean(auc)}))

write("learn", "anomaly-detection", versions("sklearn", "numpy"), cases,
      "739: plane (60, 2) then wide (90, 6), the second half times 0.2, each with 25 new rows times 1.5; then bells: 400 rows of 4, and 40 times 3")
