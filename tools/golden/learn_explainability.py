"""Golden values of lyceum.learn.explain: permutation importance and partial dependence by scikit-learn (explainability.json)."""
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

import golden as g


class Formula(RegressorMixin, BaseEstimator):
    """3 x0 + x1 x2 + |x3| + [x4 > 0.2]: the test says the same."""

    def fit(self, x, y):
        self.fitted_ = True
        return self

    def predict(self, x):
        return 3 * x[:, 0] + x[:, 1] * x[:, 2] + np.abs(x[:, 3]) + (x[:, 4] > 0.2)


def main():
    cases = []
    for seed in (1, 2, 3):
        r = g.Recipe(seed)
        x = np.round(r.matrix(60, 5), 3)
        y = np.round(Formula().predict(x) + 0.5 * r.bells(60), 3)
        model = Formula().fit(x, y)
        repeats = 4
        for scoring in ("r2", "neg_mean_squared_error"):
            found = permutation_importance(model, x, y, scoring=scoring, n_repeats=repeats, random_state=seed)
            # scikit-learn's draws: one seed for every column, and each shuffle on top of the one before.
            state = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
            index, effective, orders = np.arange(60), np.arange(60), []
            for _ in range(repeats):
                state.shuffle(index)
                effective = effective[index]
                orders.append(effective.copy())
            cases.append(g.case(f"importance {seed} {scoring}", {"x": x, "y": y, "orders": orders}, {"importances": found.importances}))
        for column in range(5):
            pd = partial_dependence(model, x, [column], method="brute", kind="both", grid_resolution=9, percentiles=(0, 1))
            cases.append(g.case(f"dependence {seed} {column}", {"column": column, "grid": pd["grid_values"][0]},
                                {"average": pd["average"][0], "individual": pd["individual"][0][::10]}))
    g.write("learn", "explainability", g.versions("sklearn"), cases)


if __name__ == "__main__":
    main()
