package lyceum.learn.uncertainty;

import java.util.Arrays;
import lyceum.learn.conformal.LabelSets;
import lyceum.learn.conformal.PredictionIntervals;
import lyceum.learn.conformal.SplitIntervals;
import lyceum.learn.conformal.SplitSets;
import lyceum.tensor.Tensor;

/**
 * Conformal sets as doubt: a set's size, or an interval's width, ranks rows by how little is promised. Noise and ignorance cannot be told apart.
 *
 * @param total labels in each set, or the width of each interval
 */
public record SetForecast(double[] total) implements Forecast {
    public static SetForecast of(LabelSets sets) {
        var sizes = new double[sets.contains().length];
        for (int i = 0; i < sizes.length; i++) for (boolean in : sets.contains()[i]) if (in) sizes[i]++;
        return new SetForecast(sizes);
    }

    public static SetForecast of(PredictionIntervals intervals) {
        var widths = new double[intervals.low().length];
        for (int i = 0; i < widths.length; i++) widths[i] = intervals.high()[i] - intervals.low()[i];
        return new SetForecast(widths);
    }

    @Override public double[] aleatoric() { return unknown(); }

    @Override public double[] epistemic() { return unknown(); }

    private double[] unknown() {
        var out = new double[total.length];
        Arrays.fill(out, Double.NaN);
        return out;
    }

    /** Label sets that miss a share alpha at most. */
    public record OfLabels(SplitSets sets, double alpha) implements UncertaintyEstimator<SetForecast> {
        @Override public int nFeatures() { return sets.model().nFeatures(); }

        @Override public SetForecast forecast(Tensor x) { return of(sets.sets(x, alpha)); }
    }

    /** Intervals that miss a share alpha at most. */
    public record OfNumbers(SplitIntervals intervals, double alpha) implements UncertaintyEstimator<SetForecast> {
        @Override public int nFeatures() { return intervals.low().nFeatures(); }

        @Override public SetForecast forecast(Tensor x) { return of(intervals.intervals(x, alpha)); }
    }
}
