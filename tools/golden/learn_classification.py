"""lyceum-learn, classification: accuracies of classifiers on the same folds of four data sets."""
import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from golden import Recipe, case, digits, standardise, table, versions, write

warnings.simplefilter("ignore")


def accuracy(make, x, y, order, seeds):
    """Mean over folds, for each random state."""
    means = []
    for s in range(seeds):
        total = []
        for k in range(5):
            test = np.array(order[k::5])
            train = np.setdiff1d(np.arange(len(y)), test)
            total.append(np.mean(make(s).fit(x[train], y[train]).predict(x[test]) == y[test]))
        means.append(float(np.mean(total)))
    return means


if __name__ == "__main__":
    cases = []
    for number, name in enumerate(("iris", "wine", "breast-cancer", "digits")):
        x, y = digits() if name == "digits" else table(name)[:2]
        x = standardise(x)
        y = np.asarray(y).astype(int)
        p = x.shape[1]
        order = Recipe(16400 + number).shuffle(len(y))
        each = {
            "logistic regression": (lambda s: LogisticRegression(C=1.0, tol=1e-8, max_iter=5000), 1), "linear discriminant analysis": (lambda s: LinearDiscriminantAnalysis(), 1),
            "naive Bayes": (lambda s: GaussianNB(), 1), "nearest neighbours": (lambda s: KNeighborsClassifier(5), 1), "support vectors": (lambda s: SVC(C=1.0, gamma=1.0 / p), 1),
            "linear support vectors": (lambda s: LinearSVC(C=1.0, dual=True, max_iter=100000, random_state=s), 1),
            "one against one": (lambda s: OneVsOneClassifier(GaussianNB()), 1),
            "bagged decision trees": (lambda s: BaggingClassifier(DecisionTreeClassifier(), 20, random_state=s), 3),
            "decision tree": (lambda s: DecisionTreeClassifier(random_state=s), 5), "random forest": (lambda s: RandomForestClassifier(100, random_state=s), 2)}
        if name != "digits":  # there columns are constant within a class, and its probabilities of 1 tie; stumps, stages and networks take minutes
            each["one against the rest"] = (lambda s: OneVsRestClassifier(GaussianNB()), 1)
            each["logistic regression, chosen by folds"] = (lambda s: LogisticRegressionCV(Cs=[0.1, 1, 10], cv=5, scoring="neg_log_loss", tol=1e-6, max_iter=5000), 1)
            each["quadratic discriminant analysis"] = (lambda s: QuadraticDiscriminantAnalysis(), 1)
            each["AdaBoost"] = (lambda s: AdaBoostClassifier(n_estimators=50, algorithm="SAMME", random_state=s), 1)
            each["boosted decision trees"] = (lambda s: GradientBoostingClassifier(random_state=s), 1)
            each["network of classes"] = (lambda s: MLPClassifier((32,), max_iter=500, random_state=s), 3)
        cases.append(case(name, {"folds": "order = Recipe(16400 + number).shuffle(n); fold k tests order[k::5]", "columns": "standardised over all rows"},
                          {k: accuracy(m, x, y, order, seeds) for k, (m, seeds) in each.items()}))
    write("learn", "classification", versions("sklearn", "scipy", "numpy"), cases, "")
