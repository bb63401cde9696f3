package lyceum.learn.uncertainty;

import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.train.uncertainty.NumberMixture;

/** Forecasters of numbers, fitted apart, as one mixture; a member's own doubt counts as noise. @param members at least one */
public record NumberEnsemble(List<UncertaintyEstimator<NumberForecast>> members) implements UncertaintyEstimator<NumberForecast> {
    public NumberEnsemble {
        members = List.copyOf(members);
        if (members.isEmpty()) throw new IllegalArgumentException("NumberEnsemble: there are no members");
        for (var m : members)
            if (m.nFeatures() != members.getFirst().nFeatures()) throw new ShapeException("NumberEnsemble: members know different columns");
    }

    /** Fits the networks of seeds 0 to count - 1. */
    public static NumberEnsemble fit(LongFunction<ForecastNetwork> bySeed, int count, Tensor x, Tensor y) {
        return new NumberEnsemble(
                LongStream.range(0, count).mapToObj(s -> (UncertaintyEstimator<NumberForecast>) bySeed.apply(s).fit(x, y)).toList());
    }

    @Override public int nFeatures() { return members.getFirst().nFeatures(); }

    @Override public NumberForecast forecast(Tensor x) {
        double[][] means = new double[members.size()][], variances = new double[means.length][];
        for (int m = 0; m < means.length; m++) {
            var of = members.get(m).forecast(x);
            means[m] = of.mean();
            variances[m] = of.total();
        }
        return NumberForecast.of(NumberMixture.of(Tensor.of(means), Tensor.of(variances)));
    }
}
