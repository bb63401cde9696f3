package lyceum.learn.metrics;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Scores of predicted probabilities, smaller being better.
 *
 * {@snippet :
 * var truth = Tensor.of(new int[] {0, 2, 1});
 * var p = Tensor.of(new double[][] {{0.7, 0.2, 0.1}, {0.1, 0.3, 0.6}, {0.5, 0.4, 0.1}});
 * ScoringRules.LOG.mean(truth, p);
 * ScoringRules.skill(ScoringRules.BRIER.mean(truth, p), 2 / 3.0);        // against always saying 1/3, 1/3, 1/3
 * ScoringRules.brier(new boolean[] {true, false}, new double[] {0.99, 0.6}, null);
 * }
 *
 * <p>Reports are probabilities: at least 0, with sum 1 (within 1e-4, which F32 needs).
 */
public enum ScoringRules implements ScoringRule {
    /** {@code -log q_y} in nats (Good 1952): infinite for what was called impossible. Its divergence is Kullback and Leibler's. */
    LOG {
        @Override public double penalty(double[] q, int y) { return -Math.log(q[y]); }

        @Override public double divergence(double[] p, double[] q) {
            double sum = 0;
            for (int k = 0; k < p.length; k++) if (p[k] > 0) sum += p[k] * Math.log(p[k] / q[k]);
            return sum;
        }
    },
    /** {@code sum_k (q_k - [k = y])^2} (Brier 1950), from 0 to 2; two classes give twice the {@link #brier(boolean[], double[], double[]) binary} figure. */
    BRIER {
        @Override public double penalty(double[] q, int y) {
            double sum = 0;
            for (int k = 0; k < q.length; k++) sum += square(q[k] - (k == y ? 1 : 0));
            return sum;
        }

        @Override public double divergence(double[] p, double[] q) {
            double sum = 0;
            for (int k = 0; k < p.length; k++) sum += square(p[k] - q[k]);
            return sum;
        }
    },
    /** {@code 1 - q_y / |q|}; its divergence is {@code |p| (1 - cos(p, q))}. */
    SPHERICAL {
        @Override public double penalty(double[] q, int y) { return 1 - q[y] / norm(q); }

        @Override public double divergence(double[] p, double[] q) {
            // 1 - cos by half the squared chord, which keeps its digits where the angle is small.
            double chord = 0, np = norm(p), nq = norm(q);
            for (int k = 0; k < p.length; k++) chord += square(p[k] / np - q[k] / nq);
            return np * chord / 2;
        }
    },
    /** Ranked probability score of ordered classes, {@code sum_k (Q_k - [k >= y])^2} with Q cumulated (Epstein 1969): near misses cost less. */
    RANKED {
        @Override public double penalty(double[] q, int y) {
            double sum = 0, below = 0;
            for (int k = 0; k < q.length - 1; k++) {
                below += q[k];
                sum += square(below - (k >= y ? 1 : 0));
            }
            return sum;
        }

        @Override public double divergence(double[] p, double[] q) {
            double sum = 0, gap = 0;
            for (int k = 0; k < p.length - 1; k++) {
                gap += p[k] - q[k];
                sum += gap * gap;
            }
            return sum;
        }
    },
    /** 1 where the most probable class (the first of several) did not come, else 0. Proper, not strictly: 0.51 and 0.99 earn the same. */
    ZERO_ONE {
        @Override public double penalty(double[] q, int y) {
            int best = 0;
            for (int k = 1; k < q.length; k++) if (q[k] > q[best]) best = k;
            return best == y ? 0 : 1;
        }
    },
    /** {@code 1 - q_y}. Not proper: who believes 70% does best to say 100%. */
    LINEAR {
        @Override public double penalty(double[] q, int y) { return 1 - q[y]; }
    };

    /** {@link #mean(Tensor, Tensor, Tensor)} with equal weights. */
    public double mean(Tensor truth, Tensor probabilities) { return mean(truth, probabilities, null); }

