package lyceum.llm.quant;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.FlopCounter;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyFamilies;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class AwqTest {
    private static List<DecoderLM> models() {
        return List.of(new DecoderLM(DecoderConfig.llama(40, 32, 2, 16, 4, 4, 24), Rng.of(1)),
                new DecoderLM(DecoderConfig.llama(40, 32, 2, 16, 4, 2, 24), Rng.of(2)),
                unsettled(new DecoderLM(DecoderConfig.gpt2(40, 32, 2, 16, 4), Rng.of(3))));
    }

    /** Norms and biases other than those of a start. */
    private static DecoderLM unsettled(DecoderLM model) {
        var values = new TreeMap<String, Tensor>();
        model.state().forEach((name, t) -> values.put(name,
                t.rank() == 1 ? t.detach().add(Tensor.randn(Rng.of(name.length()), t.size(0)).mul(0.2)).compute() : t.detach()));
        return Module.resized(model, values, Map.of());
    }

    /** Folds of a block of a family: of norms with a gain before a half, of values with as many heads as queries, of gates. */
    private static int folds(String family) {
        return switch (family) {
            case "gpt1", "olmo2" -> 1; // values, or gates: norms stand behind
            case "mixtral", "qwen2-moe", "qwen3-moe" -> 1; // no half before experts
            case "phi", "olmo" -> 2; // one norm for both halves, and values; values and gates, as norms have no gain
            default -> 3;
        };
    }

    @Test
    @Acceptance(topic = "awq", clause = 1) void scalingAloneChangesNothing() throws IOException {
        double gap = 0, moved = 0;
        int folds = 0, foreseen = 2 * (4 + 3 + 3), families = 0;
        var models = new ArrayList<>(models());
        for (var family : TinyFamilies.all()) {
            models.add(unsettled(family.model()));
            foreseen += folds(family.name()) * models.getLast().config().layers();
            families++;
        }
        for (var model : models) {
            var all = Awq.folds(model);
            var scales = new ArrayList<Tensor>();
            for (int f = 0; f < all.size(); f++) {
                var width = ((Linear) model.modules().get(all.get(f).targets().getFirst())).weight().size(1);
                scales.add(Tensor.randn(Rng.of(f), DType.F64, width).exp().compute());
            }
            var folded = Awq.folded(model, all, scales);
            var ids = Tensor.randint(Rng.of(9), 0, 23, 3, 12);
            gap = Math.max(gap, model.hidden(ids, Pass.inference()).sub(folded.hidden(ids, Pass.inference())).abs().max().item());
            for (var name : model.state().keySet())
                moved = Math.max(moved, model.state().get(name).sub(folded.state().get(name)).abs().max().item());
            folds += all.size();
        }
        Evidence.of("families beside three decoders", families, exactly(17));
        Evidence.of("folds", folds, exactly(foreseen));
        Evidence.of("largest change of a weight", moved, above(0.1));
        Evidence.of("largest change of what blocks give", gap, atMost(1e-5));
    }

    private static Tensor gram(Tensor x) { return x.transpose().matmul(x).compute(); }

    @Test
    @Acceptance(topic = "awq", clause = 2) void exponentZeroRounds() {
        int same = 0;
        for (int i = 0; i < 20; i++) {
            var awq = new Awq(2 + i % 7, 32).withSymmetric(i % 2 == 0);
            var w = Tensor.randn(Rng.of(i), 12, 80);
            var scales = Awq.scales(Tensor.rand(Rng.of(50 + i), DType.F64, 80).add(0.01), 0);
            var rounded = (i % 2 == 0 ? Quantizer.symmetric(2 + i % 7) : Quantizer.affine(2 + i % 7)).byGroup(32).quantize(w);
            var ours = awq.of(w, scales, null);
            if (Arrays.equals(ours.packed(), rounded.packed())
                    && Arrays.equals(ours.scales().toFloatArray(), rounded.scales().toFloatArray())
                    && Arrays.equals(ours.zeroPoints().toIntArray(), rounded.zeroPoints().toIntArray()))
                same++;
        }
        Evidence.of("of 20 layers equal bit for bit", same, exactly(20));
    }

    /** Squared error of outputs on rows, computed on them: inputs are divided by the scales, weights are what is stored. */
    private static double error(Tensor x, Tensor w, Tensor stored, Tensor scales) {
        return x.matmul(w.to(DType.F64).transpose()).sub(x.div(scales).matmul(stored.to(DType.F64).transpose())).square().sum().item();
    }

    @Test
    @Acceptance(topic = "awq", clause = 3) void theSearchNeverLosesToRounding() {
        int held = 0, better = 0, clipped = 0;
        for (int i = 0; i < 50; i++) {
            var rng = Rng.of(700 + i);
            int d = 16 + rng.nextInt(80);
            var x = Tensor.randn(rng, DType.F64, 150, d).mul(Tensor.randn(rng, DType.F64, d).mul(1.5).exp()).compute();
            var w = Tensor.randn(rng, 10, d);
            var awq = new Awq(2 + i % 4, 32).withSymmetric(i % 2 == 0);
            var choice = awq.search(List.of(w), Awq.magnitudes(x), gram(x));
            double plain = error(x, w, awq.quantizer().quantize(w).dequantize(), Tensor.ones(DType.F64, d));
            double ours = error(x, w, awq.of(w, choice.scales(), null).dequantize(), choice.scales());
            if (ours <= plain * (1 + 1e-12)) held++;
            if (ours < 0.95 * plain) better++;
            assertThat(choice.errors()[0]).isCloseTo(plain, within(1e-6 * plain));
            var cut = awq.withClip(true);
            var again = cut.search(List.of(w), Awq.magnitudes(x), gram(x));
            if (Arrays.stream(again.errors()).min().orElseThrow() < Arrays.stream(choice.errors()).min().orElseThrow()) clipped++;
        }
        Evidence.of("layers of 50 in which the search is no worse", held, exactly(50));
        Evidence.of("in which it is better by 5%", better, above(25));
        Evidence.of("in which clipping helps further", clipped, above(25));
    }

    @Test
    @Acceptance(topic = "awq", clause = 4) void loudInputsAreSpared() {
        int held = 0;
        double worst = 0;
        for (int layer = 0; layer < 10; layer++) {
            var rng = Rng.of(900 + layer);
            int d = 512;
            var loud = new double[d];
            Arrays.fill(loud, 1);
            for (int j : rng.sample(d, 5)) loud[j] = 20; // 1% of 512
            Tensor x = Tensor.randn(rng, DType.F64, 600, d).mul(Tensor.of(loud)).compute(),
                    fresh = Tensor.randn(rng, DType.F64, 300, d).mul(Tensor.of(loud)).compute();
            var w = Tensor.randn(rng, 64, d);
            var awq = new Awq(3, 128);
            var choice = awq.search(List.of(w), Awq.magnitudes(x), gram(x));
            double ratio = error(fresh, w, awq.of(w, choice.scales(), null).dequantize(), choice.scales())
                    / error(fresh, w, awq.quantizer().quantize(w).dequantize(), Tensor.ones(DType.F64, d));
            worst = Math.max(worst, ratio);
            if (ratio <= 0.5) held++;
        }
        Evidence.of("squared output error over rounding's, worst layer", worst, atMost(0.5));
        Evidence.of("layers of 10", held, exactly(10));
    }

    private static Map<String, Long> operations(Module model, Tensor ids) {
        var calls = new TreeMap<String, Long>();
        for (var row : FlopCounter.count(() -> model.forward(ids, Pass.inference()).compute()).rows())
            calls.merge(row.operation(), row.calls(), Long::sum);
        return calls;
    }

    @Test
    @Acceptance(topic = "awq", clause = 5) void theFoldedModelHasNoFurtherOperation() {
        int alike = 0;
        var ids = Tensor.randint(Rng.of(9), 0, 40, 4, 20);
        for (var model : models()) {
            var awq = new Awq(4, 16);
            var small = awq.quantise(model, List.of(ids), Progress.SILENT);
            var parts = new IdentityHashMap<Module, Module>();
            model.modules().forEach((name, module) -> {
                if (module instanceof Linear layer && name.startsWith("decoder."))
                    parts.put(layer, Linear.on(GroupedWeight.of(awq.quantizer().quantize(layer.weight())), layer.bias()));
            });
            var rounded = Module.resized(model, Map.of(), parts);
            Map<String, Long> ours = operations(small, ids), theirs = operations(rounded, ids);
            assertThat(theirs.values().stream().mapToLong(n -> n).sum()).isGreaterThan(30);
            if (ours.equals(theirs)) alike++;
            var fine = awq.withBits(8).withClip(true).quantise(model, List.of(ids), Progress.SILENT).hidden(ids, Pass.inference());
            assertThat(fine.sub(model.hidden(ids, Pass.inference())).abs().max().item()).isLessThan(0.02);
        }
        Evidence.of("decoders of 3 whose operations are those of a rounded one, name by name and call by call", alike, exactly(3));
    }

    @Test void everyFamilyStaysItselfInEightBits() throws IOException {
        for (var family : TinyFamilies.all()) {
            if (List.of("mixtral", "qwen2-moe", "qwen3-moe").contains(family.name())) continue; // a rounded router picks others
            var model = family.model();
            var ids = Tensor.randint(Rng.of(9), 0, 23, 4, 12);
            var z = model.forward(ids, Pass.inference());
            var fine = new Awq(8, 8).quantise(model, List.of(ids), Progress.SILENT).forward(ids, Pass.inference());
            assertThat(fine.sub(z).abs().max().item()).as(family.name()).isLessThan(0.03 * z.abs().max().item());
        }
    }

    @Test void badValues() throws IOException {
        var olmo = new TinyFamilies("olmo").model();
        var fold = new Awq.Fold("decoder.layers.0.attention_norm", List.of("decoder.layers.0.attention.q_proj"));
        assertThatThrownBy(() -> Awq.folded(olmo, List.of(fold), List.of(Tensor.full(DType.F64, 2, olmo.config().width()))))
                .hasMessageContaining("decoder.layers.0.attention_norm has no weight");
        assertThatThrownBy(() -> new Awq(1, 32)).hasMessageContaining("1 bits");
        assertThatThrownBy(() -> new Awq(4, 32).search(List.of(Tensor.ones(3, 4)), Tensor.ones(5), Tensor.eye(4)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Awq.folded(models().getFirst(), Awq.folds(models().getFirst()), List.of()))
                .hasMessageContaining("0 scales");
        assertThat(Awq.scales(Tensor.of(0.0, 16, 1), 0.5).toDoubleArray()).containsExactly(0.5, 2, 0.5);
    }
}
