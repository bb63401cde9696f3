package lyceum.llm.quant;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.llm.TinyBible;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.NumberFormat;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Rounding;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.PagedState;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QLoraTest {
    /** As bitsandbytes publishes them (functional.py, and appendix E of the paper). */
    private static final double[] PUBLISHED = {-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
            -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
            0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0};

    @TempDir Path folder;

    @Test
    @Acceptance(topic = "qlora", clause = 1) void levelsAreThePublishedOnes() {
        var levels = Nf4Weight.levels();
        double gap = 0;
        for (int i = 0; i < 16; i++) gap = Math.max(gap, Math.abs(levels[i] - PUBLISHED[i]));
        Evidence.of("levels", levels.length, exactly(16));
        Evidence.of("from the published ones", gap, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "qlora", clause = 2) void fourBitsAndAnEighth() {
        var stored = Nf4Weight.of(Tensor.randn(Rng.of(1), 1024, 1024), 64, 256, false);
        Evidence.of("bits a weight, all buffers", stored.bitsPerWeight(), equalTo(4.127, 0.01));
        assertThat(stored.state().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum()).isEqualTo(stored.bytes());
        assertThat(Nf4Weight.of(Tensor.randn(Rng.of(1), 64, 64), 64, 0, false).bitsPerWeight()).isEqualTo(4.5);
    }

    private static double meanSquare(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).square().mean().item(); }

    @Test
    @Acceptance(topic = "qlora", clause = 3) void normalWeightsLoseLeast() {
        var w = Tensor.randn(Rng.of(2), 512, 1024);
        var most = w.reshape(-1, 64).abs().max(1, true);
        var fp4 = NumberFormat.E2M1
                .encode(w.reshape(-1, 64).div(most).mul(6).compute(), Rounding.NEAREST_EVEN, NumberFormat.Overflow.SATURATE).decode().div(6)
                .mul(most).reshape(512, 1024);
        var int4 = Quantizer.symmetric(4).byGroup(64).quantize(w).dequantize();
        double ours = meanSquare(Nf4Weight.of(w, 64, 256, false).dequantised(), w);
        Evidence.of("NF4 with double quantisation over FP4, mean squared error", ours / meanSquare(fp4, w), below(1));
        Evidence.of("NF4 with double quantisation over absmax INT4", ours / meanSquare(int4, w), below(1));
        Evidence.of("NF4's mean squared error", ours, equalTo(0.0085, 0.0008)); // as the article simulates it
    }

    @Test
    @Acceptance(topic = "qlora", clause = 4) void theBaseLearnsNothing() {
        var base = TinyBible.fresh(64, 3);
        var tuned = new QLora(new Lora(4, 8).withTargets(List.of("decoder.*"))).of(base, "t", Rng.of(4));
        var model = tuned.model();
        var before = new LinkedHashMap<String, byte[]>();
        var adapters = tuned.adapters().parameters().values();
        for (var entry : model.state().entrySet())
            if (adapters.stream().noneMatch(a -> a == entry.getValue())) before.put(entry.getKey(), bytes(entry.getValue()));
        var ids = Tensor.randint(Rng.of(5), 0, 128, 4, 30);
        new CausalLmLoss().of(model.forward(ids, Pass.training(Rng.of(6))), ids).backward();
        long withGradient = model.state().entrySet().stream().filter(e -> before.containsKey(e.getKey()) && e.getValue().grad() != null)
                .count();
        Evidence.of("tensors of the base", before.size(), exactly(6 + 14 * 4));
        Evidence.of("of them with a gradient", withGradient, exactly(0));
        Evidence.of("adapters' tensors with a gradient", adapters.stream().filter(a -> a.grad() != null).count(), exactly(2 * 14));
        model.zeroGrad();
        TinyBible.train(model, TinyBible.letters(Corpora.kingJames(), 0, 5000), 3, 1e-2, Rng.of(7));
        var state = model.state();
        long changed = before.entrySet().stream().filter(e -> !Arrays.equals(e.getValue(), bytes(state.get(e.getKey())))).count();
        Evidence.of("tensors of the base that training changed", changed, exactly(0));
    }

    private static byte[] bytes(Tensor t) {
        var text = new StringBuilder();
        for (double v : t.detach().toDoubleArray()) text.append(v).append(' ');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "qlora", clause = 5) void tuningOnBrownIsAsGoodAsOnSixteenBits() {
        var base = TinyBible.trained(64, 150, 1);
        var brown = TinyBible.letters(Corpora.brown(), 0, 300_000);
        var held = TinyBible.letters(Corpora.brown(), 400_000, 20_000);
        var lora = new Lora(8, 16).withTargets(List.of("decoder.*"));
        var half = Module.to(Module.to(base, DType.BF16), DType.F32); // what 16 bits leave of the base; arithmetic in F32 in both
        Peft.of(half, lora, "t", Rng.of(5));
        var small = new QLora(lora).of(base, "t", Rng.of(5)).model();
        double before = TinyBible.loss(half, held, 300), rounded = TinyBible.loss(small, held, 300);
        TinyBible.train(half, brown, 60, 5e-3, Rng.of(6));
        TinyBible.train(small, brown, 60, 5e-3, Rng.of(6));
        double sixteen = TinyBible.loss(half, held, 300), four = TinyBible.loss(small, held, 300);
        Evidence.of("what tuning in 16 bits wins, nats", before - sixteen, above(0.1));
        Evidence.of("loss over that of 16 bits before tuning", rounded / before, between(0.99, 1.1));
        Evidence.of("what tuning of four bits wins, nats", rounded - four, above(0.1));
        Evidence.of("held-out loss over that of 16-bit LoRA", four / sixteen, atMost(1.02));
    }

    @Test void pagedStateIsTheRulesOwnBitForBit() throws IOException {
        var paged = new PagedState(new AdamW(1e-2), folder);
        var models = new ArrayList<float[]>();
        for (var rule : List.of(new AdamW(1e-2), paged)) {
            var x = Tensor.randn(Rng.of(1), 30, 5).requiresGrad();
            var optimizer = rule.over(x);
            for (int i = 0; i < 5; i++) {
                optimizer.zeroGrad();
                x.square().sum().backward();
                optimizer.step();
            }
            models.add(x.toFloatArray());
            var state = optimizer.state();
            assertThat(state.tensors().values().stream().mapToLong(Tensor::count).sum()).isEqualTo(300);
        }
        assertThat(models.get(1)).containsExactly(models.get(0));
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
        assertThatThrownBy(() -> new PagedState(new Adam(1), folder.resolve("none"))).hasMessageContaining("is not a folder");
    }

    @Test void oddShapesBlocksAndHalves() throws IOException {
        var w = Tensor.randn(Rng.of(3), 7, 13);
        var plain = Nf4Weight.of(w, 16, 0, false);
        var all = plain.dequantised();
        for (int from = 0; from < 7; from++)
            assertThat(plain.rows(from, 7).toFloatArray()).containsExactly(all.narrow(0, from, 7 - from).toFloatArray());
        float[] q = all.toFloatArray(), x = w.toFloatArray();
        for (int i = 0; i < q.length; i++) {
            float most = 0;
            for (int k = i / 16 * 16; k < Math.min(q.length, i / 16 * 16 + 16); k++) most = Math.max(most, Math.abs(x[k]));
            double nearest = 9;
            for (double level : PUBLISHED) nearest = Math.min(nearest, Math.abs(level * most - x[i]));
            assertThat(Math.abs(q[i] - x[i])).isCloseTo((float) nearest, within(1e-5f));
        }
        assertThat(Nf4Weight.of(w, 16, 0, true).dequantised().toFloatArray()).containsExactly(all.to(DType.BF16).toFloatArray());
        assertThat(Nf4Weight.of(Tensor.zeros(2, 3), 64, 256, false).dequantised().toFloatArray()).containsOnly(0);
        var tuned = new QLora(new Lora(4, 8)).of(TinyBible.fresh(32, 3), "t", Rng.of(4));
        assertThat(tuned.storedBytes()).isLessThan(TinyBible.fresh(32, 3).parameterCount());
        var ids = Tensor.randint(Rng.of(5), 0, 128, 1, 9);
        var z = tuned.model().forward(ids, Pass.inference()).toFloatArray();
        tuned.adapters().save(folder.resolve("a"));
        var again = new QLora(new Lora(4, 8)).quantised(TinyBible.fresh(32, 3));
        Peft.load(again, folder.resolve("a"), "u");
        assertThat(again.forward(ids, Pass.inference()).toFloatArray()).containsExactly(z);
        assertThatThrownBy(() -> Nf4Weight.of(w.mul(Double.POSITIVE_INFINITY), 64, 256, false)).hasMessageContaining("weights are finite");
        assertThatThrownBy(() -> new QLora(new Lora(4, 8)).withBlock(0)).hasMessageContaining("blocks of 0");
    }
}
