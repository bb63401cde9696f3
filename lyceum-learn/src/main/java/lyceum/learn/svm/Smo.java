package lyceum.learn.svm;

import java.util.Arrays;

/**
 * Sequential minimal optimisation of {@code min a'Qa / 2 + p'a} over {@code 0 <= a_t <= c_t} with {@code y'a} as it starts, where
 * {@code Q_ts = y_t y_s k(x_t, x_s)}; pairs are chosen by second-order information.
 *
 * <p>All is said with {@code f_t = y_t (Qa + p)_t}. Raising {@code y_t a_t} by d for one variable and lowering it for another changes f
 * by {@code d (K_ti - K_tj)} whatever the signs. A variable is "up" if {@code y_t a_t} can grow, "low" if it can fall; a is optimal when
 * no up has a larger {@code -f} than any low. For the nu problems {@code sum a} is kept as well: both of a pair have the same y.
 *
 * @see <a href="https://www.jmlr.org/papers/v6/fan05a.html">Fan, Chen and Lin (2005)</a>, algorithm 2
 * @see <a href="https://doi.org/10.1145/1961189.1961199">Chang and Lin (2011)</a>, sections 4 and 5
 */
final class Smo {
    /** A curvature for pairs on which an invalid kernel, or copies of a row, have none. */
    private static final double LEAST_CURVATURE = 1e-12;
    private static final int UP = 1, LOW = 2;

    private final GramRows gram;
    private final int[] row;
    private final double[] y, c, p, f;
    /** 1 for y = -1 where sum a is kept, else 0. */
    private final byte[] group;
    /** {@link #UP} and {@link #LOW}. */
    private final byte[] state;
    /** Whether variable t is row t of the Gram matrix. */
    private final boolean plain;
    private final SmoOptions options;
    final double[] alpha;

    private final int[] active;
    private int count, i, j;
    /** The largest -f among up variables and the least among low ones, for y = 1 and y = -1 apart where {@code perClass}. */
    private final double[] top = new double[2], bottom = new double[2];
    private final int[] chosen = new int[2];
    private double step;
    long iterations;
    double violation;
    boolean converged;

    /**
     * @param row of the Gram matrix, for each variable
     * @param y 1 or -1
     * @param c upper bounds
     * @param p linear term
     * @param alpha a feasible start; becomes the solution
     * @param perClass whether sum a is kept
     */
    Smo(GramRows gram, int[] row, double[] y, double[] c, double[] p, double[] alpha, boolean perClass, SmoOptions options) {
        this.gram = gram;
        this.row = row;
        this.y = y;
        this.c = c;
        this.p = p;
        this.alpha = alpha;
        this.options = options;
        int n = y.length;
        f = new double[n];
        group = new byte[n];
        state = new byte[n];
        boolean plain = true;
        for (int t = 0; t < n; t++) {
            if (perClass && y[t] < 0) group[t] = 1;
            mark(t);
            plain &= row[t] == t;
        }
        this.plain = plain;
        active = new int[n];
        activateAll();
        gradients(0);
        solve();
    }

    private void activateAll() {
        count = y.length;
        for (int t = 0; t < count; t++) active[t] = t;
    }

    private void mark(int t) {
        boolean grows = alpha[t] < c[t], falls = alpha[t] > 0;
        state[t] = (byte) ((y[t] > 0 ? grows : falls) ? (y[t] > 0 ? falls : grows) ? UP | LOW : UP : (y[t] > 0 ? falls : grows) ? LOW : 0);
    }

    private boolean up(int t) { return (state[t] & UP) != 0; }

    private boolean low(int t) { return (state[t] & LOW) != 0; }

    /** f from scratch for {@code active[from ..]}. */
    private void gradients(int from) {
        int n = y.length;
        for (int a = from; a < n; a++) f[active[a]] = y[active[a]] * p[active[a]];
        for (int s = 0; s < n; s++) {
            if (alpha[s] == 0) continue;
            double[] k = gram.row(row[s]);
            double ya = y[s] * alpha[s];
            for (int a = from; a < n; a++) f[active[a]] += ya * k[row[active[a]]];
        }
    }

    private void solve() {
        int period = Math.min(y.length, 1000), left = period;
        boolean looked = !options.shrinking();
        while (true) {
            boolean pair = select();
            if (!looked && violation <= 10 * options.tolerance()) {
                // Near the end: what was set aside too early comes back.
                looked = true;
                if (restore()) continue;
            }
            if (!pair) {
                if (!restore()) break;
                left = period;
                continue;
            }
            if (iterations >= options.maxIterations()) {
                if (restore()) select();
                return;
            }
            iterations++;
            move();
            if (--left == 0) {
                left = period;
                if (options.shrinking()) {
                    select();
                    shrink();
                }
            }
        }
        converged = true;
    }

