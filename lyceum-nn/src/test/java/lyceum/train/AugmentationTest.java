package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What augmentation does to a small convolutional network: it helps where its claim is true, and harms where it is false. */
class AugmentationTest {
    private static final String TOPIC = "data-augmentation";

    private static Sequential network(int side, int classes, Rng rng) {
        Layer flat = (x, pass) -> x.reshape(x.size(0), -1);
        int left = ((side - 2) / 2 - 2) / 2;
        return new Sequential(new Conv2d(1, 8, 3, rng), Activation.RELU, new MaxPool2d(2), new Conv2d(8, 16, 3, rng), Activation.RELU,
                new MaxPool2d(2), flat, new Linear(16L * left * left, classes, rng));
    }

    /** Accuracy on {@code test} after training on augmented {@code train}, anew in each pass. */
    private static double accuracy(Dataset train, Dataset test, int classes, int passes, Augment<Raster> augment, long seed) {
        var rng = Rng.of(seed);
        var model = network((int) train.x().size(train.x().rank() - 1), classes, rng.split(0));
        var pass = new int[1];
        var batches = new int[1];
        BatchLoss loss = (rows, p) -> {
            pass[0] = batches[0]++ / ((train.size() + 31) / 32);
            return Loss.crossEntropy(model.forward(ImageAugment.batch(train, rows, pass[0], augment, rng.split(1)), p),
                    train.y().rows(rows));
        };
        new Trainer(new Adam(2e-3), passes).withBatchSize(32).start(model, train.size(), loss, null, rng.split(2)).finish(Progress.SILENT);
        int right = 0;
        for (int from = 0; from < test.size(); from += 250) try (var scope = Scope.open("test batch")) {
            var part = test.range(from, Math.min(test.size(), from + 250));
            var x = part.x().rank() == 3 ? part.x().unsqueeze(1) : part.x();
            var found = Autograd.noGrad(() -> model.forward(x, Pass.inference())).argmax(1);
            right += (int) found.eq(part.y()).to(DType.F64).sum().item();
        }
        return right / (double) test.size();
    }

    private static Dataset floats(Dataset data) { return data.withX(data.x().to(DType.F32).div(255).compute()); }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void randomShiftsHelpWhereTestPicturesAreShifted() {
        var fashion = Datasets.fashionMnist();
        var train = floats(fashion.train().shuffled(Rng.of(368)).range(0, 500));
        var plain = floats(fashion.test().range(0, 2000));
        var shifted = plain.withX(ImageAugment.batch(plain, IntStream.range(0, 2000).toArray(), 0, ImageAugment.shift(3), Rng.of(9)));
        double without = 0, with = 0;
        for (int seed = 0; seed < 3; seed++) {
            without += accuracy(train, shifted, 10, 20, Augment.none(), seed) / 3;
            with += accuracy(train, shifted, 10, 20, ImageAugment.shift(3), seed) / 3;
        }
        Evidence.of("training samples", train.size(), exactly(500));
        Evidence.of("accuracy without augmentation, mean of 3 seeds", without, above(0.4));
        Evidence.of("points gained by random shifts of up to 3 pixels", 100 * (with - without), atLeast(5));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void halfTurnsConfuseSixAndNine() {
        var digits = Datasets.digits();
        var two = digits.onlyClasses(6, 9);
        two = two.withX(two.x().div(16).reshape(two.size(), 8, 8).to(DType.F32).compute());
        var all = IntStream.range(0, two.size()).toArray();
        two = two.withX(ImageAugment.batch(two, all, 0, (p, rng) -> p.resized(16, 16), Rng.of(0))).shuffled(Rng.of(1));
        Dataset train = two.range(0, 240), test = two.range(240, two.size());
        Augment<Raster> turn = Augment.sometimes(0.5, (p, rng) -> p.turned(2));
        double least = 1, without = 0, with = 0;
        for (int seed = 0; seed < 3; seed++) {
            double plain = accuracy(train, test, 2, 8, Augment.none(), seed), turned = accuracy(train, test, 2, 8, turn, seed);
            without += plain / 3;
            with += turned / 3;
            least = Math.min(least, plain - turned);
        }
        Evidence.of("accuracy on sixes and nines without, mean of 3 seeds", without, atLeast(0.97));
        Evidence.of("accuracy lost by half turns", without - with, above(0.0));
        Evidence.of("least lost at a seed", least, above(0.0));
    }
}
