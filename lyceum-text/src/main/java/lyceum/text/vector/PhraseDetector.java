package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.text.count.NGramTrie;

/**
 * Neighbours that are one word: {@code score(a, b) = (#(a b) - discount) N / (#(a) #(b))}. Join them before learning vectors; join twice for three and four.
 *
 * @param minCount words and pairs that are rarer make no phrase, 5 by default
 * @param threshold a pair is a phrase above it, 100 by default; the higher the fewer
 * @param discount keeps pairs of rare words from scoring high, 5 by default
 * @see <a href="https://arxiv.org/abs/1310.4546">Mikolov, Sutskever, Chen, Corrado and Dean (2013), section 4</a>
 */
public record PhraseDetector(int minCount, double threshold, double discount) {
    public PhraseDetector {
        if (minCount < 1) throw new IllegalArgumentException("PhraseDetector: minCount is " + minCount + "; it is at least 1");
        if (!(discount >= 0)) throw new IllegalArgumentException("PhraseDetector: discount is " + discount + "; it is not negative");
    }

    public PhraseDetector() { this(5, 100, 5); }

    /** Two words and their score. */
    public record Phrase(String first, String second, double score) {}

    /** What was found, the highest score first. */
    public static final class Phrases {
        private final List<Phrase> found;
        private final Map<String, Set<String>> seconds = new HashMap<>();

        private Phrases(List<Phrase> found) {
            this.found = List.copyOf(found);
            for (var p : found) seconds.computeIfAbsent(p.first, _ -> new HashSet<>()).add(p.second);
        }

        public List<Phrase> found() { return found; }

        /** The sentence with its phrases as one word each, {@code new_york}; from the left, a word in one phrase only. */
        public List<String> join(List<String> sentence) {
            var joined = new ArrayList<String>(sentence.size());
            for (int i = 0; i < sentence.size(); i++) {
                var word = sentence.get(i);
                boolean phrase = i + 1 < sentence.size() && seconds.getOrDefault(word, Set.of()).contains(sentence.get(i + 1));
                joined.add(phrase ? word + "_" + sentence.get(++i) : word);
            }
            return joined;
        }
    }

    public Phrases find(List<? extends List<String>> sentences) {
        var text = IndexedText.of("PhraseDetector", sentences, 1);
        var runs = NGramTrie.of(List.of(text.sentences()), 2);
        double n = text.tokens();
        var found = new ArrayList<Phrase>();
        for (var pair : runs.top(2, runs.distinct(2))) {
            if (pair.count() < minCount) break;
            int a = pair.gram()[0], b = pair.gram()[1];
            double score = (pair.count() - discount) * n / ((double) text.counts()[a] * text.counts()[b]);
            if (score > threshold) found.add(new Phrase(text.words().get(a), text.words().get(b), score));
        }
        found.sort(Comparator.comparingDouble(Phrase::score).reversed());
        return new Phrases(found);
    }
}
