package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Reductions of rows inside chains: one program, the same bits as one operation at a time. */
class RowProgramTest {
    /** Widths on both sides of what goes through together, fits a block, or takes several. */
    private static final long[][] SHAPES = {{40, 7}, {3, 5, 31}, {9, 32}, {5, 100}, {2, 1024}, {3, 1025}, {2, 5000}, {1, 70_000},
            {17, 65_537}};

    private static Tensor draw(DType type, long... shape) { return Tensor.randn(Rng.of(7), DType.F64, shape).mul(3).to(type).compute(); }

    private static int programs(Runnable body) {
        var counting = new CountingBackend();
        Backend.with(counting, body);
        return counting.programs.get();
    }

    private static Tensor standardized(Tensor x) {
        var centred = x.sub(x.mean(-1, true));
        return centred.div(centred.square().mean(-1, true).sqrt());
    }

    @Test void softmaxIsOneProgramForwardAndOneBackward() {
        for (var shape : SHAPES) {
            if (shape[shape.length - 1] > 1 << 16 && shape[0] == 1) continue;
            var x = draw(DType.F32, shape);
            var g = draw(DType.F32, shape);
            assertThat(programs(() -> x.mul(0.5).softmax(-1).compute())).isEqualTo(1);
            var leaf = x.requiresGrad();
            var p = leaf.softmax(-1).compute();
            assertThat(programs(() -> Autograd.noGrad(() -> p.backward(g)))).isEqualTo(1);
        }
    }

    @Test void normsAndLogSoftmaxAreOneProgramForward() {
        Tensor x = draw(DType.F32, 64, 300), w = draw(DType.F32, 300), b = draw(DType.F32, 300);
        assertThat(programs(() -> x.layerNorm(w, b, 1e-5).compute())).isEqualTo(1);
        assertThat(programs(() -> x.rmsNorm(w, 1e-5).compute())).isEqualTo(1);
        assertThat(programs(() -> x.logSoftmax(1).compute())).isEqualTo(1);
        assertThat(programs(() -> x.logSumExp(1).compute())).isEqualTo(1);
        assertThat(programs(() -> standardized(x).compute())).isEqualTo(1);
        assertThat(programs(() -> x.exp().sub(1).max(1, true).add(1).compute())).isEqualTo(1);
    }

    /** Gradients of weight and bias are reductions; what else is computed has one number a row. */
    @Test void layerNormWithItsGradientPassesOverItsRowsTwice() {
        Tensor x = draw(DType.F32, 64, 300).requiresGrad(), w = draw(DType.F32, 300).requiresGrad(),
                b = draw(DType.F32, 300).requiresGrad(), g = draw(DType.F32, 64, 300);
        var counting = new CountingBackend();
        Backend.with(counting, () -> x.layerNorm(w, b, 1e-5).backward(g));
        assertThat(counting.elements.get()).isBetween(2 * 64 * 300L, 3 * 64 * 300L - 1);
    }

    @Test void fusedRowsHaveTheBitsOfSingleOperations() {
        Function<Tensor, Tensor> several = x -> {
            var e = x.sub(x.max(-1, true)).exp();
            var low = e.min(-1, true);
            return e.div(e.sum(-1, true)).add(low.mul(2).add(1)).mul(x.sum(-1, true).sqrt().isNaN().to(x.dtype()).add(2));
        };
        for (var shape : SHAPES) {
            for (var type : new DType[] {DType.F32, DType.F64, DType.BF16}) {
                var x = draw(type, shape);
                for (var f : List.<Function<Tensor, Tensor>>of(several, RowProgramTest::standardized, t -> t.softmax(-1),
                        t -> t.logSoftmax(-1), t -> t.logSumExp(-1))) {
                    var results = new double[2][];
                    Backend.with(Backend.named("scalar"), () -> {
                        Fusion.with(Fusion.Mode.OFF, () -> results[0] = f.apply(x).toDoubleArray());
                        Fusion.with(Fusion.Mode.ALWAYS, () -> results[1] = f.apply(x).toDoubleArray());
                    });
                    assertThat(results[1]).as("%s %s", type, Shape.of(shape)).isEqualTo(results[0]);
                }
            }
        }
    }

    @Test void operandsMayBeViews() {
        var x = draw(DType.F64, 60, 50);
        var expected = standardized(x).toDoubleArray();
        for (var view : OpCase.disguises(x)) assertThat(standardized(view).toDoubleArray()).as("strides").isEqualTo(expected);
        var row = draw(DType.F64, 60, 1);
        var stretched = row.expand(60, 50).add(x.sum(1, true));
        assertThat(stretched.item(7, 9)).isCloseTo(row.item(7, 0) + x.get(7).sum().item(), within(1e-12));
    }

    @Test void aRowValueWithOtherReadersIsStoredByTheSameProgram() {
        var x = draw(DType.F64, 50, 40);
        assertThat(programs(() -> {
            var mean = x.mean(1, true);
            var centred = x.sub(mean);
            var other = mean.mul(2);
            centred.compute();
            mean.compute();
            assertThat(other.item(3, 0)).isEqualTo(2 * mean.item(3, 0));
        })).isEqualTo(2); // the second for mean.mul(2)
    }

    @Test void theThreadsDoNotChangeTheBits() {
        var x = draw(DType.F32, 300, 700);
        var alone = new Tensor[1];
        Parallel.sequentially(() -> alone[0] = standardized(x).compute());
        assertThat(standardized(x).toDoubleArray()).isEqualTo(alone[0].toDoubleArray());
    }

    @Test void anInPlaceUpdateByRowsReadsTheOldValues() {
        var x = draw(DType.F64, 40, 1500);
        var expected = standardized(x).toDoubleArray();
        var y = x.copy();
        Tensor.update_(new Tensor[] {y}, old -> new Tensor[] {standardized(old[0])});
        assertThat(y.toDoubleArray()).isEqualTo(expected);
    }

    @Test void normsEqualTheirFormulas() {
        Tensor x = draw(DType.F64, 20, 30), w = draw(DType.F64, 30), b = draw(DType.F64, 30);
        var mean = x.mean(1, true);
        var formula = x.sub(mean).div(x.var(1, 0, true).add(1e-5).sqrt()).mul(w).add(b);
        assertThat(x.layerNorm(w, b, 1e-5).toDoubleArray()).containsExactly(formula.toDoubleArray(), within(1e-13));
        var root = x.div(x.square().mean(1, true).add(1e-5).sqrt()).mul(w);
        assertThat(x.rmsNorm(w, 1e-5).toDoubleArray()).containsExactly(root.toDoubleArray(), within(1e-13));
    }

    @Test void aSumOfAChainNeedsNoMemoryForTheChain() {
        var x = draw(DType.F64, 100, 100);
        assertThat(programs(() -> x.mul(2).square().sum())).isZero();
        assertThat(programs(() -> x.mul(2).square().sum(0))).isZero();
        assertThat(x.mul(2).square().sum(0).item(3)).isCloseTo(x.get(Index.all(), Index.at(3)).square().sum().item() * 4, within(1e-9));
    }
}
