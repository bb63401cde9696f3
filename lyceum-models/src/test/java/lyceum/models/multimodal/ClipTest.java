package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.text.TextTower;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.VisionFeatures;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Lion;
import lyceum.optim.Optimizer;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipTest {
    private static ImageTextEncoder trained(boolean shuffled, int seed) {
        var rng = Rng.of(seed);
        var clip = Clip.of(CaptionedPairs.vision(rng), CaptionedPairs.text(), 32, rng);
        var pairs = CaptionedPairs.of(CaptionedPairs.SEEN, 64, rng);
        var trainer = new Trainer(new AdamW(4e-3), 10).withBatchSize(32).withSchedule(new Schedule.Cosine(460).warmedUp(20));
        clip.fit(pairs.images(), pairs.ids(clip.encoder().text(), shuffled, rng), trainer, rng, Progress.SILENT);
        return clip.encoder();
    }

    @Acceptance(topic = "clip", clause = 2)
    @Tag("slow")
    @Test void combinationsNeverSeenAreNamedAndFound() {
        var encoder = trained(false, 1);
        var test = CaptionedPairs.of(CaptionedPairs.UNSEEN, 10, Rng.of(100));
        Evidence.of("zero-shot accuracy over 8 prompts of unseen combinations",
                CaptionedPairs.zeroShot(encoder, test, CaptionedPairs.UNSEEN), atLeast(0.8));
        double texts = 0, images = 0;
        for (int draw = 0; draw < 5; draw++) {
            var one = CaptionedPairs.of(CaptionedPairs.ALL, 1, Rng.of(200 + draw));
            var found = PairRetrieval.of(encoder.imageVectors(one.images(), 32),
                    encoder.textVectors(one.ids(encoder.text(), false, Rng.of(draw)), 32));
            texts += found.textRecall(1) / 5;
            images += found.imageRecall(1) / 5;
        }
        Evidence.of("recall@1 of 32 texts, 8 of them of unseen combinations", texts, atLeast(0.8));
        Evidence.of("recall@1 of 32 pictures", images, atLeast(0.8));
    }

    @Acceptance(topic = "clip", clause = 4)
    @Tag("heavy")
    @Test void shuffledCaptionsTeachNothing() {
        double mean = 0;
        for (int seed = 1; seed <= 5; seed++)
            mean += CaptionedPairs.zeroShot(trained(true, seed), CaptionedPairs.of(CaptionedPairs.UNSEEN, 10, Rng.of(100)),
                    CaptionedPairs.UNSEEN) / 5;
        Evidence.of("mean zero-shot accuracy over 8 prompts, 5 seeds", mean, atMost(0.28));
    }

    /** The largest scale of steps on true pairs, and the least of steps on shuffled ones behind them. Lion moves it by 0.05 a step, whatever the slope. */
    private static double[] scales(double maximum) {
        var rng = Rng.of(3);
        var vision = new VisionTransformer(new VisionTransformerConfig(16, 8, 3, 32, 1, 2).withHidden(64), rng);
        var encoder = new ImageTextEncoder(new ImageTextConfig(16).withMaximumScale(maximum), vision,
                new TextTower(CaptionedPairs.text(), rng), rng);
        var clip = new ContrastiveVlm(new ContrastiveVlmConfig(VlmObjective.clip()), encoder, rng);
        var pairs = CaptionedPairs.of(CaptionedPairs.ALL, 1, rng);
        var ids = pairs.ids(encoder.text(), false, rng);
        var towers = clip.parameters();
        towers.remove("encoder.logit_scale");
        Optimizer slow = new AdamW(5e-3).over(towers), fast = new Lion(0.05).over(encoder.logScale());
        double largest = 0, least = Double.MAX_VALUE;
        for (int step = 0; step < 140; step++) {
            boolean shuffled = step >= 120;
            clip.zeroGrad();
            clip.loss(pairs.images(), shuffled ? pairs.ids(encoder.text(), true, rng) : ids, Pass.training(rng)).backward();
            slow.step();
            fast.step();
            encoder.clampScale();
            largest = Math.max(largest, encoder.scale());
            if (shuffled) least = Math.min(least, encoder.scale());
        }
        return new double[] {largest, least};
    }

    @Acceptance(topic = "clip", clause = 3)
    @Test void theScaleStopsAtAHundredAndComesBack() {
        Evidence.of("largest scale without a limit", scales(Double.POSITIVE_INFINITY)[0], above(100));
        double[] limited = scales(100);
        Evidence.of("largest scale", limited[0], atMost(100));
        Evidence.of("largest scale, which comes to the limit", limited[0], above(99.99));
        Evidence.of("least scale of batches with shuffled captions, behind", limited[1], below(90));
    }

    @Test void fittingClampsBehindEachStep() {
        var rng = Rng.of(4);
        var encoder = new ImageTextEncoder(new ImageTextConfig(8), new Counting(rng), new TextTower(CaptionedPairs.text(), rng), rng);
        var clip = new ContrastiveVlm(new ContrastiveVlmConfig(VlmObjective.clip()), encoder, rng);
        Autograd.noGrad(() -> encoder.logScale().copy_(Tensor.scalar(6).to(encoder.logScale().dtype()))); // 403: a step of 1e-4 does not bring it back
        var pairs = CaptionedPairs.of(CaptionedPairs.ALL, 1, rng);
        var run = clip.start(pairs.images(), pairs.ids(encoder.text(), false, rng), new Trainer(new AdamW(1e-4), 3).withBatchSize(32), rng);
        int steps = 0;
        for (; run.step(); steps++) assertThat(encoder.scale()).isBetween(99.0, 100.0);
        assertThat(steps).isEqualTo(3);
    }

    /** Mean colours, a linear map; remembers the largest batch that it saw. */
    private static final class Counting extends Module implements VisionEncoder {
        private final Linear colours;
        private final AtomicLong most = new AtomicLong();

        Counting(Rng rng) { colours = new Linear(3, 12, rng); }

        @Override public VisionFeatures encode(Tensor images, Pass pass) {
            most.accumulateAndGet(images.size(0), Math::max);
            var tokens = colours.forward(images.reshape(images.size(0), 3, 4, 64).mean(3, false).transpose(1, 2), pass).tanh();
            return new VisionFeatures(tokens.transpose(1, 2).reshape(images.size(0), 12, 2, 2), tokens, tokens.mean(1, false), null);
        }

        @Override protected Tensor compute(Tensor images, Pass pass) { return encode(images, pass).pooled(); }

        @Override public int width() { return 12; }

        @Override public int stride() { return 8; }

        @Override public Module module() { return this; }
    }

    @Acceptance(topic = "clip", clause = 1)
    @Test void gradientsInChunksAreThoseOfTheWholeBatch() {
        var pairs = CaptionedPairs.of(CaptionedPairs.ALL, 1, Rng.of(5));
        for (var objective : List.of(VlmObjective.clip(), VlmObjective.coca(), VlmObjective.filip(), VlmObjective.siglip())) {
            var gap = objective instanceof VlmObjective.Softmax ? Gap.absolute() : Gap.overLargest();
            var chunked = switch (objective) {
                case VlmObjective.Softmax s -> new VlmObjective.Softmax(0, 7);
                case VlmObjective.Captioned c -> new VlmObjective.Captioned(new VlmObjective.Softmax(0, 7), 1, 2);
                case VlmObjective.TokenMax t -> new VlmObjective.TokenMax(0, 7);
                case VlmObjective.Sigmoid s -> new VlmObjective.Sigmoid(7);
            };
            for (double dropout : new double[] {0, 0.1}) {
                var whole = gradients(objective, 0, dropout, pairs);
                assertThat(whole.seen).isEqualTo(32);
                // Draws of dropout go by micro-batches: those are compared with themselves, at other blocks of similarities.
                var parts = gradients(chunked, 5, dropout, pairs);
                assertThat(parts.seen).isEqualTo(5);
                var other = dropout == 0 ? whole : gradients(objective, 5, dropout, pairs);
                parts.by.forEach((name, g) -> gap.see(name, g.toDoubleArray(), other.by.get(name).toDoubleArray()));
                gap.see("loss", parts.loss, other.loss);
            }
            if (objective instanceof VlmObjective.Softmax)
                Evidence.of("gap of loss and all gradients, towers by 5 and similarities by 7 of 32", gap, below(1e-5));
            else assertThat(gap.worst()).as("%s %s", objective, gap).isLessThan(1e-5);
        }
    }

    private record Gradients(Map<String, Tensor> by, double loss, long seen) {}

    private static Gradients gradients(VlmObjective objective, int microBatch, double dropout, CaptionedPairs pairs) {
        var rng = Rng.of(6);
        var vision = new Counting(rng);
        var vlm = Clip.of(vision, CaptionedPairs.text().withCausal(true).withDropout(dropout), 16,
                new ContrastiveVlmConfig(objective).withMicroBatch(microBatch), rng);
        var loss = vlm.loss(pairs.images(), pairs.ids(vlm.encoder().text(), false, Rng.of(7)), Pass.training(Rng.of(8)));
        loss.backward();
        var by = new LinkedHashMap<String, Tensor>();
        vlm.parameters().forEach((name, p) -> by.put(name, p.grad()));
        return new Gradients(by, loss.item(), vision.most.get());
    }

    @Test void aSavedModelAnswersAlike(@TempDir Path folder) throws Exception {
        var rng = Rng.of(9);
        ContrastiveVlm one = Clip.of(CaptionedPairs.vision(rng), CaptionedPairs.text(), 32, rng),
                two = Clip.of(CaptionedPairs.vision(rng), CaptionedPairs.text(), 32, rng);
        one.save(folder.resolve("clip.safetensors"));
        two.load(folder.resolve("clip.safetensors"));
        var pairs = CaptionedPairs.of(CaptionedPairs.UNSEEN, 1, rng);
        assertThat(two.forward(pairs.images()).toDoubleArray()).isEqualTo(one.forward(pairs.images()).toDoubleArray());
        assertThat(one.state().keySet()).contains("encoder.logit_scale", "encoder.visual_projection.weight",
                "encoder.text_projection.weight", "encoder.text.token_embedding.weight");
        assertThat(Module.to(one, DType.F64).forward(pairs.images().to(DType.F64)).dtype()).isEqualTo(DType.F64);
    }

    @Test void promptsAreAveragedAndRetrievalCountsTies() {
        var rng = Rng.of(10);
        var encoder = Clip.of(CaptionedPairs.vision(rng), CaptionedPairs.text(), 32, rng).encoder();
        var classifier = encoder.classifier(List.of("red circle", "blue square"), CaptionedPairs.TEMPLATES, CaptionedPairs.WORDS);
        var texts = CaptionedPairs.TEMPLATES.stream().map(t -> t.replace("{}", "blue square")).toList();
        var mean = encoder.textVectors(encoder.text().ids(texts, CaptionedPairs.WORDS), 2).mean(0);
        var expected = mean.div(mean.square().sum().sqrt());
        assertThat(classifier.vectors().get(1).sub(expected).abs().max().item()).isLessThan(1e-6);
        assertThatThrownBy(() -> encoder.classifier(List.of("red"), List.of("a photo"), CaptionedPairs.WORDS))
                .hasMessageContaining("no place");
        assertThatThrownBy(() -> encoder.classifier(List.of("mauve"), CaptionedPairs.TEMPLATES, CaptionedPairs.WORDS))
                .hasMessageContaining("mauve");
        var retrieval = new PairRetrieval(Tensor.of(new double[] {3, 3, 1, 5, 6, 1, 2, 4, 9}, 3, 3));
        assertThat(retrieval.textRecall(1)).isEqualTo(2.0 / 3);
        assertThat(retrieval.imageRecall(1)).isEqualTo(2.0 / 3);
        assertThat(retrieval.textRecall(2)).isEqualTo(1);
        assertThat(new PairRetrieval(Tensor.full(DType.F64, Double.NaN, 2, 2)).textRecall(1)).isZero();
        assertThatThrownBy(() -> new ImageTextConfig(8).withMaximumScale(5)).hasMessageContaining("scale 14");
    }
}
