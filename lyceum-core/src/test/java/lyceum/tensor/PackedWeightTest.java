package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.Settings;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PackedWeightTest {
    static Stream<Backend> settings() { return Settings.all().values().stream(); }

    /** Whole numbers, so that every sum is exact. */
    private static Tensor whole(DType type, long seed, long... shape) {
        return Tensor.randint(Rng.of(seed), -3, 4, shape).to(type).compute();
    }

    @ParameterizedTest
    @MethodSource("settings") void convolutionsAreThoseOfTheWeightAsItLies(Backend backend) {
        var how = new Convolution().withPadding(1);
        Backend.with(backend, () -> {
            for (var type : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16}) for (int groups : new int[] {1, 2}) {
                Tensor x = whole(type, 1, 2, 36, 7, 9), weight = whole(type, 2, 34, 36 / groups, 3, 3), bias = whole(type, 3, 34);
                var each = how.withGroups(groups).withStride(groups);
                assertThat(x.conv(PackedWeight.of(weight), bias, each, Op.RELU).to(DType.F64).toDoubleArray())
                        .as(type + ", %s groups", groups).isEqualTo(x.to(DType.F64).conv(weight.to(DType.F64), null, each).to(type)
                                .add(bias.reshape(34, 1, 1)).relu().to(DType.F64).toDoubleArray());
            }
        });
    }

    /** What is packed where there are tiles, and lowered ones elsewhere, is in TileConvolutionTest; this is the door that users take. */
    @Test void aWriteToTheWeightIsSeen() {
        Tensor x = whole(DType.BF16, 1, 1, 32, 24, 24), weight = whole(DType.BF16, 2, 32, 32, 3, 3);
        var packed = PackedWeight.of(weight);
        var before = x.conv(packed, null, new Convolution(), null).toFloatArray();
        weight.mul_(Tensor.full(DType.BF16, 2));
        var after = x.conv(packed, null, new Convolution(), null).toFloatArray();
        for (int i = 0; i < before.length; i++) before[i] *= 2;
        assertThat(after).isEqualTo(before);
    }

    @Test void inputAndBiasHaveGradients() {
        Tensor x = whole(DType.F64, 1, 1, 3, 5, 5).requiresGrad(), bias = whole(DType.F64, 2, 4).requiresGrad(),
                weight = whole(DType.F64, 3, 4, 3, 3, 3);
        x.conv(PackedWeight.of(weight), bias, new Convolution(), null).square().sum().backward();
        Tensor y = x.detach().requiresGrad(), more = bias.detach().requiresGrad();
        y.conv(weight, more, new Convolution()).square().sum().backward();
        assertThat(x.grad().toDoubleArray()).isEqualTo(y.grad().toDoubleArray());
        assertThat(bias.grad().toDoubleArray()).isEqualTo(more.grad().toDoubleArray());
    }

    @Test void whatIsNoWeightIsRefused() {
        assertThatThrownBy(() -> PackedWeight.of(Tensor.zeros(3, 4))).isInstanceOf(ShapeException.class)
                .hasMessage("PackedWeight: a tensor of shape (3, 4); it is (outputs, inputs / groups, kernel..) with 1 to 3 kernel axes");
        assertThatThrownBy(() -> PackedWeight.of(Tensor.zeros(DType.I32, 3, 4, 1))).isInstanceOf(DTypeException.class)
                .hasMessage("PackedWeight: the weight is I32; it is of floats");
        assertThat(PackedWeight.of(Tensor.zeros(3, 4, 1))).hasToString("PackedWeight (3, 4, 1) of F32");
    }
}
