package lyceum.causal;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The other world of a {@link StructuralCausalModel}: what all variables would have been, as far as the evidence tells. */
public final class Counterfactual {
    private final List<String> names;
    /** Weighted worlds; or, for a linear model, null. */
    private final double[][] worlds;
    private final double[] weights;
    private final double[] means;
    private final double[][] covariance;
    private final boolean exact;

    Counterfactual(List<String> names, double[][] worlds, double[] weights, boolean exact) {
        this(names, worlds, weights, null, null, exact);
    }

    Counterfactual(List<String> names, double[] means, double[][] covariance) { this(names, null, null, means, covariance, true); }

    private Counterfactual(List<String> names, double[][] worlds, double[] weights, double[] means, double[][] covariance, boolean exact) {
        this.names = names;
        this.worlds = worlds;
        this.weights = weights;
        this.means = means;
        this.covariance = covariance;
        this.exact = exact;
    }

    private int at(String name) {
        int at = names.indexOf(name);
        if (at < 0) throw new IllegalArgumentException("Counterfactual: there is no variable '" + name + "' among " + names);
        return at;
    }

    /** False if it was found by particles. */
    public boolean isExact() { return exact; }

    /** The mean of a variable there. */
    public double mean(String name) {
        int at = at(name);
        return worlds == null ? means[at] : expectation(world -> world[at]);
    }

    /** How uncertain it is there, the unit's noises not being known in full. */
    public double variance(String name) {
        int at = at(name);
        if (worlds == null) return covariance[at][at];
        double mean = mean(name);
        return expectation(world -> (world[at] - mean) * (world[at] - mean));
    }

    /** {@code P(variable = value)} there; for discrete variables. */
    public double probability(String name, double value) {
        int at = at(name);
        return expectation(world -> world[at] == value ? 1 : 0);
    }

    /** The mean of a function of all variables, in the model's order. @throws IllegalStateException of a linear model's normal law */
    public double expectation(ToDoubleFunction<double[]> f) {
        if (worlds == null)
            throw new IllegalStateException("expectation: a linear model's other world is a normal law; ask for its mean and variance");
        double sum = 0, all = 0;
        for (int w = 0; w < worlds.length; w++) {
            sum += weights[w] * f.applyAsDouble(worlds[w]);
            all += weights[w];
        }
        return sum / all;
    }

    /** {@code (sum w)^2 / sum w^2}: how many equal worlds these are worth. */
    public double effectiveSize() {
        if (worlds == null) return Double.POSITIVE_INFINITY;
        double sum = 0, square = 0;
        for (double w : weights) {
            sum += w;
            square += w * w;
        }
        return sum * sum / square;
    }
}
