package lyceum.bayes;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.bayes.TransitionKernel.Walker;
import lyceum.stats.Descriptive;
import lyceum.tensor.Tensor;

/**
 * The draws of several Markov chains, and what can be said about them.
 *
 * {@snippet :
 * var walk = new MetropolisHastings(x -> -x[0] * x[0] / 2, Proposal.normal(2.4));
 * var chains = new Mcmc(walk).run(Rng.of(1), new double[] {0});
 * double mean = chains.mean(0), error = chains.mcse(0);
 * double tail = chains.map(x -> x[0] > 2 ? 1 : 0).mean(0);    // the probability of any event
 * chains.bulkEss(0);
 * }
 *
 * <p>A dimension is a coordinate of the state, counted from 0. Estimates pool all chains. Immutable.
 */
public final class Chains {
    /** {@code [dimension][chain][draw]}. */
    private final double[][][] values;
    private final Record record;

    /** What chains tell beside their states; arrays by chain, or by chain and draw. */
    private record Record(double[][] acceptance, boolean[][] diverged, long[] warmupEvaluations, long[] evaluations, double[] stepSizes) {}

    private Chains(double[][][] values, Record record) {
        this.values = values;
        this.record = record;
    }

    /** From draws made elsewhere. @param draws {@code [chain][draw][dimension]}, which are copied */
    public static Chains of(double[][][] draws) {
        if (draws.length == 0 || draws[0].length == 0) throw new IllegalArgumentException("Chains: there are no draws");
        int n = draws[0].length, d = draws[0][0].length;
        var recorder = new Recorder(d, draws.length, n);
        for (int c = 0; c < draws.length; c++) {
            if (draws[c].length != n)
                throw new IllegalArgumentException("Chains: chain 0 has " + n + " draws and chain " + c + " has " + draws[c].length);
            for (int t = 0; t < n; t++) {
                if (draws[c][t].length != d)
                    throw new IllegalArgumentException("Chains: a draw of " + d + " numbers and one of " + draws[c][t].length);
                for (int j = 0; j < d; j++) recorder.values[j][c][t] = draws[c][t][j];
                recorder.record.acceptance[c][t] = 1;
            }
        }
        return recorder.chains();
    }

    /** Filled by {@link Mcmc}, each chain by one thread. */
    static final class Recorder {
        private final double[][][] values;
        private final Record record;

        Recorder(int dimensions, int chains, int draws) {
            values = new double[dimensions][chains][draws];
            record = new Record(new double[chains][draws], new boolean[chains][draws], new long[chains], new long[chains],
                    new double[chains]);
        }

        void warmedUp(int chain, Walker walker) { record.warmupEvaluations[chain] = walker.evaluations(); }

        void keep(int chain, int draw, Walker walker) {
            double[] x = walker.state();
            for (int j = 0; j < values.length; j++) values[j][chain][draw] = x[j];
            record.acceptance[chain][draw] = walker.acceptance();
            record.diverged[chain][draw] = walker.diverged();
        }

        void ended(int chain, Walker walker) {
            record.evaluations[chain] = walker.evaluations() - record.warmupEvaluations[chain];
            record.stepSizes[chain] = walker.stepSize();
        }

        Chains chains() { return new Chains(values, record); }
    }

    /** How many chains there are. */
    public int count() { return values[0].length; }

    /** Draws of each chain. */
    public int draws() { return values[0][0].length; }

    /** Numbers in a state. */
    public int dimensions() { return values.length; }

    /** The trace of one coordinate in one chain. A copy. */
    public double[] trace(int chain, int dimension) { return values[dimension][chain].clone(); }

    /** One coordinate's traces, {@code [chain][draw]}. A copy. */
    public double[][] traces(int dimension) { return Arrays.stream(values[dimension]).map(double[]::clone).toArray(double[][]::new); }

    /** One state. */
    public double[] state(int chain, int draw) {
        var x = new double[values.length];
        for (int j = 0; j < x.length; j++) x[j] = values[j][chain][draw];
        return x;
    }

    /** One coordinate's draws of all chains, one chain after the other. */
    public double[] pooled(int dimension) {
        int n = draws();
        var all = new double[count() * n];
        for (int c = 0; c < count(); c++) System.arraycopy(values[dimension][c], 0, all, c * n, n);
        return all;
    }

    /** All draws, (chains x draws x dimensions). */
    public Tensor toTensor() {
        int n = draws(), d = dimensions();
        var all = new double[count() * n * d];
        for (int c = 0; c < count(); c++)
            for (int t = 0; t < n; t++) for (int j = 0; j < d; j++) all[(c * n + t) * d + j] = values[j][c][t];
        return Tensor.of(all, count(), n, d);
    }

