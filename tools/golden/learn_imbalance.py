"""Class weights and balanced logistic regression (class-reweighting.json)."""
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

import golden


def main():
    warnings.simplefilter("error")
    cases = []
    for i in range(12):
        r = golden.Recipe(50 + i)
        classes = 2 + i % 5
        labels = [int(r.uniform() ** (1 + i % 3) * classes) * 3 - 2 for _ in range(40 + 30 * i)]
        found = sorted(set(labels))
        cases.append(golden.case(f"weights-{i}", {"labels": labels},
                                 {"classes": found, "balanced": compute_class_weight("balanced", classes=np.array(found), y=labels)}))
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    for c in (0.1, 1.0):
        model = LogisticRegression(C=c, class_weight="balanced", tol=1e-10, max_iter=100_000).fit(x, y)
        cases.append(golden.case(f"logistic-{c}", {"c": c}, {"coef": model.coef_[0], "intercept": model.intercept_[0]}))
    golden.write("learn", "class-reweighting", golden.versions("sklearn", "numpy"), cases)


if __name__ == "__main__":
    main()
