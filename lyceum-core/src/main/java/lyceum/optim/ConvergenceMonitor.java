package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import lyceum.withers.Withers;

/**
 * Watches an iteration and says what it is doing: still at work, converged, stalled, going round or diverging, and by which criterion.
 *
 * {@snippet :
 * var monitor = new ConvergenceMonitor();
 * while (monitor.verdict().state() == ConvergenceMonitor.State.RUNNING) {
 *     step();
 *     monitor.see(ConvergenceMonitor.Seen.loss(loss).withGradientNorm(norm));
 * }
 * System.out.println(monitor.verdict());
 * }
 *
 * <p>Where gradient norms or residuals of optimality conditions are seen, they alone tell convergence. Without them a small change is not trusted as it
 * is: the sum of all changes still to come, extrapolated by the {@link ConvergenceRate} of the last ones, has to be small.
 *
 * <p>The rest is judged by windows: a window is progress if its mean lies below the best so far by more than four times its own standard error, which is
 * measured by successive differences, so that a slow but steady plateau is progress and a noisy floor is not. Verdicts are of now: a run that goes
 * on may leave them again, except for values that are not finite.
 *
 * @see "Nocedal and Wright (2006), Numerical Optimization, section 3.3"
 * @see <a href="https://arxiv.org/abs/1606.04838">Bottou, Curtis and Nocedal (2018), section 4, for the noise floor</a>
 */
public final class ConvergenceMonitor {

    /** What the iteration is doing. */
    public enum State {
        RUNNING, CONVERGED, STALLED, OSCILLATING, DIVERGING
    }

    /** What decided it. */
    public enum Criterion {
        NONE, GRADIENT, OPTIMALITY, REMAINING_CHANGE, REMAINING_FALL, NO_PROGRESS, PERIOD, GROWTH, NOT_FINITE
    }

    /**
     * One look at the iteration; NaN where something is not measured.
     *
     * @param loss the value that is to fall
     * @param gradientNorm in any norm
     * @param change how far the parameters moved
     * @param step the length of the step that was asked for, such as the learning rate: an iteration whose steps are cut does not count as converged
     * @param optimality largest violation of the optimality (KKT) conditions
     */
    @Withers
    public record Seen(double loss, double gradientNorm, double change, double step, double optimality)
            implements ConvergenceMonitorSeenWithers {
        public static Seen loss(double loss) { return new Seen(loss, Double.NaN, Double.NaN, Double.NaN, Double.NaN); }
    }

    /**
     * When to say what.
     *
     * @param gradient largest gradient norm at a solution
     * @param optimality largest violation at a solution
     * @param change largest distance to the solution, where only changes are seen; relative to {@code max(1, |loss|)} for the loss itself
     * @param confirmations looks in a row that have to agree on convergence
     * @param window looks to a window, at least 10
     * @param patience windows without progress that are borne
     */
    @Withers
    public record Criteria(double gradient, double optimality, double change, int confirmations, int window, int patience)
            implements ConvergenceMonitorCriteriaWithers {
        public Criteria {
            Settings.atLeast("ConvergenceMonitor", "gradient", gradient, 0);
            Settings.atLeast("ConvergenceMonitor", "optimality", optimality, 0);
            Settings.atLeast("ConvergenceMonitor", "change", change, 0);
            Settings.atLeast("ConvergenceMonitor", "confirmations", confirmations, 1);
            Settings.atLeast("ConvergenceMonitor", "window", window, 10);
            Settings.atLeast("ConvergenceMonitor", "patience", patience, 1);
        }

        /** Tolerances 1e-6, three confirmations, windows of 50, patience 4. */
        public Criteria() { this(1e-6, 1e-6, 1e-6, 3, 50, 4); }
    }

    /**
     * The judgement.
     *
     * @param looks how many led to it
     * @param measure the number that the criterion is about: a norm, a distance, a period in looks, a factor of growth
     */
    public record Verdict(State state, Criterion criterion, int looks, double measure) {
        @Override public String toString() {
            return String.format(Locale.ROOT, "%s after %d looks: %s", state, looks, switch (criterion) {
                case NONE -> "nothing is decided";
                case GRADIENT -> String.format(Locale.ROOT, "the gradient's norm is %.3g", measure);
                case OPTIMALITY -> String.format(Locale.ROOT, "the optimality conditions hold to %.3g", measure);
                case REMAINING_CHANGE -> String.format(Locale.ROOT, "all changes to come add up to about %.3g", measure);
                case REMAINING_FALL -> String.format(Locale.ROOT, "the loss will fall by about %.3g more", measure);
                case NO_PROGRESS -> String.format(Locale.ROOT, "%.0f windows brought no progress beyond the noise", measure);
                case PERIOD -> String.format(Locale.ROOT, "values come back every %.0f looks", measure);
                case GROWTH -> String.format(Locale.ROOT, "values have grown to %.3g", measure);
                case NOT_FINITE -> "a value is not finite";
            });
        }
    }

