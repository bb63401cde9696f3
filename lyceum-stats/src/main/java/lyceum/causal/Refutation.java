package lyceum.causal;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;

/**
 * Attempts to break an estimate: the data at hand are changed so that the right answer is known, and the same estimator is run again. One that finds
 * an effect of a placebo, or that moves when an irrelevant covariate is added, is wrong; one that passes may still be wrong, since no data tell of causes
 * that were not measured. {@link #robustnessValue} and {@link #eValue} say how strong such a cause would have to be.
 *
 * {@snippet :
 * double[][] age = {{30}, {41}, {52}, {63}, {35}, {48}, {57}, {66}};
 * boolean[] treated = {true, true, false, true, false, true, false, false};
 * double[] outcome = {5.1, 6.0, 6.3, 8.2, 4.2, 6.9, 6.8, 7.5};
 * var attempts = new Refutation(new PotentialOutcomes(age, treated, outcome), PotentialOutcomes::regressionAdjustment, 100, 1);
 * attempts.placeboTreatment().pValue();         // small if the estimator sees effects that are not there
 * attempts.randomCommonCause().mean();          // should be what it was
 * Refutation.eValue(3.9);                       // 7.26: a hidden cause this strong would explain away a risk ratio of 3.9
 * }
 *
 * @param data at hand
 * @param estimator on trial; asked from several threads at once
 * @param repeats data sets of each attempt, 20 or more to say anything
 * @param seed of their draws
 * @see <a href="https://arxiv.org/abs/2011.04216">Sharma and Kiciman (2020), DoWhy, section on refutation</a>
 */
public record Refutation(PotentialOutcomes data, Function<PotentialOutcomes, Effect> estimator, int repeats, long seed) {
    public Refutation {
        if (repeats < 2) throw new IllegalArgumentException("Refutation: " + repeats + " repeats; at least 2 are needed");
    }

    /**
     * What an attempt found.
     *
     * @param original the estimate from the data at hand
     * @param expected what the estimates would gather around if the estimator is right
     * @param estimates from the data that were made
     */
    public record Attempt(double original, double expected, double[] estimates) {
        public double mean() { return Descriptive.mean(estimates); }

        /**
         * Two-sided share of estimates on the far side of what was expected, {@code 2 min(#(<=), #(>=)) + 2} of {@code repeats + 1}, at most 1: small
         * where they do not gather around it, and the estimate is refuted.
         */
        public double pValue() {
            long below = Arrays.stream(estimates).filter(e -> e <= expected).count(),
                    above = Arrays.stream(estimates).filter(e -> e >= expected).count();
            return Math.min(1, 2.0 * (Math.min(below, above) + 1) / (estimates.length + 1));
        }
    }

    private Attempt attempt(long stream, double expected, Function<Rng, PotentialOutcomes> made) {
        double original = estimator.apply(data).estimate();
        var estimates = new double[repeats];
        Parallel.range(repeats, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++)
                estimates[r] = estimator.apply(made.apply(Rng.of(seed).split(stream).split(r))).estimate();
        });
        return new Attempt(original, Double.isNaN(expected) ? original : expected, estimates);
    }

    /** Treatments are shuffled among the units: no effect is left, 0 is expected. */
    public Attempt placeboTreatment() {
        return attempt(0, 0, rng -> {
            int[] order = rng.permutation(data.size());
            var treated = new boolean[order.length];
            for (int i = 0; i < order.length; i++) treated[i] = data.treated()[order[i]];
            return new PotentialOutcomes(data.covariates(), treated, data.outcome());
        });
    }

    /** Outcomes are shuffled among the units: nothing has an effect, 0 is expected. */
    public Attempt dummyOutcome() {
        return attempt(1, 0, rng -> {
            int[] order = rng.permutation(data.size());
            return new PotentialOutcomes(data.covariates(), data.treated(),
                    Arrays.stream(order).mapToDouble(i -> data.outcome()[i]).toArray());
        });
    }

    /** One more covariate that has nothing to do with anything, standard normal: the estimate should stay. */
    public Attempt randomCommonCause() {
        return attempt(2, Double.NaN, rng -> {
            var covariates = new double[data.size()][];
            for (int i = 0; i < covariates.length; i++) {
                double[] row = data.covariates()[i];
                covariates[i] = Arrays.copyOf(row, row.length + 1);
                covariates[i][row.length] = rng.nextGaussian();
            }
            return new PotentialOutcomes(covariates, data.treated(), data.outcome());
        });
    }

    /** A part of the units, of each arm as large a share, drawn without replacement: the estimate should stay. @param share between 0 and 1 */
    public Attempt subset(double share) {
        if (!(share > 0 && share < 1)) throw new IllegalArgumentException("subset: share is " + share + "; it lies between 0 and 1");
        int[][] arms = new int[2][];
        for (int arm = 0; arm < 2; arm++) {
            boolean of = arm == 1;
            arms[arm] = IntStream.range(0, data.size()).filter(i -> data.treated()[i] == of).toArray();
        }
        return attempt(3, Double.NaN, rng -> {
            int[] kept = IntStream.range(0, 2).flatMap(arm -> {
                int[] drawn = rng.split(arm).sample(arms[arm].length, (int) Math.max(1, Math.round(share * arms[arm].length)));
                return Arrays.stream(drawn).map(i -> arms[arm][i]);
            }).sorted().toArray();
            var treated = new boolean[kept.length];
            for (int i = 0; i < kept.length; i++) treated[i] = data.treated()[kept[i]];
            return new PotentialOutcomes(Arrays.stream(kept).mapToObj(i -> data.covariates()[i]).toArray(double[][]::new), treated,
                    Arrays.stream(kept).mapToDouble(i -> data.outcome()[i]).toArray());
        });
    }

    /**
     * The share of the remaining variance of both treatment and outcome that a hidden cause must explain to bring a regression coefficient to 0:
     * {@code (sqrt(f^4 + 4 f^2) - f^2) / 2} with {@code f = |t| / sqrt(degrees of freedom)}.
     *
     * @param t the coefficient over its standard error
     * @see <a href="https://doi.org/10.1111/rssb.12348">Cinelli and Hazlett (2020), Making sense of sensitivity</a>
     */
    public static double robustnessValue(double t, int degreesOfFreedom) {
        if (degreesOfFreedom < 1 || Double.isNaN(t)) throw new IllegalArgumentException(
                "robustnessValue: t is " + t + " with " + degreesOfFreedom + " degrees of freedom; a number and at least 1 are needed");
        double f2 = t * t / degreesOfFreedom;
        return 2 / (1 + Math.sqrt(1 + 4 / f2)); // the same without a difference of large numbers
    }

    /**
     * The risk ratio that a hidden cause must have with both treatment and outcome to explain a risk ratio away: {@code r + sqrt(r (r - 1))}, of
     * {@code 1 / r} where r is below 1. Of the confidence limit nearer to 1 it says what would move the interval to 1.
     *
     * @see <a href="https://doi.org/10.7326/M16-2607">VanderWeele and Ding (2017), Sensitivity analysis in observational research</a>
     */
    public static double eValue(double riskRatio) {
        if (!(riskRatio > 0 && riskRatio < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("eValue: the risk ratio is " + riskRatio + "; it is finite and above 0");
        double r = Math.max(riskRatio, 1 / riskRatio);
        return r + Math.sqrt(r * (r - 1));
    }
}
