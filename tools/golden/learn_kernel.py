"""lyceum-learn: kernel-methods, svm, one-class-svm, kernel-pca, rkhs."""
import numpy as np
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process.kernels import Matern
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import pairwise as pw
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, OneClassSVM

from golden import Recipe, case, diabetes, standardise, table, versions, write

REF = versions("numpy", "sklearn")
TIGHT = {"tol": 1e-8, "cache_size": 500}


def short(v):
    """Nine decimals, where a bound is 1e-5 or wider: small files."""
    return np.round(v, 9)


def methods():
    cases = []
    for i, (n, m, p) in enumerate([(8, 6, 2), (14, 11, 9)]):
        x, z = Recipe(62000 + i).matrix(n, p), Recipe(62100 + i).matrix(m, p) - 0.25
        cases.append(case(f"gram p = {p}", {"set": i, "n": n, "m": m, "p": p}, {
            "linear": pw.linear_kernel(x, z).ravel()[::3], "polynomial": pw.polynomial_kernel(x, z, 4, 0.3, 0.8).ravel()[::3],
            "rbf": pw.rbf_kernel(x, z, 0.35).ravel()[::3], "laplacian": pw.laplacian_kernel(x, z, 0.15).ravel()[::3],
            "sigmoid": pw.sigmoid_kernel(x, z, 0.4, -1).ravel()[::3], "chi2": pw.chi2_kernel(np.abs(x), np.abs(z), 0.25).ravel()[::3],
            "matern": Matern(1.4, nu=2.5)(x, z).ravel()[::3]}))
    x, y = diabetes()
    x, t = standardise(x), Recipe(62200).matrix(20, 10)
    y = y - y.mean()
    two = np.column_stack([y, x[:, 2] * y])
    w = Recipe(62201).uniforms(442) + 0.2
    for alpha, gamma in [(0.5, 0.05), (3.0, 0.2)]:
        expected = {"one": KernelRidge(alpha=alpha, kernel="rbf", gamma=gamma).fit(x, y).predict(t),
                    "weighted": KernelRidge(alpha=alpha, kernel="rbf", gamma=gamma).fit(x, y, w).predict(t),
                    "two": KernelRidge(alpha=alpha, kernel="rbf", gamma=gamma).fit(x, two).predict(t).ravel(),
                    "polynomial": KernelRidge(alpha=alpha, kernel="poly", gamma=gamma, degree=2, coef0=1).fit(x, y).predict(t)}
        cases.append(case(f"ridge {alpha}", {"alpha": alpha, "gamma": gamma}, expected))
    write("learn", "kernel-methods", REF, cases, "every third entry of x = Recipe(62000 + set).matrix against z = Recipe(62100 + set).matrix - 0.25; "
          "ridge: standardised diabetes, centred y, tests Recipe(62200).matrix(20, 10), weights Recipe(62201).uniforms + 0.2, second target x[2] y")


