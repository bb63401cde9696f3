"""lyceum-data: one-hot encoding against scikit-learn, as digests of what each option combination gives on random tables."""
import hashlib
import itertools
import warnings

import numpy as np
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from golden import Recipe, case, versions, write

warnings.simplefilter("ignore")


def table(r, n, extra):
    """Three columns: texts, whole numbers, texts or None; small numbers are frequent; `extra` more categories are possible."""
    rows = []
    sizes = [2 + r.below(6) for _ in range(3)]
    return sizes, lambda count, more: [[None if j == 2 and code == 0 else code * 10 if j == 1 else "abcdefghij"[code]
                                        for j, code in enumerate(r.below(r.below(sizes[j] + more) + 1) for j in range(3))]
                                       for _ in range(count)]


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def matrix(z):
    return "\n".join("".join("1" if v else "0" for v in row) for row in z)


def words(x):
    return "\n".join(",".join("null" if v is None else "infrequent" if v == "infrequent_sklearn" else str(v) for v in row) for row in x)


corrected = 0


def inverse(encoder, z):
    """scikit-learn's, but a row of zeros becomes the dropped kind: 1.4 takes the category of that number before grouping."""
    global corrected
    x = encoder.inverse_transform(z).astype(object)
    drop = encoder._drop_idx_after_grouping
    if drop is None:
        return x
    at = 0
    for i in range(3):
        width = encoder._n_features_outs[i]
        if drop[i] is not None:
            kind = encoder._compute_transformed_categories(i, remove_dropped=False)[drop[i]]
            for row in np.flatnonzero(z[:, at:at + width].sum(axis=1) == 0):
                if x[row, i] != kind:
                    corrected += 1
                x[row, i] = kind
        at += width
    return x


options = list(itertools.product([None, "first", "if_binary"], ["error", "ignore", "infrequent_if_exist"], [None, 4, 0.15], [None, 3]))
cases = []
for t in range(50):
    r = Recipe(13800 + t)
    sizes, draw = table(r, 24, 0)
    train, new = draw(24, 0), draw(12, 2)
    x, fresh = np.array(train, dtype=object), np.array(new, dtype=object)
    found = []
    for drop, unknown, least, most in options:
        encoder = OneHotEncoder(drop=drop, handle_unknown=unknown, min_frequency=least, max_categories=most, sparse_output=False)
        z = encoder.fit_transform(x)
        names = [n.replace("infrequent_sklearn", "infrequent").replace("None", "null") for n in encoder.get_feature_names_out(["a", "b", "c"])]
        line = [digest(" ".join(names)), digest(matrix(z)), digest(words(inverse(encoder, z)))]
        try:
            z = encoder.transform(fresh)
            line += [digest(matrix(z)), digest(words(inverse(encoder, z)))]
        except ValueError:
            line += ["refused"]
        found.append(" ".join(line))
    cases.append(case(f"table {t}", {}, found))
print("corrected rows:", corrected)

r = Recipe(13899)
codes = r.belows(6, 80)
y = codes * 0.5 + r.bells(80)
x = np.array(["abcdef"[c] for c in codes], dtype=object).reshape(-1, 1)
for smooth in ("auto", 3.0):
    encoder = TargetEncoder(smooth=smooth, target_type="continuous").fit(x, y)
    cases.append(case(f"target {smooth}", {}, {"codes": encoder.encodings_[0], "mean": encoder.target_mean_}))
write("data", "one-hot-encoding", versions("sklearn"), cases,
      "13800 + t: sizes 2 + below(6), then rows of below(below(size + more) + 1); 13899: 80 below(6), then bells")
