package lyceum.serve.speculate;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Guesses that share beginnings: each node an id that might follow its parent's.
 *
 * @param ids of the nodes
 * @param parents of each node an earlier one, or -1 if it follows the text
 */
public record TokenTree(int[] ids, int[] parents) {
    public TokenTree {
        if (ids.length != parents.length)
            throw new IllegalArgumentException("TokenTree: " + ids.length + " ids and " + parents.length + " parents");
        for (int i = 0; i < parents.length; i++)
            if (parents[i] < -1 || parents[i] >= i) throw new IllegalArgumentException(
                    "TokenTree: the parent of node " + i + " is " + parents[i] + "; it is an earlier node, or -1");
    }

    /** One id after the other. */
    public static TokenTree chain(int... ids) { return new TokenTree(ids, IntStream.range(-1, ids.length - 1).toArray()); }

    public int size() { return ids.length; }

    /** The child of a node with that id, the first of several; -1 if there is none. */
    public int child(int node, int id) {
        for (int i = node + 1; i < ids.length; i++) if (parents[i] == node && ids[i] == id) return i;
        return -1;
    }

    /** Nodes from the text to this one, itself the last. */
    public int[] path(int node) {
        var path = new int[depth(node) + 1];
        for (int at = node, i = path.length - 1; at >= 0; at = parents[at]) path[i--] = at;
        return path;
    }

    /** Nodes above it. */
    public int depth(int node) {
        int depth = 0;
        for (int at = parents[node]; at >= 0; at = parents[at]) depth++;
        return depth;
    }

    /** Ids of a path. */
    public int[] ids(int... nodes) { return Arrays.stream(nodes).map(n -> ids[n]).toArray(); }
}
