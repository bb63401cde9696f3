"""lyceum-stats: hypothesis-testing, confidence-interval. Run with the Python that has scipy and statsmodels."""
import numpy as np
import scipy.stats as st
import statsmodels.stats.proportion as smp
import statsmodels.stats.weightstats as smw
from statsmodels.stats.power import FTestAnovaPower, GofChisquarePower, TTestIndPower, TTestPower

from golden import Recipe, case, versions, write

REF = versions("scipy", "numpy") | {"statsmodels": __import__("statsmodels").__version__}
SIDES = ["two-sided", "less", "greater"]


def samples(i):
    """Three samples; every other set has ties, the last four are large."""
    r = Recipe(51800 + i)
    m, n, k = (5 + r.below(14), 5 + r.below(14), 5 + r.below(14)) if i < 16 else (60, 75, 58)
    x, y, z, w = r.bells(m), r.bells(n) * 1.5 + 0.5, r.bells(k) * 0.75 - 0.25, r.bells(m) + 0.5
    return [np.rint(2 * v) if i % 2 else v for v in (x, y, z, w)]


every = st.PermutationMethod(n_resamples=2**19)  # all sign patterns: SciPy turns to the normal law with ties beyond 13 pairs, we do not


def three(f):
    out = []
    for s in SIDES:
        t = f(s)
        out += [t.statistic, t.pvalue] if not out else [t.pvalue]
    return out


def tests():
    cases = []
    for i in range(20):
        x, y, z, w = samples(i)
        r = Recipe(51900 + i)
        table = (r.belows(9, 4) + 1).reshape(2, 2)
        wide = (r.belows(20, 12) + 1).reshape(3, 4)
        counts = r.belows(30, 6) + 1
        shares = r.uniforms(6) + 0.2
        trials, p0 = 1 + r.below(60), r.uniform()
        k = min(trials, r.below(trials + 1))
        zed = (x.mean() - 0.25) / (1.25 / np.sqrt(len(x)))
        dz = st.norm
        small, other = x[:5], y[:5]
        e = {
            "z": [zed, 2 * dz.sf(abs(zed)), dz.cdf(zed), dz.sf(zed)],
            "t": three(lambda s: st.ttest_1samp(x, 0.25, alternative=s)),
            "two": three(lambda s: st.ttest_ind(x, y, alternative=s)),
            "welch": three(lambda s: st.ttest_ind(x, y, equal_var=False, alternative=s)),
            "paired": three(lambda s: st.ttest_rel(x, w, alternative=s)),
            "anova": list(st.f_oneway(x, y, z)),
            "gof": list(st.chisquare(counts, counts.sum() * shares / shares.sum())),
            "independence": [st.chi2_contingency(wide)[0], st.chi2_contingency(wide)[1]],
            "yates": [st.chi2_contingency(table)[0], st.chi2_contingency(table)[1]],
            "fisher": three(lambda s: st.fisher_exact(table, alternative=s)),
            "mannWhitney": three(lambda s: st.mannwhitneyu(x, y, alternative=s)),
            "wilcoxon": [v for s in SIDES for v in (lambda t: [t.statistic, t.pvalue])(st.wilcoxon(x, w, alternative=s, method=every if i in (7, 13) else "auto"))],
            "kruskal": list(st.kruskal(x, y, z)),
            "ks": [v for s in SIDES for v in (lambda t: [t.statistic, t.pvalue])(st.ks_1samp(x, st.norm(0.1, 1.1).cdf, alternative=s, method="exact"))],
            "ks2": [v for s in SIDES for v in (lambda t: [t.statistic, t.pvalue])(st.ks_2samp(x, y, alternative=s, method="exact"))],
            "binomial": [k / trials, *[st.binomtest(k, trials, p0, alternative=s).pvalue for s in SIDES]],
            "permutation": three(lambda s: st.permutation_test((small, other), lambda a, b, axis=-1: a.mean(axis) - b.mean(axis), vectorized=True, n_resamples=1000, alternative=s)),
        }
        cases.append(case(f"set {i}", {"seed": 51800 + i, "countsSeed": 51900 + i}, e))
    p = []
    for d, n, a in [(0.5, 64, 0.05), (0.2, 30, 0.05), (0.8, 12, 0.01), (0.5, 100, 0.1)]:
        p.append(case(f"power {d} {n}", {"effect": d, "n": n, "alpha": a}, {
            "two": TTestIndPower().power(d, n, a), "larger": TTestIndPower().power(d, n, a, alternative="larger"), "uneven": TTestIndPower().power(d, n, a, ratio=2),
            "one": TTestPower().power(d, n, a), "anova": FTestAnovaPower().power(d, 4 * n, a, k_groups=4), "chi": GofChisquarePower().power(d, n, a, n_bins=4)}))
    write("stats", "hypothesis-testing", REF, cases + p,
          "x, y, z, w: bells of Recipe(seed) as samples() in the script says. statistic, then p two-sided, less, greater (wilcoxon and ks: statistic and p for each). "
          "wilcoxon of sets 7 and 13 by all sign patterns. Power by statsmodels, ANOVA of 4 groups of n.")


def intervals():
    cases = []
    for i in range(20):
        x, y, _, w = samples(i)
        r = Recipe(27000 + i)
        level = [0.9, 0.95, 0.99][i % 3]
        a = 1 - level
        n1, n2 = 1 + r.below(80), 1 + r.below(80)
        k1, k2 = r.below(n1 + 1), r.below(n2 + 1)
        events = r.below(15)
        dx, dy = smw.DescrStatsW(x), smw.DescrStatsW(y)
        both = smw.CompareMeans(dx, dy)
        q = (len(x) - 1) * x.var(ddof=1)
        ratio = x.var(ddof=1) / y.var(ddof=1)
        f = st.f(len(x) - 1, len(y) - 1)
        corr = st.pearsonr(x, w)
        e = {"t": list(st.t.interval(level, len(x) - 1, x.mean(), st.sem(x))), "z": list(st.norm.interval(level, x.mean(), 1.25 / np.sqrt(len(x)))),
             "pooled": list(both.tconfint_diff(a, usevar="pooled")), "welch": list(both.tconfint_diff(a, usevar="unequal")),
             "paired": list(smw.DescrStatsW(x - w).tconfint_mean(a)), "variance": [q / st.chi2.isf(a / 2, len(x) - 1), q / st.chi2.ppf(a / 2, len(x) - 1)],
             "ratio": [ratio / f.isf(a / 2), ratio / f.ppf(a / 2)], "correlation": list(corr.confidence_interval(level)),
             "newcombe": list(smp.confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", compare="diff", alpha=a)),
             "rate": [st.chi2.ppf(a / 2, 2 * events) / 2 if events else 0, st.chi2.isf(a / 2, 2 * events + 2) / 2]}
        for m in ("normal", "wilson", "agresti_coull", "beta"):
            e[m] = list(smp.proportion_confint(k1, n1, a, m))
        cases.append(case(f"set {i}", {"seed": 51800 + i, "level": level, "k1": k1, "n1": n1, "k2": k2, "n2": n2, "events": events}, e))
    write("stats", "confidence-interval", REF, cases, "Samples as in hypothesis-testing.")


tests()
intervals()
