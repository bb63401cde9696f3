"""lyceum-stats: conditional-independence, simpsons-paradox, potential-outcomes, instrumental-variables. Run with the Python that has scipy and statsmodels; Rscript must be there."""
import subprocess

import numpy as np
import scipy.linalg as sl
import scipy.stats as st
import statsmodels.api as sm
from statsmodels.sandbox.regression.gmm import IV2SLS
from statsmodels.treatment.treatment_effects import TreatmentEffect

from golden import Recipe, case, versions, write


def g_test():
    """Strata of counts; every third case has a row and a column that are empty in one stratum, which SciPy wants removed."""
    cases = []
    for i in range(15):
        r = Recipe(71200 + i)
        strata, rows, columns = 1 + r.below(4), 2 + r.below(3), 2 + r.below(3)
        tables = 1 + r.belows(20, strata * rows * columns).reshape(strata, rows, columns)
        if i % 2:
            tables[0, 0, 0] = 0
        if i % 3 == 2:
            tables[0, rows - 1, :] = 0
            tables[-1, :, 0] = 0
        statistic, degrees = 0.0, 0
        for t in tables:
            t = t[t.sum(axis=1) > 0][:, t.sum(axis=0) > 0]
            if min(t.shape) < 2:
                continue
            test = st.chi2_contingency(t, correction=False, lambda_="log-likelihood")
            statistic, degrees = statistic + test.statistic, degrees + test.dof
        p = st.chi2.sf(statistic, degrees) if degrees else 1.0
        cases.append(case(f"g{i}", {"tables": tables}, {"statistic": statistic, "degrees": degrees, "p": p}))
    return cases


write("stats", "conditional-independence", versions("scipy", "numpy"), g_test())


def mantelhaen(tables):
    """R's mantelhaen.test on tables of a row each: odds ratio, its 95% interval, then statistic and p without and with correction."""
    code = f"x <- array(c({','.join(str(int(v)) for t in tables for v in (t[0], t[2], t[1], t[3]))}), c(2, 2, {len(tables)}));"
    code += "a <- mantelhaen.test(x, correct = FALSE); b <- mantelhaen.test(x); cat(sprintf('%.17g', c(a$estimate, a$conf.int, a$statistic, a$p.value, b$statistic, b$p.value)))"
    return [float(v) for v in subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True).stdout.split()]


def stratified():
    """Berkeley's admissions (R's UCBAdmissions) and random strata."""
    ucb = subprocess.run(["Rscript", "-e", "cat(aperm(UCBAdmissions, c(1, 2, 3)))"], capture_output=True, text=True, check=True).stdout.split()
    ucb = np.array([int(v) for v in ucb]).reshape(-1, 4)
    cases = [case("berkeley", {"counts": ucb}, {"test": mantelhaen(ucb)})]
    for i in range(12):
        r = Recipe(73000 + i)
        tables = 1 + r.belows(60, 4 * (2 + r.below(5))).reshape(-1, 4)
        cases.append(case(f"s{i}", {"counts": tables}, {"test": mantelhaen(tables)}))
    return cases


R = subprocess.run(["Rscript", "-e", "cat(R.version.string)"], capture_output=True, text=True, check=True).stdout
write("stats", "simpsons-paradox", {"R": R}, stratified())


def sandwich(moments, theta):
    """The first parameter's error from stacked moments, by a numerical derivative; statsmodels' GMM has singular matrices for RA."""
    g, n = moments(theta), len(moments(theta))
    steps = 1e-5 * np.eye(len(theta))
    G = np.column_stack([(moments(theta + h) - moments(theta - h)).mean(axis=0) / 2e-5 for h in steps])
    inverse = np.linalg.inv(G)
    return np.sqrt((inverse @ (g.T @ g / n) @ inverse.T / n)[0, 0])


