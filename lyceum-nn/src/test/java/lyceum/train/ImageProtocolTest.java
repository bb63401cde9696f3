package lyceum.train;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.HogFeatures;
import lyceum.data.imagenet.Preprocessing;
import lyceum.data.imagenet.TopErrors;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ImageNet's protocol at a tenth of the size: a network that learns its features against features that were thought up. */
class ImageProtocolTest {
    private static final int IMAGES = 10_000;

    private static Dataset prepared(Dataset data) {
        var protocol = new Preprocessing(32, 28, new float[] {0.286f}, new float[] {0.353f});
        return data.withX(ImageAugment.batch(data, IntStream.range(0, data.size()).toArray(), 0, protocol.evaluation(), Rng.of(0)));
    }

    private static Dataset hog(Dataset pictures, int cell) {
        var hog = new HogFeatures().withCell(cell);
        int width = hog.width(28, 28);
        var features = new float[pictures.size() * width];
        for (int i = 0; i < pictures.size(); i++) System.arraycopy(hog.of(Raster.of(pictures.x().get(i))), 0, features, i * width, width);
        return pictures.withX(Tensor.of(features).reshape(pictures.size(), width));
    }

    private static double error(Module model, Dataset train, Dataset test, int epochs, double rate, long seed) {
        new Trainer(new Adam(rate), epochs).withBatchSize(64).fit(model, Loss::crossEntropy, train, Rng.of(seed));
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
        Dataset train = prepared(fashion.train().shuffled(Rng.of(24)).range(0, IMAGES)), test = prepared(fashion.test());
        double hand = 1;
        for (int cell : new int[] {4, 7}) {
            Dataset seen = hog(train, cell), unseen = hog(test, cell);
            hand = Math.min(hand, error(new Linear(seen.features(), 10, Rng.of(1)), seen, unseen, 30, 2e-3, 1));
        }
        double learned = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            Layer flat = Layer.of(x -> x.reshape(x.size(0), -1));
            var network = new Sequential(new Conv2d(1, 24, 3, rng), Activation.RELU, new MaxPool2d(2), new Conv2d(24, 48, 3, rng), Activation.RELU,
                    new MaxPool2d(2), flat, new Linear(48 * 25, 96, rng), Activation.RELU, new Linear(96, 10, rng));
            learned += error(network, train, test, 10, 1e-3, seed) / 3;
        }
        Evidence.of("training images", train.size(), exactly(10_000));
        Evidence.of("test images", test.size(), exactly(10_000));
        Evidence.of("top-1 error of the network, mean of 3 seeds, less that of the better oriented gradients and linear model", learned - hand, below(0));
        Evidence.of("top-1 error of the oriented gradients", hand, below(0.2));
        Evidence.of("top-1 error of the network", learned, below(0.15));
    }
}
