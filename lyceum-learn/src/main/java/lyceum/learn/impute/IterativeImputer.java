package lyceum.learn.impute;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Holes filled by regression: from column means on, each column with holes is regressed on all others (a Bayesian ridge, so nothing is to be tuned) and its
 * holes are predicted, from the column with the fewest holes to that with the most, round and round until they settle. New rows go through the same
 * regressions. These are best guesses, too alike to be data: for standard errors draw completions by {@link lyceum.stats.missing.Mice}.
 *
 * @param maxIterations rounds at most; 10 by default
 * @param tolerance it ends where no row's values moved by more, in sum, than this share of the largest observed value; 1e-3 by default
 * @param indicators whether a column of 0 and 1 follows for each column that had holes when fitted; false by default
 */
@Withers
public record IterativeImputer(int maxIterations, double tolerance, boolean indicators) implements IterativeImputerWithers, Transformer {
    public IterativeImputer {
        if (maxIterations < 1 || !(tolerance >= 0)) throw new IllegalArgumentException(
                "IterativeImputer: " + maxIterations + " iterations, tolerance " + tolerance + "; at least 1 and 0");
    }

    public IterativeImputer() { this(10, 1e-3, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.ALLOWS_NAN, Tag.NO_WEIGHTS); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var holes = Holes.ofFit(input);
        int p = holes.columns(), n = holes.rows();
        var means = new double[p];
        for (int j = 0; j < p; j++) means[j] = Descriptive.mean(holes.values(j));
        var order = new ArrayList<Integer>();
        for (int j : holes.holed()) order.add(j);
        order.sort(Comparator.comparingInt(j -> n - holes.values(j).length));
        double[] full = started(holes, means);
        double largest = 0;
        for (double v : holes.x()) if (!Double.isNaN(v)) largest = Math.max(largest, Math.abs(v));
        var steps = new ArrayList<Step>();
        int rounds = 0;
        for (boolean moves = p > 1 && !order.isEmpty(); moves && rounds < maxIterations; rounds++) {
            double[] before = full.clone();
            for (int j : order) {
                var step = new Step(j, regression(holes, full, j));
                step.fill(holes, full);
                steps.add(step);
            }
            moves = !(moved(before, full, p) < tolerance * largest);
        }
        return new Fitted(means, steps.stream().map(s -> s.column).toList(), steps.stream().map(s -> s.ridge.weights()).toList(),
                steps.stream().map(s -> s.ridge.intercept()).toList(), rounds, indicators ? holes.holed() : new int[0]);
    }

    private static double[] started(Holes holes, double[] means) {
        double[] full = holes.x().clone();
        for (int i = 0; i < full.length; i++) if (Double.isNaN(full[i])) full[i] = means[i % means.length];
        return full;
    }

    private static double moved(double[] before, double[] after, int p) {
        double most = 0;
        for (int from = 0; from < after.length; from += p) {
            double sum = 0;
            for (int j = from; j < from + p; j++) sum += Math.abs(after[j] - before[j]);
            most = Math.max(most, sum);
        }
        return most;
    }

    private static BayesianRidge regression(Holes holes, double[] full, int column) {
        int p = holes.columns(), n = holes.values(column).length;
        double[] x = new double[n * (p - 1)], y = new double[n];
        for (int i = 0, r = 0; i < holes.rows(); i++) {
            if (holes.isHole(i, column)) continue;
            for (int j = 0, at = r * (p - 1); j < p; j++) if (j != column) x[at++] = full[i * p + j];
            y[r++] = full[i * p + column];
        }
        return BayesianRidge.fit(x, y);
    }

    /** The holes of a column, predicted. */
    private record Step(int column, BayesianRidge ridge) {
        void fill(Holes holes, double[] full) {
            int p = holes.columns();
            for (int i = 0; i < holes.rows(); i++) {
                if (!holes.isHole(i, column)) continue;
                double sum = ridge.intercept();
                for (int j = 0, k = 0; j < p; j++) if (j != column) sum += ridge.weights()[k++] * full[i * p + j];
                full[i * p + column] = sum;
            }
        }
    }

    /**
     * @param means of the columns, where filling begins
     * @param columns filled at each step @param weights of each step's regression on the other columns @param intercepts of each
     * @param iterations rounds that were made @param marked columns that get an indicator
     */
    public record Fitted(double[] means, List<Integer> columns, List<double[]> weights, List<Double> intercepts, int iterations,
            int[] marked) implements FittedTransformer {
        @Override public int nFeatures() { return means.length; }

        @Override public int nOutputs() { return means.length + marked.length; }

        /** Columns that had no hole when fitted are filled by their means. */
        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            var holes = Holes.of(rows);
            double[] full = started(holes, means);
            for (int s = 0; s < columns.size(); s++)
                new Step(columns.get(s), new BayesianRidge(weights.get(s), intercepts.get(s))).fill(holes, full);
            return holes.filled(full, marked, rows);
        }
    }
}
