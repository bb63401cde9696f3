package lyceum.train;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.linalg.EigenPairs;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Qr;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How curved the loss is around a model's weights {@code w}: eigenvalues, density and trace of its Hessian H, the worst loss nearby, and the same
 * measured in the scale of each weight.
 *
 * {@snippet :
 * var sharpness = new SharpnessAnalyzer<>(model, m -> Loss.crossEntropy(m.forward(x), y));
 * double top = sharpness.top(1, Rng.of(0)).values().item(0);    // gradient descent of step eta is stable below 2 / eta
 * double scaleFree = sharpness.adaptiveTop(Rng.of(0));          // the same for rescaled ReLU layers
 * double rise = sharpness.worst(0.05, 20).rise();
 * }
 *
 * <p>Only products {@code H v} are computed, each at the price of a few gradients; nothing of size n by n is kept. Use F64 models where small
 * eigenvalues matter. The loss should be that of all rows (one batch measures noise too) and of a model that predicts: batch statistics are another
 * loss with another Hessian. The model is not changed; instances are for any number of threads if the loss is.
 *
 * @param <M> the model
 * @see <a href="https://arxiv.org/abs/1609.04836">Keskar et al. (2017), for the worst loss nearby</a>
 * @see <a href="https://arxiv.org/abs/1703.04933">Dinh et al. (2017), for what rescaling does</a>
 * @see <a href="https://arxiv.org/abs/2102.11600">Kwon et al. (2021), for adaptive sharpness</a>
 * @see <a href="https://arxiv.org/abs/1901.10159">Ghorbani, Krishnan and Xiao (2019), for the density</a>
 */
public final class SharpnessAnalyzer<M extends Module> {
    private final M model;
    private final ModelLoss<M> loss;
    private final ParameterSpace space;
    private final Tensor weights;

    /** A mean over random probes, and how far off it may be. */
    public record Estimate(double value, double standardError) {}

    /** A spectrum as point masses: ascending values with weights that add up to 1. */
    public record Density(double[] values, double[] weights) {

        /** The share of eigenvalues below a limit. */
        public double below(double limit) {
            double sum = 0;
            for (int i = 0; i < values.length; i++) if (values[i] < limit) sum += weights[i];
            return sum;
        }

        /** The density at a point, each mass spread as a normal of that deviation. */
        public double at(double x, double deviation) {
            double sum = 0;
            for (int i = 0; i < values.length; i++) {
                double z = (x - values[i]) / deviation;
                sum += weights[i] * Math.exp(-z * z / 2);
            }
            return sum / (deviation * Math.sqrt(2 * Math.PI));
        }
    }

    /** The worst point that was found in a ball. */
    public record Worst(double loss, double rise, Tensor offset) {}

    /** Around the model as it is now. @param loss a scalar, of a model at other weights */
    public SharpnessAnalyzer(M model, ModelLoss<M> loss) {
        this.model = Objects.requireNonNull(model, "model");
        this.loss = Objects.requireNonNull(loss, "loss");
        space = ParameterSpace.of(model);
        weights = space.values(model);
    }

    /** The weights it looks around: (n). */
    public Tensor weights() { return weights; }

    public ParameterSpace space() { return space; }

    /** The loss at the weights. */
    public double loss() { return at(weights); }

    /** The loss at a point of the space. */
    public double at(Tensor point) {
        try (var scope = Scope.open("sharpness")) {
            return Autograd.noGrad(() -> loss.of(space.at(model, point)).item());
        }
    }

    /** The gradient at a point: (n). */
    public Tensor gradient(Tensor point) { return Autograd.grad(w -> loss.of(space.at(model, w))).apply(point).compute(); }

    /** Products with the Hessian at the weights. */
    public LinearMap hessian() { return scaled(null); }

    /** {@code v -> T H T v} with a diagonal T; null for the identity. */
    private LinearMap scaled(Tensor t) {
        return LinearMap.symmetricArray(space.size(), array -> {
            try (var scope = Scope.open("Hessian product")) {
                var v = Tensor.of(array).to(space.dtype());
                var product = Autograd.hvp(w -> loss.of(space.at(model, w)), weights, t == null ? v : v.mul(t));
                return (t == null ? product : product.mul(t)).toDoubleArray();
            }
        });
    }

    /** The k largest eigenvalues with their vectors, by Lanczos to a relative residual of 1e-6. */
    public EigenPairs top(int k, Rng rng) { return end(Lanczos.End.LARGEST, k).run(hessian(), rng); }

    /** The k smallest eigenvalues, most negative first. */
    public EigenPairs bottom(int k, Rng rng) { return end(Lanczos.End.SMALLEST, k).run(hessian(), rng); }

    private Lanczos end(Lanczos.End end, int k) { return new Lanczos(k).withEnd(end).withTolerance(1e-6); }

