"""lyceum-core: Shampoo's inverse roots and steps, by scipy.linalg.fractional_matrix_power. float64."""
import numpy as np
from scipy.linalg import fractional_matrix_power

from golden import Recipe, case, versions, write


def unfold(g, axis):
    return np.moveaxis(g, axis, 0).reshape(g.shape[axis], -1)


cases = []
for shape, beta, epsilon in [((6, 4), 1.0, 1e-3), ((4, 6), 0.9, 1e-3), ((5, 5), 1.0, 1e-4), ((7,), 1.0, 1e-3), ((3, 4, 5), 1.0, 1e-4)]:
    r = Recipe(6200)
    n, k = int(np.prod(shape)), len(shape)
    x = np.array(r.bells(n)).reshape(shape)
    sums = [np.zeros((m, m)) for m in shape]
    expected = {"roots": {}, "x": {}}
    for t in range(1, 4):
        g = np.array(r.bells(n)).reshape(shape)
        d = g
        for axis in range(k):
            u = unfold(g, axis)
            sums[axis] = sums[axis] + u @ u.T if beta == 1 else beta * sums[axis] + (1 - beta) * u @ u.T
            corrected = sums[axis] / (1 if beta == 1 else 1 - beta**t)
            root = fractional_matrix_power(corrected + epsilon * np.eye(shape[axis]), -1 / (2 * k)).real
            d = np.moveaxis(np.tensordot(root, d, axes=(1, axis)), 0, axis)
            expected["roots"][f"{t}_{axis}"] = root.ravel().tolist()
        x = x - 0.1 * d
        expected["x"][str(t)] = x.ravel().tolist()
    cases.append(case("x".join(map(str, shape)), {"shape": list(shape), "beta": beta, "epsilon": epsilon}, expected))
write("core", "shampoo", versions("scipy", "numpy"), cases)