    private static final double BLOW_UP = 1e6, PERIODIC = 0.7, NOISE = 4;

    private final Criteria criteria;
    private final List<Seen> seen = new ArrayList<>();
    private Verdict verdict = new Verdict(State.RUNNING, Criterion.NONE, 0, Double.NaN);
    private double[] watched = new double[64];
    private int agreeing, idle;
    private double best = Double.POSITIVE_INFINITY, first = Double.NaN, largestOfOld = Double.NEGATIVE_INFINITY;
    private final List<Double> means = new ArrayList<>();

    public ConvergenceMonitor() { this(new Criteria()); }

    public ConvergenceMonitor(Criteria criteria) { this.criteria = Objects.requireNonNull(criteria, "criteria"); }

    public Verdict verdict() { return verdict; }

    /** How fast the sharpest thing seen falls: the gradient's norm, else the violation, else the change, else the loss's falls. */
    public ConvergenceRate rate() { return ConvergenceRate.of(residuals(seen.size())); }

    /** The next look. Returns the verdict. */
    public Verdict see(Seen look) {
        if (verdict.criterion == Criterion.NOT_FINITE) return verdict;
        boolean broken = isBroken(look);
        seen.add(look);
        int n = seen.size();
        if (broken) return verdict = new Verdict(State.DIVERGING, Criterion.NOT_FINITE, n, Double.NaN);
        double value = value(look);
        if (watched.length < n) watched = Arrays.copyOf(watched, 2 * n);
        watched[n - 1] = value;
        if (n == 1) first = value;
        if (value > BLOW_UP * (1 + Math.abs(first))) return verdict = new Verdict(State.DIVERGING, Criterion.GROWTH, n, value);
        var solved = solved(look);
        agreeing = solved == null ? 0 : agreeing + 1;
        if (agreeing >= criteria.confirmations) return verdict = solved;
        if (n % criteria.window == 0) return verdict = judged(n);
        return verdict.state == State.CONVERGED ? verdict = new Verdict(State.RUNNING, Criterion.NONE, n, Double.NaN) : verdict;
    }

    /** Infinite, or NaN where the last look still had a number. */
    private boolean isBroken(Seen look) {
        double[] now = numbers(look), before = seen.isEmpty() ? now : numbers(seen.getLast());
        for (int i = 0; i < now.length; i++) if (Double.isInfinite(now[i]) || Double.isNaN(now[i]) && !Double.isNaN(before[i])) return true;
        return false;
    }

    private static double[] numbers(Seen look) { return new double[] {look.loss, look.gradientNorm, look.change, look.optimality}; }

    /** What windows are made of: the loss, or else what should go to zero. */
    private static double value(Seen look) {
        for (double number : new double[] {look.loss, look.optimality, look.gradientNorm, look.change})
            if (!Double.isNaN(number)) return number;
        throw new IllegalArgumentException("ConvergenceMonitor: a look without a number; give a loss, a norm, a change or a violation");
    }

    /** The verdict of this look alone if it is at a solution, else null. */
    private Verdict solved(Seen look) {
        int n = seen.size();
        boolean hasGradient = !Double.isNaN(look.gradientNorm), hasOptimality = !Double.isNaN(look.optimality);
        if (hasGradient && look.gradientNorm > criteria.gradient || hasOptimality && look.optimality > criteria.optimality) return null;
        if (hasOptimality) return new Verdict(State.CONVERGED, Criterion.OPTIMALITY, n, look.optimality);
        if (hasGradient) return new Verdict(State.CONVERGED, Criterion.GRADIENT, n, look.gradientNorm);
        double[] changes = residuals(criteria.window);
        if (changes.length < 10 || stepsWereCut()) return null;
        boolean ofLoss = Double.isNaN(look.change);
        double last = changes[changes.length - 1], scale = ofLoss ? Math.max(1, Math.abs(look.loss)) : 1;
        double left = last == 0 ? 0 : ConvergenceRate.above(0, changes).remaining(last);
        if (!(left <= criteria.change * scale)) return null;
        return new Verdict(State.CONVERGED, ofLoss ? Criterion.REMAINING_FALL : Criterion.REMAINING_CHANGE, n, left);
    }

