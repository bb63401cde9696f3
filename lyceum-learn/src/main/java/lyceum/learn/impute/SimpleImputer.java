package lyceum.learn.impute;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Holes filled by one number a column, learned from the training rows.
 *
 * @param strategy which number; the mean by default
 * @param constant what {@link Strategy#CONSTANT} fills in; 0 by default
 * @param indicators whether a column of 0 and 1 follows for each column that had holes when fitted; false by default
 */
@Withers
public record SimpleImputer(Strategy strategy, double constant, boolean indicators) implements SimpleImputerWithers, Transformer {

    /** The number that fills a column. */
    public enum Strategy {
        MEAN, MEDIAN,
        /** The least of those that occur most often. */
        MOST_FREQUENT,
        /** A given one. */
        CONSTANT
    }

    public SimpleImputer {
        Objects.requireNonNull(strategy, "strategy");
        if (!Double.isFinite(constant)) throw new IllegalArgumentException("SimpleImputer: constant is " + constant + "; it is finite");
    }

    public SimpleImputer() { this(Strategy.MEAN); }

    public SimpleImputer(Strategy strategy) { this(strategy, 0, false); }

    @Override public Set<Tag> tags() { return Set.of(Tag.ALLOWS_NAN, Tag.NO_WEIGHTS); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var holes = strategy == Strategy.CONSTANT ? Holes.of(input.x()) : Holes.ofFit(input);
        var fill = new double[holes.columns()];
        for (int j = 0; j < fill.length; j++) fill[j] = switch (strategy) {
            case MEAN -> Descriptive.mean(holes.values(j));
            case MEDIAN -> Descriptive.median(holes.values(j));
            case MOST_FREQUENT -> mode(holes.values(j));
            case CONSTANT -> constant;
        };
        return new Fitted(fill, indicators ? holes.holed() : new int[0]);
    }

    private static double mode(double[] values) {
        Arrays.sort(values);
        double best = values[0];
        int most = 0;
        for (int i = 0, from = 0; i < values.length; i++) {
            if (values[i] != values[from]) from = i;
            if (i - from + 1 <= most) continue;
            most = i - from + 1;
            best = values[i];
        }
        return best;
    }

    /** @param fill of each column @param marked columns that get an indicator */
    public record Fitted(double[] fill, int[] marked) implements FittedTransformer {
        @Override public int nFeatures() { return fill.length; }

        @Override public int nOutputs() { return fill.length + marked.length; }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            var holes = Holes.of(rows);
            double[] full = holes.x().clone();
            for (int i = 0; i < full.length; i++) if (Double.isNaN(full[i])) full[i] = fill[i % fill.length];
            return holes.filled(full, marked, rows);
        }
    }
}
