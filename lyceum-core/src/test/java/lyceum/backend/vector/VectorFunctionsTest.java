package lyceum.backend.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Functions of the vector backend: close to the exact value, the same bits before and after compilation and wherever an element stands. */
class VectorFunctionsTest {
    private static final float[] SPECIAL = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, Float.MIN_VALUE,
            -Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_NORMAL, 1e-40f, 88.72f, 88.73f, -87.4f, -95f, -103.9f, -104f,
            -110f, 1f, -1f, 0.9999999f, 1.0000001f, 0.55f, 9f, -20f, 2f, 0.5f};

    private static float[] inputs(double low, double high) {
        var rng = Rng.of(3);
        var x = new float[20_000 + SPECIAL.length];
        System.arraycopy(SPECIAL, 0, x, 0, SPECIAL.length);
        for (int i = SPECIAL.length; i < x.length; i++) x[i] = (float) (low + (high - low) * rng.nextDouble());
        return x;
    }

    private static Tensor on(Tensor x, UnaryOperator<Tensor> f) {
        var result = new Tensor[1];
        Backend.with(Backend.named("vector"), () -> result[0] = f.apply(x).compute());
        return result[0];
    }

    private static void close(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator exact, double low, double high, double ulps) {
        float[] x = inputs(low, high), y = on(Tensor.of(x), f).toFloatArray();
        for (int i = 0; i < x.length; i++) {
            double e = exact.applyAsDouble(x[i]);
            if (Float.compare(y[i], (float) e) == 0) continue;
            if (!(Math.abs(y[i] - e) <= ulps * Math.ulp((float) e)))
                throw new AssertionError(name + "(" + x[i] + ") is " + y[i] + ", exactly " + e);
        }
        double[] wide = new double[x.length];
        for (int i = 0; i < x.length; i++) wide[i] = x[i];
        double[] z = on(Tensor.of(wide), f).toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            double e = exact.applyAsDouble(wide[i]);
            if (Double.compare(z[i], e) != 0 && !(Math.abs(z[i] - e) <= 3 * Math.ulp(e)))
                throw new AssertionError(name + "(" + wide[i] + ") is " + z[i] + ", exactly " + e);
        }
    }

    @Test void exponentialsAndLogarithmsAreExactToThreeUnitsInTheLastPlace() {
        close("exp", Tensor::exp, Math::exp, -105, 89, 2);
        close("exp", Tensor::exp, Math::exp, -1, 1, 2);
        close("log", Tensor::log, Math::log, 0, 3, 3);
        close("log", Tensor::log, Math::log, 0, 1e30, 3);
        close("tanh", Tensor::tanh, Math::tanh, -2, 2, 4);
        close("sigmoid", Tensor::sigmoid, x -> x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)), -90, 90, 4);
    }

    @Test void doublesAtTheirBounds() {
        double[] x = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, Double.MIN_VALUE, 1e-310, Double.MAX_VALUE,
                709.7, 709.8, -708.5, -740, -745.1, -745.2, -800, -1, 1e-300, 4, 5, 6};
        double[] e = on(Tensor.of(x), Tensor::exp).toDoubleArray(), l = on(Tensor.of(x), Tensor::log).toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            assertThat(Double.compare(e[i], Math.exp(x[i])) == 0 || Math.abs(e[i] - Math.exp(x[i])) <= 2 * Math.ulp(Math.exp(x[i])))
                    .as("exp " + x[i] + " = " + e[i]).isTrue();
            assertThat(Double.compare(l[i], Math.log(x[i])) == 0 || Math.abs(l[i] - Math.log(x[i])) <= 2 * Math.ulp(Math.log(x[i])))
                    .as("log " + x[i] + " = " + l[i]).isTrue();
        }
    }

    @Test void bitsDoNotChangeWithCompilationOrPosition() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.of(inputs(-5, 5)).to(type).compute();
            for (UnaryOperator<Tensor> f : List.<UnaryOperator<Tensor>>of(Tensor::exp, Tensor::log, Tensor::tanh, Tensor::sigmoid,
                    Tensor::rsqrt, Tensor::sin, Tensor::erf)) {
                double[] first = on(x, f).to(DType.F64).toDoubleArray();
                for (int round = 0; round < 40; round++) assertThat(on(x, f).to(DType.F64).toDoubleArray()).isEqualTo(first);
                double[] shifted = on(x.narrow(0, 3, 1000), f).to(DType.F64).toDoubleArray();
                assertThat(shifted).isEqualTo(Arrays.copyOfRange(first, 3, 1003));
                assertThat(Double.compare(on(x.narrow(0, 40, 1), f).item(), first[40])).isZero();
            }
        }
    }
}
