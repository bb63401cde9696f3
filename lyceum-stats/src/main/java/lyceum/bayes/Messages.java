package lyceum.bayes;

import java.util.Arrays;

/** The messages of one run of belief propagation: logarithms, the largest of each 0. */
final class Messages {
    private final FactorGraph graph;
    private final boolean max;
    private final double[][] logs;
    /** Along each edge, to the factor and to the variable. */
    private final double[][] toFactor, toVariable;
    private long sent;

    Messages(FactorGraph graph, boolean max) {
        this.graph = graph;
        this.max = max;
        int edges = graph.edges();
        logs = graph.factors.stream().map(f -> Arrays.stream(f.values()).map(Math::log).toArray()).toArray(double[][]::new);
        toFactor = new double[edges][];
        toVariable = new double[edges][];
        for (int e = 0; e < edges; e++) {
            toFactor[e] = new double[graph.sizes[graph.variableOf[e]]];
            toVariable[e] = new double[toFactor[e].length];
        }
    }

    Beliefs tree() {
        int[] inwards = graph.schedule();
        if (inwards == null) throw new IllegalArgumentException(
                "belief propagation: " + graph + " has a cycle; loopySumProduct or loopyMaxProduct iterate on it");
        for (int e : inwards) send(e);
        for (int i = inwards.length - 1; i >= 0; i--) send(~inwards[i]);
        return beliefs(1, true);
    }

    private void send(int e) {
        if (e >= 0) toFactor[e] = fromVariable(e);
        else toVariable[~e] = fromFactor(~e);
    }

    Beliefs loopy(double damping, double tolerance, int maxIterations) {
        if (!(damping >= 0 && damping < 1) || !(tolerance >= 0) || maxIterations < 1)
            throw new IllegalArgumentException("belief propagation: damping " + damping + ", tolerance " + tolerance + ", " + maxIterations
                    + " rounds; damping is from 0 to below 1, tolerance at least 0, a round at least");
        boolean converged = false;
        int round = 0;
        while (round < maxIterations && !converged) {
            double moved = 0;
            for (int e = 0; e < toFactor.length; e++) {
                var next = mix(toFactor[e], fromVariable(e), damping);
                moved = Math.max(moved, distance(toFactor[e], next));
                toFactor[e] = next;
            }
            for (int e = 0; e < toVariable.length; e++) {
                var next = mix(toVariable[e], fromFactor(e), damping);
                moved = Math.max(moved, distance(toVariable[e], next));
                toVariable[e] = next;
            }
            round++;
            converged = moved <= tolerance;
        }
        return beliefs(round, converged);
    }

    private static double[] mix(double[] old, double[] computed, double damping) {
        if (damping == 0) return computed;
        for (int x = 0; x < old.length; x++) computed[x] = damping * old[x] + (1 - damping) * computed[x];
        return scaled(computed);
    }

    private static double distance(double[] a, double[] b) {
        double most = 0;
        for (int x = 0; x < a.length; x++) most = Math.max(most, Math.abs(Math.exp(a[x]) - Math.exp(b[x])));
        return most;
    }

    /** {@code m_{x to f} = prod_{g != f} m_{g to x}}. */
    private double[] fromVariable(int edge) {
        sent++;
        var message = new double[toFactor[edge].length];
        for (int e : graph.edgesOfVariable[graph.variableOf[edge]])
            if (e != edge) for (int x = 0; x < message.length; x++) message[x] += toVariable[e][x];
        return scaled(message);
    }

    /** {@code m_{f to x}(x) = sum over the others of psi_f prod_{y != x} m_{y to f}(y)}, or the largest term. */
    private double[] fromFactor(int edge) {
        sent++;
        int f = graph.factorOf[edge], axis = graph.axisOf[edge];
        return scaled(fold(terms(f, axis), graph.factors.get(f).sizes(), axis));
    }

    /** {@code log psi_f + sum of messages to f}, for every cell, without the message along one axis; -1 leaves none out. */
    private double[] terms(int f, int without) {
        int[] edges = graph.edgesOfFactor[f], sizes = graph.factors.get(f).sizes();
        double[] terms = logs[f].clone();
        for (int k = sizes.length - 1, inner = 1; k >= 0; inner *= sizes[k--])
            if (k != without) for (int cell = 0; cell < terms.length; cell++) terms[cell] += toFactor[edges[k]][cell / inner % sizes[k]];
        return terms;
    }

    /** The logarithm of the sum over all axes but one, or the largest. */
    private double[] fold(double[] terms, int[] sizes, int axis) {
        int inner = 1;
        for (int k = axis + 1; k < sizes.length; k++) inner *= sizes[k];
        double[] most = new double[sizes[axis]], sum = new double[sizes[axis]];
        Arrays.fill(most, Double.NEGATIVE_INFINITY);
        for (int cell = 0; cell < terms.length; cell++) {
            int x = cell / inner % sizes[axis];
            most[x] = Math.max(most[x], terms[cell]);
        }
        if (max) return most;
        for (int cell = 0; cell < terms.length; cell++) {
            int x = cell / inner % sizes[axis];
            if (most[x] > Double.NEGATIVE_INFINITY) sum[x] += Math.exp(terms[cell] - most[x]);
        }
        for (int x = 0; x < sum.length; x++) most[x] += Math.log(sum[x]);
        return most;
    }

    private static double[] scaled(double[] message) {
        double most = Double.NEGATIVE_INFINITY;
        for (double m : message) most = Math.max(most, m);
        if (most == Double.NEGATIVE_INFINITY)
            throw new IllegalArgumentException("belief propagation: the factors leave a variable no possible value; Z is 0");
        for (int x = 0; x < message.length; x++) message[x] -= most;
        return message;
    }

    private Beliefs beliefs(int rounds, boolean converged) {
        var ofVariables = new double[graph.sizes.length][];
        for (int v = 0; v < ofVariables.length; v++) {
            var belief = new double[graph.sizes[v]];
            for (int e : graph.edgesOfVariable[v]) for (int x = 0; x < belief.length; x++) belief[x] += toVariable[e][x];
            ofVariables[v] = distribution(belief);
        }
        var ofFactors = new double[logs.length][];
        for (int f = 0; f < logs.length; f++) ofFactors[f] = distribution(terms(f, -1));
        return new Beliefs(graph, ofVariables, ofFactors, max, sent, rounds, converged);
    }

    private static double[] distribution(double[] logs) {
        scaled(logs);
        double sum = 0;
        for (int x = 0; x < logs.length; x++) sum += logs[x] = Math.exp(logs[x]);
        for (int x = 0; x < logs.length; x++) logs[x] /= sum;
        return logs;
    }
}
