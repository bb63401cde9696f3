package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A write in place changes this memory and no value that was asked for before. */
class InPlaceTest {
    @Test void groupsThatDoNotMatchAreRefusedBeforeAnythingIsWritten() {
        Tensor a = Tensor.of(1.0, 2), b = Tensor.of(3.0, 4), c = Tensor.of(5.0, 6);
        assertThatThrownBy(() -> Tensor.updateEach_(new Tensor[][] {{a}, {b}}, new Tensor[][] {{c}}, old -> new Tensor[] {old[0].add(1)}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("updateEach_: 1 others for 2 groups; each group has its own, if empty");
        assertThatThrownBy(() -> Tensor.updateEach_(new Tensor[][] {{a, b}, {c}}, new Tensor[][] {{}, {}}, old -> old))
                .hasMessageContaining("group 1 has 1 tensors");
        assertThat(a.toDoubleArray()).containsExactly(1, 2);
    }

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

    @Test void largeWorkThatReadsASmallTensorKeepsItsOldValueWithoutBeingDone() {
        var x = Tensor.arange(N).to(DType.F64).reshape(N / 10, 10).compute();
        var bias = Tensor.arange(10).to(DType.F64).compute();
        Tensor sum = x.add(bias), behind = sum.mul(2), product = x.mul(bias.get(3));
        bias.add_(100);
        assertThat(sum.pending()).isNotNull();
        bias.fill_(-1);
        assertThat(behind.item(1, 2)).isEqualTo(28);
        assertThat(sum.item(1, 2)).isEqualTo(14);
        assertThat(product.item(1, 2)).isEqualTo(36);
        assertThat(x.add(bias).item(1, 2)).isEqualTo(11);
    }

    @Test void aStretchedViewIsNoPlaceToWriteTo() {
        var x = Tensor.of(1.0, 2, 3).reshape(3, 1).copy();
        assertThatThrownBy(() -> x.expand(3, 2000).add_(1)).isInstanceOf(LyceumException.class).hasMessageContaining("add_")
                .hasMessageContaining("copy");
        assertThatThrownBy(() -> x.expand(3, 4).fill_(1)).isInstanceOf(LyceumException.class).hasMessageContaining("copy_");
        assertThatThrownBy(() -> Tensor.arange(9).copy().unfold(0, 3, 1).zero_()).isInstanceOf(LyceumException.class);
        assertThat(x.toDoubleArray()).containsExactly(1, 2, 3);
        var apart = Tensor.arange(9).copy();
        apart.unfold(0, 3, 3).zero_();
        assertThat(apart.toLongArray()).containsOnly(0);
    }

    @Test void aMappedFileCannotBeWritten(@TempDir Path folder) throws Exception {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("w", Tensor.arange(2000).to(DType.F32));
        Safetensors.write(folder.resolve("w.safetensors"), tensors, Map.of());
        var before = Files.readAllBytes(folder.resolve("w.safetensors"));
        var w = Safetensors.read(folder.resolve("w.safetensors")).get("w");
        assertThatThrownBy(() -> w.add_(1)).isInstanceOf(LyceumException.class).hasMessageContaining("add_").hasMessageContaining("copy");
        assertThatThrownBy(() -> w.get(3).fill_(1)).isInstanceOf(LyceumException.class);
        assertThat(w.copy().add_(1).item(5)).isEqualTo(6);
        assertThat(Files.readAllBytes(folder.resolve("w.safetensors"))).isEqualTo(before);
    }

    @Test void reductionsOfAScalarAreNewTensors() {
        var x = Tensor.scalar(3).copy();
        for (var result : new Tensor[] {x.sum(), x.prod(), x.max(), x.mean(), x.sum(new int[0], true)}) {
            result.add_(1);
            assertThat(x.item()).isEqualTo(3);
        }
    }

    @Test void whatIsCalledACopyIsOne() {
        var x = Tensor.arange(6).to(DType.F64).reshape(2, 3).copy();
        for (var copy : new Tensor[] {x.pad(0, 0, 0, 0), x.roll(1, 3), x.repeat(0, 1), x.copy(), x.pow(1)}) {
            copy.fill_(9);
            assertThat(x.item(1, 2)).isEqualTo(5);
        }
    }

    @Test void gradientsOfTwoLeavesAreApart() {
        var a = Tensor.zeros(DType.F64, 600).requiresGrad();
        var b = Tensor.zeros(DType.F64, 600).requiresGrad();
        var start = Tensor.ones(DType.F64, 600).compute();
        a.add(b).backward(start);
        a.grad().mul_(0.5);
        assertThat(a.grad().item(599)).isEqualTo(0.5);
        assertThat(b.grad().item(599)).isEqualTo(1);
        assertThat(start.item(599)).isEqualTo(1);
    }

    @Test void aGradientThatIsOneNumberStretchedCanBeScaled() {
        var a = Tensor.zeros(DType.F64, 70, 50).requiresGrad();
        a.sum().backward();
        a.grad().mul_(0.5);
        assertThat(a.grad().toDoubleArray()).containsOnly(0.5);
    }

    @Test void anIndexChangedInPlaceIsRefusedByTheGradient() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 4, 3).requiresGrad();
        var index = Tensor.of(new long[] {0, 1, 2}, 1, 3).copy();
        var loss = x.gather(0, index).square().sum();
        index.fill_(3);
        assertThatThrownBy(loss::backward).isInstanceOf(LyceumException.class).hasMessageContaining("changed in place");
    }

    @Test void aWriteThroughAViewIsNoticedByTheGradient() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 40, 30).requiresGrad();
        var y = x.exp();
        var loss = y.transpose().square().sum();
        Autograd.noGrad(() -> { y.detach().get(3).fill_(0); });
        assertThatThrownBy(loss::backward).isInstanceOf(LyceumException.class).hasMessageContaining("changed in place");
    }

    @Test void aSourceThatALaterOneReplacedHasNoGradient() {
        var source = Tensor.of(1.0, 2, 3).requiresGrad();
        Tensor.zeros(DType.F64, 2).scatter(0, Tensor.of(1, 1, 0), source).mul(Tensor.of(10.0, 100)).sum().backward();
        assertThat(source.grad().toDoubleArray()).containsExactly(0, 100, 10);
    }

    @Test void rowsAreReplacedAtTheirPlaces() {
        var x = Tensor.zeros(DType.F32, 5, 2);
        var waiting = x.add(1);
        x.setRows_(Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2), 3, 4, 0);
        assertThat(x.toDoubleArray()).containsExactly(5, 6, 0, 0, 0, 0, 1, 2, 3, 4);
        assertThat(waiting.sum().item()).isEqualTo(10); // what was asked for before reads what was there
        assertThatThrownBy(() -> x.setRows_(Tensor.zeros(DType.F32, 1, 2), 5)).hasMessageContaining("place 5 of 5");
        assertThatThrownBy(() -> x.setRows_(Tensor.zeros(DType.F32, 2, 2), 1)).hasMessageContaining("1 places");
        assertThatThrownBy(() -> x.transpose().setRows_(Tensor.zeros(DType.F32, 1, 5), 1)).hasMessageContaining("one after another");
    }
}
