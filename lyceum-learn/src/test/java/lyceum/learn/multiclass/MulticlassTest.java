package lyceum.learn.multiclass;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MulticlassTest {
    private static final String TOPIC = "multiclass-classification";
    private static final Golden GOLDEN = Golden.load("golden/multiclass-classification.json");

    @TestFactory Stream<DynamicTest> contract() {
        var bayes = NaiveBayes.gaussian();
        return Stream
                .of(new OneVsRest(bayes), new OneVsRest(new LogisticRegression()), new OneVsOne(bayes), new OutputCode(bayes, 9, 1),
                        new OutputCode(bayes, 9, 1).withHard(true), new NestedDichotomies(bayes), new OneVsRest(new Perceptron()))
                .flatMap(l -> LearnerContract.of(l).withTolerance(1e-5).tests());
    }

    private static long[] predictions(String name) {
        return Arrays.stream(GOLDEN.named(name).at("expected").doubles("predictions")).mapToLong(v -> (long) v).toArray();
    }

    private static double agreement(long[] a, Tensor b) {
        long[] other = b.toLongArray();
        int same = 0;
        for (int i = 0; i < a.length; i++) if (a[i] == other[i]) same++;
        return (double) same / a.length;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 1) void predictionsEqualScikitLearnsWrappers() {
        var data = Datasets.digits();
        Tensor x = data.x().to(DType.F64).div(16.0).compute(), seen = x.narrow(0, 0, 1_000).contiguous(),
                labels = data.y().narrow(0, 0, 1_000).contiguous(), unseen = x.narrow(0, 1_000, 797).contiguous();
        var logistic = new LogisticRegression().withC(1).withTolerance(1e-6);
        Evidence.of("one against the rest: share of 797 digits alike",
                agreement(predictions("rest"), new OneVsRest(logistic).fit(seen, labels).predict(unseen)), atLeast(0.999));
        Evidence.of("one against one", agreement(predictions("one"), new OneVsOne(logistic).fit(seen, labels).predict(unseen)),
                atLeast(0.999));
        double[][] book = GOLDEN.named("code").at("expected").matrix("code");
        var code = new boolean[book.length][book[0].length];
        for (int c = 0; c < code.length; c++) for (int b = 0; b < code[c].length; b++) code[c][b] = book[c][b] == 1;
        var coded = new OutputCode(logistic, code[0].length, 0).fit(seen, labels, null, code);
        Evidence.of("output code, their words", agreement(predictions("code"), coded.predict(unseen)), atLeast(0.999));
        assertThat(agreement(predictions("rest"), coded.predict(unseen))).isLessThan(0.98); // the three are not one and the same
        assertThat(new NestedDichotomies(logistic).fit(seen, labels).score(unseen, data.y().narrow(0, 1_000, 797))).isGreaterThan(0.8);
    }

    private record Counting(Classifier inner, AtomicInteger fits) implements Classifier {
        @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor weights) {
            fits.incrementAndGet();
            assertThat(Arrays.stream(labels.toLongArray()).distinct().count()).isLessThanOrEqualTo(2);
            return inner.fit(x, labels, weights);
        }
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void fitsAreAsManyAsTheSchemeSays() {
        int wrong = 0, checked = 0;
        for (int k = 2; k <= 10; k++) {
            var rng = Rng.of(k);
            double[][] rows = new double[12 * k][3];
            var labels = new long[12 * k];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = 3L * (i % k) - 5;
                for (int j = 0; j < 3; j++) rows[i][j] = rng.nextGaussian() + i % k;
            }
            Tensor x = Tensor.of(rows), y = Tensor.of(labels);
            int[] told = {k == 2 ? 1 : k, k * (k - 1) / 2, 7, k - 1};
            for (int scheme = 0; scheme < 4; scheme++) {
                var counter = new Counting(NaiveBayes.gaussian(), new AtomicInteger());
                Classifier learner = scheme == 0 ? new OneVsRest(counter) : scheme == 1 ? new OneVsOne(counter)
                        : scheme == 2 ? new OutputCode(counter, 7, 2) : new NestedDichotomies(counter);
                var model = learner.fit(x, y);
                if (counter.fits.get() != told[scheme]) wrong++;
                assertThat(model.classes()).hasSize(k);
                checked++;
            }
        }
        Evidence.of("schemes and numbers of classes", checked, exactly(36));
        Evidence.of("with another number of binary fits than K (one for two classes), K(K-1)/2, the code's length, K - 1", wrong,
                exactly(0));
    }

    /** A machine whose score is a column of x. */
    private record SaysItsColumn(int nFeatures, int column) implements ClassificationModel {
        @Override public long[] classes() { return new long[] {0, 1}; }

        @Override public boolean hasProbabilities() { return false; }

        @Override public Tensor predictProba(Tensor x) { throw new UnsupportedOperationException(); }

        @Override public Tensor decisionFunction(Tensor x) { return x.select(1, column); }
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void sevenPlacesApartForgiveThree() {
        boolean[][] code = null;
        for (int length = 12; code == null; length++) {
            var found = OutputCode.random(8, length, Rng.of(length));
            if (OutputCode.distance(found) == 7) code = found;
        }
        int least = code[0].length;
        for (int i = 0; i < 8; i++) for (int j = 0; j < i; j++) {
            int apart = 0;
            for (int b = 0; b < code[0].length; b++) apart += code[i][b] == code[j][b] ? 0 : 1;
            least = Math.min(least, apart);
        }
        int wrong = 0, cases = 0, four = 0;
        final int length = code[0].length;
        var words = new ArrayList<double[]>();
        var machines = IntStream.range(0, length).mapToObj(b -> (ClassificationModel) new SaysItsColumn(length, b)).toList();
        for (int c = 0; c < 8; c++) for (int a = 0; a < length; a++) for (int b = a; b < length; b++) for (int d = b; d < length; d++) {
            boolean[] word = code[c].clone();
            word[a] ^= true;
            if (b != a) word[b] ^= true;
            if (d != b) word[d] ^= true;
            cases++;
            if (OutputCode.decode(code, word) != c) wrong++;
            var scores = new double[length];
            for (int i = 0; i < length; i++) scores[i] = word[i] ? 1 : -1;
            words.add(scores);
            word[(d + 1) % length] ^= true;
            if (OutputCode.decode(code, word) != c) four++;
        }
        Evidence.of("least distance of two of the eight words, counted here", least, exactly(7));
        Evidence.of("words with up to three bits flipped", cases, atLeast(8 * 455));
        Evidence.of("decoded wrongly", wrong, exactly(0));
        // The same words from machines whose scores are 1 and -1, and by bits of whatever size.
        long[] classes = {-9, -2, 0, 1, 5, 6, 40, 77};
        Tensor said = Tensor.of(words.toArray(double[][]::new)), size = Tensor.rand(Rng.of(1), DType.F64, cases, length).mul(5).add(0.01);
        long[] soft = new OutputCode.Fitted(classes, List.of(code), machines, false).predict(said).toLongArray(),
                hard = new OutputCode.Fitted(classes, List.of(code), machines, true).predict(said.mul(size)).toLongArray();
        int misread = 0;
        for (int i = 0; i < cases; i++) for (long label : new long[] {soft[i], hard[i]}) if (label != classes[i / (cases / 8)]) misread++;
        Evidence.of("labels of a model whose machines say these words that are wrong", misread, exactly(0));
        assertThat(four).as("a fourth bit may be too many").isPositive();
        assertThat(OutputCode.distance(OutputCode.exhaustive(5))).isEqualTo(8);
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void consistentPairsGiveTheTruthBack() {
        double worst = 0, inconsistent = 0;
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(seed);
            int k = 2 + rng.nextInt(9);
            var p = new double[k];
            double sum = 0;
            for (int i = 0; i < k; i++) sum += p[i] = Math.exp((seed % 3 + 0.5) * rng.nextGaussian());
            var pairs = new double[k][k];
            for (int i = 0; i < k; i++) p[i] /= sum;
            for (int i = 0; i < k; i++) for (int j = 0; j < k; j++) pairs[i][j] = p[i] / (p[i] + p[j]);
            double[] found = OneVsOne.couple(pairs);
            for (int i = 0; i < k; i++) worst = Math.max(worst, Math.abs(found[i] - p[i]));
            // Pairs that disagree: the minimum of the sum of squares, which no vector near it undercuts.
            for (int i = 0; i < k; i++) for (int j = 0; j < i; j++) {
                pairs[i][j] = Math.clamp(pairs[i][j] + 0.1 * rng.nextGaussian(), 0.02, 0.98);
                pairs[j][i] = 1 - pairs[i][j];
            }
            double[] best = OneVsOne.couple(pairs);
            if (Arrays.stream(best).min().orElseThrow() < 1e-3) continue;
            double least = disagreement(pairs, best);
            for (int t = 0; t < 30; t++) {
                var other = best.clone();
                double total = 0;
                for (int i = 0; i < k; i++) total += other[i] *= Math.exp(0.02 * rng.nextGaussian());
                for (int i = 0; i < k; i++) other[i] /= total;
                inconsistent = Math.max(inconsistent, least - disagreement(pairs, other));
            }
        }
        Evidence.of("largest distance from the true vector, 300 of two to ten classes", worst, atMost(1e-8));
        Evidence.of("the same of a model whose pairs are asked", throughAModel(), atMost(1e-8));
        Evidence.of("pairs that disagree: what a vector nearby gains at most", inconsistent, atMost(1e-12));
        assertThat(OneVsOne.couple(new double[][] {{0, 0.75, 0.6}, {0.25, 0, 1 / 3.0}, {0.4, 2 / 3.0, 0}}))
                .containsExactly(new double[] {1 / 2.0, 1 / 6.0, 1 / 3.0}, within(1e-9));
    }

    /** Of a pair of classes, in rows that are the true probabilities. */
    private record TruePair(int nFeatures, int first, int second) implements ClassificationModel {
        @Override public long[] classes() { return new long[] {0, 1}; }

        @Override public Tensor predictProba(Tensor x) {
            Tensor a = x.select(1, first), b = x.select(1, second);
            return Tensor.stack(1, a.div(a.add(b)), b.div(a.add(b))).compute();
        }
    }

    private static double throughAModel() {
        double worst = 0;
        for (int k = 2; k <= 10; k++) {
            var p = Tensor.randn(Rng.of(k), DType.F64, 50, k).softmax(1).compute();
            var pairs = new ArrayList<ClassificationModel>();
            for (int i = 0; i < k; i++) for (int j = i + 1; j < k; j++) pairs.add(new TruePair(k, i, j));
            var model = new OneVsOne.Fitted(LongStream.range(0, k).toArray(), pairs);
            worst = Math.max(worst, model.predictProba(p).sub(p).abs().max().item());
            // The likeliest class wins each of its pairs.
            assertThat(model.predict(p).toLongArray()).isEqualTo(p.argmax(1, false).toLongArray());
        }
        return worst;
    }

    private static double disagreement(double[][] r, double[] p) {
        double sum = 0;
        for (int i = 0; i < p.length; i++)
            for (int j = 0; j < p.length; j++) if (i != j) sum += Math.pow(r[j][i] * p[i] - r[i][j] * p[j], 2);
        return sum;
    }

    /** Softmax over two weight vectors with strength lambda is logistic regression with lambda / 2. */
    @Test
    @Acceptance(topic = TOPIC, clause = 5) void softmaxOfTwoIsOneAgainstTheRest() {
        double worst = 0, unscaled = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            int n = 120, d = 4;
            Tensor x = Tensor.randn(rng, DType.F64, n, d).compute(),
                    y = x.matmul(Tensor.randn(rng, DType.F64, d)).add(Tensor.randn(rng, DType.F64, n)).gt(0).to(DType.I64).compute();
            double c = 0.1 * Math.pow(3, seed);
            var member = y.oneHot(DType.F64, 2);
            // sum of cross-entropies + (|w1|^2 + |w2|^2) / (2c), intercepts free but for their common part
            double[] w = new Lbfgs().withGradientTolerance(1e-10).minimize(Objective.of(v -> {
                Tensor weights = v.narrow(0, 0, 2 * d).reshape(d, 2), scores = x.matmul(weights).add(v.narrow(0, 2 * d, 2));
                return scores.logSumExp(1).sum().sub(scores.mul(member).sum()).add(weights.square().sum().div(2 * c))
                        .add(v.narrow(0, 2 * d, 2).sum().square().mul(1e-3));
            }), new double[2 * d + 2]).x();
            var v = Tensor.of(w);
            var softmax = x.matmul(v.narrow(0, 0, 2 * d).reshape(d, 2)).add(v.narrow(0, 2 * d, 2)).softmax(1);
            var logistic = new LogisticRegression().withTolerance(1e-10);
            worst = Math.max(worst, new OneVsRest(logistic.withC(2 * c)).fit(x, y).predictProba(x).sub(softmax).abs().max().item());
            unscaled = Math.max(unscaled, new OneVsRest(logistic.withC(c)).fit(x, y).predictProba(x).sub(softmax).abs().max().item());
        }
        Evidence.of("largest distance of probabilities with C doubled, five problems", worst, atMost(1e-6));
        Evidence.of("with the same C", unscaled, atLeast(0.01));
    }

    /** Scores that are the columns, and probabilities so near to 1 that they cannot be told apart. */
    private record Saturated(int nFeatures, int column) implements ClassificationModel {
        @Override public long[] classes() { return new long[] {0, 1}; }

        @Override public Tensor predictProba(Tensor x) {
            return Tensor.stack(1, x.zerosLike().select(1, 0), x.onesLike().select(1, 0)).compute();
        }

        @Override public Tensor decisionFunction(Tensor x) { return x.select(1, column); }
    }

    @Test void scoresDecideWhereProbabilitiesRoundToOne() {
        var models = IntStream.range(0, 4).mapToObj(k -> (ClassificationModel) new Saturated(4, k)).toList();
        var x = Tensor.rand(Rng.of(1), DType.F64, 30, 4).add(40).compute();
        assertThat(new OneVsRest.Fitted(new long[] {0, 1, 2, 3}, models).predict(x).toLongArray())
                .isEqualTo(x.argmax(1, false).toLongArray());
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> OutputCode.random(9, 3, Rng.of(1))).hasMessageContaining("3 bits tell 8 classes apart, not 9");
        assertThatThrownBy(() -> OutputCode.exhaustive(12)).hasMessageContaining("12 classes");
        assertThatThrownBy(() -> new OutputCode(NaiveBayes.gaussian(), 0, 1)).hasMessageContaining("0 bits");
    }
}
