package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.MeanSquaredError;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Losses and norms in F16 and BF16 over more numbers than F16 can count, against F64 on the same numbers. */
class NarrowFloatsTest {
    private static final double[] HALF_UNIT = {0x1p-11, 0x1p-8};

    private static double half(DType type) { return HALF_UNIT[type == DType.F16 ? 0 : 1]; }

    private static Tensor numbers(int seed, DType type, long... shape) {
        return Tensor.randn(Rng.of(seed), DType.F64, shape).to(type).compute();
    }

    private static void near(Tensor narrow, Tensor exact, double relative) { near(narrow, exact, relative, 0x1p-25); }

    private static void near(Tensor narrow, Tensor exact, double relative, double absolute) {
        double[] a = narrow.toDoubleArray(), e = exact.toDoubleArray();
        assertThat(a).hasSameSizeAs(e);
        for (int i = 0; i < a.length; i++) assertThat(a[i]).isCloseTo(e[i], within(absolute + relative * Math.abs(e[i])));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"}) void meansOfManyErrorsAreFinite(DType type) {
        Tensor x = numbers(1, type, 300, 300), y = numbers(2, type, 300, 300), w = Tensor.full(type, 3, 300).compute();
        Tensor wideX = x.to(DType.F64), wideY = y.to(DType.F64);
        double four = 4 * half(type); // residual, square and mean are rounded
        near(Loss.mse(x, y), Loss.mse(wideX, wideY), four);
        near(Loss.l1(x, y), Loss.l1(wideX, wideY), four);
        near(new MeanSquaredError().withOutputWeights(w).of(x, y), Loss.mse(wideX, wideY), four);
        near(new MeanSquaredError().withOutputWeights(w).perOutput(x, y), new MeanSquaredError().perOutput(wideX, wideY), four);
        // What comes from the mean, 1 / 90,000, has few digits in F16.
        near(Autograd.grad(t -> Loss.mse(t, y)).apply(x), Autograd.grad(t -> Loss.mse(t, wideY)).apply(wideX), four, 0x1p-21);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"}) void crossEntropyOfManyRowsAndOfManyClasses(DType type) {
        double four = 4 * half(type);
        var classes = Tensor.zeros(DType.I64, 70_000);
        near(new CrossEntropy().of(Tensor.zeros(type, 70_000, 3), classes), Tensor.scalar(Math.log(3)), four);
        assertThat(new CrossEntropy().of(Tensor.zeros(type, 70_000, 3), classes).dtype()).isEqualTo(type);
        Tensor wide = Tensor.zeros(type, 2, 70_000), two = Tensor.zeros(DType.I64, 2);
        for (var loss : new CrossEntropy[] {new CrossEntropy(), new CrossEntropy().withLabelSmoothing(0.1)}) {
            near(loss.of(wide, two), Tensor.scalar(Math.log(70_000)), four);
            near(Autograd.grad(t -> loss.of(t, two)).apply(wide), Autograd.grad(t -> loss.of(t, two)).apply(wide.to(DType.F64)), four);
        }
        near(new CrossEntropy().of(wide, Tensor.full(type, 1e-5, 2, 70_000)), Tensor.scalar(0.7 * Math.log(70_000)), four);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F16", "BF16"}) void batchNormLearnsFromManyLargeNumbers(DType type) {
        var x = numbers(3, type, 70_000, 2).mul(1000).add(2000).compute();
        var norm = new BatchNorm(2, 1e-5, 1, type);
        Tensor y = norm.forward(x, Pass.training(Rng.of(0))), wide = x.to(DType.F64);
        assertThat(y.dtype()).isEqualTo(type);
        near(norm.state().get("running_mean"), wide.mean(0), 2 * half(type));
        near(y, new BatchNorm(2, 1e-5, 1, DType.F64).forward(wide, Pass.training(Rng.of(0))), 4 * half(type));
        if (type == DType.BF16) near(norm.state().get("running_var"), wide.var(0), 2 * half(type)); // 10^6 is beyond F16
    }
}
