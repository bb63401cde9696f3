package lyceum.learn.metrics;

/**
 * A threshold on a score and what it does on the rows that it was read from.
 *
 * @param threshold rows that score at least this are called positive; infinity calls none so
 * @param precision share of the called rows that are positive; 1 where none is called
 * @param recall share of the positive rows that are called
 * @param falsePositiveRate share of the negative rows that are called
 */
public record OperatingPoint(double threshold, double precision, double recall, double falsePositiveRate) {
    /** {@code 1 - falsePositiveRate}. */
    public double specificity() { return 1 - falsePositiveRate; }

    /** {@code 1 - recall}. */
    public double missRate() { return 1 - recall; }

    /** F-beta of this precision and recall. */
    public double fBeta(double beta) { return ClassificationMetrics.fBeta(precision, recall, beta); }
}
