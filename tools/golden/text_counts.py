"""lyceum-text: counts, hashes and TF-IDF of 2,000 verses by scikit-learn."""
import gzip
import zlib

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer

from golden import case, versions, write

verses = [line.rstrip("\n").split("\t")[-1] for line in
          gzip.open("../../lyceum-data/src/main/resources/lyceum/data/corpus/kjv.tsv.gz", "rt", encoding="utf8")][::15][:2000]
STOP = ["the", "and", "of", "to", "in", "that"]
OPTIONS = [dict(ngram_range=n, binary=b, lowercase=l) for n in ((1, 1), (1, 2), (2, 2), (1, 3)) for b in (False, True) for l in (True, False)]
OPTIONS += [dict(min_df=2), dict(min_df=5, max_df=0.5), dict(min_df=0.01), dict(max_df=100), dict(max_df=0.2, ngram_range=(1, 2)),
            dict(stop_words=STOP), dict(stop_words=STOP, ngram_range=(2, 3)), dict(strip_accents="unicode", min_df=3),
            dict(analyzer="char", ngram_range=(2, 3)), dict(analyzer="char", ngram_range=(1, 4), min_df=10),
            dict(analyzer="char_wb", ngram_range=(2, 4)), dict(analyzer="char_wb", ngram_range=(3, 5), max_df=0.1)]


def gap(options, about):
    """The size nearest to `about` at which no equal counts straddle the cut."""
    x = CountVectorizer(**options).fit_transform(verses)
    c = np.sort(np.asarray(x.sum(0)).ravel())[::-1]
    return next(k for k in range(about, len(c)) if c[k - 1] > c[k])


for options, about in ((dict(), 200), (dict(ngram_range=(1, 2)), 150)):
    OPTIONS.append(dict(options, max_features=gap(options, about)))
print(len(OPTIONS), OPTIONS[-2:])


def crc(a):
    return zlib.crc32(np.ascontiguousarray(a, dtype="<i4").tobytes())


counted = []
for o in OPTIONS:
    v = CountVectorizer(**o)
    x = v.fit_transform(verses)
    x.sort_indices()
    counted.append([x.shape[1], zlib.crc32("\n".join(v.get_feature_names_out()).encode()), crc(x.indptr), crc(x.indices), crc(x.data)])
h = HashingVectorizer(n_features=1024, norm=None, ngram_range=(1, 2)).fit_transform(verses)
h.sort_indices()
hashed = [crc(h.indptr), crc(h.indices), crc(h.data.astype(int))]
x = CountVectorizer().fit_transform(verses)
flags, traces = [], []
for smooth in (True, False):
    for sub in (True, False):
        for use in (True, False):
            for norm in ("l1", "l2", None):
                w = TfidfTransformer(smooth_idf=smooth, sublinear_tf=sub, use_idf=use, norm=norm).fit_transform(x)
                w.sort_indices()
                weights = np.cos(np.arange(w.nnz) % 1009 + 1.0)
                flags.append([int(smooth), int(sub), int(use), {"l1": 1, "l2": 2, None: 0}[norm]])
                traces.append([float((w.data * weights).sum()), float(w.data.max()), float(w.data.min())] + list(map(float, w.data[::2500])))
write("text", "counts", versions("sklearn", "numpy"),
      [case("counted", {"options": len(OPTIONS), "maxFeatures": [o["max_features"] for o in OPTIONS[-2:]]}, {"columnsAndChecksums": counted}),
       case("hashed", {"features": 1024}, {"checksums": hashed}),
       case("tfidf", {"smoothSublinearIdfNorm": flags}, {"traces": traces})],
      "every 15th verse of the King James Bible, 2,000 of them; checksums are CRC-32 of little-endian 32-bit integers")
