package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Graph;
import lyceum.backend.Backend;
import lyceum.backend.Settings;
import lyceum.random.Rng;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PackedMatrixTest {
    static Stream<Backend> settings() { return Settings.all().values().stream(); }

    private static final int[][] SIZES = {{1, 1, 1}, {1, 70, 49}, {2, 7, 97}, {3, 385, 48}, {8, 769, 145}, {17, 33, 100}, {33, 400, 31},
            {130, 1600, 60}};

    /** Whole numbers, so that every sum is exact. */
    private static Tensor whole(DType type, long seed, long... shape) {
        boolean unsigned = type == DType.U8, small = type.bytes() > 1;
        return Tensor.randint(Rng.of(seed), unsigned ? 0 : small ? -3 : -128, unsigned ? 256 : small ? 4 : 128, shape).to(type).compute();
    }

    @ParameterizedTest
    @MethodSource("settings") void productsAreThoseOfTheMatrixAsItLies(Backend backend) {
        Backend.with(backend, () -> {
            for (var type : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16, DType.I32}) for (var s : SIZES) {
                Tensor x = whole(type, 1, s[0], s[1]), w = whole(type, 2, s[1], s[2]), turned = whole(type, 3, s[2], s[1]).transpose();
                assertThat(x.matmul(PackedMatrix.of(w)).to(DType.F64).toDoubleArray()).as(type + " %s %s %s", s[0], s[1], s[2])
                        .isEqualTo(x.matmul(w).to(DType.F64).toDoubleArray());
                assertThat(x.matmul(PackedMatrix.of(turned)).to(DType.F64).toDoubleArray()).as(type + " turned")
                        .isEqualTo(x.matmul(turned).to(DType.F64).toDoubleArray());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("settings") void bytesOfAnySignAreSummedInWholeNumbers(Backend backend) {
        Backend.with(backend, () -> {
            for (var left : new DType[] {DType.I8, DType.U8}) for (var right : new DType[] {DType.I8, DType.U8}) for (var s : SIZES) {
                Tensor x = whole(left, 1, s[0], s[1]), w = whole(right, 2, s[1], s[2]);
                assertThat(x.matmul(PackedMatrix.of(w)).toLongArray()).as(left + " x " + right + " %s %s %s", s[0], s[1], s[2])
                        .isEqualTo(x.matmul(w, DType.I32).toLongArray());
            }
        });
    }

    @Test void panelsOfOneBackendAreNotReadByAnother() {
        Tensor x = whole(DType.F32, 1, 8, 768), w = whole(DType.F32, 2, 768, 768);
        var packed = PackedMatrix.of(w);
        for (int round = 0; round < 2; round++)
            for (var backend : Settings.all().values())
                Backend.with(backend, () -> assertThat(x.matmul(packed).toDoubleArray()).isEqualTo(x.matmul(w).toDoubleArray()));
    }

    @Test void theGradientRefusesAMatrixThatWasWrittenToMeanwhile() {
        Tensor x = Tensor.randn(Rng.of(1), 3, 50).requiresGrad(), w = Tensor.randn(Rng.of(2), 50, 40).compute();
        var loss = x.matmul(PackedMatrix.of(w)).sum();
        w.mul_(2);
        assertThatThrownBy(loss::backward).isInstanceOf(lyceum.LyceumException.class).hasMessageContaining("in place");
    }

    @Test void aTracedProductReadsTheMatrixItIsGiven() {
        Tensor x = whole(DType.F32, 1, 3, 5), w = whole(DType.F32, 2, 5, 4), other = whole(DType.F32, 3, 5, 4);
        var graph = Graph.trace(in -> new Tensor[] {in[0].matmul(PackedMatrix.of(in[1]))}, x, w);
        assertThat(graph.run(x, other)[0].toDoubleArray()).isEqualTo(x.matmul(other).toDoubleArray());
    }

    @Test void leadingAxesAreRowsAndAVectorIsOne() {
        Tensor x = Tensor.randn(Rng.of(1), 2, 3, 5), w = Tensor.randn(Rng.of(2), 5, 4);
        var packed = PackedMatrix.of(w);
        assertThat(x.matmul(packed).shape()).isEqualTo(Shape.of(2, 3, 4));
        assertThat(x.matmul(packed).toDoubleArray()).containsExactly(x.matmul(w).toDoubleArray(), Offset.offset(1e-5));
        assertThat(x.get(0).get(0).matmul(packed).shape()).isEqualTo(Shape.of(4));
    }

    @Test void aWriteToTheMatrixIsSeenByTheNextProduct() {
        Tensor x = Tensor.randn(Rng.of(1), 3, 50).compute(), w = Tensor.randn(Rng.of(2), 50, 40).compute();
        var packed = PackedMatrix.of(w);
        var before = x.matmul(packed).toDoubleArray();
        w.mul_(Tensor.of(2f));
        var after = x.matmul(packed).toDoubleArray();
        for (int i = 0; i < before.length; i++) assertThat(after[i]).isEqualTo(2 * before[i]);
    }

    @Test void theLeftOperandHasItsGradient() {
        Tensor x = Tensor.randn(Rng.of(1), 3, 5).compute().requiresGrad(), y = x.detach().copy().requiresGrad(),
                w = Tensor.randn(Rng.of(2), 5, 4);
        x.matmul(PackedMatrix.of(w)).square().sum().backward();
        y.matmul(w).square().sum().backward();
        assertThat(x.grad().toDoubleArray()).containsExactly(y.grad().toDoubleArray(), Offset.offset(1e-5));
    }

    @Test void operandsThatDoNotFitAreNamed() {
        var packed = PackedMatrix.of(Tensor.zeros(3, 4));
        assertThatThrownBy(() -> Tensor.zeros(2, 5).matmul(packed)).isInstanceOf(ShapeException.class)
                .hasMessage("matmul: (2, 5) x (3, 4): the last axis of the left operand must be 3");
        assertThatThrownBy(() -> Tensor.zeros(DType.F64, 2, 3).matmul(packed)).isInstanceOf(DTypeException.class)
                .hasMessageContaining("matmul: F64 x packed F32");
        assertThatThrownBy(() -> PackedMatrix.of(Tensor.zeros(3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("it is a matrix (k, n)");
    }

    @Test void emptyProductsAreZeros() {
        assertThat(Tensor.zeros(2, 0).matmul(PackedMatrix.of(Tensor.zeros(0, 3))).toDoubleArray()).containsOnly(0).hasSize(6);
        assertThat(Tensor.zeros(0, 4).matmul(PackedMatrix.of(Tensor.zeros(4, 3))).shape()).isEqualTo(Shape.of(0, 3));
    }
}
