package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Pooling;
import lyceum.memory.Scope;
import lyceum.memory.Storage;
import lyceum.random.Rng;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More elements than an int counts, sizes that overflow a long, and memory that begins at odd addresses. Sparse files stand in for memory. */
class LargeTest {
    private static final long BEYOND = (1L << 31) + 5;
    @TempDir Path folder;

    /** A mapped file of zeros, but for the bytes that are given at their places. */
    private Storage sparse(Arena arena, long size, long[] places, byte[] bytes) throws IOException {
        var file = folder.resolve("sparse");
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ,
                StandardOpenOption.SPARSE)) {
            for (int i = 0; i < places.length; i++) channel.write(ByteBuffer.wrap(new byte[] {bytes[i]}), places[i]);
            if (channel.size() < size) channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            return Storage.wrap(channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
        } finally {
            Files.delete(file);
        }
    }

    @Test void elementsBeyondTwoToTheThirtyOneAreReached() throws IOException {
        try (var arena = Arena.ofShared()) {
            var x = Tensor.on(sparse(arena, BEYOND, new long[] {3, BEYOND - 2}, new byte[] {7, 9}), 0, DType.U8, BEYOND);
            assertThat(x.count()).isEqualTo(BEYOND);
            assertThat(x.item(3)).isEqualTo(7);
            assertThat(x.item(BEYOND - 2)).isEqualTo(9);
            assertThat(x.item(-2)).isEqualTo(9);
            assertThat(x.narrow(0, BEYOND - 4, 4).add(1).toIntArray()).containsExactly(1, 1, 10, 1);
            assertThat(x.slice(0, 3, BEYOND, BEYOND - 5).toIntArray()).containsExactly(7, 9);
            assertThat(x.flip(0).narrow(0, 0, 2).toIntArray()).containsExactly(0, 9);
            assertThat(x.indexSelect(0, Tensor.of(BEYOND - 2, 3L, BEYOND - 1)).toIntArray()).containsExactly(9, 7, 0);
            var matrix = x.narrow(0, 0, BEYOND - 1).reshape(-1, 4);
            assertThat(matrix.get(Index.at(-1)).toIntArray()).containsExactly(0, 0, 0, 9);
            assertThat(matrix.transpose().select(0, 3).item(-1)).isEqualTo(9);
        }
    }

    @Test
    @Tag("heavy") void wholeSumsAndPlacesBeyondTwoToTheThirtyOneAreRight() throws IOException {
        try (var arena = Arena.ofShared()) {
            var x = Tensor.on(sparse(arena, BEYOND, new long[] {3, BEYOND - 2}, new byte[] {7, 9}), 0, DType.U8, BEYOND);
            assertThat(x.sum().item()).isEqualTo(16);
            assertThat(x.argmax().item()).isEqualTo(BEYOND - 2);
            assertThat(x.max(0).item()).isEqualTo(9);
            assertThat(x.eq(9).any().item()).isEqualTo(1);
        }
    }

    @Test
    @Tag("heavy") void kernelsReachElementsBeyondTwoToTheThirtyOne() throws IOException {
        long rows = 65_600, columns = 32_768, n = rows * columns;
        try (var arena = Arena.ofShared()) {
            var x = Tensor.on(sparse(arena, 2 * n, new long[] {2 * n - 3}, new byte[] {0x40}), 0, DType.BF16, n); // 0x4000 is 2, the last but one
            var matrix = x.reshape(rows, columns);
            assertThat(x.item(-2)).isEqualTo(2);
            assertThat(x.sum().item()).isEqualTo(2);
            assertThat(matrix.sum(0).item(-2)).isEqualTo(2);
            assertThat(matrix.max(1).item(-1)).isEqualTo(2);
            assertThat(matrix.indexSelect(0, Tensor.of(rows - 1)).item(0, -2)).isEqualTo(2);
            var ones = Tensor.ones(DType.BF16, columns, 1);
            assertThat(matrix.matmul(ones).sum().item()).isEqualTo(2);
            assertThat(matrix.matmul(ones).item(-1, 0)).isEqualTo(2);
            assertThat(matrix.transpose().matmul(Tensor.ones(DType.BF16, rows, 1)).item(-2, 0)).isEqualTo(2);
            try (var scope = Scope.open("as many elements again")) {
                var y = x.mul(2).add(1).compute();
                assertThat(y.item(-2)).isEqualTo(5);
                assertThat(y.item(0)).isEqualTo(1);
                assertThat(y.gt(1).countNonZero().itemLong()).isEqualTo(1);
            }
        }
    }

    @Test void aStretchedViewHasAsManyElementsAsItSays() {
        var x = Tensor.of(1f, 2f).reshape(2, 1).expand(2, 3_000_000_000L);
        assertThat(x.count()).isEqualTo(6_000_000_000L);
        assertThat(x.item(1, 2_999_999_999L)).isEqualTo(2);
        assertThat(x.narrow(1, 2_999_999_990L, 10).sum(1).toFloatArray()).containsExactly(10, 20);
        assertThat(x.transpose().shape()).isEqualTo(Shape.of(3_000_000_000L, 2));
    }

    @Test void whatDoesNotFitSaysSoAtTheCall() {
        var x = Tensor.of(1f).expand(3_000_000_000L);
        assertThatThrownBy(x::toFloatArray).isInstanceOf(ShapeException.class).hasMessageContaining("toFloatArray")
                .hasMessageContaining("3000000000").hasMessageContaining("narrow");
        assertThatThrownBy(x::toLongArray).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.sort(0)).isInstanceOf(ShapeException.class).hasMessageContaining("sort")
                .hasMessageContaining("3000000000");
        assertThatThrownBy(() -> x.reshape(1, -1).transpose().matmul(Tensor.ones(1, 1))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("matmul").hasMessageContaining("2147483647");
        assertThatThrownBy(() -> x.narrow(0, 0, 1 << 20).reshape(-1, 1).matmul(Tensor.ones(1, 1 << 20)))
                .isInstanceOf(OutOfMemoryError.class).hasMessageContaining("budget of");
        assertThatThrownBy(() -> x.reshape(1, 1, -1).conv(Tensor.ones(1, 1, 1))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("conv").hasMessageContaining("2147483647");
        assertThatThrownBy(() -> Tensor.ones(1).expand(1, 1, 1 << 16, 1 << 16).maxPool(new Pooling(2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("2147483647");
        assertThatThrownBy(() -> new Attention().of(x.reshape(1, -1, 1), Tensor.ones(1, 5, 1), Tensor.ones(1, 5, 1)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("attention").hasMessageContaining("2147483647");
        assertThatThrownBy(() -> Tensor.zeros(1L << 32, 1L << 32)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("more elements than can be counted");
        assertThatThrownBy(() -> Tensor.zeros(3, Long.MAX_VALUE)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.zeros(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.reshape(1L << 40, 1L << 40)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.ones(2).pad(0, Long.MAX_VALUE, Long.MAX_VALUE, 0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.ones(2).pad(0, Long.MAX_VALUE / 16, 0, 0)).isInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(() -> Tensor.ones(1).expand(1L << 59).mul(2).compute()).isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("budget of");
        assertThatThrownBy(() -> Tensor.arange(1L << 50)).isInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(() -> Tensor.arange(0, 1e300, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too many steps");
        assertThatThrownBy(() -> Tensor.randint(Rng.of(1), 0, 9, 1L << 50)).isInstanceOf(OutOfMemoryError.class);
        assertThat(Tensor.zeros(0, 1L << 40).sum().item()).isZero();
    }

    @Test void everyTypeWorksAtAnyAddress() {
        try (var arena = Arena.ofShared()) {
            for (int odd = 0; odd < 9; odd++) {
                for (var type : DType.values()) {
                    var x = Tensor.randn(Rng.of(odd), DType.F32, 37, 53).mul(type == DType.BOOL ? 1 : 20).to(type).compute();
                    var foreign = arena.allocate(x.count() * type.bytes() + 16, 64).asSlice(odd);
                    var view = x.view();
                    MemorySegment.copy(view.storage().segment(), view.byteOffset(), foreign, 0, x.count() * type.bytes());
                    var y = Tensor.on(Storage.wrap(foreign.asReadOnly()), 0, type, 37, 53);
                    if (odd % 8 != 0) assertThat(foreign.address() % 8).isNotZero();
                    same(y.copy(), x);
                    same(y.add(y).mul(3).neg(), x.add(x).mul(3).neg());
                    same(y.sum(1), x.sum(1));
                    same(y.sum(0), x.sum(0));
                    same(y.max(1), x.max(1));
                    same(y.transpose().copy(), x.transpose().copy());
                    same(y.sort(1).values(), x.sort(1).values());
                    same(y.matmul(y.transpose()), x.matmul(x.transpose()));
                    same(y.indexSelect(0, Tensor.of(5L, 0L, 36L)), x.indexSelect(0, Tensor.of(5L, 0L, 36L)));
                    same(y.cumsum(1), x.cumsum(1));
                    if (type.isFloat()) same(y.exp().softmax(1).matmul(y.transpose()), x.exp().softmax(1).matmul(x.transpose()));
                    assertThatThrownBy(() -> y.add_(y)).hasMessageContaining("copy()");
                    var writable = Tensor.on(Storage.wrap(foreign), 0, type, 37, 53);
                    same(writable.copy_(x.flip(0)), x.flip(0));
                }
            }
        }
    }

    private static void same(Tensor a, Tensor b) {
        assertThat(a.dtype()).isEqualTo(b.dtype());
        assertThat(a.to(DType.F64).toDoubleArray()).isEqualTo(b.to(DType.F64).toDoubleArray());
    }

    @Test void longRangesAndDrawsAreWhatTheyWere() {
        assertThat(Tensor.arange(100_000).item(99_999)).isEqualTo(99_999);
        assertThat(Tensor.arange(2, -3, -0.5).toDoubleArray()).containsExactly(2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2, -2.5);
        assertThat(Tensor.arange(0).count()).isZero();
        assertThat(Tensor.randint(Rng.of(1), -3, 4, 1000).toLongArray()).contains(-3, 3).doesNotContain(-4, 4);
    }
}
