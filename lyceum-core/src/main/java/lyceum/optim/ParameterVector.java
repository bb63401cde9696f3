package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
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
}
