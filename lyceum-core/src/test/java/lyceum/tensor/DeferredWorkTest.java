package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** The fences around pending work. */
class DeferredWorkTest {
    private static final long N = 5000;

    private static Tensor large() { return Tensor.randn(Rng.of(1), DType.F64, N).compute(); }

    private static CountingBackend counting(Consumer<CountingBackend> body) {
        var backend = new CountingBackend();
        Backend.with(backend, () -> body.accept(backend));
        return backend;
    }

    @Test void aChainIsOneProgram() {
        var x = large();
        var backend = counting(b -> x.mul(2).add(1).relu().mul(0.5).compute());
        assertThat(backend.programs).hasValue(1);
    }

    @Test void nothingRunsBeforeTheValueIsRead() {
        var x = large();
        counting(b -> {
            var y = x.exp().add(1);
            assertThat(b.programs).hasValue(0);
            y.item(0);
            assertThat(b.programs).hasValue(1);
            y.item(1);
            assertThat(b.programs).hasValue(1);
        });
    }

    @Test void aValueWithTwoReadersIsNotComputedTwice() {
        var x = large();
        var backend = counting(b -> {
            var shared = x.exp();
            var left = shared.add(1);
            var right = shared.mul(2);
            left.compute();
            right.compute();
            shared.compute();
        });
        assertThat(backend.exponentials).hasValue(1);
    }

    @Test void anActivationSavedForTheGradientIsNotComputedAgain() {
        var x = large().requiresGrad();
        var backend = counting(b -> x.exp().sin().sum().backward());
        assertThat(backend.exponentials).hasValue(1);
    }

    @Test void anInPlaceWriteFirstProducesWhatStillReadsTheOldValue() {
        var x = large().copy();
        double before = x.item(7);
        var pending = x.mul(2);
        var behind = pending.add(1);
        x.fill_(0);
        assertThat(behind.item(7)).isEqualTo(2 * before + 1);
        assertThat(pending.item(7)).isEqualTo(2 * before);
        assertThat(x.item(7)).isZero();
    }

    @Test void anInPlaceWriteThroughAViewDoesTheSame() {
        var x = large().copy();
        double before = x.item(3);
        var pending = x.add(1);
        x.reshape(100, 50).get(0).fill_(9);
        assertThat(pending.item(3)).isEqualTo(before + 1);
        assertThat(x.item(3)).isEqualTo(9);
    }

    @Test void copyFromAnOverlappingViewReadsTheOldValues() {
        var x = Tensor.arange(N).to(DType.F64).copy();
        x.copy_(x.flip(0));
        assertThat(x.item(0)).isEqualTo(N - 1);
        assertThat(x.item(N - 1)).isZero();
    }

    @Test void anUpdateOfSeveralTensorsIsOneProgram() {
        var w = large().copy();
        var m = large().copy();
        var g = large().mul(3).compute();
        var pending = w.mul(2);
        double w0 = w.item(9), m0 = m.item(9), g0 = g.item(9);
        var backend = counting(b -> Tensor.update_(new Tensor[] {m, w}, old -> {
            var moment = old[0].mul(0.9).add(g);
            return new Tensor[] {moment, old[1].sub(moment.mul(0.1))};
        }));
        assertThat(backend.programs).hasValue(2); // the pending reader of the old value, and the update
        assertThat(pending.item(9)).isEqualTo(2 * w0);
        assertThat(m.item(9)).isEqualTo(m0 * 0.9 + g0);
        assertThat(w.item(9)).isEqualTo(w0 - (m0 * 0.9 + g0) * 0.1);
    }

    @Test void manyGroupsMoveByOneFormulaWhateverTheirShapes() {
        Tensor[] w = {large().copy(), Tensor.of(1.0, 2, 3), Tensor.scalar(5).copy()},
                g = {large().mul(3), Tensor.of(4.0, 5, 6), Tensor.scalar(2).copy()};
        double w0 = w[0].item(9), g0 = g[0].item(9);
        var asked = new AtomicInteger();
        var backend = counting(
                b -> Tensor.updateEach_(new Tensor[][] {{w[0]}, {w[1]}, {w[2]}}, new Tensor[][] {{g[0]}, {g[1]}, {g[2]}}, old -> {
                    asked.incrementAndGet();
                    return new Tensor[] {old[0].mul(0.9).sub(old[1].mul(0.1))};
                }));
        assertThat(asked).hasValue(1);
        assertThat(backend.programs).hasValue(3);
        assertThat(w[0].item(9)).isEqualTo(w0 * 0.9 - g0 * 0.1);
        assertThat(w[1].toDoubleArray()).containsExactly(1 * 0.9 - 4 * 0.1, 2 * 0.9 - 5 * 0.1, 3 * 0.9 - 6 * 0.1);
        assertThat(w[2].item()).isEqualTo(5 * 0.9 - 2 * 0.1);
    }

