package lyceum.learn.selection;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Datasets;
import lyceum.learn.linear.Ridge;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.stats.learner.Pipeline;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class CrossValidationTest {
    private static final String TOPIC = "k-fold";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void scoresOfRidgeEqualScikitLearnOnDiabetes() {
        var data = Datasets.diabetes();
        double worst = 0;
        for (var c : Golden.load("golden/k-fold.json").cases("cross_val_score")) {
            var scorer = switch (c.text("input.scoring")) {
                case "r2" -> Scorer.R2;
                case "neg_mean_squared_error" -> Scorer.MEAN_SQUARED_ERROR;
                default -> Scorer.MEAN_ABSOLUTE_ERROR;
            };
            double sign = scorer.greaterIsBetter() ? 1 : -1;
            double[] expected = c.doubles("expected.scores");
            double[] found = new CrossValidation(new KFold(c.integer("input.k")))
                    .score(new Ridge(c.number("input.alpha")), data.x(), data.y(), scorer).scores(scorer);
            assertThat(found).hasSameSizeAs(expected);
            for (int f = 0; f < expected.length; f++)
                worst = Math.max(worst, Math.abs(sign * found[f] - expected[f]) / Math.max(1, Math.abs(expected[f])));
        }
        Evidence.of("largest relative difference", worst, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void leavingOneOutEqualsPressForRidge() {
        var data = Datasets.diabetes().head(60);
        double alpha = 0.3, press = 0;
        int n = 60;
        var predicted = new CrossValidation(new LeaveOneOut()).predict(new Ridge(alpha), data.x(), data.y());
        double loo = predicted.sub(data.y()).square().mean().item();
        // e_i / (1 - h_ii) with H = 1 1' / n + X (X'X + alpha I)^-1 X' of centred X
        var x = data.x().sub(data.x().mean(0));
        var hat = x.matmul(Linalg.solve(x.transpose(0, 1).matmul(x).add(Tensor.eye(DType.F64, 10).mul(alpha)), x.transpose(0, 1)))
                .add(1.0 / n);
        double[] residual = data.y().sub(hat.matmul(data.y().unsqueeze(1)).reshape(-1)).toDoubleArray();
        for (int i = 0; i < n; i++) press += Math.pow(residual[i] / (1 - hat.item(i, i)), 2) / n;
        Evidence.of("relative difference", Math.abs(loo - press) / press, below(1e-10));
        // Several targets are predicted side by side.
        var two = new CrossValidation(new LeaveOneOut()).predict(new Ridge(alpha), data.x(), Tensor.stack(1, data.y(), data.y().mul(-2)));
        Evidence.of("two targets against one, relative",
                two.sub(Tensor.stack(1, predicted, predicted.mul(-2))).abs().max().item() / predicted.abs().max().item(), below(1e-12));
        var folds = new CrossValidation(new KFold(7).shuffled(1));
        var one = folds.predict(new Ridge(alpha), data.x(), data.y());
        var pair = folds.predict(new Ridge(alpha), data.x(), Tensor.stack(1, data.y(), data.y().mul(-2)));
        Evidence.of("the same by parts of several rows",
                pair.sub(Tensor.stack(1, one, one.mul(-2))).abs().max().item() / one.abs().max().item(), below(1e-12));
    }

    /** Weights count where a fold is learned and where it is judged. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void weightedFoldsAreFittedAndJudgedByTheirWeights() {
        var data = Datasets.diabetes();
        var weights = Tensor.rand(Rng.of(8), DType.F64, data.size()).add(0.1).compute();
        var cv = new CrossValidation(new KFold(5).shuffled(2)).withWeights(weights);
        double[] scores = cv.score(new Ridge(0.1), data.x(), data.y()).scores()[0];
        double worst = 0, plain = 0;
        for (int f = 0; f < 5; f++) {
            var fold = cv.folds(data.x(), data.y()).get(f);
            Tensor w = weights.rows(fold.test()), y = data.y().rows(fold.test());
            var model = new Ridge(0.1).fit(data.x().rows(fold.train()), data.y().rows(fold.train()), weights.rows(fold.train()));
            var error = y.sub(model.predict(data.x().rows(fold.test()))).square();
            var off = y.sub(y.mul(w).sum().item() / w.sum().item()).square();
            worst = Math.max(worst, Math.abs(scores[f] - 1 + error.mul(w).sum().item() / off.mul(w).sum().item()));
            plain = Math.max(plain, Math.abs(scores[f] - 1 + error.sum().item() / y.sub(y.mean()).square().sum().item()));
        }
        Evidence.of("weighted R2 of a fold against its definition", worst, below(1e-12));
        Evidence.of("that is not the unweighted one", plain, above(1e-3));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void selectingFeaturesBeforehandFindsSignalInNoise() {
        double leaky = 0, honest = 0;
        int seeds = 20;
        var learner = new NearestMean(0, 20);
        for (int seed = 0; seed < seeds; seed++) {
            var rng = Rng.of(300 + seed);
            var x = Tensor.randn(rng, DType.F64, 50, 1000);
            var coins = Tensor.randint(rng, 0, 2, 50);
            var cv = new CrossValidation(new KFold(5));
            leaky += cv.score(learner, new BestCorrelated(20).fit(x, coins, null).transform(x), coins).mean() / seeds;
            honest += cv.score(Pipeline.of(new BestCorrelated(20)).then(learner), x, coins).mean() / seeds;
        }
        Evidence.of("accuracy with selection outside", leaky, atLeast(0.75));
        Evidence.of("accuracy with selection inside", honest, between(0.44, 0.56));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void nestedScoreIsUnbiasedWhereTheTunedOneIsOptimistic() {
        // coins again: whatever is chosen is right half of the time
        var candidates = new ArrayList<NearestMean>();
        for (int c = 0; c < 10; c++) candidates.add(new NearestMean(3 * c, 3));
        double plain = 0, nested = 0;
        int runs = 120;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(4000 + run);
            var x = Tensor.randn(rng, DType.F64, 60, 30);
            var coins = Tensor.randint(rng, 0, 2, 60);
            var result = new CrossValidation(new KFold(5)).nested(candidates, new KFold(4), x, coins, Scorer.ACCURACY);
            plain += result.plainScore() / runs;
            nested += result.mean() / runs;
        }
        Evidence.of("nested score", nested, equalTo(0.5, 0.02));
        Evidence.of("plain score of the chosen", plain, above(0.55));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void nestedScoreIsThatOfTheRecipeOnFreshRowsWhereThereIsSignal() {
        var candidates = new ArrayList<NearestMean>();
        for (int c = 0; c < 8; c++) candidates.add(new NearestMean(2 * c, 2));
        double plain = 0, nested = 0, truth = 0;
        int runs = 60, n = 60;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(5000 + run);
            var fresh = weakSignal(rng, 1000);
            var sample = weakSignal(rng, n);
            var cv = new CrossValidation(new KFold(10).shuffled(run));
            var result = cv.nested(candidates, new KFold(5), sample[0], sample[1], Scorer.ACCURACY);
            plain += result.plainScore() / runs;
            nested += result.mean() / runs;
            // the recipe at the size that nested folds have: 54 rows
            int[] rows = rng.sample(n, 54);
            Tensor x = sample[0].rows(rows), y = sample[1].rows(rows);
            int best = cv.withScheme(new KFold(2)).nested(candidates, new KFold(5), x, y, Scorer.ACCURACY).best();
            truth += candidates.get(best).fit(x, y).score(fresh[0], fresh[1]) / runs;
        }
        Evidence.of("nested - true accuracy", nested - truth, equalTo(0, 0.02));
        Evidence.of("plain - true accuracy", plain - truth, above(0.02));
    }

    /** The first two of sixteen columns tell a little about the class. */
    private static Tensor[] weakSignal(Rng rng, int n) {
        var labels = Tensor.randint(rng, 0, 2, n);
        var x = new double[n][16];
        for (int i = 0; i < n; i++) for (int j = 0; j < 16; j++) x[i][j] = rng.nextGaussian() + (j < 2 ? 0.4 * labels.item(i) : 0);
        return new Tensor[] {Tensor.of(x), labels};
    }

    @Test void severalScorersOneFitAndTheSameBitsOnOneThread() {
        var data = Datasets.iris();
        var cv = new CrossValidation(new StratifiedKFold(5).shuffled(3));
        var mcc = Scorer.ofConfusion("mcc", ConfusionMatrix::mcc);
        var scorers = new Scorer[] {Scorer.ACCURACY, Scorer.F1_MACRO, mcc, Scorer.ROC_AUC, Scorer.LOG_LOSS, Scorer.BALANCED_ACCURACY};
        var result = cv.score(new NearestMean(0, 4), data.x(), data.y(), scorers);
        assertThat(result.scorers()).containsExactly("accuracy", "macro f1", "mcc", "roc auc", "log loss", "balanced accuracy");
        assertThat(result.mean(Scorer.ACCURACY)).isBetween(0.88, 0.96);
        assertThat(result.mean(Scorer.ROC_AUC)).isGreaterThan(0.95);
        var alone = new CrossValidationResult[1];
        Parallel.sequentially(() -> alone[0] = cv.score(new NearestMean(0, 4), data.x(), data.y(), scorers));
        assertThat(alone[0].scores()).isDeepEqualTo(result.scores());
        assertThatThrownBy(() -> result.scores("f2")).hasMessageContaining("there is no 'f2'; there are accuracy, macro f1");
    }

    @Test void outOfFoldPredictionsComeFromModelsThatDidNotSeeTheRow() {
        var data = Datasets.diabetes();
        var cv = new CrossValidation(new KFold(5).shuffled(2));
        double[] predicted = cv.predict(new Ridge(0.1), data.x(), data.y()).toDoubleArray();
        for (var fold : cv.folds(data.x(), data.y())) {
            double[] own = new Ridge(0.1).fit(data.x().rows(fold.train()), data.y().rows(fold.train())).predict(data.x().rows(fold.test()))
                    .toDoubleArray();
            for (int i = 0; i < own.length; i++) assertThat(predicted[fold.test()[i]]).isEqualTo(own[i]);
        }
        var iris = Datasets.iris();
        var labels = new CrossValidation(new StratifiedKFold(5)).predict(new NearestMean(0, 4), iris.x(), iris.y());
        assertThat(ConfusionMatrix.of(iris.y(), labels).accuracy()).isGreaterThan(0.9);
        // unshuffled folds of sorted rows lack the class that they test
        var probabilities = new CrossValidation(new KFold(3)).predictProba(new NearestMean(0, 4), iris.x(), iris.y());
        assertThat(probabilities.item(0, 0)).isZero();
        assertThat(probabilities.sum(1).min().item()).isCloseTo(1, within(1e-12));
        assertThatThrownBy(() -> new CrossValidation(new TimeSeriesSplit(3)).predict(new Ridge(1), data.x(), data.y()))
                .hasMessageContaining("TimeSeriesSplit tests row 0 0 times");
    }

    @Test void weightsOfZeroLeaveRowsOutOfFitAndScore() {
        var data = Datasets.diabetes().head(100);
        var weights = new double[100];
        for (int i = 0; i < 100; i++) weights[i] = i % 2;
        int[] odd = IntStream.range(0, 50).map(i -> 2 * i + 1).toArray();
        var all = new CrossValidation(new KFold(5)).withWeights(Tensor.of(weights)).score(new Ridge(0.1), data.x(), data.y(), Scorer.R2,
                Scorer.MEAN_SQUARED_ERROR);
        var half = new CrossValidation(new KFold(5)).score(new Ridge(0.1), data.x().rows(odd), data.y().rows(odd), Scorer.R2,
                Scorer.MEAN_SQUARED_ERROR);
        assertThat(all.scores(Scorer.R2)).containsExactly(half.scores(Scorer.R2), within(1e-9));
        assertThat(all.mean(Scorer.MEAN_SQUARED_ERROR)).isCloseTo(half.mean(Scorer.MEAN_SQUARED_ERROR), within(1e-6));
    }

    @Test void groupsReachTheFoldsAndTheInnerFolds() {
        var rng = Rng.of(8);
        var x = Tensor.randn(rng, DType.F64, 60, 4);
        var y = Tensor.randint(rng, 0, 2, 60);
        int[] groups = rng.ints(60, 0, 12).toArray();
        var result = new CrossValidation(new GroupKFold(4)).withGroups(groups).nested(List.of(new NearestMean(0, 2), new NearestMean(2, 2)),
                new GroupKFold(3), x, y, Scorer.ACCURACY);
        assertThat(result.scores()).hasSize(4);
        assertThat(result.chosen()).hasSize(4).containsAnyOf(0, 1).doesNotContain(2);
    }

    @Test void correctedIntervalIsWiderThanThePlainOneByTheOverlap() {
        var data = Datasets.diabetes();
        var result = new CrossValidation(new KFold(5)).score(new Ridge(0.1), data.x(), data.y());
        double plain = 2 * 2.7764451051977987 * result.standardDeviation() / Math.sqrt(5);
        double ratio = result.interval(0.95).width() / plain;
        assertThat(ratio).isCloseTo(Math.sqrt((1 / 5.0 + 442 / (4 * 442.0)) * 5), within(1e-9));
        var other = new CrossValidation(new KFold(5)).score(new Ridge(100), data.x(), data.y());
        assertThat(result.difference(other, Scorer.R2, 0.95).low()).isPositive();
        assertThat(result.difference(result, Scorer.R2, 0.95).width()).isZero();
        assertThat(new CrossValidation(new Repeated(new KFold(5), 4, 1)).score(new Ridge(0.1), data.x(), data.y()).scores(Scorer.R2))
                .hasSize(20);
    }

    @Test void aScoreThatDoesNotFitTheModelIsRefusedByName() {
        var data = Datasets.diabetes();
        assertThatThrownBy(() -> new CrossValidation(new KFold(5)).score(new Ridge(1), data.x(), data.y(), Scorer.ACCURACY))
                .hasMessageContaining("accuracy").hasMessageContaining("is not a classification model");
        assertThatThrownBy(() -> new CrossValidation(new KFold(5)).score(new Ridge(1), data.x(), data.y().narrow(0, 0, 5)))
                .hasMessageContaining("y (5,)");
        assertThatThrownBy(() -> new CrossValidation(new KFold(5)).nested(List.of(), new KFold(5), data.x(), data.y(), Scorer.R2))
                .hasMessageContaining("no candidate");
    }
}
