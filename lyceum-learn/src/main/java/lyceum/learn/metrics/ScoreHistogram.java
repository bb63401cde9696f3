package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * Labels and scores of a stream, kept in bounded memory: ROC and precision-recall curves of data that is too large to sort.
 *
 * {@snippet :
 * var rng = Rng.of(1);
 * var seen = new ScoreHistogram(2048);
 * for (int batch = 0; batch < 10; batch++) {
 *     var truth = Tensor.rand(rng, 1000).lt(0.1);
 *     seen.add(truth, Tensor.randn(rng, 1000).add(truth.to(DType.F32)));
 * }
 * seen.averagePrecision();
 * }
 *
 * <p>Bins are intervals of scores, and no range need be known. When there are too many, neighbours are merged that together are a small share of the
 * positives, of the negatives, and of the rows that their threshold flags; so bins are fine at the top, where precision is made of few rows.
 * Up to {@code bins} distinct scores the curves are exact. Mutable; a histogram for each thread, {@link #merge merged} at the end.
 */
public final class ScoreHistogram {
    private final int bins;
    /** Ascending lower ends of the bins, their largest scores, and the weights in them. */
    private double[] lower = {}, upper = {}, positives = {}, negatives = {};

    /** @param bins the most that are kept, at least 16; with 2048 average precision is right to about 0.001 */
    public ScoreHistogram(int bins) {
        if (bins < 16) throw new IllegalArgumentException("ScoreHistogram: " + bins + " bins; at least 16, usually 2048");
        this.bins = bins;
    }

    /** Adds rows: truth is 0 or 1 (BOOL too), the scores floats. */
    public void add(Tensor truth, Tensor scores) { add(RocCurve.positives(truth.toLongArray()), scores.toDoubleArray(), null); }

    /** Adds rows. @param weights of the rows, or null for 1 */
    public void add(boolean[] positive, double[] scores, double[] weights) {
        var sweep = ScoreSweep.of("ScoreHistogram.add", positive, scores, weights);
        int m = sweep.size() - 1;
        double[] at = new double[m], p = new double[m], q = new double[m];
        for (int i = 0; i < m; i++) {
            int k = m - i;
            at[i] = sweep.thresholds()[k];
            p[i] = sweep.truePositives()[k] - sweep.truePositives()[k - 1];
            q[i] = sweep.falsePositives()[k] - sweep.falsePositives()[k - 1];
        }
        merge(at, at, p, q);
    }

    /** Adds what another histogram has seen. */
    public void merge(ScoreHistogram other) { merge(other.lower, other.upper, other.positives, other.negatives); }

    /** How many bins there are now. */
    public int size() { return lower.length; }

    /**
     * Average precision of all rows so far. Rows of one score are a tie; those of a merged bin, whose order is lost, count as if positives and negatives came in at random.
     *
     * @throws IllegalArgumentException if none was positive
     */
    public double averagePrecision() {
        double tp = 0, fp = 0, area = 0;
        for (int i = lower.length - 1; i >= 0; i--) {
            double p = positives[i], q = negatives[i];
            if (p > 0) area += lower[i] == upper[i] ? p * (tp + p) / (tp + p + fp + q)
                    : PrecisionRecallCurve.underHyperbola(tp, fp, tp + p, fp + q);
            tp += p;
            fp += q;
        }
        if (tp == 0) throw new IllegalArgumentException("ScoreHistogram: no row was positive so far; at least one is needed");
        return area / tp;
    }

    /** The curve of all rows so far, a point at the lower end of each bin. @throws IllegalArgumentException if none was positive */
    public PrecisionRecallCurve precisionRecall() {
        var flags = flags();
        return PrecisionRecallCurve.of(flags, twice(lower), weights());
    }

    /** Likewise the ROC curve. @throws IllegalArgumentException if a class has not occurred */
    public RocCurve roc() { return RocCurve.of(flags(), twice(lower), weights()); }

    /** Each bin as one positive and one negative row that tie. */
    private boolean[] flags() {
        var flags = new boolean[2 * lower.length];
        Arrays.fill(flags, 0, lower.length, true);
        return flags;
    }

    private static double[] twice(double[] values) {
        var both = Arrays.copyOf(values, 2 * values.length);
        System.arraycopy(values, 0, both, values.length, values.length);
        return both;
    }

    private double[] weights() {
        var both = Arrays.copyOf(positives, 2 * positives.length);
        System.arraycopy(negatives, 0, both, positives.length, negatives.length);
        return both;
    }

    private void merge(double[] otherLower, double[] otherUpper, double[] p, double[] q) {
        int n = lower.length, m = otherLower.length, k = 0;
        double[] newLower = new double[n + m], newUpper = new double[n + m], newPositives = new double[n + m],
                newNegatives = new double[n + m];
        for (int i = 0, j = 0; i < n || j < m;) {
            boolean own = j == m || i < n && (lower[i] < otherLower[j] || lower[i] == otherLower[j] && upper[i] >= otherUpper[j]);
            double from = own ? lower[i] : otherLower[j], to = own ? upper[i] : otherUpper[j];
            // Scores inside a bin join it: counted apart they would pass over those of its rows that lie above them.
            if (k == 0 || to > newUpper[k - 1]) {
                newLower[k] = from;
                newUpper[k++] = to;
            }
            newPositives[k - 1] += own ? positives[i] : p[j];
            newNegatives[k - 1] += own ? negatives[i++] : q[j++];
        }
        if (k > bins) k = compress(newLower, newUpper, newPositives, newNegatives, k);
        lower = Arrays.copyOf(newLower, k);
        upper = Arrays.copyOf(newUpper, k);
        positives = Arrays.copyOf(newPositives, k);
        negatives = Arrays.copyOf(newNegatives, k);
    }

    /** Merges neighbours in place, by the smallest of the limits tried that leaves room; gives how many bins are left. */
    private int compress(double[] from, double[] to, double[] p, double[] q, int n) {
        for (double limit = 1.0 / bins; n > bins * 3 / 4; limit *= 1.25) n = compress(from, to, p, q, n, limit);
        return n;
    }

    private static int compress(double[] from, double[] to, double[] p, double[] q, int n, double limit) {
        double allPositives = Arrays.stream(p, 0, n).sum(), allNegatives = Arrays.stream(q, 0, n).sum(), below = 0;
        int kept = 0;
        for (int i = 1; i < n; i++) {
            double positives = p[kept] + p[i], negatives = q[kept] + q[i], flagged = allPositives + allNegatives - below;
            double cost = Math.max((positives + negatives) / flagged,
                    Math.max(positives == 0 ? 0 : positives / allPositives, negatives == 0 ? 0 : negatives / allNegatives));
            if (cost <= limit) {
                to[kept] = to[i];
                p[kept] = positives;
                q[kept] = negatives;
                continue;
            }
            below += p[kept] + q[kept++];
            from[kept] = from[i];
            to[kept] = to[i];
            p[kept] = p[i];
            q[kept] = q[i];
        }
        return kept + 1;
    }
}
