package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.OdeSolver;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Motion without noise whose particles have, at each time, the density of {@code dX = a(t, X) dt + g(t) dW}:
 * {@code dx/dt = a(t, x) - g(t)^2 / 2 * score(t, x)}, with the score {@code grad log p_t}.
 *
 * {@snippet :
 * var flow = new ProbabilityFlow((t, x) -> x.neg(), t -> Math.sqrt(2), score, new OdeSolver());
 * Tensor moved = flow.move(points, 0, 1);                      // (n, d)
 * Tensor back = flow.move(moved, 1, 0);
 * Tensor logp = flow.logDensity(points, 0, 5, normal::logDensity);
 * }
 *
 * @param drift a(t, x) of points (n, d)
 * @param noise g(t)
 * @param score of the density at t, of points (n, d)
 * @param solver integrates all points together
 * @see <a href="https://arxiv.org/abs/2011.13456">Song and others (2021), section 4.3 and appendix D</a>
 */
public record ProbabilityFlow(Sde.Coefficient drift, DoubleUnaryOperator noise, Sde.Coefficient score, OdeSolver solver) {

    private Tensor velocity(double t, Tensor x) {
        double g = noise.applyAsDouble(t);
        return drift.at(t, x).sub(score.at(t, x).mul(g * g / 2));
    }

    /** Where points are at {@code to} that were at x at {@code from}; back in time too. @param x (n, d) */
    public Tensor move(Tensor x, double from, double to) {
        requirePoints(x);
        long[] shape = x.shape().toArray();
        double[] end = solver.solve((t, y, dy) -> {
            double[] v = Autograd.noGrad(() -> velocity(t, Tensor.of(y, shape)).flatten().toDoubleArray());
            System.arraycopy(v, 0, dy, 0, v.length);
        }, x.flatten().toDoubleArray(), from, to);
        return Tensor.of(end, shape);
    }

    /**
     * {@code log p_from(x) = log p_to(x(to)) + int div v dt}: the log-density of points by following them to a time at which it is known. The divergence is
     * exact, a gradient a dimension.
     *
     * @param x (n, d)
     * @param known log-density at {@code to}, of (n, d)
     * @return (n)
     */
    public Tensor logDensity(Tensor x, double from, double to, UnaryOperator<Tensor> known) { return logDensity(x, from, to, known, null); }

    /**
     * The same with the divergence estimated as {@code v' (dv/dx) v} along probes of identity covariance, the same all the way: without bias, at the price of
     * a gradient a probe instead of one a dimension (Hutchinson 1990).
     *
     * @param probes (probes, n, d), such as {@link #signs}; null for the exact divergence
     */
    public Tensor logDensity(Tensor x, double from, double to, UnaryOperator<Tensor> known, Tensor probes) {
        requirePoints(x);
        long n = x.size(0), d = x.size(1);
        int points = (int) (n * d);
        var state = new double[points + (int) n];
        System.arraycopy(x.flatten().toDoubleArray(), 0, state, 0, points);
        double[] end = solver.solve((t, y, dy) -> {
            var at = Tensor.of(Arrays.copyOf(y, points), n, d);
            double[] v = velocity(t, at).flatten().toDoubleArray(),
                    divergence = (probes == null ? divergence(t, at) : divergence(t, at, probes)).toDoubleArray();
            System.arraycopy(v, 0, dy, 0, points);
            System.arraycopy(divergence, 0, dy, points, divergence.length);
        }, state, from, to);
        var arrived = Tensor.of(Arrays.copyOf(end, points), n, d);
        return known.apply(arrived).flatten().add(Tensor.of(Arrays.copyOfRange(end, points, end.length)));
    }

    private Tensor divergence(double t, Tensor x) {
        Tensor sum = Tensor.zeros(x.dtype(), x.size(0));
        for (int k = 0; k < x.size(1); k++) {
            int axis = k;
            sum = sum.add(Autograd.grad((Tensor v) -> velocity(t, v).select(1, axis).sum()).apply(x).select(1, axis));
        }
        return sum;
    }

    private Tensor divergence(double t, Tensor x, Tensor probes) {
        var pulled = Autograd.pullback(v -> velocity(t, v), x);
        Tensor sum = Tensor.zeros(x.dtype(), x.size(0));
        for (int k = 0; k < probes.size(0); k++) sum = sum.add(pulled.back().apply(probes.get(k)).mul(probes.get(k)).sum(1));
        return sum.div(probes.size(0));
    }

    /** Random signs, {@code probes} for each point of x: what estimates a divergence with the least variance. */
    public static Tensor signs(int probes, Tensor x, Rng rng) {
        if (probes < 1) throw new IllegalArgumentException("ProbabilityFlow: " + probes + " probes; at least one is needed");
        return Tensor.rand(rng, x.dtype(), probes, x.size(0), x.size(1)).lt(0.5).to(x.dtype()).mul(2).sub(1).compute();
    }

    private static void requirePoints(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("ProbabilityFlow: points " + x.shape() + "; they are (n, d)");
    }
}
