package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.nn.loss.ContrastiveLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SiameseClothesTest {
    private static final int PAIRS = 20_000;

    private static SiameseNetwork network(Rng rng) {
        return new SiameseNetwork(new Sequential(new Conv2d(1, 16, 3, rng), Activation.RELU, new MaxPool2d(2), new Conv2d(16, 32, 3, rng),
                Activation.RELU, new MaxPool2d(2), Layer.of(x -> x.reshape(x.size(0), -1)), new Linear(128, 32, rng)), new SiameseConfig());
    }

    private static SiameseNetwork pixels() {
        return new SiameseNetwork(new Sequential(Layer.of(x -> x.reshape(x.size(0), -1))), new SiameseConfig());
    }

    private static SiameseNetwork trained(Dataset data, int epochs, Rng rng) {
        var net = network(rng.split(1));
        int steps = epochs * ((data.size() + 127) / 128);
        new Trainer(new AdamW(3e-3), epochs).withBatchSize(128).withSchedule(new Schedule.Cosine(steps))
                .start(net, data.size(), net.allPairs(data, new ContrastiveLoss().withMargin(2)), null, rng.split(2))
                .finish(Progress.SILENT);
        return net;
    }

    @Tag("heavy")
    @Acceptance(topic = "siamese-network", clause = 3)
    @Test void tellsPairsOfTestImagesApart() {
        var net = trained(Clothes.small(30_000), 5, Rng.of(1));
        var test = Clothes.smallTest(10_000);
        double auc = net.verification(test, PAIRS, Rng.of(9)).auc(), plain = pixels().verification(test, PAIRS, Rng.of(9)).auc();
        Evidence.of("AUC of 40,000 pairs of test images", auc, atLeast(0.95));
        Evidence.of("AUC beyond the distance of raw pixels, " + Math.round(1000 * plain) / 1000.0, auc - plain, atLeast(0.05));
    }

    /** Three classes drawn by the seed are never seen in training; pairs of their test images are verified. */
    @Tag("heavy")
    @Acceptance(topic = "siamese-network", clause = 4)
    @Test void tellsPairsOfUnseenClassesApart() {
        double learned = 0, plain = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            int[] order = rng.split(3).permutation(10);
            var net = trained(EpisodeSampler.only(Clothes.small(12_000), Arrays.copyOf(order, 7)), 3, rng);
            var test = EpisodeSampler.only(Clothes.smallTest(10_000), Arrays.copyOfRange(order, 7, 10));
            assertThat(test.size()).isEqualTo(3_000);
            double auc = net.verification(test, PAIRS, rng.split(4)).auc(), pixels = pixels().verification(test, PAIRS, rng.split(4)).auc();
            learned += auc / 3;
            plain += pixels / 3;
        }
        Evidence.of("mean AUC over 3 seeds on 3 classes never seen, beyond that of raw pixels, " + Math.round(1000 * plain) / 1000.0,
                learned - plain, above(0));
    }
}
