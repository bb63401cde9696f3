"""Neural collapse and representation collapse by their definitions, in plain numpy."""
import numpy as np

from golden import Recipe, case, versions, write


def neural_collapse(h, y, w, b):
    k, d = w.shape
    means = np.stack([h[y == c].mean(0) for c in range(k)])
    centre = means.mean(0)
    m = means - centre
    sw = sum(np.cov(h[y == c].T, bias=True) for c in range(k)) / k
    sb = m.T @ m / k
    # Rows of a class divided by sqrt(count): S_W = 1/K sum_k 1/n_k sum (h - m_k)(h - m_k)'
    nc1 = np.trace(sw @ np.linalg.pinv(sb, rcond=1e-10, hermitian=True)) / k
    lengths, weights = np.linalg.norm(m, axis=1), np.linalg.norm(w, axis=1)
    centred = w - w.mean(0)

    def angles(a):
        a = a / np.linalg.norm(a, axis=1, keepdims=True)
        return np.abs((a @ a.T)[np.triu_indices(k, 1)] + 1 / (k - 1))

    duality = np.linalg.norm(centred / np.linalg.norm(centred) - m / np.linalg.norm(m))
    nearest = np.argmin(((h[:, None, :] - means[None]) ** 2).sum(-1), 1)
    agreement = np.mean(np.argmax(h @ w.T + b, 1) == nearest)
    return [nc1, lengths.std() / lengths.mean(), weights.std() / weights.mean(), angles(m).mean(), angles(centred).mean(), angles(m).max(),
            duality, agreement]


cases = []
for i, (k, d, n) in enumerate([(2, 3, 20), (3, 2, 30), (4, 8, 40), (6, 5, 60), (10, 16, 80)]):
    r = Recipe(700 + i)
    y = np.concatenate([np.arange(k), r.belows(k, n - k)])
    h = r.bells(n * d).reshape(n, d) + 2 * r.bells(k * d).reshape(k, d)[y]
    w, b = r.bells(k * d).reshape(k, d), r.bells(k)
    cases.append(case(f"k{k}", {"k": k, "d": d, "n": n, "seed": 700 + i}, {"metrics": neural_collapse(h, y, w, b)}))
write("nn", "neural-collapse", versions("numpy"), cases,
      "golden.Recipe: n - k belows, n d bells, k d bells (times 2), k d bells, k bells")
