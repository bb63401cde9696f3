package lyceum.prob;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A finite Markov chain: what comes next depends on the present state alone, {@code P(X_(t+1) = j | X_t = i) = P_ij}.
 *
 * {@snippet :
 * var letters = new MarkovChain(new double[][] {{0.128, 0.872}, {0.663, 0.337}});   // vowel, consonant (Markov 1913)
 * letters.stationary();                        // 0.432, 0.568
 * double[][] three = letters.after(3);         // three letters later
 * int[] series = letters.simulate(Rng.of(1), 0, 1_000);
 * MarkovChain.fit(2, series);                  // by counting
 * MarkovOrder.test(2, 1, series).pValue();     // does one step suffice?
 * }
 *
 * @see <a href="https://doi.org/10.1017/CBO9780511810633">Norris (1997), Markov Chains</a>
 */
public final class MarkovChain implements Autoregressive {
    private final double[][] p;

    /** @param transition {@code [i][j]} is the probability of going from i to j; rows sum to 1 within 1e-9 */
    public MarkovChain(double[][] transition) {
        int n = transition.length;
        if (n == 0) throw new ShapeException("Markov chain: the transition matrix is empty");
        p = new double[n][];
        for (int i = 0; i < n; i++) {
            if (transition[i].length != n)
                throw new ShapeException("Markov chain: row " + i + " has " + transition[i].length + " entries for " + n + " states");
            double sum = 0;
            for (double v : transition[i]) {
                if (!(v >= 0))
                    throw new IllegalArgumentException("Markov chain: row " + i + " has the entry " + v + "; probabilities are at least 0");
                sum += v;
            }
            if (!(Math.abs(sum - 1) <= 1e-9))
                throw new IllegalArgumentException("Markov chain: row " + i + " sums to " + sum + "; it must sum to 1");
            p[i] = transition[i].clone();
        }
    }

    /** By counting: the transition probabilities under which the series are likeliest. */
    public static MarkovChain fit(int states, int[]... series) { return fit(states, new AdditiveSmoothing(0), series); }

    /**
     * By counting, with something added to each count.
     *
     * @param states how many; the series hold 0 to {@code states - 1}
     * @throws IllegalArgumentException if a state is never left in the series and nothing is added
     */
    public static MarkovChain fit(int states, AdditiveSmoothing smoothing, int[]... series) {
        var counts = new double[states][states];
        for (int[] x : series) {
            for (int s : x)
                if (s < 0 || s >= states) throw new IllegalArgumentException("fit: state " + s + "; states are 0 to " + (states - 1));
            for (int t = 1; t < x.length; t++) counts[x[t - 1]][x[t]]++;
        }
        boolean adds = Arrays.stream(smoothing.alpha()).sum() > 0;
        for (int i = 0; i < states; i++) {
            if (!adds && Arrays.stream(counts[i]).sum() == 0) throw new IllegalArgumentException(
                    "fit: state " + i + " is never left in the series; smooth by an alpha above 0, or leave it out");
            counts[i] = smoothing.estimate(counts[i]);
        }
        return new MarkovChain(counts);
    }

    /**
     * A chain over the last {@code k} symbols, the states of {@link MarkovOrder#stack}, fitted to series of symbols. What is added goes to the
     * symbols that may come next, and not to transitions that stacking makes impossible.
     */
    public static MarkovChain ofOrder(int symbols, int k, AdditiveSmoothing smoothing, int[]... series) {
        double[][] counts = new double[(int) Math.round(Math.pow(symbols, k))][symbols], p = new double[counts.length][counts.length];
        for (int[] x : series) {
            int[] stacked = MarkovOrder.stack(x, symbols, k);
            for (int t = 1; t < stacked.length; t++) counts[stacked[t - 1]][x[t + k - 1]]++;
        }
        for (int state = 0; state < p.length; state++)
            System.arraycopy(smoothing.estimate(counts[state]), 0, p[state], (int) ((long) state * symbols % p.length), symbols);
        return new MarkovChain(p);
    }

    /** Number of states. */
    public int states() { return p.length; }

    /** The transition matrix. A copy. */
    public double[][] transition() { return Arrays.stream(p).map(double[]::clone).toArray(double[][]::new); }

    /** {@code P^n}: the transitions over n steps. */
    public double[][] after(int steps) {
        Arguments.count("after", "steps", steps);
        var power = new double[p.length][p.length];
        for (int i = 0; i < p.length; i++) power[i][i] = 1;
        double[][] square = p;
        for (int left = steps; left > 0; left >>= 1) {
            if ((left & 1) == 1) power = product(power, square);
            if (left > 1) square = product(square, square);
        }
        return power;
    }

    private static double[][] product(double[][] a, double[][] b) {
        int n = a.length;
        var c = new double[n][n];
        for (int i = 0; i < n; i++) for (int k = 0; k < n; k++) for (int j = 0; j < n; j++) c[i][j] += a[i][k] * b[k][j];
        return c;
    }

    /**
     * The law that a step does not change, {@code pi P = pi}: the long-run shares of the states.
     *
     * @throws IllegalArgumentException if the chain can end up among different sets of states, so that there is no single one
     */
    public double[] stationary() {
        int[] states = closedClass();
        double[] inner = eliminate(states), stationary = new double[p.length];
        for (int i = 0; i < states.length; i++) stationary[states[i]] = inner[i];
        return stationary;
    }

