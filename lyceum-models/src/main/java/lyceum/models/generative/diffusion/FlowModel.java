package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.OdeSolver;
import lyceum.memory.Scope;
import lyceum.models.generative.Generator;
import lyceum.models.generative.Preview;
import lyceum.prob.ProbabilityFlow;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A flow {@code dx/dt = v(x, t)} that carries standard normal noise (t = 0) to data (t = 1), back again, and densities with it.
 *
 * @param velocity v, of (n, ..) and t (n)
 */
public record FlowModel(Denoiser velocity) {
    public FlowModel { Objects.requireNonNull(velocity, "velocity"); }

    /** How the flow is followed. */
    public sealed interface Solver {
        /** First order, an evaluation a step. @param steps at least 1 */
        record Euler(int steps) implements Solver {
            public Euler { requireSteps("Euler", steps); }
        }

        /** Second order, two evaluations a step. @param steps at least 1 */
        record Heun(int steps) implements Solver {
            public Heun { requireSteps("Heun", steps); }
        }

        /** Steps by tolerance, all rows together. */
        record Adaptive(OdeSolver solver) implements Solver {}
    }

    private static void requireSteps(String name, int steps) {
        if (steps < 1) throw new IllegalArgumentException("FlowModel: " + name + " with " + steps + " steps; at least one is needed");
    }

    /** Noise and the data to which the flow carries it, (n, ..) each. */
    public record Pairs(Tensor noise, Tensor data) {}

    /** Data from noise (n, ..). */
    public Tensor sample(Tensor noise, Tensor condition, Solver solver, Progress progress) {
        return move(noise, 0, 1, condition, solver, progress);
    }

    /** Where rows are at time {@code to} that were at x at {@code from}; backward too. Not recorded for gradients. */
    public Tensor move(Tensor x, double from, double to, Tensor condition, Solver solver, Progress progress) {
        return Autograd.noGrad(() -> switch (solver) {
            case Solver.Euler(int steps) -> steps(x, from, to, condition, steps, false, progress);
            case Solver.Heun(int steps) -> steps(x, from, to, condition, steps, true, progress);
            case Solver.Adaptive(OdeSolver adaptive) -> {
                long[] shape = x.shape().toArray();
                double[] end = adaptive.solve((t, y, dy) -> {
                    try (var scope = Scope.open("flow")) {
                        double[] v = velocity.predict(Tensor.of(y, shape).to(x.dtype()), t, condition).to(DType.F64).flatten()
                                .toDoubleArray();
                        System.arraycopy(v, 0, dy, 0, v.length);
                    }
                }, x.to(DType.F64).flatten().toDoubleArray(), from, to);
                yield Tensor.of(end, shape).to(x.dtype());
            }
        });
    }

    private Tensor steps(Tensor start, double from, double to, Tensor condition, int steps, boolean heun, Progress progress) {
        double h = (to - from) / steps;
        Tensor x = start;
        for (int k = 0; k < steps; k++) {
            double t = from + k * h, next = k == steps - 1 ? to : t + h;
            try (var scope = Scope.open("flow step")) {
                var slope = velocity.predict(x, t, condition);
                // A straight path from here would end there.
                Tensor ahead = x.add(slope.mul(to - t)), moved = x.add(slope.mul(h));
                if (heun) moved = x.add(slope.add(velocity.predict(moved, next, condition)).mul(h / 2));
                x = moved.compute().keptBy(scope);
                Preview.step(progress, "flow", k + 1L, steps, x, ahead);
            }
        }
        return x;
    }

    /** The log density (n) of data (n, d), in nats, by the exact divergence along the way to noise. @param solver with tolerances below the accuracy wanted */
    public Tensor logDensity(Tensor x, OdeSolver solver) { return flow(solver).logDensity(x.to(DType.F64), 1, 0, FlowModel::normal); }

    /** The same with the divergence estimated along random signs: unbiased, a pull-back a probe. */
    public Tensor logDensity(Tensor x, OdeSolver solver, int probes, Rng rng) {
        var wide = x.to(DType.F64);
        return flow(solver).logDensity(wide, 1, 0, FlowModel::normal, ProbabilityFlow.signs(probes, wide, rng));
    }

    private ProbabilityFlow flow(OdeSolver solver) {
        return new ProbabilityFlow((t, x) -> velocity.predict(x, t, null), t -> 0, (t, x) -> x.zerosLike(), solver);
    }

    private static Tensor normal(Tensor z) { return z.square().add(Math.log(2 * Math.PI)).mul(-0.5).sum(1); }

    /**
     * What one reflow learns from: n draws of noise with the data that they become, in 100 Euler steps. A flow trained on them by
     * {@link FlowMatching#overPairs} has nearly straight paths.
     */
    public Pairs pairs(int n, Rng rng, DType dtype, long... shape) {
        var noise = NoiseStreams.of(rng, n).normal(dtype, shape);
        return new Pairs(noise, sample(noise, null, new Solver.Euler(100), Progress.SILENT));
    }

    /** {@code integral of E |v(x_t, t) - (x_1 - x_0)|^2 dt}: how far the paths from this noise are from straight; 0 if a single step is exact. */
    public double curvature(Tensor noise, int steps) {
        requireSteps("curvature", steps);
        return Autograd.noGrad(() -> {
            var chord = sample(noise, null, new Solver.Euler(steps), Progress.SILENT).sub(noise).compute();
            double sum = 0;
            Tensor x = noise;
            for (int k = 0; k < steps; k++) {
                var slope = velocity.predict(x, (double) k / steps, null).compute();
                sum += slope.sub(chord).square().sum().item() / noise.size(0);
                x = x.add(slope.div(steps)).compute();
            }
            return sum / steps;
        });
    }

    /** This flow as a generator. @param shape of an item */
    public Generator generator(Solver solver, DType dtype, long... shape) {
        return (n, rng) -> sample(NoiseStreams.of(rng, n).normal(dtype, shape), null, solver, Progress.SILENT);
    }
}
