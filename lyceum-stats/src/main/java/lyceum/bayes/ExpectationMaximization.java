package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Expectation-maximisation: guess the unseen from the parameters, the parameters from the guess, and so on; the likelihood never falls.
 *
 * {@snippet :
 * var mixture = FiniteMixture.gaussian(x, 2);
 * var fit = new ExpectationMaximization().fit(mixture, mixture.randomStart(Rng.of(1)));
 * var fast = new ExpectationMaximization().withAcceleration(true).fit(mixture, start);
 * var best = new ExpectationMaximization().best(mixture, mixture::randomStart, 10, Rng.of(1));
 * }
 *
 * @param maxIterations cycles before it gives up: EM steps, or accelerated triples
 * @param tolerance converged when a cycle moves no parameter by more than {@code tolerance max(1, |theta|)}
 * @param acceleration SQUAREM: two steps of EM, and a longer one along where they point, if the objective does not fall by it
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1977.tb01600.x">Dempster, Laird and Rubin (1977)</a>
 * @see <a href="https://doi.org/10.1111/j.1467-9469.2007.00585.x">Varadhan and Roland (2008), SQUAREM, scheme S3</a>
 * @see <a href="https://arxiv.org/abs/0712.4273">Cappé and Moulines (2009), the online form</a>
 */
@Withers
public record ExpectationMaximization(int maxIterations, double tolerance, boolean acceleration) implements ExpectationMaximizationWithers {
    public ExpectationMaximization {
        if (maxIterations < 1)
            throw new IllegalArgumentException("ExpectationMaximization: maxIterations is " + maxIterations + "; it is at least 1");
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("ExpectationMaximization: tolerance is " + tolerance + "; it is at least 0");
    }

    /** 10,000 cycles, tolerance 1e-10, plain. */
    public ExpectationMaximization() { this(10_000, 1e-10, false); }

    /**
     * What a run found.
     *
     * @param theta the last parameters, the best of the run
     * @param objective their log-likelihood, with the log-prior if there is one
     * @param path the objective after each cycle, the start's first
     * @param evaluations EM steps taken, those inside accelerated cycles included
     * @param converged false if it ran out of cycles
     */
    public record Fit(double[] theta, double objective, List<Double> path, int evaluations, boolean converged) {
        public Fit { path = List.copyOf(path); }

        /** Cycles taken. */
        public int cycles() { return path.size() - 1; }
    }

    /** From {@code start}, which is not changed. */
    public Fit fit(EmModel model, double[] start) { return fit(model, start, Progress.SILENT); }

    /**
     * The same, telling {@code progress} after each cycle.
     *
     * @throws IllegalArgumentException if the start is not allowed, or has likelihood 0
     */
    public Fit fit(EmModel model, double[] start, Progress progress) {
        if (!model.allows(start))
            throw new IllegalArgumentException("ExpectationMaximization: the start is not a possible parameter of the model");
        double[] theta = start.clone();
        double value = model.objective(theta);
        if (!(value > Double.NEGATIVE_INFINITY)) throw new IllegalArgumentException(
                "ExpectationMaximization: the objective at the start is " + value + "; begin where the data are possible");
        var path = new ArrayList<Double>();
        path.add(value);
        int evaluations = 0;
        boolean converged = false;
        for (int cycle = 1; cycle <= maxIterations && !converged; cycle++) {
            double[] next = step(model, theta);
            evaluations++;
            if (acceleration && distance(next, theta) > tolerance) {
                var leap = leap(model, theta, next, value);
                evaluations += leap.evaluations;
                next = leap.theta;
                value = leap.objective;
            } else value = model.objective(next);
            converged = distance(next, theta) <= tolerance;
            theta = next;
            path.add(value);
            progress.step("EM", cycle, maxIterations, "objective", value);
        }
        return new Fit(theta, value, path, evaluations, converged);
    }

    private static double[] step(EmModel model, double[] theta) { return model.maximisation(model.expectation(theta, 0, model.size())); }

    /** Largest move of a parameter, relative beyond 1. */
    private static double distance(double[] next, double[] theta) {
        double most = 0;
        for (int i = 0; i < theta.length; i++) most = Math.max(most, Math.abs(next[i] - theta[i]) / Math.max(1, Math.abs(theta[i])));
        return most;
    }

    private record Leap(double[] theta, double objective, int evaluations) {}

    /** {@code theta - 2 a r + a^2 v}, {@code r} the first step, v the change from it to the second, {@code a = -|r| / |v|}; then one EM step to settle. */
    private static Leap leap(EmModel model, double[] theta, double[] first, double value) {
        double[] second = step(model, first);
        double rr = 0, vv = 0;
        for (int i = 0; i < theta.length; i++) {
            double r = first[i] - theta[i], v = second[i] - first[i] - r;
            rr += r * r;
            vv += v * v;
        }
        double floor = model.objective(second);
        int evaluations = 1;
        for (double a = vv == 0 ? -1 : Math.min(-1, -Math.sqrt(rr / vv)); a < -1; a = (a - 1) / 2) {
            var there = new double[theta.length];
            for (int i = 0; i < theta.length; i++) {
                double r = first[i] - theta[i], v = second[i] - first[i] - r;
                there[i] = theta[i] - 2 * a * r + a * a * v;
            }
            if (model.allows(there) && model.objective(there) >= value) {
                double[] settled = step(model, there);
                evaluations++;
                double reached = model.objective(settled);
                if (reached >= floor) return new Leap(settled, reached, evaluations);
            }
            if (a > -1.01) break;
        }
        return new Leap(second, floor, evaluations);
    }

    /** The best of {@code restarts} runs from random starts. */
    public Fit best(EmModel model, Function<Rng, double[]> start, int restarts, Rng rng) {
        if (restarts < 1) throw new IllegalArgumentException("ExpectationMaximization: " + restarts + " restarts; at least 1 is needed");
        Fit best = null;
        for (int i = 0; i < restarts; i++) {
            var fit = fit(model, start.apply(rng.split(i)));
            if (best == null || fit.objective > best.objective) best = fit;
        }
        return best;
    }

    /**
     * Online EM: after each batch the statistics move towards the batch's by {@code (k + 2)^-decay} and the parameters follow; for data too many to
     * see them all before each step.
     *
     * @param batch observations a step; the last of a pass may be smaller
     * @param passes over the data
     * @param decay in (1/2, 1]: 0.6 forgets fast, 1 weighs all batches alike
     */
    public Fit online(EmModel model, double[] start, int batch, int passes, double decay) {
        if (batch < 1 || passes < 1 || !(decay > 0.5 && decay <= 1))
            throw new IllegalArgumentException("ExpectationMaximization: batches of " + batch + ", " + passes + " passes, decay " + decay
                    + "; at least 1, at least 1, and above 1/2 up to 1");
        int n = model.size(), k = 0;
        double[] theta = start.clone(), statistics = null;
        var path = new ArrayList<Double>();
        path.add(model.objective(theta));
        for (int pass = 0; pass < passes; pass++) {
            for (int from = 0; from < n; from += batch, k++) {
                int to = Math.min(n, from + batch);
                double[] seen = model.expectation(theta, from, to);
                double scale = (double) n / (to - from), share = statistics == null ? 1 : Math.pow(k + 2, -decay);
                if (statistics == null) statistics = new double[seen.length];
                for (int i = 0; i < seen.length; i++) statistics[i] += share * (scale * seen[i] - statistics[i]);
                theta = model.maximisation(statistics);
            }
            path.add(model.objective(theta));
        }
        return new Fit(theta, path.getLast(), path, k, false);
    }
}
