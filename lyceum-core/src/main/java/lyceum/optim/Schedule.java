package lyceum.optim;

/**
 * A learning rate over time, as the factor on an optimiser's {@code learningRate} for each step. Steps count from 0.
 *
 * {@snippet :
 * var optimizer = new AdamW(3e-4).over(parameters).scheduledBy(new Schedule.Cosine(10_000).warmedUp(500));
 * }
 */
@FunctionalInterface
public interface Schedule {
    Schedule CONSTANT = step -> 1;

    /** The factor of step number {@code step}, from 0. */
    double factor(long step);

    /** Rises in a straight line from {@code 1/steps} to 1 in the first steps, then follows this schedule from its beginning. */
    default Schedule warmedUp(long steps) { return new WarmUp(steps, this); }

    /** Multiplied by {@code gamma} after each {@code every} steps. */
    record Step(long every, double gamma) implements Schedule {
        public Step {
            Settings.atLeast("Schedule.Step", "every", every, 1);
            Settings.part("Schedule.Step", "gamma", gamma);
        }

        @Override public double factor(long step) { return Math.pow(gamma, step / every); }
    }

    /** {@code gamma^step}. */
    record Exponential(double gamma) implements Schedule {
        public Exponential { Settings.part("Schedule.Exponential", "gamma", gamma); }

        @Override public double factor(long step) { return Math.pow(gamma, step); }
    }

    /** From 1 to {@code floor} in a straight line over {@code steps}, then {@code floor}. */
    record Linear(long steps, double floor) implements Schedule {
        public Linear {
            Settings.atLeast("Schedule.Linear", "steps", steps, 1);
            Settings.part("Schedule.Linear", "floor", floor);
        }

        public Linear(long steps) { this(steps, 0); }

        @Override public double factor(long step) { return step >= steps ? floor : 1 - (1 - floor) * step / steps; }
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
            double at = step, period = steps;
            if (stretch == 1) {
                at = step % steps;
            } else {
                while (at >= period) {
                    at -= period;
                    period = Math.rint(period * stretch);
                }
            }
            return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * at / period));
        }
    }

    /** See {@link #warmedUp}. */
    record WarmUp(long steps, Schedule then) implements Schedule {
        public WarmUp { Settings.atLeast("Schedule.WarmUp", "steps", steps, 0); }

        @Override public double factor(long step) {
            return step < steps ? (step + 1.0) / steps * then.factor(0) : then.factor(step - steps);
        }
    }

    /**
     * Up from {@code 1/start} to 1 in the first {@code rise} part of {@code steps}, down to {@code 1/(start * end)} in the rest, both along half
     * a cosine.
     *
     * @see <a href="https://arxiv.org/abs/1708.07120">Smith and Topin (2018)</a>
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
            return at <= top ? between(low, 1, at / top) : between(1, lowest, (at - top) / (last - top));
        }

        private static double between(double from, double to, double part) {
            return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * part));
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
