package lyceum.stats;

import java.util.Arrays;
import java.util.Objects;
import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.math.Special;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The Bradley-Terry model: {@code P(i beats j) = p_i / (p_i + p_j) = sigmoid(b_i - b_j)} with log-strengths b, fitted by maximum likelihood.
 *
 * {@snippet :
 * var model = new BradleyTerry().fit(wins);                  // wins[i][j]: how often i beat j
 * model.logStrengths();                                      // mean 0
 * model.probability(0, 1);
 * var chess = new BradleyTerry().withTies(BradleyTerry.Ties.DAVIDSON).fit(wins, ties, null, null);
 * }
 *
 * <p>A finite maximum exists exactly if for every split of the items into two groups somebody in each has beaten somebody in the other; otherwise fit
 * throws and names a group. A prior makes all strengths finite.
 *
 * @param method how it is fitted; both end at the same maximum
 * @param prior variance of a normal prior on each log-strength; infinite for none
 * @param ties how ties are modelled
 * @param tolerance converged when no log-strength moves by more than this
 * @param maxIterations steps before fit gives up
 * @see <a href="https://doi.org/10.2307/2334029">Bradley and Terry (1952)</a>
 * @see <a href="https://doi.org/10.1214/aos/1079120141">Hunter (2004), MM algorithms</a>
 * @see <a href="https://doi.org/10.2307/2283595">Davidson (1970), ties</a>
 */
@Withers
public record BradleyTerry(Method method, double prior, Ties ties, double tolerance, int maxIterations) implements BradleyTerryWithers {

    /** How the likelihood is climbed. */
    public enum Method {
        /** Newton's method: a few steps, each {@code O(items^3)}. */
        NEWTON,
        /** Zermelo's and Hunter's {@code p_i <- W_i / sum_j n_ij / (p_i + p_j)}: cheap, monotone, slow. Without prior, ties, home advantage or covariates. */
        MM
    }

    /** How ties are modelled. */
    public enum Ties {
        /** A tie is half a win for each. Errors come out too wide: a half varies less than a win or a loss. */
        HALF_WINS,
        /** {@code P(tie) proportional to nu sqrt(p_i p_j)}. */
        DAVIDSON,
        /** {@code P(i beats j) = p_i / (p_i + nu p_j)}, nu above 1 (Rao and Kupper 1967). */
        RAO_KUPPER
    }

    public BradleyTerry {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(ties, "ties");
        if (!(prior > 0)) throw new IllegalArgumentException("BradleyTerry: prior is " + prior + "; a variance is positive");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("BradleyTerry: tolerance is " + tolerance + "; it is at least 0");
        if (maxIterations < 1) throw new IllegalArgumentException("BradleyTerry: maxIterations is " + maxIterations + "; it is at least 1");
    }

    /** Newton's method without a prior; ties as half wins; to 1e-11. */
    public BradleyTerry() { this(Method.NEWTON, Double.POSITIVE_INFINITY, Ties.HALF_WINS, 1e-11, 100_000); }

    /** From wins alone. @param wins {@code wins[i][j]}: how often i beat j, halves for ties */
    public BradleyTerryModel fit(double[][] wins) { return fit(wins, null, null, null); }

    /**
     * From wins, ties, games at home and covariates.
     *
     * @param wins {@code wins[i][j]}: how often i beat j
     * @param ties {@code ties[i][j] = ties[j][i]}: how often they tied; null for never
     * @param home {@code home[i][j]}: wins of i over j that i won at home, {@code home[j][i]} alike; wins[i][j] - home[i][j] were away. Adds a home
     *        advantage to the model; null for neutral ground. Not with modelled ties
     * @param covariates a row of numbers an item: {@code b_i = x_i' beta} in place of free strengths; null for free ones
     * @throws IllegalArgumentException if there is no finite maximum; it names the items that cannot be placed
     * @throws ConvergenceException if strengths still move after {@link #maxIterations} steps
     */
    public BradleyTerryModel fit(double[][] wins, double[][] ties, double[][] home, double[][] covariates) {
        check("wins", wins, wins.length);
        if (ties != null) check("ties", ties, wins.length);
        if (home != null) check("home", home, wins.length);
        checkTogether(wins, ties, home, covariates);
        double[][] decided = wins;
        boolean modelled = this.ties != Ties.HALF_WINS;
        if (ties != null) {
            decided = new double[wins.length][wins.length];
            for (int i = 0; i < wins.length; i++) for (int j = 0; j < wins.length; j++) decided[i][j] = wins[i][j] + ties[i][j] / 2;
        }
        if (prior == Double.POSITIVE_INFINITY && covariates == null) Strongly.requireConnected(decided);
        if (method == Method.MM) {
            if (modelled || home != null || covariates != null || prior != Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "BradleyTerry: MM fits plain strengths; for a prior, modelled ties, home advantage or covariates take Method.NEWTON");
            return model(minorise(decided), decided);
        }
        if (!modelled && home == null && covariates == null) return model(newton(decided), decided);
        if (modelled && home != null)
            throw new IllegalArgumentException("BradleyTerry: home advantage with modelled ties is not offered; count ties as half wins");
        return new BradleyTerryExtended(this, wins, ties, home, covariates).fit();
    }

