package lyceum.models.ssl;

import static lyceum.testing.Bound.atLeast;

import lyceum.models.vision.VisionTransformer;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.CollapseDiagnostics;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small JEPA of 14 x 14 clothes: whether its features have collapsed, and what ten labels a class make of them. */
@Tag("heavy")
class JepaOnClothesTest {
    @Acceptance(topic = "jepa", clause = 3)
    @Test void featuresSpread() {
        var features = LearnedOnClothes.jepa().features(LearnedOnClothes.test().x(), 500);
        Evidence.of("held-out pictures", features.size(0), atLeast(2000));
        Evidence.of("RankMe of centred features of width 32", CollapseDiagnostics.of(features).centredRank(), atLeast(0.3 * 32));
    }

    @Acceptance(topic = "jepa", clause = 4)
    @Test void tenLabelsAClassTellClothes() {
        double gain = probe(LearnedOnClothes.jepa().encoder()) - probe(new VisionTransformer(LearnedOnClothes.VIT, Rng.of(1)));
        Evidence.of("points of a 10-shot probe over the random encoder's", 100 * gain, atLeast(5));
    }

    private static double probe(VisionTransformer encoder) {
        return LearnedOnClothes.probe(encoder, LearnedOnClothes.train(), LearnedOnClothes.test(), 10, 10);
    }
}