    /**
     * Chooses i, the most violating up variable, and j, the low one with which a step gains most. @return false if nothing violates by
     * the tolerance
     */
    private boolean select() {
        Arrays.fill(top, Double.NEGATIVE_INFINITY);
        Arrays.fill(bottom, Double.POSITIVE_INFINITY);
        Arrays.fill(chosen, -1);
        for (int a = 0; a < count; a++) {
            int t = active[a], g = group[t];
            if (-f[t] > top[g] && up(t)) {
                top[g] = -f[t];
                chosen[g] = t;
            }
        }
        double[] first = chosen[0] < 0 ? null : gram.row(row[chosen[0]]), second = chosen[1] < 0 ? null : gram.row(row[chosen[1]]);
        double best = 0;
        j = -1;
        for (int a = 0; a < count; a++) {
            int t = active[a], g = group[t];
            double v = f[t], b = top[g] + v;
            if (-v < bottom[g] && low(t)) bottom[g] = -v;
            if (!(b > 0) || !low(t) || chosen[g] < 0) continue;
            double[] k = g == 0 ? first : second;
            int r = row[t];
            double curvature = Math.max(LEAST_CURVATURE, gram.diagonal[row[chosen[g]]] + gram.diagonal[r] - 2 * k[r]);
            if (b * b <= best * curvature) continue;
            best = b * b / curvature;
            j = t;
            i = chosen[g];
            step = b / curvature;
        }
        violation = Math.max(0, Math.max(top[0] - bottom[0], top[1] - bottom[1]));
        return j >= 0 && violation > options.tolerance();
    }

    private void move() {
        double mostI = y[i] > 0 ? c[i] - alpha[i] : alpha[i], mostJ = y[j] > 0 ? alpha[j] : c[j] - alpha[j];
        double d = Math.min(step, Math.min(mostI, mostJ));
        // A bound that is reached is reached exactly: "at the bound" is then an equality.
        alpha[i] = d == mostI ? y[i] > 0 ? c[i] : 0 : alpha[i] + y[i] * d;
        alpha[j] = d == mostJ ? y[j] > 0 ? 0 : c[j] : alpha[j] - y[j] * d;
        mark(i);
        mark(j);
        double[] ki = gram.row(row[i]), kj = gram.row(row[j]);
        if (plain && count == f.length) {
            for (int t = 0; t < f.length; t++) f[t] += d * (ki[t] - kj[t]);
            return;
        }
        for (int a = 0; a < count; a++) {
            int t = active[a], r = row[t];
            f[t] += d * (ki[r] - kj[r]);
        }
    }

    /** Sets aside variables at a bound that no pair would move. */
    private void shrink() {
        for (int a = 0; a < count; a++) {
            int t = active[a], g = group[t];
            boolean up = up(t), low = low(t);
            if (up && low || up && -f[t] >= bottom[g] || low && -f[t] <= top[g]) continue;
            active[a--] = active[--count];
            active[count] = t;
        }
    }

    /** Brings back what was set aside. @return whether there was any */
    private boolean restore() {
        if (count == y.length) return false;
        gradients(count);
        activateAll();
        return true;
    }

    /** Logs that {@code operation} stopped early. */
    static void warn(String operation, SmoOptions options, double violation) {
        System.getLogger(Smo.class.getName()).log(System.Logger.Level.WARNING,
                operation + ": after " + options.maxIterations() + " steps the conditions are violated by " + violation
                        + "; standardise the columns, choose a smaller c or raise maxIterations");
    }

    /** The mean of -f over free variables of a group, or the middle of what the others leave: the intercept. */
    double intercept(int group) {
        double sum = 0, low = Double.NEGATIVE_INFINITY, high = Double.POSITIVE_INFINITY;
        int free = 0;
        for (int t = 0; t < y.length; t++) {
            if (this.group[t] != group) continue;
            boolean up = up(t), canFall = low(t);
            if (up && canFall) {
                sum -= f[t];
                free++;
            } else if (up) {
                low = Math.max(low, -f[t]);
            } else if (canFall) {
                high = Math.min(high, -f[t]);
            }
        }
        if (free > 0) return sum / free;
        if (low == Double.NEGATIVE_INFINITY) return high == Double.POSITIVE_INFINITY ? 0 : high;
        return high == Double.POSITIVE_INFINITY ? low : 0.5 * (low + high);
    }

    /** {@code a'Qa / 2 + p'a}. */
    double objective() {
        double sum = 0;
        for (int t = 0; t < y.length; t++) sum += 0.5 * alpha[t] * (y[t] * f[t] + p[t]);
        return sum;
    }
}
