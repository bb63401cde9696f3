package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where exp is 0, as it is of every score that is hidden: each way to compute gives the scalar backend's bits, and those are right. */
class VanishedPowersTest {
    private static final double[] GONE = {Double.NEGATIVE_INFINITY, -104, -105.5, -1e30, -0x1.fffffep127},
            GONE_WIDE = {Double.NEGATIVE_INFINITY, -746, -750.5, -1e30, -1e300, -Double.MAX_VALUE};

    static Stream<Op> functions() { return Stream.of(Op.EXP, Op.SIGMOID, Op.SOFTPLUS); }

    private static double least(DType type) { return type == DType.F64 ? -745.1 : -103.9; }

    private static double[] results(Backend backend, Op op, Tensor x) {
        var y = new double[1][];
        Backend.with(backend, () -> y[0] = (op == Op.EXP ? x.exp() : op == Op.SIGMOID ? x.sigmoid() : x.softplus()).toDoubleArray());
        return y[0];
    }

    @ParameterizedTest
    @MethodSource("functions") void areZerosToTheBit(Op op) {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            double[] gone = type == DType.F64 ? GONE_WIDE : GONE, x = new double[37];
            for (int i = 0; i < x.length; i++) x[i] = i % 3 == 0 ? 0 : i % 3 == 1 ? gone[i % gone.length] : -gone[i % gone.length];
            x[36] = Double.NaN;
            x[33] = least(type);
            var numbers = Tensor.of(x).to(type).compute();
            double[] expected = results(Backend.named("scalar"), op, numbers);
            for (var setting : Settings.all().entrySet()) {
                double[] y = results(setting.getValue(), op, numbers);
                for (int i = 0; i < x.length; i++)
                    if (i % 3 != 0 || i >= 33) assertThat(Double.compare(y[i], expected[i]))
                            .as("%s(%s) of %s on %s: %s", op, x[i], type, setting.getKey(), y[i]).isZero();
                assertThat(Double.doubleToRawLongBits(y[1])).as("%s(%s) of %s on %s", op, x[1], type, setting.getKey()).isZero();
                assertThat(y[33]).isEqualTo(type == DType.F64 ? Double.MIN_VALUE : Float.MIN_VALUE);
            }
        }
    }
}
