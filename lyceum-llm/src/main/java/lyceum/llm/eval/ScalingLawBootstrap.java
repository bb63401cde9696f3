package lyceum.llm.eval;

import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.stats.Descriptive;
import lyceum.stats.Interval;

/**
 * A law and the laws of its runs drawn again.
 *
 * @param estimate of all runs
 * @param laws of the resamples that have one
 * @param refused resamples whose fit is no law, as where an exponent is not positive. With many of them intervals are too narrow, since these are the extreme ones
 */
public record ScalingLawBootstrap(ScalingLaw estimate, List<ScalingLaw> laws, int refused) {
    public ScalingLawBootstrap { laws = List.copyOf(laws); }

    /** Percentile interval of whatever follows from a law: an exponent, a loss far away, the best size for a budget. @param level such as 0.9 */
    public Interval interval(ToDoubleFunction<ScalingLaw> of, double level) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("ScalingLawBootstrap: a level of " + level + "; it lies between 0 and 1");
        double[] ends = Descriptive.quantiles(laws.stream().mapToDouble(of).toArray(), (1 - level) / 2, (1 + level) / 2);
        return new Interval(ends[0], ends[1]);
    }
}
