package lyceum.optim;

import java.util.Arrays;
import java.util.Objects;

/**
 * A learning rate over time, as the factor on an optimiser's {@code learningRate} for each step. Steps count from 0.
 *
 * {@snippet :
 * var optimizer = new AdamW(3e-4).over(parameters).scheduledBy(new Schedule.Cosine(10_000).warmedUp(500));
 * var stable = Schedule.CONSTANT.then(8_000, new Schedule.Linear(1_500)).warmedUp(500);       // warm-up, stable, decay
 * }
 *
 * <p>A schedule is a pure function of the step, so that a run resumed from a saved {@link OptimizerState} continues the same way. Parameter groups
 * each follow it from their own learning rate. For a schedule that watches the loss see {@link Plateau}.
 */
@FunctionalInterface
public interface Schedule {
    Schedule CONSTANT = step -> 1;

    /** The factor of step number {@code step}, from 0. */
    double factor(long step);

    /** Rises in a straight line from {@code 1/steps} in the first steps, then follows this schedule from its beginning. */
    default Schedule warmedUp(long steps) { return warmedUp(steps, 1.0 / Math.max(1, steps), Ramp.LINEAR); }

    /** Rises from {@code start} times this schedule's first factor to all of it in the first steps, then follows it from its beginning. */
    default Schedule warmedUp(long steps, double start, Ramp ramp) { return new WarmUp(steps, start, ramp, this); }

    /** Warmed up over a share of a run of {@code total} steps. */
    default Schedule warmedUp(double share, long total) {
        Settings.part("Schedule", "share", share);
        return warmedUp(Math.round(share * total));
    }

    /** This schedule for {@code steps}, then another from its beginning. */
    default Schedule then(long steps, Schedule next) { return new Then(this, steps, next); }

    /** The product of both. */
    default Schedule times(Schedule other) { return step -> factor(step) * other.factor(step); }

    /** All factors scaled. */
    default Schedule times(double scale) { return step -> scale * factor(step); }

    /** Counts {@code units} a step, such as the tokens of a batch: lengths that this schedule was given are then in such units. */
    default Schedule counting(long units) {
        Settings.atLeast("Schedule", "units", units, 1);
        return step -> factor(step * units);
    }

    /** {@code scale} in the first steps, 1 after them. */
    record Constant(long steps, double scale) implements Schedule {
        public Constant {
            Settings.atLeast("Schedule.Constant", "steps", steps, 0);
            Settings.atLeast("Schedule.Constant", "scale", scale, 0);
        }

        @Override public double factor(long step) { return step < steps ? scale : 1; }
    }

    /** Multiplied by {@code gamma} after each {@code every} steps. */
    record Step(long every, double gamma) implements Schedule {
        public Step {
            Settings.atLeast("Schedule.Step", "every", every, 1);
            Settings.above("Schedule.Step", "gamma", gamma, 0);
        }

        @Override public double factor(long step) { return Math.pow(gamma, step / every); }
    }

    /** Multiplied by {@code gamma} at each of these steps. */
    record MultiStep(double gamma, long... steps) implements Schedule {
        public MultiStep {
            Settings.above("Schedule.MultiStep", "gamma", gamma, 0);
            steps = steps.clone();
            Arrays.sort(steps);
        }

        @Override public double factor(long step) {
            int passed = 0;
            while (passed < steps.length && steps[passed] <= step) passed++;
            return Math.pow(gamma, passed);
        }
    }

    /** {@code gamma^step}. */
    record Exponential(double gamma) implements Schedule {
        public Exponential { Settings.above("Schedule.Exponential", "gamma", gamma, 0); }

        @Override public double factor(long step) { return Math.pow(gamma, step); }
    }

    /** From {@code from} to {@code to} in a straight line over {@code steps}, then {@code to}. */
    record Linear(long steps, double from, double to) implements Schedule {
        public Linear {
            Settings.atLeast("Schedule.Linear", "steps", steps, 1);
            Settings.atLeast("Schedule.Linear", "from", from, 0);
            Settings.atLeast("Schedule.Linear", "to", to, 0);
        }

