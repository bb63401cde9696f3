package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.CollapseDiagnostics;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Small JEPAs of 14 x 14 clothes, clean and noisy, beside masked autoencoders with the same encoder, five seeds of each. */
@Tag("heavy")
class JepaOnClothesTest {
    private static final int SEEDS = 5;
    /** Positions as the papers have them: an encoder that is told them at full strength bears noise better. */
    private static final JepaConfig FIXED = new JepaConfig(LearnedOnClothes.VIT.withPositions(VisionTransformerConfig.Positions.SINUSOIDAL))
            .withMomentum(0.98);
    private static final double T_975 = 2.776; // Student's t with 4 degrees of freedom

    @Acceptance(topic = "jepa", clause = 3)
    @Test void featuresSpread() {
        var features = LearnedOnClothes.jepa(LearnedOnClothes.JEPA, 3e-3, 1, false).features(LearnedOnClothes.test().x(), 500);
        Evidence.of("held-out pictures", features.size(0), atLeast(2000));
        Evidence.of("RankMe of centred features of width 32", CollapseDiagnostics.of(features).centredRank(), atLeast(0.3 * 32));
    }

    @Acceptance(topic = "jepa", clause = 4)
    @Test void tenLabelsAClassTellClothes() {
        double gain = probe(LearnedOnClothes.jepa(LearnedOnClothes.JEPA, 3e-3, 1, false).encoder(), 1, false, 10)
                - probe(new VisionTransformer(LearnedOnClothes.VIT, Rng.of(1)), 1, false, 10);
        Evidence.of("points of a 10-shot probe over the random encoder's", 100 * gain, atLeast(5));
    }

    private static double probe(VisionTransformer encoder, int seed, boolean noisy, int labels) {
        return LearnedOnClothes.probe(encoder, LearnedOnClothes.train(seed, noisy), LearnedOnClothes.test(seed, noisy), labels, labels < 100 ? 10 : 2);
    }

    @Acceptance(topic = "jepa", clause = 5)
    @Test void noiseCostsNoMoreThanItCostsAnAutoencoder() {
        double[] jepa = new double[SEEDS], mae = new double[SEEDS];
        for (int i = 0; i < SEEDS; i++) {
            int seed = i + 1;
            jepa[i] = 100 * (probe(LearnedOnClothes.jepa(FIXED, 2e-3, seed, false).encoder(), seed, false, 100)
                    - probe(LearnedOnClothes.jepa(FIXED, 2e-3, seed, true).encoder(), seed, true, 100));
            mae[i] = 100 * (probe(LearnedOnClothes.autoencoder(FIXED.encoder(), seed, false).encoder(), seed, false, 100)
                    - probe(LearnedOnClothes.autoencoder(FIXED.encoder(), seed, true).encoder(), seed, true, 100));
        }
        report("JEPA", jepa);
        report("MAE", mae);
        Evidence.of("JEPA's mean drop less MAE's, in points", mean(jepa) - mean(mae), atMost(2));
    }

    private static void report(String model, double[] drops) {
        double mean = mean(drops), square = 0;
        for (double d : drops) square += (d - mean) * (d - mean) / (SEEDS - 1);
        Evidence.of("mean drop of the probe by noise, in points, " + model, mean, above(0));
        Evidence.of("half width of its 95% interval, " + model, T_975 * Math.sqrt(square / SEEDS), above(0));
    }

    private static double mean(double[] drops) {
        double sum = 0;
        for (double d : drops) sum += d / SEEDS;
        return sum;
    }
}
