package lyceum.labs.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Learned features beside raw pixels and beside histograms of oriented gradients, on 10,000 pictures of Fashion-MNIST. */
class DeepFashionTest {
    private static final int SIDE = 28;

    @Test
    @Tag("heavy")
    @Acceptance(topic = "deep-learning", clause = 3)
    @Acceptance(topic = "deep-learning", clause = 4) void aSmallNetworkBeatsHandMadeFeatures() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist());
        var fashion = Datasets.fashionMnist();
        Dataset train = scaled(fashion.train().head(10_000)), test = scaled(fashion.test());
        var rng = Rng.of(1);
        var features = new Sequential(Layer.of(x -> x.reshape(-1, 1, SIDE, SIDE)), new Conv2d(1, 16, 3, rng), Activation.RELU,
                new MaxPool2d(2), new Conv2d(16, 32, 3, rng), Activation.RELU, new MaxPool2d(2), Layer.of(x -> x.reshape(x.size(0), -1)),
                new Linear(800, 128, rng), Activation.RELU);
        var network = new Sequential(features, new Linear(128, 10, rng));
        int epochs = 8;
        new Trainer(new Adam(2e-3), epochs).withBatchSize(64).withSchedule(new Schedule.Cosine(epochs * 157)).fit(network,
                Loss::crossEntropy, train, Rng.of(2));
        double deep = accuracy(outputs(network, test.x()), test.y());
        double pixels = linear(train.x(), train.y(), test.x(), test.y());
        double hog = linear(hog(train.x()), train.y(), hog(test.x()), test.y());
        double lifted = linear(outputs(features, train.x()), train.y(), outputs(features, test.x()), test.y());
        Evidence.of("linear classifier of pixels", pixels, above(0.78));
        Evidence.of("linear classifier of oriented gradients", hog, above(0.8));
        Evidence.of("network less linear on pixels, points", 100 * (deep - pixels), atLeast(3));
        Evidence.of("network less linear on oriented gradients, points", 100 * (deep - hog), atLeast(1));
        Evidence.of("linear on the last hidden layer less linear on pixels, points", 100 * (lifted - pixels), atLeast(3));
    }

    private static Dataset scaled(Dataset d) { return d.flat().withX(d.flat().x().to(DType.F32).div(255).compute()); }

    private static Tensor outputs(Layer model, Tensor x) {
        var parts = new Tensor[(int) ((x.size(0) + 499) / 500)];
        for (int i = 0; i < parts.length; i++) {
            int from = 500 * i;
            parts[i] = Autograd.noGrad(() -> model.forward(x.narrow(0, from, Math.min(500, x.size(0) - from))).compute());
        }
        return Tensor.concat(0, parts);
    }

    private static double accuracy(Tensor logits, Tensor y) { return logits.argmax(1).eq(y).to(DType.F64).mean().item(); }

    private static double linear(Tensor x, Tensor y, Tensor other, Tensor labels) {
        return new LogisticRegression().withTolerance(1e-3).withMaxIterations(200).fit(x.to(DType.F32), y).score(other.to(DType.F32), labels);
    }

    /** Dalal and Triggs (2005): cells of 4 x 4, 9 orientations without sign, votes shared between two, blocks of 2 x 2 cells of length 1. */
    private static Tensor hog(Tensor images) {
        int n = (int) images.size(0), cells = SIDE / 4, bins = 9, blocks = cells - 1;
        double[] pixels = images.to(DType.F64).toDoubleArray();
        var result = new float[n * blocks * blocks * 4 * bins];
        var votes = new double[cells * cells * bins];
        for (int i = 0, at = 0; i < n; i++) {
            Arrays.fill(votes, 0);
            for (int r = 0; r < SIDE; r++) for (int c = 0; c < SIDE; c++) {
                double gx = pixel(pixels, i, r, c + 1) - pixel(pixels, i, r, c - 1), gy = pixel(pixels, i, r + 1, c) - pixel(pixels, i, r - 1, c);
                double angle = (Math.atan2(gy, gx) / Math.PI + 1) % 1 * bins, size = Math.sqrt(Math.hypot(gx, gy));
                int bin = (int) angle % bins, cell = (r / 4 * cells + c / 4) * bins;
                double rest = angle - Math.floor(angle);
                votes[cell + bin] += size * (1 - rest);
                votes[cell + (bin + 1) % bins] += size * rest;
            }
            for (int r = 0; r < blocks; r++) for (int c = 0; c < blocks; c++) {
                double sum = 1e-6;
                int first = at;
                for (int k = 0; k < 4; k++) for (int b = 0; b < bins; b++) {
                    double v = votes[((r + k / 2) * cells + c + k % 2) * bins + b];
                    result[at++] = (float) v;
                    sum += v * v;
                }
                for (int j = first; j < at; j++) result[j] /= (float) Math.sqrt(sum);
            }
        }
        return Tensor.of(result, n, (long) blocks * blocks * 4 * bins);
    }

    private static double pixel(double[] pixels, int image, int r, int c) {
        return pixels[image * SIDE * SIDE + Math.clamp(r, 0, SIDE - 1) * SIDE + Math.clamp(c, 0, SIDE - 1)];
    }
}
