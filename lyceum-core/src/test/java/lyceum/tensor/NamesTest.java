package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Names and calls that are guessed from NumPy and PyTorch mean one thing, and errors name the call. */
class NamesTest {
    private final Tensor table = Tensor.arange(12).reshape(3, 4);

    @Test void everyReductionTakesAnAxisAndKeepDims() {
        var x = table.to(DType.F64).sin();
        var calls = List.<BiFunction<Tensor, Boolean, Tensor>>of((t, keep) -> t.sum(1, keep), (t, keep) -> t.mean(1, keep),
                (t, keep) -> t.var(1, keep), (t, keep) -> t.var(1, 0.0, keep), (t, keep) -> t.std(1, keep),
                (t, keep) -> t.std(1, 0.0, keep), (t, keep) -> t.prod(1, keep), (t, keep) -> t.max(1, keep), (t, keep) -> t.min(1, keep),
                (t, keep) -> t.argmax(1, keep), (t, keep) -> t.argmin(1, keep), (t, keep) -> t.any(1, keep), (t, keep) -> t.all(1, keep),
                (t, keep) -> t.countNonZero(1, keep), (t, keep) -> t.logSumExp(1, keep));
        var dropped = List.<Function<Tensor, Tensor>>of(t -> t.sum(1), t -> t.mean(1), t -> t.var(1), t -> t.var(new int[] {1}, 0, false),
                t -> t.std(1), t -> t.std(new int[] {1}, 0, false), t -> t.prod(1), t -> t.max(1), t -> t.min(1), t -> t.argmax(1),
                t -> t.argmin(1), t -> t.any(1), t -> t.all(1), t -> t.countNonZero(1), t -> t.logSumExp(1));
        assertThat(calls).hasSameSizeAs(dropped);
        for (int i = 0; i < calls.size(); i++) {
            var expected = dropped.get(i).apply(x);
            assertThat(expected.shape().toArray()).containsExactly(3);
            for (boolean keep : new boolean[] {false, true}) {
                var found = calls.get(i).apply(x, keep);
                assertThat(found.shape().toArray()).as("reduction " + i).containsExactly(keep ? new long[] {3, 1} : new long[] {3});
                assertThat(found.toDoubleArray()).as("reduction " + i).isEqualTo(expected.toDoubleArray());
            }
        }
    }

    @Test void repeatIsATileAndRepeatInterleaveRepeatsEachEntry() {
        var x = Tensor.of(1L, 2, 3);
        assertThat(x.repeat(0, 2).toLongArray()).containsExactly(1, 2, 3, 1, 2, 3);
        assertThat(x.repeatInterleave(0, 2).toLongArray()).containsExactly(1, 1, 2, 2, 3, 3);
        assertThat(x.repeatInterleave(-1, 1).toLongArray()).containsExactly(1, 2, 3);
        assertThat(x.repeatInterleave(0, 0).shape().toArray()).containsExactly(0);
        assertThat(table.narrow(0, 0, 2).narrow(1, 0, 2).repeatInterleave(0, 2).toRows())
                .isDeepEqualTo(new double[][] {{0, 1}, {0, 1}, {4, 5}, {4, 5}});
        assertThatThrownBy(() -> x.repeatInterleave(0, -1)).hasMessage("repeatInterleave: times is -1; it is at least 0");
    }

    @Test void sliceAndRangeCountFromTheSameEnd() {
        var x = Tensor.arange(6);
        for (long[] bounds : new long[][] {{0, 6, 1}, {1, -1, 1}, {-3, Index.OPEN, 2}, {4, 1, -1}, {-1, -4, -2}, {-1, -1, -1},
                {5, Index.OPEN, -2}, {Index.OPEN, Index.OPEN, -1}, {Index.OPEN, 2, 1}})
            assertThat(x.slice(0, bounds[0], bounds[1], bounds[2]).toLongArray())
                    .isEqualTo(x.get(Index.range(bounds[0], bounds[1], bounds[2])).toLongArray());
        assertThat(x.slice(0, Index.OPEN, Index.OPEN, -1).toLongArray()).containsExactly(5, 4, 3, 2, 1, 0);
        assertThat(x.slice(0, 5, -1, -1).count()).as("down to the last, as in Python").isZero();
        assertThatThrownBy(() -> x.slice(0, Index.OPEN, 7, 1)).hasMessage("slice: the end to 7 is out of range for axis 0 of shape (6,)");
    }

    @Test void wholeNumbersMakeAWholeRange() {
        assertThat(Tensor.arange(5).dtype()).isEqualTo(DType.I64);
        assertThat(Tensor.arange(0, 5, 1).dtype()).isEqualTo(DType.I64);
        assertThat(Tensor.arange(0, 5, 1).toLongArray()).isEqualTo(Tensor.arange(5).toLongArray());
        assertThat(Tensor.arange(0.0, 5, 1).dtype()).isEqualTo(DType.F64);
        assertThat(Tensor.arange(5, -2, -3).toLongArray()).containsExactly(5, 2, -1);
        assertThat(Tensor.arange(5, -1, -3).toLongArray()).containsExactly(5, 2);
        assertThat(Tensor.arange(1, 8, 3).toLongArray()).containsExactly(1, 4, 7);
        assertThat(Tensor.arange(1, 7, 3).toLongArray()).containsExactly(1, 4);
        assertThat(Tensor.arange(3, 3, 1).count() + Tensor.arange(3, 4, -1).count()).isZero();
        long far = Long.MAX_VALUE - 2;
        assertThat(Tensor.arange(far, Long.MAX_VALUE, 1).toLongArray()).containsExactly(far, far + 1);
        assertThatThrownBy(() -> Tensor.arange(0, 5, 0)).hasMessage("arange: the step is 0");
    }

