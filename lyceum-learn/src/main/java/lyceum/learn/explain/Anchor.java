package lyceum.learn.explain;

import java.util.List;

/**
 * A rule under which the decision stays as it is: every listed column within its bounds.
 *
 * @param bounds one a column that the rule is about
 * @param precision the share of sampled neighbours under the rule with the same decision, on the sample that confirmed it
 * @param coverage the share of data rows that the rule applies to
 */
public record Anchor(List<Bounds> bounds, double precision, double coverage) {
    /** {@code low <= x[feature] <= high}. */
    public record Bounds(int feature, double low, double high) {
        boolean holds(double value) { return value >= low && value <= high; }
    }

    public boolean appliesTo(double[] row) { return bounds.stream().allMatch(b -> b.holds(row[b.feature()])); }
}
