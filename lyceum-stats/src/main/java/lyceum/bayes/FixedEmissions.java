package lyceum.bayes;

import java.util.List;
import lyceum.prob.Distribution;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/** Distributions that are known: nothing of them is learnt. */
record FixedEmissions(List<Distribution> distributions) implements Emissions {
    FixedEmissions {
        if (distributions.isEmpty()) throw new IllegalArgumentException("Emissions: there are no distributions; one a state is needed");
        for (var d : distributions) {
            if (width(d) != width(distributions.getFirst())) throw new IllegalArgumentException("Emissions: state 0 shows "
                    + width(distributions.getFirst()) + " numbers and another " + width(d) + "; all show the same");
        }
    }

    private static int width(Distribution d) {
        return switch (d) {
            case UnivariateDistribution u -> 1;
            case MultivariateDistribution m -> m.dimensions();
            default -> throw new IllegalArgumentException("Emissions: " + d + " is neither over numbers nor over vectors");
        };
    }

    @Override public int states() { return distributions.size(); }

    @Override public int width() { return width(distributions.getFirst()); }

    @Override public double logDensity(int state, double[] x) {
        var d = distributions.get(state);
        return d instanceof UnivariateDistribution u ? u.logDensity(x[0]) : ((MultivariateDistribution) d).logDensity(x);
    }

    @Override public double[] sample(int state, Rng rng) {
        var d = distributions.get(state);
        return d instanceof UnivariateDistribution u ? new double[] {u.sample(rng)} : ((MultivariateDistribution) d).sample(rng);
    }

    @Override public double[] parameters() { return new double[0]; }

    @Override public Emissions with(double[] parameters) {
        if (parameters.length != 0) throw new IllegalArgumentException("Emissions: " + parameters.length + " parameters for none");
        return this;
    }

    @Override public int statistics() { return 0; }

    @Override public void collect(double[] x, double[] posterior, double[] into, int at) {}

    @Override public double[] maximise(double[] statistics) { return new double[0]; }

    @Override public double[] randomParameters(List<double[][]> sequences, Rng rng) { return new double[0]; }
}
