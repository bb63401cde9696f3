package lyceum.learn.bayes;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.random.Rng;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class NaiveBayesTest {
    private static final String TOPIC = "naive-bayes";

    @TestFactory Stream<DynamicTest> gaussianKeepsTheContract() { return LearnerContract.of(NaiveBayes.gaussian()).tests(); }

    @TestFactory Stream<DynamicTest> multinomialKeepsTheContract() { return LearnerContract.of(NaiveBayes.multinomial()).tests(); }

    @TestFactory Stream<DynamicTest> bernoulliKeepsTheContract() {
        return LearnerContract.of(NaiveBayes.bernoulli().withEvents(new EventModel.Bernoulli(1, 1.5))).tests();
    }

    @TestFactory Stream<DynamicTest> complementKeepsTheContract() {
        return LearnerContract.of(NaiveBayes.complement().withEvents(new EventModel.Complement(0.5, true))).tests();
    }

    @TestFactory Stream<DynamicTest> categoricalKeepsTheContract() {
        return LearnerContract.of(Pipeline.of(new Rounder(), NaiveBayes.categorical())).tests();
    }

    /** Categories out of numbers: whole numbers from 0. */
    record Rounder() implements Transformer {
        @Override public RounderModel fit(Tensor x, Tensor y, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            input.weights(weights);
            return new RounderModel(input.columns());
        }
    }

    record RounderModel(int nFeatures) implements FittedTransformer {
        @Override public int nOutputs() { return nFeatures; }

        @Override public Tensor transform(Tensor x) { return LearnerInput.forModel(this, x).x().add(5).round().maximum(0); }
    }

    private static Csr csr(SparseCounts counts) {
        return Csr.of(counts.size(), counts.features(), counts.rowStarts(), counts.columns(), Tensor.of(counts.counts()).to(DType.F64));
    }

    private static SparseCounts half(SparseCounts mails, int parity, int step) {
        return mails.rows(IntStream.iterate(parity, i -> i < mails.size(), i -> i + step).toArray());
    }

    private static NaiveBayes learner(Golden input, String kind) {
        double alpha = input.has("alpha") ? input.number("alpha") : 1;
        NaiveBayes learner = switch (kind) {
            case "gaussian" -> new NaiveBayes(new EventModel.Gaussian(input.has("varSmoothing") ? input.number("varSmoothing") : 1e-9));
            case "multinomial" -> new NaiveBayes(new EventModel.Multinomial(alpha));
            case "bernoulli" -> new NaiveBayes(new EventModel.Bernoulli(alpha, input.has("binarize") ? input.number("binarize") : 0));
            case "complement" -> new NaiveBayes(new EventModel.Complement(alpha, input.has("norm") && input.flag("norm")));
            default -> new NaiveBayes(new EventModel.Categorical(alpha, 17));
        };
        if (input.has("priors")) return learner.withPriors(input.doubles("priors"));
        return input.has("fitPrior") ? learner.withUniformPrior() : learner;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void logProbabilitiesEqualFiveScikitLearnClasses() {
        var gap = Gap.relativeBeyondOne();
        var digits = Datasets.digits();
        var iris = Datasets.iris();
        var mails = Datasets.spamAssassin();
        SparseCounts train = half(mails, 0, 2), queries = half(mails, 1, 60);
        int cases = 0;
        for (var c : Golden.load("golden/naive-bayes.json").list("cases")) {
            String name = c.text("name");
            var input = c.at("input");
            var learner = learner(input, name.substring(0, name.indexOf(' ')));
            if (name.endsWith("spam")) {
                gap.see(c, "expected.logProbabilities", learner.fit(csr(train), train.y()).logProbabilities(csr(queries)).toDoubleArray());
                cases++;
                continue;
            }
            boolean flowers = name.contains("iris");
            Tensor x = flowers ? iris.x() : digits.x().narrow(0, 0, 1000), y = flowers ? iris.y() : digits.y().narrow(0, 0, 1000);
            Tensor weights = input.has("weights") ? Tensor.of(Arrays.stream(new Recipe(40600).uniforms(150)).map(u -> 0.5 + u).toArray())
                    : null;
            int step = name.equals("gaussian iris") ? 1 : flowers ? 10 : 20;
            var rows = (flowers ? iris : digits).x()
                    .rows(IntStream.iterate(flowers ? 0 : 1000, i -> i < (flowers ? 150 : 1797), i -> i + step).toArray());
            var model = learner.fit(x, y, weights);
            gap.see(c, "expected.logProbabilities", model.logProbabilities(rows).toDoubleArray());
            gap.see(c, "expected.jointLogLikelihood", model.jointLogLikelihood(rows.narrow(0, 0, 5)).toDoubleArray());
            cases++;
        }
        // A category that no row had: nothing but the smoothing of two categories.
        Tensor known = Tensor.of(new double[][] {{0, 0}, {1, 1}, {1, 0}}), asked = Tensor.of(new double[][] {{0, 5}});
        var unseen = new NaiveBayes(new EventModel.Categorical(1, 0)).fit(known, Tensor.of(new long[] {0, 0, 1})).jointLogLikelihood(asked);
        gap.see("unseen category", unseen.toDoubleArray(), new double[] {Math.log(2 / 3.0 / 2 / 4), Math.log(1 / 3.0 / 3 / 3)});
        Evidence.of("cases", cases, exactly(19));
        Evidence.of("largest gap, relative beyond 1", gap, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void tenPartialFitsEqualOneFit() {
        var digits = Datasets.digits();
        var x = digits.x();
        var w = Tensor.rand(Rng.of(1), DType.F64, 1797);
        var events = new EventModel[] {new EventModel.Gaussian(1e-9), new EventModel.Multinomial(1), new EventModel.Bernoulli(1, 8),
                new EventModel.Complement(1, false), new EventModel.Categorical(1, 0)};
        double worst = 0;
        var others = Gap.relativeBeyondOne();
        // By label, so that a part knows of one or two classes only.
        int[] sorted = IntStream.range(0, 1797).boxed().sorted(Comparator.comparing(i -> digits.y().item(i))).mapToInt(i -> i).toArray();
        for (var event : events) {
            for (var weights : new Tensor[] {null, w}) {
                var learner = new NaiveBayes(event);
                var whole = learner.fit(x, digits.y(), weights);
                var parts = learner.start(64, whole.classes());
                for (int part = 0; part < 10; part++) {
                    int from = 1797 * part / 10, n = 1797 * (part + 1) / 10 - from;
                    parts = parts.add(x.narrow(0, from, n), digits.y().narrow(0, from, n),
                            weights == null ? null : weights.narrow(0, from, n));
                }
                double[] a = whole.jointLogLikelihood(x).toDoubleArray(), b = parts.jointLogLikelihood(x).toDoubleArray();
                for (int i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i])));
                var byLabel = learner.start(64, whole.classes());
                NaiveBayesModel early = null;
                double[] then = null;
                for (int part = 0; part < 10; part++) {
                    int[] rows = Arrays.copyOfRange(sorted, 1797 * part / 10, 1797 * (part + 1) / 10);
                    byLabel = byLabel.add(x.rows(rows), digits.y().rows(rows), weights == null ? null : weights.rows(rows));
                    if (part == 4) then = (early = byLabel).jointLogLikelihood(x).toDoubleArray();
                }
                var again = early;
                for (int part = 5; part < 10; part++) {
                    int[] rows = Arrays.copyOfRange(sorted, 1797 * part / 10, 1797 * (part + 1) / 10);
                    again = again.add(x.rows(rows), digits.y().rows(rows), weights == null ? null : weights.rows(rows));
                }
                others.see(event + ", a second time from the same model", again.jointLogLikelihood(x).toDoubleArray(), a);
                others.see(event + " by label", byLabel.jointLogLikelihood(x).toDoubleArray(), a);
                others.see(event + ", a model after more was added to it", early.jointLogLikelihood(x).toDoubleArray(), then);
                others.see(event + ", sparse",
                        learner.fit(Csr.fromDense(x.to(DType.F64)), digits.y(), weights).jointLogLikelihood(x).toDoubleArray(), a);
            }
        }
        Evidence.of("largest relative gap", worst, below(1e-12));
        Evidence.of("by label, sparse, and of models that others went on from", others, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void onIndependentFeaturesItIsWithinHalfAPointOfBayes() {
        double worst = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            int n = 6000, p = 8, tested = 40_000;
            double[][] mean = new double[3][p], deviation = new double[3][p], share = new double[3][p];
            for (int c = 0; c < 3; c++) {
                for (int j = 0; j < p; j++) {
                    mean[c][j] = 0.7 * rng.nextGaussian();
                    deviation[c][j] = 0.5 + rng.nextDouble();
                    share[c][j] = 0.1 + 0.8 * rng.nextDouble();
                }
            }
            for (boolean numbers : new boolean[] {true, false}) {
                double[] x = new double[(n + tested) * p];
                var y = new long[n + tested];
                int wrong = 0;
                for (int i = 0; i < y.length; i++) {
                    int truth = rng.nextInt(3), best = 0;
                    y[i] = truth;
                    var score = new double[3];
                    for (int j = 0; j < p; j++) {
                        double v = numbers ? mean[truth][j] + deviation[truth][j] * rng.nextGaussian()
                                : rng.nextDouble() < share[truth][j] ? 1 : 0;
                        x[i * p + j] = v;
                        for (int c = 0; c < 3; c++) {
                            double z = (v - mean[c][j]) / deviation[c][j];
                            score[c] += numbers ? -0.5 * z * z - Math.log(deviation[c][j])
                                    : Math.log(v == 1 ? share[c][j] : 1 - share[c][j]);
                        }
                    }
                    for (int c = 1; c < 3; c++) if (score[c] > score[best]) best = c;
                    if (i >= n && best != truth) wrong++;
                }
                Tensor rows = Tensor.of(x, n + tested, p), labels = Tensor.of(y);
                var model = (numbers ? NaiveBayes.gaussian() : NaiveBayes.bernoulli()).fit(rows.narrow(0, 0, n), labels.narrow(0, 0, n));
                double error = 100 * (1 - model.score(rows.narrow(0, n, tested), labels.narrow(0, n, tested))),
                        bayes = 100.0 * wrong / tested;
                worst = Math.max(worst, error - bayes);
            }
        }
        Evidence.of("largest excess error in points", worst, below(0.5));
    }

    /** The corpus lists three collections of ham, then two of spam. Words that no training mail has are no part of the vocabulary. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void multinomialReachesNinetyFivePercentOnHeldOutMail() {
        var mails = Datasets.spamAssassin();
        int n = mails.size(), half = n / 2;
        var random = new double[10];
        for (int seed = 0; seed < random.length; seed++) random[seed] = accuracyAcross(mails, Rng.of(seed).permutation(n));
        Evidence.of("least of ten random halves, judged on the other", Arrays.stream(random).min().orElseThrow(), atLeast(0.95));
        Evidence.of("their mean", Arrays.stream(random).average().orElseThrow(), atLeast(0.965));

        // Within each collection the earlier half is learned and the later one judged, and the other way round.
        int[] earlierFirst = IntStream.concat(halves(mails, 0), halves(mails, 1)).toArray(),
                laterFirst = IntStream.concat(halves(mails, 1), halves(mails, 0)).toArray();
        Evidence.of("first half of each collection, judged on the second", accuracyAcross(mails, earlierFirst), atLeast(0.93));
        Evidence.of("second half of each, judged on the first", accuracyAcross(mails, laterFirst), atLeast(0.95));

        // The first half of the whole is ham alone: whoever learns from it has seen no spam.
        int[] order = IntStream.range(0, n).toArray();
        Evidence.of("spam in the first half of the corpus", mails.rows(Arrays.copyOf(order, half)).y().sum().item(), exactly(0));
        double ham = 1 - mails.rows(Arrays.copyOfRange(order, half, n)).y().to(DType.F64).mean().item();
        Evidence.of("that half, judged on the second, less the share of ham there", accuracyAcross(mails, order) - ham, equalTo(0, 1e-12));
        int[] reversed = IntStream.concat(IntStream.range(half, n), IntStream.range(0, half)).toArray();
        Evidence.of("second half, judged on the first", accuracyAcross(mails, reversed), atLeast(0.95));
    }

    /** The first or the second half of each collection, in order. */
    private static IntStream halves(SparseCounts mails, int which) {
        int[] groups = mails.groups();
        return IntStream.range(0, mails.groupNames().size()).flatMap(g -> {
            int[] rows = IntStream.range(0, groups.length).filter(i -> groups[i] == g).toArray();
            int middle = rows.length / 2;
            return Arrays.stream(rows, which == 0 ? 0 : middle, which == 0 ? middle : rows.length);
        });
    }

    /** Learns from the first half of the order and judges the rest. */
    private static double accuracyAcross(SparseCounts mails, int[] order) {
        int half = order.length / 2;
        return accuracyOnHeldOut(mails.rows(Arrays.copyOf(order, half)), mails.rows(Arrays.copyOfRange(order, half, order.length)));
    }

    /** With the words of the training mails as vocabulary. */
    private static double accuracyOnHeldOut(SparseCounts train, SparseCounts test) {
        var known = new boolean[train.features()];
        for (int word : train.columns()) known[word] = true;
        var place = new int[known.length];
        int size = 0;
        for (int word = 0; word < known.length; word++) place[word] = known[word] ? size++ : -1;
        long[] predicted = NaiveBayes.multinomial().fit(inVocabulary(train, place, size), train.y())
                .predict(inVocabulary(test, place, size)).toLongArray(), truth = test.y().toLongArray();
        return IntStream.range(0, truth.length).filter(i -> predicted[i] == truth[i]).count() / (double) truth.length;
    }

    private static Csr inVocabulary(SparseCounts mails, int[] place, int size) {
        int[] start = new int[mails.size() + 1], columns = new int[mails.columns().length];
        var counts = new double[columns.length];
        int at = 0;
        for (int row = 0; row < mails.size(); row++) {
            for (int e = mails.rowStarts()[row]; e < mails.rowStarts()[row + 1]; e++) {
                if (place[mails.columns()[e]] < 0) continue;
                columns[at] = place[mails.columns()[e]];
                counts[at++] = mails.counts()[e];
            }
            start[row + 1] = at;
        }
        return Csr.of(mails.size(), size, start, Arrays.copyOf(columns, at), Tensor.of(Arrays.copyOf(counts, at)));
    }

    @Test void sparseAndDenseRowsGiveTheSame() {
        var mails = Datasets.spamAssassin().commonest(60);
        var some = mails.rows(IntStream.range(0, 300).map(i -> i * 20).toArray());
        Tensor dense = some.dense(DType.F64), y = some.y();
        for (var learner : new NaiveBayes[] {NaiveBayes.multinomial(), NaiveBayes.bernoulli(), NaiveBayes.complement(),
                NaiveBayes.gaussian()}) {
            double gap = learner.fit(csr(some), y).logProbabilities(csr(some)).sub(learner.fit(dense, y).logProbabilities(dense)).abs()
                    .max().item();
            assertThat(gap).as(learner.events().toString()).isLessThan(1e-9);
        }
    }

    @Test void anUnseenCategoryIsSmoothedAndAnUnseenClassIsImpossible() {
        var model = NaiveBayes.categorical().start(1, 0, 1, 2).add(Tensor.of(new double[] {0, 0, 1, 1}, 4, 1), Tensor.of(0L, 0, 1, 1));
        double[] p = model.predictProba(Tensor.of(new double[] {7, 1}, 2, 1)).toDoubleArray();
        assertThat(p).containsExactly(new double[] {0.5, 0.5, 0, 0.25, 0.75, 0}, within(1e-12));
    }

    @Test void featureWeightsExplainADecision() {
        var x = Tensor.of(new double[] {3, 0, 0, 2}, 2, 2);
        var model = NaiveBayes.multinomial().fit(x, Tensor.of(0L, 1));
        var w = model.featureWeights();
        double evidence = 2 * (w.item(1, 1) - w.item(0, 1)) + (w.item(1, 0) - w.item(0, 0));
        assertThat(model.decisionFunction(Tensor.of(new double[] {1, 2}, 1, 2)).item()).isCloseTo(evidence, within(1e-12));
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new EventModel.Multinomial(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> NaiveBayes.gaussian().withPriors(0.5, 0.6)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("they sum to 1");
        assertThatThrownBy(() -> NaiveBayes.gaussian().withPriors(0.5, 0.5).fit(Datasets.iris().x(), Datasets.iris().y()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 priors but 3 classes");
        assertThatThrownBy(() -> NaiveBayes.categorical().fit(Datasets.iris().x(), Datasets.iris().y()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("whole numbers");
        var model = NaiveBayes.gaussian().fit(Datasets.iris().x(), Datasets.iris().y());
        assertThatThrownBy(() -> model.add(Datasets.iris().x(), Tensor.full(DType.I64, 9, 150)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("label 9 is none of the classes [0, 1, 2]");
    }
}
