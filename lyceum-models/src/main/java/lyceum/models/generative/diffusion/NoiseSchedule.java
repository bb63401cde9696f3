package lyceum.models.generative.diffusion;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * The variances {@code beta_1 .. beta_T} of noising in steps, and what follows from them. With {@code alpha = 1 - beta} and {@code alphaBar} their product up
 * to t, {@code x_t = sqrt(alphaBar) x_0 + sqrt(1 - alphaBar) epsilon}. Steps are numbered from 1 as in the paper; step 0 is the data.
 *
 * {@snippet :
 * var schedule = NoiseSchedule.cosine(1000);
 * double half = schedule.alphaBar(500);                          // share of the data in the variance
 * var flawless = NoiseSchedule.linear(1000).endingInNoise();      // alphaBar_T = 0, for velocity predictions
 * }
 *
 * @see <a href="https://arxiv.org/abs/2006.11239">Ho, Jain and Abbeel (2020), section 2</a>
 * @see <a href="https://arxiv.org/abs/2102.09672">Nichol and Dhariwal (2021), section 3.2, on the cosine</a>
 */
public final class NoiseSchedule implements NoisePath {
    private final double[] beta, alphaBar, signal, noise;

    private NoiseSchedule(double[] beta) {
        int steps = beta.length;
        if (steps == 0) throw new IllegalArgumentException("NoiseSchedule: no steps; it has at least one");
        this.beta = new double[steps + 1];
        alphaBar = new double[steps + 1];
        signal = new double[steps + 1];
        noise = new double[steps + 1];
        alphaBar[0] = signal[0] = 1;
        for (int t = 1; t <= steps; t++) {
            double b = beta[t - 1];
            if (!(b > 0 && (b < 1 || b == 1 && t == steps))) throw new IllegalArgumentException(
                    "NoiseSchedule: beta of step " + t + " is " + b + "; it lies between 0 and 1, and only the last may be 1");
            this.beta[t] = b;
            alphaBar[t] = alphaBar[t - 1] * (1 - b);
            signal[t] = Math.sqrt(alphaBar[t]);
            noise[t] = Math.sqrt(1 - alphaBar[t]);
        }
    }

    /** Any variances, of steps 1 on. */
    public static NoiseSchedule of(double... beta) { return new NoiseSchedule(beta); }

    /** Variances by step number, 1 to {@code steps}. */
    public static NoiseSchedule of(int steps, IntToDoubleFunction beta) {
        var values = new double[positive(steps)];
        for (int t = 1; t <= steps; t++) values[t - 1] = beta.applyAsDouble(t);
        return new NoiseSchedule(values);
    }

    /** Evenly from {@code first} to {@code last}. */
    public static NoiseSchedule linear(int steps, double first, double last) {
        return of(steps, t -> steps == 1 ? last : first + (last - first) * (t - 1) / (steps - 1));
    }

    /** The paper's: from 1e-4 to 0.02 in 1,000 steps, and as much noise in the end for another number. */
    public static NoiseSchedule linear(int steps) { return linear(steps, Math.min(0.5, 0.1 / steps), Math.min(0.999, 20.0 / steps)); }

    /** Roots evenly from one to the other: Stable Diffusion's, with 0.00085 and 0.012. */
    public static NoiseSchedule scaledLinear(int steps, double first, double last) {
        double from = Math.sqrt(first), to = Math.sqrt(last);
        return of(steps, t -> Math.pow(steps == 1 ? to : from + (to - from) * (t - 1) / (steps - 1), 2));
    }

    /** {@code alphaBar_t = cos^2((t / T + 0.008) / 1.008 pi / 2)}, betas at most 0.999. */
    public static NoiseSchedule cosine(int steps) {
        return of(steps, t -> Math.min(0.999, 1 - squaredCosine(t, steps) / squaredCosine(t - 1, steps)));
    }

    private static double squaredCosine(int t, int steps) {
        return Math.pow(Math.cos(((double) t / steps + 0.008) / 1.008 * Math.PI / 2), 2);
    }

    private static int positive(int steps) {
        if (steps < 1) throw new IllegalArgumentException("NoiseSchedule: " + steps + " steps; at least one is needed");
        return steps;
    }

    /** This schedule shifted and scaled so that its last step is noise alone (Lin and others 2024): with it, predict {@link Prediction#VELOCITY}. */
    public NoiseSchedule endingInNoise() {
        int steps = steps();
        double first = signal[1], last = signal[steps], stretch = first / (first - last);
        var values = new double[steps];
        double before = 1;
        for (int t = 1; t <= steps; t++) {
            double root = (signal[t] - last) * stretch, bar = root * root;
            values[t - 1] = 1 - bar / before;
            before = bar;
        }
        return new NoiseSchedule(values);
    }

    /** Its first steps alone: what is left to undo of data that were noised that far. @param steps from 1 */
    public NoiseSchedule until(int steps) {
        if (steps < 1 || steps > steps()) throw new IllegalArgumentException("NoiseSchedule: the first " + steps + " steps of " + steps());
        return new NoiseSchedule(Arrays.copyOfRange(beta, 1, steps + 1));
    }

    /** T. */
    public int steps() { return beta.length - 1; }

    /** The variance that step t adds. @param t from 1 */
    public double beta(int t) {
        if (t < 1) throw new IllegalArgumentException("NoiseSchedule: step " + t + "; steps are numbered from 1 to " + steps());
        return beta[check(t)];
    }

    /** The share of the data in the variance after step t; 1 at 0. */
    public double alphaBar(int t) { return alphaBar[check(t)]; }

    /** {@code beta_t (1 - alphaBar_(t-1)) / (1 - alphaBar_t)}: the variance of step t - 1 when steps 0 and t are known. 0 at t = 1. */
    public double posteriorVariance(int t) { return beta(t) * (1 - alphaBar[t - 1]) / (1 - alphaBar[t]); }

    /** The factor of x_0 in the mean of step t - 1 given steps 0 and t. */
    public double posteriorOnClean(int t) { return signal[t - 1] * beta(t) / (1 - alphaBar[t]); }

    /** The factor of x_t in it. */
    public double posteriorOnNoisy(int t) { return Math.sqrt(1 - beta(t)) * (1 - alphaBar[t - 1]) / (1 - alphaBar[t]); }

    @Override public double signal(double t) { return signal[step(t)]; }

    @Override public double noise(double t) { return noise[step(t)]; }

    @Override public double end() { return steps(); }

    private int step(double t) {
        int step = (int) t;
        if (step != t) throw new IllegalArgumentException("NoiseSchedule: time " + t + "; steps are whole numbers");
        return check(step);
    }

    private int check(int t) {
        if (t < 0 || t > steps()) throw new IllegalArgumentException("NoiseSchedule: step " + t + " of " + steps());
        return t;
    }

    @Override public String toString() { return "NoiseSchedule(" + steps() + " steps, alphaBar " + alphaBar[steps()] + " in the end)"; }
}
