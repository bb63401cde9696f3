package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.DType;
import org.junit.jupiter.api.Test;

/** A write in place changes this memory and no value that was asked for before. */
class InPlaceTest {
    private static final int N = 5000;

    @Test void aWriteToAnIntermediateValueLeavesWhatWasAskedOfItBefore() {
        var x = Tensor.arange(N).to(DType.F64).compute();
        var intermediate = x.mul(2);
        var behind = intermediate.add(1);
        intermediate.fill_(0);
        assertThat(behind.item(7)).isEqualTo(15);
        assertThat(intermediate.item(7)).isZero();
    }

    @Test void aWriteToAnIntermediateValueThatWasReadAlreadyDoesTheSame() {
        var x = Tensor.arange(N).to(DType.F64).compute();
        var intermediate = x.mul(2);
        Tensor left = intermediate.add(1), right = intermediate.square();
        intermediate.compute();
        intermediate.reshape(50, 100).get(0).add_(100);
        assertThat(left.item(7)).isEqualTo(15);
        assertThat(right.item(7)).isEqualTo(196);
    }

    @Test void anAccumulatorOfZerosCanBeWrittenWhileItsOldValueIsPending() {
        var sum = Tensor.zeros(DType.F64, N);
        var shifted = sum.add(1);
        sum.add_(3);
        assertThat(shifted.item(0)).isEqualTo(1);
        assertThat(sum.item(0)).isEqualTo(3);
    }

    @Test void anUpdateOfSeveralTensorsKeepsOldValuesToo() {
        var x = Tensor.arange(N).to(DType.F64).compute();
        var w = x.mul(2);
        var old = w.neg();
        Tensor.update_(new Tensor[] {w}, in -> new Tensor[] {in[0].add(x)});
        assertThat(old.item(3)).isEqualTo(-6);
        assertThat(w.item(3)).isEqualTo(9);
    }
}
