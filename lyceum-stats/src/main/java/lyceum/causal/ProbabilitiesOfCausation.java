package lyceum.causal;

import java.util.Map;
import lyceum.stats.Interval;

/**
 * How often a treatment was necessary for an outcome, would have been sufficient, and is both; for a binary treatment and outcome.
 *
 * {@snippet :
 * // 200 people: recovered in half the cases, treated or not, in a trial
 * ProbabilitiesOfCausation.bounds(new double[][] {{0.25, 0.25}, {0.25, 0.25}}, 0.5, 0.5).both();     // [0, 0.5]
 * }
 *
 * @param necessity {@code PN = P(Y_0 = 0 | X = 1, Y = 1)}: the treated who recovered and would not have without it; NaN if there are none
 * @param sufficiency {@code PS = P(Y_1 = 1 | X = 0, Y = 0)}: the untreated who did not, and would have with it; NaN if there are none
 * @param both {@code PNS = P(Y_1 = 1, Y_0 = 0)}: those whom the treatment decides about
 * @see <a href="https://arxiv.org/abs/1301.3898">Tian and Pearl (2000), Probabilities of causation: bounds and identification</a>
 */
public record ProbabilitiesOfCausation(double necessity, double sufficiency, double both) {
    /** Of a discrete model, exactly: all noises are enumerated. */
    public static ProbabilitiesOfCausation of(StructuralCausalModel model, String treatment, String outcome) {
        int x = model.graph().at(treatment), y = model.graph().at(outcome);
        if (!model.isDiscrete() || model.equations.get(x).values() != 2 || model.equations.get(y).values() != 2)
            throw new IllegalArgumentException(
                    "ProbabilitiesOfCausation: the model is discrete, and " + treatment + " and " + outcome + " have two values");
        var sums = new double[5];
        Abduction.enumerate(model, (noise, p) -> {
            double[] seen = model.run(noise, Map.of());
            boolean with = model.run(noise, Map.of(treatment, 1.0))[y] == 1, without = model.run(noise, Map.of(treatment, 0.0))[y] == 1;
            boolean decides = with && !without;
            if (decides) sums[0] += p;
            if (seen[x] == 1 && seen[y] == 1) {
                sums[1] += p;
                if (!without) sums[2] += p;
            }
            if (seen[x] == 0 && seen[y] == 0) {
                sums[3] += p;
                if (with) sums[4] += p;
            }
        });
        return new ProbabilitiesOfCausation(sums[2] / sums[1], sums[4] / sums[3], sums[0]);
    }

    /** What data allow. */
    public record Bounds(Interval necessity, Interval sufficiency, Interval both) {}

    /**
     * The sharp bounds from an experiment and observations of the same population.
     *
     * @param observed {@code P(X = x, Y = y)}, x first
     * @param treated {@code P(Y = 1 | do(X = 1))}
     * @param untreated {@code P(Y = 1 | do(X = 0))}
     * @throws IllegalArgumentException if no population has both, {@code P(x, y) <= P(y | do(x)) <= 1 - P(x, not y)} being broken
     */
    public static Bounds bounds(double[][] observed, double treated, double untreated) {
        check(observed, treated, untreated);
        double y = observed[0][1] + observed[1][1], xy = observed[1][1], neither = observed[0][0];
        return new Bounds(new Interval(Math.max(0, (y - untreated) / xy), Math.min(1, (1 - untreated - neither) / xy)),
                new Interval(Math.max(0, (treated - y) / neither), Math.min(1, (treated - xy) / neither)),
                new Interval(Math.max(Math.max(0, treated - untreated), Math.max(y - untreated, treated - y)), Math.min(
                        Math.min(treated, 1 - untreated), Math.min(xy + neither, treated - untreated + observed[1][0] + observed[0][1]))));
    }

    /** If the treatment harms nobody, {@code Y_1 >= Y_0}: the point values, from the same data as {@link #bounds}, which must allow that. */
    public static ProbabilitiesOfCausation monotone(double[][] observed, double treated, double untreated) {
        check(observed, treated, untreated);
        double y = observed[0][1] + observed[1][1];
        if (untreated > y + 1e-9 || treated < y - 1e-9)
            throw new IllegalArgumentException("monotone: P(y | do(0)), P(y) and P(y | do(1)) are " + untreated + ", " + y + " and "
                    + treated + "; where nobody is harmed they do not fall");
        return new ProbabilitiesOfCausation((y - untreated) / observed[1][1], (treated - y) / observed[0][0], treated - untreated);
    }

    private static void check(double[][] observed, double treated, double untreated) {
        double sum = 0;
        for (double[] row : observed) for (double p : row) sum += p;
        if (observed.length != 2 || observed[0].length != 2 || !(Math.abs(sum - 1) <= 1e-9))
            throw new IllegalArgumentException("ProbabilitiesOfCausation: the observed table is 2 by 2 and sums to 1, not to " + sum);
        for (double p : new double[] {treated, untreated})
            if (!(p >= 0 && p <= 1))
                throw new IllegalArgumentException("ProbabilitiesOfCausation: P(y | do(x)) is " + p + "; it lies between 0 and 1");
        for (int x = 0; x < 2; x++) {
            double p = x == 1 ? treated : untreated;
            if (p < observed[x][1] - 1e-9 || p > 1 - observed[x][0] + 1e-9)
                throw new IllegalArgumentException("ProbabilitiesOfCausation: P(y | do(" + x + ")) is " + p
                        + "; with these observations it lies between " + observed[x][1] + " and " + (1 - observed[x][0]));
        }
    }
}
