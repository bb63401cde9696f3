package lyceum.learn.metrics;

/** What a score is whose denominator is zero: precision where nothing was predicted, recall where nothing was there. */
public enum ZeroDivision {
    ZERO(0), ONE(1),
    /** Undefined: NaN for a class, and the class is left out of averages. */
    UNDEFINED(Double.NaN);

    private final double value;

    ZeroDivision(double value) { this.value = value; }

    double divide(double numerator, double denominator) { return denominator == 0 ? value : numerator / denominator; }
}