def svm():
    cases = []
    x, y = table("breast-cancer")
    x, y = standardise(x), y.astype(int)
    kernels = {"linear": {"kernel": "linear"}, "rbf": {"kernel": "rbf", "gamma": 0.03},
               "poly": {"kernel": "poly", "degree": 3, "gamma": 0.03, "coef0": 1.0}}

    def gram(k, a):
        return {"linear": lambda: a @ a.T, "rbf": lambda: pw.rbf_kernel(a, a, 0.03), "poly": lambda: pw.polynomial_kernel(a, a, 3, 0.03, 1.0)}[k]()

    for name, options in kernels.items():
        k = gram(name, x)
        m = SVC(C=0.7, **options, **TIGHT).fit(x, y)
        a = np.zeros(len(x))
        a[m.support_] = m.dual_coef_[0]
        cases.append(case(f"C {name}", {"c": 0.7}, {"decision": short(m.decision_function(x)), "dual": 0.5 * a @ k @ a - np.abs(a).sum()}))
        m = NuSVC(nu=0.15, **options, **TIGHT).fit(x, y)
        a = np.zeros(len(x))
        a[m.support_] = m.dual_coef_[0]
        # NuSVC returns coefficients and decisions divided by r; |a| sums to nu n / r.
        cases.append(case(f"nu {name}", {"nu": 0.15}, {"decision": short(m.decision_function(x)), "dual": 0.5 * a @ k @ a / (np.abs(a).sum() / (0.15 * len(x)))**2}))
    w = 0.3 + Recipe(62300).uniforms(len(x))
    m = SVC(C=2.0, class_weight={0: 3.0, 1: 0.5}, **kernels["rbf"], **TIGHT).fit(x, y, w)
    cases.append(case("weighted", {}, {"decision": short(m.decision_function(x)[::5])}))
    xi, yi = table("iris")
    xi = standardise(xi)
    m = SVC(C=1.5, kernel="rbf", gamma=0.4, decision_function_shape="ovr", **TIGHT).fit(xi, yi)
    cases.append(case("iris", {}, {"decision": short(m.decision_function(xi)[::3].ravel()), "predicted": m.predict(xi)}))
    xd, yd = diabetes()
    xd, yd = standardise(xd), standardise(yd[:, None]).ravel()
    for name, options in kernels.items():
        k = gram(name, xd)
        m = SVR(C=0.8, epsilon=0.2, **options, **TIGHT).fit(xd, yd)
        a = np.zeros(len(xd))
        a[m.support_] = m.dual_coef_[0]
        cases.append(case(f"regression {name}", {"c": 0.8, "epsilon": 0.2}, {
            "decision": short(m.predict(xd)), "dual": 0.5 * a @ k @ a + 0.2 * np.abs(a).sum() - yd @ a}))
    for loss in ["hinge", "squared_hinge"]:
        m = LinearSVC(C=0.3, loss=loss, dual=True, tol=1e-10, max_iter=1000000, random_state=0).fit(x, y)
        cases.append(case(f"linear {loss}", {}, {"coef": m.coef_[0], "intercept": m.intercept_[0]}))
    write("learn", "svm", REF, cases, "standardised breast-cancer (class codes in order of appearance), iris and diabetes (y too); weights 0.3 + Recipe(62300).uniforms")


def one_class():
    cases = []
    for name in ["iris", "wine"]:
        x = standardise(table(name)[0])
        m = OneClassSVM(nu=0.1, gamma=0.1, **TIGHT).fit(x)
        a = np.zeros(len(x))
        a[m.support_] = m.dual_coef_[0]
        t = Recipe(62400).matrix(30, x.shape[1])
        cases.append(case(name, {}, {"decision": short(m.decision_function(x)), "fresh": short(m.decision_function(t)), "rho": -m.intercept_[0],
                                     "dual": 0.5 * a @ pw.rbf_kernel(x, x, 0.1) @ a}))
        m = OneClassSVM(kernel="poly", degree=2, gamma=0.2, coef0=1, nu=0.25, **TIGHT).fit(x)
        cases.append(case(name + " poly", {}, {"fresh": short(m.decision_function(t))}))
    write("learn", "one-class-svm", REF, cases, "standardised; fresh rows are Recipe(62400).matrix(30, p)")


def kernel_pca():
    x = standardise(table("iris")[0])
    t = Recipe(62500).matrix(12, 4)
    cases = []
    for name, options in {"rbf": {"kernel": "rbf", "gamma": 0.2}, "poly": {"kernel": "poly", "degree": 3, "gamma": 0.25, "coef0": 1}}.items():
        m = KernelPCA(5, eigen_solver="dense", **options).fit(x)
        cases.append(case(name, {}, {"train": m.transform(x)[::3].ravel(), "test": m.transform(t).ravel(), "eigenvalues": m.eigenvalues_}))
    m = KernelPCA(3, kernel="rbf", gamma=0.2, eigen_solver="dense", fit_inverse_transform=True, alpha=0.3).fit(x)
    cases.append(case("inverse", {}, {"test": m.inverse_transform(m.transform(t)).ravel()}))
    write("learn", "kernel-pca", REF, cases, "standardised iris, every third row; test rows Recipe(62500).matrix(12, 4)")


methods()
svm()
one_class()
kernel_pca()
