package lyceum.backend.x86.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Short rows that are worked on two or three at a time, beside doubles of the same numbers; those that are left at the end are worked on alone. */
class RowGroupsTest {
    private static void agree(Tensor x, UnaryOperator<Tensor> f) {
        double[] y = f.apply(x).toDoubleArray(), exact = f.apply(x.to(DType.F64).compute()).toDoubleArray();
        assertThat(y).hasSameSizeAs(exact);
        for (int i = 0; i < y.length; i++)
            assertThat(y[i]).as("element %d", i).isCloseTo(exact[i], Offset.offset(4e-6 * Math.max(1, Math.abs(exact[i]))));
    }

    @ParameterizedTest
    @CsvSource({"512, 64", "511, 64", "510, 64", "400, 77", "4096, 5", "129, 200"})
    void rowsHaveTheValuesThatTheyHaveAlone(int rows,
            int columns) {
        var x = Tensor.randn(Rng.of(7), rows, columns).compute();
        agree(x, t -> t.softmax(1));
        agree(x, t -> t.layerNorm(null, null, 1e-5));
        agree(x, t -> t.rmsNorm(null, 1e-5));
        Tensor weight = Tensor.randn(Rng.of(8), columns).compute(), bias = Tensor.randn(Rng.of(9), columns).compute(); // read once for both rows
        agree(x, t -> t.layerNorm(weight.to(t.dtype()), bias.to(t.dtype()), 1e-5));
        agree(x, t -> t.logSumExp(1));
        agree(x, t -> t.sub(t.max(1, true)).exp().sum(1, true));
        agree(x.reshape(1, rows, columns), t -> t.logSoftmax(2));
        agree(x.transpose(0, 1), t -> t.softmax(1));
    }
}
