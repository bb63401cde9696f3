"""lyceum-text: nouns of the Brown corpus (50 times or more) and what WordNet 3.0 says their first sense is a kind of.

A word is a noun here if most of its tagged uses in WordNet's own counts are nouns'. Reads Debian's wordnet-base.
"""
import collections
import gzip
import os
import re

from golden import ROOT, case, write

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
for line in gzip.open(os.path.join(ROOT, "lyceum-data/src/main/resources/lyceum/data/corpus/brown.txt.gz"), "rt", encoding="utf8"):
    if not line.startswith("=="):
        counts.update(re.findall("[a-z]+", line.lower()))
words = sorted(w for w, c in counts.items() if c >= 40 and w in first and uses[w][0] > uses[w][1])
write("text", "word-embedding", {"WordNet": "3.0"}, [case("nouns", {"words": words}, {"hypernyms": [" ".join(above[first[w]]) for w in words]})])