    /** Chains of a quantity that depends on the state, with all diagnostics. */
    public Chains map(ToDoubleFunction<double[]> quantity) { return transform(x -> new double[] {quantity.applyAsDouble(x)}); }

    /** Chains of several such quantities: constrained parameters of unconstrained ones, predictions. */
    public Chains transform(UnaryOperator<double[]> quantities) {
        double[][][] mapped = null;
        for (int c = 0; c < count(); c++) for (int t = 0; t < draws(); t++) {
            double[] q = quantities.apply(state(c, t));
            if (mapped == null) mapped = new double[q.length][count()][draws()];
            for (int j = 0; j < mapped.length; j++) mapped[j][c][t] = q[j];
        }
        return new Chains(mapped, record);
    }

    public double mean(int dimension) { return Descriptive.mean(pooled(dimension)); }

    /** With n - 1. */
    public double variance(int dimension) { return Descriptive.variance(pooled(dimension)); }

    public double standardDeviation(int dimension) { return Math.sqrt(variance(dimension)); }

    /** By linear interpolation between order statistics. */
    public double quantile(int dimension, double p) { return Descriptive.quantile(pooled(dimension), p); }

    /** {@link ChainDiagnostics#rHat}. */
    public double rHat(int dimension) { return ChainDiagnostics.rHat(values[dimension]); }

    /** {@link ChainDiagnostics#bulkEss}. */
    public double bulkEss(int dimension) { return ChainDiagnostics.bulkEss(values[dimension]); }

    /** {@link ChainDiagnostics#tailEss}. */
    public double tailEss(int dimension) { return ChainDiagnostics.tailEss(values[dimension]); }

    /** {@link ChainDiagnostics#ess}: what the mean is worth. */
    public double ess(int dimension) { return ChainDiagnostics.ess(values[dimension]); }

    /** Monte Carlo standard error of the mean. */
    public double mcse(int dimension) { return ChainDiagnostics.mcse(values[dimension]); }

    /** Monte Carlo standard error of the variance, that of the mean of {@code (x - mean)^2}. */
    public double mcseOfVariance(int dimension) {
        double mean = mean(dimension);
        return map(x -> (x[dimension] - mean) * (x[dimension] - mean)).mcse(0);
    }

    /** {@link ChainDiagnostics#autocorrelation} of the chains, lags 0 to {@code most}. */
    public double[] autocorrelation(int dimension, int most) { return ChainDiagnostics.autocorrelation(values[dimension], most); }

    /** {@link ChainDiagnostics#rankHistogram}. */
    public int[][] rankHistogram(int dimension, int bins) { return ChainDiagnostics.rankHistogram(values[dimension], bins); }

    /** The mean acceptance probability of the draws that were kept. */
    public double acceptance() {
        double sum = 0;
        for (double[] chain : record.acceptance) for (double a : chain) sum += a;
        return sum / (count() * draws());
    }

    /** Kept draws whose step diverged: where there are some, a region was not explored. */
    public int divergences() {
        int n = 0;
        for (boolean[] chain : record.diverged) for (boolean d : chain) if (d) n++;
        return n;
    }

    /** Whether the step that led to a draw diverged. */
    public boolean diverged(int chain, int draw) { return record.diverged[chain][draw]; }

    /** Densities or gradients that were computed after warm-up, in all chains. */
    public long evaluations() { return Arrays.stream(record.evaluations).sum(); }

    /** Step size or scale of each chain after warm-up; NaN where there is none. */
    public double[] stepSizes() { return record.stepSizes.clone(); }

    /** A line for each dimension: mean, its MCSE, standard deviation, 5%, 50% and 95% quantiles, bulk and tail ESS, R-hat. */
    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "%d chains of %d draws, acceptance %.2f, %d divergences%n", count(),
                draws(), acceptance(), divergences()));
        text.append(String.format(Locale.ROOT, "%4s%12s%12s%12s%12s%12s%12s%10s%10s%8s%n", "", "mean", "mcse", "sd", "5%", "50%", "95%",
                "bulk", "tail", "R-hat"));
        for (int j = 0; j < dimensions(); j++) {
            double[] q = Descriptive.quantiles(pooled(j), 0.05, 0.5, 0.95);
            text.append(String.format(Locale.ROOT, "%4d%12.4g%12.2g%12.4g%12.4g%12.4g%12.4g%10.0f%10.0f%8.3f%n", j, mean(j), mcse(j),
                    standardDeviation(j), q[0], q[1], q[2], bulkEss(j), tailEss(j), rHat(j)));
        }
        return text.toString();
    }
}
