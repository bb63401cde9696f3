"""lyceum-learn: preprocessing of columns against scikit-learn.

learn_preprocessing.py [scaling]
"""
import sys
import warnings

import numpy as np
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


names = sys.argv[1:] or ["scaling"]
for n in names:
    globals()[n]()