        /** From 1 to {@code floor}. */
        public Linear(long steps, double floor) { this(steps, 1, floor); }

        /** From 1 to 0. */
        public Linear(long steps) { this(steps, 1, 0); }

        @Override public double factor(long step) { return step >= steps ? to : from + (to - from) * step / steps; }
    }

    /** {@code (1 - step/steps)^power}, then 0. */
    record Polynomial(long steps, double power) implements Schedule {
        public Polynomial {
            Settings.atLeast("Schedule.Polynomial", "steps", steps, 1);
            Settings.above("Schedule.Polynomial", "power", power, 0);
        }

        @Override public double factor(long step) { return step >= steps ? 0 : Math.pow(1 - (double) step / steps, power); }
    }

    /**
     * {@code sqrt(scale / (scale + step))}. Warmed up over {@code scale} steps it is the transformer's {@code sqrt(scale / t)}.
     *
     * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani and others (2017), section 5.3</a>
     */
    record InverseSquareRoot(long scale) implements Schedule {
        public InverseSquareRoot { Settings.atLeast("Schedule.InverseSquareRoot", "scale", scale, 1); }

        @Override public double factor(long step) { return Math.sqrt(scale / ((double) scale + step)); }
    }

    /**
     * Half a cosine from 1 to {@code floor} over {@code steps}. With restarts it jumps back to 1 there, and each period is {@code stretch} times
     * as long as the last; without, it stays at the floor.
     *
     * @see <a href="https://arxiv.org/abs/1608.03983">Loshchilov and Hutter (2017)</a>
     */
    record Cosine(long steps, double floor, boolean restarts, double stretch) implements Schedule {
        public Cosine {
            Settings.atLeast("Schedule.Cosine", "steps", steps, 1);
            Settings.part("Schedule.Cosine", "floor", floor);
            Settings.atLeast("Schedule.Cosine", "stretch", stretch, 1);
        }

        /** Down to 0, once. */
        public Cosine(long steps) { this(steps, 0, false, 1); }

        /** With warm restarts. */
        public Cosine withRestarts(double stretch) { return new Cosine(steps, floor, true, stretch); }

        public Cosine withFloor(double floor) { return new Cosine(steps, floor, restarts, stretch); }

