package lyceum.llm.quant;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.data.corpus.Corpora;
import lyceum.linalg.Cholesky;
import lyceum.llm.TinyBible;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GptqTest {
    @TempDir Path folder;

    @Test
    @Acceptance(topic = "gptq", clause = 1) void withoutCorrelationItRounds() {
        int same = 0, all = 0;
        for (int bits = 2; bits <= 8; bits++)
            for (boolean symmetric : new boolean[] {true, false}) for (boolean ordered : new boolean[] {true, false}) {
                var w = Tensor.randn(Rng.of(bits), 9, 70);
                var gptq = new Gptq(bits, 32).withSymmetric(symmetric).withActivationOrder(ordered).withBlock(16);
                var rounded = (symmetric ? Quantizer.symmetric(bits) : Quantizer.affine(bits)).byGroup(32).quantize(w);
                var ours = gptq.of(w, Tensor.eye(DType.F64, 70));
                all++;
                if (Arrays.equals(ours.packed(), rounded.packed())
                        && Arrays.equals(ours.scales().toFloatArray(), rounded.scales().toFloatArray())
                        && Arrays.equals(ours.zeroPoints().toIntArray(), rounded.zeroPoints().toIntArray()))
                    same++;
            }
        Evidence.of("widths, grids and orders", all, exactly(28));
        Evidence.of("of them equal to rounding, bit for bit", same, exactly(28));
    }

    /** Rows of covariance {@code 0.9^|i - j|}. */
    private static Tensor correlated(Rng rng, int rows, int d) {
        var c = new double[d * d];
        for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) c[i * d + j] = Math.pow(0.9, Math.abs(i - j));
        return Tensor.randn(rng, DType.F64, rows, d).matmul(Cholesky.of(Tensor.of(c, d, d)).lower().transpose()).compute();
    }

    private static Tensor gram(Tensor x) { return x.transpose().matmul(x).compute(); }

    /** Optimal brain surgeon column by column: the inverse of what is left, updated by elimination; no factor, no block. */
    private static double[] surgeon(Tensor weight, Tensor gram, Gptq gptq) {
        int rows = (int) weight.size(0), n = (int) weight.size(1), group = gptq.group();
        double[] w = weight.toDoubleArray(), h = gram.toDoubleArray();
        double mean = 0;
        for (int i = 0; i < n; i++) mean += h[i * n + i] / n;
        for (int i = 0; i < n; i++) h[i * n + i] += gptq.damping() * mean;
        var inverse = Cholesky.of(Tensor.of(h, n, n)).inverse().toDoubleArray();
        var order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> gptq.activationOrder() ? -h[i * n + i] : i))
                .toList();
        int levels = (1 << gptq.bits()) - 1;
        var grids = new double[rows][n / group][];
        if (gptq.activationOrder())
            for (int i = 0; i < rows; i++) for (int g = 0; g < n / group; g++) grids[i][g] = grid(w, i * n + g * group, group, levels);
        for (int q : order) {
            for (int i = 0; i < rows; i++) {
                if (!gptq.activationOrder() && q % group == 0) grids[i][q / group] = grid(w, i * n + q, group, levels);
                double[] grid = grids[i][q / group];
                double value = grid[0]
                        * (Math.clamp(Math.rint((float) w[i * n + q] * (1 / (float) grid[0])) + grid[1], 0, levels) - grid[1]);
                double e = (w[i * n + q] - value) / inverse[q * n + q];
                for (int k = 0; k < n; k++) w[i * n + k] -= e * inverse[q * n + k]; // a column that is done has zeros there
                w[i * n + q] = value;
            }
            var column = new double[n];
            for (int k = 0; k < n; k++) column[k] = inverse[k * n + q];
            for (int a = 0; a < n; a++) for (int b = 0; b < n; b++) inverse[a * n + b] -= column[a] * column[b] / column[q];
            for (int k = 0; k < n; k++) inverse[q * n + k] = inverse[k * n + q] = 0;
        }
        return w;
    }

    /** Scale and zero point that put the least and the largest weight, and 0, on levels from 0 on. */
    private static double[] grid(double[] w, int from, int size, int levels) {
        double low = 0, high = 0;
        for (int i = from; i < from + size; i++) {
            low = Math.min(low, (float) w[i]);
            high = Math.max(high, (float) w[i]);
        }
        float scale = (float) ((high - low) / levels);
        return new double[] {scale, Math.clamp((long) Math.rint(-low / scale), 0, levels)};
    }

    @Test
    @Acceptance(topic = "gptq", clause = 2) void equalsTheSurgeonAndBeatsRounding() {
        double gap = 0, worst = 0;
        int layers = 20, d = 128;
        for (int layer = 0; layer < layers; layer++) {
            var rng = Rng.of(500 + layer);
            var w = Tensor.randn(rng, DType.F64, 24, d);
            Tensor x = correlated(rng, 1000, d), fresh = correlated(rng, 500, d);
            for (var gptq : List.of(new Gptq(3, 32).withBlock(48), new Gptq(3, 32).withActivationOrder(true).withBlock(40))) {
                var ours = gptq.of(w, gram(x)).dequantize().to(DType.F64);
                gap = Math.max(gap, ours.sub(Tensor.of(surgeon(w, gram(x), gptq), 24, d)).abs().max().item());
                if (gptq.activationOrder()) continue;
                var rounded = gptq.quantizer().quantize(w).dequantize().to(DType.F64);
                worst = Math.max(worst, error(fresh, w, ours) / error(fresh, w, rounded));
            }
        }
        Evidence.of("from the unblocked recursion, both orders, 20 layers", gap, atMost(1e-5));
        Evidence.of("squared output error over rounding's, worst of 20 layers", worst, atMost(0.3));
    }

    private static double error(Tensor x, Tensor w, Tensor q) { return x.matmul(w.sub(q).transpose()).square().sum().item(); }

    @Tag("slow")
    @Test
    @Acceptance(topic = "gptq", clause = 3) void aLanguageModelLosesHalfAsMuch() {
        var model = TinyBible.trained(64, 250, 1);
        var text = TinyBible.letters(Corpora.kingJames(), 500_000, 20_000);
        var calibration = TinyBible.calibration(TinyBible.letters(Corpora.kingJames(), 0, 400_000), 8, 3);
        var gptq = new Gptq(3, 32);
        var small = gptq.quantise(model, calibration, Progress.SILENT);
        var parts = new IdentityHashMap<Module, Module>();
        for (var stage : Gptq.stages(model, gptq.layers())) for (var name : stage) {
            var layer = (Linear) model.modules().get(name);
            parts.put(layer, Linear.on(GroupedWeight.of(gptq.quantizer().quantize(layer.weight())), layer.bias()));
        }
        var rounded = Module.resized(model, Map.of(), parts);
        double before = TinyBible.perplexity(model, text, 300), ours = TinyBible.perplexity(small, text, 300),
                plain = TinyBible.perplexity(rounded, text, 300);
        Evidence.of("layers in few bits", parts.size(), exactly(14));
        Evidence.of("perplexity that rounding loses", plain - before, above(0.1));
        Evidence.of("loss of GPTQ over that of rounding", (ours - before) / (plain - before), atMost(0.5));
    }

    @Test
    @Acceptance(topic = "gptq", clause = 4) void packedProductsAreThoseOfTheFloats() {
        double worst = 0;
        int cases = 0;
        for (int bits = 2; bits <= 8; bits++) for (boolean symmetric : new boolean[] {true, false}) {
            var rng = Rng.of(bits);
            var w = Tensor.randn(rng, DType.F64, 33, 75);
            var quantised = new Gptq(bits, 32).withSymmetric(symmetric).of(w, gram(Tensor.randn(rng, DType.F64, 200, 75)));
            var packed = GroupedWeight.of(quantised);
            var x = Tensor.randn(rng, 4, 5, 75);
            float[] q = quantised.dequantize().toFloatArray(), a = x.toFloatArray();
            var expected = new double[20 * 33];
            for (int r = 0; r < 20; r++)
                for (int o = 0; o < 33; o++) for (int k = 0; k < 75; k++) expected[r * 33 + o] += (double) a[r * 75 + k] * q[o * 75 + k];
            worst = Math.max(worst, packed.affine(x, null).to(DType.F64).sub(Tensor.of(expected, 4, 5, 33)).abs().max().item());
            assertThat(packed.bytes()).isEqualTo(33L * ((75 * bits + 7) / 8) + 33 * 3 * 4 + (symmetric ? 0 : 33 * 3));
            cases++;
        }
        Evidence.of("widths and grids", cases, exactly(14));
        Evidence.of("packed products from dequantise-then-multiply", worst, atMost(1e-5));
    }

    @Test void aQuantisedModelIsSavedCopiedAndTuned() throws IOException {
        var model = TinyBible.fresh(32, 5);
        var ids = Tensor.randint(Rng.of(1), 0, 128, 3, 20);
        var small = new Gptq(4, 32).quantise(model, List.of(ids), Progress.SILENT);
        var z = small.forward(ids, Pass.inference());
        small.save(folder.resolve("small"));
        var other = new Gptq(4, 32).quantise(TinyBible.fresh(32, 6), List.of(ids), Progress.SILENT);
        var copy = Module.copy(other);
        copy.load(folder.resolve("small"));
        assertThat(copy.forward(ids, Pass.inference()).toFloatArray()).containsExactly(z.toFloatArray());
        assertThat(other.forward(ids, Pass.inference()).toFloatArray()).isNotEqualTo(z.toFloatArray());
        var tuning = Peft.of(small, new Lora(2, 4).withTargets(List.of("q_proj", "v_proj")), "t", Rng.of(2));
        TinyBible.train(small, TinyBible.letters(Corpora.kingJames(), 0, 5000), 2, 1e-2, Rng.of(3));
        assertThat(small.forward(ids, Pass.inference()).toFloatArray()).isNotEqualTo(z.toFloatArray());
        assertThatThrownBy(tuning::merge).isInstanceOf(LyceumException.class).hasMessageContaining("few bits");
    }

    @Test void silentInputsAndBadValues() {
        var w = Tensor.ones(2, 4);
        var gram = new double[16];
        gram[0] = gram[5] = 1;
        var q = new Gptq(4, 4).of(w, Tensor.of(gram, 4, 4)).dequantize().toFloatArray();
        assertThat(q[2]).isZero();
        assertThat(q[0]).isEqualTo(1);
        assertThatThrownBy(() -> new Gptq(9, 32)).hasMessageContaining("9 bits");
        assertThatThrownBy(() -> new Gptq(4, 32).withDamping(0)).hasMessageContaining("damping is 0.0");
        assertThatThrownBy(() -> new Gptq(4, 4).of(w, Tensor.eye(5))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new Gptq(4, 4).of(w.mul(Double.NaN), Tensor.eye(4))).hasMessageContaining("a weight is NaN");
        assertThatThrownBy(() -> new Gptq(4, 4).withLayers(List.of("nothing")).quantise(TinyBible.fresh(32, 1), List.of(), Progress.SILENT))
                .hasMessageContaining("no linear layer matches");
    }
}
