package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where numbers once differed from what NumPy and PyTorch give: whole longs, the order of NaN, infinities and nothing at all. In every setting, fused or not. */
class ReferenceDifferencesTest {
    private static final double NAN = Double.NaN, INF = Double.POSITIVE_INFINITY;
    /** The first whole number that no double is. */
    private static final long ODD = (1L << 53) + 1;

    static List<Setting> settings() { return Setting.all(); }

    // Whole numbers.

    @ParameterizedTest
    @MethodSource("settings") void longsKeepAllTheirDigits(Setting setting) {
        setting.run(() -> {
            for (long n : new long[] {ODD, -ODD, Long.MAX_VALUE - 1, Long.MIN_VALUE + 2}) {
                var x = Tensor.full(DType.I64, n, 3);
                assertThat(x.toLongArray()).containsOnly(n);
                assertThat(x.eq(n).toBooleanArray()).containsOnly(true);
                assertThat(x.eq(n + 1).toBooleanArray()).containsOnly(false);
                assertThat(x.ne(n - 1).toBooleanArray()).containsOnly(true);
                assertThat(x.lt(n + 1).and(x.le(n)).and(x.gt(n - 1)).and(x.ge(n)).toBooleanArray()).containsOnly(true);
                assertThat(x.lt(n).or(x.le(n - 1)).or(x.gt(n)).or(x.ge(n + 1)).toBooleanArray()).containsOnly(false);
                assertThat(x.sub(n).toLongArray()).containsOnly(0);
                assertThat(x.rsub(n + 1).toLongArray()).containsOnly(1);
                assertThat(x.mul(0).add(n).toLongArray()).containsOnly(n);
                assertThat(x.mul(0).add(3).mul(n).toLongArray()).containsOnly(3 * n);
                assertThat(x.mod(n).toLongArray()).containsOnly(0);
                assertThat(x.floorDiv(n).toLongArray()).containsOnly(1);
                assertThat(x.maximum(n + 1).toLongArray()).containsOnly(n + 1);
                assertThat(x.minimum(n - 1).toLongArray()).containsOnly(n - 1);
                assertThat(x.clamp(n - 1, n - 1).toLongArray()).containsOnly(n - 1);
                assertThat(x.maskedFill(x.eq(n), n - 1).toLongArray()).containsOnly(n - 1);
                var y = Tensor.zeros(DType.I64, 3).copy();
                assertThat(y.fill_(n).toLongArray()).containsOnly(n);
                assertThat(y.add_(1).sub_(n).toLongArray()).containsOnly(1);
                assertThat(y.mul_(n).toLongArray()).containsOnly(n);
                assertThat(y.set_(n - 1, Index.at(0)).toLongArray()).containsExactly(n - 1, n, n);
            }
            assertThat(Tensor.of(-1L).pow(ODD).toLongArray()).containsExactly(-1);
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void aNumberBeyondAnIntegerTypeTakesTheNextThatHoldsIt(Setting setting) {
        setting.run(() -> {
            var x = Tensor.of(Integer.MAX_VALUE, 16_777_217);
            assertThat(x.eq(16_777_217).toBooleanArray()).containsExactly(false, true);
            assertThat(x.add(1).toIntArray()).containsExactly(Integer.MIN_VALUE, 16_777_218);
            assertThat(x.add(1L << 32).toLongArray()).containsExactly((1L << 32) + Integer.MAX_VALUE, (1L << 32) + 16_777_217);
            assertThat(Tensor.of(1L).add(0x1p63).toDoubleArray()).containsExactly(0x1p63);
            assertThat(Tensor.of(1L).lt(1e300).toBooleanArray()).containsExactly(true);
            assertThatThrownBy(() -> Tensor.full(DType.I64, 0x1p63, 1)).isInstanceOf(DTypeException.class)
                    .hasMessageContaining("9.22337203685477");
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void aNumberBeyondAFloatTypeWidensIt(Setting setting) {
        setting.run(() -> {
            var x = Tensor.full(DType.F16, 7, 2);
            assertThat(x.div(70_000).toDoubleArray()).containsOnly(1e-4);
            assertThat(x.mul(1e5).toDoubleArray()).containsOnly(7e5);
            assertThat(x.lt(70_000).toBooleanArray()).containsOnly(true);
            assertThat(x.add(65_504).dtype()).isEqualTo(DType.F16);
            assertThat(x.add(65_520).dtype()).isEqualTo(DType.F64);
            assertThat(x.maximum(-INF).dtype()).isEqualTo(DType.F16);
            assertThat(x.to(DType.BF16).add(1e38).dtype()).isEqualTo(DType.BF16);
            assertThat(x.to(DType.BF16).add(3.4e38).dtype()).isEqualTo(DType.F64);
            assertThat(Tensor.of(1f).mul(1e39).toDoubleArray()).containsExactly(1e39);
        });
    }

    // The order of NaN.

    @ParameterizedTest
    @MethodSource("settings") void nanIsTheLargest(Setting setting) {
        setting.run(() -> {
            for (var type : new DType[] {DType.F16, DType.BF16, DType.F32, DType.F64}) {
                var x = Tensor.of(1, NAN, 3, -INF, NAN, INF).to(type);
                assertThat(x.sort(0).values().toDoubleArray()).containsExactly(-INF, 1, 3, INF, NAN, NAN);
                assertThat(x.argsort(0).toLongArray()).containsExactly(3, 0, 2, 5, 1, 4);
                assertThat(x.sort(0, true).values().toDoubleArray()).containsExactly(NAN, NAN, INF, 3, 1, -INF);
                assertThat(x.argsort(0, true).toLongArray()).containsExactly(1, 4, 5, 2, 0, 3);
                assertThat(x.topk(3, 0).values().toDoubleArray()).containsExactly(NAN, NAN, INF);
                assertThat(x.topk(3, 0).indices().toLongArray()).containsExactly(1, 4, 5);
                assertThat(x.max().item()).isNaN();
                assertThat(x.min().item()).isNaN();
                assertThat(x.argmax().itemLong()).isEqualTo(1);
                assertThat(x.argmin(0).itemLong()).isEqualTo(1);
                assertThat(x.cummax(0).toDoubleArray()).containsExactly(1, NAN, NAN, NAN, NAN, NAN);
                assertThat(x.cummin(0).toDoubleArray()).containsExactly(1, NAN, NAN, NAN, NAN, NAN);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void extremesOfAllKindsAgreeOnNaNInLongRows(Setting setting) {
        setting.run(() -> {
            for (var type : new DType[] {DType.F16, DType.F32, DType.F64}) for (int axis : new int[] {0, 1}) {
                var values = Tensor.randn(Rng.of(1), DType.F64, 40, 700).toDoubleArray();
                for (int i = 0; i < 40; i += 3) for (int j = 0; j < 2; j++) values[700 * i + 10 * i + 100 * j] = NAN;
                var rows = Tensor.of(values, 40, 700).to(type);
                var x = axis == 1 ? rows : rows.transpose().copy();
                double[] sorted = x.sort(axis, true).values().narrow(axis, 0, 1).reshape(40).toDoubleArray();
                assertThat(x.max(axis).toDoubleArray()).containsExactly(sorted);
                assertThat(x.topk(5, axis).values().narrow(axis, 0, 1).reshape(40).toDoubleArray()).containsExactly(sorted);
                assertThat(x.argmax(axis).toLongArray())
                        .containsExactly(x.argsort(axis, true).narrow(axis, 0, 1).reshape(40).toLongArray());
                for (int i = 0; i < 40; i += 3) {
                    assertThat(x.argmin(axis).itemLong(i)).isEqualTo(10L * i);
                    assertThat(x.min(axis).item(i)).isNaN();
                }
            }
        });
    }

    // Nothing, and infinity.

    @ParameterizedTest
    @MethodSource("settings") void ofNothingTheLogarithmOfASumIsThatOfZero(Setting setting) {
        setting.run(() -> {
            for (var type : new DType[] {DType.F16, DType.F32, DType.F64}) {
                var x = Tensor.zeros(type, 3, 0);
                assertThat(x.logSumExp(1).toDoubleArray()).containsExactly(-INF, -INF, -INF);
                assertThat(x.logSumExp(new int[] {1}, true).shape()).isEqualTo(Shape.of(3, 1));
                assertThat(x.logSumExp().item()).isEqualTo(-INF);
                assertThat(x.logSumExp(0).shape()).isEqualTo(Shape.of(0));
                assertThat(x.logSumExp(0, 1).item()).isEqualTo(-INF);
                for (int axis : new int[] {0, 1}) {
                    assertThat(x.softmax(axis).shape()).isEqualTo(x.shape());
                    assertThat(x.logSoftmax(axis).toDoubleArray()).isEmpty();
                    assertThat(Autograd.grad(t -> t.softmax(axis).sum()).apply(x).shape()).isEqualTo(x.shape());
                    assertThat(Autograd.grad(t -> t.logSumExp(axis).sum()).apply(x).shape()).isEqualTo(x.shape());
                }
                assertThat(LogSumExp.signed(x, x.onesLike(), 1).log().toDoubleArray()).containsExactly(-INF, -INF, -INF);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void aRowWithInfinityHasNoShares(Setting setting) {
        setting.run(() -> {
            for (var type : new DType[] {DType.F16, DType.BF16, DType.F32, DType.F64}) {
                var rows = Tensor.of(new double[][] {{1, INF, 2}, {INF, -INF, INF}, {NAN, 0, 1}, {0, -INF, -INF}, {-INF, -INF, -INF}});
                for (var x : new Tensor[] {rows.to(type), rows.transpose().copy().to(type).transpose()}) {
                    assertThat(x.softmax(1).toDoubleArray()).containsExactly(NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 1, 0, 0, 0, 0, 0);
                    assertThat(x.narrow(0, 0, 4).logSoftmax(1).toDoubleArray()).containsExactly(NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                            0, -INF, -INF);
                    assertThat(x.logSumExp(1).toDoubleArray()).containsExactly(INF, INF, NAN, 0, -INF);
                }
                assertThat(rows.to(type).transpose().copy().softmax(0).transpose().toDoubleArray())
                        .containsExactly(rows.to(type).softmax(1).toDoubleArray());
            }
        });
    }

    // Powers and other functions at their edges.

    @ParameterizedTest
    @MethodSource("settings") void powersAtTheEdgesAreThoseOfTheStandard(Setting setting) {
        setting.run(() -> {
            for (var type : new DType[] {DType.F16, DType.BF16, DType.F32, DType.F64}) {
                var x = Tensor.of(1, 1, 1, -1, -1, NAN, INF, 0, NAN, -1, -8, -2, -2, 0.5, 2).to(type);
                var y = Tensor.of(NAN, INF, -INF, INF, -INF, 0, 0, 0, 1, NAN, 0.5, 3, 2, INF, -INF).to(type);
                double[] expected = {1, 1, 1, 1, 1, 1, 1, 1, NAN, NAN, NAN, -8, 4, 0, 0};
                assertThat(x.pow(y).toDoubleArray()).containsExactly(expected);
                for (int i = 0; i < expected.length; i++) // alone, and with a number for exponent
                    assertThat(x.narrow(0, i, 1).pow(y.item(i)).toDoubleArray()).as("%s^%s", x.item(i), y.item(i))
                            .containsExactly(expected[i]);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void logGammaJustBelowZeroIsTheLogarithm(Setting setting) {
        setting.run(() -> {
            double[] x = {-5e-324, -1.5e-323, -1e-310, -1e-300, -1e-100, -1e-20, -0x1p-60, -0x1.1p-60, -1e-15, 5e-324, 1e-310};
            double[] y = Tensor.of(x).lgamma().toDoubleArray();
            for (int i = 0; i < x.length; i++) { // log |gamma(x)| = -log |x| - 0.577 x + ..
                double exact = -Math.log(Math.abs(x[i])) - 0.5772156649015329 * x[i];
                assertThat(y[i]).as("lgamma(%s)", x[i]).isCloseTo(exact, within(4 * Math.ulp(exact)));
            }
            assertThat(Tensor.of(-0.0, 0.0, -1).lgamma().toDoubleArray()).containsOnly(INF);
        });
    }

    /** Ties between two neighbours of the narrow type, and the doubles next to each tie: where a float on the way would be the tie. */
    @ParameterizedTest
    @MethodSource("settings") void doublesBecomeNarrowInOneRounding(Setting setting) {
        setting.run(() -> {
            for (var roundings : ROUNDINGS) {
                var type = roundings.type;
                double[] x = roundings.given, y = roundings.expected;
                roundings.check(Tensor.of(x).to(type).toDoubleArray(), "");
                roundings.check(Tensor.of(x).mul(1.0).to(type).to(DType.F64).toDoubleArray(), ", in a chain");
                for (int i = 0; i < x.length; i += 1001) { // constants
                    assertThat(Tensor.full(type, x[i], 2).toDoubleArray()).containsOnly(y[i]);
                    assertThat(Tensor.scalar(x[i]).to(type).toDoubleArray()).containsExactly(y[i]);
                }
                assertThat(Tensor.of(NAN, Double.longBitsToDouble(0x7FF0000000000001L)).to(type).isNaN().toBooleanArray())
                        .containsOnly(true);
            }
        });
    }

    private static final List<Roundings> ROUNDINGS = List.of(Roundings.to(DType.F16), Roundings.to(DType.BF16));

    /** Doubles and what they become. Hundreds of thousands: they are made once and compared as arrays, for all settings. */
    private record Roundings(DType type, double[] given, double[] expected) {
        static Roundings to(DType type) {
            int last = type == DType.F16 ? 0x7BFF : 0x7F7F, step = type == DType.F16 ? 1 : 3; // the largest finite number
            var given = DoubleStream.builder();
            var expected = DoubleStream.builder();
            for (int bits = 0; bits <= last; bits += step) {
                double low = number(type, bits), high = bits == last ? 2 * low - number(type, bits - 1) : number(type, bits + 1);
                double tie = (low + high) / 2, above = bits == last ? INF : high;
                for (int sign : new int[] {1, -1}) {
                    given.add(sign * Math.nextDown(tie)).add(sign * tie).add(sign * Math.nextUp(tie));
                    expected.add(sign * low).add(sign * (bits % 2 == 0 ? low : above)).add(sign * above);
                }
            }
            for (double x : new double[] {5e-324, -5e-324, Double.MAX_VALUE, INF, -INF}) given.add(x);
            for (double y : new double[] {0.0, -0.0, INF, INF, -INF}) expected.add(y);
            return new Roundings(type, given.build().toArray(), expected.build().toArray());
        }

        void check(double[] got, String where) {
            assertThat(got.length).isEqualTo(expected.length);
            int at = Arrays.mismatch(got, expected);
            if (at >= 0) throw new AssertionError(given[at] + " to " + type + where + " is " + got[at] + ", expected " + expected[at]);
        }
    }

    private static double number(DType type, int bits) {
        return type == DType.F16 ? Float.float16ToFloat((short) bits) : Float.intBitsToFloat(bits << 16);
    }
}
