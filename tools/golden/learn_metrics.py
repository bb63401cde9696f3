"""lyceum-learn, metrics: confusion-matrix, accuracy, precision, recall, f1-score, roc-auc."""
import math
import sys
import warnings

import numpy as np
from sklearn import metrics as M
from statsmodels.stats.proportion import proportion_confint

from golden import Recipe, case, versions, write

warnings.simplefilter("ignore")
REF = versions("sklearn", "statsmodels", "numpy")
NAN = float("nan")


def labelled(seed):
    """k classes, n rows; some classes never occur; predictions right with a chance of about one half; weights."""
    r = Recipe(seed)
    k, n = 2 + r.below(5), 1 + r.below(40)
    seen = 1 + r.below(k)
    truth = r.belows(seen, n)
    right = r.uniforms(n) < 0.5
    guess = r.belows(k, n)
    pred = np.where(right, truth, guess)
    weights = 0.25 + r.uniforms(n)
    return r, k, n, truth, pred, weights


LABELLED = ("r = Recipe(seed); k = 2 + below(5); n = 1 + below(40); seen = 1 + below(k); truth = n below(seen); right = n (uniform() < 0.5); guess = n below(k); pred = right ? truth : guess; "
            "w = n (0.25 + uniform()). Each line draws all its n before the next. ")


def confusion_matrix():
    cases = []
    for i in range(500):
        seed = 72100 + i
        r, k, n, truth, pred, w = labelled(seed)
        weight = w if i % 2 else None
        normalize = [None, "true", "pred", "all"][i % 4]
        order = r.shuffle(k)
        if i % 5 == 4 and k > 2:
            order = order[:-1]
        if not np.isin(order, truth).any():
            order = r.shuffle(k)
        matrix = M.confusion_matrix(truth, pred, labels=order, sample_weight=weight, normalize=normalize)
        expected = {"matrix": matrix}
        if len(order) == k:
            zero = [0.0, 1.0, NAN][i % 3]
            expected["scores"] = derived(truth, pred, weight, list(range(k)), zero)
        cases.append(case(f"random-{i}", {"seed": seed, "weighted": weight is not None, "normalize": normalize, "labels": order}, expected))
    for i in range(20):
        r = Recipe(72700 + i)
        n, k = 3 + r.below(10), 2 + r.below(3)
        truth, pred = r.uniforms(n * k).reshape(n, k) < 0.4, r.uniforms(n * k).reshape(n, k) < 0.4
        cases.append(case(f"multilabel-{i}", {"seed": 72700 + i, "n": n, "k": k}, {"matrices": M.multilabel_confusion_matrix(truth.astype(int), pred.astype(int))}))
    for name, t, p in [("two classes", [0, 1, 0, 1, 1, 0, 1, 1], [0, 1, 1, 1, 0, 0, 1, 0])]:
        plus, minus = M.class_likelihood_ratios(t, p)
        cases.append(case(name, {"truth": t, "pred": p}, {"matrix": M.confusion_matrix(t, p), "positiveLikelihoodRatio": plus, "negativeLikelihoodRatio": minus}))
    write("learn", "confusion-matrix", REF, cases,
          LABELLED + "labels = r.shuffle(k) afterwards (given; sometimes one short: rows with another truth or prediction are dropped). matrix[true][predicted] in the order of labels; normalize true / pred / all gives shares, 0 where a sum is 0. "
          "scores (on all k classes, labels 0..k-1, weights where weighted): accuracy, balanced, kappa, mcc, and macro / micro / weighted of precision, recall, f1, f2, jaccard with zeroDivision 0, 1 or NaN for i % 3 = 0, 1, 2 "
          "(NaN: the class is left out of the average; jaccard takes 0 for NaN). multilabel: truth then pred, n x k of uniform() < 0.4; matrices[label] = [[tn, fp], [fn, tp]].")


def derived(truth, pred, weight, labels, zero):
    s = {"accuracy": M.accuracy_score(truth, pred, sample_weight=weight), "balanced": M.balanced_accuracy_score(truth, pred, sample_weight=weight),
         "kappa": M.cohen_kappa_score(truth, pred, labels=labels, sample_weight=weight), "mcc": M.matthews_corrcoef(truth, pred, sample_weight=weight), "zeroDivision": zero}
    for average in ("macro", "micro", "weighted"):
        common = dict(labels=labels, average=average, sample_weight=weight)
        s[average] = [M.precision_score(truth, pred, zero_division=zero, **common), M.recall_score(truth, pred, zero_division=zero, **common), M.f1_score(truth, pred, zero_division=zero, **common),
                      M.fbeta_score(truth, pred, beta=2, zero_division=zero, **common), M.jaccard_score(truth, pred, zero_division=0 if math.isnan(zero) else int(zero), **common)]
    return s


