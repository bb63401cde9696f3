package lyceum.stats;

/** A confidence interval. */
public record Interval(double low, double high) {
    public double width() { return high - low; }

    public boolean contains(double value) { return value >= low && value <= high; }
}
