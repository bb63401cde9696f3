package lyceum.causal;

import lyceum.prob.Normal;
import lyceum.stats.Interval;

/**
 * An estimated causal effect.
 *
 * @param estimate in the outcome's units
 * @param standardError of it; NaN where the method has none
 */
public record Effect(double estimate, double standardError) {
    /** Two-sided, by the normal law. @param level such as 0.95 */
    public Interval interval(double level) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("interval: level is " + level + "; it lies strictly between 0 and 1");
        double half = new Normal(0, 1).quantile(0.5 + level / 2) * standardError;
        return new Interval(estimate - half, estimate + half);
    }

    /** p of the hypothesis that there is none, two-sided, by the normal law. */
    public double pValue() { return 2 * new Normal(0, 1).survival(Math.abs(estimate / standardError)); }
}
