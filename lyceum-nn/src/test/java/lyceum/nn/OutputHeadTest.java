package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class OutputHeadTest {

    @Acceptance(topic = "output-layer", clause = 1)
    @Test void ofEveryCanonicalPairTheGradientIsPredictionLessTarget() {
        int pairs = 0;
        for (var kind : List.of(OutputKind.numbers(1), OutputKind.numbers(3), OutputKind.labels(1), OutputKind.labels(4),
                OutputKind.classes(2), OutputKind.classes(7), OutputKind.counts(1), OutputKind.counts(2))) {
            var gap = Gap.absolute();
            for (int draw = 0; draw < 20; draw++) {
                var rng = Rng.of(draw);
                int n = 1 + rng.nextInt(30), k = kind.scores();
                var z = Tensor.randn(rng, DType.F64, n, k).mul(3).compute().requiresGrad();
                double[][] scores = z.detach().toRows(), y = new double[n][k];
                var classes = new long[n];
                for (int i = 0; i < n; i++) {
                    classes[i] = rng.nextInt(k);
                    for (int j = 0; j < k; j++) y[i][j] = switch (kind) {
                        case OutputKind.Numbers m -> rng.nextGaussian();
                        case OutputKind.Labels m -> rng.nextInt(2);
                        case OutputKind.Counts m -> rng.nextInt(9);
                        default -> j == classes[i] ? 1 : 0;
                    };
                }
                kind.loss(z, kind instanceof OutputKind.Classes ? Tensor.of(classes) : Tensor.of(y)).backward();
                double[][] slope = z.grad().toRows(), said = kind.prediction(z.detach()).toRows();
                for (int i = 0; i < n; i++) {
                    double sum = 0;
                    for (double s : scores[i]) sum += Math.exp(s);
                    for (int j = 0; j < k; j++) {
                        double s = scores[i][j], p = switch (kind) {
                            case OutputKind.Numbers m -> s;
                            case OutputKind.Labels m -> 1 / (1 + Math.exp(-s));
                            case OutputKind.Counts m -> Math.exp(s);
                            default -> Math.exp(s) / sum;
                        };
                        gap.see("prediction", said[i][j], p);
                        gap.see("slope", slope[i][j], (p - y[i][j]) / n);
                    }
                }
            }
            Evidence.of(kind + ": largest gap", gap, atMost(1e-6));
            pairs++;
        }
        Evidence.of("heads of canonical pairs", pairs, exactly(8));
    }

    private static OutputHead silent(OutputKind kind, int width, Tensor targets) {
        return new OutputHead(kind, width, Init.zeros(), DType.F64, Rng.of(1)).beginAt(targets);
    }

    @Acceptance(topic = "output-layer", clause = 2)
    @Test void withBaseRatesTheFirstLossIsTheEntropyOfTheTargets() {
        double sigmoid = 0, softmax = 0, squares = 0;
        for (int draw = 0; draw < 10; draw++) {
            var rng = Rng.of(draw);
            int n = 100 + rng.nextInt(200), k = 2 + rng.nextInt(6);
            var x = Tensor.randn(rng, DType.F64, n, 5).compute();
            var classes = new long[n];
            double[][] labels = new double[n][3], numbers = new double[n][2];
            double[] rates = new double[3], counts = new double[k], means = new double[2];
            for (int i = 0; i < n; i++) {
                classes[i] = i < k ? i : (long) (k * rng.nextDouble() * rng.nextDouble());
                counts[(int) classes[i]]++;
                for (int j = 0; j < 3; j++) {
                    labels[i][j] = i == 0 || i > 1 && rng.nextDouble() < 0.1 + 0.3 * j ? 1 : 0;
                    rates[j] += labels[i][j] / n;
                }
                for (int j = 0; j < 2; j++) {
                    numbers[i][j] = 3 + 2 * rng.nextGaussian();
                    means[j] += numbers[i][j] / n;
                }
            }
            double entropy = 0, binary = 0, variance = 0;
            for (double c : counts) entropy -= c / n * Math.log(c / n);
            for (double r : rates) binary -= r * Math.log(r) + (1 - r) * Math.log(1 - r);
            for (var row : numbers) for (int j = 0; j < 2; j++) variance += Math.pow(row[j] - means[j], 2) / n;
            softmax = Math.max(softmax, Math.abs(first(OutputKind.classesOf(Tensor.of(classes)), x, Tensor.of(classes)) - entropy));
            sigmoid = Math.max(sigmoid, Math.abs(first(OutputKind.labelsOf(Tensor.of(labels)), x, Tensor.of(labels)) - binary));
            squares = Math.max(squares, Math.abs(first(OutputKind.numbersOf(Tensor.of(numbers)), x, Tensor.of(numbers)) - variance / 2));
        }
        Evidence.of("softmax: first loss less the entropy of the targets", softmax, atMost(1e-6));
        Evidence.of("sigmoids: less the sum of their entropies", sigmoid, atMost(1e-6));
        Evidence.of("numbers: less half the variance", squares, atMost(1e-6));
    }

    private static double first(OutputKind kind, Tensor x, Tensor targets) {
        var head = silent(kind, 5, targets);
        return kind.loss(head.forward(x), targets).item();
    }

    @Acceptance(topic = "output-layer", clause = 3)
    @Test void ordinalProbabilitiesAreProbabilitiesAndQuantilesNeverCross() {
        double least = 1, sum = 0, step = Double.POSITIVE_INFINITY;
        var gap = Gap.absolute();
        int inputs = 0;
        for (int draw = 0; draw < 10; draw++) {
            var rng = Rng.of(draw);
            int k = 2 + rng.nextInt(8);
            // Weights and thresholds far from where they begin: drawn, as a training gone astray would leave them.
            var ordinal = new OutputHead(OutputKind.ordinal(k), 6, Init.normal(2), DType.F64, rng);
            ordinal.load(
                    Map.of("linear.weight", Tensor.randn(rng, DType.F64, 1, 6).mul(2), "cuts", Tensor.randn(rng, DType.F64, k - 1).mul(3)));
            var quantiles = new OutputHead(OutputKind.quantiles(0.05, 0.25, 0.5, 0.75, 0.95), 6, Init.normal(4), DType.F64, rng);
            var x = Tensor.randn(rng, DType.F64, 1000, 6).mul(2).compute();
            inputs += 1000;
            double[][] z = ordinal.forward(x).detach().toRows();
            double[][] p = ordinal.kind().prediction(Tensor.of(z)).toRows();
            for (int i = 0; i < 1000; i++) {
                double total = 0, before = 0;
                for (int j = 0; j < k; j++) {
                    double up = j == k - 1 ? 1 : 1 / (1 + Math.exp(-z[i][j]));
                    gap.see("difference of sigmoids", p[i][j], up - before);
                    before = up;
                    least = Math.min(least, p[i][j]);
                    total += p[i][j];
                }
                sum = Math.max(sum, Math.abs(total - 1));
            }
            for (var q : quantiles.kind().prediction(quantiles.forward(x).detach()).toRows())
                for (int j = 1; j < 5; j++) step = Math.min(step, q[j] - q[j - 1]);
        }
        Evidence.of("inputs of each", inputs, atLeast(1000));
        Evidence.of("least probability", least, atLeast(0));
        Evidence.of("largest |sum of probabilities - 1|", sum, atMost(1e-12));
        Evidence.of("largest gap from differences of sigmoids", gap, atMost(1e-12));
        Evidence.of("least step from a quantile to the next", step, atLeast(0));
    }

    @Acceptance(topic = "output-layer", clause = 4)
    @Test void squaredErrorOnOneHotLabelsGivesWorseProbabilitiesThanSoftmax() {
        int worse = 0;
        double closest = Double.POSITIVE_INFINITY, poorest = 0;
        for (int seed = 0; seed < 5; seed++) {
            var parts = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16), Rng.of(seed), 0.7, 0.3);
            Dataset train = parts.get(0), test = parts.get(1);
            var oneHot = Dataset.of(train.x(), train.y().oneHot(DType.F32, 10));
            var softmax = trained(OutputKind.classes(10), train, seed);
            var swapped = trained(OutputKind.numbers(10), oneHot, seed);
            double good = logLoss(OutputKind.classes(10).prediction(softmax.forward(test.x())).detach().toRows(), test.y(), false);
            double bad = logLoss(swapped.forward(test.x()).detach().toRows(), test.y(), true);
            if (bad > good) worse++;
            closest = Math.min(closest, bad - good);
            poorest = Math.max(poorest, good);
        }
        Evidence.of("seeds in which the swapped head is worse, of 5", worse, exactly(5));
        Evidence.of("least difference in nats", closest, above(0));
        assertThat(poorest).as("softmax has learned").isLessThan(0.3);
    }

    private static Sequential trained(OutputKind kind, Dataset data, int seed) {
        var rng = Rng.of(100 + seed);
        var net = new Sequential(new Linear(64, 48, true, DType.F32, Init.heUniform(), rng), Activation.RELU,
                new OutputHead(kind, 48, rng));
        new Trainer(new Adam(0.003), 20).withBatchSize(64).fit(net, kind, data, Rng.of(200 + seed));
        return net;
    }

    private static double logLoss(double[][] p, Tensor y, boolean repaired) {
        double loss = 0;
        for (int i = 0; i < p.length; i++) {
            double sum = 0;
            for (int j = 0; j < 10; j++) {
                if (repaired) p[i][j] = Math.clamp(p[i][j], 1e-6, 1);
                sum += p[i][j];
            }
            loss -= Math.log(p[i][(int) y.itemLong(i)] / sum) / p.length;
        }
        return loss;
    }

    @Test void otherHeadsBeginAtTheWholeAndSayWhatTheirLossLearns() {
        var rng = Rng.of(4);
        var y = Tensor.randn(rng, DType.F64, 2000).mul(2).add(5).compute();
        var x = Tensor.randn(rng, DType.F64, 2000, 3).compute();
        var spread = silent(OutputKind.meanVariance(), 3, y);
        double[] said = spread.kind().prediction(spread.forward(x)).select(0, 0).toDoubleArray();
        assertThat(said[0]).isCloseTo(y.mean().item(), within(1e-9));
        assertThat(said[1]).isCloseTo(y.var(new int[] {0}, 0, false).item(), within(1e-6));
        var kind = OutputKind.quantiles(0.1, 0.5, 0.9);
        double[] sorted = Arrays.stream(y.toDoubleArray()).sorted().toArray(),
                q = kind.prediction(silent(kind, 3, y).forward(x)).select(0, 7).toDoubleArray();
        assertThat(q[0]).isCloseTo(sorted[200], within(0.02));
        assertThat(q[2]).isCloseTo(sorted[1799], within(0.02));
        var mixture = OutputKind.mixture(2);
        double[] m = mixture.prediction(silent(mixture, 3, y).forward(x)).select(0, 0).toDoubleArray();
        assertThat(m[0] + m[1]).isCloseTo(1, within(1e-12));
        assertThat(m[2]).isLessThan(m[4]);
        assertThat(mixture.decision(silent(mixture, 3, y).forward(x)).item(0)).isCloseTo((m[2] + m[4]) / 2, within(1e-9));
        var levels = Tensor.of(0L, 1, 1, 2, 2, 2, 2, 3);
        double[] p = OutputKind.ordinal(4).prediction(silent(OutputKind.ordinalOf(levels), 3, levels).forward(x)).select(0, 0)
                .toDoubleArray();
        assertThat(p).usingComparatorWithPrecision(1e-9).containsExactly(1 / 8.0, 2 / 8.0, 4 / 8.0, 1 / 8.0);
        assertThat(OutputKind.ordinal(4).decision(Tensor.of(new double[] {-2, -1, 3}, 1, 3)).itemLong(0)).isEqualTo(2);
    }

    @Test void pinballIsLeastAtTheQuantilesAndCountsAtTheMean() {
        var y = Tensor.arange(0.0, 101, 1);
        var kind = OutputKind.quantiles(0.25, 0.75);
        var best = Tensor.of(kind.baseRates(y));
        double least = kind.loss(best.unsqueeze(0).expand(101, 2), y).item();
        for (double d : new double[] {-3, 3}) for (int j = 0; j < 2; j++) {
            double[] moved = best.toDoubleArray();
            moved[j] += d;
            assertThat(kind.loss(Tensor.of(moved).unsqueeze(0).expand(101, 2), y).item()).isGreaterThan(least);
        }
        var counts = OutputKind.counts(1);
        assertThat(counts.baseRates(Tensor.of(1.0, 2, 6))[0]).isCloseTo(Math.log(3), within(1e-12));
        assertThat(counts.decision(Tensor.of(new double[] {Math.log(3.7)}, 1, 1)).item()).isEqualTo(3);
    }

    @Test void refusals() {
        assertThatThrownBy(() -> OutputKind.quantiles(0.5, 0.2)).hasMessageContaining("they rise");
        assertThatThrownBy(() -> OutputKind.ordinal(1)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> OutputKind.numbers(2).loss(Tensor.zeros(4, 2), Tensor.zeros(4))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> OutputKind.classes(3).baseRates(Tensor.of(0L, 3))).hasMessageContaining("target 3");
    }
}
