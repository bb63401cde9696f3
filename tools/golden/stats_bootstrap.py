"""lyceum-stats: bootstrap, bootstrap-ci. Indices come from the generator that SciPy is then given."""
import numpy as np
import scipy.stats as st

from golden import Recipe, case, versions, write

STATISTICS = {"mean": np.mean, "deviation": lambda v, axis=-1: np.std(v, axis=axis, ddof=1), "median": np.median, "skewness": st.skew}


def golden():
    cases = []
    for k, (name, f) in enumerate(STATISTICS.items()):
        n, b = [12, 9, 11, 15][k], 50
        x = np.round(np.exp(Recipe(26900 + k).bells(n)), 3)
        rows = np.random.default_rng(k).integers(0, n, (b, n))
        e = {}
        for method in ("percentile", "basic", "BCa"):
            r = st.bootstrap((x,), f, n_resamples=b, confidence_level=0.9, method=method, random_state=np.random.default_rng(k), vectorized=True, axis=-1)
            # SciPy's draws are these very rows
            assert np.array_equal(np.sort(r.bootstrap_distribution), np.sort(f(x[rows], axis=-1)))
            e[method] = list(r.confidence_interval)
        e["distribution"] = r.bootstrap_distribution
        e["error"] = r.standard_error
        jack = np.array([f(np.delete(x, i)) for i in range(n)])
        u = (n - 1) * (jack.mean() - jack)
        e["acceleration"] = 1 / 6 * np.sum(u**3) / np.sum(u**2)**1.5
        e["biasCorrection"] = st.norm.ppf((np.mean(r.bootstrap_distribution < f(x)) + np.mean(r.bootstrap_distribution <= f(x))) / 2)
        cases.append(case(name, {"x": x, "rows": rows}, e))
    write("stats", "bootstrap", versions("scipy", "numpy"), cases, "level 0.9; SciPy's bootstrap on these rows")


golden()
