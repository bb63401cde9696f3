package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DropoutTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "dropout", clause = 1)
    @Test void aMillionDrawsKeepTheShareAndTheMean() {
        for (double p : new double[] {0.1, 0.5}) {
            kept(new Dropout(p), 1, 1000, 1000);
            kept(new Dropout(p, Dropout.Mode.CHANNEL), 2, 1000, 1000, 2);
            kept(new Dropout(p, Dropout.Mode.PATH), 2, 1_000_000, 2);
            double[] y = new Dropout(p, Dropout.Mode.ALPHA).forward(normal(3, 1000, 1000), Pass.training(Rng.of(4))).toDoubleArray();
            double mean = 0, square = 0;
            for (double v : y) {
                mean += v / y.length;
                square += v * v / y.length;
            }
            Evidence.of("alpha " + p + ": mean", Math.abs(mean), atMost(0.01));
            Evidence.of("alpha " + p + ": variance from 1", Math.abs(square - mean * mean - 1), atMost(0.01));
        }
    }

    /** A million masks, each over {@code together} neighbours. */
    private static void kept(Dropout dropout, int together, long... shape) {
        double p = dropout.p(), kept = 0, difference = 0, variance = 0;
        double[] x = normal(1, shape).add(2).toDoubleArray(),
                y = dropout.forward(Tensor.of(x, shape), Pass.training(Rng.of(2))).toDoubleArray();
        int n = x.length / together, torn = 0;
        for (int g = 0; g < n; g++) {
            double sum = 0;
            boolean first = y[g * together] != 0;
            if (first) kept++;
            for (int i = g * together; i < (g + 1) * together; i++) {
                if (y[i] != 0 != first) torn++;
                sum += x[i];
                difference += y[i] - x[i];
            }
            variance += p / (1 - p) * sum * sum;
        }
        Evidence.of(dropout.mode() + " " + p + ": draws", n, exactly(1_000_000));
        Evidence.of(dropout.mode() + " " + p + ": dropped in part", torn, exactly(0));
        Evidence.of(dropout.mode() + " " + p + ": kept fraction, standard errors",
                Math.abs(kept / n - (1 - p)) / Math.sqrt(p * (1 - p) / n), atMost(4));
        Evidence.of(dropout.mode() + " " + p + ": mean, standard errors", Math.abs(difference) / Math.sqrt(variance), atMost(4));
    }

    @Acceptance(topic = "dropout", clause = 2)
    @Test void predictingChangesNoBit() {
        int compared = 0, changed = 0;
        double[] odd = {0.0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, -1e300, 1.1};
        for (var mode : Dropout.Mode.values())
            for (double p : new double[] {0, 0.3, 0.99}) for (var type : List.of(DType.F64, DType.F32, DType.BF16)) {
                var x = Tensor.of(odd, 2, 2, 2).to(type).compute();
                double[] in = x.toDoubleArray(), out = new Dropout(p, mode).forward(x).toDoubleArray();
                for (int i = 0; i < in.length; i++) {
                    if (Double.doubleToRawLongBits(in[i]) != Double.doubleToRawLongBits(out[i])) changed++;
                    compared++;
                }
            }
        Evidence.of("numbers compared", compared, exactly(4 * 3 * 3 * 8));
        Evidence.of("numbers changed", changed, exactly(0));
    }

    @Acceptance(topic = "dropout", clause = 3)
    @Test void theGradientHasTheMaskOfTheValue() {
        var gap = Gap.absolute();
        double p = 0.4;
        int dropped = 0;
        for (var mode : Dropout.Mode.values()) for (boolean again : new boolean[] {false, true}) {
            var dropout = new Dropout(p, mode);
            var leaf = normal(5, 40, 30, 2).requiresGrad();
            var y = again ? Autograd.checkpoint((x, rng) -> dropout.forward(x, Pass.training(rng)), leaf, Rng.of(6))
                    : dropout.forward(leaf, Pass.training(Rng.of(6)));
            double[] out = y.toDoubleArray();
            y.sum().backward();
            double alpha = 1.0507009873554805 * 1.6732632423543772,
                    factor = mode == Dropout.Mode.ALPHA ? 1 / Math.sqrt((1 - p) * (1 + p * alpha * alpha)) : 1 / (1 - p),
                    floor = mode == Dropout.Mode.ALPHA ? factor * (p * alpha - alpha) : 0;
            double[] slopes = leaf.grad().toDoubleArray();
            for (int i = 0; i < out.length; i++) {
                boolean gone = Math.abs(out[i] - floor) < 1e-12;
                if (gone) dropped++;
                gap.see(mode + (again ? " recomputed, " : ", ") + i, slopes[i], gone ? 0 : factor);
            }
        }
        Evidence.of("dropped numbers", dropped, atLeast(1000));
        Evidence.of("gradient less the mask's", gap, below(1e-14));
    }

    @Acceptance(topic = "dropout", clause = 4)
    @Test void forLeastSquaresItIsRidge() {
        double p = 0.3;
        int n = 30;
        var x = normal(7, n, 6).mul(Tensor.of(0.5, 1, 1.5, 2, 0.7, 1)).compute();
        var y = x.matmul(Tensor.of(1.0, -2, 0.5, 1, 3, -1)).add(normal(8, n)).compute();
        double worst = 0;
        int masks = 0;
        for (int trial = 0; trial < 5; trial++) {
            var w = normal(20 + trial, 6);
            double expected = 0;
            for (int bits = 0; bits < 64; bits++) {
                var keep = new boolean[6];
                for (int j = 0; j < 6; j++) keep[j] = (bits >> j & 1) == 1;
                double chance = Math.pow(1 - p, Integer.bitCount(bits)) * Math.pow(p, 6 - Integer.bitCount(bits));
                expected += chance * new Dropout(p).masked(x, Tensor.of(keep)).matmul(w).sub(y).square().sum().item();
                masks++;
            }
            double price = w.square().mul(x.square().sum(0)).sum().item() * p / (1 - p);
            worst = Math.max(worst, Math.abs(expected - y.sub(x.matmul(w)).square().sum().item() - price));
        }
        Evidence.of("masks", masks, exactly(5 * 64));
        Evidence.of("expected loss from least squares plus its price", worst, below(1e-10));

        var gram = x.transpose().matmul(x);
        var ridge = Linalg
                .solve(gram.add(Tensor.eye(DType.F64, 6).mul(x.square().sum(0)).mul(p / (1 - p))), x.transpose().matmul(y).unsqueeze(1))
                .flatten();
        var ordinary = Linalg.solve(gram, x.transpose().matmul(y).unsqueeze(1)).flatten();
        var w = Tensor.zeros(DType.F64, 6).requiresGrad();
        var sgd = new Sgd(0.02).over(w);
        var rng = Rng.of(9);
        var dropout = new Dropout(p);
        // Many masks a step, and the mean of the second half of the path: what is left is the fixed point.
        Tensor many = Tensor.concat(0, java.util.Collections.nCopies(40, x).toArray(Tensor[]::new)).compute(),
                targets = Tensor.concat(0, java.util.Collections.nCopies(40, y).toArray(Tensor[]::new)).compute();
        var mean = new double[6];
        int steps = 3000;
        for (int step = 0; step < steps; step++) {
            sgd.zeroGrad();
            dropout.forward(many, Pass.training(rng)).matmul(w).sub(targets).square().mean().backward();
            sgd.step();
            if (step >= steps / 2) for (int j = 0; j < 6; j++) mean[j] += w.item(j) / (steps - steps / 2);
        }
        Evidence.of("SGD from the ridge solution, relative", Tensor.of(mean).sub(ridge).norm().item() / ridge.norm().item(), below(0.01));
        Evidence.of("least squares without dropout is away by", ordinary.sub(ridge).norm().item() / ridge.norm().item(), atLeast(0.1));
    }

    @Acceptance(topic = "dropout", clause = 5)
    @Tag("heavy")
    @Test void onFiveHundredDigitsAWideNetworkGains() {
        double gain = 0;
        for (int seed = 0; seed < 5; seed++) {
            // The digits as they are, 0 to 16. Scaled to 1 the network without it reads 97.1% and gains only 0.1 points.
            var all = Datasets.digits().to(DType.F32).shuffled(Rng.of(50 + seed));
            var accuracy = new double[2];
            for (int with = 0; with < 2; with++) {
                var network = new Mlp(MlpConfig.classifier(64, 10, 512, 512).withDropout(0.5 * with), Rng.of(seed));
                accuracy[with] = BatchNormTest.trained(network, new Adam(0.001), 100, 50, seed, all.range(0, 500),
                        all.range(500, all.size()));
            }
            gain += (accuracy[1] - accuracy[0]) / 5;
        }
        Evidence.of("points of accuracy gained, mean of 5 seeds", 100 * gain, atLeast(0.3));
    }

    @Test void samplesDifferAndOneSeedGivesThemAgain() {
        var network = new Sequential(new Linear(4, 50, Rng.of(1)), Activation.RELU, new Dropout(0.5), new Linear(50, 2, Rng.of(2)));
        var x = Tensor.randn(Rng.of(3), 3, 4).compute();
        var draws = Dropout.sample(network, x, 400, Rng.of(4));
        assertThat(draws.shape().toArray()).containsExactly(400, 3, 2);
        assertThat(draws.isTracked()).isFalse();
        assertThat(draws.mean(0).sub(network.forward(x)).abs().max().item()).isLessThan(0.05);
        assertThat(draws.std(0, false).min().item()).isGreaterThan(0.01);
        assertThat(Dropout.sample(network, x, 400, Rng.of(4)).toDoubleArray()).containsExactly(draws.toDoubleArray());
        assertThatThrownBy(() -> Dropout.sample(network, x, 0, Rng.of(4))).hasMessageContaining("0 samples");
    }

    @Test void modesNeedTheirAxes() {
        var pass = Pass.training(Rng.of(1));
        assertThatThrownBy(() -> new Dropout(0.5, Dropout.Mode.CHANNEL).forward(Tensor.ones(3), pass)).hasMessageContaining("(3,)");
        assertThatThrownBy(() -> new Dropout(0.5, Dropout.Mode.PATH).forward(Tensor.scalar(1.0), pass))
                .hasMessageContaining("a batch on axis 0");
        assertThatThrownBy(() -> new Dropout(Double.NaN, Dropout.Mode.PATH)).hasMessageContaining("p is NaN");
        assertThatThrownBy(() -> new Dropout(0.5, null)).hasMessageContaining("mode");
    }
}
