package lyceum.retrieval;

import java.util.Arrays;
import lyceum.text.internal.TopScores;

/**
 * The best nodes that a walk has found so far, the greater score first, of equal ones the lower number; and the best of them from which it has not gone on. A few are a sorted
 * list: to put one in costs less than in a heap, and the next is found at once. Many are two heaps.
 */
final class Beam {
    /** From here on moving a part of the list costs more than heaps do. */
    private static final int MANY = 256;

    /** Nodes, the nearest first, and their scores. */
    record Candidates(int[] nodes, double[] scores) {}

    private int most, size, next;
    /** Of a short beam; {@code ~node} where the walk has been. */
    private int[] nodes = {};
    private double[] scores = {};
    /** Of a long one. */
    private TopScores best;
    private final NodeQueue open = new NodeQueue();

    /** Begins again. @param most nodes that it keeps */
    void clear(int most) {
        this.most = most;
        size = 0;
        next = 0;
        open.clear();
        best = most > MANY ? new TopScores(most) : null;
        if (best == null && nodes.length < most) {
            nodes = new int[most];
            scores = new double[most];
        }
    }

    /** Scores at most as great do not enter. */
    double threshold() {
        return best != null ? best.threshold() : size < most ? Double.NEGATIVE_INFINITY : scores[size - 1];
    }

    void offer(int node, double score) {
        if (best != null) {
            best.offer(node, score);
            open.add(node, score);
            return;
        }
        if (size == most && !NodeQueue.before(score, node, scores[size - 1], node(size - 1))) return;
        int at = size < most ? size++ : size - 1;
        for (; at > 0 && NodeQueue.before(score, node, scores[at - 1], node(at - 1)); at--) {
            nodes[at] = nodes[at - 1];
            scores[at] = scores[at - 1];
        }
        nodes[at] = node;
        scores[at] = score;
        next = Math.min(next, at);
    }

    private int node(int at) { return Math.max(nodes[at], ~nodes[at]); }

    /** The score of the best from which the walk has not gone on; minus infinity if there is none. */
    double topScore() {
        if (best != null) return open.isEmpty() ? Double.NEGATIVE_INFINITY : open.topScore();
        return next < size ? scores[next] : Double.NEGATIVE_INFINITY;
    }

    /** The node with so many before it of those from which the walk has not gone on; -1 if that is not known. */
    int peek(int before) {
        if (best != null) return before == 0 && !open.isEmpty() ? open.top() : -1;
        for (int at = next; at < size; at++) if (nodes[at] >= 0 && before-- == 0) return nodes[at];
        return -1;
    }

    /** The walk goes on from it. */
    int poll() {
        if (best != null) return open.poll();
        int node = nodes[next];
        nodes[next] = ~node;
        do next++; while (next < size && nodes[next] < 0);
        return node;
    }

    /** All that it keeps. */
    Candidates candidates() {
        if (best == null) {
            var all = new int[size];
            for (int i = 0; i < size; i++) all[i] = node(i);
            return new Candidates(all, Arrays.copyOf(scores, size));
        }
        var found = new Candidates(new int[best.size()], new double[best.size()]);
        int[] n = {0};
        best.best((node, score) -> {
            found.scores[n[0]] = score;
            found.nodes[n[0]++] = node;
        });
        return found;
    }
}
