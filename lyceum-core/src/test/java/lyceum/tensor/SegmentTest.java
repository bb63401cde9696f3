package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.ShapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentTest {
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16", "F32", "F64"}) void aMeanOfManyNarrowNumbersIsTheirMean(DType type) {
        int n = 5000;
        var x = Tensor.arange(n).mod(2).to(type);
        assertThat(x.segmentMean(Tensor.zeros(DType.I64, n), 1).item()).isEqualTo(0.5);
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16", "F32", "F64"}) void manyWhoTieShareOneGradient(DType type) {
        var x = Tensor.full(type, 1, 4096).requiresGrad();
        x.segmentMax(Tensor.zeros(DType.I64, 4096), 1).sum().backward();
        assertThat(x.grad().to(DType.F64).toDoubleArray()).containsOnly(1.0 / 4096);
    }

    @Test void anIndexIsAVectorWithANumberForEachRow() {
        var x = Tensor.of(1.0, 2, 3, 4, 5, 6);
        for (var index : new Tensor[] {Tensor.zeros(DType.I64, 1), Tensor.zeros(DType.I64, 2, 3), Tensor.zeros(DType.I64, 7)}) {
            assertThatThrownBy(() -> x.segmentSum(index, 2)).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("an index of shape " + index.shape()).hasMessageContaining("6 entries");
            assertThatThrownBy(() -> x.segmentMax(index, 2)).isInstanceOf(ShapeException.class);
        }
    }
}
