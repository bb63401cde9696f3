package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.LinearMap;
import lyceum.linalg.PowerIteration;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Finds a usable learning rate, in one of three ways.
 *
 * {@snippet :
 * var test = new LearningRateFinder().run(new Sgd(1), model.parameters().values(), () -> loss(nextBatch()));
 * double rate = test.suggestion();                                              // by a range test, for mini-batches
 * double limit = LearningRateFinder.criticalRate(f, x, rng);                    // by curvature: gradient descent's 2 / lambda
 * var probes = LearningRateFinder.probe(rates, r -> losses(r));                 // by trying
 * }
 *
 * <p>The range test takes one step at each of a geometric sequence of rates and watches the loss: it stays while rates are too small, falls, and
 * rises once steps overshoot. As the record's components are its settings, defaults suit most networks.
 *
 * @param low first rate
 * @param high last rate, above low
 * @param steps how many, at least 10
 * @param smoothing memory of the loss's average, in [0, 1); its start is corrected for
 * @param blowUp stops the test when the smoothed loss is this many times its lowest, above 1
 * @see <a href="https://arxiv.org/abs/1506.01186">Smith (2017)</a>
 */
@Withers
public record LearningRateFinder(double low, double high, int steps, double smoothing, double blowUp) implements LearningRateFinderWithers {
    private static final double CURVATURE_TOLERANCE = 1e-5;

    /** How a run's loss looks. */
    public enum Trace {
        /** Still falling in a nearly straight line: too small. */
        TOO_LOW,
        /** Fell fast and stays down. */
        GOOD,
        /** Falls, but with spikes or jumps: close to the edge. */
        UNSTABLE,
        /** Ends above its start, or not finite. */
        DIVERGENT
    }

    public LearningRateFinder {
        Settings.above("LearningRateFinder", "low", low, 0);
        Settings.above("LearningRateFinder", "high", high, low);
        Settings.atLeast("LearningRateFinder", "steps", steps, 10);
        Settings.decay("LearningRateFinder", "smoothing", smoothing);
        Settings.above("LearningRateFinder", "blowUp", blowUp, 1);
    }

    /** From 1e-5 to 10 in 200 steps, smoothed by 0.9, until the loss is four times its lowest. */
    public LearningRateFinder() { this(1e-5, 10, 200, 0.9, 4); }

    /**
     * What a range test saw.
     *
     * @param rates of the steps, rising
     * @param losses before the step at that rate
     * @param smoothed their average
     */
    public record RangeTest(double[] rates, double[] losses, double[] smoothed) {

        /** Where the smoothed loss is lowest: too high to train with, since the average lags behind a run that is going wrong already. */
        public double lowest() { return rates[lowestAt()]; }

        /** The middle of the tenth of the test, before its lowest point, over which the smoothed loss falls most. */
        public double steepest() {
            int span = Math.max(1, rates.length / 10), end = lowestAt(), best = Math.min(span, end);
            for (int i = best; i <= end; i++) if (fall(i, span) > fall(best, span)) best = i;
            return rates[best - Math.min(span, best) / 2];
        }

        private double fall(int i, int span) { return smoothed[Math.max(0, i - span)] - smoothed[i]; }

        /** A rate to train with: the geometric mean of {@link #steepest} and {@link #lowest}, and at most half of the latter. */
        public double suggestion() { return Math.min(Math.sqrt(steepest() * lowest()), lowest() / 2); }

        private int lowestAt() {
            int at = 0;
            for (int i = 1; i < smoothed.length; i++) if (smoothed[i] < smoothed[at]) at = i;
            return at;
        }
    }

    /** The test over parameters, which get back what they hold. @param loss computes the loss of the next batch */
    public RangeTest run(UpdateRule rule, Iterable<Tensor> parameters, Supplier<Tensor> loss) {
        var all = new ArrayList<Tensor>();
        parameters.forEach(all::add);
        var kept = all.stream().map(x -> x.detach().copy()).toList();
        Settings.above("LearningRateFinder", "the rule's learningRate, which the test scales,", rule.learningRate(), 0);
        var optimizer = rule.over(all).scheduledBy(step -> rate(step) / rule.learningRate());
        try {
            return run(rate -> {
                optimizer.zeroGrad();
                var value = loss.get();
                value.backward();
                double before = value.item();
                if (Double.isFinite(before)) optimizer.step();
                return before;
            });
        } finally {
            Autograd.noGrad(() -> { for (int i = 0; i < kept.size(); i++) all.get(i).copy_(kept.get(i)); });
            optimizer.zeroGrad();
        }
    }

