"""lyceum-text: BM25 in all its forms by NumPy, and TF-IDF cosine by scikit-learn, of 200 queries over the verses of King James."""
import gzip
import re

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from golden import Recipe, case, versions, write

verses = [line.rstrip("\n").split("\t")[-1] for line in
          gzip.open("../../lyceum-data/src/main/resources/lyceum/data/corpus/kjv.tsv.gz", "rt", encoding="utf8")]
words = [re.findall(r"\b\w\w+\b", v.lower()) for v in verses]
r = Recipe(307)
queries = []
for _ in range(200):
    w = words[r.below(len(words))]
    queries.append(" ".join(w[r.below(len(w))] for _ in range(1 + r.below(5))))
vectorizer = CountVectorizer()
f = vectorizer.fit_transform(verses).tocsc().astype(float)
N, vocabulary = f.shape[0], vectorizer.vocabulary_
length = np.array([len(w) for w in words], float)
place = np.cos(np.arange(N) % 1009 + 1.0)


def bm25(query, variant, k1, b, delta, floor):
    score = np.zeros(N)
    for term in query.split():
        tf = f[:, [vocabulary[term]]].toarray().ravel()
        n = (tf > 0).sum()
        norm = k1 * (1 - b + b * length / length.mean())
        part = np.where(tf > 0, tf * (k1 + 1) / np.where(tf > 0, tf + norm, 1), 0)
        if variant == 0:
            score += max(floor, np.log((N - n + 0.5) / (n + 0.5))) * part
        elif variant == 1:
            score += np.log(1 + (N - n + 0.5) / (n + 0.5)) * part / (k1 + 1)
        else:
            score += np.log((N + 1) / n) * np.where(tf > 0, part + delta, 0)
    return score


def trace(score):
    matched = np.sort(score[score != 0])[::-1]
    return [float(s) for s in (list(matched[:3]) + [0, 0, 0])[:3]] + [float((score * place).sum()), float(np.abs(score).sum())]


SETTINGS = [[0, 1.2, 0.75, 0, -1e9], [0, 1.5, 0.5, 0, 0], [1, 1.2, 0.75, 0, 0], [1, 0.9, 0.4, 0, 0], [2, 1.2, 0.75, 1, 0], [2, 2.0, 0.0, 0.5, 0]]
tfidf = TfidfVectorizer()
x = tfidf.fit_transform(verses)
cosines = [trace((x @ tfidf.transform([q]).T).toarray().ravel()) for q in queries]
write("text", "retrieval", versions("numpy", "sklearn"),
      [case("queries", {"texts": queries}, {}),
       case("bm25", {"variantK1BDeltaFloor": SETTINGS}, {"traces": [[v for q in queries for v in trace(bm25(q, *s))] for s in SETTINGS]}),
       case("cosine", {}, {"traces": cosines})],
      "a trace is the three greatest scores, the sum of all scores times cos(number % 1009 + 1), and the sum of their sizes")
