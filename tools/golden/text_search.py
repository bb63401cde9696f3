"""lyceum-text: in-batch losses by torch, and trec_eval's measures by their definitions in NumPy (nDCG and average precision by scikit-learn as well)."""
import numpy as np
import torch
from sklearn.metrics import average_precision_score, ndcg_score

from golden import Recipe, case, versions, write

losses = []
for seed, (n, m, d, t) in enumerate([(1, 0, 4, 1.0), (8, 0, 16, 1.0), (8, 8, 16, 0.5), (32, 64, 64, 0.1), (5, 3, 7, 2.0)]):
    r = Recipe(309 + seed)
    q, p, h = (torch.tensor(r.bells(k * d).astype(np.float32)).reshape(k, d).double() for k in (n, n, m))
    loss = torch.nn.functional.cross_entropy(q @ torch.cat([p, h]).T / t, torch.arange(n))
    losses.append(case(f"loss{seed}", {"seed": 309 + seed, "sizes": [n, m, d], "temperature": t}, {"loss": loss.item()}))

r = Recipe(378)
queries, names = [], ["p1", "p5", "p10", "p20", "recall5", "recall20", "map", "rr", "ndcg5", "ndcg10", "ndcg", "rprec"]
table = []
for query in range(40):
    pool = [f"d{i}" for i in np.argsort(r.uniforms(60))]
    judged = {d: int([0, 0, 0, 1, 2, 3][r.below(6)]) for d in pool[:5 + r.below(35)]}
    if query % 13 == 5:
        judged = {d: 0 for d in judged}
    run = pool[::2] + [f"e{i}" for i in range(10)]
    scores = {d: float(np.round(r.bell(), 1 if query % 3 == 0 else 6)) for d in run}
    if query % 11 == 4:
        run, scores = [], {}
    ranked = sorted(run, key=lambda d: (scores[d], d), reverse=True)
    gain = np.array([judged.get(d, 0) for d in ranked], float)
    hit = gain > 0
    R = sum(g > 0 for g in judged.values())
    ideal = np.sort(np.array(list(judged.values()), float))[::-1]

    def dcg(g, k):
        g = g[:k]
        return (g / np.log2(np.arange(len(g)) + 2)).sum()

    row = [hit[:k].sum() / k for k in (1, 5, 10, 20)]
    row += [hit[:k].sum() / R if R else 0 for k in (5, 20)]
    row.append(sum(hit[:i + 1].mean() for i in range(len(hit)) if hit[i]) / R if R else 0)
    row.append(1 / (np.argmax(hit) + 1) if hit.any() else 0)
    row += [dcg(gain, k) / dcg(ideal, k) if R else 0 for k in (5, 10, 10 ** 6)]
    row.append(hit[:R].sum() / R if R else 0)
    if query % 3 and R and len(run):
        # the same by scikit-learn, where all judged documents are retrieved: those that are not stand last, far behind
        every = ranked + [d for d in judged if d not in scores]
        value = [scores.get(d, -1e9 - i) for i, d in enumerate(every)]
        truth = [judged.get(d, 0) for d in every]
        if all(judged.get(d, 0) == 0 for d in every[len(ranked):]):
            assert abs(average_precision_score(np.array(truth) > 0, value) - row[6]) < 1e-12
        assert abs(ndcg_score([truth], [value], k=5) - row[8]) < 1e-12 or len(ranked) < 5
    table.append([float(v) for v in row])
    queries.append({"judged": judged, "scores": scores})
flat = [case(f"query{i}", {"judgedIds": list(q["judged"]), "grades": list(q["judged"].values()), "ids": list(q["scores"]), "scores": list(q["scores"].values())},
             {"measures": table[i]}) for i, q in enumerate(queries)]
write("text", "search", versions("numpy", "torch", "sklearn"),
      losses + flat + [case("mean", {}, {"measures": [float(v) for v in np.mean(table, 0)]})], "measures: " + ", ".join(names))
