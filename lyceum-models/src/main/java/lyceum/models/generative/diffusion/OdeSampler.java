package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Solves the flow without noise of a {@link ScoreSde}: the same start gives the same data. The DPM solvers solve its linear part exactly and step evenly in
 * the log signal-to-noise ratio.
 *
 * {@snippet :
 * var twenty = new OdeSampler(OdeSampler.Method.DPM_SOLVER_PP_2M, 20);
 * }
 *
 * @param method of integration
 * @param steps its number; see {@link #evaluations}
 * @param grid where steps end
 * @param cleaned whether the model's word for the clean data ends it, for one evaluation more; otherwise it ends at {@link ScoreSde#least}
 * @see <a href="https://arxiv.org/abs/2206.00927">Lu and others (2022), DPM-Solver</a>
 * @see <a href="https://arxiv.org/abs/2211.01095">Lu and others (2022), DPM-Solver++</a>
 * @see <a href="https://arxiv.org/abs/2206.00364">Karras and others (2022), on Heun and the grid</a>
 */
@Withers
public record OdeSampler(Method method, int steps, Grid grid, boolean cleaned) implements DiffusionSampler, OdeSamplerWithers {

    /** Of integration. */
    public enum Method {
        /** First order, one evaluation a step. */
        EULER,
        /** Second order, two evaluations. */
        HEUN,
        /** Second order in the log signal-to-noise ratio, by a midpoint: two evaluations. */
        DPM_SOLVER_2,
        /** Second order by the last two guesses of the data: one evaluation a step. */
        DPM_SOLVER_PP_2M
    }

    /** Where steps end. */
    public enum Grid {
        /** Evenly in time. */
        TIME,
        /** Evenly in the log signal-to-noise ratio. */
        LOG_SNR,
        /** Evenly in the seventh root of noise over signal. */
        KARRAS
    }

    public OdeSampler {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(grid, "grid");
        if (steps < 1) throw new IllegalArgumentException("OdeSampler: " + steps + " steps; at least one is needed");
    }

    /** Evenly in time for Euler and Heun, in the log signal-to-noise ratio for the others; not cleaned. */
    public OdeSampler(Method method, int steps) {
        this(method, steps, method == Method.EULER || method == Method.HEUN ? Grid.TIME : Grid.LOG_SNR, false);
    }

    /** How often the network is asked in one sampling. */
    public int evaluations() { return (method == Method.HEUN || method == Method.DPM_SOLVER_2 ? 2 : 1) * steps + (cleaned ? 1 : 0); }

    /** The times at which steps begin and end, from 1 to the least. */
    public double[] times(ScoreSde sde) {
        var times = new double[steps + 1];
        double from = sde.logSnr(1), to = sde.logSnr(sde.least()), rough = Math.exp(-from / 7), fine = Math.exp(-to / 7);
        for (int k = 1; k < steps; k++) {
            double share = (double) k / steps;
            times[k] = switch (grid) {
                case TIME -> 1 + share * (sde.least() - 1);
                case LOG_SNR -> sde.timeOf(from + share * (to - from));
                case KARRAS -> sde.timeOf(-7 * Math.log(rough + share * (fine - rough)));
            };
        }
        times[0] = 1;
        times[steps] = sde.least();
        return times;
    }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof ScoreSde sde))
            throw new IllegalArgumentException("OdeSampler: the model's path is " + model.path() + "; it is a ScoreSde");
        double[] times = times(sde);
        return Autograd.noGrad(() -> {
            Tensor x = start, last = null;
            for (int k = 0; k < steps; k++) {
                double t = times[k], next = times[k + 1];
                try (var scope = Scope.open("sampling step")) {
                    Tensor said = null;
                    if (method == Method.DPM_SOLVER_PP_2M) {
                        said = model.at(x, t, condition).clean();
                        x = multistep(sde, x, said, last, k == 0 ? 0 : times[k - 1], t, next);
                        last = said.compute().keptBy(scope);
                    } else x = step(sde, model, x, t, next, condition);
                    x = x.compute().keptBy(scope);
                    Tensor now = x, known = said;
                    Preview.step(progress, "probability flow", k + 1L, steps, x,
                            () -> known == null ? model.at(now, next, condition).clean() : known);
                }
            }
            return cleaned ? model.at(x, sde.least(), condition).clean().compute() : x;
        });
    }

    private Tensor step(ScoreSde sde, DiffusionModel model, Tensor x, double t, double next, Tensor condition) {
        if (method == Method.DPM_SOLVER_2) {
            double from = sde.logSnr(t), h = sde.logSnr(next) - from, middle = sde.timeOf(from + h / 2);
            var halfway = exponential(sde, x, model.at(x, t, condition).noise(), t, middle, h / 2);
            return exponential(sde, x, model.at(halfway, middle, condition).noise(), t, next, h);
        }
        double h = next - t;
        var slope = sde.velocity(model, x, t, condition);
        var euler = x.add(slope.mul(h));
        return method == Method.EULER ? euler : x.add(slope.add(sde.velocity(model, euler, next, condition)).mul(h / 2));
    }

    /** {@code x_s = a_s / a_t x - noise_s (e^h - 1) epsilon}: exact while epsilon does not change. */
    private static Tensor exponential(ScoreSde sde, Tensor x, Tensor epsilon, double t, double s, double h) {
        return x.mul(sde.signal(s) / sde.signal(t)).sub(epsilon.mul(sde.noise(s) * Math.expm1(h)));
    }

    /** One step by the last two guesses of the data; last is null before there were two. */
    static Tensor multistep(NoisePath path, Tensor x, Tensor clean, Tensor last, double before, double t, double next) {
        double h = path.logSnr(next) - path.logSnr(t);
        var guess = clean;
        if (last != null) {
            double ratio = h / (path.logSnr(t) - path.logSnr(before)) / 2;
            guess = clean.mul(1 + ratio).sub(last.mul(ratio));
        }
        return x.mul(path.noise(next) / path.noise(t)).sub(guess.mul(path.signal(next) * Math.expm1(-h)));
    }
}
