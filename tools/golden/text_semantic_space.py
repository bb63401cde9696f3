"""lyceum-text: PPMI by numpy, truncated SVD by scipy, and the nouns of King James and Brown (50 times or more) with what WordNet 3.0 says they are a kind of.

A word is a noun here if most of its tagged uses in WordNet's own counts are nouns'. Reads Debian's wordnet-base.
"""
import collections
import gzip
import os
import re

import numpy as np
import scipy.sparse.linalg

from golden import ROOT, Recipe, case, versions, write

cases = []
for i, (n, m, smoothing, shift, d) in enumerate([(30, 20, 1, 1, 4), (24, 24, 0.75, 1, 5), (16, 40, 0.75, 3, 3), (50, 18, 1, 1.5, 6)]):
    r = Recipe(377 + i)
    counts = np.maximum(0, r.belows(60, n * m).reshape(n, m) - 25).astype(float)
    total = counts.sum()
    word = counts.sum(1, keepdims=True) / total
    context = counts.sum(0, keepdims=True)**smoothing
    context = context / context.sum()
    with np.errstate(divide="ignore"):
        ppmi = np.maximum(0, np.log(counts / total / (word * context)) - np.log(shift))
    u, s, vt = scipy.sparse.linalg.svds(scipy.sparse.csr_matrix(ppmi), k=d, tol=1e-13, v0=np.ones(min(n, m)))
    order = np.argsort(-s)
    digits = np.vectorize(lambda x: float(f"{x:.12g}"))
    cases.append(case(f"table{i}", {"rows": n, "columns": m, "smoothing": smoothing, "shift": shift, "dimension": d, "seed": 377 + i},
                      {"ppmi": digits(ppmi), "values": digits(s[order]), "left": digits(u[:, order])}))

W = "/usr/share/wordnet/"
uses = collections.defaultdict(lambda: [0, 0])
for line in open(W + "cntlist.rev"):
    key, _, count = line.split()
    lemma, kind = key.split("%")
    uses[lemma][0 if kind[0] == "1" else 1] += int(count)
first = {}
for line in open(W + "index.noun"):
    if not line.startswith(" "):
        f = line.split()
        first[f[0]] = f[-int(f[2])]
above = {}
for line in open(W + "data.noun"):
    if not line.startswith(" "):
        f = line.split(" ")
        at = 4 + 2 * int(f[3], 16)
        n = int(f[at])
        pointers = [f[at + 1 + 4 * i:at + 5 + 4 * i] for i in range(n)]
        above[f[0]] = [p[1] for p in pointers if p[0] in ("@", "@i") and p[2] == "n"]
counts = collections.Counter()
C = "lyceum-data/src/main/resources/lyceum/data/corpus/"
for line in gzip.open(os.path.join(ROOT, C + "brown.txt.gz"), "rt", encoding="utf8"):
    if not line.startswith("=="):
        counts.update(re.findall("[a-z]+", line.lower()))
for line in gzip.open(os.path.join(ROOT, C + "kjv.tsv.gz"), "rt", encoding="utf8"):
    counts.update(re.findall("[a-z]+", line.split("\t")[-1].lower()))
words = sorted(w for w, c in counts.items() if c >= 50 and w in first and above[first[w]] and uses[w][0] > uses[w][1])
cases.append(case("nouns", {"words": " ".join(words)}, {"hypernyms": [" ".join(above[first[w]]) for w in words]}))
write("text", "semantic-space", {"WordNet": "3.0", **versions("numpy", "scipy")}, cases, "Recipe(seed): counts are max(0, belows(60) - 25)")
