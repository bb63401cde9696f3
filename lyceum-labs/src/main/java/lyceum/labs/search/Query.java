package lyceum.labs.search;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A query, taken apart.
 *
 * @param typed  how many words it has, empty ones too
 * @param joined the whole of it as one word
 * @param words  those that tell something, or all
 * @param groups what each word may mean
 * @param total  the sum of the groups' weights
 * @param hits   words of the index that it hits, and how many letters of each
 */
record Query(int typed, String joined, List<String> words, List<Group> groups, double total, Map<String, Integer> hits) {

    private static final int MOST_WORDS = 12;
    private static final int MOST_LETTERS = 200;

    /** One word of the query (those that tell nothing are left out, unless there are no others), what it may mean, and how much it weighs among the others. */
    record Group(List<TermIndex.Match> matches, double weight) {}

    static Query of(String text, TermIndex terms) {
        var cut = text.substring(0, Math.min(text.length(), MOST_LETTERS));
        var all = Words.of(cut).stream().map(Words.Word::text).limit(MOST_WORDS).toList();
        var telling = all.stream().filter(w -> !Words.EMPTY.contains(w)).toList();
        boolean typing = !all.isEmpty() && (telling.isEmpty() || all.getLast().equals(telling.getLast()));
        var words = telling.isEmpty() ? all : telling;
        var groups = new ArrayList<Group>();
        var hits = new HashMap<String, Integer>();
        double total = 0;
        for (int i = 0; i < words.size(); i++) {
            var matches = new ArrayList<>(terms.matches(words.get(i), typing && i == words.size() - 1));
            pair(words, i, terms, matches);
            double weight = (words.get(i).length() > 2 ? 1 : 0.6) * terms.rarity(matches);
            for (var match : matches) {
                var term = terms.text(match);
                hits.merge(term, term.startsWith(words.get(i)) ? words.get(i).length() : term.length(), Math::max);
            }
            groups.add(new Group(matches, weight));
            total += weight;
        }
        return new Query(all.size(), Words.joined(cut), words, groups, total, hits);
    }

    /** {@code rms prop} may mean {@code rmsprop}: then both words are found where the joined one stands. */
    private static void pair(List<String> words, int i, TermIndex terms, List<TermIndex.Match> matches) {
        if (i + 1 < words.size()) {
            matches.addAll(terms.joined(words.get(i) + words.get(i + 1)));
        }
        if (i > 0) {
            matches.addAll(terms.joined(words.get(i - 1) + words.get(i)));
        }
    }

    /** Whether it describes rather than names; nobody's text then has to hold every word of it. */
    boolean isSentence() { return typed >= 5 || groups.size() >= 4; }

    boolean isEmpty() { return groups.isEmpty(); }
}
