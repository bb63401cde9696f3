package lyceum.models.vision;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class VisionTransformerTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_vit.json");
    private static final VisionTransformerConfig TINY = new VisionTransformerConfig(12, 4, 3, 8, 2, 2).withHidden(12).withClasses(5);

    private static Map<String, Tensor> inTorchNames(VisionTransformer vit, Map<String, Tensor> values) {
        var shadow = new VisionTransformer(vit.config(), Rng.of(3));
        shadow.load(values);
        return VitLayout.TORCHVISION.write(shadow);
    }

    private static Gap gap(DType type) {
        var vit = new VisionTransformer(TINY.withDtype(type), Rng.of(1));
        return TorchNetwork.gap(GOLDEN.named("tiny ViT"), vit, state -> {
            vit.loadPublished(state);
            return null;
        }, gradients -> inTorchNames(vit, gradients));
    }

    @Acceptance(topic = "vit", clause = 1)
    @Acceptance(topic = "vision-encoder", clause = 2)
    @Test void forwardAndGradientsEqualTorchvision() {
        Evidence.of("largest gap to torchvision's ViT, output and gradients", gap(DType.F32), below(1e-4));
        assertThat(gap(DType.F64).worst()).isLessThan(1e-6); // the file has single precision
    }

    @Acceptance(topic = "vit", clause = 2)
    @Acceptance(topic = "vision-encoder", clause = 1)
    @Test void patchEmbeddingEqualsTheStridedConvolution() {
        var rng = Rng.of(2);
        var gap = Gap.absolute();
        int cases = 0, wrongTokens = 0;
        for (int[] s : new int[][] {{3, 4, 16, 24}, {1, 7, 28, 28}, {3, 16, 64, 48}, {2, 1, 3, 5}}) {
            var config = new VisionTransformerConfig(s[2], s[1], s[0], 8, 1, 2).withImageWidth(s[3]);
            var vit = new VisionTransformer(config, rng);
            var images = Tensor.randn(rng, 2, s[0], s[2], s[3]);
            var patches = vit.patchEmbedding().forward(images);
            double[] pixels = images.toDoubleArray(), weight = vit.patchEmbedding().weight().toDoubleArray(), out = patches.toDoubleArray();
            int rows = s[2] / s[1], columns = s[3] / s[1];
            for (int n = 0; n < 2; n++) for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) for (int o = 0; o < 8; o++) {
                double sum = 0; // the definition of a convolution of stride p; its bias begins at zero
                for (int c = 0; c < s[0]; c++)
                    for (int u = 0; u < s[1]; u++)
                        for (int v = 0; v < s[1]; v++)
                            sum += weight[((o * s[0] + c) * s[1] + u) * s[1] + v]
                                    * pixels[((n * s[0] + c) * s[2] + i * s[1] + u) * s[3] + j * s[1] + v];
                gap.see("token", out[((n * rows + i) * columns + j) * 8 + o], sum);
            }
            var conv = images.to(DType.F64).conv2d(vit.patchEmbedding().weight().to(DType.F64), null, s[1], 0);
            gap.see("conv2d", patches.transpose(1, 2).toDoubleArray(), conv.reshape(2, 8, -1).toDoubleArray());
            if (vit.encode(images, Pass.inference()).tokens().size(1) != (s[2] / s[1]) * (s[3] / s[1]) + 1) wrongTokens++;
            cases++;
        }
        Evidence.of("largest gap of 4 embeddings to the convolution", gap, below(1e-6));
        Evidence.of("encoders with other than (H/p)(W/p)+1 tokens", wrongTokens, exactly(0));
        assertThat(cases).isEqualTo(4);
    }

    @Acceptance(topic = "vit", clause = 3)
    @Test void baseHasThePublishedParametersNamesAndShapes() {
        var vit = Skeleton.of(() -> new VisionTransformer(VisionTransformerConfig.base(16), Rng.of(1)));
        var golden = GOLDEN.named("vit_b_16");
        Evidence.of("parameters of ViT-B/16", vit.parameterCount(), exactly(86_567_656));
        assertThat(golden.integer("expected.parameters")).isEqualTo(86_567_656);
        TorchNetwork.namesAndShapes(golden, VitLayout.TORCHVISION.write(vit));
    }

    @Acceptance(topic = "vit", clause = 4)
    @Test void permutingPatchesWithTheirPositionsLeavesTheClass() {
        var vit = new VisionTransformer(TINY, Rng.of(4));
        Autograd.noGrad(() -> vit.parameters().forEach((name, p) -> {
            if (!name.contains("norm")) p.copy_(p.mul(name.contains("positions") ? 50 : 2));
        }));
        var images = Tensor.randn(Rng.of(5), 4, 3, 12, 12);
        var patches = vit.patches(images, Pass.inference());
        var plain = vit.pooled(vit.through(patches, Pass.inference()));
        double worst = 0, without = 0;
        for (int i = 0; i < 20; i++) {
            var order = Tensor.of(Rng.of(10 + i).permutation(9));
            var moved = vit.pooled(vit.through(patches.indexSelect(1, order), Pass.inference()));
            worst = Math.max(worst, moved.sub(plain).abs().max().item());
            // the pixels alone permuted, positions left where they were: the class output has to notice
            var pixels = PatchEmbedding.images(PatchEmbedding.patches(images, 4).indexSelect(1, order), 3, 12, 12, 4);
            without = Math.max(without, vit.encode(pixels, Pass.inference()).pooled().sub(plain).abs().max().item());
        }
        Evidence.of("largest change of the class output, patches and positions permuted together", worst, atMost(1e-5));
        Evidence.of("largest change with the positions left behind", without, above(0.05));
    }

    @Test void anotherLayoutOfTheSameWeightsGivesTheSameModel() {
        for (var config : new VisionTransformerConfig[] {TINY, TINY.withDistilled(true), TINY.withRegisters(2)}) {
            var vit = new VisionTransformer(config, Rng.of(6));
            var x = Tensor.randn(Rng.of(7), 2, 3, 12, 12);
            for (var layout : VitLayout.values()) {
                var other = new VisionTransformer(config, Rng.of(8));
                other.loadPublished(layout.write(vit));
                assertThat(other.forward(x).toDoubleArray()).as("%s", layout).isEqualTo(vit.forward(x).toDoubleArray());
            }
        }
        var names = VitLayout.TIMM.write(new VisionTransformer(TINY, Rng.of(6))).keySet();
        assertThat(names).contains("cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.1.attn.qkv.bias", "blocks.0.mlp.fc2.weight",
                "norm.bias", "head.weight");
        assertThat(VitLayout.HUGGING_FACE.write(new VisionTransformer(TINY, Rng.of(6))).keySet()).contains("vit.embeddings.cls_token",
                "vit.encoder.layer.1.attention.attention.value.bias", "vit.encoder.layer.0.attention.output.dense.weight",
                "vit.layernorm.weight", "classifier.bias");
        assertThat(VitLayout.HUGGING_FACE.write(new VisionTransformer(TINY.withDistilled(true), Rng.of(6))).keySet())
                .contains("deit.embeddings.distillation_token", "cls_classifier.weight", "cls_classifier.bias",
                        "distillation_classifier.weight")
                .doesNotContain("classifier.weight");
    }

    @Test void aCheckpointThatDoesNotFitIsRefusedAndNamed() {
        var vit = new VisionTransformer(TINY, Rng.of(6));
        var file = VitLayout.TIMM.write(vit);
        var less = new LinkedHashMap<>(file);
        less.remove("blocks.1.norm2.bias");
        less.put("blocks.2.norm1.bias", Tensor.zeros(8));
        assertThatThrownBy(() -> vit.loadPublished(less)).isInstanceOf(FormatException.class).hasMessageContaining("blocks.1.norm2.bias")
                .hasMessageContaining("blocks.2.norm1.bias");
        assertThatThrownBy(() -> vit.loadPublished(Map.of("a", Tensor.zeros(1)))).isInstanceOf(FormatException.class);
    }

    @Test void positionsAreInterpolatedToOtherSizes() {
        var vit = new VisionTransformer(TINY, Rng.of(6));
        assertThat(vit.encode(Tensor.randn(Rng.of(1), 2, 3, 20, 8), Pass.inference()).map().shape().toArray()).containsExactly(2, 8, 5, 2);
        var larger = new VisionTransformer(TINY.withImage(24), Rng.of(7));
        larger.loadPublished(VitLayout.TIMM.write(vit));
        var x = Tensor.randn(Rng.of(1), 2, 3, 24, 24);
        assertThat(Gap.absolute().see("y", larger.forward(x).toDoubleArray(), vit.forward(x).toDoubleArray()).worst()).isLessThan(1e-6);
        var sines = new VisionTransformer(TINY.withPositions(VisionTransformerConfig.Positions.SINUSOIDAL), Rng.of(6));
        assertThat(sines.forward(x).shape().toArray()).containsExactly(2, 5);
        var table = VisionTransformer.sinusoidal(2, 3, 8);
        assertThat(table.item(0, 5, 0)).isEqualTo(Math.sin(2));
        assertThat(table.item(0, 5, 5)).isEqualTo(Math.sin(0.01));
        assertThat(table.item(0, 5, 6)).isEqualTo(Math.cos(1));
    }

    @Test void interpolationEqualsTorch() {
        var x = Tensor.of(new Recipe(11).bells(70), 1, 2, 5, 7);
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/vision_interpolation.json").list("cases")) {
            var how = new Resize(Resize.Kernel.valueOf(c.text("input.mode")), c.flag("input.alignCorners"), c.flag("input.antialias"));
            long[] size = c.longs("input.size");
            gap.see(c, "expected.y", how.of(x, size[0], size[1]).toDoubleArray());
        }
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-12);
        assertThat(gap.seen()).isEqualTo(2 * 7 * (32 + 33 + 7));
    }

    @Test void sizesThatPatchesDoNotFillAreRefusedOrPadded() {
        var vit = new VisionTransformer(TINY, Rng.of(6));
        var odd = Tensor.randn(Rng.of(1), 1, 3, 13, 10);
        assertThatThrownBy(() -> vit.forward(odd)).isInstanceOf(ShapeException.class).hasMessageContaining("13 x 10");
        assertThat(PatchEmbedding.padded(odd, 4).shape().toArray()).containsExactly(1, 3, 16, 12);
        assertThatThrownBy(() -> vit.forward(Tensor.zeros(1, 1, 12, 12))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> TINY.withPatch(5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TINY.withClassToken(false)).isInstanceOf(IllegalArgumentException.class);
        var mean = TINY.withPool(VisionTransformerConfig.Pool.MEAN).withClassToken(false);
        assertThat(new VisionTransformer(mean, Rng.of(1)).forward(Tensor.zeros(2, 3, 12, 12)).shape().toArray()).containsExactly(2, 5);
    }

    @Test void rolloutIsADistributionOverAllTokens() {
        var vit = new VisionTransformer(TINY, Rng.of(6));
        var map = vit.rollout(Tensor.randn(Rng.of(1), 2, 3, 12, 12));
        assertThat(map.shape().toArray()).containsExactly(2, 3, 3);
        assertThat(map.min().item()).isPositive();
        assertThat(map.sum(1, 2).max().item()).isLessThan(1); // the class token itself keeps a share
    }
}
