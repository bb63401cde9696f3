"""lyceum-learn, judging scores and probabilities: precision-recall-curve, and what follows below."""
import sys
import warnings

import numpy as np
from sklearn import metrics as M
from sklearn.base import BaseEstimator, ClassifierMixin

from golden import Recipe, case, diabetes, versions, write

warnings.simplefilter("ignore")
REF = versions("sklearn", "scipy", "numpy")


def print_of(r, *arrays):
    """One number for several arrays: the sum of their entries times uniforms drawn now, array by array."""
    return sum(float(np.dot(np.asarray(a, float).ravel(), r.uniforms(np.size(a)))) for a in arrays)


def precision_recall_curve():
    rows, zeros, cases = [], [], []
    for i in range(500):
        r = Recipe(72200 + i)
        n, levels = 4 + r.below(40), 3 + r.below(20)
        truth = r.uniforms(n) < 0.4
        truth[0] = True
        level = r.belows(levels, n)
        lift = r.below(3)
        score = (level + truth * lift) / 8.0
        w = 0.25 + r.uniforms(n)
        weight = w if i % 2 else None
        p, q, cuts = (a[::-1] for a in M.precision_recall_curve(truth, score, sample_weight=weight))
        rows.append([len(p), M.average_precision_score(truth, score, sample_weight=weight), print_of(r, p, q, cuts)])
        if i < 8:
            cases.append(case(f"curve-{i}", {"seed": 72200 + i}, {"precision": p, "recall": q, "thresholds": cuts}))
        if i < 100:
            some = np.where(np.arange(n) % 3 == 1, 0, w)
            p, q, cuts = (a[::-1] for a in M.precision_recall_curve(truth, score, sample_weight=some))
            zeros.append([len(p), M.average_precision_score(truth, score, sample_weight=some), print_of(r, p, q, cuts)])
    cases.append(case("random", {"first": 72200}, {"rows": rows}))
    cases.append(case("zeros", {"first": 72200}, {"rows": zeros}))
    for i in range(8):
        r = Recipe(72750 + i)
        k, n = 3 + r.below(3), 20 + r.below(30)
        truth = r.belows(k, n)
        truth[:k] = np.arange(k)
        scores = r.belows(12, n * k).reshape(n, k) / 4.0
        labels = r.uniforms(n * k).reshape(n, k) < 0.3
        labels[0] = True
        names = ("micro", "macro", "weighted")
        cases.append(case(f"classes-{i}", {"seed": 72750 + i},
                          {"multiclass": [M.average_precision_score(np.eye(k)[truth], scores, average=a) for a in names],
                           "multilabel": [M.average_precision_score(labels, scores, average=a) for a in names]}))
    write("learn", "precision-recall-curve", REF, cases,
          "random: for row i, r = Recipe(first + i); n = 4 + below(40); levels = 3 + below(20); truth = n (uniform() < 0.4), then truth[0] = 1; level = n below(levels); lift = below(3); score = (level + truth * lift) / 8.0; "
          "w = n (0.25 + uniform()), used for odd i. Row: points; average precision; print: the sum of precision, recall and thresholds, highest threshold first, each times a uniform drawn after w, one array after another. "
          "The first point has no threshold. zeros: likewise the first 100 sets, weighted by w but for rows 1, 4, 7 ... of weight 0, uniforms after those before. curve-i: the arrays of row i. classes: k = 3 + below(3); n = 20 + below(30); truth = n below(k), then truth[j] = j for j < k; scores = n k below(12) / 4.0 row by row; "
          "labels = n k (uniform() < 0.3), row 0 all true; averages micro, macro, weighted.")


def proper_scoring_rules():
    from scipy.integrate import quad
    from scipy.stats import norm

    def crps(w, m, sd, y):
        low, high = min(min(m) - 12 * max(sd), y), max(max(m) + 12 * max(sd), y)
        cuts = sorted({c for a, s in zip(m, sd) for c in (a - 4 * s, a, a + 4 * s) if low < c < high})
        below = lambda t: sum(a * norm.cdf(t, b, c) for a, b, c in zip(w, m, sd)) ** 2
        above = lambda t: sum(a * norm.sf(t, b, c) for a, b, c in zip(w, m, sd)) ** 2
        total = 0
        for f, a, b in ((below, low, y), (above, y, high)):
            ends = [a] + [c for c in cuts if a < c < b] + [b]
            total += sum(quad(f, p, q, epsabs=1e-14, epsrel=1e-13, limit=200)[0] for p, q in zip(ends, ends[1:]))
        return total

    one, many = [], []
    for i in range(60):
        r = Recipe(71500 + i)
        m, sd, y = 4 * r.bell(), 0.1 + 3 * r.uniform(), 6 * r.bell()
        one.append(crps([1], [m], [sd], y))
        k = 2 + r.below(3)
        w, ms, sds = 0.1 + r.uniforms(k), 4 * r.bells(k), 0.2 + 2 * r.uniforms(k)
        many.append(crps(w / w.sum(), ms, sds, y))
    write("learn", "proper-scoring-rules", REF, [case("crps", {"first": 71500}, {"normal": one, "mixture": many})],
          "crps: for entry i, r = Recipe(first + i); mean = 4 bell(); sd = 0.1 + 3 uniform(); y = 6 bell(); mixture: k = 2 + below(3); w = k (0.1 + uniform()), normalised; means = k (4 bell()); sds = k (0.2 + 2 uniform()). "
          "By scipy's quad of the squared distances of distribution functions, in pieces.")


