package lyceum.learn.linear;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.Rbf;
import lyceum.learn.linear.Perceptron.Multiclass;
import lyceum.learn.linear.Perceptron.Variant;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PerceptronTest {
    private static final String TOPIC = "perceptron";
    private static final Golden GOLDEN = Golden.load("golden/perceptron.json");
    private static final Tensor XOR = Tensor.of(new double[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
    private static final Tensor XOR_LABELS = Tensor.of(new long[] {0, 1, 1, 0});

    @TestFactory Stream<DynamicTest> contract() {
        var base = new Perceptron();
        return Stream.of(base, base.withVariant(Variant.AVERAGED).withShuffle(false), base.withVariant(Variant.VOTED),
                base.withVariant(Variant.POCKET), base.withMulticlass(Multiclass.JOINT).withMargin(1), base.withKernel(Rbf.ofGamma(0.3)),
                base.withPenalty(1e-3, 0.5).withMulticlass(Multiclass.JOINT).withVariant(Variant.AVERAGED))
                .flatMap(p -> LearnerContract.of(p).tests());
    }

    private static Dataset data(String name) {
        return switch (name) {
            case "iris setosa against versicolor" -> Datasets.iris().onlyClasses(0, 1);
            case "iris versicolor against virginica" -> Datasets.iris().onlyClasses(1, 2);
            case "iris three classes" -> Datasets.iris();
            case "noisy" -> {
                var r = new Recipe(17700);
                double[][] x = r.matrix(60, 4);
                double[] noise = r.bells(60);
                var y = new long[60];
                for (int i = 0; i < 60; i++) y[i] = x[i][0] - x[i][1] + 0.5 * noise[i] > 0 ? 1 : 0;
                yield Dataset.of(Tensor.of(x), Tensor.of(y));
            }
            default -> throw new AssertionError(name);
        };
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void weightsEqualScikitLearnAfterEachPass() {
        var worst = Gap.absolute();
        int compared = 0;
        for (var c : GOLDEN.list("cases")) {
            if (c.text("name").startsWith("digits")) continue;
            var data = data(c.text("input.data"));
            boolean penalised = c.has("input.penalty") && !c.at("input.penalty").toString().endsWith("null");
            double ratio = !penalised ? 0 : switch (c.text("input.penalty")) {
                case "l1" -> 1;
                case "l2" -> 0;
                default -> c.number("input.l1Ratio");
            };
            var learner = new Perceptron().withShuffle(false).withLearningRate(c.number("input.eta0"))
                    .withIntercept(c.flag("input.intercept")).withPenalty(penalised ? c.number("input.alpha") : 0, ratio);
            for (int pass = 1; pass <= 10; pass++) {
                var model = learner.withPasses(pass).fit(data.x(), data.y());
                worst.see(c, "expected.coefAfterPass." + (pass - 1), model.coefficients().toDoubleArray());
                worst.see(c, "expected.interceptAfterPass." + (pass - 1), model.intercept().reshape(-1).toDoubleArray());
                compared++;
            }
        }
        Evidence.of("passes", compared, exactly(120));
        var digits = Datasets.digits().flat();
        for (int passes : new int[] {1, 10}) {
            var e = GOLDEN.named("digits pass " + passes).at("expected");
            var model = new Perceptron().withShuffle(false).withPasses(passes).fit(digits.x(), digits.y());
            worst.see(e, "coef", model.coefficients().toDoubleArray());
            worst.see(e, "intercept", model.intercept().toDoubleArray());
            assertThat(model.score(digits.x(), digits.y())).isCloseTo(e.number("accuracy"), within(1e-12));
        }
        Evidence.of("largest gap to scikit-learn", worst, below(1e-10));
    }

    /** Rows that a random plane separates with some room. */
    private static Dataset separable(int seed) {
        var rng = Rng.of(seed);
        int n = 20 + rng.nextInt(50), p = 1 + rng.nextInt(5);
        var normal = new double[p + 1];
        for (int j = 0; j < p; j++) normal[j] = rng.nextGaussian();
        // The plane passes within one unit of the middle, so that rows on both sides are easily drawn.
        normal[p] = Math.sqrt(Arrays.stream(normal).map(v -> v * v).sum()) * (2 * rng.nextDouble() - 1);
        double length = Math.sqrt(Arrays.stream(normal).map(v -> v * v).sum());
        var x = new double[n][p];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            double side;
            do {
                side = normal[p];
                for (int j = 0; j < p; j++) {
                    x[i][j] = 2 * rng.nextGaussian();
                    side += normal[j] * x[i][j];
                }
            } while (Math.abs(side) < 0.2 * length || i < 2 && side > 0 == (i == 0));
            y[i] = side > 0 ? 1 : 0;
        }
        return Dataset.of(Tensor.of(x), Tensor.of(y));
    }

    /** Lower and upper bound of the largest margin of the rows (x, 1) about the origin: the hard-margin support vector machine by dual coordinate ascent. */
    private static double[] margin(Dataset data) {
        double[][] x = data.x().toRows();
        int n = x.length, p = x[0].length;
        double[] w = new double[p + 1], alpha = new double[n];
        int[] labels = data.labels();
        double sum = 0;
        for (int sweep = 0; sweep < 200_000; sweep++) {
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                double y = labels[i] == 1 ? 1 : -1, score = w[p], square = 1;
                for (int j = 0; j < p; j++) {
                    score += w[j] * x[i][j];
                    square += x[i][j] * x[i][j];
                }
                double next = Math.max(0, alpha[i] + (1 - y * score) / square), step = y * (next - alpha[i]);
                sum += next - alpha[i];
                alpha[i] = next;
                for (int j = 0; j < p; j++) w[j] += step * x[i][j];
                w[p] += step;
            }
            if (sweep % 20 != 0) continue;
            double square = 0;
            for (double v : w) square += v * v;
            for (int i = 0; i < n; i++) {
                double score = w[p];
                for (int j = 0; j < p; j++) score += w[j] * x[i][j];
                least = Math.min(least, labels[i] == 1 ? score : -score);
            }
            // min |w|^2 / 2 is at least the dual value, so the margin 1 / |w| is at most this.
            double lower = least / Math.sqrt(square), upper = 1 / Math.sqrt(2 * (sum - square / 2));
            if (lower > upper * (1 - 1e-6)) return new double[] {lower, upper};
        }
        throw new AssertionError("the margin has not converged");
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void mistakesStayBelowNovikoffsBound() {
        double tightest = 0;
        for (int seed = 0; seed < 500; seed++) {
            var data = separable(seed);
            double radius = Math.sqrt(data.x().square().sum(1).add(1).max().item());
            double[] gamma = margin(data);
            var model = new Perceptron().withPasses(100_000).withSeed(seed).withShuffle(seed % 2 == 0).fit(data.x(), data.y());
            assertThat(model.mistakes().hasCleanPass()).isTrue();
            assertThat(model.score(data.x(), data.y())).isEqualTo(1);
            double bound = Math.pow(radius / gamma[0], 2);
            assertThat((double) model.mistakes().total()).as("seed %d", seed).isLessThanOrEqualTo(bound);
            tightest = Math.max(tightest, model.mistakes().total() / bound);
        }
        Evidence.of("largest mistakes / bound", tightest, atMost(1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void xorNeverHasACleanPassAndThePocketKeepsThreeOfFour() {
        var model = new Perceptron().withPasses(10_000).fit(XOR, XOR_LABELS);
        int[] perPass = model.mistakes().perPass();
        assertThat(perPass).hasSize(10_000).doesNotContain(0);
        for (int seed = 0; seed < 20; seed++) {
            var pocket = new Perceptron().withPasses(10_000).withSeed(seed).withVariant(Variant.POCKET).fit(XOR, XOR_LABELS);
            assertThat(pocket.mistakes().hasCleanPass()).isFalse();
            Evidence.of("pocket", pocket.score(XOR, XOR_LABELS), exactly(0.75));
        }
        int behind = 0;
        for (int seed = 0; seed < 20; seed++) {
            var train = noisy(seed, 60);
            var learner = new Perceptron().withPasses(5).withSeed(seed);
            double last = learner.fit(train.x(), train.y()).score(train.x(), train.y());
            if (learner.withVariant(Variant.POCKET).fit(train.x(), train.y()).score(train.x(), train.y()) < last) behind++;
        }
        Evidence.of("of 20 noisy sets, those on which the pocket has fewer training rows right than the last vector", behind, exactly(0));
        // In this fixed order training returns to 0 after four updates, and none of the vectors on the way has three right.
        assertThat(
                new Perceptron().withPasses(100).withShuffle(false).withVariant(Variant.POCKET).fit(XOR, XOR_LABELS).score(XOR, XOR_LABELS))
                .isEqualTo(0.5);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theDualWithALinearKernelMakesTheSameMistakes() {
        var gap = Gap.absolute();
        int mistakes = 0;
        for (int seed = 0; seed < 20; seed++) {
            // Values on a grid, so that both sums are exact and no tie is decided by rounding.
            var data = separable(seed);
            var x = data.x().mul(64).round().div(64);
            var learner = new Perceptron().withPasses(50).withSeed(seed).withShuffle(seed % 2 == 0);
            PerceptronModel primal = learner.fit(x, data.y()), dual = learner.withKernel(new LinearKernel()).fit(x, data.y());
            assertThat(dual.mistakes().row()).isEqualTo(primal.mistakes().row());
            assertThat(dual.mistakes().perPass()).isEqualTo(primal.mistakes().perPass());
            gap.see("seed " + seed, dual.decisionFunction(x).toDoubleArray(), primal.decisionFunction(x).toDoubleArray());
            mistakes += primal.mistakes().row().length;
        }
        var iris = Datasets.iris();
        var x = iris.x().mul(10).round();
        var learner = new Perceptron().withPasses(20);
        assertThat(learner.withKernel(new LinearKernel()).fit(x, iris.y()).mistakes().row())
                .isEqualTo(learner.fit(x, iris.y()).mistakes().row());
        Evidence.of("mistakes, the same in both", mistakes, above(0));
        Evidence.of("decision functions", gap, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void aKernelOfDegreeTwoSolvesXor() {
        double worst = 1;
        for (int seed = 0; seed < 10; seed++) {
            var model = new Perceptron().withKernel(new PolynomialKernel(2)).withSeed(seed).withPasses(1_000).fit(XOR, XOR_LABELS);
            worst = Math.min(worst, model.score(XOR, XOR_LABELS));
            assertThat(model.mistakes().hasCleanPass()).isTrue();
        }
        Evidence.of("least share right, 10 seeds", worst, exactly(1));
    }

    private static Dataset noisy(long seed, int n) {
        var rng = Rng.of(seed);
        var x = Tensor.randn(rng, DType.F64, n, 10);
        var score = x.select(1, 0).sub(x.select(1, 1)).add(x.select(1, 2).mul(0.5)).add(Tensor.randn(rng, DType.F64, n).mul(0.8));
        return Dataset.of(x, score.gt(0).to(DType.I64));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void theAveragedVectorErrsLessThanTheLastOne() {
        double last = 0, averaged = 0, voted = 0;
        for (int seed = 0; seed < 20; seed++) {
            Dataset train = noisy(seed, 200), test = noisy(1_000 + seed, 1_000);
            var learner = new Perceptron().withPasses(10).withSeed(seed);
            last += 1 - learner.fit(train.x(), train.y()).score(test.x(), test.y());
            averaged += 1 - learner.withVariant(Variant.AVERAGED).fit(train.x(), train.y()).score(test.x(), test.y());
            voted += 1 - learner.withVariant(Variant.VOTED).fit(train.x(), train.y()).score(test.x(), test.y());
        }
        Evidence.of("averaged", averaged / 20, below(last / 20));
        Evidence.of("voted", voted / 20, below(last / 20));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void theMeanVectorIsTheMeanOfTheVectorsAfterEachExample() {
        var data = noisy(3, 30);
        var sum = Tensor.zeros(DType.F64, 10);
        var online = new Perceptron().withShuffle(false).start(10, 0, 1);
        for (int i = 0; i < 30; i++) {
            online = online.partialFit(data.x().narrow(0, i, 1), data.y().narrow(0, i, 1));
            sum = sum.add(online.coefficients());
        }
        var averaged = new Perceptron().withShuffle(false).withPasses(1).withVariant(Variant.AVERAGED);
        Evidence.of("coefficients", Gap.absolute().see("coefficients", averaged.fit(data.x(), data.y()).coefficients().toDoubleArray(),
                sum.div(30).toDoubleArray()), below(1e-12));
        var stream = averaged.start(10, 0, 1).partialFit(data.x().narrow(0, 0, 11), data.y().narrow(0, 0, 11))
                .partialFit(data.x().narrow(0, 11, 19), data.y().narrow(0, 11, 19));
        Evidence.of("coefficients", Gap.absolute().see("coefficients", stream.coefficients().toDoubleArray(), sum.div(30).toDoubleArray()),
                below(1e-12));
        var voted = averaged.withVariant(Variant.VOTED).fit(data.x(), data.y());
        Evidence.of("votes", Gap.absolute().see("votes", voted.decisionFunction(data.x()).toDoubleArray(), votes(data)), below(1e-12));
        // A penalty too small to be seen takes the plain sum, and gives the same mean.
        Evidence.of(
                "coefficients", Gap.absolute().see("coefficients",
                        averaged.withPenalty(1e-14, 0).fit(data.x(), data.y()).coefficients().toDoubleArray(), sum.div(30).toDoubleArray()),
                below(1e-9));
    }

    /** Weighted rows, a rate, a margin and both penalties, row by row; the mean is of what was there after each. */
    @Acceptance(topic = TOPIC, clause = {1, 6})
    @Test void weightedAndPenalisedTrainingIsItsLoop() {
        var data = noisy(5, 40);
        double[][] x = data.x().toRows();
        double[] weights = Tensor.rand(Rng.of(5), DType.F64, 40).add(0.5).toDoubleArray();
        weights[7] = 0;
        double rate = 0.3, margin = 0.2;
        Gap last = Gap.absolute(), mean = Gap.absolute();
        for (double alpha : new double[] {0, 0.05}) {
            for (double ratio : new double[] {0, 0.4, 1}) {
                double[] w = new double[11], sum = new double[11], paid = new double[10];
                double owed = 0;
                int seen = 0;
                for (int at = 0; at < 3 * 40; at++) {
                    int i = at % 40;
                    if (weights[i] == 0) continue;
                    double y = data.labels()[i] == 1 ? 1 : -1, step = y * score(w, x[i]) <= margin ? rate * y * weights[i] : 0;
                    owed += ratio * rate * alpha;
                    for (int j = 0; j < 10; j++) {
                        double before = w[j] * (1 - (1 - ratio) * rate * alpha) + step * x[i][j];
                        w[j] = before > 0 ? Math.max(0, before - owed - paid[j]) : Math.min(0, before + owed - paid[j]);
                        paid[j] += w[j] - before;
                    }
                    w[10] += step;
                    for (int j = 0; j < 11; j++) sum[j] += w[j];
                    seen++;
                }
                for (int j = 0; j < 11; j++) sum[j] /= seen;
                var learner = new Perceptron().withShuffle(false).withLearningRate(rate).withMargin(margin).withPasses(3).withPenalty(alpha,
                        ratio);
                var averaged = learner.withVariant(Variant.AVERAGED);
                see(last, learner.fit(data.x(), data.y(), Tensor.of(weights)), w);
                see(mean, averaged.fit(data.x(), data.y(), Tensor.of(weights)), sum);
                if (alpha > 0) continue;
                double[] dual = averaged.withKernel(new LinearKernel()).fit(data.x(), data.y(), Tensor.of(weights))
                        .decisionFunction(data.x()).toDoubleArray();
                for (int i = 0; i < 40; i++) mean.see("mean of the dual", dual[i], score(sum, x[i]));
            }
        }
        Evidence.of("last vector and intercept", last, below(1e-12));
        Evidence.of("mean vector and intercept", mean, below(1e-12));
    }

    private static void see(Gap gap, PerceptronModel model, double[] w) {
        gap.see("coefficients", model.coefficients().toDoubleArray(), Arrays.copyOf(w, w.length - 1)).see("intercept",
                model.intercept().item(), w[w.length - 1]);
    }

    /** For each row the votes of all vectors of one pass, each as often as it was right in a row, over all votes. */
    private static double[] votes(Dataset data) {
        double[][] x = data.x().toRows();
        int n = x.length, p = x[0].length, survived = 0, all = 0;
        double[] w = new double[p + 1], votes = new double[n];
        for (int i = 0; i <= n; i++) {
            double y = i == n ? 0 : data.labels()[i] == 1 ? 1 : -1;
            if (i < n && y * score(w, x[i]) > 0) {
                survived++;
                continue;
            }
            for (int row = 0; row < n; row++) votes[row] += score(w, x[row]) > 0 ? survived : -survived;
            all += survived;
            survived = 0;
            if (i == n) break;
            for (int j = 0; j < p; j++) w[j] += y * x[i][j];
            w[p] += y;
        }
        for (int row = 0; row < n; row++) votes[row] /= all;
        return votes;
    }

    private static double score(double[] w, double[] row) {
        double score = w[row.length];
        for (int j = 0; j < row.length; j++) score += w[j] * row[j];
        return score;
    }

    @Test void onlineTrainingIsThePassesOfFit() {
        var data = noisy(5, 40);
        var learner = new Perceptron().withShuffle(false);
        var online = learner.start(10, 0, 1);
        for (int pass = 0; pass < 3; pass++) online = online.partialFit(data.x(), data.y());
        assertThat(online.coefficients().toDoubleArray())
                .isEqualTo(learner.withPasses(3).fit(data.x(), data.y()).coefficients().toDoubleArray());
        var model = online;
        assertThatThrownBy(() -> model.partialFit(data.x(), data.y().add(5))).hasMessageContaining("label 5");
        assertThatThrownBy(() -> new Perceptron().withVariant(Variant.POCKET).fit(data.x(), data.y()).partialFit(data.x(), data.y()))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test void jointTrainingSeparatesThreeClasses() {
        var blobs = Datasets.blobs(Rng.of(2), 90, new double[][] {{0, 0}, {5, 0}, {0, 5}}, 0.5);
        var model = new Perceptron().withMulticlass(Multiclass.JOINT).fit(blobs.x(), blobs.y());
        assertThat(model.score(blobs.x(), blobs.y())).isEqualTo(1);
        assertThat(model.coefficients().sum(0).abs().max().item()).isLessThan(1e-12);
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Perceptron().withLearningRate(0)).hasMessageContaining("learningRate is 0.0");
        assertThatThrownBy(() -> new Perceptron().withKernel(new LinearKernel()).withPenalty(1, 0)).hasMessageContaining("kernel");
        assertThatThrownBy(() -> new Perceptron().withVariant(Variant.VOTED).withMulticlass(Multiclass.JOINT))
                .hasMessageContaining("ONE_VS_REST");
        assertThatThrownBy(() -> new Perceptron().start(3, 1, 0)).hasMessageContaining("ascend");
    }
}
