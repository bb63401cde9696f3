"""lyceum-learn, reductions to two classes: multiclass-classification."""
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier

from golden import case, digits, versions, write

warnings.simplefilter("ignore")

if __name__ == "__main__":
    x, y = digits()
    x = x / 16.0
    base = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000)
    cases = []
    for name, wrapper in (("rest", OneVsRestClassifier(base)), ("one", OneVsOneClassifier(base)), ("code", OutputCodeClassifier(base, code_size=2.0, random_state=3))):
        m = wrapper.fit(x[:1000], y[:1000])
        e = {"predictions": m.predict(x[1000:]), "fits": len(m.estimators_)}
        if name == "code":
            e["code"] = (m.code_book_ > 0).astype(int)
        cases.append(case(name, {"train": "first 1,000 digits / 16", "C": 1.0}, e))
    write("learn", "multiclass-classification", versions("sklearn", "scipy", "numpy"), cases, "predictions of rows 1,000 on")
