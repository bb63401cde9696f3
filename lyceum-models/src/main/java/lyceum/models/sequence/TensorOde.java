package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Solves {@code dh/dt = f(t, h)} for tensors, in tensor operations, so that what is recorded can be sent back through the solver.
 *
 * {@snippet :
 * Tensor end = TensorOde.rk4(20).solve((t, h) -> h.neg(), start, 0, 1);
 * List<Tensor> path = TensorOde.adaptive(1e-6).solve((t, h) -> h.neg(), start, 0, new double[] {0.5, 1, 2});
 * }
 *
 * @param method how
 * @param steps of the two methods of fixed steps, over the whole interval, or between two times that are asked for
 * @param relative tolerance of {@link Method#DORMAND_PRINCE}: the root mean square over all numbers of error over {@code absolute + relative |h|} stays below 1
 * @param absolute tolerance
 * @param maxSteps of the adaptive method, accepted and rejected
 * @see lyceum.linalg.OdeSolver for arrays of doubles
 * @see <a href="https://doi.org/10.1016/0771-050X(80)90013-3">Dormand and Prince (1980)</a>
 */
@Withers
public record TensorOde(Method method, int steps, double relative, double absolute, int maxSteps) implements TensorOdeWithers {
    private static final double[] C = {0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1};
    private static final double[][] A = {{}, {1 / 5.0}, {3 / 40.0, 9 / 40.0}, {44 / 45.0, -56 / 15.0, 32 / 9.0},
            {19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0},
            {9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0},
            {35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0}};
    /** Fifth order less fourth. */
    private static final double[] E = {71 / 57600.0, 0, -71 / 16695.0, 71 / 1920.0, -17253 / 339200.0, 22 / 525.0, -1 / 40.0};
    /** Of the interpolant of fourth order (Hairer, Norsett and Wanner 1993, section II.6). */
    private static final double[] D = {-12715105075.0 / 11282082432.0, 0, 87487479700.0 / 32700410799.0, -10690763975.0 / 1880347072.0,
            701980252875.0 / 199316789632.0, -1453857185.0 / 822651844.0, 69997945.0 / 29380423.0};

    /** How. */
    public enum Method {
        /** {@code h + dt f}. */
        EULER,
        /** The classical method of fourth order. */
        RK4,
        /** A pair of orders 5 and 4 that chooses its steps. */
        DORMAND_PRINCE
    }

    /** A right-hand side. */
    @FunctionalInterface
    public interface Slope {
        Tensor at(double t, Tensor h);
    }

    public TensorOde {
        Objects.requireNonNull(method, "method");
        if (steps < 1 || maxSteps < 1 || !(relative >= 0 && absolute >= 0 && relative + absolute > 0))
            throw new IllegalArgumentException("TensorOde: " + steps + " steps, at most " + maxSteps + ", tolerances " + relative + " and "
                    + absolute + "; steps are positive, one tolerance is");
    }

    public static TensorOde euler(int steps) { return new TensorOde(Method.EULER, steps, 1e-6, 1e-6, 10_000); }

    public static TensorOde rk4(int steps) { return new TensorOde(Method.RK4, steps, 1e-6, 1e-6, 10_000); }

    /** @param tolerance relative and absolute */
    public static TensorOde adaptive(double tolerance) { return new TensorOde(Method.DORMAND_PRINCE, 1, tolerance, tolerance, 10_000); }

    /** The state at {@code to}, which may lie before {@code from}. */
    public Tensor solve(Slope f, Tensor start, double from, double to) { return solve(f, start, from, new double[] {to}).getFirst(); }

    /**
     * The states at those times, in one direction away from {@code from}; the adaptive method reads them off between its steps.
     *
     * @throws ArithmeticException if the step vanishes, the state leaves the finite numbers or steps run out: says at which time
     */
    public List<Tensor> solve(Slope f, Tensor start, double from, double... times) {
        double direction = times.length == 0 ? 0 : Math.signum(times[times.length - 1] - from), last = from;
        for (double t : times) {
            if (!Double.isFinite(t) || (t - last) * direction < 0) throw new IllegalArgumentException(
                    "TensorOde: time " + t + " after " + last + " of a path from " + from + "; times go one way");
            last = t;
        }
        return method == Method.DORMAND_PRINCE ? adaptive(f, start, from, times) : fixed(f, start, from, times);
    }

    private List<Tensor> fixed(Slope f, Tensor h, double t, double... times) {
        var path = new ArrayList<Tensor>();
        for (double to : times) {
            double from = t, step = (to - from) / steps;
            for (int i = 0; i < steps && step != 0; i++) {
                t = from + i * step;
                h = method == Method.EULER ? ahead(h, f.at(t, h), step) : classical(f, t, h, step);
            }
            t = to;
            path.add(h);
        }
        return path;
    }

    /** {@code h + step slope}; a step of 1 multiplies nothing, and is the residual network's sum. */
    private static Tensor ahead(Tensor h, Tensor slope, double step) { return h.add(step == 1 ? slope : slope.mul(step)); }

    private static Tensor classical(Slope f, double t, Tensor h, double step) {
        Tensor a = f.at(t, h), b = f.at(t + step / 2, ahead(h, a, step / 2)), c = f.at(t + step / 2, ahead(h, b, step / 2)),
                d = f.at(t + step, ahead(h, c, step));
        return ahead(h, a.add(b.mul(2.0)).add(c.mul(2.0)).add(d), step / 6);
    }

    private List<Tensor> adaptive(Slope f, Tensor h, double t, double... times) {
        var path = new ArrayList<Tensor>();
        while (path.size() < times.length && times[path.size()] == t) path.add(h);
        if (path.size() == times.length) return path;
        double end = times[times.length - 1];
        var k = new Tensor[7];
        k[0] = f.at(t, h);
        double step = firstStep(f, t, h, k[0], end);
        for (int tried = 0; tried < maxSteps; tried++) {
            boolean last = Math.abs(step) >= Math.abs(end - t);
            if (last) step = end - t;
            Tensor next = h;
            for (int stage = 1; stage < 7; stage++) {
                next = ahead(h, mixed(k, A[stage], stage), step);
                k[stage] = f.at(t + C[stage] * step, next);
            }
            double error = size(mixed(k, E, 7).mul(step), h, next);
            if (error <= 1) {
                double after = last ? end : t + step;
                Tensor from = h;
                while (path.size() < times.length && (last || (times[path.size()] - after) * step <= 0)) {
                    double share = (times[path.size()] - t) / step;
                    path.add(times[path.size()] == after ? next : between(from, next, k, step, share));
                }
                if (path.size() == times.length) return path;
                t = after;
                h = next;
                k[0] = k[6];
            }
            step *= Math.clamp(0.9 * Math.pow(error, -0.2), 0.2, 5);
            if (t + step == t || Double.isNaN(step)) throw new ArithmeticException(
                    "TensorOde: the step vanishes at t = " + t + "; the solution may end there, or the right-hand side is not finite");
        }
        throw new ArithmeticException(
                "TensorOde: " + maxSteps + " steps reach only t = " + t + " of " + end + "; allow more, or a larger tolerance");
    }

    private static Tensor mixed(Tensor[] k, double[] weights, int n) {
        Tensor sum = null;
        for (int i = 0; i < n; i++) {
            if (weights[i] == 0) continue;
            var term = k[i].mul(weights[i]);
            sum = sum == null ? term : sum.add(term);
        }
        return sum;
    }

    private static Tensor between(Tensor h, Tensor next, Tensor[] k, double step, double x) {
        Tensor rise = next.sub(h), bend = k[0].mul(step).sub(rise), rest = rise.sub(k[6].mul(step)).sub(bend);
        var inner = bend.add(rest.add(mixed(k, D, 7).mul(step * (1 - x))).mul(x));
        return h.add(rise.add(inner.mul(1 - x)).mul(x));
    }

    /** Root mean square over its allowance. */
    private double size(Tensor error, Tensor h, Tensor next) {
        var allowed = h.detach().abs().maximum(next.detach().abs()).mul(relative).add(absolute);
        var share = error.detach().div(allowed);
        // Nothing off is nothing, even where nothing is allowed.
        double size = Math.sqrt(error.detach().eq(0).where(share.zerosLike(), share).square().mean().item());
        return Double.isNaN(size) ? Double.POSITIVE_INFINITY : size;
    }

    private double firstStep(Slope f, double t, Tensor h, Tensor slope, double end) {
        double direction = Math.signum(end - t), size = size(h, h, h), speed = size(slope, h, h);
        double step = Math.min(size < 1e-5 || speed < 1e-5 || !Double.isFinite(speed) ? 1e-6 : 0.01 * size / speed, Math.abs(end - t));
        double bend = size(f.at(t + direction * step, ahead(h.detach(), slope.detach(), direction * step)).sub(slope), h, h) / step,
                most = Math.max(speed, bend);
        if (!Double.isFinite(most)) return direction * step; // a state of 0 and no absolute tolerance
        double second = most <= 1e-15 ? Math.max(1e-6, step * 1e-3) : Math.pow(0.01 / most, 0.2);
        return direction * Math.min(100 * step, Double.isFinite(second) ? second : step);
    }
}