    @Test void aFormulaThatLooksAtWholeTensorsOrReadsItselfIsStillRight() {
        Tensor[] w = {Tensor.of(1.0, 2, 3), Tensor.of(10.0, 20)};
        Tensor.updateEach_(new Tensor[][] {{w[0]}, {w[1]}}, new Tensor[][] {{}, {}}, old -> new Tensor[] {old[0].div(old[0].sum())});
        assertThat(w[0].toDoubleArray()).containsExactly(1 / 6.0, 2 / 6.0, 3 / 6.0);
        assertThat(w[1].toDoubleArray()).containsExactly(10 / 30.0, 20 / 30.0);
        var x = Tensor.of(1.0, 2, 3);
        Tensor.updateEach_(new Tensor[][] {{x}}, new Tensor[][] {{x.flip(0)}}, old -> new Tensor[] {old[0].sub(old[1])});
        assertThat(x.toDoubleArray()).containsExactly(-2, 0, 2);
    }

    @Test void anUpdateThatReadsOtherElementsIsStillRight() {
        var x = Tensor.arange(N).to(DType.F64).copy();
        Tensor.update_(new Tensor[] {x}, old -> new Tensor[] {old[0].flip(0).add(0.5)});
        assertThat(x.item(0)).isEqualTo(N - 0.5);
        assertThat(x.item(N - 1)).isEqualTo(0.5);
        var view = x.reshape(100, 50).transpose();
        view.add_(1);
        assertThat(x.item(0)).isEqualTo(N + 0.5);
    }

    @Test void anActivationChangedInPlaceIsRefusedByTheGradient() {
        var x = large().requiresGrad();
        var y = x.exp();
        var loss = y.mul(y).sum();
        Autograd.noGrad(() -> { y.add_(1); });
        assertThatThrownBy(loss::backward).isInstanceOf(LyceumException.class).hasMessageContaining("changed in place");
    }

    @Test void aRecordedTensorCannotBeWrittenWhileRecording() {
        var x = large().requiresGrad();
        assertThatThrownBy(() -> x.add_(1)).isInstanceOf(LyceumException.class).hasMessageContaining("noGrad");
        Autograd.noGrad(() -> { x.add_(1); });
    }

    @Test void manyThreadsProduceOnce() throws Exception {
        for (int round = 0; round < 50; round++) {
            var x = large();
            var backend = new CountingBackend();
            try (var pool = Executors.newFixedThreadPool(8)) {
                var shared = x.exp();
                var tasks = new ArrayList<Callable<Double>>();
                for (int t = 0; t < 8; t++) {
                    int k = t;
                    var mine = t % 2 == 0 ? shared.add(k) : shared.mul(k);
                    tasks.add(() -> {
                        var result = new double[1];
                        Backend.with(backend, () -> result[0] = mine.item(5));
                        return result[0];
                    });
                }
                var results = pool.invokeAll(tasks);
                double e = Math.exp(x.item(5));
                for (int t = 0; t < 8; t++) assertThat(results.get(t).get()).isEqualTo(t % 2 == 0 ? e + t : e * t);
            }
            assertThat(backend.programs.get()).isLessThanOrEqualTo(9);
        }
    }

    @Test void chainsAreBounded() {
        var x = large();
        var backend = counting(b -> {
            var y = x;
            for (int i = 0; i < 1000; i++) y = y.add(1e-3);
            y.compute();
        });
        assertThat(backend.programs.get()).isBetween(10, 100);
    }

    @Test void doublingChainsDoNotExplode() {
        var x = large();
        var y = x;
        for (int i = 0; i < 60; i++) y = y.add(y).mul(0.5);
        assertThat(y.item(0)).isEqualTo(x.item(0));
    }

    @Test void errorsOfShapeComeAtTheCall() {
        var x = large();
        assertThatThrownBy(() -> x.add(Tensor.zeros(DType.F64, N + 1))).isInstanceOf(ShapeException.class).hasMessageContaining("(5000,)")
                .hasMessageContaining("(5001,)");
    }

    @Test void integerDivisionByZeroNamesTheCall() {
        var x = Tensor.arange(N);
        assertThatThrownBy(() -> x.add(1).floorDiv(x)).isInstanceOf(ArithmeticException.class).hasMessageContaining("floorDiv");
        assertThatThrownBy(() -> x.mod(0)).isInstanceOf(ArithmeticException.class).hasMessageContaining("mod");
    }

    @Test void randomDrawsAreFunctionsOfTheSeedAloneAndFuse() {
        var fused = Tensor.rand(Rng.of(3), DType.F64, N).lt(0.3).where(large(), large().zerosLike());
        var mask = Tensor.rand(Rng.of(3), DType.F64, N).compute();
        assertThat(fused.toDoubleArray()).isEqualTo(mask.lt(0.3).where(large(), large().zerosLike()).toDoubleArray());
    }

    @Test void recordingIsCarriedIntoWorkers() {
        var seen = new ConcurrentLinkedQueue<Boolean>();
        Autograd.noGrad(() -> Parallel.range(64, 1, (from, to) -> seen.add(GradMode.isRecording())));
        assertThat(seen).hasSize(64).doesNotContain(true);
        assertThat(GradMode.isRecording()).isTrue();
    }
}
