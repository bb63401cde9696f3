package lyceum.models.vision;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;

import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.models.Clothes;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small ViT and a small ResNet on 10,000 pictures of clothes, and linear probes on what they see when frozen. */
@Tag("heavy")
class FashionEncodersTest {
    private static final int IMAGES = 10_000, EPOCHS = 12, BATCH = 50, PROBED = 20_000;

    /** @param before accuracy of the ViT after 10,000 pictures @param vit trained on with 40,000 others, @param cnn on 10,000 */
    private record Trained(Dataset train, Dataset test, double before, VisionTransformer vit, ResNet cnn) {
        private static Trained trained;

        static synchronized Trained once() {
            if (trained != null) return trained;
            var fashion = Datasets.fashionMnist();
            Dataset train = Clothes.whole(fashion.train().shuffled(Rng.of(1))), test = Clothes.whole(fashion.test());
            var vit = new VisionTransformer(smallVit(10), Rng.of(1));
            flipping(vit, train.head(IMAGES), EPOCHS, 1.5e-3);
            double before = FashionEncodersTest.accuracy(vit, test);
            flipping(vit, train.range(IMAGES, 5 * IMAGES), 2, 1e-3);
            var cnn = new ResNet(smallCnn(10), Rng.of(1));
            fit(cnn, train.head(IMAGES), 4, 2e-3);
            return trained = new Trained(train, test, before, vit, cnn);
        }
    }

    private static VisionTransformerConfig smallVit(int classes) {
        return new VisionTransformerConfig(28, 4, 1, 64, 3, 4).withHidden(128).withClasses(classes);
    }

    private static ResNetConfig smallCnn(int classes) {
        return ResNetConfig.cifar(8).withChannels(1).withWidth(12).withStem(ResNetConfig.Stem.CIFAR).withBlocks(List.of(1, 1, 1))
                .withClasses(classes);
    }

    private static void fit(Module model, Dataset train, int epochs, double rate) {
        new Trainer(new AdamW(rate), epochs).withBatchSize(BATCH).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(epochs * (train.size() / BATCH))).fit(model, Loss::crossEntropy, train, Rng.of(2));
    }

    /** On pictures that are mirrored in half of the cases. */
    private static void flipping(Module model, Dataset train, int epochs, double rate) {
        BatchLoss loss = (rows, pass) -> {
            var x = train.x().rows(rows);
            var mirrored = Tensor.rand(pass.rng(), rows.length, 1, 1, 1).lt(0.5);
            return Loss.crossEntropy(model.forward(Tensor.where(mirrored, x.flip(3), x), pass), train.y().rows(rows));
        };
        new Trainer(new AdamW(rate), epochs).withBatchSize(BATCH).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(epochs * (train.size() / BATCH))).start(model, train.size(), loss, null, Rng.of(2))
                .finish(Progress.SILENT);
    }

    private static double accuracy(Module model, Dataset test) {
        return Autograd.noGrad(() -> {
            int right = 0;
            for (int from = 0; from < test.size(); from += 500) {
                var part = test.range(from, from + 500);
                right += (int) model.forward(part.x()).argmax(1).eq(part.y()).countNonZero().item();
            }
            return (double) right / test.size();
        });
    }

    /** Test accuracy of a linear map of frozen features, learned from 20,000 pictures. */
    private static double probe(VisionEncoder encoder, Trained data) {
        var some = data.train().head(PROBED);
        Tensor x = seen(encoder, some.x()), mean = x.mean(0), deviation = x.std(0).add(1e-6);
        var probe = new Linear(x.size(1), 10, Rng.of(3));
        fit(probe, Dataset.of(x.sub(mean).div(deviation).compute(), some.y()), 6, 1e-2);
        return accuracy(probe, Dataset.of(seen(encoder, data.test().x()).sub(mean).div(deviation).compute(), data.test().y()));
    }

    /** The pooled vector, and the mean over the map. */
    private static Tensor seen(VisionEncoder encoder, Tensor images) {
        return encoder.frozen(images, 500, f -> Tensor.concat(1, f.pooled(), f.map().mean(new int[] {2, 3}, false)));
    }

    @Acceptance(topic = "vit", clause = 5)
    @Test void aSmallVitLearnsClothes() {
        var t = Trained.once();
        Evidence.of("test accuracy of a ViT that did not learn", accuracy(new VisionTransformer(smallVit(10), Rng.of(1)), t.test()),
                below(0.4));
        Evidence.of("test accuracy of the ViT", t.before(), atLeast(0.82));
    }

    @Acceptance(topic = "vision-encoder", clause = 4)
    @Test void linearProbesReadClothesFromFrozenFeatures() {
        var t = Trained.once();
        Evidence.of("linear probe on the frozen ViT", probe(t.vit(), t), atLeast(0.85));
        Evidence.of("linear probe on the frozen ResNet", probe(t.cnn(), t), atLeast(0.85));
        Evidence.of("linear probe on a ViT that did not learn", probe(new VisionTransformer(smallVit(0), Rng.of(1)), t), below(0.85));
    }
}
