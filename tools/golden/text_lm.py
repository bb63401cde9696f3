"""lyceum-text: n-gram models of nltk.lm, on its padded everygrams of recipe-drawn sentences."""
import nltk
from nltk.lm import KneserNeyInterpolated, Laplace, Lidstone, MLE, StupidBackoff, Vocabulary
from nltk.lm.models import AbsoluteDiscountingInterpolated
from nltk.lm.preprocessing import padded_everygrams

from golden import Recipe, case, versions, write

WORDS = 9  # ids 0 to 8, 9 is <s>, 10 is </s>, 11 was never seen


def skewed(r):
    """Small ids are frequent."""
    u = r.uniform()
    return int(u * u * WORDS)


cases = []
for order in (1, 2, 3, 4):
    r = Recipe(145 + order)
    sentences = [[str(skewed(r)) for _ in range(r.below(9))] for _ in range(60)]
    contexts = []  # of 0 to order - 1 ids, marks among them, seen or not
    for i in range(24):
        length = r.below(order)
        contexts.append([str(skewed(r) if r.uniform() < 0.8 else 9 + r.below(3)) for _ in range(length)])
    models = {"mle": MLE(order), "lidstone": Lidstone(0.3, order), "laplace": Laplace(order),
              "absolute": AbsoluteDiscountingInterpolated(order, discount=0.75), "stupid": StupidBackoff(0.4, order)}
    if order > 1:  # nltk's has no single order
        models["kneserNey"] = KneserNeyInterpolated(order, discount=0.6)
    expected = {}
    for name, model in models.items():
        vocabulary = Vocabulary([str(i) for i in range(9)] + ["9", "10", "11"], unk_cutoff=1)
        model.vocab = vocabulary
        if hasattr(model, "estimator"):
            model.estimator.vocab = vocabulary
        text = []
        for s in sentences:
            text.append([tuple({"<s>": "9", "</s>": "10"}.get(w, w) for w in g) for g in padded_everygrams(order, s)])
        model.counts.update(text)
        assert len(vocabulary) == 13  # nltk counts its <UNK> as well
        rows = []
        for c in contexts:
            row = []
            for w in range(12):
                try:
                    row.append(float(f"{model.score(str(w), c):.14g}"))
                except ZeroDivisionError:
                    row.append(-1)
            rows.append(row)
        expected[name] = rows
    cases.append(case(f"order{order}", {"order": order, "contexts": [[int(w) for w in c] for c in contexts]}, expected))
write("text", "n-gram-lm", {"nltk": nltk.__version__, **versions()}, cases,
      "Recipe(145 + order): 60 sentences of below(9) ids int(u u 9), padded with 9 and 10; id 12 stands for nltk's <UNK>")
