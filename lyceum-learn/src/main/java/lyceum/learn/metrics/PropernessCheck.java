package lyceum.learn.metrics;

import java.util.Optional;
import lyceum.random.Rng;

/**
 * Looks for truths at which a scoring rule pays for lying. Finding none proves nothing, but rules that go wrong on a region of truths are found quickly.
 *
 * @param againstProperness a report better than the truth, or empty
 * @param againstStrictness a report as good as the truth, or better, and not the same; or empty
 */
public record PropernessCheck(Optional<Counterexample> againstProperness, Optional<Counterexample> againstStrictness) {

    /** @param gain expected penalty of the truth less that of the report */
    public record Counterexample(double[] truth, double[] report, double gain) {}

    /** Whether no counterexample to properness was found. */
    public boolean isProper() { return againstProperness.isEmpty(); }

    /** Whether no counterexample to strictness was found either. */
    public boolean isStrictlyProper() { return isProper() && againstStrictness.isEmpty(); }

    /**
     * Tries truths over the whole simplex, edges too, each with a report of one of five kinds: any, bolder, more timid, nearly the truth, or one class for sure.
     *
     * @param classes at least 2
     * @param tries how many pairs of truth and report; 1000 is plenty
     */
    public static PropernessCheck of(ScoringRule rule, int classes, int tries, Rng rng) {
        if (classes < 2 || tries < 1)
            throw new IllegalArgumentException("PropernessCheck: " + classes + " classes and " + tries + " tries; at least 2 and 1");
        Counterexample proper = null, strict = null;
        for (int t = 0; t < tries; t++) {
            double[] p = truth(classes, rng), q = report(p, t % 5, rng);
            double honest = rule.expected(p, p), other = rule.expected(p, q), gain = honest - other, noise = 1e-12 * (1 + Math.abs(honest));
            if (gain > noise && proper == null) proper = new Counterexample(p, q, gain);
            if (gain >= -noise && strict == null && distance(p, q) > 1e-3) strict = new Counterexample(p, q, gain);
        }
        return new PropernessCheck(Optional.ofNullable(proper), Optional.ofNullable(strict));
    }

    /** Uniform on the simplex, one time in four with some classes impossible. */
    private static double[] truth(int classes, Rng rng) {
        var p = new double[classes];
        boolean edge = rng.nextInt(4) == 0;
        int kept = rng.nextInt(classes);
        for (int k = 0; k < classes; k++) p[k] = edge && k != kept && rng.nextInt(2) == 0 ? 0 : -Math.log(rng.nextDoublePositive());
        return normalised(p);
    }

    private static double[] report(double[] p, int kind, Rng rng) {
        if (kind == 0) return truth(p.length, rng);
        var q = new double[p.length];
        if (kind == 4) {
            q[rng.nextInt(q.length)] = 1;
            return q;
        }
        double power = kind == 1 ? 1 + 4 * rng.nextDouble() : rng.nextDouble();
        for (int k = 0; k < q.length; k++) q[k] = kind == 3 ? p[k] * (1 + 0.02 * rng.nextDouble()) : Math.pow(p[k], power);
        return normalised(q);
    }

    private static double[] normalised(double[] p) {
        double sum = 0;
        for (double v : p) sum += v;
        for (int k = 0; k < p.length; k++) p[k] /= sum;
        return p;
    }

    private static double distance(double[] p, double[] q) {
        double sum = 0;
        for (int k = 0; k < p.length; k++) sum += Math.abs(p[k] - q[k]);
        return sum;
    }
}
