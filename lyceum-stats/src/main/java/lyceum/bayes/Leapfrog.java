package lyceum.bayes;

/**
 * Hamiltonian motion over a density, {@code H = -log pi(q) + p' M^-1 p / 2}, by the leapfrog (Störmer and Verlet's) scheme: half a push, a drift, half
 * a push. Reversible, keeps volumes, and its energy error does not grow with time but shrinks with the step's square.
 *
 * {@snippet :
 * var motion = new Leapfrog(LogDensity.of(x -> x.square().sum().mul(-0.5)), InverseMass.unit(2));
 * var from = motion.at(new double[] {1, 0}, new double[] {0, 1});
 * var to = motion.advance(from, 0.1, 25);
 * double error = to.energy() - from.energy();
 * var back = motion.advance(to, -0.1, 25);      // where it came from
 * }
 *
 * @param logDensity of the target, up to a constant
 * @param metric the inverse mass matrix
 */
public record Leapfrog(LogDensity logDensity, InverseMass metric) {

    /**
     * A point on its way.
     *
     * @param position q
     * @param momentum p
     * @param gradient of the log density at q
     * @param logDensity at q
     * @param energy H
     */
    public record Point(double[] position, double[] momentum, double[] gradient, double logDensity, double energy) {}

    /** A point of rest or motion; one gradient. */
    public Point at(double[] position, double[] momentum) {
        if (metric.dimensions() != position.length || momentum.length != position.length)
            throw new IllegalArgumentException("Leapfrog: a position of " + position.length + " numbers, a momentum of " + momentum.length
                    + ", a metric of " + metric.dimensions() + "; they go together");
        var gradient = new double[position.length];
        double log = logDensity.at(position, gradient);
        return new Point(position.clone(), momentum.clone(), gradient, log, metric.kinetic(momentum) - log);
    }

    /** The same place with other momenta; no gradient. */
    Point kicked(Point at, double[] momentum) {
        return new Point(at.position, momentum, at.gradient, at.logDensity, metric.kinetic(momentum) - at.logDensity);
    }

    /** One step; negative steps go back in time. */
    public Point step(Point from, double step) {
        double[] q = from.position.clone(), p = from.momentum.clone(), gradient = new double[q.length];
        for (int i = 0; i < p.length; i++) p[i] += step / 2 * from.gradient[i];
        double[] v = metric.velocity(p);
        for (int i = 0; i < q.length; i++) q[i] += step * v[i];
        double log = logDensity.at(q, gradient);
        for (int i = 0; i < p.length; i++) p[i] += step / 2 * gradient[i];
        return new Point(q, p, gradient, log, metric.kinetic(p) - log);
    }

    /** Several steps. */
    public Point advance(Point from, double step, int steps) {
        for (int i = 0; i < steps; i++) from = step(from, step);
        return from;
    }
}
