package lyceum.models.sequence;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * A continuous normalising flow: points move along {@code dh/dt = f(t, h)}, and the logarithm of their density falls by the trace of {@code df/dh} on the way.
 *
 * {@snippet :
 * var flow = new ContinuousFlow(NeuralOde.timed(mlp), TensorOde.rk4(20));
 * Tensor logs = flow.logDensity(x, null);                           // (n), of a standard normal at time 0; exact trace
 * Tensor cheap = flow.logDensity(x, rng);                           // one random direction: unbiased, two passes whatever the width
 * Tensor points = flow.sample(500, 2, rng);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1806.07366">Chen et al. (2018), section 4</a>
 * @see <a href="https://arxiv.org/abs/1810.01367">Grathwohl et al. (2019) for Hutchinson's estimate</a>
 */
public final class ContinuousFlow extends Module {
    private final NeuralOde.Dynamics dynamics;
    private final TensorOde solver;

    public ContinuousFlow(NeuralOde.Dynamics dynamics, TensorOde solver) {
        this.dynamics = dynamics;
        this.solver = solver;
    }

    /** Where points came to (n, width), and by how much the logarithm of their density changed (n). */
    public record Moved(Tensor points, Tensor change) {}

    /**
     * Along the flow from one time to another.
     *
     * @param rng of Hutchinson's direction, one for the whole way; null for the exact trace, which costs a pass a column
     */
    public Moved move(Tensor x, double from, double to, Rng rng) {
        if (x.rank() != 2) throw new ShapeException("ContinuousFlow: points " + x.shape() + "; they are (n, width)");
        long n = x.size(0), width = x.size(1);
        var direction = rng == null ? null : Tensor.rand(rng, x.dtype(), n, width).lt(0.5).to(x.dtype()).mul(2.0).sub(1.0).compute();
        boolean recorded = GradMode.isRecording();
        var end = solver.solve((t, z) -> GradMode.with(true, () -> {
            var h = z.narrow(1, 0, width);
            if (!h.isTracked()) h = h.detach().requiresGrad();
            var y = dynamics.at(t, h, Pass.inference());
            var slope = Tensor.concat(1, y, trace(y, h, direction, recorded).neg().unsqueeze(1));
            return recorded ? slope : slope.detach();
        }), Tensor.concat(1, x, Tensor.zeros(x.dtype(), n, 1)), from, to);
        return new Moved(end.narrow(1, 0, width), end.select(1, width));
    }

    private static Tensor trace(Tensor y, Tensor h, Tensor direction, boolean recorded) {
        if (direction != null) return back(y.mul(direction), h, recorded).mul(direction).sum(1);
        Tensor sum = null;
        for (long i = 0; i < h.size(1); i++) {
            var own = back(y.select(1, i), h, recorded).select(1, i);
            sum = sum == null ? own : sum.add(own);
        }
        return sum;
    }

    private static Tensor back(Tensor y, Tensor h, boolean recorded) {
        var g = y.isTracked() ? Autograd.gradients(y.sum(), new Tensor[] {h}, recorded)[0] : null;
        return g == null ? h.detach().zerosLike() : g;
    }

    /** Of points at time 1, whose law at time 0 is the standard normal: (n). @param rng null for the exact trace */
    public Tensor logDensity(Tensor x, Rng rng) {
        var moved = move(x, 1, 0, rng);
        var base = moved.points.square().sum(1).mul(-0.5).sub(0.5 * x.size(1) * Math.log(2 * Math.PI));
        return base.sub(moved.change);
    }

    /** Points (n, width). */
    public Tensor sample(int n, int width, Rng rng) {
        return Autograd.noGrad(() -> solver.solve((t, h) -> dynamics.at(t, h, Pass.inference()), Tensor.randn(rng, n, width), 0, 1));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return logDensity(x, null); }
}
