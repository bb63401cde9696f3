"""lyceum-nn: Bahdanau's and Luong's attention and end-to-end memory networks, written down in PyTorch, in float64 from the recipe."""
import torch

from golden import Recipe, case, versions, write
from twin import answers, draw, parameters

torch.set_default_dtype(torch.float64)


def mask(sizes, batch, places, i):
    """None for every third case; else at random, but for one place of each example."""
    if i % 3 == 0:
        return None
    seen = torch.tensor(sizes.uniforms(batch * places).reshape(batch, places) < 0.6)
    for b in range(batch):
        seen[b, b % places] = True
    return seen


def bahdanau(count, seed):
    for i in range(count):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        batch, queries, places, d, e, hidden = (1 + sizes.below(n) for n in (3, 4, 8, 6, 7, 6))
        covered = i % 4 == 1
        seen = mask(sizes, batch, places, i)
        p = parameters(r, {"score.query.weight": [hidden, d], "score.key.weight": [hidden, e], "score.key.bias": [hidden], "score.v": [hidden],
                           **({"cover": [hidden]} if covered else {})})
        q, h = draw(r, [batch, queries, d]).requires_grad_(), draw(r, [batch, places, e]).requires_grad_()
        c = torch.tensor(r.uniforms(batch * places).reshape(batch, 1, places)) if covered else None

        def f(q, h):
            inner = (q @ p["score.query.weight"].T)[:, :, None] + (h @ p["score.key.weight"].T + p["score.key.bias"])[:, None]
            if covered:
                inner = inner + c[..., None] * p["cover"]
            e = torch.tanh(inner) @ p["score.v"]
            if seen is not None:
                e = e.masked_fill(~seen[:, None], float("-inf"))
            a = torch.softmax(e, -1)
            return a @ h, a

        yield case("bahdanau", {"seed": seed, "sizes": [batch, queries, places, d, e, hidden], "covered": covered,
                                "seen": [] if seen is None else seen.int().flatten().tolist()}, answers(r, f, p, [q, h], seed))


def luong(seed, count):
    """Every score with every scope."""
    for score in ("DOT", "GENERAL", "CONCAT", "LOCATION"):
        for scope in ("GLOBAL", "LOCAL_M", "LOCAL_P"):
            for i in range(count):
                seed += 1
                r, sizes = Recipe(seed), Recipe(7 * seed)
                batch, queries, places, d, hidden, outputs, radius = (1 + sizes.below(n) for n in (3, 6, 9, 5, 5, 5, 4))
                e = d if score == "DOT" else 1 + sizes.below(6)
                seen = mask(sizes, batch, places, i)
                shapes = {"GENERAL": {"score.weight": [d, e]}, "LOCATION": {"score.place.weight": [12, d]},
                          "CONCAT": {"score.query.weight": [hidden, d], "score.key.weight": [hidden, e], "score.v": [hidden]}}.get(score, {})
                shapes["combine.weight"] = [outputs, e + d]
                if scope == "LOCAL_P":
                    shapes |= {"position.weight": [hidden, d], "centre": [hidden]}
                p = parameters(r, shapes)
                h, s = draw(r, [batch, queries, d]).requires_grad_(), draw(r, [batch, places, e]).requires_grad_()

                def f(h, s):
                    if score == "DOT":
                        a = torch.einsum("btd,bsd->bts", h, s)
                    elif score == "GENERAL":
                        a = torch.einsum("btd,de,bse->bts", h, p["score.weight"], s)
                    elif score == "LOCATION":
                        a = (h @ p["score.place.weight"].T)[..., :places]
                    else:
                        pairs = torch.cat([h[:, :, None].expand(-1, -1, places, -1), s[:, None].expand(-1, queries, -1, -1)], -1)
                        a = torch.tanh(pairs @ torch.cat([p["score.query.weight"], p["score.key.weight"]], 1).T) @ p["score.v"]
                    allowed = torch.ones(batch, queries, places, dtype=torch.bool) if seen is None else seen[:, None].expand(batch, queries, places)
                    at = torch.arange(places, dtype=torch.float64)
                    length = places if seen is None else seen.sum(-1)[:, None]
                    centre = None
                    if scope == "LOCAL_M":
                        centre = torch.arange(queries, dtype=torch.float64)[None].expand(batch, queries)
                    if scope == "LOCAL_P":
                        centre = length * torch.sigmoid(torch.tanh(h @ p["position.weight"].T) @ p["centre"])
                    if centre is not None:
                        allowed = allowed & ((at - centre[..., None]).abs() <= radius)
                    w = torch.softmax(a.masked_fill(~allowed, -1e300), -1) * allowed
                    if scope == "LOCAL_P":
                        w = w * torch.exp(-(at - centre[..., None]) ** 2 / (2 * (radius / 2) ** 2))
                    context = w @ s
                    return torch.tanh(torch.cat([context, h], -1) @ p["combine.weight"].T), context, w, a

                yield case("luong", {"seed": seed, "sizes": [batch, queries, places, d, e, hidden, outputs, radius], "score": score, "scope": scope,
                                     "seen": [] if seen is None else seen.int().flatten().tolist()},
                           answers(r, f, p, [h, s], seed))


def end_to_end(count, seed):
    """Sukhbaatar et al.: bags of words, A = C, a question table B, an output matrix W."""
    for i in range(count):
        seed += 1
        r, sizes = Recipe(seed), Recipe(7 * seed)
        batch, slots, words, n, m, width, replies, hops = (1 + sizes.below(k) for k in (4, 9, 12, 4, 5, 8, 7, 4))
        p = parameters(r, {"question.weight": [words, width], "key.weight": [words, width], "answer.weight": [replies, width]})
        questions = torch.tensor([[sizes.below(words) for _ in range(n)] for _ in range(batch)])
        stories = torch.tensor([[sizes.below(words) for _ in range(m)] for _ in range(slots)])

        def f():
            u = p["question.weight"][questions].sum(1)
            memory = p["key.weight"][stories].sum(1)
            for _ in range(hops):
                u = u + torch.softmax(u @ memory.T, -1) @ memory
            return u @ p["answer.weight"].T

        yield case("end-to-end", {"seed": seed, "sizes": [words, replies, width, hops], "questions": questions.tolist(), "stories": stories.tolist()},
                   answers(r, f, p, [], seed))


if __name__ == "__main__":
    reference, recipe = versions("torch"), "golden.Recipe, in the order of twin.py"
    write("nn", "bahdanau-attention", reference, list(bahdanau(24, 91000)), recipe)
    write("nn", "luong-attention", reference, list(luong(92000, 3)), recipe)
    write("nn", "key-value-memory", reference, list(end_to_end(20, 93000)), recipe)
