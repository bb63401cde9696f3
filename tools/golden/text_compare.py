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
