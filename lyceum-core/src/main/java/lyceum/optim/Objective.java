package lyceum.optim;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A differentiable function of a flat F64 vector: what {@link Lbfgs} and {@link GradientDescent} minimise.
 *
 * {@snippet :
 * Objective bowl = (x, gradient) -> {
 *     for (int i = 0; i < x.length; i++) gradient[i] = 2 * x[i];
 *     return dot(x, x);
 * };
 * Objective same = Objective.of(x -> x.square().sum());
 * }
 */
@FunctionalInterface
public interface Objective {

    /**
     * The value at {@code x}; fills {@code gradient}, of the same length. Does not keep or change {@code x}. A point where the function is not
     * defined gives NaN or an infinity: the line searches turn back from it.
     */
    double at(double[] x, double[] gradient);

    /** A scalar-valued function of an F64 vector, differentiated by {@link Autograd}. */
    static Objective of(UnaryOperator<Tensor> f) {
        return (x, gradient) -> {
            var found = Autograd.valueAndGrad(f, Tensor.of(x));
            System.arraycopy(found.gradient().toDoubleArray(), 0, gradient, 0, x.length);
            return found.value().item();
        };
    }

    /** A scalar-valued function of an F64 tensor of the given shape, which is flattened row by row. */
    static Objective of(UnaryOperator<Tensor> f, long... shape) {
        long count = 1;
        for (long size : shape) count *= size;
        long expected = count;
        return (x, gradient) -> {
            if (x.length != expected) throw new ShapeException("Objective: a point of " + x.length + " numbers for a shape of " + expected);
            return of(v -> f.apply(v.reshape(shape))).at(x, gradient);
        };
    }

    /** The same function turned upside down: its minimum is this one's maximum. */
    default Objective negated() {
        return (x, gradient) -> {
            double value = at(x, gradient);
            for (int i = 0; i < gradient.length; i++) gradient[i] = -gradient[i];
            return -value;
        };
    }
}
