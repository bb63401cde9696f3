package lyceum.bayes;

import lyceum.ShapeException;

/**
 * The return of a policy from episodes of another: importance weights over decisions. A reward depends on the decisions before it alone, so its weight
 * is the product of their ratios, not of the whole episode's, whose variance grows with each further decision.
 *
 * @param logRatios of each episode and step, {@code log pi(a | s) - log b(a | s)}; {@code -Infinity} where the wanted policy never does it
 * @param rewards of the same shape, each earned after the decision of its step
 * @param discount in [0, 1]
 * @see <a href="https://scholarworks.umass.edu/cs_faculty_pubs/80">Precup, Sutton and Singh (2000), Eligibility Traces for Off-Policy Policy
 *      Evaluation</a>
 */
public record DecisionRatios(double[][] logRatios, double[][] rewards, double discount) {
    public DecisionRatios {
        if (logRatios.length == 0 || logRatios.length != rewards.length) throw new ShapeException("DecisionRatios: " + logRatios.length
                + " episodes of ratios and " + rewards.length + " of rewards; as many, and at least 1");
        for (int i = 0; i < rewards.length; i++) {
            if (logRatios[i].length != rewards[i].length) throw new ShapeException(
                    "DecisionRatios: episode " + i + " has " + logRatios[i].length + " ratios and " + rewards[i].length + " rewards");
            for (double log : logRatios[i])
                if (!(log < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                        "DecisionRatios: a log ratio of episode " + i + " is " + log + "; it is a number, or -Infinity");
        }
        if (!(discount >= 0 && discount <= 1))
            throw new IllegalArgumentException("DecisionRatios: discount is " + discount + "; it lies between 0 and 1");
        logRatios = copy(logRatios);
        rewards = copy(rewards);
    }

    private static double[][] copy(double[][] a) {
        var copy = new double[a.length][];
        for (int i = 0; i < a.length; i++) copy[i] = a[i].clone();
        return copy;
    }

    @Override public double[][] logRatios() { return copy(logRatios); }

    @Override public double[][] rewards() { return copy(rewards); }

    /** The whole episode's ratio on its whole return; unbiased. */
    public ImportanceSampling.Estimate trajectory() {
        var each = new double[rewards.length];
        for (int i = 0; i < each.length; i++) {
            double log = 0, discounted = 0, factor = 1;
            for (int t = 0; t < rewards[i].length; t++, factor *= discount) {
                log += logRatios[i][t];
                discounted += factor * rewards[i][t];
            }
            each[i] = Math.exp(log) * discounted;
        }
        return estimate(each);
    }

    /** On each reward the ratio of the decisions up to it; unbiased. */
    public ImportanceSampling.Estimate perDecision() {
        var each = new double[rewards.length];
        for (int i = 0; i < each.length; i++) {
            double log = 0, factor = 1;
            for (int t = 0; t < rewards[i].length; t++, factor *= discount)
                each[i] += Math.exp(log += logRatios[i][t]) * factor * rewards[i][t];
        }
        return estimate(each);
    }

    /** The same, each step's ratios divided by their sum over the episodes: biased for few of them, and of less variance. */
    public double weightedPerDecision() {
        int steps = 0, n = rewards.length;
        for (var r : rewards) steps = Math.max(steps, r.length);
        var log = new double[n];
        double value = 0, factor = 1;
        for (int t = 0; t < steps; t++, factor *= discount) {
            double sum = 0, weighted = 0;
            // An episode that is over keeps its last ratio and earns nothing
            for (int i = 0; i < n; i++) {
                boolean runs = t < rewards[i].length;
                if (runs) log[i] += logRatios[i][t];
                double w = Math.exp(log[i]);
                sum += w;
                if (runs) weighted += w * rewards[i][t];
            }
            if (sum > 0) value += factor * weighted / sum;
        }
        return value;
    }

    private static ImportanceSampling.Estimate estimate(double[] each) {
        double mean = 0, squares = 0;
        for (int i = 0; i < each.length; i++) {
            double change = each[i] - mean;
            mean += change / (i + 1);
            squares += change * (each[i] - mean);
        }
        return new ImportanceSampling.Estimate(mean, Math.sqrt(squares / (each.length - 1) / each.length));
    }
}