def brier_score():
    rows = []
    for i in range(200):
        r = Recipe(73700 + i)
        n = 1 + r.below(40)
        truth = (r.uniforms(n) < 0.4).astype(int)
        p = r.belows(11, n) / 10 if i % 3 == 0 else r.uniforms(n)
        w = 0.25 + r.uniforms(n)
        rows.append(M.brier_score_loss(truth, p, sample_weight=w if i % 2 else None, pos_label=1))
    write("learn", "brier-score", REF, [case("random", {"first": 73700}, {"scores": rows})],
          "for entry i, r = Recipe(first + i); n = 1 + below(40); truth = n (uniform() < 0.4); p = n below(11) / 10 where i % 3 = 0, else n uniform(); w = n (0.25 + uniform()), used for odd i.")


class Scored(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose scores are the columns of x."""
    def __init__(self, k=2):
        self.k = k
        self.classes_ = np.arange(k)

    def fit(self, x, y):
        return self

    def decision_function(self, x):
        return x[:, 0] if x.shape[1] == 1 else x

    def predict(self, x):
        return np.zeros(len(x), int)


def platt_isotonic():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.isotonic import IsotonicRegression

    rows, cases = [], []
    for i in range(500):
        r = Recipe(60700 + i)
        n = 1 + r.below(40)
        x = r.belows(30, n) / 4 if i % 2 else r.bells(n)
        y = (r.uniforms(n) < 0.5).astype(float) if i % 4 < 2 else r.bells(n) + x
        w = 0.25 + r.uniforms(n)
        at = 3 * r.bells(10)
        g = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=w if i % 3 else None)
        rows.append([len(g.X_thresholds_), print_of(r, g.predict(x), g.predict(at))])
    cases.append(case("isotonic", {"first": 60700}, {"rows": rows}))
    for i in range(24):
        r = Recipe(61300 + i)
        k, n = 2 + i % 3, 20 + r.below(200)
        truth = r.belows(k, n)
        truth[:k] = np.arange(k)
        s = (r.bells(n) + 2 * truth).reshape(n, 1) * (10 if i % 5 == 4 else 1) if k == 2 else r.matrix(n, k) + 1.5 * np.eye(k)[truth]
        w = 0.25 + r.uniforms(n)
        m = CalibratedClassifierCV(Scored(k), method="sigmoid", cv="prefit").fit(s, truth, sample_weight=w if i % 2 else None)
        fits = m.calibrated_classifiers_[0].calibrators
        cases.append(case(f"platt-{i}", {"seed": 61300 + i}, {"slope": [-c.a_ for c in fits], "intercept": [-c.b_ for c in fits], "p": m.predict_proba(s)[:3]}))
    write("learn", "platt-isotonic", REF, cases,
          "isotonic: for row i, r = Recipe(first + i); n = 1 + below(40); x = n below(30) / 4 for odd i, else n bells; y = n (uniform() < 0.5) where i % 4 < 2, else n bells + x; w = n (0.25 + uniform()), used where i % 3; at = 10 (3 bell()). "
          "Row: knots; print: g(x) and g(at), clipped beyond the ends, each times a uniform drawn next. platt-i: k = 2 + i % 3; n = 20 + below(200); truth = n below(k), then truth[j] = j for j < k; scores for k = 2: n (bell() + 2 truth), times 10 where i % 5 == 4; "
          "else n k bells row by row + 1.5 at the true class; w = n (0.25 + uniform()), used for odd i. slope and intercept are minus scikit-learn's a_ and b_.")


def temperature_scaling():
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    found = []
    for i in range(60):
        r = Recipe(31400 + i)
        k, n = 2 + i % 5, 20 + r.below(200)
        truth = r.belows(k, n)
        z = (0.3 + 4 * r.uniform()) * (r.matrix(n, k) + 1.2 * np.eye(k)[truth])
        w = 0.25 + r.uniforms(n) if i % 2 else np.ones(n)
        nll = lambda t: -np.dot(w, log_softmax(z / np.exp(t), axis=1)[np.arange(n), truth]) / w.sum()
        found.append(np.exp(minimize_scalar(nll, bounds=(-6, 6), method="bounded", options={"xatol": 1e-11}).x))
    write("learn", "temperature-scaling", REF, [case("random", {"first": 31400}, {"temperatures": found})],
          "for entry i, r = Recipe(first + i); k = 2 + i % 5; n = 20 + below(200); truth = n below(k); scale = 0.3 + 4 uniform(); z = scale * (n k bells row by row + 1.2 at the true class); w = n (0.25 + uniform()) for odd i. "
          "scipy's minimize_scalar over log T.")


def calibration():
    from sklearn.calibration import calibration_curve

    rows, cases = [], []
    for i in range(200):
        r = Recipe(60600 + i)
        n, bins = 5 + r.below(200), 1 + r.below(15)
        p = r.belows(21, n) / 20 if i % 4 == 0 else r.uniforms(n) ** (1 + i % 3)
        truth = r.uniforms(n) < p
        truth[0], truth[1] = True, False
        sums = []
        for strategy in ("uniform", "quantile"):
            true, said = calibration_curve(truth, p, n_bins=bins, strategy=strategy)
            sums += [len(true), print_of(r, true, said)]
            if i < 4:
                cases.append(case(f"{strategy}-{i}", {"seed": 60600 + i}, {"accuracy": true, "confidence": said}))
        rows.append(sums)
    cases.append(case("random", {"first": 60600}, {"rows": rows}))
    write("learn", "calibration", REF, cases,
          "random: for row i, r = Recipe(first + i); n = 5 + below(200); bins = 1 + below(15); p = n below(21) / 20 where i % 4 == 0, else n (uniform() to the power 1 + i % 3); truth = n (uniform() < p), then truth[0] = 1, truth[1] = 0. "
          "Row: for uniform, then quantile bins: points of calibration_curve; print: observed frequencies and mean probabilities times uniforms drawn next. uniform-i and quantile-i: the curves of row i.")


def ranking():
    from scipy import stats

    rows, cases = [], []
    for i in range(500):
        r = Recipe(26600 + i)
        n = 3 + r.below(30)
        grades, levels = 2 + r.below(4), 2 + r.below(40)
        relevance = r.belows(grades, n)
        relevance[0] = grades - 1
        relevance[1] = 0
        scores = (r.belows(levels, n) + relevance * r.below(2)) / 4
        k = 1 + r.below(n)
        found = [M.ndcg_score([relevance], [scores]), M.ndcg_score([relevance], [scores], k=k), M.average_precision_score(relevance > 0, scores),
                 stats.kendalltau(scores, relevance).statistic, stats.spearmanr(scores, relevance).statistic]
        if np.ptp(scores) == 0:
            found[3] = found[4] = 0.0
        rows.append(print_of(r, found))
        if i < 30:
            cases.append(case(f"query-{i}", {"seed": 26600 + i}, {"measures": found}))
    cases.append(case("random", {"first": 26600}, {"prints": rows}))
    write("learn", "ranking", REF, cases,
          "random: for row i, r = Recipe(first + i); n = 3 + below(30); grades = 2 + below(4); levels = 2 + below(40); relevance = n below(grades), then relevance[0] = grades - 1, relevance[1] = 0; s = n below(levels); lift = below(2); scores = (s + relevance * lift) / 4; "
          "k = 1 + below(n). Print: ndcg, ndcg at k, average precision (relevance above 0), tau-b and rho (0 where all scores are equal), times uniforms drawn next. query-i: the five measures of row i.")


def prediction_error():
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import acorr_ljungbox, het_breuschpagan
    from statsmodels.stats.outliers_influence import OLSInfluence
    from statsmodels.stats.stattools import durbin_watson, jarque_bera

    x, y = diabetes()
    exog = sm.add_constant(x)
    cases = []
    for name, weights in (("plain", None), ("weighted", 0.25 + Recipe(7600).uniforms(len(y)))):
        fit = sm.OLS(y, exog).fit() if weights is None else sm.WLS(y, exog, weights).fit()
        influence = OLSInfluence(fit)
        measures = {"hat": influence.hat_matrix_diag, "standardised": influence.resid_studentized_internal, "studentised": influence.resid_studentized_external,
                    "cook": influence.cooks_distance[0], "dffits": influence.dffits[0]} if weights is None else {}
        resid = fit.wresid
        r = Recipe(7601)
        expected = {"prints": {k: print_of(r, v) for k, v in measures.items()}, "every20th": {k: v[::20] for k, v in measures.items()},
                    "press": float((influence.resid_press ** 2).sum()) if weights is None else None, "variance": fit.mse_resid}
        if weights is None:
            expected["tests"] = {"breuschPagan": het_breuschpagan(resid, exog)[:2], "durbinWatson": durbin_watson(resid),
                                 "ljungBox": acorr_ljungbox(resid, lags=[5]).values[0], "jarqueBera": jarque_bera(resid)[:2]}
        cases.append(case(name, {}, expected))
    write("learn", "prediction-error", versions("statsmodels", "scipy", "numpy"), cases,
          "diabetes (scaled), with a constant. weighted: weights = 442 (0.25 + uniform()) of Recipe(7600). prints: each measure times uniforms of Recipe(7601), one measure after another; every20th: rows 0, 20, 40 ... Ljung-Box up to lag 5.")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    for make in (precision_recall_curve, proper_scoring_rules, brier_score, platt_isotonic, temperature_scaling, calibration, ranking, prediction_error):
        if not chosen or make.__name__ in chosen:
            make()
