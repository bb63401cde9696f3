package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Indices, shapes and numbers at and beyond their bounds. */
class BoundsTest {
    private final Tensor x = Tensor.arange(5).copy();

    @Test void aSliceNeverLeavesItsTensor() {
        assertThat(x.slice(0, 4, Index.OPEN, -1).toLongArray()).containsExactly(4, 3, 2, 1, 0);
        assertThatThrownBy(() -> x.slice(0, 5, -1, -1)).isInstanceOf(ShapeException.class).hasMessageContaining("slice: 5 to -1");
        assertThatThrownBy(() -> x.slice(0, 4, -6, -1)).isInstanceOf(ShapeException.class).hasMessageContaining("slice: 4 to -6");
        assertThatThrownBy(() -> x.slice(0, 0, 6, 1)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.slice(0, -6, 5, 1)).isInstanceOf(ShapeException.class);
        assertThat(x.slice(0, 0, 5, Long.MAX_VALUE).toLongArray()).containsExactly(0);
        assertThat(x.slice(0, 4, Index.OPEN, Long.MIN_VALUE).toLongArray()).containsExactly(4);
        assertThat(x.slice(0, 5, 5, 1).toLongArray()).isEmpty();
        assertThat(Tensor.zeros(0).slice(0, 0, 0, 1).count()).isZero();
        assertThat(Tensor.zeros(0).slice(0, Index.OPEN, Index.OPEN, -1).count()).isZero();
    }

    @Test void aRangeBackwardsNeverLeavesItsTensor() {
        assertThat(x.get(Index.range(9, -99, -1)).toLongArray()).containsExactly(4, 3, 2, 1, 0);
        assertThat(x.get(Index.range(9, -1, -1)).count()).as("-1 is the last, as in Python").isZero();
        assertThat(x.get(Index.range(4, 0, -2)).toLongArray()).containsExactly(4, 2);
        assertThat(x.get(Index.range(2, 99)).toLongArray()).containsExactly(2, 3, 4);
        assertThat(x.get(Index.from(7)).count()).isZero();
    }

    @Test void narrowTakesALengthAndCountsFromTheEnd() {
        assertThat(x.narrow(0, -2, 2).toLongArray()).containsExactly(3, 4);
        assertThatThrownBy(() -> x.narrow(0, 0, -1)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.narrow(0, 4, 2)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.narrow(0, 1, Long.MAX_VALUE)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.split(0, 6, -1)).isInstanceOf(ShapeException.class);
    }

    @Test void productsOverNothingAreZeroAndSoAreTheirGradients() {
        var a = Tensor.zeros(DType.F64, 2, 3, 0);
        var b = Tensor.zeros(DType.F64, 0, 4);
        assertThat(a.matmul(b).toDoubleArray()).hasSize(24).containsOnly(0);
        assertThat(Tensor.zeros(2, 0, 0).matmul(Tensor.zeros(0, 0)).shape()).isEqualTo(Shape.of(2, 0, 0));
        assertThat(Autograd.grad(t -> a.matmul(t).sum()).apply(b).shape()).isEqualTo(Shape.of(0, 4));
        assertThat(Autograd.grad(t -> t.matmul(b).sum()).apply(a).shape()).isEqualTo(Shape.of(2, 3, 0));
    }

    @Test void aShapeBeyondWhatCanBeCountedIsRefused() {
        assertThatThrownBy(() -> Tensor.zeros(1L << 32, 1L << 32)).isInstanceOf(ShapeException.class).hasMessageContaining("4294967296");
        assertThatThrownBy(() -> Tensor.scalar(1).expand(1L << 40, 1L << 40)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.zeros(1L << 40, 1).add(Tensor.zeros(1, 1L << 40))).isInstanceOf(ShapeException.class);
        assertThat(Tensor.zeros(1L << 40, 0, 1L << 40).count()).isZero();
        assertThatThrownBy(() -> x.reshape(1L << 32, 1L << 32)).isInstanceOf(ShapeException.class);
    }

    @Test void floatsToIntegersTruncateAndSaturate() {
        var values = Tensor.of(300.7, -300.7, 127.9, -1.5, Double.NaN, Double.POSITIVE_INFINITY, 1e30);
        for (var type : new DType[] {DType.F64, DType.F32, DType.BF16, DType.F16}) {
            var x = values.to(type);
            assertThat(x.to(DType.I8).toIntArray()).containsExactly(127, -128, 127, -1, 0, 127, 127);
            assertThat(x.to(DType.U8).toIntArray()).containsExactly(255, 0, type == DType.BF16 ? 128 : 127, 0, 0, 255, 255);
            assertThat(x.to(DType.I32).toIntArray()[5]).isEqualTo(Integer.MAX_VALUE);
            assertThat(x.to(DType.I64).toLongArray()[5]).isEqualTo(Long.MAX_VALUE);
        }
        assertThatThrownBy(() -> Tensor.full(DType.I8, -500, 3)).isInstanceOf(lyceum.DTypeException.class).hasMessageContaining("-500");
        assertThatThrownBy(() -> Tensor.full(DType.I32, 1e12, 3)).isInstanceOf(lyceum.DTypeException.class);
        assertThat(Tensor.of(300, -129, 128).to(DType.I8).toIntArray()).as("integers wrap").containsExactly(44, 127, -128);
    }

    @Test void uniformDrawsStayBelowOneInEveryType() {
        for (var type : new DType[] {DType.F16, DType.BF16, DType.F32, DType.F64}) {
            var u = Tensor.rand(Rng.of(5), type, 20_000);
            assertThat(u.max().item()).as(type.name()).isLessThan(1);
            assertThat(u.min().item()).isGreaterThanOrEqualTo(0);
            assertThat(u.to(DType.F64).mean().item()).isBetween(0.49, 0.51);
        }
    }

    @Test void integersAtTheEndsOfTheirRange() {
        assertThat(Tensor.randint(Rng.of(1), Long.MIN_VALUE, Long.MAX_VALUE, 100).abs().max().item()).isGreaterThan(1e18);
        assertThatThrownBy(() -> Tensor.arange(1L << 40)).isInstanceOf(OutOfMemoryError.class).hasMessageContaining("budget of");
        assertThat(Tensor.of(Long.MIN_VALUE, Long.MAX_VALUE, 3).sort(0, true).values().toLongArray()).containsExactly(Long.MAX_VALUE, 3,
                Long.MIN_VALUE);
        assertThat(Tensor.of(Long.MAX_VALUE, Long.MAX_VALUE - 1).argmax().itemLong()).isZero();
    }

    @Test void negativeIntegerExponentsNameTheCall() {
        assertThatThrownBy(() -> Tensor.arange(N).pow(Tensor.arange(N).sub(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pow");
        assertThatThrownBy(() -> Tensor.arange(N).reshape(-1, 1).gather(0, Tensor.arange(N).add(1).reshape(-1, 1)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("gather");
        assertThatThrownBy(() -> Tensor.arange(N).oneHot(DType.F32, 5)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("oneHot");
    }

    private static final int N = 1000;
}
