package lyceum.bayes;

import java.util.List;
import lyceum.prob.Normal;

/**
 * Of the mean of normal numbers whose standard deviation is known: precisions add.
 *
 * @param prior of the mean
 * @param noise the known standard deviation, positive
 */
public record NormalMeanPrior(Normal prior, double noise) implements ConjugatePrior<NormalMeanPrior> {
    public NormalMeanPrior {
        if (!(noise > 0) || noise == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("NormalMeanPrior: noise is " + noise + "; it must be positive and finite");
    }

    @Override public NormalMeanPrior update(double[]... points) {
        double away = 0;
        for (var x : ConjugatePrior.checked("NormalMeanPrior", 1, points)) away += (x[0] - prior.mean()) / points.length;
        return after(points.length, prior.mean() + away);
    }

    /** After n points with this average. */
    NormalMeanPrior after(long n, double average) {
        double each = 1 / (noise * noise), precision = 1 / prior.variance() + n * each;
        return new NormalMeanPrior(new Normal(prior.mean() + n * each * (average - prior.mean()) / precision, Math.sqrt(1 / precision)),
                noise);
    }

    @Override public Normal predictive() { return new Normal(prior.mean(), Math.hypot(noise, prior.standardDeviation())); }

    @Override public double logEvidence(double[]... points) {
        // Deviations from the average are noise; the average has variance noise^2 / n + prior variance
        int n = points.length;
        if (n == 0) return 0;
        double mean = 0, squares = 0, v = noise * noise;
        for (var x : ConjugatePrior.checked("NormalMeanPrior", 1, points)) mean += x[0] / n;
        for (var x : points) squares += (x[0] - mean) * (x[0] - mean);
        double away = mean - prior.mean();
        return -0.5 * (n * Math.log(2 * Math.PI * v) + Math.log1p(n * prior.variance() / v) + squares / v
                + n * away * away / (v + n * prior.variance()));
    }

    @Override public List<Normal> marginals() { return List.of(prior); }
}
