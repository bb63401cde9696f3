package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A noisy channel: of the known words near a misspelt one, that whose frequency times the probability of the edits is greatest. An edit costs {@code errorCost}
 * nats, a swap of neighbours counts as one edit.
 *
 * {@snippet :
 * var speller = new SpellingCorrector(Map.of("their", 900, "there", 1200, "three", 400));
 * speller.correct("thier");                                 // their
 * }
 *
 * @see "Kernighan, Church and Gale (1990), A Spelling Correction Program Based on a Noisy Channel Model, COLING"
 */
public final class SpellingCorrector {
    private final Map<String, Integer> counts;
    private final WordTrie trie;
    private final double errorCost;

    /** A suggestion. @param score log count less the cost of its edits */
    public record Suggestion(String word, double edits, double score) {}

    public SpellingCorrector(Map<String, Integer> counts) { this(counts, 8); }

    /** @param counts of the known words @param errorCost of an edit in nats; 8 by default */
    public SpellingCorrector(Map<String, Integer> counts, double errorCost) {
        if (counts.isEmpty()) throw new IllegalArgumentException("SpellingCorrector: there are no words");
        if (!(errorCost >= 0)) throw new IllegalArgumentException("SpellingCorrector: an edit costs " + errorCost + " nats; at least 0");
        this.counts = Map.copyOf(counts);
        this.errorCost = errorCost;
        trie = new WordTrie(counts.keySet());
    }

    /** The best first; none if no known word is within two edits. A known word is its own best suggestion only if no other is worth an edit. */
    public List<Suggestion> suggest(String word) {
        var found = new ArrayList<Suggestion>();
        for (var match : trie.within(word, 2)) {
            double edits = EditDistance.RESTRICTED.of(word, match.word());
            found.add(new Suggestion(match.word(), edits, Math.log(counts.get(match.word())) - errorCost * edits));
        }
        found.sort(Comparator.comparingDouble(Suggestion::score).reversed().thenComparing(Suggestion::word));
        return found;
    }

    /** A known word as it is; else the best suggestion, or the word itself without one. */
    public String correct(String word) {
        if (counts.containsKey(word)) return word;
        var suggestions = suggest(word);
        return suggestions.isEmpty() ? word : suggestions.getFirst().word();
    }
}
