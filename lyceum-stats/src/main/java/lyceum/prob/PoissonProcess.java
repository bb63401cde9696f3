package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;

/**
 * Events at independent random times, {@code intensity(t) dt} of them expected in dt: counts of disjoint spans are independent Poisson
 * variables,
 * and where the intensity is constant the waits between events are exponential.
 *
 * {@snippet :
 * var calls = new PoissonProcess(3);                              // three an hour
 * calls.count(0, 8).survival(30);                                 // more than 30 in a day of eight
 * double[] times = calls.sample(Rng.of(1), 8);
 * var rushHour = new PoissonProcess(t -> 3 + 2 * Math.sin(t), 5); // never more than 5
 * calls.plus(rushHour).expected(0, 8);
 * }
 *
 * @see <a href="https://doi.org/10.1002/nav.3800260304">Lewis and Shedler (1979), Simulation of Nonhomogeneous Poisson Processes by
 * Thinning</a>
 */
public final class PoissonProcess {
    private final DoubleUnaryOperator intensity;
    private final double most;
    private final boolean constant;

    /** With a constant intensity. @param rate positive */
    public PoissonProcess(double rate) { this(t -> rate, Arguments.positive("PoissonProcess", "rate", rate), true); }

    /**
     * With an intensity that changes.
     *
     * @param intensity at a time from 0 on, in {@code [0, most]}
     * @param most positive; the closer to the largest intensity, the faster the simulation
     */
    public PoissonProcess(DoubleUnaryOperator intensity, double most) {
        this(intensity, Arguments.positive("PoissonProcess", "the bound of the intensity", most), false);
    }

    private PoissonProcess(DoubleUnaryOperator intensity, double most, boolean constant) {
        this.intensity = intensity;
        this.most = most;
        this.constant = constant;
    }

    /** Events per unit of time at t. @throws IllegalArgumentException if it is not between 0 and its bound there */
    public double intensity(double t) {
        double now = intensity.applyAsDouble(t);
        if (!(now >= 0 && now <= most)) throw new IllegalArgumentException(
                "PoissonProcess: the intensity at " + t + " is " + now + "; it lies between 0 and the bound " + most);
        return now;
    }

    /** The expected number of events: the integral of the intensity, to about 1e-12. */
    public double expected(double from, double to) {
        if (!(from >= 0 && from <= to))
            throw new IllegalArgumentException("PoissonProcess: the span from " + from + " to " + to + " is not one from 0 on");
        return constant ? most * (to - from) : Quadrature.integrate(this::intensity, from, to, 1e-12);
    }

    /** The number of events in a span in which some are expected. */
    public Poisson count(double from, double to) { return new Poisson(expected(from, to)); }

    /** The wait from any moment for the next event. @throws IllegalStateException if the intensity is not constant */
    public Exponential gap() {
        if (!constant) throw new IllegalStateException("gap: the intensity changes, and waits have no common distribution");
        return new Exponential(most);
    }

    /** Times of the events before {@code until}, ascending: waits of rate {@code most}, of which a share intensity / most is kept. @param until finite, at least 0 */
    public double[] sample(Rng rng, double until) {
        if (!(until >= 0 && until < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("PoissonProcess: events until " + until + "; the end is finite and at least 0");
        var times = new double[16];
        int n = 0;
        for (double t = 0;;) {
            t -= Math.log(rng.nextDoublePositive()) / most;
            if (!(t < until)) return Arrays.copyOf(times, n);
            if (!constant && rng.nextDouble() * most >= intensity(t)) continue;
            if (n == times.length) times = Arrays.copyOf(times, 2 * n);
            times[n++] = t;
        }
    }

    /** Of which every event is kept with this probability, on its own: the intensity times that. @param keep in (0, 1] */
    public PoissonProcess thinned(double keep) {
        Arguments.positive("thinned", "keep", Arguments.probability("thinned", "keep", keep));
        return new PoissonProcess(t -> keep * intensity.applyAsDouble(t), keep * most, constant);
    }

    /** Both together, if they are independent: intensities add. */
    public PoissonProcess plus(PoissonProcess other) {
        return new PoissonProcess(t -> intensity(t) + other.intensity(t), most + other.most, constant && other.constant);
    }

    /** {@code sum log intensity(t_i) - expected(0, until)} of all events before {@code until}. */
    public double logLikelihood(double[] times, double until) {
        double sum = -expected(0, until);
        for (double t : times) {
            if (!(t >= 0 && t <= until)) throw new IllegalArgumentException(
                    "PoissonProcess: an event at " + t + " among those between 0 and " + until + ", which are all that count");
            sum += Math.log(intensity(t));
        }
        return sum;
    }

    /** The events kept, each with this probability, and those dropped. */
    public static double[][] split(double[] times, double keep, Rng rng) {
        Arguments.probability("split", "keep", keep);
        double[] kept = new double[times.length], dropped = new double[times.length];
        int k = 0, d = 0;
        for (double t : times) {
            if (rng.nextDouble() < keep) kept[k++] = t;
            else dropped[d++] = t;
        }
        return new double[][] {Arrays.copyOf(kept, k), Arrays.copyOf(dropped, d)};
    }

    /** Events of several streams in one, ascending. */
    public static double[] merge(double[]... streams) { return Arrays.stream(streams).flatMapToDouble(Arrays::stream).sorted().toArray(); }
}
