package lyceum.backend.x86.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums that end on both sides of a block, rows of every length that code is made for apart, and rows that are kept where the results go. */
class RowLengthsTest {
    private static void agree(Tensor x, UnaryOperator<Tensor> f) {
        double[] y = f.apply(x).toDoubleArray(), exact = f.apply(x.to(DType.F64).compute()).toDoubleArray();
        for (int i = 0; i < y.length; i++)
            assertThat(y[i]).as("element %d", i).isCloseTo(exact[i], within(4e-6 * Math.max(1, Math.abs(exact[i]))));
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 512, 513, 1023, 1024, 1025, 2047, 2048, 2064, 4161, 20_011})
    void sumsOfResultsAreThoseOfDoubles(
            int columns) {
        var x = Tensor.randn(Rng.of(3), 5, columns).compute();
        var last = new int[] {-1};
        agree(x, t -> t.softmax(1).mul(columns));
        agree(x, t -> t.rmsNorm(null, 1e-5));
        agree(x, t -> t.logSumExp(1));
        agree(x, t -> t.add(3).mul(1.0 / columns).sum(last, true).add(t.mul(0))); // a constant factor is taken in with the sum
        agree(x, t -> t.exp().mul(t.abs()).sum(last, true).div(columns).add(t));
    }

    /** exp(x) would be kept where x is still read. */
    @Test void aRowIsNotKeptInAnOutputThatIsAnInputToo() {
        int rows = 20, columns = 1000;
        var p = new ProgramBuilder();
        int loaded = p.load(DType.F32, 0), exp = p.of(Op.EXP, DType.F32, loaded);
        int share = p.of(Op.DIV, DType.F32, exp, p.of(Op.ROW_SUM, DType.F32, exp));
        var program = p.build(p.of(Op.ADD, DType.F32, share, loaded));
        var x = Tensor.randn(Rng.of(4), rows, columns).compute();
        var expected = x.exp().div(x.exp().sum(1, true)).add(x).toFloatArray();
        var view = new View(DType.F32, Allocator.allocate(4L * rows * columns), 0, new long[] {rows, columns}, new long[] {columns, 1});
        float[] given = x.toFloatArray();
        for (int i = 0; i < given.length; i++) view.storage().segment().set(ValueLayout.JAVA_FLOAT, view.byteOffset() + 4L * i, given[i]);
        Backend.current().run(program, new View[] {view}, new View[] {view});
        for (int i = 0; i < given.length; i++)
            assertThat(view.storage().segment().get(ValueLayout.JAVA_FLOAT, view.byteOffset() + 4L * i)).isCloseTo(expected[i],
                    within(2e-6f));
    }
}