    /**
     * The weighted mean penalty.
     *
     * @param truth class numbers 0 .. classes - 1 (n)
     * @param probabilities (n x classes)
     * @param weights (n), or null
     */
    public double mean(Tensor truth, Tensor probabilities, Tensor weights) {
        double[] each = each(truth, probabilities);
        if (weights != null && (weights.rank() != 1 || weights.size(0) != each.length))
            throw new ShapeException(this + ".mean: weights " + weights.shape() + " for " + each.length + " rows");
        return weightedMean(each, weights == null ? null : weights.toDoubleArray());
    }

    /** The penalty of each row. Two models' differences row by row are what {@link lyceum.stats.HypothesisTest#paired} wants. */
    public double[] each(Tensor truth, Tensor probabilities) {
        if (truth.rank() != 1 || probabilities.rank() != 2 || truth.size(0) != probabilities.size(0) || truth.size(0) == 0)
            throw new ShapeException(this + ": probabilities " + probabilities.shape() + " for truth " + truth.shape());
        int[] classes = truth.toIntArray();
        var rows = probabilities.to(DType.F64).toRows();
        var each = new double[classes.length];
        for (int i = 0; i < each.length; i++) {
            if (classes[i] < 0 || classes[i] >= rows[i].length) throw new IllegalArgumentException(this + ": class " + classes[i]
                    + " in row " + i + "; with " + rows[i].length + " columns of probabilities classes are 0 to " + (rows[i].length - 1));
            checkProbabilities(i, rows[i]);
            each[i] = penalty(rows[i], classes[i]);
        }
        return each;
    }

    private void checkProbabilities(int row, double[] q) {
        double sum = 0;
        for (double v : q) {
            if (!(v >= 0)) throw new IllegalArgumentException(this + ": a probability in row " + row + " is " + v + "; it is at least 0");
            sum += v;
        }
        if (!(Math.abs(sum - 1) < 1e-4))
            throw new IllegalArgumentException(this + ": the probabilities of row " + row + " sum to " + sum + "; they sum to 1");
    }

    /**
     * Brier score of a yes or no, {@code mean of (f - o)^2}: from 0 to 1, half of what {@link #BRIER} gives for two classes.
     *
     * @param probabilities f, of true; in [0, 1]
     * @param weights of the rows, or null for 1
     */
    public static double brier(boolean[] truth, double[] probabilities, double[] weights) {
        checkBinary("brier", truth, probabilities);
        var each = new double[truth.length];
        for (int i = 0; i < each.length; i++) each[i] = square(probabilities[i] - (truth[i] ? 1 : 0));
        return weightedMean(each, weights);
    }

    /** {@code 1 - score / reference}: 1 is perfection, 0 no better than the reference, such as climatology taken from training data. */
    public static double skill(double score, double reference) { return 1 - score / reference; }

    static void checkBinary(String operation, boolean[] truth, double[] probabilities) {
        if (truth.length != probabilities.length || truth.length == 0)
            throw new ShapeException(operation + ": " + truth.length + " labels and " + probabilities.length + " probabilities");
        for (int i = 0; i < truth.length; i++) {
            double f = probabilities[i];
            if (!(f >= 0 && f <= 1))
                throw new IllegalArgumentException(operation + ": probability " + i + " is " + f + "; it lies between 0 and 1");
        }
    }

    static double weightedMean(double[] values, double[] weights) {
        if (weights != null && weights.length != values.length)
            throw new ShapeException("mean: " + values.length + " rows and " + weights.length + " weights");
        double sum = 0, total = 0;
        for (int i = 0; i < values.length; i++) {
            double w = weights == null ? 1 : weights[i];
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("mean: weight " + i + " is " + w + "; weights are finite and at least 0");
            if (w == 0) continue;
            sum += w * values[i];
            total += w;
        }
        if (total == 0) throw new IllegalArgumentException("mean: all weights are 0; at least one must be positive");
        return sum / total;
    }

    private static double square(double v) { return v * v; }

    private static double norm(double[] v) {
        double sum = 0;
        for (double a : v) sum += a * a;
        return Math.sqrt(sum);
    }
}
