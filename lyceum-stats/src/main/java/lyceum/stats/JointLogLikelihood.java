package lyceum.stats;

import java.util.Arrays;
import lyceum.ShapeException;

/** The terms of two samples about the same parameters, one after the other. */
record JointLogLikelihood(LogLikelihood first, LogLikelihood second) implements LogLikelihood {
    JointLogLikelihood {
        if (first.parameters() != second.parameters()) throw new ShapeException("LogLikelihood: one has " + first.parameters()
                + " parameters, the other " + second.parameters() + "; terms add when they share their parameters");
    }

    @Override public int observations() { return first.observations() + second.observations(); }

    @Override public int parameters() { return first.parameters(); }

    @Override public double[] weights() { return joined(first.weights(), second.weights()); }

    @Override public double[] terms(double[] theta) { return joined(first.terms(theta), second.terms(theta)); }

    @Override public double[][] scores(double[] theta) {
        var rows = Arrays.copyOf(first.scores(theta), observations());
        System.arraycopy(second.scores(theta), 0, rows, first.observations(), second.observations());
        return rows;
    }

    @Override public double[] hessianTimes(double[] theta, double[] v, double[] weights) {
        int n = first.observations();
        double[] sum = first.hessianTimes(theta, v, Arrays.copyOf(weights, n)),
                rest = second.hessianTimes(theta, v, Arrays.copyOfRange(weights, n, weights.length));
        for (int j = 0; j < sum.length; j++) sum[j] += rest[j];
        return sum;
    }

    private static double[] joined(double[] a, double[] b) {
        var both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
