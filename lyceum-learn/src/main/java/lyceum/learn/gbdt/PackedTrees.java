package lyceum.learn.gbdt;

import java.util.List;

/**
 * Trees laid out for many rows: children side by side, leaves that lead to themselves, so that eight rows walk down a tree at once without a
 * branch that could be guessed wrong. The answers are those of {@link BoostedTree#answer} to the bit.
 */
final class PackedTrees {
    /** In a question: that it is a leaf's, and which bits are the column. */
    static final long LEAF = 1L << 31;

    private static final int COLUMN = Integer.MAX_VALUE, BLOCK = 64;
    /** Rows from which on it pays to lay trees out anew. */
    private static final int MANY = 256;

    private final List<BoostedTree> trees;
    private final int p;
    private final boolean packed;
    private final int[] roots;
    /** Of each node the column that it asks about, whether it is a leaf, and above it the right child. */
    private final long[] question;
    private final double[] threshold, value;

    /** Takes what a tree answers to the rows {@code first .. first + m - 1}. */
    @FunctionalInterface
    interface Answers {
        void take(int tree, int first, double[] values, int m);
    }

    /** @param p columns of the rows @param rows how many there will be; of few each walks by itself */
    PackedTrees(List<BoostedTree> trees, int p, int rows) {
        this.trees = trees;
        this.p = p;
        this.packed = rows >= MANY;
        this.roots = new int[trees.size()];
        if (!packed) {
            question = null;
            threshold = value = null;
            return;
        }
        int nodes = 0;
        for (int t = 0; t < roots.length; t++) {
            roots[t] = nodes;
            nodes += trees.get(t).nodes();
        }
        this.question = new long[nodes];
        this.threshold = new double[nodes];
        this.value = new double[nodes];
        for (int t = 0; t < roots.length; t++) trees.get(t).pack(roots[t], p, question, threshold, value);
    }

    /** Hands on each tree's answers to the rows {@code from .. to - 1}, in the order of the trees for each row. */
    void each(double[] rows, int from, int to, Answers answers) {
        // A column of zeros stands behind the others: leaves ask about it.
        var block = new double[packed ? BLOCK * (p + 1) : 0];
        var values = new double[Math.min(BLOCK, to - from)];
        for (int first = from; first < to; first += BLOCK) {
            int m = Math.min(BLOCK, to - first);
            boolean finite = packed && copied(rows, first, m, block);
            for (int t = 0; t < roots.length; t++) {
                int i = 0;
                if (finite) for (; i + 8 <= m; i += 8) eight(block, i * (p + 1), roots[t], values, i);
                for (; i < m; i++) values[i] = trees.get(t).answer(rows, (first + i) * p);
                answers.take(t, first, values, m);
            }
        }
    }

    /** Whether the rows hold numbers alone, of which a difference tells which is less. */
    private boolean copied(double[] rows, int first, int m, double[] block) {
        double nothing = 0;
        for (int i = 0; i < m; i++) for (int f = 0; f < p; f++) {
            double v = rows[(first + i) * p + f];
            nothing += v - v;
            block[i * (p + 1) + f] = v;
        }
        return nothing == 0;
    }

    private void eight(double[] rows, int at, int root, double[] out, int i) {
        long[] question = this.question;
        double[] threshold = this.threshold;
        int step = p + 1, n0 = root, n1 = root, n2 = root, n3 = root, n4 = root, n5 = root, n6 = root, n7 = root;
        long leaves;
        do {
            long q0 = question[n0];
            n0 = next(q0, rows[at + ((int) q0 & COLUMN)] - threshold[n0]);
            long q1 = question[n1];
            n1 = next(q1, rows[at + step + ((int) q1 & COLUMN)] - threshold[n1]);
            long q2 = question[n2];
            n2 = next(q2, rows[at + 2 * step + ((int) q2 & COLUMN)] - threshold[n2]);
            long q3 = question[n3];
            n3 = next(q3, rows[at + 3 * step + ((int) q3 & COLUMN)] - threshold[n3]);
            long q4 = question[n4];
            n4 = next(q4, rows[at + 4 * step + ((int) q4 & COLUMN)] - threshold[n4]);
            long q5 = question[n5];
            n5 = next(q5, rows[at + 5 * step + ((int) q5 & COLUMN)] - threshold[n5]);
            long q6 = question[n6];
            n6 = next(q6, rows[at + 6 * step + ((int) q6 & COLUMN)] - threshold[n6]);
            long q7 = question[n7];
            n7 = next(q7, rows[at + 7 * step + ((int) q7 & COLUMN)] - threshold[n7]);
            leaves = q0 & q1 & q2 & q3 & q4 & q5 & q6 & q7;
        } while ((leaves & LEAF) == 0);
        out[i] = value[n0];
        out[i + 1] = value[n1];
        out[i + 2] = value[n2];
        out[i + 3] = value[n3];
        out[i + 4] = value[n4];
        out[i + 5] = value[n5];
        out[i + 6] = value[n6];
        out[i + 7] = value[n7];
    }

    /** The right child, or the left one if the value lies below the threshold, which the sign of their difference tells. */
    private static int next(long asked, double difference) {
        return (int) (asked >>> 32) + (int) (Double.doubleToRawLongBits(difference) >> 63);
    }
}
