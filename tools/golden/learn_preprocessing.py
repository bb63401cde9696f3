"""lyceum-learn: preprocessing of columns against scikit-learn.

learn_preprocessing.py [scaling] [imputation]
"""
import sys
import warnings

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler

from golden import Recipe, case, table, versions, write

warnings.simplefilter("ignore")


def scaling():
    wine, _ = table("wine")
    r = Recipe(72300)
    random = r.matrix(60, 8)
    random[:, 1] = 5.5
    random[:, 2] = 0
    random[:, 3] = -1e9
    random[:, 4] = np.exp(random[:, 4])
    random[:, 5] = np.round(random[:, 5])
    random[:, 6] = 1e3 + 0.001 * random[:, 6]
    new = r.matrix(20, 8) * 2
    scalers = {
        "standard": StandardScaler(), "min-max": MinMaxScaler(), "min-max clipped": MinMaxScaler((-1, 2), clip=True),
        "max-abs": MaxAbsScaler(), "robust": RobustScaler(), "robust normal": RobustScaler(quantile_range=(10, 80), unit_variance=True),
        "quantile": QuantileTransformer(n_quantiles=1000, subsample=10**9),
        "quantile normal": QuantileTransformer(n_quantiles=25, output_distribution="normal", subsample=10**9),
        "l1": Normalizer("l1"), "l2": Normalizer("l2"), "max": Normalizer("max")}
    cases = []
    for name, scaler in scalers.items():
        z = scaler.fit_transform(wine)
        cases.append(case("wine " + name, {"rows": "every seventh"}, {"z": z[::7]}))
        z = scaler.fit_transform(random)
        cases.append(case("random " + name, {}, {"z": z[::2], "new": scaler.transform(new)}))
    moving = [0, 4, 5, 7]
    for name, method, x in (("wine", "yeo-johnson", wine), ("wine", "box-cox", wine), ("random", "yeo-johnson", random[:, moving]),
                            ("random", "box-cox", np.exp(random[:, moving]))):
        power = PowerTransformer(method)
        z = power.fit_transform(x)
        cases.append(case(f"{name} {method}", {}, {"lambdas": power.lambdas_, "z": z[::7]}))
    write("learn", "feature-scaling", versions("sklearn", "scipy"), cases, "72300: x (60 x 8), new = 2 bells (20 x 8); columns as in the script")


def imputation():
    wine, _ = table("wine")
    r = Recipe(74500)
    small = r.matrix(50, 5)
    small[:, 1] += small[:, 0]
    small[r.uniforms(250).reshape(50, 5) < 0.25] = np.nan
    holed = wine.copy()
    holed[r.uniforms(178 * 13).reshape(178, 13) < 0.2] = np.nan
    cases = []
    for name, x in (("small", small), ("wine", holed)):
        train, new = x[::2], x[1::2]
        for kind, imputer in (("mean", SimpleImputer()), ("median", SimpleImputer(strategy="median")),
                              ("most frequent", SimpleImputer(strategy="most_frequent")),
                              ("constant", SimpleImputer(strategy="constant", fill_value=-7, add_indicator=True)),
                              ("knn", KNNImputer()), ("knn by distance", KNNImputer(n_neighbors=3, weights="distance", add_indicator=True)),
                              ("iterative", IterativeImputer())):
            if name == "small" and kind == "most frequent":
                train, new = np.round(train), np.round(new)
            elif name == "small":
                train, new = x[::2], x[1::2]
            imputer.fit(train)
            step = 1 if name == "small" else 5
            cases.append(case(f"{name} {kind}", {"rows": f"every {step}"}, {
                "train": imputer.transform(train)[::step], "new": imputer.transform(new)[::step],
                "iterations": getattr(imputer, "n_iter_", 0)}))
    write("learn", "imputation", versions("sklearn"), cases, "74500: small, its holes, wine's holes")


names = sys.argv[1:] or ["scaling", "imputation"]
for n in names:
    globals()[n]()
