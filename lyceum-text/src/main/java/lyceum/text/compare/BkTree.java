package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Words by their distance from each other, so that those near a word are found without comparing all: below a word at distance d from the query only branches
 * from {@code d - radius} to {@code d + radius} can hold matches. It rests on the triangle inequality, so the distance is Levenshtein's.
 *
 * @see <a href="https://doi.org/10.1145/362003.362025">Burkhard and Keller (1973)</a>
 */
public final class BkTree {
    private Node root;
    private int size;

    private record Node(String word, TreeMap<Integer, Node> children) {}

    /** A word that was found. */
    public record Match(String word, int distance) {}

    public BkTree() {}

    public BkTree(Collection<String> words) { words.forEach(this::add); }

    /** False if it was there. */
    public boolean add(String word) {
        var fresh = new Node(word, new TreeMap<>());
        if (root == null) {
            root = fresh;
            size++;
            return true;
        }
        for (var node = root;;) {
            int distance = EditDistance.levenshtein(word, node.word);
            if (distance == 0) return false;
            var next = node.children.putIfAbsent(distance, fresh);
            if (next == null) {
                size++;
                return true;
            }
            node = next;
        }
    }

    public int size() { return size; }

    /** All words at most {@code radius} away, the nearest first, then by name. */
    public List<Match> within(String query, int radius) {
        if (radius < 0) throw new IllegalArgumentException("within: the radius is " + radius + "; it is 0 or more");
        var found = new ArrayList<Match>();
        var open = new ArrayList<Node>();
        if (root != null) open.add(root);
        while (!open.isEmpty()) {
            var node = open.removeLast();
            int distance = EditDistance.levenshtein(query, node.word);
            if (distance <= radius) found.add(new Match(node.word, distance));
            int nearest = Math.max(1, distance - radius), furthest = (int) Math.min(Integer.MAX_VALUE, (long) distance + radius);
            if (nearest <= furthest) open.addAll(node.children.subMap(nearest, true, furthest, true).values());
        }
        found.sort(Comparator.comparingInt(Match::distance).thenComparing(Match::word));
        return found;
    }
}
