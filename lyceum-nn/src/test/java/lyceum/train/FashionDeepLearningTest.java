package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.HogFeatures;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Learned features against given ones, on 10,000 pictures of clothes. The recipe was fixed before the test images were looked at. */
@Tag("heavy")
class FashionDeepLearningTest {
    private static final int IMAGES = 10_000, EPOCHS = 18, BATCH = 50;
    /** Moved by up to two pixels and mirrored. */
    private static final Augment<Raster> TRAINING = ImageAugment.crop(28, 28, 2).then(ImageAugment.flip());

    /** Accuracies on all test images. */
    private record Measured(double network, double pixels, double gradients, double features) {
        private static Measured measured;

        static synchronized Measured measured() {
            if (measured != null) return measured;
            var fashion = Datasets.fashionMnist();
            Dataset train = pictures(fashion.train().shuffled(Rng.of(24)).range(0, IMAGES)), test = pictures(fashion.test());
            var network = trained(train);
            var body = new Sequential(network.layers().subList(0, network.layers().size() - 1));
            double gradients = 0;
            for (int cell : new int[] {4, 7}) gradients = Math.max(gradients, linear(hog(train, cell), hog(test, cell)));
            measured = new Measured(accuracy(network, test), linear(train.flat(), test.flat()), gradients,
                    linear(through(body, train), through(body, test)));
            return measured;
        }
    }

    private static Dataset pictures(Dataset data) {
        return data.withX(data.x().to(DType.F32).mul(1 / 255.0).reshape(data.size(), 1, 28, 28).compute());
    }

    private static Sequential trained(Dataset train) {
        var rng = Rng.of(1);
        var same = new Convolution().withPadding(1);
        var network = new Sequential(new Conv2d(1, 24, 3, same, rng), new BatchNorm(24), Activation.RELU, new MaxPool2d(2),
                new Conv2d(24, 48, 3, same, rng), new BatchNorm(48), Activation.RELU, new MaxPool2d(2), new Conv2d(48, 96, 3, same, rng),
                new BatchNorm(96), Activation.RELU, new MaxPool2d(2), Layer.of(x -> x.reshape(x.size(0), -1)), new Dropout(0.3),
                new Linear(96 * 9, 128, rng), Activation.RELU, new Linear(128, 10, rng));
        var draws = rng.split(1);
        var batches = new int[1];
        BatchLoss loss = (rows, pass) -> {
            var x = ImageAugment.batch(train, rows, batches[0]++ / (IMAGES / BATCH), TRAINING, draws);
            return Loss.crossEntropy(network.forward(x, pass), train.y().rows(rows));
        };
        new Trainer(new AdamW(2e-3), EPOCHS).withBatchSize(BATCH).withSchedule(new Schedule.Cosine(EPOCHS * IMAGES / BATCH))
                .start(network, IMAGES, loss, null, rng.split(2)).finish(Progress.SILENT);
        return network;
    }

    private static Dataset hog(Dataset pictures, int cell) {
        var hog = new HogFeatures().withCell(cell);
        int width = hog.width(28, 28);
        var features = new float[pictures.size() * width];
        for (int i = 0; i < pictures.size(); i++) System.arraycopy(hog.of(Raster.of(pictures.x().get(i))), 0, features, i * width, width);
        return pictures.withX(Tensor.of(features).reshape(pictures.size(), width));
    }

    /** The outputs of a network, in parts. */
    private static Dataset through(Layer body, Dataset data) {
        var parts = IntStream.range(0, data.size() / 500)
                .mapToObj(i -> Autograd.noGrad(() -> body.forward(data.range(500 * i, 500 * i + 500).x()).compute()))
                .toArray(Tensor[]::new);
        return data.withX(Tensor.concat(0, parts).compute());
    }

    /** Accuracy of a multinomial logistic regression: the best of features as they are and standardised, with and without a penalty. */
    private static double linear(Dataset train, Dataset test) {
        Tensor mean = train.x().mean(0, true).compute(), spread = train.x().var(new int[] {0}, 0, true).sqrt().add(1e-3).compute();
        double best = 0;
        for (boolean standardised : new boolean[] {false, true}) {
            Dataset seen = standardised ? train.withX(train.x().sub(mean).div(spread).compute()) : train,
                    unseen = standardised ? test.withX(test.x().sub(mean).div(spread).compute()) : test;
            for (double decay : new double[] {0, 1e-3}) {
                var model = new Linear(seen.features(), 10, Rng.of(1));
                new Trainer(new Adam(standardised ? 5e-4 : 2e-3).withWeightDecay(decay), 30).withBatchSize(64)
                        .withSchedule(new Schedule.Cosine(30L * IMAGES / 64)).fit(model, Loss::crossEntropy, seen, Rng.of(1));
                best = Math.max(best, accuracy(model, unseen));
            }
        }
        return best;
    }

    /** In per cent. */
    private static double accuracy(Layer model, Dataset data) {
        double right = 0;
        for (int from = 0; from < data.size(); from += 500) try (var scope = Scope.open("test batch")) {
            var part = data.range(from, from + 500);
            right += Autograd.noGrad(() -> model.forward(part.x()).argmax(1).eq(part.y()).countNonZero().item());
        }
        return 100 * right / data.size();
    }

    @Acceptance(topic = "deep-learning", clause = 3)
    @Test void aNetworkFromPixelsBeatsGivenFeatures() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var m = Measured.measured();
        Evidence.of("training images", IMAGES, exactly(10_000));
        Evidence.of("points above logistic regression on pixels", m.network - m.pixels, atLeast(3));
        Evidence.of("points above oriented gradients and a linear model", m.network - m.gradients, atLeast(1));
        Evidence.of("accuracy of the oriented gradients (%)", m.gradients, above(87));
    }

    @Acceptance(topic = "deep-learning", clause = 4)
    @Test void itsFeaturesLiftTheLinearModel() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var m = Measured.measured();
        Evidence.of("points that the features add to logistic regression on pixels", m.features - m.pixels, atLeast(3));
        Evidence.of("accuracy of logistic regression on pixels (%)", m.pixels, above(82));
    }
}
