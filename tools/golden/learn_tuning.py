"""Hyper-parameter search: every score of GridSearchCV on fixed folds (hyperparameter-search.json)."""
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import golden


def case(name, estimator, grid, data, folds, scoring):
    found = GridSearchCV(estimator, grid, cv=folds, scoring=scoring).fit(*data)
    splits = folds.get_n_splits()
    results = found.cv_results_
    return golden.case(name, {"folds": splits, "scoring": scoring}, {
        "candidates": [str(p) for p in results["params"]],
        "mean": results["mean_test_score"],
        "scores": np.array([results[f"split{s}_test_score"] for s in range(splits)]).T.ravel(),
        "best": int(found.best_index_)})


def main():
    diabetes, iris, cancer = (load(return_X_y=True) for load in (load_diabetes, load_iris, load_breast_cancer))
    cases = [
        case("ridge", Ridge(), {"alpha": [0.001, 0.01, 0.1, 1.0, 10.0], "fit_intercept": [True, False]}, diabetes, KFold(5), "r2"),
        case("ridge-mse", Ridge(), {"alpha": [0.003, 0.03, 0.3]}, diabetes, KFold(10), "neg_mean_squared_error"),
        case("neighbours", KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 9, 15, 31], "weights": ["uniform", "distance"]}, iris,
             StratifiedKFold(5), "accuracy"),
        case("scaled-neighbours", make_pipeline(StandardScaler(), KNeighborsClassifier()), {"kneighborsclassifier__n_neighbors": [1, 3, 7, 15]},
             cancer, StratifiedKFold(4), "accuracy"),
    ]
    golden.write("learn", "hyperparameter-search", golden.versions("sklearn", "numpy"), cases)


if __name__ == "__main__":
    main()
