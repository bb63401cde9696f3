package lyceum.bayes;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What belief propagation on a {@link FactorGraph} found. */
public final class Beliefs {
    private final FactorGraph graph;
    private final double[][] ofVariables, ofFactors;
    private final boolean max;
    private final long messages;
    private final int rounds;
    private final boolean converged;

    Beliefs(FactorGraph graph, double[][] ofVariables, double[][] ofFactors, boolean max, long messages, int rounds, boolean converged) {
        this.graph = graph;
        this.ofVariables = ofVariables;
        this.ofFactors = ofFactors;
        this.max = max;
        this.messages = messages;
        this.rounds = rounds;
        this.converged = converged;
    }

    /** A variable's marginal, summing to 1; from max-product its max-marginals, scaled to sum 1. A copy. */
    public double[] of(String variable) {
        int at = graph.variables.indexOf(variable);
        if (at < 0) throw new IllegalArgumentException("Beliefs: there is no variable '" + variable + "' among " + graph.variables);
        return ofVariables[at].clone();
    }

    /** The same over the variables of a factor together. @param factor its place among {@link FactorGraph#factors} */
    public Factor ofFactor(int factor) {
        var f = graph.factors.get(factor);
        return new Factor(f.variables(), f.sizes(), ofFactors[factor].clone());
    }

    /**
     * {@code log Z} by the Bethe free energy, {@code -F = sum_f sum b_f log(psi_f / b_f) + sum_x (d_x - 1) sum b_x log b_x} with {@code d_x} the factors
     * at x: exact without cycles, an approximation with them. After max-product, the log of the product of factors at {@link #assignment}.
     */
    public double logPartition() {
        double sum = 0;
        if (max) {
            var assignment = assignment();
            for (var factor : graph.factors) sum += Math.log(factor.value(assignment));
            return sum;
        }
        for (int f = 0; f < ofFactors.length; f++) for (int cell = 0; cell < ofFactors[f].length; cell++) {
            double b = ofFactors[f][cell];
            if (b > 0) sum += b * Math.log(graph.factors.get(f).values()[cell] / b);
        }
        for (int v = 0; v < ofVariables.length; v++) {
            int degree = graph.edgesOfVariable[v].length;
            for (double b : ofVariables[v]) if (b > 0) sum += (degree - 1) * b * Math.log(b);
        }
        return sum;
    }

    /**
     * A value for each variable: from factor to factor, each time the best that agrees with what is settled. After max-product without cycles this is
     * a most probable assignment, ties included.
     */
    public Map<String, Integer> assignment() {
        var values = new int[ofVariables.length];
        Arrays.fill(values, -1);
        var queue = new int[values.length];
        int seen = 0;
        for (int root = 0; root < values.length; root++) {
            if (values[root] >= 0) continue;
            values[root] = best(ofVariables[root]);
            int head = seen;
            queue[seen++] = root;
            for (; head < seen; head++) for (int e : graph.edgesOfVariable[queue[head]]) {
                int f = graph.factorOf[e], best = -1;
                int[] edges = graph.edgesOfFactor[f], sizes = graph.factors.get(f).sizes();
                for (int cell = 0; cell < ofFactors[f].length; cell++) {
                    boolean agrees = best < 0 || ofFactors[f][cell] > ofFactors[f][best];
                    for (int k = sizes.length - 1, c = cell; agrees && k >= 0; c /= sizes[k--]) {
                        int settled = values[graph.variableOf[edges[k]]];
                        agrees = settled < 0 || settled == c % sizes[k];
                    }
                    if (agrees) best = cell;
                }
                for (int k = sizes.length - 1; k >= 0; best /= sizes[k--]) {
                    int v = graph.variableOf[edges[k]];
                    if (values[v] >= 0) continue;
                    values[v] = best % sizes[k];
                    queue[seen++] = v;
                }
            }
        }
        var assignment = new LinkedHashMap<String, Integer>();
        for (int v = 0; v < values.length; v++) assignment.put(graph.variables.get(v), values[v]);
        return assignment;
    }

    private static int best(double[] belief) {
        int best = 0;
        for (int x = 1; x < belief.length; x++) if (belief[x] > belief[best]) best = x;
        return best;
    }

    /** How many messages were computed. */
    public long messages() { return messages; }

    /** Rounds of all messages; 1 without cycles. */
    public int rounds() { return rounds; }

    /** False if the messages had not settled when the rounds ran out: then the beliefs are not to be trusted. */
    public boolean converged() { return converged; }
}
