package lyceum.bayes;

import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/** A conditional over all combinations of a block's values. */
record FiniteConditional(ToDoubleFunction<double[]> logJoint, int values, int[] block) implements Conditional {
    FiniteConditional {
        if (values < 1 || block.length == 0 || Math.pow(values, block.length) > 1e6)
            throw new IllegalArgumentException("Conditional.finite: " + values + " values of " + block.length
                    + " coordinates; at least 1, and at most a million combinations");
    }

    private int combinations() { return (int) Math.round(Math.pow(values, block.length)); }

    private void set(double[] x, int combination) {
        for (int coordinate : block) {
            x[coordinate] = combination % values;
            combination /= values;
        }
    }

    /** Probabilities of the combinations; x ends as the last of them. */
    private double[] probabilities(double[] x) {
        var p = new double[combinations()];
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int k = 0; k < p.length; k++) {
            set(x, k);
            most = Math.max(most, p[k] = logJoint.applyAsDouble(x));
        }
        if (!(Math.abs(most) < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Conditional.finite: the largest log density over the block's values is " + most);
        for (int k = 0; k < p.length; k++) sum += p[k] = Math.exp(p[k] - most);
        for (int k = 0; k < p.length; k++) p[k] /= sum;
        return p;
    }

    @Override public void draw(double[] x, Rng rng) {
        double[] p = probabilities(x);
        double u = rng.nextDouble();
        int k = 0;
        while (k < p.length - 1 && (u -= p[k]) >= 0) k++;
        set(x, k);
    }

    @Override public double logProbability(double[] x, double[] y) {
        double[] there = x.clone();
        for (int coordinate : block) there[coordinate] = y[coordinate];
        int combination = 0;
        for (int i = 0; i < x.length; i++) if (there[i] != y[i]) return Double.NEGATIVE_INFINITY;
        for (int i = block.length - 1; i >= 0; i--) combination = combination * values + (int) y[block[i]];
        return Math.log(probabilities(there)[combination]);
    }
}
