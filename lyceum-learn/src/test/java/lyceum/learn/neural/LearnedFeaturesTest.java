package lyceum.learn.neural;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a network learns from pixels beside what others make of them, on clothes: 10,000 pictures to learn from, the 10,000 of the test set to be judged by. The
 * recipe of the network was set down before its first run; each linear classifier has the better of two penalties, chosen in its favour on the test set.
 */
class LearnedFeaturesTest {
    private static final int TRAINING = 10_000, EPOCHS = 12, BATCH = 100;

    @Acceptance(topic = "deep-learning", clause = 3)
    @Acceptance(topic = "deep-learning", clause = 4)
    @Tag("heavy")
    @Test void aSmallNetworkFindsBetterFeaturesThanPixelsAndGradientHistograms() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var fashion = Datasets.fashionMnist();
        Dataset train = fashion.train().head(TRAINING).flat().to(DType.F32).scaled(1.0 / 255),
                test = fashion.test().flat().to(DType.F32).scaled(1.0 / 255);
        double pixels = linear(train.x(), train.y(), test.x(), test.y());
        double hog = linear(histograms(train.x()), train.y(), histograms(test.x()), test.y());

        var rng = Rng.of(1);
        var same = new Convolution().withPadding(1);
        // Half of the pictures are mirrored while learning.
        Layer pictures = (x, pass) -> {
            var image = x.reshape(-1, 1, 28, 28);
            if (!pass.isTraining()) return image;
            return Tensor.rand(pass.rng(), image.size(0), 1, 1, 1).lt(0.5).where(image.flip(3), image);
        };
        var features = new Sequential(pictures, new Conv2d(1, 32, 3, same, rng), Activation.RELU, new MaxPool2d(new Pooling(2)),
                new Conv2d(32, 64, 3, same, rng), Activation.RELU, new MaxPool2d(new Pooling(2)), Layer.of(x -> x.reshape(x.size(0), -1)),
                new Dropout(0.3), new Linear(64 * 7 * 7, 128, rng), Activation.RELU);
        var network = new Sequential(features, new Dropout(0.5), new Linear(128, 10, rng));
        new Trainer(new AdamW(2e-3), EPOCHS).withBatchSize(BATCH).withSchedule(new Schedule.Cosine(EPOCHS * TRAINING / BATCH))
                .fit(network, Loss::crossEntropy, train, Rng.of(2));
        double deep = batches(network, test.x()).argmax(1).eq(test.y()).to(DType.F64).mean().item();
        double lifted = linear(batches(features, train.x()), train.y(), batches(features, test.x()), test.y());

        Evidence.of("pictures to learn from", train.size(), exactly(TRAINING));
        Evidence.of("network, share right", deep, above(0.5));
        Evidence.of("points above logistic regression of pixels", 100 * (deep - pixels), atLeast(3));
        Evidence.of("points above logistic regression of gradient histograms", 100 * (deep - hog), atLeast(1));
        Evidence.of("points that the penultimate features lift the linear classifier of pixels", 100 * (lifted - pixels), atLeast(3));
    }

    private static Tensor batches(Layer network, Tensor x) {
        return Autograd.noGrad(() -> Tensor.concat(0, IntStream.range(0, (int) x.size(0) / 1000)
                .mapToObj(i -> network.forward(x.narrow(0, 1000L * i, 1000)).compute()).toArray(Tensor[]::new)).compute());
    }

    private static double linear(Tensor x, Tensor y, Tensor other, Tensor labels) {
        double best = 0;
        for (double c : new double[] {0.1, 1})
            best = Math.max(best, new LogisticRegression().withC(c).withTolerance(1e-4).fit(x.to(DType.F64), y)
                    .score(other.to(DType.F64), labels));
        return best;
    }

    /**
     * Histograms of oriented gradients as Dalal and Triggs (2005) have them: 9 directions without sign, cells of 4 x 4 pixels, blocks of 2 x 2 cells one cell apart,
     * each block cut to norm 1, its numbers to 0.2, and to norm 1 again: 1,296 numbers a picture.
     */
    private static Tensor histograms(Tensor x) {
        double[][] rows = x.to(DType.F64).toRows();
        var out = new double[rows.length][];
        for (int n = 0; n < rows.length; n++) {
            double[] p = rows[n];
            var cells = new double[7][7][9];
            for (int i = 0; i < 28; i++) for (int j = 0; j < 28; j++) {
                double dx = p[28 * i + Math.min(27, j + 1)] - p[28 * i + Math.max(0, j - 1)],
                        dy = p[28 * Math.min(27, i + 1) + j] - p[28 * Math.max(0, i - 1) + j];
                double at = (Math.atan2(dy, dx) + Math.PI) % Math.PI / Math.PI * 9, size = Math.hypot(dx, dy);
                int low = (int) Math.floor(at) % 9;
                cells[i / 4][j / 4][low] += size * (1 - (at - Math.floor(at)));
                cells[i / 4][j / 4][(low + 1) % 9] += size * (at - Math.floor(at));
            }
            out[n] = new double[36 * 36];
            for (int i = 0; i < 6; i++) for (int j = 0; j < 6; j++) {
                var block = new double[36];
                for (int c = 0; c < 4; c++) System.arraycopy(cells[i + c / 2][j + c % 2], 0, block, 9 * c, 9);
                normalise(block);
                for (int k = 0; k < 36; k++) block[k] = Math.min(0.2, block[k]);
                normalise(block);
                System.arraycopy(block, 0, out[n], 36 * (6 * i + j), 36);
            }
        }
        return Tensor.of(out);
    }

    private static void normalise(double[] block) {
        double size = Math.sqrt(Arrays.stream(block).map(v -> v * v).sum() + 1e-10);
        for (int k = 0; k < block.length; k++) block[k] /= size;
    }
}
