package lyceum.bayes;

import lyceum.math.Special;

/** Mean and precision of a normal distribution, apart (Bishop 2006, section 10.1.3). */
final class NormalFactors implements CoordinateAscent.Model {
    private final double n, mean, scatter, priorMean, strength, shape, rate;

    NormalFactors(double[] x, double priorMean, double strength, double shape, double rate) {
        if (x.length == 0) throw new IllegalArgumentException("CoordinateAscent: there are no observations");
        if (!(strength > 0 && shape > 0 && rate > 0)) throw new IllegalArgumentException(
                "CoordinateAscent: strength " + strength + ", shape " + shape + ", rate " + rate + "; all are above 0");
        double sum = 0, squares = 0;
        for (double v : x) sum += v;
        for (double v : x) squares += (v - sum / x.length) * (v - sum / x.length);
        n = x.length;
        mean = sum / n;
        scatter = squares;
        this.priorMean = priorMean;
        this.strength = strength;
        this.shape = shape;
        this.rate = rate;
    }

    @Override public double[][] start() { return new double[][] {{priorMean, strength * shape / rate}, {shape, rate}}; }

    @Override public double[] update(int j, double[][] q) {
        if (j == 0) return new double[] {(strength * priorMean + n * mean) / (strength + n), (strength + n) * q[1][0] / q[1][1]};
        return new double[] {shape + (n + 1) / 2, rate + squares(q[0]) / 2};
    }

    /** {@code E sum (x - mu)^2 + strength (mu - priorMean)^2}. */
    private double squares(double[] mu) {
        return scatter + n * (mean - mu[0]) * (mean - mu[0]) + strength * (mu[0] - priorMean) * (mu[0] - priorMean)
                + (n + strength) / mu[1];
    }

    @Override public double elbo(double[][] q) {
        double a = q[1][0], b = q[1][1], log = Special.digamma(a) - Math.log(b), tau = a / b, two = Math.log(2 * Math.PI);
        double joint = 0.5 * ((n + 1) * (log - two) + Math.log(strength) - tau * squares(q[0]));
        double prior = shape * Math.log(rate) - Special.lgamma(shape) + (shape - 1) * log - rate * tau;
        double entropy = 0.5 * (1 + two - Math.log(q[0][1])) + a - Math.log(b) + Special.lgamma(a) + (1 - a) * Special.digamma(a);
        return joint + prior + entropy;
    }
}