    @Test void indexArraysArePairsAndIndexOfEveryCombination() {
        Tensor rows = Tensor.of(2, 0, -1), columns = Tensor.of(1, 3, 1);
        assertThat(table.get(rows, columns).toLongArray()).containsExactly(9, 3, 9);
        assertThat(table.get(Index.of(rows), Index.of(columns)).shape().toArray()).containsExactly(3, 3);
        assertThat(table.get(rows).toRows()).isDeepEqualTo(table.rows(2, 0, 2).toRows());
        assertThat(table.get(rows.unsqueeze(1), columns).toRows()).isDeepEqualTo(table.get(Index.of(rows), Index.of(columns)).toRows());
        assertThat(table.get(Tensor.of(new int[] {0, 1, 1, 2}, 2, 2)).shape().toArray()).containsExactly(2, 2, 4);
        assertThat(table.get(Tensor.of(new int[0]), Tensor.of(new int[0])).count()).isZero();
        assertThatThrownBy(() -> table.get(rows, Tensor.of(0, 4, 0))).isInstanceOf(ShapeException.class)
                .hasMessage("get: index 4 is out of range for axis 1 of shape (3, 4)");
        assertThatThrownBy(() -> table.get(Tensor.of(-4), Tensor.of(0)))
                .hasMessage("get: index -4 is out of range for axis 0 of shape (3, 4)");
        assertThatThrownBy(() -> table.get(rows, columns, columns)).hasMessageContaining("get: 3 index arrays for shape (3, 4)");
        assertThatThrownBy(() -> table.get(table.gt(3))).isInstanceOf(DTypeException.class).hasMessageContaining("maskedSelect");
    }

    /** Only the first entry's numbers are there to be looked at: 4 must not become the first column of the next row. */
    @Test void aPairThatIsOutOfRangeInABatchIsRefusedToo() {
        Tensor rows = Tensor.of(new int[] {0, 1, 2, 0}, 2, 2), columns = Tensor.of(new int[] {3, 2, 1, 0}, 2, 2);
        assertThat(Autograd.vmap(in -> table.get(in[0], in[1]), rows, columns).toRows()).isDeepEqualTo(new double[][] {{3, 6}, {9, 0}});
        var beyond = Tensor.of(new int[] {3, 2, 1, 4}, 2, 2);
        assertThatThrownBy(() -> Autograd.vmap(in -> table.get(in[0], in[1]), rows, beyond).compute()).isInstanceOf(ShapeException.class)
                .hasMessageContaining("out of range");
    }

    @Test void aJavaNumberTakesTheTypeIfThatHoldsIt() {
        var bytes = Tensor.of(1L, 200).to(DType.U8);
        assertThat(bytes.add(1).dtype()).isEqualTo(DType.U8);
        assertThat(bytes.sub(-1).dtype()).isEqualTo(DType.I32);
        assertThat(bytes.sub(-1).toLongArray()).containsExactly(2, 201);
        assertThat(bytes.add(3e9).dtype()).isEqualTo(DType.I64);
        assertThat(bytes.add(0.5).dtype()).isEqualTo(DType.F64);
        assertThat(bytes.to(DType.F32).add(0.1).dtype()).isEqualTo(DType.F32);
    }

    private static void names(String operation, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(operation + ": ");
    }

    @Test void errorsNameTheCall() {
        var whole = table.copy();
        var mask = table.gt(3);
        names("maskedFill", () -> whole.maskedFill(mask, 0.5));
        names("fill_", () -> whole.fill_(0.5));
        names("set_", () -> whole.set_(0.5, Index.at(0)));
        names("pad", () -> whole.pad(0, 1, 1, 0.5));
        names("full", () -> Tensor.full(DType.I64, 0.5, 2));
        names("clamp", () -> whole.clamp(2, 1));
        names("clamp", () -> whole.clamp(Double.NaN, 1));
        var x = table.to(DType.F64);
        names("sum", () -> x.sum(5));
        names("mean", () -> x.mean(5));
        names("var", () -> x.var(5));
        names("std", () -> x.std(5));
        names("any", () -> x.any(5));
        names("all", () -> x.all(5));
        names("countNonZero", () -> x.countNonZero(5));
        names("mean", () -> x.mean(1, 1));
        names("logSumExp", () -> x.logSumExp(5));
        names("softmax", () -> x.softmax(5));
        names("logSoftmax", () -> x.logSoftmax(5));
        names("cumsum", () -> x.cumsum(5));
        names("cumprod", () -> x.cumprod(5));
        names("topk", () -> x.topk(1, 5));
        names("narrow", () -> x.narrow(5, 0, 1));
        names("flip", () -> x.flip(5));
        names("gather", () -> x.gather(5, rows()));
        names("scatterAdd", () -> x.scatterAdd(0, rows(), x));
        names("indexAdd", () -> x.indexAdd(0, rows(), x));
        names("segmentSum", () -> x.segmentSum(Tensor.of(0, 1), 2));
        names("segmentMax", () -> x.segmentMax(Tensor.of(0, 1), 2));
        names("maskedSelect", () -> x.maskedSelect(Tensor.of(true, false)));
    }

    private static Tensor rows() { return Tensor.of(0, 1); }
}
