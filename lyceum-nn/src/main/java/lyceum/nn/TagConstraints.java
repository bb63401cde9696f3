package lyceum.nn;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Which tags may follow which, begin a sequence, and end it.
 *
 * {@snippet :
 * var rules = TagConstraints.bio("O", "B-PER", "I-PER", "B-LOC", "I-LOC");   // I-PER only after B-PER or I-PER, never first
 * new LinearChainCrf(rules, DType.F32, Rng.of(1));
 * }
 *
 * @param transitions {@code [from][to]}, true where allowed
 * @param start true for a tag that may come first
 * @param end true for a tag that may come last
 */
public record TagConstraints(boolean[][] transitions, boolean[] start, boolean[] end) {
    public TagConstraints {
        int k = start.length;
        if (k == 0 || end.length != k || transitions.length != k || Arrays.stream(transitions).anyMatch(row -> row.length != k))
            throw new ShapeException("TagConstraints: " + k + " first tags, " + end.length + " last tags and " + transitions.length
                    + " rows of transitions; all have one size, and it is at least 1");
        transitions = Arrays.stream(transitions).map(boolean[]::clone).toArray(boolean[][]::new);
        start = start.clone();
        end = end.clone();
    }

    public int tags() { return start.length; }

    /** Everything is allowed among so many tags. */
    public static TagConstraints none(int tags) {
        var all = new boolean[tags];
        Arrays.fill(all, true);
        var rows = new boolean[tags][];
        Arrays.fill(rows, all);
        return new TagConstraints(rows, all, all);
    }

    /**
     * Those of span tags: {@code I-X} stands only behind {@code B-X} or {@code I-X}.
     *
     * @throws IllegalArgumentException for a name that is neither {@code O} nor begins with {@code B-} or {@code I-}
     */
    public static TagConstraints bio(String... names) {
        var rules = none(names.length);
        for (int to = 0; to < names.length; to++) {
            if (!names[to].equals("O") && !names[to].startsWith("B-") && !names[to].startsWith("I-")) throw new IllegalArgumentException(
                    "TagConstraints.bio: tag \"" + names[to] + "\"; tags are O, B-something and I-something");
            if (!names[to].startsWith("I-")) continue;
            rules.start[to] = false;
            for (int from = 0; from < names.length; from++)
                rules.transitions[from][to] = !names[from].equals("O") && names[from].substring(2).equals(names[to].substring(2));
        }
        return rules;
    }
}
