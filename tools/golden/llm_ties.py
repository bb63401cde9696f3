"""lyceum-llm: TIES-Merging of flat deltas by NumPy, written from the three steps of Yadav et al. (2023), sections 3.1 to 3.3."""
import numpy as np

from golden import Recipe, case, versions, write


def ties(deltas, weights, density, scale):
    deltas, weights = np.asarray(deltas), np.asarray(weights)[:, None]
    n = deltas.shape[1]
    keep = max(1, int(np.rint(density * n)))
    trimmed = np.zeros_like(deltas)
    for row, out in zip(deltas, trimmed):
        top = np.argsort(-np.abs(row), kind="stable")[:keep]
        out[top] = row[top]
    positive = (weights * np.where(trimmed > 0, trimmed, 0)).sum(0)
    negative = (weights * np.where(trimmed < 0, -trimmed, 0)).sum(0)
    elected = np.where(positive > negative, 1, np.where(negative > positive, -1, 0))
    merged = np.zeros(n)
    for j in range(n):
        voters = [t for t in range(len(trimmed)) if trimmed[t, j] != 0 and np.sign(trimmed[t, j]) == elected[j]]
        if voters:
            w = weights[voters, 0]
            merged[j] = (w * trimmed[voters, j]).sum() / w.sum()
    return scale * merged


def cases():
    hand = [[4, -1, 0.2, 3, -2, 0.1], [3, 2, -0.3, -5, -1, 0.4], [-2, -4, 0.1, 1, -3, 0.2]]
    yield case("hand", {}, {"merged": ties(hand, [1, 1, 1], 0.5, 1).tolist()})
    for i in range(200):
        r, choice = Recipe(90000 + i), Recipe(7 * (90000 + i))
        tasks, n = 1 + choice.below(5), 1 + choice.below(24)
        density, scale = 0.1 + 0.9 * choice.uniform(), 0.2 + 1.5 * choice.uniform()
        weights = [1.0] * tasks if i % 2 else [0.5 + choice.uniform() for _ in range(tasks)]
        draws = 2 * r.uniforms(tasks * n) - 1
        draws[np.abs(draws) < 0.15] = 0
        yield case("random", {"seed": 90000 + i, "tasks": tasks, "n": n, "density": density, "scale": scale, "weights": weights if i % 2 == 0 else []},
                   {"merged": [float(f"{v:.15g}") for v in ties(draws.reshape(tasks, n), weights, density, scale)]})


if __name__ == "__main__":
    write("llm", "ties", versions("numpy"), list(cases()), "golden.Recipe: uniforms 2u - 1, those within 0.15 of 0 are 0")
