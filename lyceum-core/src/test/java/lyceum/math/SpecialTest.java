package lyceum.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Special functions against values of 60 digits rounded once (tools/golden/core_tensor.py). */
class SpecialTest {
    private static final Golden GOLDEN = Golden.load("golden/special.json");

    /** A function, the operation that applies it to tensors, and how many units in the last place it may be off. */
    enum Function {
        LGAMMA("lgamma", Special::lgamma, Tensor::lgamma, 3), DIGAMMA("digamma", Special::digamma, Tensor::digamma, 5),
        TRIGAMMA("trigamma", x -> Special.polygamma(1, x), x -> x.polygamma(1), 4), ERF("erf", Special::erf, Tensor::erf, 1),
        ERFC("erfc", Special::erfc, Tensor::erfc, 2), ERFINV("erfinv", Special::erfinv, Tensor::erfinv, 3),
        LOG1P("log1p", Math::log1p, Tensor::log1p, 1), EXPM1("expm1", Math::expm1, Tensor::expm1, 1);

        final String key;
        final DoubleUnaryOperator f;
        final UnaryOperator<Tensor> operation;
        final int ulps;

        Function(String key, DoubleUnaryOperator f, UnaryOperator<Tensor> operation, int ulps) {
            this.key = key;
            this.f = f;
            this.operation = operation;
            this.ulps = ulps;
        }

        double[] x() { return GOLDEN.named(key).doubles("input.x"); }

        double[] y() { return GOLDEN.named(key).doubles("expected.y"); }
    }

    /** Digamma crosses zero above 1, and it and lgamma below 0: there the unit is that of one. */
    private static double unit(Function function, double x, double y) {
        boolean crosses = function == Function.DIGAMMA || function == Function.LGAMMA && x < 0;
        return Math.ulp(crosses ? Math.max(1, Math.abs(y)) : y);
    }

    @ParameterizedTest
    @EnumSource void eachIsWithinAFewUnitsOfTheLastPlace(Function function) {
        double[] x = function.x(), y = function.y();
        for (int i = 0; i < x.length; i++) {
            double actual = function.f.applyAsDouble(x[i]);
            assertThat(Math.abs(actual - y[i]) / unit(function, x[i], y[i]))
                    .as(function.key + "(" + x[i] + ") = " + actual + ", not " + y[i]).isLessThanOrEqualTo(function.ulps);
        }
    }

    @ParameterizedTest
    @EnumSource void tensorsGiveTheSameBits(Function function) {
        var x = function.x();
        var expected = new double[x.length];
        for (int i = 0; i < x.length; i++) expected[i] = function.f.applyAsDouble(x[i]);
        Backend.with(Backend.named("scalar"),
                () -> assertThat(function.operation.apply(Tensor.of(x)).toDoubleArray()).containsExactly(expected));
    }

    @ParameterizedTest
    @EnumSource void singlePrecisionIsTheRoundedResult(Function function) {
        var x = Tensor.of(function.x()).to(DType.F32);
        float[] in = x.toFloatArray(), out = function.operation.apply(x).toFloatArray();
        for (int i = 0; i < in.length; i++) {
            float exact = (float) function.f.applyAsDouble(in[i]);
            if (Float.isFinite(exact))
                assertThat(Math.abs(out[i] - exact)).as(function.key + "(" + in[i] + ")").isLessThanOrEqualTo(Math.ulp(exact));
            else assertThat(out[i]).as(function.key + "(" + in[i] + ")").isEqualTo(exact);
        }
    }

    /** As SciPy at poles, infinities and NaN, but for lgamma(-inf): SciPy gives -inf; C, PyTorch and we inf. */
    @Test void edgesAreSciPys() {
        var c = GOLDEN.named("edges");
        double[] x = c.doubles("input.x"), lgamma = c.doubles("expected.lgamma");
        lgamma[5] = Double.POSITIVE_INFINITY;
        assertThat(map(Special::lgamma, x)).containsExactly(lgamma);
        assertThat(map(Special::digamma, x)).containsExactly(c.doubles("expected.digamma"));
        assertThat(map(Special::erf, x)).containsExactly(c.doubles("expected.erf"), within(2e-16));
        assertThat(map(Special::erfc, x)).containsExactly(c.doubles("expected.erfc"), within(3e-16));
        var inverse = GOLDEN.named("erfinv edges");
        assertThat(map(Special::erfinv, inverse.doubles("input.x"))).containsExactly(inverse.doubles("expected.erfinv"));
    }

    private static double[] map(DoubleUnaryOperator f, double... x) { return Arrays.stream(x).map(f).toArray(); }

    @Test void hurwitzZetaReachesFarWhereItsTermsUnderflow() {
        assertThat(Special.polygamma(1, 1e300)).isEqualTo(1e-300);
        assertThat(Special.hurwitzZeta(2, 1)).isEqualTo(Math.PI * Math.PI / 6, within(5e-16));
    }
}
