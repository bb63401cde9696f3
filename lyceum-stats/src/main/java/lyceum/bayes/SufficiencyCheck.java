package lyceum.bayes;

import java.util.function.ToDoubleBiFunction;
import java.util.function.UnaryOperator;
import lyceum.linalg.PseudoInverse;
import lyceum.tensor.Tensor;

/**
 * A numeric test of Fisher and Neyman's factorisation: T is sufficient exactly if, of any two samples with the same T, the ratio of likelihoods does
 * not depend on the parameters. One pair whose ratio moves refutes a statistic; pairs whose ratios stay only support it.
 *
 * {@snippet :
 * UnaryOperator<double[]> median = x -> new double[] {Descriptive.median(x)};
 * double[] twin = SufficiencyCheck.twin(median, x, y);      // y, changed a little, with the median of x
 * SufficiencyCheck.of((sample, t) -> new Normal(t[0], 1).logDensity(Tensor.of(sample)).sum().item(), thetas, new double[][][] {{x, twin}}).spread();
 * }
 *
 * @param spread the largest minus the least log ratio over the parameters, of the pair where it is widest
 * @param pairs compared
 * @see <a href="https://doi.org/10.1098/rsta.1922.0009">Fisher (1922)</a>
 * @see <a href="https://doi.org/10.1214/aoms/1177730032">Halmos and Savage (1949)</a>
 */
public record SufficiencyCheck(double spread, int pairs) {

    /**
     * @param logLikelihood of sample and parameters
     * @param thetas at least two
     * @param pairs of samples, of the same statistic each, at least one
     */
    public static SufficiencyCheck of(ToDoubleBiFunction<double[], double[]> logLikelihood, double[][] thetas, double[][][] pairs) {
        if (thetas.length < 2 || pairs.length < 1) throw new IllegalArgumentException(
                "SufficiencyCheck: " + thetas.length + " parameters and " + pairs.length + " pairs; at least 2 and 1");
        double widest = 0;
        for (double[][] pair : pairs) {
            double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
            for (double[] theta : thetas) {
                double ratio = logLikelihood.applyAsDouble(pair[0], theta) - logLikelihood.applyAsDouble(pair[1], theta);
                if (Double.isNaN(ratio))
                    throw new IllegalArgumentException("SufficiencyCheck: both samples of a pair are impossible at a parameter");
                low = Math.min(low, ratio);
                high = Math.max(high, ratio);
            }
            widest = Math.max(widest, high - low);
        }
        return new SufficiencyCheck(widest, pairs.length);
    }

    /** Whether no ratio moved by more than a tolerance. */
    public boolean isSufficient(double tolerance) { return spread <= tolerance; }

    /**
     * A sample near {@code from} with the statistic of {@code of}: Newton's steps of least length, with a Jacobian by differences.
     *
     * @param statistic differentiable nearly everywhere
     * @throws ArithmeticException if 100 steps do not get there
     */
    public static double[] twin(UnaryOperator<double[]> statistic, double[] of, double[] from) {
        double[] wanted = statistic.apply(of), x = from.clone();
        double gap = gap(statistic.apply(x), wanted);
        for (int step = 0; step < 100; step++) {
            if (gap < 1e-14) return x;
            double[] here = statistic.apply(x), missing = new double[here.length];
            for (int k = 0; k < here.length; k++) missing[k] = wanted[k] - here[k];
            double[] move = PseudoInverse.of(Tensor.of(jacobian(statistic, x, here.length))).solve(Tensor.of(missing)).toDoubleArray();
            // Shorter where a step leads out of the support or away
            double length = 1, reached = Double.NaN;
            double[] next = x;
            for (int halving = 0; halving < 40 && !(reached < gap); halving++, length /= 2) {
                next = x.clone();
                for (int i = 0; i < x.length; i++) next[i] += length * move[i];
                reached = gap(statistic.apply(next), wanted);
            }
            if (!(reached < gap)) {
                if (gap < 1e-12) return x; // rounding leaves no more
                break;
            }
            x = next;
            gap = reached;
        }
        throw new ArithmeticException("twin: no sample with the wanted statistic was found near the given one");
    }

    private static double gap(double[] here, double[] wanted) {
        double gap = 0;
        for (int k = 0; k < here.length; k++) {
            double off = Math.abs(here[k] - wanted[k]) / Math.max(1, Math.abs(wanted[k]));
            if (off != off) return off;
            gap = Math.max(gap, off);
        }
        return gap;
    }

    private static double[][] jacobian(UnaryOperator<double[]> statistic, double[] at, int size) {
        double[] x = at.clone();
        var jacobian = new double[size][x.length];
        for (int i = 0; i < x.length; i++) {
            double kept = x[i], e = 1e-6 * Math.max(1e-3, Math.abs(kept));
            x[i] = kept + e;
            double[] up = statistic.apply(x);
            x[i] = kept - e;
            double[] down = statistic.apply(x);
            x[i] = kept;
            for (int k = 0; k < size; k++) jacobian[k][i] = (up[k] - down[k]) / (2 * e);
        }
        return jacobian;
    }
}
