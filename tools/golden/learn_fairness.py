"""Fairness: the most accurate randomised thresholds under three criteria, as linear programs (bias-mitigation.json)."""
import numpy as np
import scipy
from scipy.optimize import linprog

import golden

LEVELS = 9


def optimum(counts, criterion):
    """counts[g][level][label]. Variables: for each group the probability of each threshold, accept if level >= k, k = 0..LEVELS."""
    groups = len(counts)
    n = float(np.sum(counts))
    columns = LEVELS + 1
    tpr, fpr, sel, right = (np.zeros((groups, columns)) for _ in range(4))
    for g in range(groups):
        c = np.array(counts[g], float)
        neg, pos = c[:, 0].sum(), c[:, 1].sum()
        for k in range(columns):
            tp, fp = c[k:, 1].sum(), c[k:, 0].sum()
            tpr[g, k], fpr[g, k], sel[g, k] = tp / pos, fp / neg, (tp + fp) / (neg + pos)
            right[g, k] = tp + neg - fp
    shared = {"DEMOGRAPHIC_PARITY": [sel], "EQUAL_OPPORTUNITY": [tpr], "EQUALISED_ODDS": [tpr, fpr]}[criterion]
    equal, values = [], []
    for g in range(groups):
        row = np.zeros((groups, columns))
        row[g] = 1
        equal.append(row.ravel())
        values.append(1)
    for rate in shared:
        for g in range(1, groups):
            row = np.zeros((groups, columns))
            row[g] = rate[g]
            row[0] = -rate[0]
            equal.append(row.ravel())
            values.append(0)
    found = linprog(-right.ravel() / n, A_eq=np.array(equal), b_eq=values, bounds=(0, 1), method="highs")
    assert found.success
    return -found.fun


def main():
    cases = []
    for i in range(30):
        r = golden.Recipe(900 + i)
        groups = 2 + i % 3
        counts = []
        for g in range(groups):
            tilt = 0.1 + 0.25 * r.uniform()
            cells = []
            for level in range(LEVELS):
                p = min(0.95, max(0.05, 0.5 + tilt * (level - 4) / 4 + 0.25 * (r.uniform() - 0.5) - 0.1 * g))
                m = 5 + r.below(60)
                ones = int(round(p * m))
                cells.append([m - ones, ones])
            counts.append(cells)
        cases.append(golden.case(f"lp-{i}", {"counts": [[v for cell in c for v in cell] for c in counts]},
                                 {k: optimum(counts, k) for k in ("DEMOGRAPHIC_PARITY", "EQUAL_OPPORTUNITY", "EQUALISED_ODDS")}))
    golden.write("learn", "bias-mitigation", golden.versions("scipy"), cases)


if __name__ == "__main__":
    main()
