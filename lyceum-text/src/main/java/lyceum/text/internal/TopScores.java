package lyceum.text.internal;

/** The k best of documents that come in any order: greater scores first, lower numbers among equals. A heap with the worst on top. */
public final class TopScores {
    private final int[] documents;
    private final double[] scores;
    private int size;

    public TopScores(int k) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        documents = new int[k];
        scores = new double[k];
    }

    public static TopScores of(int k, int most) { return new TopScores(k < 1 ? k : Math.max(1, Math.min(k, most))); }

    public int size() { return size; }

    /** A later document enters with a greater score only. */
    public double threshold() { return size < scores.length ? Double.NEGATIVE_INFINITY : scores[0]; }

    /** The least score in it; minus infinity if it is empty. */
    public double worst() { return size == 0 ? Double.NEGATIVE_INFINITY : scores[0]; }

    private static boolean worse(double score, int document, double than, int other) {
        return score < than || score == than && document > other;
    }

    public void offer(int document, double score) {
        int at;
        if (size < scores.length) {
            for (at = size++; at > 0; at = (at - 1) / 2) {
                int up = (at - 1) / 2;
                if (!worse(score, document, scores[up], documents[up])) break;
                move(up, at);
            }
        } else {
            if (!worse(scores[0], documents[0], score, document)) return;
            at = sink(document, score);
        }
        documents[at] = document;
        scores[at] = score;
    }

    private int sink(int document, double score) {
        int at = 0;
        for (int down; (down = 2 * at + 1) < size; at = down) {
            if (down + 1 < size && worse(scores[down + 1], documents[down + 1], scores[down], documents[down])) down++;
            if (!worse(scores[down], documents[down], score, document)) break;
            move(down, at);
        }
        return at;
    }

    private void move(int from, int to) {
        documents[to] = documents[from];
        scores[to] = scores[from];
    }

    /** What is done with a document. */
    public interface Use {
        void take(int document, double score);
    }

    /** Empties it, the best first. */
    public void best(Use use) {
        int n = size;
        var ids = new int[n];
        var values = new double[n];
        while (size > 0) {
            ids[size - 1] = documents[0];
            values[size - 1] = scores[0];
            int last = --size, at = sink(documents[last], scores[last]);
            move(last, at);
        }
        for (int i = 0; i < n; i++) use.take(ids[i], values[i]);
    }
}
