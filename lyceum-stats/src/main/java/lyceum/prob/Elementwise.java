package lyceum.prob;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/** Scalar functions over tensors, in F64, spread over the compute threads. */
final class Elementwise {
    private static final int GRAIN = 1 << 10;

    private Elementwise() {}

    static DType type(Tensor x) { return x.dtype().isFloat() ? x.dtype() : DType.F64; }

    static Tensor map(Tensor x, DoubleUnaryOperator f) {
        double[] values = x.toDoubleArray();
        Parallel.range(values.length, GRAIN, (from, to) -> {
            for (int i = (int) from; i < to; i++) values[i] = f.applyAsDouble(values[i]);
        });
        return Tensor.of(values, x.shape().toArray()).to(type(x));
    }

    /** Differentiable. @param slope of input and result */
    static Tensor map(String name, Tensor x, DoubleUnaryOperator f, BinaryOperator<Tensor> slope) {
        return Primitive.of(name, in -> map(in[0], f), (i, g, out, in) -> g.mul(slope.apply(in[0], out))).apply(x.to(type(x)));
    }

    /** The last derivative that there is. @throws UnsupportedOperationException when it is differentiated */
    static Tensor once(Tensor x, DoubleUnaryOperator f) {
        return map("slope of a log density", x, f, (in, out) -> {
            throw new UnsupportedOperationException("logDensity: differentiated twice; only Normal's is in tensor operations");
        });
    }

    static Tensor mapRows(Tensor x, int width, ToDoubleFunction<double[]> f) {
        if (x.rank() == 0 || x.size(-1) != width) throw new ShapeException(
                "logDensity: x has shape " + x.shape() + "; its last axis must have " + width + " entries, one a dimension");
        double[] values = x.toDoubleArray(), out = new double[values.length / width];
        Parallel.range(out.length, GRAIN, (from, to) -> {
            var point = new double[width];
            for (int i = (int) from; i < to; i++) {
                System.arraycopy(values, i * width, point, 0, width);
                out[i] = f.applyAsDouble(point);
            }
        });
        return Tensor.of(out, Arrays.copyOf(x.shape().toArray(), x.rank() - 1)).to(type(x));
    }
}