def effects():
    """Treatment effects on data from the recipe; errors of IPW from statsmodels, of RA from stacked moments."""
    cases = []
    for i in range(6):
        r = Recipe(72900 + i)
        n, k = 40 + 20 * i, 1 + i % 3
        x = r.bells(n * k).reshape(n, k)
        t = (r.uniforms(n) < 1 / (1 + np.exp(-0.6 * x.sum(axis=1) + 0.2))).astype(int)
        y = 1 + x @ np.arange(1, k + 1) + t * (1 + 0.5 * x[:, 0]) + r.bells(n)
        x, y = np.round(x, 3), np.round(y, 3)
        design = sm.add_constant(x)
        te = TreatmentEffect(sm.OLS(y, design), t, sm.Logit(t, design).fit(disp=0, tol=1e-12))
        e = {}
        for name, f in {"ipw": te.ipw, "ra": te.ra, "aipw": te.aipw}.items():
            e[name] = [f(return_results=False)[0]]
        e["ipw"].append(float(np.ravel(te.ipw().sd)[0]))
        b0, b1 = te.results0.params, te.results1.params
        m = len(b0)

        def moments(v):
            r0, r1 = y - design @ v[1:m + 1], y - design @ v[m + 1:]
            return np.column_stack([r0 - r1 - v[0], design * ((1 - t) * r0)[:, None], design * (t * r1)[:, None]])

        e["ra"].append(sandwich(moments, np.concatenate([e["ra"], b0, b1])))
        e["ipwTreated"] = [te.ipw(return_results=False, effect_group=1)[0]]
        e["raTreated"] = [te.ra(return_results=False, effect_group=1)[0]]
        cases.append(case(f"e{i}", {"x": x, "t": t, "y": y}, e))
    return cases


write("stats", "potential-outcomes", versions("statsmodels", "numpy"), effects())


def instruments():
    """Two stages by statsmodels; LIML, two-step GMM and sandwiches by their formulas with NumPy's matrices."""
    cases = []
    for i in range(8):
        r = Recipe(75200 + i)
        n, p, w = 40 + 5 * i, 1 + i % 2, i % 3
        q = p + i // 2 % 3
        z, e, u, other = r.matrix(n, q) + 1, r.bells(n), r.matrix(n, p), r.matrix(n, w)
        x = z[:, :p] + 0.5 * z.sum(axis=1, keepdims=True) + u + 0.8 * e[:, None] + 2
        if w:
            x = x + other[:, :1]
        y = 3 + x.sum(axis=1) * 1.5 + other.sum(axis=1) + e * (1 + 0.5 * np.abs(z[:, 0]))
        x, y, z, other = (np.round(v, 3) for v in (x, y, z, other))
        one = np.ones((n, 1))
        X, Z = np.hstack([x, one, other]), np.hstack([one, other, z])
        fit = IV2SLS(y, X, Z).fit()
        k = X.shape[1]
        P = Z @ np.linalg.solve(Z.T @ Z, Z.T)
        W = np.hstack([one, other])
        MW, MZ = np.eye(n) - W @ np.linalg.solve(W.T @ W, W.T), np.eye(n) - P
        Y = np.hstack([y[:, None], x])
        kappa = sl.eigvals(np.linalg.solve(Y.T @ MZ @ Y, Y.T @ MW @ Y)).real.min()
        A = X.T @ (np.eye(n) - kappa * MZ)
        liml = np.linalg.solve(A @ X, A @ y)
        el = y - X @ liml
        res, Xh = fit.resid, P @ X
        inv = np.linalg.inv(Xh.T @ Xh)
        groups = np.arange(n) % 12
        robust = inv @ (Xh.T * res**2) @ Xh @ inv * n / (n - k)
        s = np.array([Xh[groups == g].T @ res[groups == g] for g in range(12)])
        cluster = inv @ s.T @ s @ inv * 12 / 11 * (n - 1) / (n - k)
        S = (Z.T * res**2) @ Z
        B = X.T @ Z @ np.linalg.inv(S)
        gmm = np.linalg.solve(B @ Z.T @ X, B @ Z.T @ y)
        g = Z.T @ (y - X @ gmm)
        cases.append(case(f"iv{i}", {"y": y, "x": x.T, "w": other.T, "z": z.T, "groups": groups}, {
            "coef": fit.params, "se": fit.bse, "liml": liml, "limlSe": np.sqrt(np.diag(np.linalg.inv(A @ X)) * (el @ el) / (n - k)),
            "robust": np.sqrt(np.diag(robust)), "cluster": np.sqrt(np.diag(cluster)), "gmm": gmm, "gmmSe": np.sqrt(np.diag(np.linalg.inv(B @ Z.T @ X))),
            "sargan": res @ P @ res / (res @ res / n), "hansen": g @ np.linalg.solve(S, g),
            "hausman": hausman(y, X, x, MZ), "f": first(x[:, 0], W, Z)}))
    return cases


def first(x, small, large):
    return sm.OLS(x, large).fit().compare_f_test(sm.OLS(x, small).fit())[0]


def hausman(y, X, x, MZ):
    return list(sm.OLS(y, np.hstack([X, MZ @ x])).fit().compare_f_test(sm.OLS(y, X).fit()))[:2]


write("stats", "instrumental-variables", versions("statsmodels", "numpy"), instruments())
