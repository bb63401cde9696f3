package lyceum.train;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.HogFeatures;
import lyceum.data.imagenet.Preprocessing;
import lyceum.data.imagenet.TopErrors;
import lyceum.backend.Convolution;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ImageNet's protocol at a tenth of the size: a network that learns its features against features that were thought up. */
class ImageProtocolTest {
    private static final int IMAGES = 10_000, EPOCHS = 8;

    private static final Preprocessing PROTOCOL = new Preprocessing(32, 28, new float[] {0.286f}, new float[] {0.353f});

    /** A crop from anywhere in the resized picture, as the first networks on ImageNet were trained. */
    private static final Augment<Raster> TRAINING = ImageAugment.crop(28, 28, 0).then(ImageAugment.flip())
            .then((p, rng) -> PROTOCOL.normalised(p));

    private static Dataset prepared(Dataset data) {
        return data.withX(ImageAugment.batch(data, IntStream.range(0, data.size()).toArray(), 0, PROTOCOL.evaluation(), Rng.of(0)));
    }

    private static Dataset hog(Dataset pictures, int cell) {
        var hog = new HogFeatures().withCell(cell);
        int width = hog.width(28, 28);
        var features = new float[pictures.size() * width];
        for (int i = 0; i < pictures.size(); i++) System.arraycopy(hog.of(Raster.of(pictures.x().get(i))), 0, features, i * width, width);
        return pictures.withX(Tensor.of(features).reshape(pictures.size(), width));
    }

    private static double error(Module model, Dataset test) {
        var scores = new float[test.size() * 10];
        for (int from = 0; from < test.size(); from += 500) try (var scope = Scope.open("test batch")) {
            var part = test.range(from, from + 500);
            System.arraycopy(Autograd.noGrad(() -> model.forward(part.x(), Pass.inference())).toFloatArray(), 0, scores, from * 10, 5_000);
        }
        return TopErrors.of(Tensor.of(scores).reshape(test.size(), 10), test.y()).top1();
    }

    @Acceptance(topic = "imagenet", clause = 5)
    @Tag("heavy")
    @Test void aNetworkErrsLessThanOrientedGradients() {
        var fashion = Datasets.fashionMnist();
        Dataset pictures = fashion.train().shuffled(Rng.of(24)).range(0, IMAGES), train = prepared(pictures),
                test = prepared(fashion.test());
        var resized = pictures
                .withX(ImageAugment.batch(pictures, IntStream.range(0, IMAGES).toArray(), 0, (p, rng) -> p.resized(32, 32), Rng.of(0)));
        double hand = 1;
        for (int cell : new int[] {4, 7}) {
            Dataset seen = hog(train, cell), unseen = hog(test, cell);
            var linear = new Linear(seen.features(), 10, Rng.of(1));
            new Trainer(new Adam(2e-3), 30).withBatchSize(64).fit(linear, Loss::crossEntropy, seen, Rng.of(1));
            hand = Math.min(hand, error(linear, unseen));
        }
        double learned = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            Layer flat = Layer.of(x -> x.reshape(x.size(0), -1));
            var same = new Convolution().withPadding(1);
            var network = new Sequential(new Conv2d(1, 32, 3, same, rng), new BatchNorm(32), Activation.RELU, new MaxPool2d(2),
                    new Conv2d(32, 64, 3, same, rng), new BatchNorm(64), Activation.RELU, new MaxPool2d(2), flat,
                    new Linear(64 * 49, 96, rng), Activation.RELU, new Linear(96, 10, rng));
            var draws = rng.split(1);
            var batches = new int[1];
            BatchLoss loss = (rows, pass) -> {
                int epoch = batches[0]++ / (IMAGES / 50);
                var x = ImageAugment.batch(resized, rows, epoch, TRAINING, draws);
                return Loss.crossEntropy(network.forward(x, pass), train.y().rows(rows));
            };
            new Trainer(new Adam(2e-3), EPOCHS).withBatchSize(50).withSchedule(new Schedule.Linear(EPOCHS * IMAGES / 50, 1, 0.02))
                    .start(network, IMAGES, loss, null, rng.split(2)).finish(Progress.SILENT);
            learned += error(network, test) / 3;
        }
        Evidence.of("training images", train.size(), exactly(10_000));
        Evidence.of("test images", test.size(), exactly(10_000));
        Evidence.of("top-1 error of the network, mean of 3 seeds, less that of the better oriented gradients and linear model",
                learned - hand, below(0));
        Evidence.of("top-1 error of the oriented gradients", hand, below(0.2));
        Evidence.of("top-1 error of the network", learned, below(0.15));
    }
}
