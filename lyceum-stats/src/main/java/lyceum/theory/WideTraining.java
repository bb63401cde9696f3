package lyceum.theory;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient descent of a two-layer tanh network {@code f(x) = s(m) sum a_j tanh(w_j x)} of m units under the two scalings whose limits are known. With
 * {@code s = 1 / sqrt(m)} weights hardly move and the tangent kernel stays what it was; with {@code s = 1 / m} and a rate of m times as much every unit is a particle that
 * feels the others by their mean, and moves as far however many there are.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 20, 3), y = x.select(1, 0).sin();
 * var lazy = new WideTraining(WideTraining.Scaling.TANGENT_KERNEL, 512).train(x, y, Rng.of(2));
 * var rich = new WideTraining(WideTraining.Scaling.MEAN_FIELD, 512).train(x, y, Rng.of(2));
 * double less = lazy.kernelChange() / rich.kernelChange();
 * }
 *
 * @param width m
 * @param rate of a step: of {@code mean (f - y)^2 / 2}, times m in the mean field
 * @see <a href="https://arxiv.org/abs/1804.06561">Mei, Montanari and Nguyen (2018)</a>
 * @see <a href="https://arxiv.org/abs/1806.07572">Jacot, Gabriel and Hongler (2018)</a>
 */
@Withers
public record WideTraining(Scaling scaling, int width, double rate, int steps) implements WideTrainingWithers {

    /** The factor before the sum over units. */
    public enum Scaling {
        /** {@code 1 / sqrt(m)}. */
        TANGENT_KERNEL,
        /** {@code 1 / m}. */
        MEAN_FIELD
    }

    public WideTraining {
        if (width < 1 || !(rate > 0) || steps < 0) throw new IllegalArgumentException(
                "WideTraining: width " + width + ", rate " + rate + ", " + steps + " steps; at least 1, above 0, at least 0");
    }

    /** 200 steps at a rate of 0.2. */
    public WideTraining(Scaling scaling, int width) { this(scaling, width, 0.2, 200); }

    /**
     * One training.
     *
     * @param losses {@code mean (f - y)^2 / 2} before each step and after the last
     * @param movement distance of the parameters from their start over the length of the start
     * @param kernelChange Frobenius norm of the change of the tangent kernel of the rows over that of the first
     */
    public record Path(double[] losses, double movement, double kernelChange) {}

    /**
     * From standard normal weights of both layers.
     *
     * @param x (n, d)
     * @param y (n)
     */
    public Path train(Tensor x, Tensor y, Rng rng) {
        if (x.rank() != 2 || y.rank() != 1 || x.size(0) != y.size(0))
            throw new ShapeException("WideTraining: inputs " + x.shape() + " and targets " + y.shape() + "; they are (n, d) and (n)");
        Tensor in = x.to(DType.F64).compute(), target = y.to(DType.F64).compute();
        long n = in.size(0), d = in.size(1);
        double scale = scaling == Scaling.MEAN_FIELD ? 1.0 / width : 1 / Math.sqrt(width),
                step = rate * (scaling == Scaling.MEAN_FIELD ? width : 1);
        Tensor w = Tensor.randn(rng.split(0), DType.F64, width, d).compute(), a = Tensor.randn(rng.split(1), DType.F64, width).compute(),
                w0 = w, a0 = a;
        var before = kernel(in, w, a, scale);
        var losses = new double[steps + 1];
        for (int t = 0;; t++) {
            var h = in.matmul(w.transpose()).tanh().compute(); // (n, m)
            var residual = h.matmul(a).mul(scale).sub(target).compute();
            losses[t] = residual.square().mean().item() / 2;
            if (t == steps) break;
            var pull = residual.mul(step * scale / n).compute();
            var slope = h.square().neg().add(1).mul(a).mul(pull.unsqueeze(1));
            a = a.sub(h.transpose().matmul(pull)).compute();
            w = w.sub(slope.transpose().matmul(in)).compute();
        }
        double moved = w.sub(w0).square().sum().add(a.sub(a0).square().sum()).item(),
                length = w0.square().sum().add(a0.square().sum()).item();
        return new Path(losses, Math.sqrt(moved / length), kernel(in, w, a, scale).sub(before).norm().item() / before.norm().item());
    }

    /** {@code sum over parameters of df(x_i) df(x_j)}, (n, n). */
    private static Tensor kernel(Tensor x, Tensor w, Tensor a, double scale) {
        Tensor h = x.matmul(w.transpose()).tanh(), slope = h.square().neg().add(1).mul(a);
        return h.matmul(h.transpose()).add(slope.matmul(slope.transpose()).mul(x.matmul(x.transpose()))).mul(scale * scale).compute();
    }
}