    private static void check(String name, double[][] counts, int n) {
        if (n < 2) throw new ShapeException("BradleyTerry: " + n + " items; at least 2 are needed");
        if (counts.length != n) throw new ShapeException("BradleyTerry: " + name + " has " + counts.length + " rows for " + n + " items");
        for (int i = 0; i < n; i++) {
            if (counts[i].length != n) throw new ShapeException(
                    "BradleyTerry: row " + i + " of " + name + " has " + counts[i].length + " entries for " + n + " items");
            for (int j = 0; j < n; j++)
                if (!(counts[i][j] >= 0) || counts[i][j] == Double.POSITIVE_INFINITY || i == j && counts[i][j] != 0)
                    throw new IllegalArgumentException("BradleyTerry: " + name + "[" + i + "][" + j + "] is " + counts[i][j]
                            + (i == j ? "; nobody plays himself" : "; counts are finite and at least 0"));
        }
    }

    private void checkTogether(double[][] wins, double[][] ties, double[][] home, double[][] covariates) {
        int n = wins.length;
        double won = 0, tied = 0;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
            double halves = ties == null ? 0 : ties[i][j] / 2;
            won += wins[i][j];
            tied += halves;
            if (ties != null && Math.abs(ties[i][j] - ties[j][i]) > 1e-9 * ties[i][j])
                throw new IllegalArgumentException("BradleyTerry: ties[" + i + "][" + j + "] is " + ties[i][j] + " but ties[" + j + "][" + i
                        + "] is " + ties[j][i] + "; a tie stands in both places");
            if (home != null && home[i][j] > (1 + 1e-9) * (wins[i][j] + halves))
                throw new IllegalArgumentException("BradleyTerry: home[" + i + "][" + j + "] is " + home[i][j] + " of "
                        + (wins[i][j] + halves) + " wins; wins hold those at home and those away");
        }
        if (this.ties != Ties.HALF_WINS && (won == 0 || tied == 0)) throw new IllegalArgumentException("BradleyTerry: " + this.ties
                + " has no finite maximum where " + (tied == 0 ? "no game" : "every game") + " is tied; take Ties.HALF_WINS");
        if (covariates == null) return;
        if (covariates.length != n)
            throw new ShapeException("BradleyTerry: covariates have " + covariates.length + " rows for " + n + " items");
        for (int i = 0; i < n; i++)
            if (covariates[i].length == 0 || covariates[i].length != covariates[0].length) throw new ShapeException("BradleyTerry: row " + i
                    + " of covariates has " + covariates[i].length + " entries; row 0 has " + covariates[0].length);
    }

    private ConvergenceException unsettled(double moved) {
        return new ConvergenceException("BradleyTerry: after " + maxIterations + " steps of " + method + " a log-strength still moves by "
                + moved + (method == Method.MM ? "; take Method.NEWTON or raise maxIterations" : "; raise maxIterations"));
    }

    /** Hunter (2004), equation 3. */
    private double[] minorise(double[][] wins) {
        int n = wins.length;
        var p = new double[n];
        Arrays.fill(p, 1);
        double moved = Double.POSITIVE_INFINITY;
        // a linear method: what is left to go is several times the last step
        for (int k = 0; moved > Math.max(1e-3 * tolerance, 1e-15); k++) {
            if (k == maxIterations) throw unsettled(moved);
            double logs = 0;
            moved = 0;
            for (int i = 0; i < n; i++) { // cyclic: each update sees the last ones
                double won = 0, sum = 0;
                for (int j = 0; j < n; j++) {
                    if (j == i) continue;
                    won += wins[i][j];
                    sum += (wins[i][j] + wins[j][i]) / (p[i] + p[j]);
                }
                double next = won / sum;
                moved = Math.max(moved, Math.abs(Math.log(next / p[i])));
                logs += Math.log(next);
                p[i] = next;
            }
            double scale = Math.exp(-logs / n);
            for (int i = 0; i < n; i++) p[i] *= scale;
        }
        for (int i = 0; i < n; i++) p[i] = Math.log(p[i]);
        return centred(p);
    }

    private double[] newton(double[][] wins) {
        int n = wins.length;
        var b = new double[n];
        double value = value(wins, b), moved = Double.POSITIVE_INFINITY;
        for (int k = 0; moved > tolerance; k++) {
            if (k == maxIterations) throw unsettled(moved);
            var step = Cholesky.of(Tensor.of(information(wins, b, true))).solve(Tensor.of(gradient(wins, b))).toDoubleArray();
            double share = 1, largest = 0;
            double[] next;
            while (true) {
                next = b.clone();
                for (int i = 0; i < n; i++) next[i] += share * step[i];
                double there = value(wins, next);
                if (there >= value - 1e-12 * Math.abs(value) || share < 1e-6) {
                    value = there;
                    break;
                }
                share /= 2;
            }
            if (prior == Double.POSITIVE_INFINITY) centred(next); // the mean is free, and rounding moves it
            for (int i = 0; i < n; i++) largest = Math.max(largest, Math.abs(next[i] - b[i]));
            b = next;
            // near the maximum a step squares the error; one that does not is rounding
            boolean rounding = largest <= 1e-8 && largest >= moved / 2;
            moved = largest;
            if (rounding) break;
        }
        return b;
    }

    private double value(double[][] wins, double[] b) {
        double sum = 0;
        for (int i = 0; i < b.length; i++) {
            sum -= b[i] * b[i] / (2 * prior);
            for (int j = 0; j < b.length; j++) if (wins[i][j] > 0) sum -= wins[i][j] * Special.softplus(b[j] - b[i]);
        }
        return sum;
    }

    private double[] gradient(double[][] wins, double[] b) {
        int n = b.length;
        var g = new double[n];
        for (int i = 0; i < n; i++) {
            g[i] -= b[i] / prior;
            for (int j = 0; j < n; j++) g[i] += wins[i][j] - (wins[i][j] + wins[j][i]) * Special.sigmoid(b[i] - b[j]);
        }
        return g;
    }

    /** Minus the Hessian; {@code grounded} adds the mean's direction, in which the likelihood is flat. */
    double[][] information(double[][] wins, double[] b, boolean grounded) {
        int n = b.length;
        var f = new double[n][n];
        for (int i = 0; i < n; i++) {
            f[i][i] += 1 / prior;
            for (int j = 0; j < i; j++) {
                double p = Special.sigmoid(b[i] - b[j]), w = (wins[i][j] + wins[j][i]) * p * (1 - p);
                f[i][i] += w;
                f[j][j] += w;
                f[i][j] -= w;
                f[j][i] -= w;
            }
        }
        if (grounded && prior == Double.POSITIVE_INFINITY) for (double[] row : f) for (int j = 0; j < n; j++) row[j] += 1;
        return f;
    }

    private static double[] centred(double[] b) {
        double mean = Arrays.stream(b).sum() / b.length;
        for (int i = 0; i < b.length; i++) b[i] -= mean;
        return b;
    }

    private BradleyTerryModel model(double[] b, double[][] wins) {
        int n = b.length;
        var covariance = Cholesky.of(Tensor.of(information(wins, b, true))).inverse().toRows();
        if (prior == Double.POSITIVE_INFINITY) // (F + 11')^-1 is the pseudo-inverse of F plus 11' / n^2
            for (double[] row : covariance) for (int j = 0; j < n; j++) row[j] -= 1.0 / ((double) n * n);
        double logLikelihood = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) if (wins[i][j] > 0) logLikelihood -= wins[i][j] * Special.softplus(b[j] - b[i]);
        return new BradleyTerryModel(b, covariance, logLikelihood, 0, 0, Ties.HALF_WINS, null);
    }
}
