package lyceum.models.vision;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class VitVariantsTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_variants.json");

    @Acceptance(topic = "vit-variants", clause = 1)
    @Test void parametersAreThePublishedOnes() {
        var models = VitVariants.published();
        Evidence.of("parameters of ViT-B/16", models.get("ViT-B/16").get().parameterCount(), exactly(86_567_656));
        var swin = models.get("Swin-T").get();
        Evidence.of("parameters of Swin-T", swin.parameterCount(), exactly(28_288_354));
        Evidence.of("parameters of DeiT-Ti", models.get("DeiT-Ti/16").get().parameterCount(), exactly(5_717_416));
        var golden = GOLDEN.named("swin_t");
        assertThat(golden.integer("expected.parameters")).isEqualTo(28_288_354);
        TorchNetwork.namesAndShapes(golden, swin.state());
    }

    @Test void aSmallSwinEqualsTorchvision() {
        var config = new SwinTransformerConfig(3, 2, 4, List.of(2, 1), List.of(1, 2), 3, true, 2, 0.1, 3, DType.F64);
        for (var type : List.of(DType.F32, DType.F64)) {
            var swin = new SwinTransformer(config.withDtype(type), Rng.of(1));
            var index = new LinkedHashMap<String, Tensor>();
            swin.state().forEach((name, t) -> { if (name.endsWith("_index")) index.put(name, t); });
            var gap = TorchNetwork.gap(GOLDEN.named("small Swin"), swin, state -> {
                state.putAll(index); // whole numbers, which the recipe leaves alone
                swin.load(state);
                return null;
            }, g -> g);
            assertThat(gap.worst()).as("%s", gap).isLessThan(type == DType.F32 ? 1e-4 : 1e-6);
        }
    }

    @Acceptance(topic = "vit-variants", clause = 2)
    @Test void windowAttentionEqualsFullAttentionUnderTheBlockMask() {
        var gap = Gap.absolute();
        double without = 0;
        int cases = 0;
        for (int[] c : new int[][] {{6, 6, 3, 0}, {6, 9, 3, 1}, {8, 8, 4, 2}, {8, 12, 4, 1}, {14, 14, 7, 3}, {4, 4, 4, 2}}) {
            int h = c[0], w = c[1], m = c[2], s = c[3], heads = 2, d = 3, t = h * w;
            var rng = Rng.of(10 + cases++);
            var layer = new WindowAttention(heads * d, heads, m, s, DType.F64, rng);
            Autograd.noGrad(
                    () -> layer.parameters().values().forEach(p -> p.copy_(Tensor.randn(rng, DType.F64, p.shape().toArray()).mul(0.5))));
            var x = Tensor.randn(rng, DType.F64, 2, h, w, heads * d);
            var ours = layer.forward(x);

            // All positions at once: a key is seen in the same window of the moved partition of the plane, which wraps nowhere; one window that holds all is not moved.
            int moved = m >= h && m >= w ? 0 : s, span = 2 * m - 1;
            double[] table = layer.state().get("relative_position_bias_table").toDoubleArray(), bias = new double[heads * t * t];
            for (int a = 0; a < heads; a++) for (int i = 0; i < t; i++) for (int j = 0; j < t; j++) {
                boolean same = Math.floorDiv(i / w - moved, m) == Math.floorDiv(j / w - moved, m)
                        && Math.floorDiv(i % w - moved, m) == Math.floorDiv(j % w - moved, m);
                int offset = (i / w - j / w + m - 1) * span + i % w - j % w + m - 1;
                bias[(a * t + i) * t + j] = same ? table[offset * heads + a] : Double.NEGATIVE_INFINITY;
            }
            var state = layer.state();
            var qkv = x.reshape(2, t, heads * d).affine(state.get("qkv.weight"), state.get("qkv.bias")).reshape(2, t, 3, heads, d)
                    .permute(2, 0, 3, 1, 4);
            var found = new Attention().withMethod(Attention.Method.NAIVE).withBias(Tensor.of(bias, 1, heads, t, t)).of(qkv.get(0),
                    qkv.get(1), qkv.get(2));
            var full = found.transpose(1, 2).reshape(2, t, heads * d).affine(state.get("proj.weight"), state.get("proj.bias"));
            gap.see(String.join("x", h + "", w + "", m + "", s + ""), ours.toDoubleArray(), full.toDoubleArray());
            if (moved > 0) {
                var still = new WindowAttention(heads * d, heads, m, 0, DType.F64, rng);
                still.load(layer.state());
                without = Math.max(without, still.forward(x).sub(ours).abs().max().item());
            }
        }
        Evidence.of("largest gap of 6 window attentions, 4 of them moved", gap, below(1e-5));
        Evidence.of("largest change by moving the windows", without, above(0.1));
        assertThat(cases).isEqualTo(6);
    }

    @Acceptance(topic = "vit-variants", clause = 3)
    @Test void attentionGrowsLinearlyForSwinAndQuadraticallyForVit() {
        for (var name : List.of("Swin-T", "ViT-B/16")) {
            var model = VitVariants.published().get(name).get();
            int[] sides = {224, 448, 672, 896};
            double mx = 0, my = 0, xy = 0, xx = 0;
            var x = new double[4];
            var y = new double[4];
            for (int i = 0; i < 4; i++) {
                long counted = VitVariants.cost(name, model, sides[i]).attention();
                if (i == 0 && name.equals("ViT-B/16")) assertThat(counted).isEqualTo(12L * 2 * 197 * 197 * 768);
                if (i == 0 && name.equals("Swin-T"))
                    assertThat(counted).isEqualTo(2L * 49 * (2 * 3136 * 96 + 2 * 784 * 192 + 6 * 196 * 384 + 2 * 49 * 768));
                x[i] = Math.log((double) sides[i] * sides[i]);
                y[i] = Math.log(counted);
                mx += x[i] / 4;
                my += y[i] / 4;
            }
            for (int i = 0; i < 4; i++) {
                xy += (x[i] - mx) * (y[i] - my);
                xx += (x[i] - mx) * (x[i] - mx);
            }
            Evidence.of("exponent of attention's multiply-adds in pixels, " + name, xy / xx, equalTo(name.equals("Swin-T") ? 1 : 2, 0.05));
        }
    }

    @Acceptance(topic = "vit-variants", clause = 4)
    @Test void lossesEqualPyTorchsFormulas() {
        var golden = GOLDEN.named("losses");
        var heads = new VisionTransformer.Heads(Tensor.of(golden.doubles("input.a"), 5, 4), Tensor.of(golden.doubles("input.b"), 5, 4));
        var teacher = Tensor.of(golden.doubles("input.teacher"), 5, 4);
        var labels = Tensor.of(golden.longs("input.labels"));
        Evidence.of("gap of hard distillation",
                Gap.absolute().see(golden, "expected.hard", VitVariants.hardDistillation(heads, labels, teacher).item()), below(1e-6));
        var images = Tensor.of(golden.doubles("input.images"), 6, 3);
        var sigmoid = VitVariants.sigmoidLoss(images, Tensor.of(golden.doubles("input.texts"), 6, 3), Tensor.scalar(2.3),
                Tensor.scalar(-1.7));
        Evidence.of("gap of the sigmoid loss", Gap.absolute().see(golden, "expected.sigmoid", sigmoid.item()), below(1e-6));
        assertThat(Gap.absolute().see(golden, "expected.soft", VitVariants.softDistillation(heads, labels, teacher, 3, 0.7).item()).worst())
                .isLessThan(1e-12);
        assertThatThrownBy(() -> VitVariants.sigmoidLoss(images, Tensor.zeros(5, 3), Tensor.scalar(1), Tensor.scalar(0)))
                .isInstanceOf(ShapeException.class);
    }

    @Acceptance(topic = "vit-variants", clause = 5)
    @Test void theMaskedErrorHasNoGradientOnVisiblePatches() {
        double visible = 0, least = Double.MAX_VALUE;
        for (boolean normalised : new boolean[] {false, true}) {
            var predicted = Tensor.randn(Rng.of(1), DType.F64, 3, 16, 4).requiresGrad();
            var pixels = Tensor.randn(Rng.of(2), DType.F64, 3, 16, 4);
            var hidden = Tensor.rand(Rng.of(3), 3, 16).lt(0.75);
            var loss = VitVariants.maskedError(predicted, pixels, hidden, normalised);
            loss.backward();
            double[] g = predicted.grad().square().sum(2).toDoubleArray(), p = predicted.toDoubleArray(), t = pixels.toDoubleArray();
            boolean[] at = hidden.toBooleanArray();
            double sum = 0;
            int count = 0;
            for (int i = 0; i < at.length; i++) {
                if (!at[i]) visible = Math.max(visible, g[i]);
                else least = Math.min(least, g[i]);
                if (!at[i]) continue;
                double mean = 0, var = 0;
                for (int k = 0; k < 4; k++) mean += t[4 * i + k] / 4;
                for (int k = 0; k < 4; k++) var += Math.pow(t[4 * i + k] - mean, 2) / 3;
                for (int k = 0; k < 4; k++)
                    sum += Math.pow(p[4 * i + k] - (normalised ? (t[4 * i + k] - mean) / Math.sqrt(var + 1e-6) : t[4 * i + k]), 2) / 4;
                count++;
            }
            assertThat(loss.item()).isCloseTo(sum / count, within(1e-12));
            assertThat(count).isBetween(20, 44);
        }
        Evidence.of("largest gradient on a visible patch", visible, exactly(0));
        Evidence.of("least squared gradient on a hidden patch", least, above(0));
    }

    @Test void theTableAndTheLevels() {
        var costs = VitVariants.compare(224);
        assertThat(costs).hasSize(5);
        assertThat(costs.get(4).model()).isEqualTo("ViT-S/14, no head");
        assertThat(costs.get(4).parameters()).isEqualTo(21_619_584);
        assertThat(costs.get(0).flops()).isBetween(34_000_000_000L, 36_500_000_000L); // published: 17.6 billion multiply-adds
        assertThat(costs.get(3).flops()).isBetween(8_700_000_000L, 9_500_000_000L); // 4.5 billion
        var swin = new SwinTransformer(new SwinTransformerConfig(1, 2, 8, List.of(1, 2), List.of(2, 2), 4, true, 2, 0, 0, DType.F32),
                Rng.of(1));
        var seen = swin.encode(Tensor.randn(Rng.of(1), 2, 1, 15, 22), Pass.inference());
        assertThat(seen.levels().get("stage1").shape().toArray()).containsExactly(2, 8, 7, 11);
        assertThat(seen.map().shape().toArray()).containsExactly(2, 16, 4, 6);
        assertThat(Skeleton.of(() -> new SwinTransformer(SwinTransformerConfig.base(), Rng.of(1))).parameterCount()).isEqualTo(87_768_224);
        var student = Tensor.of(new double[] {1, 2, 3}, 1, 3);
        var even = VitVariants.selfDistillation(student, Tensor.zeros(DType.F64, 1, 3), Tensor.zeros(DType.F64, 3), 1, 1);
        assertThat(even.item()).isCloseTo(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 2, within(1e-12));
        assertThatThrownBy(() -> SwinTransformerConfig.tiny().withHeads(List.of(5, 6, 12, 24)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
