"""lyceum-text: WordNet measures by nltk, with information content counted from Brown, and word mover's distance by scipy's linear programmes.

WordNet 3.0 is Debian's wordnet-base; nltk's reader wants a file more, `lexnames`, which stands in its own distribution alone and plays no part here.
"""
import gzip
import os
import re
import sys
import tempfile

import numpy as np
from nltk.corpus.reader.wordnet import WordNetCorpusReader
from scipy.optimize import linprog

from golden import ROOT, Recipe, case, versions, write

folder = tempfile.mkdtemp()
for name in os.listdir("/usr/share/wordnet"):
    os.symlink("/usr/share/wordnet/" + name, os.path.join(folder, name))
with open(os.path.join(folder, "lexnames"), "w") as f:
    f.write("".join(f"{i:02d}\tname.{i}\t1\n" for i in range(45)))
WordNetCorpusReader.map_wn = lambda self, version="wordnet": None  # would load other WordNets
wn = WordNetCorpusReader(folder, None)


class Brown:
    """Runs of letters in lower case: what the other side reads."""

    @staticmethod
    def words():
        text = gzip.open(f"{ROOT}/lyceum-data/src/main/resources/lyceum/data/corpus/brown.txt.gz", "rt", encoding="utf8").read()
        return (w for line in text.splitlines() if not line.startswith("==") for w in re.findall("[a-z]+", line.lower()))


ic = wn.ic(Brown)
r = Recipe(130)
rows = []
for pos, count in (("n", 200), ("v", 100)):
    synsets = sorted(wn.all_synsets(pos), key=lambda s: s.offset())
    roots = {}
    for i in range(count):
        a = synsets[r.below(len(synsets))]
        # every third pair is of relatives: the second is below an ancestor of the first
        b = synsets[r.below(len(synsets))]
        if i % 3 == 0:
            up = a
            for _ in range(2):
                up = (up.hypernyms() + up.instance_hypernyms() + [up])[0]
            below = sorted(set(up.closure(lambda s: s.hyponyms() + s.instance_hyponyms())) | {up}, key=lambda s: s.offset())
            b = below[r.below(len(below))]
        rows.append((a, b))


def identifier(s):
    return f"{s.pos()}{s.offset():08d}"


def number(x):
    return 1e300 if x is None or x == float("inf") or x >= 1e300 else float(x)


def values(a, b):
    return [number(v) for v in (a.path_similarity(b), a.wup_similarity(b), a.lch_similarity(b), a.res_similarity(b, ic),
                                a.lin_similarity(b, ic), a.jcn_similarity(b, ic))]


words = ["w" + str(i) for i in range(40)]
table = np.round(r.uniforms(40 * 6) * 4 - 2, 3).reshape(40, 6)
texts, distances = [], []
for _ in range(60):
    pair = [[words[r.below(40)] for _ in range(1 + r.below(12))] for _ in range(2)]
    sides = [sorted(set(t)) for t in pair]
    mass = [np.array([t.count(w) / len(t) for w in s]) for t, s in zip(pair, sides)]
    x, y = [table[[words.index(w) for w in s]] for s in sides]
    cost = np.sqrt(((x[:, None] - y[None]) ** 2).sum(2))
    n, m = cost.shape
    equal = [np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))]
    found = linprog(cost.ravel(), A_eq=np.vstack(equal), b_eq=np.concatenate(mass), method="highs")
    assert found.status == 0
    texts.append([" ".join(t) for t in pair])
    distances.append(float(found.fun))

dog, cat, misogamist = wn.synset("dog.n.01"), wn.synset("cat.n.01"), wn.synset("misogamist.n.01")
write("text", "semantic-similarity", versions("nltk", "scipy"),
      [case("wordnet", {"first": [identifier(a) for a, _ in rows], "second": [identifier(b) for _, b in rows]},
            {"pathWupLchResLinJcn": [values(a, b) for a, b in rows]}),
       case("examples", {"names": [s.name() for s in (dog, cat, misogamist)], "ids": [identifier(s) for s in (dog, cat, misogamist)]},
            {"dogCat": values(dog, cat), "misogamist": [misogamist.wup_similarity(misogamist)],
             "information": [float(-np.log(ic["n"][s.offset()] / ic["n"][0])) for s in (dog, cat, misogamist)]}),
       case("mover", {"words": words, "table": table.tolist(), "first": [t[0] for t in texts], "second": [t[1] for t in texts]},
            {"distances": distances})],
      "words of Brown are runs of a to z in lower case; 1e300 stands for infinity")
print(values(dog, cat), misogamist.wup_similarity(misogamist), sum(v[0] < 1 for v in map(lambda p: values(*p), rows)))
