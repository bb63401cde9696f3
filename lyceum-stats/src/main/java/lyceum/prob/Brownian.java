package lyceum.prob;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Paths of Brownian motion on an even grid: W(0) = 0, independent increments of variance {@code horizon / steps}.
 *
 * {@snippet :
 * var w = Brownian.paths(Rng.of(1), 1_000, 64, 1.0);
 * w.refined(Rng.of(2));    // the same paths, known at twice as many times
 * w.coarsened(4);          // and at a quarter of them: for the order of a solver
 * }
 *
 * @param values (steps + 1, paths), F64
 * @param horizon time of the last row, above 0
 */
public record Brownian(Tensor values, double horizon) {
    public Brownian {
        if (values.rank() != 2 || values.size(0) < 2)
            throw new ShapeException("Brownian: values " + values.shape() + "; they are (steps + 1, paths) of at least one step");
        Arguments.positive("Brownian", "horizon", horizon);
    }

    public static Brownian paths(Rng rng, int paths, int steps, double horizon) {
        if (paths < 1 || steps < 1)
            throw new IllegalArgumentException("Brownian: " + paths + " paths of " + steps + " steps; both are at least 1");
        Arguments.positive("Brownian", "horizon", horizon);
        var increments = Tensor.randn(rng, DType.F64, steps, paths).mul(Math.sqrt(horizon / steps));
        return new Brownian(Tensor.concat(0, Tensor.zeros(DType.F64, 1, paths), increments.cumsum(0)).compute(), horizon);
    }

    public int steps() { return (int) values.size(0) - 1; }

    public double step() { return horizon / steps(); }

    /** The value of each path after k steps, (paths). */
    public Tensor at(int k) { return values.get(k); }

    /** {@code W(t_k+1) - W(t_k)}: (steps, paths). */
    public Tensor increments() { return values.narrow(0, 1, steps()).sub(values.narrow(0, 0, steps())); }

    /**
     * The same paths with a point between each two, drawn from the bridge: normal about their mean, with a quarter of the step as variance.
     */
    public Brownian refined(Rng rng) {
        int n = steps();
        long paths = values.size(1);
        Tensor left = values.narrow(0, 0, n), right = values.narrow(0, 1, n);
        var middle = left.add(right).div(2).add(Tensor.randn(rng, DType.F64, n, paths).mul(Math.sqrt(step() / 4)));
        var pairs = Tensor.concat(1, left.reshape(n, 1, paths), middle.reshape(n, 1, paths)).reshape(2L * n, paths);
        return new Brownian(Tensor.concat(0, pairs, values.narrow(0, n, 1)).compute(), horizon);
    }

    /** Every {@code factor}-th point. @throws IllegalArgumentException unless the factor divides the steps */
    public Brownian coarsened(int factor) {
        if (factor < 1 || steps() % factor != 0)
            throw new IllegalArgumentException("Brownian: " + steps() + " steps coarsened by " + factor + "; it must divide them");
        return new Brownian(values.slice(0, 0, steps() + 1, factor).compute(), horizon);
    }

    /** {@code sum (W(t_k+1) - W(t_k))^2} of each path, (paths): the horizon, up to {@code horizon sqrt(2 / steps)}. */
    public Tensor quadraticVariation() { return increments().square().sum(0); }

    /** Where in a step the integrand is read. */
    public enum Reading {
        /** At its beginning: Itô's integral, a martingale. */
        LEFT,
        /** The mean of both ends: Stratonovich's integral, under the ordinary chain rule. */
        TRAPEZOID,
        /** Midway in time, on paths of twice as many steps: Stratonovich's again. */
        MIDPOINT
    }

    /** {@code sum X(where) (W(t_k+1) - W(t_k))} of each path, (paths). @param x integrand at the grid's times, in the shape of the values */
    public Tensor integral(Tensor x, Reading reading) {
        if (!x.shape().equals(values.shape()))
            throw new ShapeException("Brownian: an integrand " + x.shape() + " along paths " + values.shape() + "; they must agree");
        if (reading == Reading.MIDPOINT) return coarsened(2).increments().mul(x.slice(0, 1, steps(), 2)).sum(0);
        var left = x.narrow(0, 0, steps());
        return increments().mul(reading == Reading.LEFT ? left : left.add(x.narrow(0, 1, steps())).div(2)).sum(0);
    }
}