    /** The test of anything that steps. @param step takes a step at a rate and returns the loss before it */
    public RangeTest run(DoubleUnaryOperator step) {
        double[] rates = new double[steps], losses = new double[steps], smoothed = new double[steps];
        double average = 0, least = Double.POSITIVE_INFINITY;
        int taken = 0;
        while (taken < steps) {
            double loss = step.applyAsDouble(rate(taken));
            if (!Double.isFinite(loss)) break;
            average = smoothing * average + (1 - smoothing) * loss;
            rates[taken] = rate(taken);
            losses[taken] = loss;
            smoothed[taken] = average / (1 - Math.pow(smoothing, taken + 1));
            least = Math.min(least, smoothed[taken]);
            if (smoothed[taken++] > blowUp * least) break;
        }
        if (taken < 2) throw new IllegalArgumentException("LearningRateFinder: the loss is not finite after " + taken
                + " steps at a rate of " + low + "; start lower or look at the data");
        return new RangeTest(Arrays.copyOf(rates, taken), Arrays.copyOf(losses, taken), Arrays.copyOf(smoothed, taken));
    }

    private double rate(long step) { return low * Math.pow(high / low, (double) step / (steps - 1)); }

    /**
     * The rate above which gradient descent on f leaves the neighbourhood of x: {@code 2 / lambda} for the Hessian's largest eigenvalue there.
     * Infinite where f curves up in no direction.
     */
    public static double criticalRate(UnaryOperator<Tensor> f, Tensor x, Rng rng) { return 2 / Math.max(0, topCurvature(f, x, rng)); }

    /**
     * The largest (not the largest in size) eigenvalue of the Hessian of a scalar-valued f, by power iteration on Hessian-vector products.
     *
     * @param x a point of any shape, F64 for full accuracy
     * @param rng gives the start vector
     */
    public static double topCurvature(UnaryOperator<Tensor> f, Tensor x, Rng rng) {
        var at = x.detach();
        int n = Math.toIntExact(at.count());
        var power = new PowerIteration(CURVATURE_TOLERANCE, 2_000);
        UnaryOperator<Tensor> product = v -> Autograd.hvp(f, at, v.to(at.dtype()).reshape(at.shape().toArray())).to(DType.F64).flatten();
        var top = power.run(LinearMap.symmetric(n, product), rng);
        double value = top.values().item(0), size = product.apply(top.vectors().flatten()).norm().item();
        if (size - value <= CURVATURE_TOLERANCE * size) return value;
        // Another is as large in size, or larger, and negative: shifted by that size the Hessian has none below zero.
        return power.run(LinearMap.symmetric(n, v -> product.apply(v).add(v.mul(size))), rng).values().item(0) - size;
    }

    /** What a run at a rate did. */
    public record Probe(double rate, double[] losses, Trace trace) {

        /** The mean of the last quarter. */
        public double end() { return mean(losses, losses.length - Math.max(1, losses.length / 4), losses.length); }
    }

    /** Short runs at several rates, judged. @param run trains at a rate and returns the loss at each step */
    public static List<Probe> probe(double[] rates, DoubleFunction<double[]> run) {
        var probes = new ArrayList<Probe>();
        for (double rate : rates) {
            double[] losses = run.apply(rate);
            probes.add(new Probe(rate, losses, classify(losses)));
        }
        return List.copyOf(probes);
    }

    /** The rate of the good run that ends lowest; NaN if none is good. */
    public static double best(List<Probe> probes) {
        double best = Double.NaN, end = Double.POSITIVE_INFINITY;
        for (var probe : probes) {
            if (probe.trace != Trace.GOOD || probe.end() >= end) continue;
            best = probe.rate;
            end = probe.end();
        }
        return best;
    }

    /**
     * Reads a trace of the loss, of at least 8 steps, over all data or smoothed: divergent if it stops being finite or its last quarter lies above its
     * start; unstable if it ever rises a fifth above its start, or jumps about in its second half by more than a tenth of the fall; too low if the
     * second half still brought a fifth of the fall; good otherwise.
     */
    public static Trace classify(double... losses) {
        Settings.atLeast("classify", "the number of losses", losses.length, 8);
        int n = losses.length, quarter = n / 4;
        for (double loss : losses) if (!Double.isFinite(loss)) return Trace.DIVERGENT;
        double start = losses[0], end = mean(losses, n - quarter, n);
        if (end > start) return Trace.DIVERGENT;
        for (int i = 1; i < n; i++) if (losses[i] > 1.2 * start) return Trace.UNSTABLE;
        double jumps = 0;
        for (int i = n / 2; i < n; i++) jumps += (losses[i] - losses[i - 1]) * (losses[i] - losses[i - 1]);
        if (Math.sqrt(jumps / 2 / (n - n / 2)) > 0.1 * (start - end)) return Trace.UNSTABLE;
        double middle = mean(losses, n / 2 - quarter / 2, n / 2 - quarter / 2 + quarter);
        return middle - end > 0.2 * (start - end) ? Trace.TOO_LOW : Trace.GOOD;
    }

    private static double mean(double[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) sum += values[i];
        return sum / (to - from);
    }
}
