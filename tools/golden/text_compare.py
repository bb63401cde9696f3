"""lyceum-text: edit distances, n-grams, associations, BLEU and Porter's stems of nltk."""
import nltk
from nltk.metrics.distance import edit_distance

from golden import Recipe, case, versions, write


def word(r, letters, longest):
    return "".join(chr(97 + c) for c in r.belows(letters, r.below(longest + 1)))


r = Recipe(176)
plain, swaps, two = [], [], []
for i in range(2000):
    a, b = word(r, 4, 12), word(r, 4, 12)
    plain.append(edit_distance(a, b))
    swaps.append(edit_distance(a, b, transpositions=True))
    two.append(edit_distance(a, b, substitution_cost=2))
write("text", "edit-distance", {"nltk": nltk.__version__, **versions()},
      [case("pairs", {"pairs": 2000, "letters": 4, "longest": 12}, {"plain": plain, "transpositions": swaps, "substitutionTwo": two})],
      "Recipe(176): for each pair word a, word b; a word is below(longest + 1) letters, drawn after its length by belows(letters, n)")

# ---- BLEU ------------------------------------------------------------------------------------
from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu, sentence_bleu
import warnings

warnings.simplefilter("ignore")
METHODS = [getattr(SmoothingFunction(), f"method{i}") for i in range(5)]


def tokens(r, letters, least, most):
    return [chr(97 + c) for c in r.belows(letters, least + r.below(most - least + 1))]


r = Recipe(341)
sentences, corpora = [], []
for i in range(500):
    letters = 3 + i % 6
    references = [tokens(r, letters, 4, 15) for _ in range(1 + r.below(3))]
    candidate = list(references[0])
    if i % 3:
        for _ in range(r.below(4)):
            candidate[r.below(len(candidate))] = chr(97 + r.below(letters))
    if i % 3 == 2:
        candidate = tokens(r, letters, 4, 15)
    sentences.append([sentence_bleu(references, candidate, smoothing_function=m) for m in METHODS])
    count = 2 + r.below(5)
    cs = [tokens(r, 3, 4, 12) for _ in range(count)]
    rs = [[tokens(r, 3, 4, 12) for _ in range(1 + r.below(2))] for _ in range(count)]
    corpora.append([corpus_bleu(rs, cs, smoothing_function=m) for m in METHODS])
short = [[float(f"{v:.15g}") if v > 1e-60 else 0 for v in row] for row in sentences]
write("text", "bleu", {"nltk": nltk.__version__, **versions()},
      [case("sentences", {"cases": 500}, {"smoothed0to4": short}),
       case("corpora", {"cases": len(corpora)}, {"smoothed0to4": [[float(f"{v:.15g}") if v > 1e-60 else 0 for v in row] for row in corpora]})],
      "Recipe(341), see the script")

# ---- Porter's stems --------------------------------------------------------------------------
import gzip, re, zlib
from nltk.stem.porter import PorterStemmer

words = sorted({w for line in gzip.open("../../lyceum-data/src/main/resources/lyceum/data/corpus/kjv.tsv.gz", "rt", encoding="utf8") for w in
                re.findall("[a-z]+", line.split("\t")[-1].lower()) if len(w) > 2})
stemmer = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
words = words[::2][:5000]
stems = [stemmer.stem(w) for w in words]
print(len(words), words[:5], sum(a != b for a, b in zip(words, stems)))
# of every 50 stems joined by blanks the CRC-32
write("text", "porter", {"nltk": nltk.__version__, **versions()},
      [case("stems", {"words": len(words)}, {"crc": [zlib.crc32(" ".join(stems[i:i + 50]).encode()) for i in range(0, 5000, 50)]})],
      "every other of the sorted words [a-z]{3,} of the King James Bible, the first 5,000")

# ---- n-grams and associations ----------------------------------------------------------------
from nltk.collocations import BigramAssocMeasures, BigramCollocationFinder
from nltk.util import everygrams, ngrams, skipgrams


def crc(lists):
    return zlib.crc32("|".join(",".join(g) for grams in lists for g in grams).encode())


r = Recipe(144)
blocks = []
for block in range(50):
    a, b, c, d = [], [], [], []
    for i in range(20):
        s = tokens(r, 4, 0, 12)
        n = 1 + r.below(4)
        k = r.below(3)
        a.append(list(ngrams(s, n)))
        b.append(list(everygrams(s, 1, n)))
        c.append(list(skipgrams(s, n, k)) if n > 1 else [])
        d.append(list(ngrams(s, n, pad_left=True, pad_right=True, left_pad_symbol="<", right_pad_symbol=">")))
    blocks.append([crc(a), crc(b), crc(c), crc(d)])
kjv = [w for line in gzip.open("../../lyceum-data/src/main/resources/lyceum/data/corpus/kjv.tsv.gz", "rt", encoding="utf8") for w in
       re.findall("[a-z]+", line.split("\t")[-1].lower())]
finder = BigramCollocationFinder.from_words(kjv)
m = BigramAssocMeasures()
ranked = sorted(finder.ngram_fd.items(), key=lambda e: (-e[1], e[0]))
some = ranked[:100] + ranked[100:20000:199]
scores = []
for (a, b), n in some:
    t = (n, (finder.word_fd[a], finder.word_fd[b]), len(kjv))
    scores.append([m.pmi(*t), m.likelihood_ratio(*t), m.student_t(*t), m.chi_sq(*t)])
write("text", "n-gram", {"nltk": nltk.__version__, **versions()},
      [case("grams", {"cases": 1000}, {"crc": blocks}),
       case("kjv", {"words": len(kjv)}, {"pairs": [" ".join(g) for g, _ in some], "scores": scores})], "Recipe(144), see the script")
