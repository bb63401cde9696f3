package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.prob.Distribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Expectations under a target p from draws of a proposal q, each weighted by {@code w = p(x) / q(x)}. Weights are kept as logarithms.
 *
 * {@snippet :
 * var drawn = ImportanceSampling.draw(Normal.STANDARD, new Normal(4, 1), 100_000, Rng.of(1));
 * drawn.mean(x -> x[0] > 4 ? 1 : 0);              // 3.167e-5, with its standard error
 * drawn.effectiveSize();
 * drawn.paretoSmoothed().selfNormalised(x -> x[0]);
 * }
 *
 * <p>{@link #mean} needs normalised densities and is unbiased; {@link #selfNormalised} divides by the weights' sum, so that p may lack its
 * constant, at the price of a bias of order 1/n. Draws of several proposals come from {@link MultipleProposals}, of a whole path of
 * densities from {@link AnnealedImportanceSampling}; {@link CrossEntropyProposal} finds a proposal. Immutable.
 *
 * @see <a href="https://doi.org/10.1287/opre.1.5.263">Kahn and Marshall (1953)</a>
 * @see <a href="https://artowen.su.domains/mc/">Owen (2013), Monte Carlo Theory, Methods and Examples, chapter 9</a>
 */
public final class ImportanceSampling {
    private final double[][] draws;
    private final double[] logWeights;
    /** Where the draws of each proposal end. */
    private final int[] ends;

    /** An estimate and its standard error, itself an estimate: both say nothing of places that no draw has seen. */
    public record Estimate(double value, double standardError) {}

    ImportanceSampling(double[][] draws, double[] logWeights, int... ends) {
        if (draws.length != logWeights.length)
            throw new ShapeException("ImportanceSampling: " + logWeights.length + " log weights for " + draws.length + " draws");
        if (draws.length == 0) throw new IllegalArgumentException("ImportanceSampling: no draws; at least 1 is needed");
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < logWeights.length; i++) {
            if (!(logWeights[i] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException("ImportanceSampling: log weight " + i
                    + " is " + logWeights[i] + "; it is a number, or -Infinity. The proposal's density must be above 0 at its draws");
            most = Math.max(most, logWeights[i]);
        }
        if (most == Double.NEGATIVE_INFINITY)
            throw new IllegalArgumentException("ImportanceSampling: every weight is 0; no draw fell where the target is");
        this.draws = draws;
        this.logWeights = logWeights;
        this.ends = ends;
    }

    /** Of draws that were made elsewhere. @param draws (n x d) @param logWeights {@code log p - log q} of each */
    public static ImportanceSampling of(double[][] draws, double[] logWeights) {
        return new ImportanceSampling(Arrays.stream(draws).map(double[]::clone).toArray(double[][]::new), logWeights.clone(), draws.length);
    }

    /** {@code n} draws of a proposal for a distribution. */
    public static ImportanceSampling draw(Distribution target, Distribution proposal, int n, Rng rng) {
        return draw(target::logDensity, proposal, n, rng);
    }

    /**
     * {@code n} draws of a proposal.
     *
     * @param logTarget of draws, (n) or (n x d), the logarithm of p, (n); up to a constant if only ratios are wanted
     */
    public static ImportanceSampling draw(UnaryOperator<Tensor> logTarget, Distribution proposal, int n, Rng rng) {
        return MultipleProposals.of(List.of(proposal), n).draw(logTarget, rng);
    }

    /**
     * A share of the draws comes from the target itself, which bounds each weight by 1 / share (Hesterberg 1995): the balance heuristic of
     * both.
     *
     * @param share in (0, 1), of {@code n}; at least one draw is of each
     */
    public static ImportanceSampling defensive(double share, Distribution target, Distribution proposal, int n, Rng rng) {
        if (!(share > 0 && share < 1) || n < 2) throw new IllegalArgumentException(
                "defensive: a share of " + share + " of " + n + " draws; it lies between 0 and 1, of at least 2");
        int own = Math.clamp(Math.round(share * n), 1, n - 1);
        return MultipleProposals.of(List.of(target, proposal), own, n - own).draw(target::logDensity, rng);
    }

    public int count() { return draws.length; }

    /** A copy, (n x d). */
    public double[][] draws() { return Arrays.stream(draws).map(double[]::clone).toArray(double[][]::new); }

    /** A copy. */
    public double[] logWeights() { return logWeights.clone(); }

    /** They sum to 1. */
    public double[] weights() {
        double log = HiddenMarkovModel.logSum(logWeights);
        var w = new double[logWeights.length];
        for (int i = 0; i < w.length; i++) w[i] = Math.exp(logWeights[i] - log);
        return w;
    }

    /** {@code 1/n sum w_i f(x_i)}. Draws of several proposals have the error of a stratified sample. @param f of a draw, (d) */
    public Estimate mean(ToDoubleFunction<double[]> f) {
        double value = 0, variance = 0, n = draws.length;
        for (int k = 0, from = 0; k < ends.length; from = ends[k++]) {
            double mean = 0, squares = 0;
            for (int i = from; i < ends[k]; i++) {
                double here = logWeights[i] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(logWeights[i]) * f.applyAsDouble(draws[i]);
                double change = here - mean;
                mean += change / (i - from + 1);
                squares += change * (here - mean);
            }
            double m = ends[k] - from;
            value += m / n * mean;
            variance += squares / (m - 1) * m / n / n;
        }
        return new Estimate(value, Math.sqrt(variance));
    }

    /** {@code sum w_i f(x_i) / sum w_i}, with the error that the delta method gives. @param f of a draw, (d) */
    public Estimate selfNormalised(ToDoubleFunction<double[]> f) {
        double[] w = weights(), values = new double[w.length];
        double value = 0, variance = 0;
        for (int i = 0; i < w.length; i++) value += w[i] == 0 ? 0 : w[i] * (values[i] = f.applyAsDouble(draws[i]));
        for (int i = 0; i < w.length; i++) variance += w[i] * w[i] * (values[i] - value) * (values[i] - value);
        return new Estimate(value, Math.sqrt(variance));
    }

    /** {@code log 1/n sum w_i}: of the constant that p lacks, and 0 except for chance where it lacks none. */
    public double logNormaliser() { return HiddenMarkovModel.logSum(logWeights) - Math.log(draws.length); }

    /** {@code (sum w)^2 / sum w^2}, from 1 to n. */
    public double effectiveSize() { return ParticleFilter.effectiveSize(weights()); }

    /** The fit of the weights' tail, whose shape k says whether their variance exists. @throws IllegalArgumentException for fewer than 25 draws */
    public ParetoSmoothing tail() { return ParetoSmoothing.of(logWeights); }

    /** The same draws with the largest weights replaced by quantiles of that fit; their mean stays what it was. */
    public ImportanceSampling paretoSmoothed() {
        double[] smooth = tail().logWeights();
        double log = HiddenMarkovModel.logSum(logWeights);
        for (int i = 0; i < smooth.length; i++) smooth[i] += log;
        return new ImportanceSampling(draws, smooth, ends);
    }
}
