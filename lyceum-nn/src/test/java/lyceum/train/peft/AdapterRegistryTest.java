package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeSet;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterRegistryTest {
    private static final int D = 16, HIDDEN = 24, LAYERS = 2, TOKENS = 13, OUTPUTS = 7;

    private static TinyText model() { return new TinyText(TinyText.config(D, 4, HIDDEN), LAYERS, TOKENS, 12, OUTPUTS, false, Rng.of(1)); }

    private static Peft randomised(Peft tuning, long seed) {
        var rng = Rng.of(seed);
        Autograd.noGrad(
                () -> tuning.parameters().values().forEach(t -> t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.3))));
        return tuning;
    }

    /** A LoRA of every kind of layer of the model, of that rank. */
    private static Peft lora(Module model, int i) {
        return randomised(Peft.of(model, new Lora(1 + i % 3, 4 + i), "a" + i, Rng.of(i)), 100 + i);
    }

    private static Tensor tokens(int rows) { return Tensor.randint(Rng.of(9), 0, TOKENS, rows, 10).compute(); }

    @Acceptance(topic = "lora-adapter", clause = 1)
    @Test void aBatchOverEightAdaptersEqualsItsRowsOneByOne() {
        var model = model();
        var registry = new AdapterRegistry(model);
        for (int i = 0; i < 8; i++) registry.add(lora(model, i));
        var names = new ArrayList<String>();
        for (int row = 0; row < 16; row++) names.add("a" + (row * 5 + row / 8) % 8);
        var x = tokens(16);
        var mixed = registry.mixing(names, () -> model.forward(x).compute());
        double gap = 0, apart = 10;
        for (int row = 0; row < 16; row++) {
            var alone = model(); // without a registry, on a base of its own
            lora(alone, Integer.parseInt(names.get(row).substring(1)));
            var y = alone.forward(x.rows(row)).compute();
            gap = Math.max(gap, mixed.rows(row).sub(y).abs().max().item());
            apart = Math.min(apart, y.sub(model().forward(x.rows(row))).abs().max().item());
        }
        Evidence.of("adapters in the batch", new TreeSet<>(names).size(), exactly(8));
        Evidence.of("gap of 16 rows from runs alone", gap, below(1e-5));
        Evidence.of("least effect of an adapter on its row", apart, above(0.05));
    }

    private static long address(Module model) {
        long sum = 0;
        for (var t : model.state().values()) sum = 31 * sum + t.view().storage().segment().address() + t.view().byteOffset();
        return sum;
    }

    private static int hash(Module model) {
        int hash = 0;
        for (var b : TinyText.bits(model).values()) hash = 31 * hash + Arrays.hashCode(b);
        return hash;
    }

    @Acceptance(topic = "lora-adapter", clause = 2)
    @Test void swappingTouchesNoWeight() {
        var model = model();
        long address = address(model), moved = 0, changed = 0;
        int hash = hash(model);
        var registry = new AdapterRegistry(model);
        for (int i = 0; i < 4; i++) registry.add(lora(model, i));
        var x = tokens(3);
        var seen = new TreeSet<Double>();
        for (var name : List.of("a0", "a1", "", "a3", "a2", "a0")) {
            registry.use(name);
            seen.add(model.forward(x).square().sum().item());
            moved += address(model) == address ? 0 : 1;
            changed += hash(model) == hash ? 0 : 1;
        }
        Evidence.of("different answers of four adapters and the base", seen.size(), exactly(5));
        Evidence.of("swaps after which an address differs", moved, exactly(0));
        Evidence.of("swaps after which the hash differs", changed, exactly(0));
    }

    @Acceptance(topic = "lora-adapter", clause = 3)
    @Acceptance(topic = "lora-adapter", clause = 5)
    @Test void aFileHoldsTheFactorsBitByBitAndNothingElse(@TempDir Path folder) throws IOException {
        var model = model();
        var tuning = randomised(Peft.of(model, new Lora(3, 5).withTargets(List.of("q_proj", "fc1", "embedding")), "a", Rng.of(2)), 3);
        tuning.save(folder);
        var fresh = model();
        var read = Peft.load(fresh, folder, "b");
        long differ = 0;
        for (var entry : tuning.parameters().entrySet())
            differ += Arrays.equals(TinyText.bits(entry.getValue()), TinyText.bits(read.parameters().get(entry.getKey()))) ? 0 : 1;
        Evidence.of("tensors saved", tuning.parameters().size(), exactly(2 * (2 * LAYERS + 1)));
        Evidence.of("tensors that differ in a bit", differ, exactly(0));
        Evidence.of("bits of the logits",
                Arrays.equals(TinyText.bits(model.forward(tokens(2))), TinyText.bits(fresh.forward(tokens(2)))) ? 0 : 1, exactly(0));
        byte[] file = Files.readAllBytes(folder.resolve("adapter_model.safetensors"));
        long header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0),
                expected = 3L * (LAYERS * ((D + D) + (D + HIDDEN)) + TOKENS + D);
        Evidence.of("values in the file besides its header, over r (inputs + outputs)", (file.length - 8 - header) / 4.0 / expected,
                exactly(1));
        assertThat(Safetensors.read(folder.resolve("adapter_model.safetensors")).tensors().keySet()).contains(
                "base_model.model.embedding.lora_embedding_A", "base_model.model.encoder.layers.0.attention.q_proj.lora_A.weight",
                "base_model.model.encoder.layers.1.mlp.fc1.lora_B.weight");
        assertThat(Files.readString(folder.resolve("adapter_config.json"))).contains("\"peft_type\" : \"LORA\"", "\"r\" : 3",
                "\"lora_alpha\" : 5.0", "q_proj");
    }

    @Acceptance(topic = "lora-adapter", clause = 4)
    @Test void mergeAndUnmergeRestoreTheBase() {
        var model = model();
        var before = new LinkedHashMap<String, Tensor>();
        model.state().forEach((name, t) -> before.put(name, t.detach().copy().compute()));
        var tuning = lora(model, 2);
        tuning.merge();
        double moved = gap(before, model);
        tuning.unmerge();
        Evidence.of("how far merging moved a weight", moved, above(0.1));
        Evidence.of("how far a weight is from its former value", gap(before, model), below(1e-6));
        tuning.detach();
        assertThat(model.state().keySet()).isEqualTo(before.keySet());
    }

    private static double gap(LinkedHashMap<String, Tensor> before, Module model) {
        double gap = 0;
        for (var entry : before.entrySet()) gap = Math.max(gap, model.state().get(entry.getKey()).sub(entry.getValue()).abs().max().item());
        return gap;
    }

    @Test void aWeightedSumIsOneAdapter() {
        var model = model();
        Peft a = lora(model, 1).detach(), b = lora(model, 2).detach();
        var weights = new LinkedHashMap<Peft, Double>();
        weights.put(a, 0.5);
        weights.put(b, -2.0);
        var sum = Peft.combine("sum", weights);
        assertThat(((Lora) sum.methods().getFirst()).rank()).isEqualTo(5);
        var layer = new Linear(3, 2, Rng.of(1));
        Peft first = randomised(Peft.of(layer, new Lora(1, 2), "f", Rng.of(2)), 3).detach(),
                second = randomised(Peft.of(layer, new Lora(2, 3), "s", Rng.of(4)), 5).detach();
        var x = Tensor.randn(Rng.of(6), 4, 3).compute();
        Tensor base = layer.forward(x).compute(), withFirst = answer(first, layer, x), withSecond = answer(second, layer, x);
        var both = new LinkedHashMap<Peft, Double>();
        both.put(first, 0.5);
        both.put(second, -2.0);
        Peft.combine("sum", both);
        var expected = base.add(withFirst.sub(base).mul(0.5)).add(withSecond.sub(base).mul(-2));
        assertThat(layer.forward(x).sub(expected).abs().max().item()).isLessThan(1e-5);
        assertThatThrownBy(() -> Peft.combine("no", new LinkedHashMap<>())).hasMessageContaining("no tuning");
    }

    private static Tensor answer(Peft tuning, Module model, Tensor x) {
        tuning.attach();
        var y = model.forward(x).compute();
        tuning.detach();
        return y;
    }

    @Test void rowsMayHaveOtherKindsOfTuningsOrNone() {
        var model = model();
        var registry = new AdapterRegistry(model).add(lora(model, 1)).add(randomised(Peft.of(model, new Ia3(), "ia3", Rng.of(2)), 3))
                .add(randomised(Peft.of(model, new BottleneckAdapter(2), "bottleneck", Rng.of(2)), 4));
        var x = tokens(5);
        var rows = List.of("bottleneck", "", "ia3", "a1", "bottleneck");
        var mixed = registry.mixing(rows, () -> model.forward(x).compute());
        for (int i = 0; i < 5; i++) {
            registry.use(rows.get(i));
            assertThat(model.forward(x.rows(i)).sub(mixed.rows(i)).abs().max().item()).as(rows.get(i)).isLessThan(1e-5);
        }
        assertThat(registry.names()).containsExactly("a1", "ia3", "bottleneck");
        assertThat(registry.remove("bottleneck").isAttached()).isFalse();
        assertThat(registry.current()).isEmpty();
        assertThatThrownBy(() -> registry.mixing(rows, () -> 1)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("there is no \"bottleneck\"");
        assertThatThrownBy(() -> registry.mixing(List.of("a1", ""), () -> model.forward(x).compute())).isInstanceOf(ShapeException.class)
                .hasMessageContaining("a batch of 5 rows for a mixture of 2");
        assertThatThrownBy(() -> registry.add(Peft.of(model, new BitFit(), "bits", Rng.of(1))))
                .hasMessageContaining("the base's own parameters");
        assertThatThrownBy(() -> registry.add(Peft.of(new Sequential(new Linear(2, 2, Rng.of(1))), new Lora(1, 1), "c", Rng.of(1))))
                .hasMessageContaining("another model");
    }
}