    /** Smaller steps make smaller changes, which then say nothing about the distance to a solution. */
    private boolean stepsWereCut() {
        double now = seen.getLast().step, before = seen.get(Math.max(0, seen.size() - criteria.window)).step;
        return now < 0.9 * before;
    }

    /** The last of the numbers that should go to zero; of a loss its absolute changes. */
    private double[] residuals(int most) {
        int n = seen.size(), from = Math.max(0, n - most);
        var last = seen.isEmpty() ? null : seen.getLast();
        if (last == null) return new double[0];
        if (!Double.isNaN(last.gradientNorm)) return seen.subList(from, n).stream().mapToDouble(Seen::gradientNorm).toArray();
        if (!Double.isNaN(last.optimality)) return seen.subList(from, n).stream().mapToDouble(Seen::optimality).toArray();
        if (!Double.isNaN(last.change)) return seen.subList(from, n).stream().mapToDouble(Seen::change).toArray();
        var falls = new double[Math.max(0, n - from - 1)];
        for (int i = 0; i < falls.length; i++) falls[i] = Math.abs(watched[from + i + 1] - watched[from + i]);
        return falls;
    }

    /** At the end of a window. */
    private Verdict judged(int n) {
        int w = criteria.window;
        double[] window = Arrays.copyOfRange(watched, n - w, n);
        double mean = Arrays.stream(window).average().getAsDouble(), noise = noise(window, mean);
        means.add(mean);
        // By this window's noise: an earlier one's may be that of a steep fall.
        if (mean < best - NOISE * noise) {
            best = mean;
            idle = 0;
        } else idle++;
        int k = means.size();
        if (k > 3) largestOfOld = Math.max(largestOfOld, Arrays.stream(watched, n - 4 * w, n - 3 * w).max().getAsDouble());
        if (k >= 3 && isGrowing(means.get(k - 3), means.get(k - 2), mean, noise))
            return new Verdict(State.DIVERGING, Criterion.GROWTH, n, mean);
        if (idle >= 2) {
            int period = period(Arrays.copyOfRange(watched, n - 2 * w, n));
            if (period > 0) return new Verdict(State.OSCILLATING, Criterion.PERIOD, n, period);
        }
        return idle >= criteria.patience ? new Verdict(State.STALLED, Criterion.NO_PROGRESS, n, idle)
                : new Verdict(State.RUNNING, Criterion.NONE, n, Double.NaN);
    }

    /** Standard error of a window's mean by von Neumann's successive differences, less their mean, and no less than rounding. */
    private static double noise(double[] window, double mean) {
        int n = window.length;
        double drift = (window[n - 1] - window[0]) / (n - 1), sum = 0;
        for (int i = 1; i < n; i++) {
            double d = window[i] - window[i - 1] - drift;
            sum += d * d;
        }
        return Math.max(Math.sqrt(sum / (2.0 * (n - 1)) / n), Math.ulp(mean));
    }

    /** Ever faster up, beyond all that was before. */
    private boolean isGrowing(double a, double b, double c, double noise) {
        return b - a > NOISE * noise && c - b > b - a && c > largestOfOld && c > first;
    }

    /**
     * The lag at which the values, less their straight trend, look like themselves: the first peak of the autocorrelation above 0.7 beyond its first
     * fall below zero. 0 if there is none, or the values hardly differ.
     */
    private static int period(double[] values) {
        int n = values.length;
        double centre = (n - 1) / 2.0, mean = Arrays.stream(values).average().getAsDouble(), slope = 0, spread = 0;
        for (int i = 0; i < n; i++) {
            slope += (i - centre) * (values[i] - mean);
            spread += (i - centre) * (i - centre);
        }
        var x = new double[n];
        double power = 0;
        for (int i = 0; i < n; i++) {
            x[i] = values[i] - mean - slope / spread * (i - centre);
            power += x[i] * x[i];
        }
        if (Math.sqrt(power / n) <= 64 * Math.ulp(mean)) return 0;
        boolean fell = false;
        double before = 1, here = correlation(x, 1);
        for (int lag = 1; lag <= n / 2; lag++) {
            double after = correlation(x, lag + 1);
            fell |= here < 0;
            if (fell && here > PERIODIC && here >= before && here >= after) return lag;
            before = here;
            here = after;
        }
        return 0;
    }

    /** Of the overlapping parts. */
    private static double correlation(double[] x, int lag) {
        double ab = 0, aa = 0, bb = 0;
        for (int i = lag; i < x.length; i++) {
            ab += x[i] * x[i - lag];
            aa += x[i] * x[i];
            bb += x[i - lag] * x[i - lag];
        }
        return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
    }
}
