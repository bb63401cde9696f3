package lyceum.bayes;

import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.optim.Objective;
import lyceum.tensor.Tensor;

/**
 * The logarithm of a density over vectors, known up to a constant: what samplers walk on and variational inference fits.
 *
 * {@snippet :
 * var target = LogDensity.of(x -> x.square().sum().mul(-0.5));   // standard normal, gradient by autograd
 * }
 *
 * <p>{@code -Infinity} outside the support. Safe to call from several threads unless the function it was made of is not.
 */
public interface LogDensity extends Objective {

    /** The value at {@code x}, without a gradient. Does not keep or change {@code x}. */
    double at(double[] x);

    /** A scalar-valued function of an F64 vector, differentiated by {@link Autograd}. */
    static LogDensity of(UnaryOperator<Tensor> f) {
        var differentiable = Objective.of(f);
        return of(x -> Autograd.noGrad(() -> f.apply(Tensor.of(x)).item()), differentiable);
    }

    /**
     * A density whose gradient is written by hand.
     *
     * @param value the logarithm of the density
     * @param withGradient the same, filling its gradient
     */
    static LogDensity of(ToDoubleFunction<double[]> value, Objective withGradient) {
        return new LogDensity() {
            @Override public double at(double[] x) { return value.applyAsDouble(x); }

            @Override public double at(double[] x, double[] gradient) { return withGradient.at(x, gradient); }
        };
    }
}