def accuracy():
    cases = []
    for i in range(300):
        seed = 17000 + i
        r, k, n, truth, pred, w = labelled(seed)
        scores = r.uniforms(n * k).reshape(n, k)
        weight = w if i % 3 else None
        common = dict(sample_weight=weight)
        labels = list(range(k))
        expected = {"accuracy": M.accuracy_score(truth, pred, **common), "count": M.accuracy_score(truth, pred, normalize=False, **common), "balanced": M.balanced_accuracy_score(truth, pred, **common),
                    "balancedAdjusted": M.balanced_accuracy_score(truth, pred, adjusted=True, **common) if len(set(truth)) > 1 else None,
                    "kappa": M.cohen_kappa_score(truth, pred, labels=labels, **common), "kappaLinear": M.cohen_kappa_score(truth, pred, labels=labels, weights="linear", **common),
                    "kappaQuadratic": M.cohen_kappa_score(truth, pred, labels=labels, weights="quadratic", **common), "mcc": M.matthews_corrcoef(truth, pred, **common)}
        if k > 2:
            expected["top1"] = M.top_k_accuracy_score(truth, scores, k=1, labels=labels, **common)
            expected["top2"] = M.top_k_accuracy_score(truth, scores, k=2, labels=labels, **common)
        cases.append(case(f"random-{i}", {"seed": seed, "weighted": weight is not None}, expected))
    for i in range(20):
        r = Recipe(17400 + i)
        n, k = 3 + r.below(10), 2 + r.below(3)
        truth, pred = (r.uniforms(n * k).reshape(n, k) < 0.5).astype(int), (r.uniforms(n * k).reshape(n, k) < 0.5).astype(int)
        pred[::2] = truth[::2]
        cases.append(case(f"subset-{i}", {"seed": 17400 + i, "n": n, "k": k}, {"subset": M.accuracy_score(truth, pred), "hammingLoss": M.hamming_loss(truth, pred)}))
    intervals = []
    for n in (1, 5, 20, 100, 1000):
        for c in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            for a in (0.05, 0.01, 0.32):
                row = [n, c, a]
                for method in ("beta", "wilson", "normal", "agresti_coull", "jeffreys"):
                    row += list(proportion_confint(c, n, alpha=a, method=method))
                intervals.append(row)
    cases.append(case("intervals", {"columns": "n, successes, alpha, then low and high of beta (Clopper-Pearson), wilson, normal, agresti_coull, jeffreys"}, {"rows": intervals}))
    write("learn", "accuracy", REF, cases, LABELLED + "Then scores = n x k uniforms, row by row (top-k only for k > 2). weighted: i % 3 != 0. balancedAdjusted null with one true class. Degenerate kappa is NaN and mcc 0 as in scikit-learn. "
          "subset: truth then pred, n x k of uniform() < 0.5, then rows 0, 2, 4... of pred are set to truth's.")


AVERAGES = ("micro", "macro", "weighted")


def averaged(topic, base, functions, note):
    cases = []
    for i in range(300):
        seed = base + i
        r, k, n, truth, pred, w = labelled(seed)
        weight = w if i % 2 else None
        labels = list(range(k))
        expected = {}
        for name, f in functions.items():
            for zero in (0.0, 1.0, NAN):
                values = [f(truth, pred, labels=labels, average=a, zero_division=zero, sample_weight=weight) for a in AVERAGES]
                expected[f"{name} {zero:g}"] = {"averages": values, "classes": f(truth, pred, labels=labels, average=None, zero_division=zero, sample_weight=weight)}
            if all(str(expected[f"{name} {z}"]) == str(expected[f"{name} 0"]) for z in ("1", "nan")):
                del expected[f"{name} 1"], expected[f"{name} nan"]
            if k == 2:
                expected[f"{name} binary"] = f(truth, pred, average="binary", pos_label=1, zero_division=0.0, sample_weight=weight)
        cases.append(case(f"random-{i}", {"seed": seed, "k": k, "weighted": weight is not None}, expected))
    for i in range(30):
        r = Recipe(base + 400 + i)
        n, k = 3 + r.below(12), 2 + r.below(4)
        truth, pred = (r.uniforms(n * k).reshape(n, k) < 0.4).astype(int), (r.uniforms(n * k).reshape(n, k) < 0.4).astype(int)
        expected = {}
        for name, f in functions.items():
            for zero in (0.0, 1.0, NAN):
                expected[f"{name} {zero:g}"] = {"averages": [f(truth, pred, average=a, zero_division=zero) for a in (*AVERAGES, "samples")], "classes": f(truth, pred, average=None, zero_division=zero)}
        cases.append(case(f"multilabel-{i}", {"seed": base + 400 + i, "n": n, "k": k}, expected))
    write("learn", topic, REF, cases, LABELLED + "weighted: odd i. Keys: 'name zeroDivision' with averages = [micro, macro, weighted] (multilabel: and samples) and one value a class; zeroDivision 1 and nan are left out where they change nothing; "
          "nan: undefined classes are NaN and left out of averages. binary: positive class 1, zeroDivision 0. multilabel: truth then pred, n x k of uniform() < 0.4. " + note)


