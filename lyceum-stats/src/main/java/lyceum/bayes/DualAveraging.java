package lyceum.bayes;

/**
 * Finds the step size whose mean acceptance is {@code target}: Nesterov's dual averaging as Hoffman and Gelman (2014), section 3.2, use it.
 * Early estimates are forgotten, so that a bad start does not linger.
 */
final class DualAveraging {
    private static final double GAMMA = 0.05, T0 = 10, KAPPA = 0.75;

    private final double target;
    private double mu, error, logStep, logAverage;
    private int t;

    DualAveraging(double target, double start) {
        if (!(target > 0 && target < 1))
            throw new IllegalArgumentException("step size: the target acceptance is " + target + "; it lies strictly between 0 and 1");
        this.target = target;
        restart(start);
    }

    /** Begins again at a step size; longer ones are tried first, since they are cheaper to reject. */
    void restart(double start) {
        mu = Math.log(10 * start);
        logStep = logAverage = Math.log(start);
        error = 0;
        t = 0;
    }

    /** After a step that was accepted with this probability. */
    void update(double acceptance) {
        t++;
        double accepted = acceptance != acceptance ? 0 : Math.min(1, acceptance);
        error += (target - accepted - error) / (t + T0);
        logStep = mu - Math.sqrt(t) / GAMMA * error;
        double weight = Math.pow(t, -KAPPA);
        logAverage += weight * (logStep - logAverage);
    }

    /** To try next. */
    double step() { return Math.exp(logStep); }

    /** The average over those tried, to stay with. */
    double settled() { return Math.exp(logAverage); }
}
