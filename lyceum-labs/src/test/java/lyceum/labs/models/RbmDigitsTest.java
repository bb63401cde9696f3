package lyceum.labs.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression;
import lyceum.models.generative.Rbm;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** scikit-learn's example: digits, each also moved by a pixel in four directions; features of a machine against the pixels themselves, both read by logistic regression. */
class RbmDigitsTest {
    private static final int[][] MOVES = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};

    @Tag("slow")
    @Acceptance(topic = "rbm", clause = 4)
    @Test void featuresBeatPixelsOnNudgedDigits() {
        var digits = Datasets.digits();
        double[] x = digits.x().to(DType.F64).toDoubleArray();
        long[] y = digits.y().to(DType.I64).toLongArray();
        int n = y.length;
        var moved = new float[5 * n * 64];
        var labels = new long[5 * n];
        for (int m = 0; m < 5; m++) for (int i = 0; i < n; i++) {
            labels[m * n + i] = y[i];
            for (int r = 0; r < 8; r++) for (int c = 0; c < 8; c++) {
                int fromRow = r + MOVES[m][0], fromColumn = c + MOVES[m][1];
                if (fromRow >= 0 && fromRow < 8 && fromColumn >= 0 && fromColumn < 8)
                    moved[((m * n + i) * 8 + r) * 8 + c] = (float) (x[i * 64 + fromRow * 8 + fromColumn] / 16);
            }
        }
        scale(moved, 64);
        var order = Rng.of(1).permutation(5 * n);
        int cut = 4 * n;
        int[] learned = Arrays.copyOf(order, cut), held = Arrays.copyOfRange(order, cut, 5 * n);
        Tensor all = Tensor.of(moved, 5 * n, 64), classes = Tensor.of(labels), train = all.rows(learned).compute(),
                test = all.rows(held).compute();

        double pixels = accuracy(new LogisticRegression().withC(100).withTolerance(1e-4), train, classes.rows(learned), test,
                classes.rows(held));
        var rng = Rng.of(2);
        var rbm = new Rbm(64, 100, Rbm.Visible.BERNOULLI, DType.F32, rng);
        new Trainer(new Sgd(0.06), 10).withBatchSize(10).start(rbm, cut, rbm.contrast(train, 1, 10), null, rng).finish(Progress.SILENT);
        double features = accuracy(new LogisticRegression().withC(6000).withTolerance(1e-4), rbm.hidden(train), classes.rows(learned),
                rbm.hidden(test), classes.rows(held));
        assertThat(pixels).isBetween(0.7, 0.9); // about what the example says
        Evidence.of("points that features are ahead of " + Math.round(1000 * pixels) / 10.0 + "%", 100 * (features - pixels),
                Bound.atLeast(5));
    }

    /** Each pixel to 0 to 1 over all pictures, as minmax_scale; one that never changes to 0. */
    private static void scale(float[] x, int width) {
        for (int j = 0; j < width; j++) {
            float low = Float.POSITIVE_INFINITY, high = Float.NEGATIVE_INFINITY;
            for (int i = j; i < x.length; i += width) {
                low = Math.min(low, x[i]);
                high = Math.max(high, x[i]);
            }
            for (int i = j; i < x.length; i += width) x[i] = high > low ? (x[i] - low) / (high - low) : 0;
        }
    }

    private static double accuracy(LogisticRegression learner, Tensor x, Tensor y, Tensor test, Tensor truth) {
        return learner.fit(x.to(DType.F64), y).predict(test.to(DType.F64)).eq(truth).to(DType.F64).mean().item();
    }
}
