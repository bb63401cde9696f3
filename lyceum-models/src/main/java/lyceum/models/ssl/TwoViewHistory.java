package lyceum.models.ssl;

import java.util.Arrays;
import java.util.List;
import lyceum.linalg.Similarity;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.CollapseDiagnostics;
import lyceum.train.History;

/**
 * How a {@link TwoViewLearner} went. The loss alone does not tell good agreement from a dead network; the spread does.
 *
 * @param training losses by epoch
 * @param spreads of the projections of the same things after each epoch, without augmentation
 */
public record TwoViewHistory(History training, List<Spread> spreads) {
    public TwoViewHistory { spreads = List.copyOf(spreads); }

    /**
     * How projections (n, d) spread.
     *
     * @param unit the mean over coordinates of the deviation of the unit projections, times {@code sqrt(d)}: near 1 where they point everywhere, 0 where all
     *         point the same way
     * @param raw the mean deviation of the projections as they are
     * @param report of the unit projections
     */
    public record Spread(double unit, double raw, CollapseDiagnostics report) {
        public static Spread of(Tensor projections) {
            var unit = CollapseDiagnostics.of(Similarity.normalise(projections));
            return new Spread(mean(unit.deviations()) * Math.sqrt(projections.size(1)),
                    mean(projections.detach().std(0, 0, false).toDoubleArray()), unit);
        }

        private static double mean(double[] values) { return Arrays.stream(values).average().orElseThrow(); }
    }

    /** After the last epoch. */
    public Spread last() { return spreads.getLast(); }

    /** {@link Spread#unit} by epoch. */
    public double[] unit() { return spreads.stream().mapToDouble(Spread::unit).toArray(); }

    /** Spread by epoch. */
    public Figure figure() {
        return Figure.plot("Do the projections collapse?").line("spread", 1, unit())
                .axes("epoch", "deviation of unit projections times root d").describedAs(
                        "How far unit projections of the same things spread, by epoch: 1 for directions everywhere, 0 for a single one.");
    }
}
