"""lyceum-text: small .bin files of Debian's fasttext 0.9.2, and what that program and numpy say of them.

Needs the command fasttext. With one thread and a seed its files are the same each time.
"""
import os
import struct
import subprocess
import tempfile

import numpy as np

from golden import ROOT, Recipe, case, versions, write

OUT = os.path.join(ROOT, "lyceum-text/src/test/resources/golden")
WORDS = ["the", "cat", "dog", "cats", "dogs", "where", "water", "runs", "running", "né", "été", "日本", "on", "mat", "a"]


def hash32(text):
    """FNV-1a, each byte widened with its sign."""
    h = 2166136261
    for b in text.encode():
        h = ((h ^ (b if b < 128 else b | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return h


def pieces(word, low, high):
    marked = f"<{word}>"
    found = []
    for i in range(len(marked)):
        for n in range(max(low, 1), high + 1):
            if i + n <= len(marked) and not (n == 1 and (i == 0 or i + n == len(marked))):
                found.append(marked[i:i + n])
    return found


def load(path):
    """Settings, words and the input matrix of a .bin."""
    data = open(path, "rb").read()
    head = struct.unpack_from("<14id", data, 0)
    at = 14 * 4 + 8
    size, nwords, nlabels, tokens, pruned = struct.unpack_from("<iiiqq", data, at)
    at += 28
    words = []
    for _ in range(size):
        end = data.index(0, at)
        words.append(data[at:end].decode())
        at = end + 1 + 8 + 1
    at += 1
    m, n = struct.unpack_from("<qq", data, at)
    matrix = np.frombuffer(data, "<f4", m * n, at + 16).reshape(m, n).astype(np.float64)
    return head, words[:nwords], matrix


def run(*args, text=""):
    return subprocess.run(["fasttext", *map(str, args)], input=text, capture_output=True, text=True, check=True).stdout


r = Recipe(129)
lines = [" ".join(WORDS[r.below(len(WORDS))] for _ in range(3 + r.below(8))) for _ in range(200)]
labelled = []
for line in lines:
    animal = any(w.startswith(("cat", "dog")) for w in line.split())
    labelled.append(("__label__animal " if animal else "__label__other ") + ("__label__long " if len(line) > 30 else "") + line)

unseen = ["catlike", "whereabouts", "né", "étés", "日本語", "x", "dogs", "zzz"]
asked = ["the cat runs", "été on the mat", "water water", "unknown words only", "cats running where", "日本 a"]
cases = []
with tempfile.TemporaryDirectory() as folder:
    for name, text, args in [
            ("skipgram", lines, ["skipgram", "-dim", 6, "-bucket", 70, "-minCount", 1, "-minn", 3, "-maxn", 6, "-lr", 0.2, "-epoch", 20]),
            ("cbow", lines, ["cbow", "-dim", 5, "-bucket", 50, "-minCount", 20, "-minn", 1, "-maxn", 3, "-loss", "hs", "-lr", 0.2]),
            ("softmax", labelled, ["supervised", "-dim", 4, "-bucket", 60, "-wordNgrams", 3, "-lr", 0.5, "-epoch", 10]),
            ("letters", labelled, ["supervised", "-dim", 4, "-bucket", 60, "-wordNgrams", 2, "-minn", 2, "-maxn", 4, "-loss", "hs", "-lr", 0.5]),
            ("independent", labelled, ["supervised", "-dim", 3, "-loss", "ova", "-lr", 0.5, "-epoch", 10])]:
        given = os.path.join(folder, "text.txt")
        open(given, "w").write("\n".join(text) + "\n")
        base = os.path.join(OUT, "fasttext-" + name)
        run(args[0], "-input", given, "-output", base, "-thread", 1, "-seed", 7, *args[1:])
        os.remove(base + ".vec")
        head, words, matrix = load(base + ".bin")
        low, high, bucket = head[11], head[12], head[10]
        vectors = []
        for word in words + unseen:
            rows = [words.index(word)] if word in words else []
            if high > 0 and word != "</s>":
                rows += [len(words) + hash32(p) % bucket for p in pieces(word, low, high)]
            vectors.append([float(f"{v:.9g}") for v in (matrix[rows].mean(0) if rows else np.zeros(matrix.shape[1]))])
        expected = {"vectors": vectors, "printed": [[float(v) for v in line.split()[1:]]
                                                    for line in run("print-word-vectors", base + ".bin", text="\n".join(words + unseen) + "\n").splitlines()]}
        if args[0] == "supervised":
            out = run("predict-prob", base + ".bin", "-", 3, text="\n".join(asked) + "\n").splitlines()
            expected["predictions"] = [" ".join(t.removeprefix("__label__") for t in line.split()) for line in out]
            expected["texts"] = [[float(v) for v in line.split()[-head[2]:]]
                                 for line in run("print-sentence-vectors", base + ".bin", text="\n".join(asked) + "\n").splitlines()]
        else:
            expected["pieces"] = [" ".join(p.split()[0] for p in run("print-ngrams", base + ".bin", w).splitlines()[w in words:])
                                  for w in ["where", "né", "日本"]]
        cases.append(case(name, {"words": words + unseen, "asked": asked}, expected))
hashes = ["", "a", "foobar", "é", "日本", "<né>", "naïve", "😀"]
cases.append(case("hashes", {"texts": hashes}, {"hashes": [hash32(t) for t in hashes]}))
version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "fasttext"], capture_output=True, text=True).stdout
write("text", "fasttext", {"fasttext": version, **versions("numpy")}, cases, "Recipe(129): 200 lines of 3 + below(8) of 15 words")
