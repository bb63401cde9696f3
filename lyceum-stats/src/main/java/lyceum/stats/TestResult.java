package lyceum.stats;

/**
 * What a test of a null hypothesis found.
 *
 * @param test its name
 * @param statistic what was compared with its law under the null
 * @param pValue probability, under the null, of a statistic at least as extreme
 * @param degreesOfFreedom of that law; of the denominator for F; NaN where it has none
 * @param effectSize how large the effect is, free of units; each test says which measure. NaN where there is none
 * @param estimate what {@code interval} is about, in the data's own units; NaN where there is none
 * @param interval a two-sided 95% interval for {@code estimate}; both ends NaN where there is none
 */
public record TestResult(String test, double statistic, double pValue, double degreesOfFreedom, double effectSize, double estimate,
        Interval interval) {
    static final Interval NO_INTERVAL = new Interval(Double.NaN, Double.NaN);

    /** A test with neither effect size nor interval. */
    public TestResult(String test, double statistic, double pValue, double degreesOfFreedom) {
        this(test, statistic, pValue, degreesOfFreedom, Double.NaN, Double.NaN, NO_INTERVAL);
    }

    /** Whether the null is rejected: {@code pValue <= alpha}. */
    public boolean rejects(double alpha) { return pValue <= alpha; }
}
