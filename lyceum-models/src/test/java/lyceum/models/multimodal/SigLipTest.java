package lyceum.models.multimodal;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SigLipTest {
    private static final List<String> CLASSES = List.of("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
            "bag", "ankle boot"), TEMPLATES = List.of("a photo of a {}", "a {}", "this is a {}", "a grey picture of a {}");
    private static final CaptionWords WORDS = CaptionWords
            .of(CLASSES.stream().flatMap(c -> TEMPLATES.stream().map(t -> t.replace("{}", c))).toList());

    private static Tensor captions(Dataset data, TextTower tower, Rng rng) {
        var texts = new ArrayList<String>();
        for (long y : data.y().toLongArray()) texts.add(TEMPLATES.get(rng.nextInt(TEMPLATES.size())).replace("{}", CLASSES.get((int) y)));
        return tower.ids(texts, WORDS);
    }

    private static VisionTransformer vision(Rng rng) {
        return new VisionTransformer(new VisionTransformerConfig(14, 7, 1, 64, 2, 4).withHidden(128), rng);
    }

    private static TextTowerConfig text() { return new TextTowerConfig(WORDS.vocabulary(), 9, 32, 1, 2).withHidden(64); }

    /** Zero-shot accuracy on 2,000 test pictures after so many steps, each of pictures that were not seen before. */
    private static double accuracy(ContrastiveVlm vlm, int batch, int steps, double rate, Rng rng) {
        var data = Clothes.small(batch * steps);
        vlm.fit(data.x(), captions(data, vlm.encoder().text(), rng),
                new Trainer(new AdamW(rate), 1).withBatchSize(batch).withSchedule(new Schedule.Cosine(steps - 20).warmedUp(20)), rng,
                Progress.SILENT);
        var test = Clothes.smallTest(2000);
        return vlm.encoder().classifier(CLASSES, TEMPLATES, WORDS).accuracy(test.x(), test.y());
    }

    @Acceptance(topic = "siglip", clause = 4)
    @Tag("slow")
    @Test void captionedClothesAreNamed() {
        var rng = Rng.of(1);
        Evidence.of("zero-shot accuracy, 300 steps of 64", accuracy(SigLip.of(vision(rng), text(), 32, rng), 64, 300, 4e-3, rng),
                atLeast(0.75));
    }

    @Acceptance(topic = "siglip", clause = 4)
    @Tag("heavy")
    @Test void atBatchSixteenItIsNoWorseThanSoftmax() {
        double sigmoid = 0, softmax = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            softmax += accuracy(Clip.of(vision(rng), text(), 32, rng), 16, 1200, 2e-3, rng) / 3;
            rng = Rng.of(seed);
            // The bias at the odds of a pair in a batch of 16: -10 is those of 32,768.
            var config = ImageTextConfig.sigmoid(32).withBias(-Math.log(15));
            sigmoid += accuracy(new ContrastiveVlm(new ContrastiveVlmConfig(VlmObjective.siglip()),
                    new ImageTextEncoder(config, vision(rng), new TextTower(text(), rng), rng), rng), 16, 1200, 2e-3, rng) / 3;
        }
        Evidence.of("softmax's mean zero-shot accuracy at batch 16", softmax, atLeast(0.75));
        Evidence.of("points by which the sigmoid's is below it", 100 * (softmax - sigmoid), atMost(1));
    }
}
