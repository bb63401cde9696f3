package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Function;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** Gradients of a module's F64 parameters against central differences. */
final class GradientCheck {
    private GradientCheck() {}

    /** {@code loss} gives the same value whenever the parameters are the same. */
    static <M extends Module> void of(M module, Function<M, Tensor> loss) {
        module.zeroGrad();
        loss.apply(module).backward();
        module.parameters().forEach((name, parameter) -> {
            double[] values = parameter.toDoubleArray(), gradient = parameter.grad().toDoubleArray();
            long[] shape = parameter.shape().toArray();
            for (int i = 0; i < values.length; i++) {
                double kept = values[i], h = 1e-5;
                values[i] = kept + h;
                double up = at(module, parameter, values, shape, loss);
                values[i] = kept - h;
                double down = at(module, parameter, values, shape, loss);
                values[i] = kept;
                assertThat(Math.abs((up - down) / (2 * h) - gradient[i])).as("%s[%d], gradient %s", name, i, gradient[i])
                        .isLessThan(1e-7 * Math.max(1, Math.abs(gradient[i])));
            }
            at(module, parameter, values, shape, loss);
        });
        module.zeroGrad();
    }

    private static <M extends Module> double at(M module, Tensor parameter, double[] values, long[] shape, Function<M, Tensor> loss) {
        Autograd.noGrad(() -> { parameter.copy_(Tensor.of(values, shape)); });
        return Autograd.noGrad(() -> loss.apply(module).item());
    }
}
