package lyceum.labs.search;

import java.util.ArrayList;
import java.util.List;

/**
 * A query, taken apart.
 *
 * @param words  its words without the empty ones, unless it has no others
 * @param typed  how many words it has, empty ones too
 * @param joined the whole of it as one word
 * @param groups what each word may mean
 * @param total  the sum of the groups' weights
 */
record Query(List<String> words, int typed, String joined, List<Group> groups, double total) {

    private static final int MOST_WORDS = 12;
    private static final int MOST_LETTERS = 200;

    /** One word of the query, what it may mean, and how much it weighs among the others. */
    record Group(List<TermIndex.Match> matches, double weight) { }

    static Query of(String text, TermIndex terms) {
        var cut = text.substring(0, Math.min(text.length(), MOST_LETTERS));
        var all = Words.of(cut).stream().map(Words.Word::text).limit(MOST_WORDS).toList();
        var telling = all.stream().filter(w -> !Words.EMPTY.contains(w)).toList();
        boolean typing = !all.isEmpty() && (telling.isEmpty() || all.getLast().equals(telling.getLast()));
        var words = telling.isEmpty() ? all : telling;
        var groups = new ArrayList<Group>();
        double total = 0;
        for (int i = 0; i < words.size(); i++) {
            var matches = new ArrayList<>(terms.matches(words.get(i), typing && i == words.size() - 1));
            pair(words, i, terms, matches);
            double weight = (words.get(i).length() > 2 ? 1 : 0.6) * terms.rarity(matches);
            groups.add(new Group(matches, weight));
            total += weight;
        }
        return new Query(words, all.size(), Words.joined(cut), groups, total);
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
    boolean isSentence() {
        return typed >= 5 || words.size() >= 4;
    }

    boolean isEmpty() {
        return words.isEmpty();
    }
}
