package lyceum.learn.active;

import java.util.Arrays;
import lyceum.train.uncertainty.PredictiveEntropy;

/** How unsure one model is of a row. For two classes all three rank alike. */
public enum Uncertainty implements ScoredQuery {
    /** {@code 1 - max p}. */
    LEAST_CONFIDENT {
        @Override public double of(double... p) { return 1 - Arrays.stream(p).max().orElseThrow(); }
    },
    /** Minus the gap between the two largest probabilities. */
    MARGIN {
        @Override public double of(double... p) {
            double first = Double.NEGATIVE_INFINITY, second = Double.NEGATIVE_INFINITY;
            for (double v : p) {
                if (v > first) {
                    second = first;
                    first = v;
                } else if (v > second) second = v;
            }
            return second - first;
        }
    },
    /** {@code -sum p log p}. */
    ENTROPY {
        @Override public double of(double... p) { return PredictiveEntropy.entropy(p); }
    };

    /** The score of class probabilities; larger is less sure. */
    public abstract double of(double... p);

    @Override public double[] scores(Pool pool) { return Arrays.stream(pool.probabilities().toRows()).mapToDouble(this::of).toArray(); }
}
