package lyceum.bayes;

import java.util.List;
import lyceum.stats.Transform;

/**
 * A density over positive or bounded parameters, seen from an unconstrained space: {@code theta = g^-1(eta)} coordinate by coordinate, and the log
 * density gains {@code log |d theta / d eta|}.
 *
 * {@snippet :
 * // an exponential law, on the logarithm
 * var constrained = new Constrained(LogDensity.of(theta -> theta.sum().neg()), Transform.LOG);
 * var chains = new Mcmc(new Nuts(constrained.unconstrained())).run(Rng.of(1), constrained.to(1.0)).transform(constrained::from);
 * chains.mean(0);      // 1
 * }
 *
 * @param logDensity of theta, up to a constant, with its gradient
 * @param transforms one for each coordinate
 */
public record Constrained(LogDensity logDensity, List<Transform> transforms) {
    public Constrained { transforms = List.copyOf(transforms); }

    public Constrained(LogDensity logDensity, Transform... transforms) { this(logDensity, List.of(transforms)); }

    private void require(double[] x) {
        if (x.length != transforms.size())
            throw new IllegalArgumentException("Constrained: " + x.length + " numbers for " + transforms.size() + " transforms");
    }

    /** Unconstrained coordinates of parameters. @throws IllegalArgumentException outside the support */
    public double[] to(double... theta) {
        require(theta);
        var eta = new double[theta.length];
        for (int i = 0; i < eta.length; i++) eta[i] = transforms.get(i).to(theta[i]);
        return eta;
    }

    /** Parameters of unconstrained coordinates. */
    public double[] from(double... eta) {
        require(eta);
        var theta = new double[eta.length];
        for (int i = 0; i < eta.length; i++) theta[i] = transforms.get(i).from(eta[i]);
        return theta;
    }

    private double logSlopes(double[] eta) {
        double log = 0;
        for (int i = 0; i < eta.length; i++) log += Math.log(Math.abs(transforms.get(i).slope(eta[i])));
        return log;
    }

    /** The density of eta, for samplers. */
    public LogDensity unconstrained() {
        return LogDensity.of(eta -> logDensity.at(from(eta)) + logSlopes(eta), (eta, gradient) -> {
            double log = logDensity.at(from(eta), gradient) + logSlopes(eta);
            for (int i = 0; i < eta.length; i++) {
                double slope = transforms.get(i).slope(eta[i]);
                gradient[i] = gradient[i] * slope + transforms.get(i).bend(eta[i]) / slope;
            }
            return log;
        });
    }
}
