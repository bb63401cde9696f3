package lyceum.theory;

import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * Chooses among nested classes by training risk plus a price of the class: levels are numbered from 1, and each is asked for its best model.
 *
 * {@snippet :
 * var unions = IntervalUnion.fit(x, yes, 20);                         // the best with at most 1, 2, ... 20 intervals
 * var choice = StructuralRiskMinimization.choose(20, k -> unions.get(k - 1), h -> h.error(x, yes),
 *         StructuralRiskMinimization.root(k -> 2 * k, x.length));
 * choice.level();
 * choice.bound();                                                     // training risk and price of the chosen level
 * StructuralRiskMinimization.choose(20, fit, risk, StructuralRiskMinimization.vc(k -> 2 * k, x.length, 0.05));    // with a guarantee
 * StructuralRiskMinimization.holdout(20, fit, h -> h.error(fresh, labels), fresh.length, 0.05);
 * }
 *
 * <p>A level may be anything with an order: degrees of polynomials, radii of norm balls, margins from wide to narrow.
 *
 * @see <a href="https://doi.org/10.1109/18.705570">Shawe-Taylor, Bartlett, Williamson and Anthony (1998)</a>
 * @see <a href="https://doi.org/10.1017/CBO9781107298019">Shalev-Shwartz and Ben-David (2014), section 7.2</a>
 */
public final class StructuralRiskMinimization {
    private StructuralRiskMinimization() {}

    /**
     * What was chosen.
     *
     * @param level its number, from 1; the lowest of those that tie
     * @param bound least sum of risk and price
     * @param risks of the levels' models, level 1 first
     * @param penalties of the levels
     */
    public record Choice<M>(M model, int level, double bound, double[] risks, double[] penalties) {}

    /**
     * The level of least {@code risk + penalty}.
     *
     * @param fit the model of least training risk in a level
     * @param risk its training risk
     * @param penalty of a level
     */
    public static <M> Choice<M> choose(int levels, IntFunction<M> fit, ToDoubleFunction<M> risk, IntToDoubleFunction penalty) {
        if (levels < 1) throw new IllegalArgumentException("StructuralRiskMinimization: " + levels + " levels; at least 1 is needed");
        double[] risks = new double[levels], penalties = new double[levels];
        M best = null;
        int level = 0;
        double bound = Double.POSITIVE_INFINITY;
        for (int k = 1; k <= levels; k++) {
            M model = fit.apply(k);
            risks[k - 1] = risk.applyAsDouble(model);
            penalties[k - 1] = penalty.applyAsDouble(k);
            double sum = risks[k - 1] + penalties[k - 1];
            if (level == 0 || sum < bound) {
                best = model;
                level = k;
                bound = sum;
            }
        }
        return new Choice<>(best, level, bound, risks, penalties);
    }

    /**
     * The level of least risk on data that the fits have not seen. The bound adds {@code sqrt(ln(levels / delta) / (2 n))}: with probability
     * {@code 1 - delta} the true risk is below it, for losses in [0, 1].
     *
     * @param n how many held-out examples the risk averages
     */
    public static <M> Choice<M> holdout(int levels, IntFunction<M> fit, ToDoubleFunction<M> heldOutRisk, long n, double delta) {
        double radius = Concentration.hoeffding(1).radius(n, delta / levels);
        return choose(levels, fit, heldOutRisk, k -> radius);
    }

    /** Level k's share of the failure probability, {@code 6 delta / (pi^2 k^2)}: over all levels they add up to delta. */
    public static double share(int level, double delta) {
        if (level < 1 || !(delta > 0 && delta < 1)) throw new IllegalArgumentException(
                "StructuralRiskMinimization: level " + level + " and delta " + delta + "; from 1, and between 0 and 1");
        return 6 * delta / (Math.PI * Math.PI * level * level);
    }

    /** A mild price without a guarantee, {@code 0.5 sqrt(d / n)}. @param dimension VC dimension of a level */
    public static IntToDoubleFunction root(IntUnaryOperator dimension, long n) {
        return k -> 0.5 * Math.sqrt((double) dimension.applyAsInt(k) / n);
    }

    /**
     * {@link VcDimension#deviation} at each level's {@link #share}: with probability {@code 1 - delta} no model of any level has a true risk above its
     * training risk and this.
     */
    public static IntToDoubleFunction vc(IntUnaryOperator dimension, long n, double delta) {
        return k -> VcDimension.deviation(dimension.applyAsInt(k), n, share(k, delta));
    }

    /** The same by {@link RademacherComplexity#certificate}. @param complexity of a level's losses on the sample, exact or estimated */
    public static IntToDoubleFunction rademacher(IntToDoubleFunction complexity, int n, double delta) {
        return k -> RademacherComplexity.certificate(0, complexity.applyAsDouble(k), n, share(k, delta));
    }

    /**
     * The same for linear scores {@code w x} by margin: {@code |w| <= 1}, {@code |x| <= r}, and at level k a loss of 1 up to a margin of 0 that falls to
     * 0 at {@code margins[k - 1]}. Wide margins first.
     */
    public static IntToDoubleFunction margin(double[] margins, double r, int n, double delta) {
        return rademacher(k -> RademacherComplexity.contraction(1 / margins[k - 1], RademacherComplexity.l2Bound(1, r, n)), n, delta);
    }
}
