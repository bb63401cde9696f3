package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** Parameters of a model seen as one flat F64 vector, in list order, each row by row. */
final class ParameterVector {
    private final List<Tensor> parameters;
    private final int length;

    ParameterVector(List<Tensor> parameters) {
        this.parameters = List.copyOf(parameters);
        long sum = 0;
        for (var parameter : parameters) sum += parameter.count();
        length = Math.toIntExact(sum);
    }

    /** Minimises over the parameters by a method for flat vectors and leaves the minimum in them. */
    static Minimum minimize(String owner, List<Tensor> parameters, Function<ParameterVector, Minimum> method) {
        if (parameters.isEmpty()) throw new ShapeException(owner + ": there are no parameters");
        var flat = new ParameterVector(parameters);
        var minimum = method.apply(flat);
        flat.write(minimum.x());
        return minimum;
    }

    double[] values() {
        var flat = new double[length];
        int at = 0;
        for (var parameter : parameters) {
            var values = parameter.toDoubleArray();
            System.arraycopy(values, 0, flat, at, values.length);
            at += values.length;
        }
        return flat;
    }

    void write(double[] flat) {
        Autograd.noGrad(() -> {
            int at = 0;
            for (var parameter : parameters) {
                int n = (int) parameter.count();
                parameter.copy_(Tensor.of(Arrays.copyOfRange(flat, at, at + n), parameter.shape().toArray()));
                at += n;
            }
        });
    }

    /** The loss as a function of the vector; the parameters' collected gradients are left alone. */
    Objective objective(Supplier<Tensor> loss) {
        return (x, gradient) -> {
            write(x);
            var value = loss.get();
            int at = 0;
            for (var part : Autograd.gradients(value, parameters.toArray(Tensor[]::new), false)) {
                var values = part.toDoubleArray();
                System.arraycopy(values, 0, gradient, at, values.length);
                at += values.length;
            }
            return value.item();
        };
    }

    /** The same with products of the Hessian: the gradient's product with v, differentiated once more. */
    SecondOrderObjective secondOrder(Supplier<Tensor> loss) {
        var first = objective(loss);
        var leaves = parameters.toArray(Tensor[]::new);
        return new SecondOrderObjective() {
            @Override public double at(double[] x, double[] gradient) { return first.at(x, gradient); }

            @Override public double[] hessianTimes(double[] x, double[] v) {
                write(x);
                Tensor slope = Tensor.of(0.0).sum();
                int at = 0;
                for (var part : Autograd.gradients(loss.get(), leaves, true)) {
                    int n = (int) part.count();
                    slope = slope.add(part.flatten().mul(Tensor.of(Arrays.copyOfRange(v, at, at + n)).to(part.dtype())).sum());
                    at += n;
                }
                var product = new double[length];
                at = 0;
                for (var part : Autograd.gradients(slope, leaves, false)) {
                    var values = part.toDoubleArray();
                    System.arraycopy(values, 0, product, at, values.length);
                    at += values.length;
                }
                return product;
            }
        };
    }
}
