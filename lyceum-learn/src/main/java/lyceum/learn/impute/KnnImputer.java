package lyceum.learn.impute;

import java.util.Objects;
import java.util.Set;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Holes filled by the mean of the k nearest training rows that have the cell (Troyanskaya and others 2001). Rows are compared on the cells that both have,
 * {@code d^2 = p / shared * sum (a - b)^2}; scale the columns first. A row that shares none with any donor gets the column's mean. Of equally far rows the
 * earlier one counts.
 *
 * @param k at most as many as have the cell; 5 by default
 * @param weights equal by default, or by the inverse of the distance
 * @param indicators whether a column of 0 and 1 follows for each column that had holes when fitted; false by default
 * @see <a href="https://doi.org/10.1093/bioinformatics/17.6.520">Troyanskaya and others (2001)</a>
 */
@Withers
public record KnnImputer(int k, NeighborWeights weights, boolean indicators) implements KnnImputerWithers, Transformer {
    public KnnImputer {
        if (k < 1) throw new IllegalArgumentException("KnnImputer: k is " + k + "; at least 1");
        Objects.requireNonNull(weights, "weights");
    }

    public KnnImputer() { this(5); }

    public KnnImputer(int k) { this(k, NeighborWeights.UNIFORM, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.ALLOWS_NAN, Tag.NO_WEIGHTS, Tag.ORDER_DEPENDENT); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var holes = Holes.ofFit(input);
        var means = new double[holes.columns()];
        for (int j = 0; j < means.length; j++) means[j] = Descriptive.mean(holes.values(j));
        return new Fitted(Tensor.of(holes.x(), holes.rows(), holes.columns()), means, k, this.weights,
                indicators ? holes.holed() : new int[0]);
    }

    /** @param rows fitted, F64 with NaN @param means of the columns @param marked columns that get an indicator */
    public record Fitted(Tensor rows, double[] means, int k, NeighborWeights weights, int[] marked) implements FittedTransformer {
        @Override public int nFeatures() { return means.length; }

        @Override public int nOutputs() { return means.length + marked.length; }

        @Override public Tensor transform(Tensor x) {
            var given = LearnerInput.forModelWithNaN(this, x).x();
            Holes holes = Holes.of(given), donors = Holes.of(rows);
            double[] full = holes.x().clone(), distance = new double[donors.rows()];
            for (int i = 0; i < holes.rows(); i++) {
                boolean measured = false;
                for (int j = 0; j < means.length; j++) {
                    if (!holes.isHole(i, j)) continue;
                    if (!measured) measure(holes, i, donors, distance);
                    measured = true;
                    full[i * means.length + j] = fill(donors, j, distance);
                }
            }
            return holes.filled(full, marked, given);
        }

        /** Squared distances, infinite where nothing is shared. */
        private static void measure(Holes holes, int row, Holes donors, double[] distance) {
            int p = holes.columns();
            for (int d = 0; d < distance.length; d++) {
                double sum = 0;
                int shared = 0;
                for (int j = 0; j < p; j++) {
                    double diff = holes.x()[row * p + j] - donors.x()[d * p + j];
                    if (Double.isNaN(diff)) continue;
                    sum += diff * diff;
                    shared++;
                }
                distance[d] = shared == 0 ? Double.POSITIVE_INFINITY : sum * p / shared;
            }
        }

        private double fill(Holes donors, int column, double[] distance) {
            var nearest = new int[Math.min(k, donors.rows())];
            int found = 0;
            for (int d = 0; d < distance.length; d++) {
                if (donors.isHole(d, column) || distance[d] == Double.POSITIVE_INFINITY) continue; // with nothing shared, it is not near
                if (found == nearest.length && distance[d] >= distance[nearest[found - 1]]) continue;
                int at = found < nearest.length ? found++ : found - 1;
                for (; at > 0 && distance[nearest[at - 1]] > distance[d]; at--) nearest[at] = nearest[at - 1];
                nearest[at] = d;
            }
            if (found == 0) return means[column];
            // a row at distance 0 outweighs all others
            boolean exact = weights == NeighborWeights.DISTANCE && distance[nearest[0]] == 0;
            double sum = 0, total = 0;
            for (int r = 0; r < found; r++) {
                double w = weights == NeighborWeights.UNIFORM ? 1
                        : exact ? distance[nearest[r]] == 0 ? 1 : 0 : 1 / Math.sqrt(distance[nearest[r]]);
                if (w == 0) continue;
                sum += w * donors.x()[nearest[r] * means.length + column];
                total += w;
            }
            return sum / total;
        }
    }
}
