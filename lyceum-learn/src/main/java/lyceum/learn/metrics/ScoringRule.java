package lyceum.learn.metrics;

/**
 * A penalty for reporting probabilities when one of the classes comes true; smaller is better. {@link ScoringRules} has the usual ones, and a
 * lambda is a rule of one's own that {@link PropernessCheck} can try:
 *
 * {@snippet :
 * ScoringRule absolute = (report, outcome) -> 1 - report[outcome];
 * PropernessCheck.of(absolute, 3, 1000, Rng.of(1)).isProper();       // false
 * }
 *
 * <p>Proper: for every truth p no report q has an expected penalty below that of p itself. Strictly proper: every other one is worse. Then the expectation
 * is an entropy of p, which nobody escapes, and a divergence of q from p.
 *
 * @see <a href="https://doi.org/10.1198/016214506000001437">Gneiting and Raftery (2007)</a>
 */
@FunctionalInterface
public interface ScoringRule {
    /**
     * @param report probabilities, one a class
     * @param outcome the class that came true
     */
    double penalty(double[] report, int outcome);

    /** {@code sum_y p_y S(q, y)}; classes of probability 0 do not count, whatever their penalty. */
    default double expected(double[] truth, double[] report) {
        double sum = 0;
        for (int y = 0; y < truth.length; y++) if (truth[y] > 0) sum += truth[y] * penalty(report, y);
        return sum;
    }

    /** The expected penalty of the truth itself. */
    default double entropy(double[] truth) { return expected(truth, truth); }

    /** What the report costs beyond the truth. */
    default double divergence(double[] truth, double[] report) { return expected(truth, report) - entropy(truth); }
}
