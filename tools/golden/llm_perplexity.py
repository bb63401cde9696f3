"""lyceum-llm: perplexity by PyTorch's cross_entropy of logits from a table, and by nltk.lm of its n-gram models."""
import math

import nltk
import torch
from nltk.lm import Laplace, Lidstone, Vocabulary
from nltk.lm.models import AbsoluteDiscountingInterpolated
from nltk.lm.preprocessing import padded_everygrams
from nltk.util import ngrams, pad_sequence

from golden import Recipe, case, versions, write

r = Recipe(151)
V = 11
table = torch.tensor(3 * r.matrix(V * V, V), dtype=torch.float32)
texts = [[r.below(V) for _ in range(2 + r.below(30))] for _ in range(20)]
logits, targets = [], []
for t in texts:
    for i in range(1, len(t)):
        logits.append(table[t[i - 2] * V + t[i - 1] if i > 1 else t[0]])
        targets.append(t[i])
loss = torch.nn.functional.cross_entropy(torch.stack(logits), torch.tensor(targets)).item()
cases = [case("torch", {"texts": texts}, {"perplexity": math.exp(loss)})]


def sentences(r, n):
    return [[int(u * u * 9) for u in (r.uniform() for _ in range(1 + r.below(9)))] for _ in range(n)]


for order in (2, 3):
    r = Recipe(1510 + order)
    train, held = sentences(r, 80), sentences(r, 40)
    found = {}
    for name, model in {"laplace": Laplace(order), "lidstone": Lidstone(0.3, order), "absolute": AbsoluteDiscountingInterpolated(order, discount=0.75)}.items():
        vocabulary = Vocabulary([str(i) for i in range(9)] + ["9", "10", "11"], unk_cutoff=1)
        model.vocab = vocabulary
        if hasattr(model, "estimator"):
            model.estimator.vocab = vocabulary
        mark = {"<s>": "9", "</s>": "10"}
        model.counts.update([[tuple(mark.get(w, w) for w in g) for g in padded_everygrams(order, [str(w) for w in s])] for s in train])
        grams = []
        for s in held:
            padded = pad_sequence([str(w) for w in s], order, pad_left=True, left_pad_symbol="9", pad_right=True, right_pad_symbol="10")
            grams += list(ngrams(list(padded), order))
        found[name] = model.perplexity(grams)
    cases.append(case(f"order{order}", {"order": order, "train": train, "heldOut": held}, found))
write("llm", "perplexity", {"nltk": nltk.__version__, **versions("torch")}, cases,
      "torch: r = Recipe(151); logits after ids a b are row a * 11 + b of 3 * matrix(121, 11) in F32, after the first id a row a; nltk: 9 and 10 stand for <s> and </s>, id 12 for <UNK>")
