package lyceum.prob;

import java.util.Arrays;
import lyceum.random.Rng;

/** Outcomes 0, 1, ..., k - 1 with given probabilities. */
public final class Categorical implements UnivariateDistribution {
    private final double[] probabilities, cumulative;

    /**
     * @param weights non-negative, not all zero; divided by their sum
     */
    public Categorical(double... weights) {
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException(
                        "Categorical: weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
            }
            sum += weights[i];
        }
        if (!(sum > 0)) throw new IllegalArgumentException(
                "Categorical: " + (weights.length == 0 ? "there are no weights" : "all weights are 0") + "; at least one must be positive");
        probabilities = new double[weights.length];
        cumulative = new double[weights.length];
        double running = 0;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            probabilities[i] = weights[i] / sum;
            running += probabilities[i];
            cumulative[i] = Math.min(1, running);
            if (weights[i] > 0) last = i;
        }
        Arrays.fill(cumulative, last, cumulative.length, 1);
    }

    /** A copy. */
    public double[] probabilities() { return probabilities.clone(); }

    public int count() { return probabilities.length; }

    private double mass(double k) { return k >= 0 && k < probabilities.length && k == Math.rint(k) ? probabilities[(int) k] : 0; }

    @Override public double logDensity(double k) { return Math.log(mass(k)); }

    @Override public double density(double k) { return mass(k); }

    @Override public double cdf(double k) {
        if (k < 0) return 0;
        return k >= cumulative.length ? 1 : cumulative[(int) k];
    }

    @Override public double survival(double k) {
        if (k < 0) return 1;
        double sum = 0;
        for (int i = probabilities.length - 1; i > k; i--) sum += probabilities[i];
        return sum;
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        int at = Arrays.binarySearch(cumulative, p);
        if (at < 0) at = -at - 1;
        while (at > 0 && cumulative[at - 1] >= p) at--;
        return Math.min(at, cumulative.length - 1);
    }

    @Override public double mean() {
        double mean = 0;
        for (int i = 0; i < probabilities.length; i++) mean += i * probabilities[i];
        return mean;
    }

    @Override public double variance() {
        double mean = mean(), variance = 0;
        for (int i = 0; i < probabilities.length; i++) variance += (i - mean) * (i - mean) * probabilities[i];
        return variance;
    }

    @Override public double entropy() {
        double entropy = 0;
        for (double p : probabilities) if (p > 0) entropy -= p * Math.log(p);
        return entropy;
    }

    @Override public double low() { return 0; }

    @Override public double high() { return probabilities.length - 1; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) {
        double u = rng.nextDouble();
        int low = 0, high = cumulative.length - 1;
        while (low < high) { // the first entry above u, so that an outcome of probability 0 is never drawn
            int middle = (low + high) >>> 1;
            if (cumulative[middle] > u) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    @Override public boolean equals(Object o) { return o instanceof Categorical c && Arrays.equals(probabilities, c.probabilities); }

    @Override public int hashCode() { return Arrays.hashCode(probabilities); }

    @Override public String toString() { return "Categorical" + Arrays.toString(probabilities); }
}