        @Override public double factor(long step) {
            if (!restarts && step >= steps) return floor;
            var at = place(step);
            return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * at.step / at.period));
        }

        /** Whether a period ends after this step: the moment for a snapshot of the model. */
        public boolean endsPeriod(long step) {
            if (!restarts) return step == steps - 1;
            var at = place(step);
            return at.step == at.period - 1;
        }

        private record Place(double step, double period) {}

        private Place place(long step) {
            if (stretch == 1) return new Place(step % steps, steps);
            double at = step, period = steps;
            while (at >= period) {
                at -= period;
                period = Math.rint(period * stretch);
            }
            return new Place(at, period);
        }
    }

    /** How a warm-up rises. */
    enum Ramp {
        LINEAR,
        /** By a constant factor a step. */
        EXPONENTIAL,
        /** The square rises in a straight line: steep at first. */
        SQUARE_ROOT;

        double at(double start, double part) {
            return switch (this) {
                case LINEAR -> start + (1 - start) * part;
                case EXPONENTIAL -> Math.pow(start, 1 - part);
                case SQUARE_ROOT -> Math.sqrt(start * start + (1 - start * start) * part);
            };
        }
    }

    /** See {@link #warmedUp(long, double, Ramp)}. */
    record WarmUp(long steps, double start, Ramp ramp, Schedule then) implements Schedule {
        public WarmUp {
            Settings.atLeast("Schedule.WarmUp", "steps", steps, 0);
            Settings.part("Schedule.WarmUp", "start", start);
            if (ramp == Ramp.EXPONENTIAL) Settings.above("Schedule.WarmUp", "start", start, 0);
            Objects.requireNonNull(then, "then");
        }

        @Override public double factor(long step) {
            return step < steps ? ramp.at(start, (double) step / steps) * then.factor(0) : then.factor(step - steps);
        }
    }

    /** See {@link #then}. */
    record Then(Schedule first, long steps, Schedule next) implements Schedule {
        public Then { Settings.atLeast("Schedule.Then", "steps", steps, 0); }

        @Override public double factor(long step) { return step < steps ? first.factor(step) : next.factor(step - steps); }
    }

    /**
     * Up from {@code 1/start} to 1 in the first {@code rise} part of {@code steps}, down to {@code 1/(start * end)} in the rest, both along half
     * a cosine: PyTorch's and fast.ai's form. The paper has straight lines in three phases: up, down to the start, and below it.
     *
     * @see <a href="https://arxiv.org/abs/1708.07120">Smith and Topin (2017)</a>
     */
    record OneCycle(long steps, double rise, double start, double end) implements Schedule {
        public OneCycle {
            Settings.atLeast("Schedule.OneCycle", "steps", steps, 2);
            Settings.part("Schedule.OneCycle", "rise", rise);
            Settings.atLeast("Schedule.OneCycle", "start", start, 1);
            Settings.atLeast("Schedule.OneCycle", "end", end, 1);
        }

        /** Rise 0.3, start 25, end 1e4. */
        public OneCycle(long steps) { this(steps, 0.3, 25, 1e4); }

        @Override public double factor(long step) {
            double top = rise * steps - 1, last = steps - 1, at = Math.min(step, last), low = 1 / start, lowest = low / end;
            return at < top ? between(low, 1, at / top) : between(1, lowest, (at - top) / (last - top));
        }

        private static double between(double from, double to, double part) {
            return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * part));
        }
    }

    /**
     * Up from {@code low} to 1 in a straight line over {@code up} steps, down again over {@code down}, and so on. The height of cycle number c (from 0)
     * is multiplied by {@code shrink^c}, and that of step t by {@code gamma^t}: 1 and 1 are the triangles of the paper, 1/2 and 1 its
     * "triangular2", 1 and less than 1 its "exp_range".
     *
     * @see <a href="https://arxiv.org/abs/1506.01186">Smith (2017)</a>
     */
    record Cyclic(long up, long down, double low, double shrink, double gamma) implements Schedule {
        public Cyclic {
            Settings.atLeast("Schedule.Cyclic", "up", up, 1);
            Settings.atLeast("Schedule.Cyclic", "down", down, 1);
            Settings.part("Schedule.Cyclic", "low", low);
            Settings.part("Schedule.Cyclic", "shrink", shrink);
            Settings.part("Schedule.Cyclic", "gamma", gamma);
        }

        /** Equal triangles. */
        public Cyclic(long up, long down, double low) { this(up, down, low, 1, 1); }

        @Override public double factor(long step) {
            long cycle = step / (up + down), at = step % (up + down);
            double height = at <= up ? (double) at / up : (double) (up + down - at) / down;
            return low + (1 - low) * height * Math.pow(shrink, cycle) * Math.pow(gamma, step);
        }
    }

    /**
     * {@code 1 / t^gamma} with {@code t = step + 1 + offset}: the steps of Robbins and Monro. For gamma in (1/2, 1] the steps add up to infinity
     * and their squares do not, so that SGD converges. At gamma 1 the rate {@code c} must exceed {@code 1 / (2 a)} for curvature a, else
     * convergence is slower than {@code 1/t}; below 1, average the iterates ({@link Average}).
     */
    record RobbinsMonro(double gamma, double offset) implements Schedule {
        public RobbinsMonro {
            if (!(gamma > 0.5 && gamma <= 1))
                throw new IllegalArgumentException("Schedule.RobbinsMonro: gamma is " + gamma + "; it lies in (1/2, 1]");
            Settings.atLeast("Schedule.RobbinsMonro", "offset", offset, 0);
        }

        public RobbinsMonro(double gamma) { this(gamma, 0); }

        @Override public double factor(long step) { return Math.pow(step + 1 + offset, -gamma); }
    }
}
