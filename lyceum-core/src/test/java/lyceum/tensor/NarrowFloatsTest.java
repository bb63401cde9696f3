package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is made of sums in F16 and BF16, against the same in F64 on the same numbers: rounded once, however large or small what lies between. In every setting,
 * fused or not.
 */
class NarrowFloatsTest {
    private static final DType[] NARROW = {DType.F16, DType.BF16};
    /** What a logarithm of about 16 loses in F32, which shows where the result is near 0. */
    private static final double LOGARITHM = 0x1p-20;

    static List<Setting> settings() { return Setting.all(); }

    private static Map<String, UnaryOperator<Tensor>> reductions(int... axes) {
        var all = new LinkedHashMap<String, UnaryOperator<Tensor>>();
        all.put("mean", x -> x.mean(axes));
        all.put("mean, kept", x -> x.mean(axes, true));
        all.put("variance", x -> x.var(axes));
        all.put("deviation", x -> x.std(axes, 0, false));
        all.put("log sum exp", x -> x.logSumExp(axes));
        if (axes.length == 0) all.put("norm", Tensor::norm);
        if (axes.length != 1) return all;
        all.put("softmax", x -> x.softmax(axes[0]));
        all.put("log softmax", x -> x.logSoftmax(axes[0]));
        return all;
    }

    /** Within {@code halves} halves of a unit in the last place, and a hundredth for what is lost in F32; beyond the type infinite. */
    private static void near(String what, Tensor narrow, Tensor exact, double halves) {
        boolean isF16 = narrow.dtype() == DType.F16;
        assertThat(narrow.dtype()).as(what).isIn((Object[]) NARROW);
        assertThat(narrow.shape()).as(what).isEqualTo(exact.shape());
        double[] a = narrow.toDoubleArray(), e = exact.toDoubleArray(), rounded = exact.to(narrow.dtype()).toDoubleArray();
        double relative = (halves + 0.01) * Math.scalb(1.0, isF16 ? -11 : -8),
                least = what.contains("log") ? LOGARITHM : halves * (isF16 ? 0x1.01p-25 : 0);
        for (int i = 0; i < e.length; i++)
            if (a[i] != rounded[i]) assertThat(Math.abs(a[i] - e[i])).as("%s: %s, exactly %s", what, a[i], e[i])
                    .isLessThanOrEqualTo(least + relative * Math.abs(e[i]));
    }

    private static Tensor numbers(DType type, long... shape) {
        return Tensor.randn(Rng.of(7), DType.F64, shape).mul(3).add(1).to(type).compute();
    }

    @ParameterizedTest
    @MethodSource("settings") void reductionsRoundOnce(Setting setting) {
        setting.run(() -> {
            for (var type : NARROW) {
                var given = List.of(numbers(type, 300, 300), numbers(type, 7, 33), numbers(type, 2, 1500).mul(20));
                for (var x : given) for (var axes : new int[][] {{}, {0}, {1}, {0, 1}}) reductions(axes).forEach((name, f) -> {
                    near(type + " " + name, f.apply(x), f.apply(x.to(DType.F64)), 1);
                    near(type + " " + name + " of a chain", f.apply(x.neg()), f.apply(x.to(DType.F64).neg()), 1);
                });
            }
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void countsAndSumsBeyondTheTypeAreNone(Setting setting) {
        setting.run(() -> {
            for (var type : NARROW) for (long[] shape : new long[][] {{70_000}, {70_000, 1}, {35_000, 2}}) {
                for (double value : new double[] {1, 0.001, 300}) {
                    var x = Tensor.full(type, value, shape);
                    for (var axes : new int[][] {{}, {0}}) reductions(axes).forEach((name, f) -> {
                        if (!name.equals("variance") && !name.equals("deviation"))
                            near(type + " " + name + " of " + value, f.apply(x), f.apply(x.to(DType.F64)), 1);
                    });
                    assertThat(x.var().item()).isZero();
                }
                near("softmax", Tensor.zeros(type, shape).softmax(0), Tensor.full(DType.F64, 1.0 / shape[0], shape), 1);
            }
            var thousands = Tensor.full(DType.F16, 1000, 70);
            assertThat(thousands.mean().item()).isEqualTo(1000);
            assertThat(thousands.norm().item()).isEqualTo(8368); // 1000 sqrt(70) = 8366.6
            assertThat(thousands.sum().item()).as("what is beyond the type is infinite").isInfinite();
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void manyTermsIntoOnePlaceAreSummedBeforeTheyAreRounded(Setting setting) {
        setting.run(() -> {
            for (var type : NARROW) {
                var all = Tensor.zeros(DType.I64, 3000);
                near("scatterAdd", Tensor.zeros(type, 2).scatterAdd(0, all, Tensor.ones(type, 3000)), Tensor.of(3000.0, 0), 1);
                near("segmentSum", Tensor.ones(type, 3000).segmentSum(all, 1), Tensor.of(3000.0), 1);
                // as an embedding's
                near("gradient of gather", Autograd.grad(x -> x.gather(0, all).sum()).apply(Tensor.ones(type, 2)), Tensor.of(3000.0, 0), 1);
            }
        });
    }

    /** The gradient of a sum of {@code f}, forwards and backwards. */
    @ParameterizedTest
    @MethodSource("settings") void derivativesRoundOnce(Setting setting) {
        setting.run(() -> {
            for (var type : NARROW) for (var shape : new long[][] {{7, 33}, {300, 300}}) {
                var x = numbers(type, shape);
                var t = numbers(type, shape[1], shape[0]).transpose().copy();
                for (var axes : new int[][] {{}, {0}, {1}}) reductions(axes).forEach((name, f) -> {
                    near(type + " gradient of " + name, Autograd.grad(v -> first(f.apply(v))).apply(x),
                            Autograd.grad(v -> first(f.apply(v))).apply(x.to(DType.F64)), halves(name));
                });
                for (var axes : new int[][] {{}, {0}, {1}})
                    near(type + " tangent of a mean", Autograd.jvp(v -> v.mean(axes), x, t),
                            Autograd.jvp(v -> v.mean(axes), x.to(DType.F64), t.to(DType.F64)), 1);
            }
        });
    }

    /** Gradients of shares are made of the shares as they were rounded, those of their logarithms (up to 16) of these. */
    private static double halves(String name) { return name.equals("log softmax") ? 20 : name.equals("softmax") ? 4 : 1; }

    /** One result of many: so that what flows back is 1 there, and exact. */
    private static Tensor first(Tensor y) { return y.reshape(-1).narrow(0, 0, 1).sum(); }
}
