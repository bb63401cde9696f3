package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Similarity;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class VlmObjectiveTest {
    private static final Golden GOLDEN = Golden.load("golden/multimodal.json");

    private static Tensor given(Golden golden, String name, long... shape) {
        return Tensor.of(golden.flat("input." + name), shape).requiresGrad();
    }

    /** A loss and its gradients by these tensors against the case's. */
    private static void compare(Gap gap, Golden golden, Tensor loss, String[] names, Tensor... by) {
        gap.see(golden, "expected.loss", loss.item());
        loss.backward();
        for (int i = 0; i < by.length; i++) gap.see(golden, "expected." + names[i] + "Gradient", by[i].grad().toDoubleArray());
    }

    @Acceptance(topic = "clip", clause = 1)
    @Test void theLossIsTorchsSymmetricCrossEntropy() {
        var gap = Gap.absolute();
        String[] names = {"u", "v", "logScale"};
        var golden = GOLDEN.named("clip");
        Tensor u = given(golden, "u", 7, 5), v = given(golden, "v", 7, 5), scale = given(golden, "logScale");
        compare(gap, golden, Clip.loss(u, v, scale), new String[] {"logScale"}, scale);
        for (int chunk : new int[] {0, 1, 3, 7}) {
            Tensor x = given(golden, "u", 7, 5), y = given(golden, "v", 7, 5), s = given(golden, "logScale");
            compare(gap, golden, new VlmObjective.Softmax(0, chunk).of(Embedded.of(x), Embedded.of(y), s, null), names, x, y, s);
        }
        Evidence.of("gap of loss and gradients, whole and in chunks", gap, below(1e-6));
    }

    @Acceptance(topic = "siglip", clause = 1)
    @Test void theSigmoidLossIsTheSumOfSoftplusTermsOverTheBatch() {
        var gap = Gap.absolute();
        var golden = GOLDEN.named("siglip");
        Tensor u = given(golden, "u", 7, 5), v = given(golden, "v", 7, 5), s = given(golden, "logScale"), b = given(golden, "bias");
        var loss = SigLip.loss(u, v, s, b, 0);
        double[][] x = u.detach().toRows(), y = v.detach().toRows();
        double sum = 0;
        for (int i = 0; i < 7; i++) for (int j = 0; j < 7; j++) {
            double dot = 0;
            for (int k = 0; k < 5; k++) dot += x[i][k] * y[j][k];
            sum += Math.log1p(Math.exp((i == j ? -1 : 1) * (Math.exp(1.7) * dot - 3.1)));
        }
        Evidence.of("gap to the softplus terms summed one by one", Math.abs(loss.item() - sum / 7), below(1e-6));
        gap.see(golden, "expected.softplus", loss.item());
        compare(gap, golden, loss, new String[] {"logScale", "bias"}, s, b);
        Tensor p = given(golden, "u", 7, 5), q = given(golden, "v", 7, 5);
        compare(gap, golden, VlmObjective.siglip().of(Embedded.of(p), Embedded.of(q), s, b), new String[] {"u", "v"}, p, q);
        Evidence.of("gap to PyTorch's loss and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "siglip", clause = 2)
    @Test void blocksOfOneToEightShardsGiveTheWholeLossAndGradients() {
        for (var type : List.of(DType.F64, DType.F32)) {
            var gap = type == DType.F64 ? Gap.absolute() : Gap.overLargest(); // the loss is 8.5, of which 1e-6 is the last bit in F32
            Tensor[] whole = null;
            for (int shards = 0; shards <= 8; shards++) {
                Tensor u = Similarity.normalise(Tensor.randn(Rng.of(1), DType.F64, 32, 6)).to(type).compute().requiresGrad(),
                        v = Similarity.normalise(Tensor.randn(Rng.of(2), DType.F64, 32, 6)).to(type).compute().requiresGrad(),
                        s = Tensor.full(type, 1.1).compute().requiresGrad(), b = Tensor.full(type, -2.0).compute().requiresGrad();
                int side = shards == 0 ? 0 : (32 + shards - 1) / shards; // of 32 rows each number of shards has its own blocks, some uneven
                if (shards > 0) assertThat((32 + side - 1) / side).isEqualTo(shards);
                var loss = new VlmObjective.Sigmoid(side).of(Embedded.of(u), Embedded.of(v), s, b);
                loss.backward();
                var found = new Tensor[] {loss.detach(), u.grad(), v.grad(), s.grad(), b.grad()};
                if (shards == 0) whole = found;
                else for (int i = 0; i < 5; i++)
                    gap.see(type + ", " + shards + " shards, " + i, found[i].toDoubleArray(), whole[i].toDoubleArray());
            }
            Evidence.of("largest gap of loss and gradients in " + type, gap, below(1e-6));
            assertThat(gap.seen()).isEqualTo(8 * (3 + 2 * 32 * 6));
        }
    }

    @Acceptance(topic = "siglip", clause = 3)
    @Test void theFirstLossOfOrthogonalEmbeddingsIsTheAnalyticOne() {
        var encoder = SigLip.of(new VisionTransformer(new VisionTransformerConfig(8, 4, 1, 8, 1, 1), Rng.of(1)),
                new TextTowerConfig(8, 4, 8, 1, 1).withDtype(DType.F64), 8, Rng.of(1)).encoder();
        Evidence.of("first scale", encoder.scale(), equalTo(10, 1e-9));
        Evidence.of("first bias", encoder.bias().item(), exactly(-10));
        var gap = Gap.absolute();
        for (int n : new int[] {1, 4, 32, 200}) {
            var all = Tensor.eye(DType.F64, 2L * n);
            var loss = VlmObjective.siglip().of(Embedded.of(all.narrow(0, 0, n)), Embedded.of(all.narrow(0, n, n)), encoder.logScale(),
                    encoder.bias());
            gap.see("n " + n, loss.item(), Math.log1p(Math.exp(10)) + (n - 1) * Math.log1p(Math.exp(-10)));
        }
        Evidence.of("gap to log(1 + e^10) + (n - 1) log(1 + e^-10)", gap, below(1e-6));
    }

    @Acceptance(topic = "contrastive-vlm", clause = 1)
    @Test void everyObjectiveIsItsPapersTranscribed() {
        String[] names = {"u", "v", "logScale"};
        for (var name : List.of("clip", "align")) {
            var gap = Gap.absolute();
            var golden = GOLDEN.named(name);
            Tensor u = given(golden, "u", 7, 5), v = given(golden, "v", 7, 5), s = given(golden, "logScale");
            var objective = name.equals("clip") ? VlmObjective.clip() : VlmObjective.align();
            compare(gap, golden, objective.of(Embedded.of(u), Embedded.of(v), s, null), names, u, v, s);
            Evidence.of("gap of " + name, gap, below(1e-6));
        }
        var gap = Gap.absolute();
        var golden = GOLDEN.named("siglip");
        Tensor u = given(golden, "u", 7, 5), v = given(golden, "v", 7, 5), s = given(golden, "logScale"), b = given(golden, "bias");
        compare(gap, golden, VlmObjective.siglip().of(Embedded.of(u), Embedded.of(v), s, b), new String[] {"u", "v", "bias"}, u, v, b);
        Evidence.of("gap of siglip", gap, below(1e-6));

        gap = Gap.absolute();
        golden = GOLDEN.named("lit");
        u = Tensor.of(golden.flat("input.u"), 7, 5);
        v = given(golden, "v", 7, 5);
        s = given(golden, "logScale");
        compare(gap, golden, VlmObjective.clip().of(Embedded.of(u), Embedded.of(v), s, null), new String[] {"v", "logScale"}, v, s);
        Evidence.of("gap of lit, whose pictures are constants", gap, below(1e-6));

        gap = Gap.absolute();
        golden = GOLDEN.named("filip");
        var seen = Tensor.arange(3).unsqueeze(0).lt(Tensor.of(golden.longs("input.lengths")).unsqueeze(1));
        for (int chunk : new int[] {0, 3}) {
            u = given(golden, "u", 7, 4, 5);
            v = given(golden, "v", 7, 3, 5);
            s = given(golden, "logScale");
            compare(gap, golden, new VlmObjective.TokenMax(0, chunk).of(Embedded.ofTokens(u), new Embedded(null, v, seen), s, null), names,
                    u, v, s);
        }
        Evidence.of("gap of filip, whole and in chunks", gap, below(1e-6));

        gap = Gap.absolute();
        golden = GOLDEN.named("coca");
        u = given(golden, "u", 7, 5);
        v = given(golden, "v", 7, 5);
        s = given(golden, "logScale");
        var logits = given(golden, "logits", 7, 3, 6);
        var ids = Tensor.of(golden.flat("input.ids"), 7, 3).to(DType.I64);
        var objective = VlmObjective.coca();
        Tensor contrast = objective.of(Embedded.of(u), Embedded.of(v), s, null),
                caption = ContrastiveVlm.captionLoss(logits, ids, ids.ne(0));
        gap.see(golden, "expected.contrast", contrast.item()).see(golden, "expected.caption", caption.item());
        compare(gap, golden, contrast.add(caption.mul(objective.captionWeight())), new String[] {"u", "v", "logScale", "logits"}, u, v, s,
                logits);
        Evidence.of("gap of coca", gap, below(1e-6));
    }

    @Acceptance(topic = "contrastive-vlm", clause = 3)
    @Test void oneTokenASideIsClip() {
        Tensor u = Similarity.normalise(Tensor.randn(Rng.of(5), DType.F64, 9, 6)).compute(),
                v = Similarity.normalise(Tensor.randn(Rng.of(6), DType.F64, 9, 6)).compute(), s = Tensor.scalar(2.1);
        double clip = VlmObjective.clip().of(Embedded.of(u), Embedded.of(v), s, null).item();
        double filip = VlmObjective.filip().of(Embedded.ofTokens(u.unsqueeze(1)), Embedded.ofTokens(v.unsqueeze(1)), s, null).item();
        Evidence.of("gap of FILIP with one token a side to CLIP", Math.abs(clip - filip), below(1e-6));
        // A second token each, else the clause would hold for any pooling.
        Tensor two = Tensor.stack(1, u, v), both = Tensor.stack(1, v, u.flip(0));
        Evidence.of("gap with two tokens",
                Math.abs(clip - VlmObjective.filip().of(Embedded.ofTokens(two), Embedded.ofTokens(both), s, null).item()), above(0.01));
        // Tokens that are padding do not answer, whatever they are.
        var noisy = Tensor.stack(1, v, u);
        var first = Tensor.arange(2).lt(1).unsqueeze(0).expand(9, 2);
        double hidden = VlmObjective.filip().of(Embedded.ofTokens(u.unsqueeze(1)), new Embedded(null, noisy, first), s, null).item();
        Evidence.of("gap with a padding token beside", Math.abs(clip - hidden), below(1e-6));
    }

    @Test void refusals() {
        Tensor u = Tensor.zeros(3, 4), v = Tensor.zeros(2, 4), s = Tensor.scalar(0);
        assertThatThrownBy(() -> VlmObjective.clip().of(Embedded.of(u), Embedded.of(v), s, null)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> VlmObjective.clip().of(Embedded.ofTokens(u.unsqueeze(1)), Embedded.of(u), s, null))
                .hasMessageContaining("none");
        assertThatThrownBy(() -> new VlmObjective.Softmax(1, 0)).hasMessageContaining("smoothing 1.0");
        assertThatThrownBy(() -> new VlmObjective.Sigmoid(-1)).hasMessageContaining("chunk -1");
        assertThatThrownBy(() -> new VlmObjective.Captioned(VlmObjective.coca(), 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Embedded(null, null, null)).hasMessageContaining("neither");
    }
}
