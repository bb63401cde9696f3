package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Words by their beginnings. A search walks the trie with one row of the edit table, which is what a Levenshtein automaton's state holds: words with a common
 * beginning share its rows, and a beginning that is too far off is left with all that follows.
 */
public final class WordTrie {
    private final Node root = new Node();

    private static final class Node {
        private final TreeMap<Integer, Node> next = new TreeMap<>();
        private String word;
    }

    public WordTrie(Collection<String> words) {
        for (var word : words) {
            var node = root;
            for (int c : word.codePoints().toArray()) node = node.next.computeIfAbsent(c, _ -> new Node());
            node.word = word;
        }
    }

    /** All words at most {@code radius} away by Levenshtein's distance, the nearest first, then by name. */
    public List<BkTree.Match> within(String query, int radius) {
        if (radius < 0) throw new IllegalArgumentException("within: the radius is " + radius + "; it is 0 or more");
        int[] q = query.codePoints().toArray(), row = new int[q.length + 1];
        for (int j = 0; j < row.length; j++) row[j] = j;
        var found = new ArrayList<BkTree.Match>();
        walk(root, q, row, radius, found);
        found.sort(Comparator.comparingInt(BkTree.Match::distance).thenComparing(BkTree.Match::word));
        return found;
    }

    private static void walk(Node node, int[] q, int[] row, int radius, List<BkTree.Match> found) {
        if (node.word != null && row[q.length] <= radius) found.add(new BkTree.Match(node.word, row[q.length]));
        node.next.forEach((c, child) -> {
            var next = new int[row.length];
            int least = next[0] = row[0] + 1;
            for (int j = 1; j < next.length; j++) {
                next[j] = Math.min(Math.min(row[j], next[j - 1]) + 1, row[j - 1] + (q[j - 1] == c ? 0 : 1));
                least = Math.min(least, next[j]);
            }
            if (least <= radius) walk(child, q, next, radius, found);
        });
    }
}
