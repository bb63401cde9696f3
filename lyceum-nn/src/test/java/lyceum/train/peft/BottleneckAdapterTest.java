package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BottleneckAdapterTest {
    private static TinyText model(TransformerConfig.Placement placement, int layers) {
        return new TinyText(TinyText.config(16, 2, 24).withPlacement(placement), layers, 11, 20, 3, true, Rng.of(1));
    }

    private static Tensor tokens(long seed) { return Tensor.randint(Rng.of(seed), 0, 11, 6, 9).compute(); }

    @Acceptance(topic = "houlsby-adapters", clause = 1)
    @Test void fromZeroTheyChangeNothing() {
        long differ = 0, seen = 0;
        for (var placement : TransformerConfig.Placement.values()) for (boolean parallel : new boolean[] {false, true}) {
            var model = model(placement, 2);
            byte[] before = TinyText.bits(model.forward(tokens(2)));
            Peft.of(model, new BottleneckAdapter(4).withParallel(parallel), "a", Rng.of(3));
            differ += Arrays.equals(before, TinyText.bits(model.forward(tokens(2)))) ? 0 : 1;
            seen++;
        }
        Evidence.of("placements of norms, after and beside the sublayers", seen, exactly(8));
        Evidence.of("models whose output differs in a bit", differ, exactly(0));
    }

    @Acceptance(topic = "houlsby-adapters", clause = 2)
    @Test void theCountIsThatOfTheirTwoLayers() {
        long wrong = 0, seen = 0;
        int d = 16;
        for (int layers : new int[] {1, 3}) for (int m : new int[] {1, 5, 8}) for (boolean norms : new boolean[] {false, true}) {
            var model = model(TransformerConfig.Placement.PRE, layers);
            var tuning = Peft.of(model, new BottleneckAdapter(m).withNorms(norms), "a", Rng.of(3));
            long expected = 2L * layers * (2 * d * m + d + m) + (norms ? (2L * layers + 1) * 2 * d : 0);
            wrong += model.parameterCount() == expected && tuning.parameterCount() == expected ? 0 : 1;
            seen++;
        }
        Evidence.of("models seen", seen, exactly(12));
        Evidence.of("counts other than 2 L (2 d m + d + m) and the norms", wrong, exactly(0));
    }

    private static Dataset random(long seed) { return new Dataset(tokens(seed), Tensor.randint(Rng.of(seed), 0, 3, 6).compute(), List.of(), List.of("a", "b", "c"), "random"); }

    @Acceptance(topic = "houlsby-adapters", clause = 3)
    @Acceptance(topic = "houlsby-adapters", clause = 5)
    @Test void trainingLeavesTheBackboneAndSwitchingIsExact() {
        var model = model(TransformerConfig.Placement.PRE, 2);
        var before = TinyText.bits(model);
        var x = tokens(7);
        byte[] base = TinyText.bits(model.forward(x));
        var registry = new AdapterRegistry(model);
        for (var name : List.of("A", "B")) {
            var tuning = Peft.of(model, new BottleneckAdapter(4), name, Rng.of(name.hashCode()));
            new Trainer(new Adam(0.02), 20).fit(model, Loss::crossEntropy, random(name.hashCode()), Rng.of(4));
            Evidence.of("backbone tensors that training " + name + " changed", TinyText.changed(before, model), exactly(0));
            registry.add(tuning);
        }
        registry.use("A");
        byte[] a = TinyText.bits(model.forward(x));
        registry.use("B");
        byte[] b = TinyText.bits(model.forward(x));
        registry.use("A");
        Evidence.of("A again after B differs", Arrays.equals(a, TinyText.bits(model.forward(x))) ? 0 : 1, exactly(0));
        assertThat(b).isNotEqualTo(a);
        assertThat(a).isNotEqualTo(base);
        registry.use("");
        assertThat(TinyText.bits(model.forward(x))).isEqualTo(base);
    }

    private static double accuracy(Module model, Dataset data) { return Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item()); }

    @Test void aParallelOneReadsTheInputAndScales() {
        var layer = new Linear(3, 3, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 4, 3).compute();
        var tuning = Peft.of(layer, new BottleneckAdapter(2, Activation.IDENTITY, 0.5, 3, true, false, List.of("*")), "a", Rng.of(3));
        var p = tuning.parameters();
        var expected = x.affine(layer.weight(), layer.bias()).add(x.affine(p.get("adapter_down.weight"), p.get("adapter_down.bias")).matmul(p.get("adapter_up.weight").transpose()).mul(3));
        assertThat(layer.forward(x).sub(expected).abs().max().item()).isLessThan(1e-6);
    }
}