    /**
     * The top eigenvalue of {@code |W| H |W|} with {@code |W|} the weights' sizes on a diagonal: the curvature where a step is measured relative to each
     * weight. Rescaling that leaves a network's function unchanged leaves it unchanged too.
     */
    public double adaptiveTop(Rng rng) { return end(Lanczos.End.LARGEST, 1).run(scaled(weights.abs().compute()), rng).values().item(0); }

    /**
     * The trace, by Hutchinson's estimator with random signs on what is left beside a random subspace (Hutch++, Meyer et al. 2021).
     *
     * @param deflated directions in which the trace is computed exactly, at least 0; each costs two products
     * @param probes random ones, one product each; 0 only if the subspace is the whole space
     */
    public Estimate trace(int deflated, int probes, Rng rng) {
        int n = space.size(), k = Math.min(deflated, n);
        if (deflated < 0 || probes < 0 || probes == 0 && k < n)
            throw new IllegalArgumentException("trace: " + deflated + " directions and " + probes + " probes; give at least one probe");
        var h = hessian();
        double exact = 0;
        Tensor basis = null;
        if (k > 0) {
            var images = new Tensor[k];
            for (int i = 0; i < k; i++) images[i] = Tensor.of(h.times(signs(n, rng)));
            basis = Qr.of(Tensor.stack(1, images)).q();
            for (int i = 0; i < k; i++) {
                var q = basis.select(1, i).compute();
                exact += q.dot(Tensor.of(h.times(q.toDoubleArray()))).item();
            }
        }
        double sum = 0, squares = 0;
        for (int i = 0; i < probes && k < n; i++) {
            var z = Tensor.of(signs(n, rng));
            if (basis != null) z = z.sub(basis.matmul(basis.transpose().matmul(z))).compute();
            double value = z.dot(Tensor.of(h.times(z.toDoubleArray()))).item();
            sum += value;
            squares += value * value;
        }
        if (k == n) return new Estimate(exact, 0);
        double mean = sum / probes;
        return new Estimate(exact + mean, probes < 2 ? Double.NaN : Math.sqrt(Math.max(0, squares / probes - mean * mean) / (probes - 1)));
    }

    private static double[] signs(int n, Rng rng) {
        var z = new double[n];
        for (int i = 0; i < n; i++) z[i] = rng.nextLong() < 0 ? -1 : 1;
        return z;
    }

    /**
     * The spectral density by stochastic Lanczos quadrature: from each of some random starts, {@code steps} products.
     *
     * @param starts random vectors, at least 1; their quadratures are averaged
     * @param steps of Lanczos, at least 1: nodes of each quadrature
     */
    public Density density(int starts, int steps, Rng rng) {
        if (starts < 1 || steps < 1)
            throw new IllegalArgumentException("density: " + starts + " starts of " + steps + " steps; both are at least 1");
        return SpectralDensity.of(hessian(), starts, steps, rng);
    }

    /**
     * The largest loss found in the ball {@code |e| <= radius} by ascent along normalised gradients. A lower bound of the maximum.
     *
     * @param steps of ascent, at least 1; the first is SAM's
     */
    public Worst worst(double radius, int steps) { return worst(radius, steps, null); }

    /** The same in the ball {@code |e / |w|| <= radius}, in which each weight counts relative to its size. */
    public Worst adaptiveWorst(double radius, int steps) { return worst(radius, steps, weights.abs().compute()); }

    private Worst worst(double radius, int steps, Tensor t) {
        if (!(radius >= 0) || steps < 1)
            throw new IllegalArgumentException("worst: radius is " + radius + " and steps " + steps + "; at least 0 and 1");
        double here = loss(), worst = here;
        var offset = weights.zerosLike();
        var found = offset;
        for (int i = 0; i < steps; i++) {
            var slope = gradient(weights.add(offset).compute());
            if (t != null) slope = slope.mul(t);
            double size = slope.norm().item();
            if (size == 0) { // a stationary point has no uphill: any direction will find it
                slope = Tensor.randn(Rng.of(i), weights.dtype(), space.size());
                size = slope.norm().item();
            }
            // In scaled coordinates u = e / t: go a radius uphill (half of it later on), then back into the ball.
            var u = (t == null ? offset : t.eq(0).where(offset, offset.div(t.eq(0).where(t.onesLike(), t))))
                    .add(slope.mul((i == 0 ? 1 : 0.5) * radius / size));
            double length = u.norm().item();
            if (length > radius) u = u.mul(radius / length);
            offset = (t == null ? u : u.mul(t)).compute();
            double there = at(weights.add(offset));
            if (there > worst) {
                worst = there;
                found = offset;
            }
        }
        return new Worst(worst, worst - here, found.compute());
    }

    /** Losses along a line through the weights, {@code w + t direction}; see {@link LossLandscape} for directions. */
    public double[] slice(Tensor direction, double... ts) {
        var losses = new double[ts.length];
        for (int i = 0; i < ts.length; i++) losses[i] = at(ts[i] == 0 ? weights : weights.add(direction.mul(ts[i])));
        return losses;
    }
}
