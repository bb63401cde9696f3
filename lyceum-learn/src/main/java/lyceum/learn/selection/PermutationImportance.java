package lyceum.learn.selection;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;

/**
 * How much worse a fitted model does when a column is shuffled: what it relies on. Ask on rows that it was not fitted to; of columns that say
 * the same each may look useless, since the other one stands in.
 *
 * {@snippet :
 * var rows = Datasets.friedman1(Rng.of(1), 400, 8, 1);
 * var forest = new RandomForestRegressor().fit(rows.range(0, 200).x(), rows.range(0, 200).y());
 * var drops = new PermutationImportance(Scorer.R2, 10, 1).of(forest, rows.range(200, 400).x(), rows.range(200, 400).y());
 * drops.mean();                             // of each column
 * }
 *
 * @param scorer what gets worse
 * @param repeats shuffles of each column
 * @param seed of the shuffles
 * @see <a href="https://doi.org/10.1023/A:1010933404324">Breiman (2001), Random Forests, section 10</a>
 */
public record PermutationImportance(Scorer scorer, int repeats, long seed) {
    public PermutationImportance {
        if (repeats < 1) throw new IllegalArgumentException("PermutationImportance: " + repeats + " repeats; at least 1 is needed");
    }

    /**
     * Drops of the score.
     *
     * @param drops {@code [column][repeat]}, larger is more important
     */
    public record Drops(double[][] drops) {
        /** Each column's mean drop. */
        public double[] mean() { return Arrays.stream(drops).mapToDouble(Descriptive::mean).toArray(); }

        /** The standard deviation of each column's drops, NaN for a single repeat. */
        public double[] standardDeviation() { return Arrays.stream(drops).mapToDouble(Descriptive::standardDeviation).toArray(); }

        /** The columns, most important first. */
        public int[] ranking() {
            double[] mean = mean();
            var order = new int[mean.length];
            for (int i = 0; i < order.length; i++) {
                int j = i;
                for (; j > 0 && mean[order[j - 1]] < mean[i]; j--) order[j] = order[j - 1];
                order[j] = i;
            }
            return order;
        }
    }

    /** The drops of {@code model}'s score on these rows (n x p) and their targets or labels (n). */
    public Drops of(Model model, Tensor x, Tensor y) {
        var rows = LearnerInput.matrix("PermutationImportance", x, true).x();
        int n = (int) rows.size(0), p = (int) rows.size(1);
        double whole = scorer.score(model, rows, y, null);
        double[] values = rows.to(DType.F64).toDoubleArray();
        var drops = new double[p][repeats];
        Parallel.range((long) p * repeats, 1, (from, to) -> {
            for (int job = (int) from; job < to; job++) {
                int f = job / repeats, r = job % repeats;
                int[] order = Rng.of(seed).split(f).split(r).permutation(n);
                double[] shuffled = values.clone();
                for (int i = 0; i < n; i++) shuffled[i * p + f] = values[order[i] * p + f];
                double score = scorer.score(model, Tensor.of(shuffled, n, p).to(rows.dtype()), y, null);
                drops[f][r] = scorer.greaterIsBetter() ? whole - score : score - whole;
            }
        });
        return new Drops(drops);
    }
}
