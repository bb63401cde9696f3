package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.learn.metrics.RankedQuery;
import lyceum.tensor.Tensor;

/** The loss of training rows: derivatives by score, and the value. Scores stand row by row, one an output. */
interface Gradients {
    int outputs();

    /** The best constant of each output. */
    double[] start();

    /** Gradient and hessian of each row in turn, an array an output, times the rows' weights. */
    void at(double[] f, double[][] gh);

    /** The mean loss. */
    double loss(double[] f);

    /** Losses of single rows with one score. */
    record Pointwise(RowObjective objective, double[] y, double[] w) implements Gradients {
        @Override public int outputs() { return 1; }

        @Override public double[] start() { return new double[] {objective.start(y, w)}; }

        @Override public void at(double[] f, double[][] gh) {
            Parallel.range(y.length, 4096, 15, (from, to) -> objective.derivatives(y, f, w, (int) from, (int) to, gh[0]));
        }

        void at(int i, double f, double[] gh) {
            gh[2 * i] = w[i] * objective.gradient(y[i], f);
            gh[2 * i + 1] = w[i] * objective.hessian(y[i], f);
        }

        @Override public double loss(double[] f) { return objective.measure(y, f, w); }
    }

    /** The multinomial loss; hessians doubled as XGBoost does, an upper bound of those of all scores together. */
    record Softmax(int[] codes, int outputs, double[] w) implements Gradients {
        @Override public double[] start() {
            var start = new double[outputs];
            double all = 0;
            for (int i = 0; i < codes.length; i++) {
                start[codes[i]] += w[i];
                all += w[i];
            }
            for (int c = 0; c < outputs; c++) start[c] = Math.log(Math.max(start[c] / all, 1e-3 / codes.length));
            return start;
        }

        private double[] probabilities(double[] f) { return Tensor.of(f, codes.length, outputs).softmax(1).toDoubleArray(); }

        @Override public void at(double[] f, double[][] gh) {
            double[] p = probabilities(f);
            for (int i = 0; i < codes.length; i++) {
                for (int c = 0; c < outputs; c++) {
                    double q = p[i * outputs + c];
                    gh[c][2 * i] = w[i] * (q - (codes[i] == c ? 1 : 0));
                    gh[c][2 * i + 1] = w[i] * Math.max(2 * q * (1 - q), 1e-16);
                }
            }
        }

        @Override public double loss(double[] f) {
            double[] p = probabilities(f);
            double sum = 0, weight = 0;
            for (int i = 0; i < codes.length; i++) {
                sum -= w[i] * Math.log(Math.max(p[i * outputs + codes[i]], Double.MIN_NORMAL));
                weight += w[i];
            }
            return sum / weight;
        }
    }

    /**
     * LambdaMART (Burges 2010): for each pair of a group with unequal relevance the logistic loss of their scores' difference, times what
     * swapping the two does to NDCG, all times the weight of the row that takes it (a group's weight is that of its rows). Gains are
     * {@code 2^relevance - 1}, discounts {@code 1 / log2(rank + 1)}. The loss told is 1 less the mean NDCG, groups counted by the mean weight of
     * their rows, with rows of equal score in random order: the order in which they were given must not tell.
     *
     * @param starts where each group's rows begin, and the end
     */
    record Lambda(double[] relevance, int[] starts, double[] w) implements Gradients {
        @Override public int outputs() { return 1; }

        @Override public double[] start() { return new double[] {0}; }

        private static double discount(int rank) { return Math.log(2) / Math.log(rank + 2.0); }

        private static double gain(double relevance) { return Math.pow(2, relevance) - 1; }

        /** The discounted gains in the best order; gains ascending. */
        private static double ideal(double[] gains) {
            double sum = 0;
            for (int r = 0; r < gains.length; r++) sum += gains[gains.length - 1 - r] * discount(r);
            return sum;
        }

        /** The rank of each row of a group, from 0, by descending score; equal ones as they stand. */
        private static int[] ranks(double[] f, int from, int to) {
            var ranks = new int[to - from];
            for (int i = from; i < to; i++) for (int j = from; j < to; j++) if (f[j] > f[i] || f[j] == f[i] && j < i) ranks[i - from]++;
            return ranks;
        }

        @Override public void at(double[] f, double[][] gh) {
            Arrays.fill(gh[0], 0);
            Parallel.range(starts.length - 1, 1, 10_000, (first, last) -> {
                for (int group = (int) first; group < last; group++) pairs(starts[group], starts[group + 1], f, gh[0]);
            });
        }

        private void pairs(int from, int to, double[] f, double[] gh) {
            int m = to - from;
            double[] gains = new double[m], discounts = new double[m];
            for (int i = 0; i < m; i++) gains[i] = gain(relevance[from + i]);
            double[] sorted = gains.clone();
            Arrays.sort(sorted);
            double ideal = ideal(sorted);
            if (ideal == 0) return;
            int[] ranks = ranks(f, from, to);
            for (int i = 0; i < m; i++) discounts[i] = discount(ranks[i]);
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < m; j++) {
                    if (!(gains[i] > gains[j])) continue;
                    double wrong = BoostingObjective.sigmoid(f[from + j] - f[from + i]),
                            change = Math.abs((gains[i] - gains[j]) * (discounts[i] - discounts[j])) / ideal;
                    double slope = wrong * change, curvature = Math.max(wrong * (1 - wrong), 1e-16) * change;
                    gh[2 * (from + i)] -= slope;
                    gh[2 * (from + j)] += slope;
                    gh[2 * (from + i) + 1] += curvature;
                    gh[2 * (from + j) + 1] += curvature;
                }
            }
            for (int i = from; i < to; i++) {
                gh[2 * i] *= w[i];
                gh[2 * i + 1] *= w[i];
            }
        }

        @Override public double loss(double[] f) {
            double sum = 0, weight = 0;
            for (int group = 0; group + 1 < starts.length; group++) {
                int from = starts[group], to = starts[group + 1];
                double ndcg = new RankedQuery(Arrays.copyOfRange(relevance, from, to), Arrays.copyOfRange(f, from, to)).ndcg(to - from,
                        RankedQuery.Gain.EXPONENTIAL);
                if (Double.isNaN(ndcg)) continue; // nothing is relevant
                double own = Arrays.stream(w, from, to).average().orElseThrow();
                sum += own * ndcg;
                weight += own;
            }
            return weight == 0 ? 1 : 1 - sum / weight;
        }
    }
}
