package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TransferLearningTest {

    @Acceptance(topic = "transfer-learning", clause = 1)
    @Test void scoresEqualNumPyAndTheMaximumOfTheEvidence() {
        var cases = Golden.load("golden/transfer-learning.json").cases("scores");
        double leep = 0, h = 0, logMe = 0;
        for (var c : cases) {
            int[] y = c.ints("input.y");
            int classes = (int) c.number("input.classes");
            var labels = Tensor.of(y).to(DType.I64);
            Tensor features = Tensor.of(c.matrix("input.features")), theta = Tensor.of(c.matrix("input.theta"));
            leep = Math.max(leep, Math.abs(Transferability.leep(theta, labels, classes) - c.number("expected.leep")));
            h = Math.max(h, Math.abs(Transferability.hScore(features, labels, classes) - c.number("expected.hScore")));
            logMe = Math.max(logMe, Math.abs(Transferability.logMe(features, labels, classes) - c.number("expected.logMe")));
        }
        Evidence.of("cases", cases.size(), exactly(5));
        Evidence.of("gap of LEEP", leep, below(1e-8));
        Evidence.of("gap of H-scores", h, below(1e-8));
        Evidence.of("gap of LogME from the maximised marginal likelihood", logMe, below(1e-6));
    }

    private static Dataset labelled(Dataset data, int from, int count, IntUnaryOperator label, int classes) {
        var part = data.range(from, from + count);
        var y = Arrays.stream(part.labels()).map(label).asLongStream().toArray();
        return new Dataset(part.x().to(DType.F32).div(16).compute(), Tensor.of(y), List.of(),
                new ArrayList<>(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")).subList(0, classes), "digits");
    }

    private static Sequential network(int inputs, int features, int classes, Rng rng) {
        return new Sequential(new Linear(inputs, 48, rng), Activation.TANH, new Linear(48, features, rng), Activation.TANH,
                new Linear(features, classes, rng));
    }

    private static TransferLearning transfer(int inputsEpochs) {
        return new TransferLearning(new Trainer(new Adam(0.03), 60), new Trainer(new Adam(5e-3), inputsEpochs), 5);
    }

    @Acceptance(topic = "transfer-learning", clause = 2)
    @Test void evidenceRanksSixSources() {
        var digits = Datasets.digits();
        var noise = Rng.of(5);
        List<IntUnaryOperator> tasks = List.of(d -> d, d -> d % 5, d -> d % 2, d -> d == 0 ? 1 : 0, d -> noise.nextInt(10), d -> d % 3);
        int[] classes = {10, 5, 2, 2, 10, 3};
        Dataset few = labelled(digits, 900, 200, d -> d, 10), test = labelled(digits, 1100, 697, d -> d, 10);
        double[] evidence = new double[6], accuracy = new double[6];
        for (int t = 0; t < 6; t++) {
            var source = network(64, 16, classes[t], Rng.of(10 + t));
            new Trainer(new Adam(5e-3), 15).fit(source, Loss::crossEntropy, labelled(digits, 0, 900, tasks.get(t), classes[t]), Rng.of(20));
            evidence[t] = Transferability.logMe(TransferLearning.features(source, 4, few.x()), few.y(), 10);
            accuracy[t] = TransferLearning.accuracy(transfer(1).fit(source, 4, few, Rng.of(30)), test);
        }
        Evidence.of("Spearman's correlation of LogME and accuracy over six sources", Correlation.spearman(evidence, accuracy).statistic(),
                atLeast(0.7));
        assertThat(Arrays.stream(accuracy).max().getAsDouble() - Arrays.stream(accuracy).min().getAsDouble()).isGreaterThan(0.1);
    }

    private static Dataset fashion(Dataset from, int[] rows, boolean target, long seed) {
        var x = from.flat().x().rows(rows).to(DType.F32).div(255);
        if (target) x = x.mul(0.5).add(Tensor.randn(Rng.of(seed), DType.F32, rows.length, 784).mul(0.1));
        return new Dataset(x.compute(), from.y().rows(rows), List.of(), from.classNames(), "Fashion-MNIST");
    }

    private static Sequential wide(Rng rng) {
        return new Sequential(new Linear(784, 256, rng), Activation.RELU, new Linear(256, 64, rng), Activation.RELU,
                new Linear(64, 10, rng));
    }

    @Tag("slow")
    @Acceptance(topic = "transfer-learning", clause = 3)
    @Test void sourceFeaturesBeatScratchAndThoseOfRandomLabelsDoNot() {
        var data = Datasets.fashionMnist();
        var first = new int[10_000];
        Arrays.setAll(first, i -> i);
        var images = fashion(data.train(), first, false, 0);
        var random = new Dataset(images.x(), Tensor.randint(Rng.of(3), 0, 10, 10_000).compute(), List.of(), images.classNames(),
                "random labels");
        Sequential good = wide(Rng.of(1)), useless = wide(Rng.of(1));
        var pretraining = new Trainer(new Adam(1e-3), 6).withBatchSize(64);
        pretraining.fit(good, Loss::crossEntropy, images, Rng.of(2));
        pretraining.fit(useless, Loss::crossEntropy, random, Rng.of(2));
        double gain = 0, other = 0;
        for (int seed = 0; seed < 5; seed++) {
            int[] order = Rng.of(40 + seed).permutation(10_000), labels = data.test().labels(), seen = new int[10], few = new int[200],
                    rest = new int[5000];
            int n = 0, m = 0;
            for (int row : order) {
                if (seen[labels[row]]++ < 20) few[n++] = row;
                else if (m < 5000) rest[m++] = row;
            }
            assertThat(n).isEqualTo(200);
            Dataset train = fashion(data.test(), few, true, 50 + seed), test = fashion(data.test(), rest, true, 60 + seed);
            var scratch = wide(Rng.of(70 + seed));
            new Trainer(new Adam(1e-3), 30).fit(scratch, Loss::crossEntropy, train, Rng.of(80 + seed));
            double afresh = TransferLearning.accuracy(scratch, test);
            gain += (TransferLearning.accuracy(transfer(1).fit(good, 4, train, Rng.of(90 + seed)), test) - afresh) / 5;
            other += (TransferLearning.accuracy(transfer(1).fit(useless, 4, train, Rng.of(90 + seed)), test) - afresh) / 5;
        }
        Evidence.of("accuracy of a head on the source's features less scratch, mean of 5 seeds", gain, atLeast(0.03));
        Evidence.of("the same, for a source of random labels", other, below(0.03));
    }

    /** Two halves of ten inputs; the target hangs on the first, and so do the labels of a good source; a bad source saw it blank and learned from the second. */
    private static Dataset halves(Rng rng, int rows, boolean second, boolean blank) {
        var x = Tensor.randn(rng, DType.F32, rows, 20).compute();
        double[] v = x.toDoubleArray();
        var y = new long[rows];
        for (int i = 0; i < rows; i++) {
            int at = i * 20 + (second ? 10 : 0);
            y[i] = v[at] * v[at + 1] + v[at + 2] + 0.5 * v[at + 3] > 0 ? 1 : 0;
        }
        if (blank) x = Tensor.concat(1, Tensor.zeros(rows, 10), x.narrow(1, 10, 10)).compute();
        return new Dataset(x, Tensor.of(y), List.of(), List.of("no", "yes"), "halves");
    }

    @Acceptance(topic = "transfer-learning", clause = 4)
    @Test void aBlankedSourceIsFlaggedAndAGoodOneIsNot() {
        long flagged = 0, accused = 0, agree = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(100 + seed);
            var pretraining = new Trainer(new AdamW(5e-3), 8).withBatchSize(50);
            Sequential good = network(20, 8, 2, rng.split(1)), bad = network(20, 8, 2, rng.split(2));
            pretraining.fit(good, Loss::crossEntropy, halves(rng.split(3), 3000, false, false), rng.split(4));
            pretraining.fit(bad, Loss::crossEntropy, halves(rng.split(5), 3000, true, true), rng.split(6));
            Dataset few = halves(rng.split(7), 150, false, false), test = halves(rng.split(8), 1000, false, false);
            var learner = transfer(15);
            var fresh = network(20, 8, 2, rng.split(9));
            learner.scratch().fit(fresh, Loss::crossEntropy, few, rng.split(10));
            double afresh = TransferLearning.accuracy(fresh, test);
            for (var source : List.of(good, bad)) {
                boolean negative = learner.check(source, 4, r -> network(20, 8, 2, r), few, rng.split(11)).isNegative();
                if (negative && source == bad) flagged++;
                if (negative && source == good) accused++;
                double truth = TransferLearning.accuracy(learner.fit(source, 4, few, rng.split(12)), test) - afresh;
                if (negative == truth < 0) agree++;
            }
        }
        Evidence.of("seeds in which the blanked source is flagged", flagged, exactly(5));
        Evidence.of("seeds in which the good source is", accused, exactly(0));
        Evidence.of("verdicts that agree with 1,000 held-out examples", agree, exactly(10));
    }

    @Test void theBestCutComesFirstAndTheSourceIsLeftAlone() {
        var digits = Datasets.digits();
        var source = network(64, 16, 10, Rng.of(1));
        var few = labelled(digits, 0, 200, d -> d, 10);
        var before = source.state().get("0.weight").toDoubleArray();
        var cuts = transfer(1).cuts(source, few);
        assertThat(cuts).hasSize(4);
        for (int i = 1; i < 4; i++) assertThat(cuts.get(i).logMe()).isLessThanOrEqualTo(cuts.get(i - 1).logMe());
        transfer(1).fit(source, 2, few, Rng.of(2));
        assertThat(source.state().get("0.weight").toDoubleArray()).isEqualTo(before);
        assertThatThrownBy(() -> TransferLearning.features(source, 9, few.x())).hasMessageContaining("9 layers of 5");
        assertThatThrownBy(() -> Transferability.leep(Tensor.ones(2, 2), Tensor.of(0, 5), 3)).hasMessageContaining("label 5 at 1");
        assertThatThrownBy(() -> Transferability.hScore(Tensor.ones(2, 2), Tensor.of(0), 3))
                .hasMessageContaining("they are (n, ..) and (n)");
        assertThatThrownBy(() -> transfer(1).withFolds(1)).hasMessageContaining("folds is 1");
        assertThat(Autograd
                .noGrad(() -> Transferability.logMe(Tensor.randn(Rng.of(1), DType.F64, 30, 4), Tensor.randn(Rng.of(2), DType.F64, 30))))
                .isBetween(-2.5, -1.0);
    }
}