def precision():
    averaged("precision", 17500, {"precision": M.precision_score}, "")


def recall():
    averaged("recall", 18500, {"recall": M.recall_score}, "")


def f1_score():
    def beta(b):
        return lambda *a, **k: M.fbeta_score(*a, beta=b, **k)
    averaged("f1-score", 19500, {"f1": M.f1_score, "f2": beta(2), "f0.5": beta(0.5)}, "")


def roc_auc():
    cases = []
    for i in range(200):
        seed = 4700 + i
        r = Recipe(seed)
        n = 4 + r.below(40)
        levels = 3 + r.below(20)
        truth = (r.uniforms(n) < 0.4).astype(int)
        truth[0], truth[1] = 0, 1
        score = (r.belows(levels, n) + truth * r.below(3)) / 8.0
        w = 0.25 + r.uniforms(n)
        weight = w if i % 2 else None
        fpr, tpr, cuts = M.roc_curve(truth, score, sample_weight=weight)
        expected = {"fpr": fpr, "tpr": tpr, "thresholds": cuts, "auc": M.roc_auc_score(truth, score, sample_weight=weight), "partialAuc": M.roc_auc_score(truth, score, sample_weight=weight, max_fpr=0.3)}
        if i < 40:
            p, q, t = M.precision_recall_curve(truth, score, sample_weight=weight)
            expected["allPoints"] = len(M.roc_curve(truth, score, sample_weight=weight, drop_intermediate=False)[0])
            expected["averagePrecision"] = M.average_precision_score(truth, score, sample_weight=weight)
        cases.append(case(f"random-{i}", {"seed": seed, "weighted": weight is not None}, expected))
    for i in range(30):
        r = Recipe(4950 + i)
        k, n = 3 + r.below(3), 20 + r.below(30)
        truth = r.belows(k, n)
        truth[:k] = range(k)
        scores = (1 + r.belows(12, n * k)).reshape(n, k).astype(float)
        p = scores / scores.sum(axis=1, keepdims=True)
        expected = {f"{how} {average}": M.roc_auc_score(truth, p, multi_class=how, average=average) for how, average in (("ovr", "macro"), ("ovr", "weighted"), ("ovr", "micro"), ("ovo", "macro"), ("ovo", "weighted"))}
        expected["classes"] = M.roc_auc_score(truth, p, multi_class="ovr", average=None)
        cases.append(case(f"multiclass-{i}", {"seed": 4950 + i, "k": k, "n": n}, expected))
    write("learn", "roc-auc", REF, cases,
          "random: r = Recipe(seed); n = 4 + below(40); levels = 3 + below(20); truth = n (uniform() < 0.4), then truth[0] = 0, truth[1] = 1; score_i = n below(levels), then one lift = below(3): score = (level + truth * lift) / 8.0; w = n (0.25 + uniform()), "
          "used for odd i. roc_curve drops collinear points; thresholds[0] is Infinity. partialAuc: max_fpr 0.3, standardised (McClish). multiclass: k = 3 + below(3); n = 20 + below(30); truth = n below(k), then truth[j] = j for j < k; "
          "score = 1 + below(12), n x k row by row; p = score / row sum.")


if __name__ == "__main__":
    for make in (confusion_matrix, accuracy, precision, recall, f1_score, roc_auc):
        if len(sys.argv) == 1 or make.__name__ in sys.argv:
            make()
