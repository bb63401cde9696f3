package lyceum.info;

import java.util.ArrayDeque;
import java.util.BitSet;
import lyceum.ShapeException;

/** The stationary distribution of a finite chain. */
final class MarkovChain {
    private MarkovChain() {}

    static double[] stationary(double[][] transition) {
        int n = transition.length;
        if (n == 0) throw new ShapeException("Markov chain: the transition matrix is empty");
        for (int i = 0; i < n; i++) {
            if (transition[i].length != n)
                throw new ShapeException("Markov chain: row " + i + " has " + transition[i].length + " entries for " + n + " states");
            double sum = Entropy.Weights.sum("Markov chain: row " + i, transition[i]);
            if (Math.abs(sum - 1) > 1e-9)
                throw new IllegalArgumentException("Markov chain: row " + i + " sums to " + sum + "; it must sum to 1");
        }
        int[] states = closedClass(transition);
        double[] inner = eliminate(transition, states);
        var stationary = new double[n];
        for (int i = 0; i < states.length; i++) stationary[states[i]] = inner[i];
        return stationary;
    }

    /** Grassmann, Taksar and Heyman (1985): elimination without a subtraction, so without cancellation. */
    private static double[] eliminate(double[][] transition, int[] states) {
        int n = states.length;
        var p = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) p[i][j] = transition[states[i]][states[j]];
        for (int k = n - 1; k > 0; k--) {
            double leaving = 0;
            for (int j = 0; j < k; j++) leaving += p[k][j];
            for (int i = 0; i < k; i++) {
                p[i][k] /= leaving;
                for (int j = 0; j < k; j++) p[i][j] += p[i][k] * p[k][j];
            }
        }
        var pi = new double[n];
        double sum = pi[0] = 1;
        for (int k = 1; k < n; k++) {
            for (int i = 0; i < k; i++) pi[k] += pi[i] * p[i][k];
            sum += pi[k];
        }
        for (int k = 0; k < n; k++) pi[k] /= sum;
        return pi;
    }

    /** The states that the chain ends up among. */
    private static int[] closedClass(double[][] transition) {
        int n = transition.length;
        var reach = new BitSet[n];
        for (int i = 0; i < n; i++) reach[i] = reachable(transition, i);
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

    private static BitSet reachable(double[][] transition, int from) {
        var seen = new BitSet();
        var stack = new ArrayDeque<Integer>();
        seen.set(from);
        stack.push(from);
        while (!stack.isEmpty()) {
            double[] row = transition[stack.pop()];
            for (int j = 0; j < row.length; j++) {
                if (row[j] == 0 || seen.get(j)) continue;
                seen.set(j);
                stack.push(j);
            }
        }
        return seen;
    }
}
