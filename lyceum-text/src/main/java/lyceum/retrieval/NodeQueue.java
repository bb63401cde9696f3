package lyceum.retrieval;

import java.util.Arrays;

/** Nodes by score, the greatest on top; of equal scores the lower number. */
final class NodeQueue {
    private int[] nodes = new int[64];
    private double[] scores = new double[64];
    private int size;

    void clear() { size = 0; }

    boolean isEmpty() { return size == 0; }

    int top() { return nodes[0]; }

    double topScore() { return scores[0]; }

    static boolean before(double score, int node, double than, int other) { return score > than || score == than && node < other; }

    void add(int node, double score) {
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
            scores = Arrays.copyOf(scores, 2 * size);
        }
        int at = size++;
        for (; at > 0; at = (at - 1) / 2) {
            int up = (at - 1) / 2;
            if (!before(score, node, scores[up], nodes[up])) break;
            nodes[at] = nodes[up];
            scores[at] = scores[up];
        }
        nodes[at] = node;
        scores[at] = score;
    }

    int poll() {
        int first = nodes[0], node = nodes[--size], at = 0;
        double score = scores[size];
        for (int down; (down = 2 * at + 1) < size; at = down) {
            if (down + 1 < size && before(scores[down + 1], nodes[down + 1], scores[down], nodes[down])) down++;
            if (!before(scores[down], nodes[down], score, node)) break;
            nodes[at] = nodes[down];
            scores[at] = scores[down];
        }
        nodes[at] = node;
        scores[at] = score;
        return first;
    }
}
