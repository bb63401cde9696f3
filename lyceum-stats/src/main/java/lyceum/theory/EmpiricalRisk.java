package lyceum.theory;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Objective;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * Takes the hypothesis of least average loss on a sample, from a list or from a family with parameters, and says how far that average may be from the
 * truth.
 *
 * {@snippet :
 * var best = EmpiricalRisk.choose(thresholds, sample, (h, z) -> h.test(z.x()) == z.label() ? 0 : 1);
 * best.hypothesis();                       // the first of least risk
 * best.interval(0.05);                     // where its true risk is, for losses in [0, 1]
 * best.excessBound(0.05);                  // how far it may be behind the best of the list
 *
 * // Ridge-penalised logistic regression: losses by example, in any differentiable form.
 * var fit = EmpiricalRisk.minimize(w -> y.mul(x.matmul(w)).neg().softplus(), null, w -> w.square().sum().mul(0.01), new double[3]);
 * }
 *
 * @see <a href="https://doi.org/10.1017/CBO9781107298019">Shalev-Shwartz and Ben-David (2014), chapters 2 to 4</a>
 */
public final class EmpiricalRisk {
    private EmpiricalRisk() {}

    /** What it costs that hypothesis h meets example z. */
    @FunctionalInterface
    public interface Loss<H, Z> {
        double of(H h, Z z);
    }

    /** Average loss of a hypothesis over a sample: the training risk, or on a sample not learnt from the held-out risk. */
    public static <H, Z> double risk(H hypothesis, List<Z> sample, Loss<H, Z> loss) { return risk(hypothesis, sample, loss, null); }

    /** The same with weights of the examples: {@code sum w_i loss_i / sum w_i}. @param weights at least 0, one an example; null for equal ones */
    public static <H, Z> double risk(H hypothesis, List<Z> sample, Loss<H, Z> loss, double[] weights) {
        check(sample.size(), weights);
        double sum = 0, total = 0;
        for (int i = 0; i < sample.size(); i++) {
            double weight = weights == null ? 1 : weights[i];
            if (weight > 0) sum += weight * loss.of(hypothesis, sample.get(i));
            total += weight;
        }
        return sum / total;
    }

    private static void check(int examples, double[] weights) {
        if (examples == 0) throw new ShapeException("EmpiricalRisk: there are no examples");
        if (weights == null) return;
        if (weights.length != examples)
            throw new ShapeException("EmpiricalRisk: " + weights.length + " weights for " + examples + " examples");
        double total = 0;
        for (int i = 0; i < examples; i++) {
            if (!(weights[i] >= 0))
                throw new IllegalArgumentException("EmpiricalRisk: weight " + i + " is " + weights[i] + "; it is at least 0");
            total += weights[i];
        }
        if (total == 0) throw new IllegalArgumentException("EmpiricalRisk: all weights are 0");
    }

    /**
     * The hypothesis of least risk.
     *
     * @param index its place in the list; the first of those that tie
     * @param risk its empirical risk, without a penalty
     * @param risks of every hypothesis
     * @param examples how many there were
     */
    public record Choice<H>(H hypothesis, int index, double risk, double[] risks, int examples) {
        /** With probability {@code 1 - delta} all true risks are within this of the empirical ones: {@link EmpiricalRisk#deviation}. */
        public double deviation(double delta) { return EmpiricalRisk.deviation(risks.length, examples, delta); }

        /** Where the true risk of the choice lies with probability {@code 1 - delta}, although it was chosen: for equal weights and losses in [0, 1]. */
        public Interval interval(double delta) {
            double radius = deviation(delta);
            return new Interval(Math.max(0, risk - radius), Math.min(1, risk + radius));
        }

        /** With probability {@code 1 - delta} the true risk is within this of the least in the list: twice the deviation. */
        public double excessBound(double delta) { return 2 * deviation(delta); }
    }

    /** From a list, with equal weights and no penalty. */
    public static <H, Z> Choice<H> choose(List<H> hypotheses, List<Z> sample, Loss<H, Z> loss) {
        return choose(hypotheses, sample, loss, null, h -> 0);
    }

    /** From a list: the first of least {@code risk + penalty}. @param weights of the examples; null for equal ones */
    public static <H, Z> Choice<H> choose(List<H> hypotheses, List<Z> sample, Loss<H, Z> loss, double[] weights,
            ToDoubleFunction<H> penalty) {
        if (hypotheses.isEmpty()) throw new ShapeException("EmpiricalRisk: there are no hypotheses");
        check(sample.size(), weights);
        var risks = new double[hypotheses.size()];
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 0; k < risks.length; k++) {
            risks[k] = risk(hypotheses.get(k), sample, loss, weights);
            double cost = risks[k] + penalty.applyAsDouble(hypotheses.get(k));
            if (best < 0 || cost < least) {
                best = k;
                least = cost;
            }
        }
        return new Choice<>(hypotheses.get(best), best, risks[best], risks, sample.size());
    }

    /**
     * {@code sqrt(ln(2 M / delta) / (2 n))}: with probability {@code 1 - delta} none of M hypotheses, losses in [0, 1], has true and empirical risk
     * farther apart, by Hoeffding's inequality on both sides of each.
     */
    public static double deviation(long hypotheses, long n, double delta) {
        if (hypotheses < 1) throw new IllegalArgumentException("EmpiricalRisk: " + hypotheses + " hypotheses; at least 1 is needed");
        return Concentration.hoeffding(1).radius(n, delta / (2.0 * hypotheses));
    }

    /**
     * From a differentiable family: minimises {@code sum w_i loss_i(theta) / sum w_i + penalty(theta)} by L-BFGS. Libraries that add losses up put a
     * penalty of {@code 1 / (n C)} times theirs here.
     *
     * @param losses {@code (n)}, the examples' losses at a parameter vector
     * @param weights of the examples; null for equal ones
     * @param penalty a scalar of the parameter vector; null for none
     * @param start the first parameter vector
     */
    public static Minimum minimize(UnaryOperator<Tensor> losses, double[] weights, UnaryOperator<Tensor> penalty, double[] start) {
        Tensor shares = weights == null ? null : shares(weights);
        var objective = Objective.of(theta -> {
            Tensor each = losses.apply(theta);
            if (each.rank() != 1) throw new ShapeException("EmpiricalRisk: losses of shape " + each.shape() + "; one number an example");
            if (shares != null) check((int) each.size(0), weights);
            Tensor risk = shares == null ? each.mean() : each.mul(shares).sum();
            return penalty == null ? risk : risk.add(penalty.apply(theta));
        });
        return new Lbfgs().withGradientTolerance(1e-10).minimize(objective, start);
    }

    private static Tensor shares(double[] weights) {
        check(weights.length, weights);
        return Tensor.of(weights).div(Tensor.of(weights).sum());
    }
}
