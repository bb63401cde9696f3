package lyceum.models.generative;

import lyceum.tensor.Tensor;

/**
 * What a nat of code costs while a {@link Vae} learns. The loss is minus the log-likelihood plus {@link #price}, both means over rows; {@link #CONSTANT} makes it minus the
 * evidence lower bound.
 *
 * <p>Likelihood and divergence are sums over the numbers of a row here: a beta from code that takes means over pixels is to be multiplied by their number.
 */
public sealed interface BetaSchedule {
    /** Beta is 1: the evidence lower bound. */
    BetaSchedule CONSTANT = new Constant(1);

    /** What the mean divergence {@code kl} costs at a step, from 0; recorded. */
    Tensor price(Tensor kl, long step);

    /**
     * {@code beta kl}.
     *
     * @param beta at least 0; above 1 the code is squeezed
     * @see <a href="https://openreview.net/forum?id=Sy2fzU9gl">Higgins and others (2017)</a>
     */
    record Constant(double beta) implements BetaSchedule {
        public Constant { require("beta", beta); }

        @Override public Tensor price(Tensor kl, long step) { return beta == 1 ? kl : kl.mul(beta); }
    }

    /**
     * {@code beta kl} with a beta that goes straight from one value to another and stays there, or begins again: a decoder that learns to read the code before it
     * has a price does not learn to do without.
     *
     * @param from beta at first, at least 0
     * @param to beta in the end, at least 0
     * @param steps until then, at least 1
     * @param period after so many steps it begins again, at least {@code steps}; 0 for never
     * @see <a href="https://arxiv.org/abs/1511.06349">Bowman and others (2016)</a>
     * @see <a href="https://arxiv.org/abs/1903.10145">Fu and others (2019), on periods</a>
     */
    record Annealed(double from, double to, long steps, long period) implements BetaSchedule {
        public Annealed {
            require("from", from);
            require("to", to);
            requireSteps(steps);
            if (period != 0 && period < steps)
                throw new IllegalArgumentException("BetaSchedule: period is " + period + "; 0, or at least the " + steps + " steps");
        }

        /** Once. */
        public Annealed(double from, double to, long steps) { this(from, to, steps, 0); }

        /** At a step, from 0. */
        public double beta(long step) { return between(from, to, steps, period == 0 ? step : step % period); }

        @Override public Tensor price(Tensor kl, long step) { return kl.mul(beta(step)); }
    }

    /**
     * {@code gamma |kl - C|} with a capacity C that grows: the code is made to hold so many nats, and more of them by and by.
     *
     * @param gamma price of a nat too much or too little, at least 0
     * @param from capacity at first in nats, at least 0
     * @param to capacity in the end
     * @param steps until then, at least 1
     * @see <a href="https://arxiv.org/abs/1804.03599">Burgess and others (2018)</a>
     */
    record Capacity(double gamma, double from, double to, long steps) implements BetaSchedule {
        public Capacity {
            require("gamma", gamma);
            require("from", from);
            require("to", to);
            requireSteps(steps);
        }

        /** C in nats at a step, from 0. */
        public double capacity(long step) { return between(from, to, steps, step); }

        @Override public Tensor price(Tensor kl, long step) { return kl.sub(capacity(step)).abs().mul(gamma); }
    }

    private static double between(double from, double to, long steps, long step) {
        return from + (to - from) * Math.min(1, (double) step / steps);
    }

    private static void require(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("BetaSchedule: " + name + " is " + value + "; a number of at least 0");
    }

    private static void requireSteps(long steps) {
        if (steps < 1) throw new IllegalArgumentException("BetaSchedule: steps is " + steps + "; at least 1");
    }
}
