package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import lyceum.bayes.KalmanFilter.Correction;
import lyceum.linalg.dense.Product;

/** A series as a filter went through it: beliefs before and after each measurement, and what each measurement said. Immutable. */
public final class KalmanRun {
    private final List<GaussianBelief> predicted;
    private final List<Correction> corrections;
    private final IntFunction<double[][]> f, q;

    KalmanRun(List<GaussianBelief> predicted, List<Correction> corrections, IntFunction<double[][]> f, IntFunction<double[][]> q) {
        this.predicted = List.copyOf(predicted);
        this.corrections = List.copyOf(corrections);
        this.f = f;
        this.q = q;
    }

    /** Number of steps. */
    public int length() { return predicted.size(); }

    /** Each state given the measurements before its own. */
    public List<GaussianBelief> predicted() { return predicted; }

    /** Each state given the measurements up to its own. */
    public List<GaussianBelief> filtered() { return corrections.stream().map(Correction::belief).toList(); }

    /** Each measurement's surprise, gain and likelihood. */
    public List<Correction> corrections() { return corrections; }

    /** {@code log p(y)} of all that was measured. */
    public double logLikelihood() {
        double sum = 0;
        for (var c : corrections) sum += c.logDensity();
        return sum;
    }

    /**
     * Each state given all measurements.
     *
     * @param beliefs one a step
     * @param lagged {@code [t]} is the covariance of state t + 1 with state t, (d x d); one fewer than there are beliefs
     */
    public record Smoothed(List<GaussianBelief> beliefs, List<double[][]> lagged) {}

    /**
     * Backwards through the run: {@code C = P F' P_next^-1}, {@code m + C (m_next smoothed - m_next predicted)}; the covariance by the sum
     * {@code (I - C F) P (I - C F)' + C (P_next smoothed + Q) C'}, of which no part is negative.
     *
     * @see <a href="https://doi.org/10.2514/3.3166">Rauch, Tung and Striebel (1965)</a>
     */
    public Smoothed smooth() {
        int last = length() - 1, d = predicted.getFirst().dimensions();
        var beliefs = new GaussianBelief[last + 1];
        var lagged = new double[last][][];
        beliefs[last] = corrections.get(last).belief();
        for (int t = last - 1; t >= 0; t--) {
            var belief = corrections.get(t).belief();
            double[][] p = belief.p(), move = f.apply(t), noise = q.apply(t), next = beliefs[t + 1].p();
            double[][] c = GaussianBelief.rightDivide(Product.timesTransposed(p, move, d), predicted.get(t + 1).p());
            double[] m = belief.mean(), ahead = beliefs[t + 1].m(), was = predicted.get(t + 1).m();
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) m[i] += c[i][j] * (ahead[j] - was[j]);
            double[][] keep = Product.of(c, move, d), spread = new double[d][d];
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) {
                keep[i][j] = (i == j ? 1 : 0) - keep[i][j];
                spread[i][j] = next[i][j] + noise[i][j];
            }
            beliefs[t] = GaussianBelief.ofCovariance(m, GaussianBelief.sandwich(keep, p, GaussianBelief.sandwich(c, spread, null)));
            lagged[t] = Product.timesTransposed(next, c, d);
        }
        return new Smoothed(List.of(beliefs), List.of(lagged));
    }

    /** Innovations over their standard deviations, each entry by itself, NaN where nothing was measured: white if the model is right. */
    public double[][] standardisedInnovations() {
        var list = new ArrayList<double[]>();
        for (var c : corrections) {
            var row = new double[c.innovation().length];
            for (int i = 0; i < row.length; i++) row[i] = c.innovation()[i] / Math.sqrt(c.covariance()[i][i]);
            list.add(row);
        }
        return list.toArray(double[][]::new);
    }
}