    /** Grassmann, Taksar and Heyman (1985): elimination without a subtraction, so without cancellation. */
    private double[] eliminate(int[] states) {
        int n = states.length;
        var a = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i][j] = p[states[i]][states[j]];
        for (int k = n - 1; k > 0; k--) {
            double leaving = 0;
            for (int j = 0; j < k; j++) leaving += a[k][j];
            for (int i = 0; i < k; i++) {
                a[i][k] /= leaving;
                for (int j = 0; j < k; j++) a[i][j] += a[i][k] * a[k][j];
            }
        }
        var pi = new double[n];
        double sum = pi[0] = 1;
        for (int k = 1; k < n; k++) {
            for (int i = 0; i < k; i++) pi[k] += pi[i] * a[i][k];
            sum += pi[k];
        }
        for (int k = 0; k < n; k++) pi[k] /= sum;
        return pi;
    }

    /** The states that the chain ends up among. */
    private int[] closedClass() {
        int n = p.length;
        var reach = new BitSet[n];
        for (int i = 0; i < n; i++) reach[i] = reachable(i, new BitSet());
        BitSet closed = null;
        for (int i = 0; i < n; i++) {
            boolean returns = true;
            for (int j = reach[i].nextSetBit(0); j >= 0; j = reach[i].nextSetBit(j + 1)) returns &= reach[j].get(i);
            if (!returns || closed != null && closed.equals(reach[i])) continue;
            if (closed != null) {
                throw new IllegalArgumentException("Markov chain: states " + closed + " and " + reach[i]
                        + " are both closed, so that there is no unique stationary distribution");
            }
            closed = reach[i];
        }
        return closed.stream().toArray();
    }

    /** States that can be reached, {@code from} included, without going on from {@code ends}. */
    private BitSet reachable(int from, BitSet ends) {
        var seen = new BitSet();
        var stack = new ArrayDeque<Integer>();
        seen.set(from);
        stack.push(from);
        while (!stack.isEmpty()) {
            int i = stack.pop();
            if (ends.get(i)) continue;
            for (int j = 0; j < p.length; j++) {
                if (p[i][j] == 0 || seen.get(j)) continue;
                seen.set(j);
                stack.push(j);
            }
        }
        return seen;
    }

    /**
     * Expected steps until one of some states is met, from every state: 0 in the targets themselves, {@code Infinity} where the chain may miss them
     * for good. Solves {@code h_i = 1 + sum_j P_ij h_j}.
     */
    public double[] hittingTimes(int... targets) {
        var ends = new BitSet();
        for (int t : targets) {
            if (t < 0 || t >= p.length)
                throw new IllegalArgumentException("hittingTimes: state " + t + "; states are 0 to " + (p.length - 1));
            ends.set(t);
        }
        var reach = new BitSet[p.length];
        var lost = new BitSet();
        for (int i = 0; i < p.length; i++) {
            reach[i] = reachable(i, ends);
            if (!reach[i].intersects(ends)) lost.set(i);
        }
        var times = new double[p.length];
        var inner = new int[p.length];
        int n = 0;
        for (int i = 0; i < p.length; i++) {
            if (ends.get(i)) continue;
            if (reach[i].intersects(lost)) times[i] = Double.POSITIVE_INFINITY;
            else inner[n++] = i;
        }
        if (n == 0) return times;
        double[] matrix = new double[n * n], ones = new double[n];
        Arrays.fill(ones, 1);
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) matrix[i * n + j] = (i == j ? 1 : 0) - p[inner[i]][inner[j]];
        double[] solved = Linalg.solve(Tensor.of(matrix, n, n), Tensor.of(ones)).toDoubleArray();
        for (int i = 0; i < n; i++) times[inner[i]] = solved[i];
        return times;
    }

    /** The second largest modulus of an eigenvalue: the distance to the stationary law shrinks by this factor a step; 1 if it does not shrink. */
    public double mixingRate() {
        if (p.length == 1) return 0;
        var values = Eigen.general(Tensor.of(p));
        double[] re = values.real().toDoubleArray(), im = values.imaginary().toDoubleArray(), moduli = new double[re.length];
        for (int i = 0; i < moduli.length; i++) moduli[i] = Math.hypot(re[i], im[i]);
        Arrays.sort(moduli);
        return Math.min(1, moduli[moduli.length - 2]);
    }

    /** A path. @param length with the start */
    public int[] simulate(Rng rng, int start, int length) {
        var path = new int[Math.max(1, length)];
        path[0] = start;
        var rows = new Categorical[p.length];
        for (int t = 1; t < path.length; t++) {
            int i = path[t - 1];
            if (rows[i] == null) rows[i] = new Categorical(p[i]);
            path[t] = (int) rows[i].sample(rng);
        }
        return path;
    }

    /** Log probability of a path given its first state. */
    public double logLikelihood(int... path) {
        double log = 0;
        for (int t = 1; t < path.length; t++) log += Math.log(p[path[t - 1]][path[t]]);
        return log;
    }

    /** One: the first state is given. */
    @Override public int start() { return 1; }

    @Override public Categorical next(double... past) {
        if (past.length == 0) throw new IllegalArgumentException("next: a chain needs the state that it is in");
        return new Categorical(p[(int) past[past.length - 1]]);
    }

    @Override public String toString() { return "MarkovChain" + Arrays.deepToString(p); }
}
