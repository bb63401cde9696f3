package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LayersTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape); }

    @Test void aPackedLinearLayerPredictsWhatItLearns() {
        var layer = new Linear(70, 50, Rng.of(5)).pack();
        for (int rows : new int[] {1, 5, 40}) {
            Tensor x = Tensor.randn(Rng.of(rows), rows, 70).compute();
            double[] expected = layer.forward(x).toDoubleArray(), got = Autograd.noGrad(() -> layer.forward(x)).toDoubleArray();
            for (int i = 0; i < got.length; i++) assertThat(got[i]).isCloseTo(expected[i], within(1e-5));
        }
        var ones = Tensor.ones(1, 70);
        Autograd.noGrad(() -> layer.weight().copy_(Tensor.zeros(50, 70)));
        assertThat(Autograd.noGrad(() -> layer.forward(ones)).toDoubleArray()).containsExactly(layer.bias().toDoubleArray());
        assertThat(layer.state().keySet()).containsExactly("weight", "bias");
    }

    @Test void checkpointedLayersLearnAsOthersDo() {
        var layers = new Linear[] {new Linear(6, 8, true, DType.F64, Init.heNormal(), Rng.of(1)),
                new Linear(8, 6, true, DType.F64, Init.heNormal(), Rng.of(2)),
                new Linear(6, 3, true, DType.F64, Init.heNormal(), Rng.of(3))};
        var rng = Rng.of(4);
        UnaryOperator<Tensor> hidden = t -> new Dropout(0.3).forward(layers[1].forward(layers[0].forward(t).tanh()),
                Pass.training(rng.split(1))), last = t -> layers[2].forward(t);
        var x = normal(5, 7, 6).compute();
        var gradients = new ArrayList<double[]>();
        for (int how = 0; how < 3; how++) {
            for (var layer : layers) layer.parameters().values().forEach(Tensor::zeroGrad);
            var leaf = x.requiresGrad();
            var y = switch (how) {
                case 0 -> last.apply(hidden.apply(leaf));
                case 1 -> last.apply(Autograd.checkpoint(hidden, leaf));
                default -> Autograd.checkpoint(t -> last.apply(Autograd.checkpoint(hidden, t)), leaf);
            };
            y.square().sum().backward();
            gradients.add(leaf.grad().toDoubleArray());
            for (var layer : layers) for (var p : layer.parameters().values()) gradients.add(p.grad().toDoubleArray());
        }
        for (int i = 0; i < 14; i++) assertThat(gradients.get(7 + i)).containsExactly(gradients.get(i % 7));
    }

    @Test void packingAModelPacksEveryModuleInIt() {
        class Part extends Module {
            private int packed;

            @Override public Module pack() {
                packed++;
                return this;
            }

            @Override protected Tensor compute(Tensor x, Pass pass) { return x; }
        }
        class Whole extends Module {
            private final Part first = new Part();
            private final List<Part> others = List.of(new Part(), new Part());

            @Override protected Tensor compute(Tensor x, Pass pass) { return x; }
        }
        var whole = new Whole();
        whole.then(whole.first).pack();
        assertThat(whole.first.packed).isEqualTo(2);
        assertThat(whole.others).allMatch(part -> part.packed == 1);
        var model = new GptBlock(48, 4, Rng.of(3));
        var x = Tensor.randn(Rng.of(4), 2, 20, 48).compute();
        double[] expected = Autograd.noGrad(() -> model.forward(x)).toDoubleArray();
        model.pack();
        assertThat(Autograd.noGrad(() -> model.forward(x)).toDoubleArray()).containsExactly(expected, within(1e-4));
    }

    @Test void aModelPackedIn8BitsPredictsNearlyTheSame() {
        var mlp = new GptBlock(64, 4, Rng.of(3));
        var x = Tensor.randn(Rng.of(4), 2, 20, 64).compute();
        double[] expected = Autograd.noGrad(() -> mlp.forward(x)).toDoubleArray();
        mlp.pack(BlockFormat.Q8_0);
        double[] rounded = Autograd.noGrad(() -> mlp.forward(x)).toDoubleArray();
        assertThat(rounded).containsExactly(expected, within(0.1)).isNotEqualTo(expected);
        assertThat(mlp.forward(x).toDoubleArray()).containsExactly(expected, within(1e-5)); // with a gradient
        assertThat(Autograd.noGrad(() -> Module.copy(mlp).forward(x)).toDoubleArray()).containsExactly(expected, within(1e-5));
        mlp.load(mlp.state());
        assertThat(Autograd.noGrad(() -> mlp.forward(x)).toDoubleArray()).containsExactly(expected, within(1e-5));
        assertThatThrownBy(() -> new Linear(70, 5, Rng.of(1)).pack(BlockFormat.Q8_0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void layerNormCentresAndScalesEachExample() {
        var x = normal(1, 4, 3, 5).mul(7).add(2);
        var norm = new LayerNorm(1e-5, DType.F64, 3, 5);
        double[] out = norm.forward(x).toDoubleArray(), in = x.toDoubleArray();
        for (int e = 0; e < 4; e++) {
            double mean = 0, variance = 0;
            for (int i = 0; i < 15; i++) mean += in[15 * e + i] / 15;
            for (int i = 0; i < 15; i++) variance += Math.pow(in[15 * e + i] - mean, 2) / 15;
            for (int i = 0; i < 15; i++)
                assertThat(out[15 * e + i]).isCloseTo((in[15 * e + i] - mean) / Math.sqrt(variance + 1e-5), within(1e-12));
        }
        GradientCheck.of(norm, n -> n.forward(x).pow(3).mean());
        assertThatThrownBy(() -> norm.forward(Tensor.zeros(5))).isInstanceOf(ShapeException.class)
                .hasMessage("LayerNorm: input (5,) has fewer axes than (3, 5)");
    }

    @Test void batchNormUsesTheBatchWhileLearningAndItsMemoryWhilePredicting() {
        var x = normal(2, 6, 3, 4).mul(2).add(5);
        var norm = new BatchNorm(3, 1e-5, 0.1, DType.F64);
        double[] in = x.toDoubleArray(), out = norm.forward(x, Pass.training(Rng.of(1))).toDoubleArray();
        var mean = new double[3];
        var variance = new double[3];
        for (int i = 0; i < in.length; i++) mean[i / 4 % 3] += in[i] / 24;
        for (int i = 0; i < in.length; i++) variance[i / 4 % 3] += Math.pow(in[i] - mean[i / 4 % 3], 2) / 24;
        for (int i = 0; i < in.length; i++)
            assertThat(out[i]).isCloseTo((in[i] - mean[i / 4 % 3]) / Math.sqrt(variance[i / 4 % 3] + 1e-5), within(1e-12));
        for (int f = 0; f < 3; f++) {
            assertThat(norm.state().get("running_mean").item(f)).isCloseTo(0.1 * mean[f], within(1e-12));
            assertThat(norm.state().get("running_var").item(f)).isCloseTo(0.9 + 0.1 * variance[f] * 24 / 23, within(1e-12)); // unbiased, as PyTorch
        }
        double remembered = norm.state().get("running_mean").item(1), spread = norm.state().get("running_var").item(1);
        assertThat(norm.forward(x).item(0, 1, 2)).isCloseTo((x.item(0, 1, 2) - remembered) / Math.sqrt(spread + 1e-5), within(1e-12));
        assertThat(norm.parameters().keySet()).containsExactly("weight", "bias");
        GradientCheck.of(norm, n -> n.forward(x, Pass.training(Rng.of(1))).pow(3).mean());
        assertThatThrownBy(() -> norm.forward(Tensor.zeros(1, 3), Pass.training(Rng.of(1))))
                .hasMessage("BatchNorm: input (1, 3) has one value a feature; learning needs at least two");
    }

    @Test void embeddingPicksRowsAndSumsTheirGradients() {
        var table = normal(3, 5, 2);
        var embedding = new Embedding(table);
        var indices = Tensor.of(new long[] {4, 0, 4, 4}, 2, 2);
        var out = embedding.forward(indices);
        assertThat(out.shape().toArray()).containsExactly(2, 2, 2);
        assertThat(out.item(0, 0, 1)).isEqualTo(table.item(4, 1));
        out.sum().backward();
        assertThat(embedding.weight().grad().sum(1).toDoubleArray()).containsExactly(2, 0, 0, 0, 6);
        GradientCheck.of(embedding, e -> e.forward(indices).square().sum());
        assertThatThrownBy(() -> embedding.forward(Tensor.of(5L))).hasMessageContaining("5");
    }

    @Test void dropoutKeepsTheMeanAndDropsTheShare() {
        var ones = Tensor.ones(DType.F64, 200, 100);
        var dropped = new Dropout(0.3).forward(ones, Pass.training(Rng.of(4)));
        assertThat(dropped.eq(0).to(DType.F64).mean().item()).isCloseTo(0.3, within(0.01));
        assertThat(dropped.mean().item()).isCloseTo(1, within(0.02));
        assertThat(dropped.max().item()).isEqualTo(1 / 0.7, within(1e-15));
        assertThat(new Dropout(0.3).forward(ones)).isSameAs(ones);
        var x = ones.requiresGrad();
        var y = new Dropout(0.3).forward(x, Pass.training(Rng.of(4)));
        y.sum().backward();
        assertThat(x.grad().toDoubleArray()).isEqualTo(y.toDoubleArray());
        assertThatThrownBy(() -> new Dropout(1)).hasMessage("Dropout: p is 1.0; it lies in [0, 1)");
    }

    @Test void linearIsAffineOverAnyLeadingAxes() {
        var layer = new Linear(3, 2, true, DType.F64, Init.heNormal(), Rng.of(5));
        var x = normal(6, 2, 4, 3);
        double expected = layer.bias().item(1);
        for (int j = 0; j < 3; j++) expected += x.item(1, 2, j) * layer.weight().item(1, j);
        assertThat(layer.forward(x).item(1, 2, 1)).isCloseTo(expected, within(1e-14));
        GradientCheck.of(layer, l -> l.forward(x).square().mean());
        assertThat(new Linear(3, 2, false, DType.F32, Init.zeros(), Rng.of(1)).parameters().keySet()).containsExactly("weight");
        assertThatThrownBy(() -> new Linear(0, 2, Rng.of(1))).hasMessage("Linear: 0 inputs and 2 outputs; both must be positive");
    }

    @Test void initialWeightsHaveTheVarianceTheyPromise() {
        var rng = Rng.of(7);
        long[] shape = {200, 300};
        assertThat(Init.heNormal().sample(rng, DType.F64, shape).square().mean().item()).isCloseTo(2.0 / 300, within(2e-4));
        assertThat(Init.heUniform().sample(rng, DType.F64, shape).square().mean().item()).isCloseTo(2.0 / 300, within(2e-4));
        assertThat(Init.glorotNormal().sample(rng, DType.F64, shape).square().mean().item()).isCloseTo(2.0 / 500, within(1e-4));
        assertThat(Init.glorotUniform().sample(rng, DType.F64, shape).abs().max().item()).isCloseTo(Math.sqrt(6.0 / 500), within(1e-3));
        assertThat(Init.lecunNormal().sample(rng, DType.F64, shape).square().mean().item()).isCloseTo(1.0 / 300, within(1e-4));
    }
}
