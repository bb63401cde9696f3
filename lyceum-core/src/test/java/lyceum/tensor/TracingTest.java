package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Graph;
import org.junit.jupiter.api.Test;

/** Every operation of the catalogue is seen by tracing: replayed on other inputs it gives the bits of the call itself. */
class TracingTest {
    @Test void everyOperationReplaysBitForBit() {
        int checked = 0;
        for (var op : OpCatalog.all()) {
            if (op.readsValues()) continue; // frozen by tracing, as documented
            for (var type : new DType[] {DType.F64, DType.F32}) {
                var graph = Graph.trace(in -> new Tensor[] {op.call().apply(in)}, op.draw(type, 1));
                var inputs = op.draw(type, 2);
                var expected = op.call().apply(inputs);
                var replayed = graph.run(inputs)[0];
                assertThat(replayed.dtype()).as(op.name()).isEqualTo(expected.dtype());
                assertThat(replayed.shape()).as(op.name()).isEqualTo(expected.shape());
                assertThat(replayed.toDoubleArray()).as(op.name()).isEqualTo(expected.toDoubleArray());
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(200);
    }

    @Test void everyOperationRunsInPlannedMemory() {
        for (var op : OpCatalog.all()) {
            if (op.readsValues()) continue; // frozen by tracing, as documented
            var plan = Graph.trace(in -> new Tensor[] {op.call().apply(in)}, op.draw(DType.F64, 1)).plan();
            var inputs = op.draw(DType.F64, 2);
            double[] expected = op.call().apply(inputs).toDoubleArray(), planned = plan.runPoisoned(inputs)[0].toDoubleArray();
            double scale = Math.max(1, Arrays.stream(expected).map(Math::abs).filter(Double::isFinite).max().orElse(1));
            assertThat(planned).as(op.name()).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++)
                assertThat(Math.abs(planned[i] - expected[i])).as(op.name()).isLessThanOrEqualTo(1e-12 * scale);
        }
    }

    @Test void everyGradientAsAGraphEqualsTheTape() {
        for (var op : OpCatalog.all()) {
            if (op.readsValues() || !op.differentiable()) continue;
            var graph = Graph.trace(in -> new Tensor[] {op.call().apply(in).sin().sum()}, op.draw(DType.F64, 1)).gradient();
            var inputs = op.draw(DType.F64, 2);
            var leaves = Arrays.stream(inputs).map(Tensor::requiresGrad).toArray(Tensor[]::new);
            var tape = Backward.gradients(op.call().apply(leaves).sin().sum(), Tensor.scalar(1), leaves, false);
            var replayed = graph.run(inputs);
            for (int i = 0; i < tape.length; i++) {
                double scale = Math.max(1, tape[i].abs().max().item());
                assertThat(replayed[i].sub(tape[i]).abs().max().item()).as(op.name()).isLessThanOrEqualTo(1e-10 * scale);
            }
        }
    }
}
