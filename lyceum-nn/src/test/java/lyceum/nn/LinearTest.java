package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.linalg.AffineMap;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clause 4 of fully-connected-layer is about time and is measured by the acceptance suite of lyceum-bench: the rate {@code 2 * 512^3 / seconds} of
 * {@code new Linear(512, 512, rng).forward(x)} without recording, x (512, 512) of F32 and standard normal, computed to the end, median of 20 after 20 to warm up,
 * over the best of {@code 2 n^3 / seconds} of the bias-free {@code a.matmul(b).compute()} of two (n, n) matrices for n of 256, 384, 512, 640, 768, 896 and 1,024,
 * each the median of 20 after 20, on the same threads, the two kinds taken in turn: at least 0.6.
 */
class LinearTest {

    @Test
    @Acceptance(topic = "affine-transformation", clause = 6) void aDenseLayerIsAnAffineMap() {
        var rng = Rng.of(737);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 50; draw++) {
            int inputs = 1 + rng.nextInt(40), outputs = 1 + rng.nextInt(40), batch = 1 + rng.nextInt(9);
            var layer = new Linear(inputs, outputs, rng);
            var x = Tensor.randn(rng, DType.F32, batch, inputs).compute();
            double[] y = layer.forward(x).detach().reshape(-1).toDoubleArray();
            var map = new AffineMap(layer.weight().detach(), layer.bias().detach());
            gap.see("batch", map.apply(x).reshape(-1).toDoubleArray(), y);
            // Point by point and in F64, which is another way through the kernels.
            var wide = new AffineMap(map.matrix().to(DType.F64), map.offset().to(DType.F64));
            for (int i = 0; i < batch; i++)
                gap.see("point", wide.apply(x.select(0, i).to(DType.F64)).toDoubleArray(),
                        Arrays.copyOfRange(y, i * outputs, (i + 1) * outputs));
        }
        Evidence.of("largest gap between layer and map", gap, atMost(1e-6));
    }

    @Acceptance(topic = "fully-connected-layer", clause = 1)
    @Test void outputsAndGradientsEqualPyTorchOnAHundredShapes() {
        var cases = Golden.load("golden/fully-connected-layer.json").cases("linear");
        int empty = 0;
        for (var type : new DType[] {DType.F64, DType.F32}) {
            var gap = Gap.relativeBeyondOne();
            for (var c : cases) {
                long[] shape = c.longs("input.shape");
                int inputs = (int) shape[shape.length - 1];
                var twin = new Twin((long) c.number("input.seed"));
                var layer = twin.fill(new Linear(inputs, c.integer("input.outputs"), c.flag("input.bias"), type, Init.zeros(), Rng.of(0)));
                var x = twin.draw(shape).to(type).requiresGrad();
                var y = layer.forward(x);
                if (y.count() == 0) empty++;
                twin.compare(gap, c, layer.parameters(), List.of(x), List.of(y));
            }
            Evidence.of(type + ": largest gap of outputs and gradients", gap, below(1e-5));
        }
        Evidence.of("shapes", cases.size(), exactly(100));
        Evidence.of("of these without rows", empty / 2, atLeast(5));
    }

    @Acceptance(topic = "fully-connected-layer", clause = 2)
    @Test void weightsBeginWithinTheRootOfTheInputs() {
        double most = 0, least = 1, spread = 0;
        for (int inputs : new int[] {1, 4, 25, 100, 784}) {
            var layer = new Linear(inputs, 4000 / inputs + 64, Rng.of(inputs));
            double bound = 1 / Math.sqrt(inputs), sum = 0;
            double[] w = layer.weight().toDoubleArray();
            for (double v : w) {
                most = Math.max(most, Math.abs(v) / bound);
                sum += v * v / w.length;
            }
            for (double v : layer.bias().toDoubleArray()) most = Math.max(most, Math.abs(v) / bound);
            double[] ends = {layer.weight().min().item(), layer.weight().max().item()};
            least = Math.min(least, Math.min(-ends[0], ends[1]) / bound);
            spread = Math.max(spread, Math.abs(3 * sum / (bound * bound) - 1));
        }
        Evidence.of("largest weight or bias over 1 / sqrt(inputs)", most, atMost(1 + 1e-6));
        Evidence.of("least of the extreme weights over it", least, above(0.95));
        Evidence.of("largest gap of the variance from that of a uniform draw, relative", spread, below(0.1));
    }

    @Acceptance(topic = "fully-connected-layer", clause = 3)
    @Test void everyOutputDependsOnEveryInputByItsWeight() {
        var gap = Gap.absolute();
        double least = Double.POSITIVE_INFINITY;
        for (int draw = 0; draw < 20; draw++) {
            var rng = Rng.of(40 + draw);
            int inputs = 1 + rng.nextInt(20), outputs = 1 + rng.nextInt(20);
            var layer = new Linear(inputs, outputs, true, DType.F64, Init.torchLinear(inputs), rng);
            var x = Tensor.randn(rng, DType.F64, inputs).compute();
            double[] w = layer.weight().toDoubleArray(), y = layer.forward(x.unsqueeze(0)).toDoubleArray();
            gap.see("jacobian", Autograd.jacobian(v -> layer.forward(v.unsqueeze(0)).squeeze(0), x).toDoubleArray(), w);
            // By moving one input at a time.
            double[] at = x.toDoubleArray();
            for (int i = 0; i < inputs; i++) {
                double[] moved = at.clone();
                moved[i] += 1;
                double[] other = layer.forward(Tensor.of(moved).unsqueeze(0)).toDoubleArray();
                for (int j = 0; j < outputs; j++) {
                    gap.see("difference", other[j] - y[j], w[j * inputs + i]);
                    least = Math.min(least, Math.abs(other[j] - y[j]));
                }
            }
        }
        Evidence.of("largest gap of the Jacobian from W", gap, below(1e-6));
        Evidence.of("least change of an output by a unit of an input", least, above(0));
    }

    @Test void lazyLayersLearnTheirInputs() {
        var net = new Sequential(Linear.lazy(4, Rng.of(1)), Activation.TANH,
                Linear.lazy(2, false, DType.F32, Init.normal(0.02), Rng.of(2)));
        assertThat(net.state()).isEmpty();
        assertThat(net.forward(Tensor.ones(5, 3)).shape().toArray()).containsExactly(5, 2);
        assertThat(net.parameters().keySet()).containsExactly("0.weight", "0.bias", "2.weight");
        assertThat(net.parameterCount()).isEqualTo(4 * 3 + 4 + 2 * 4);
        assertThatThrownBy(() -> net.forward(Tensor.ones(5, 4))).isInstanceOf(ShapeException.class);
    }

    @Test void anActivationMayBeFusedAndSharesTheParameters() {
        var layer = new Linear(6, 5, Rng.of(3));
        var fused = layer.activated(Activation.GELU);
        var x = Tensor.randn(Rng.of(4), DType.F32, 7, 6).compute();
        assertThat(fused.forward(x).toDoubleArray()).isEqualTo(Activation.GELU.apply(layer.forward(x)).toDoubleArray());
        assertThat(fused.weight()).isSameAs(layer.weight());
    }

    @Test void weightsMayBeStoredInFewBits(@TempDir Path folder) throws IOException {
        var layer = new Linear(64, 10, Rng.of(5)).activated(Activation.RELU);
        var x = Tensor.randn(Rng.of(6), DType.F32, 3, 64).compute();
        double[] y = layer.forward(x).toDoubleArray();
        for (var format : new BlockFormat[] {BlockFormat.Q8_0, BlockFormat.Q4_0}) {
            var small = layer.quantised(format);
            assertThat(small.state().keySet()).containsExactly("codes", "bias");
            assertThat(small.parameters()).isEmpty();
            assertThat(small.weight().bytes()).isLessThan(10 * 64 * 4 / 3);
            var rebuilt = small.weight().dequantise();
            assertThat(small.forward(x).toDoubleArray()).usingComparatorWithPrecision(1e-4)
                    .containsExactly(x.matmul(rebuilt.transpose()).add(layer.bias().detach()).relu().toDoubleArray());
            assertThat(rebuilt.sub(layer.weight().detach()).abs().max().item()).isLessThan(format == BlockFormat.Q8_0 ? 1e-3 : 0.02);
            var file = folder.resolve(format.name() + ".safetensors");
            small.save(file);
            var other = new Linear(64, 10, Rng.of(7)).activated(Activation.RELU).quantised(format);
            other.forward(x);
            other.load(file);
            assertThat(other.forward(x).toDoubleArray()).isEqualTo(small.forward(x).toDoubleArray());
            var seen = x.requiresGrad();
            small.forward(seen).sum().backward();
            assertThat(seen.grad().abs().max().item()).isGreaterThan(0);
        }
        var half = Module.to(layer, DType.BF16);
        assertThat(half.forward(x).sub(layer.forward(x)).abs().max().item()).isLessThan(0.05);
        assertThat(y).hasSize(30);
    }
}
