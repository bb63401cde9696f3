package lyceum.learn.ensemble;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class BaggingTest {
    private static final String TOPIC = "bagging";

    @TestFactory Stream<DynamicTest> baggedTreesKeepTheContract() {
        return LearnerContract.of(new Bagging(15).of(new DecisionTreeRegressor())).tests();
    }

    @TestFactory Stream<DynamicTest> subaggedLinesKeepTheContract() {
        return LearnerContract.of(new Bagging(8).withReplace(false).withRowShare(0.5).withFeatureShare(0.75).of(new LinearRegression()))
                .tests();
    }

    @TestFactory Stream<DynamicTest> baggedClassesKeepTheContract() {
        return LearnerContract.of(new Bagging(15).withBalanced(true).of(new DecisionTreeClassifier())).tests();
    }

    @TestFactory Stream<DynamicTest> votesKeepTheContract() {
        return LearnerContract.of(new Bagging(15).withSoftVotes(false).of(new DecisionTreeClassifier())).tests();
    }

    /** Learns which rows it was shown, by the ids in the first column. */
    private record Seen(double share) implements RegressionModel {
        static final Regressor LEARNER = (x, y, w) -> new Seen(Arrays.stream(x.toDoubleArray()).distinct().count() / (double) x.size(0));

        @Override public int nFeatures() { return 1; }

        @Override public Tensor predict(Tensor x) { return Tensor.full(DType.F64, share, x.size(0)); }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void distinctRowsPerResampleAreAsManyAsExpected() {
        double worst = 0;
        for (int n : new int[] {2, 5, 20, 100, 1000}) {
            var ids = Tensor.arange(n).to(DType.F64).reshape(n, 1);
            double mean = new Bagging(1_000_000 / n).withSeed(n).of(Seen.LEARNER).fit(ids, Tensor.zeros(DType.F64, n)).predict(ids).item(0);
            worst = Math.max(worst, Math.abs(mean / (1 - Math.pow(1 - 1.0 / n, n)) - 1));
        }
        Evidence.of("largest relative gap of the mean distinct share, five sizes", worst, below(0.005));
    }

    /** The clause's experiment once: ratios of predicted to measured variance at B = 10 and 50. */
    private static double[] varianceRatios(long seed) {
        int sets = 150, points = 100;
        var test = Datasets.friedman1(Rng.of(seed).split(-1), points, 10, 1).x();
        var said = new double[10][sets][];
        double[][] ten = new double[sets][points], fifty = new double[sets][points];
        for (int r = 0; r < sets; r++) {
            var train = Datasets.friedman1(Rng.of(seed).split(r), 100, 10, 1);
            double[] p = new Bagging(10).withSeed(r).of(new DecisionTreeRegressor()).fit(train.x(), train.y()).memberPredictions(test)
                    .toDoubleArray();
            for (int b = 0; b < 10; b++) said[b][r] = Arrays.copyOfRange(p, b * points, (b + 1) * points);
            var other = Datasets.friedman1(Rng.of(seed).split(sets + r), 100, 10, 1);
            var bagged = new Bagging(50).withSeed(sets + r).of(new DecisionTreeRegressor()).fit(other.x(), other.y());
            ten[r] = bagged.first(10).predict(test).toDoubleArray();
            fifty[r] = bagged.predict(test).toDoubleArray();
        }
        double variance = 0, covariance = 0;
        for (int b = 0; b < 10; b++) {
            variance += covariance(said[b], said[b]) / 10;
            for (int c = 0; c < b; c++) covariance += covariance(said[b], said[c]) / 45;
        }
        double rho = covariance / variance;
        return new double[] {(rho * variance + (1 - rho) * variance / 10) / covariance(ten, ten),
                (rho * variance + (1 - rho) * variance / 50) / covariance(fifty, fifty), rho};
    }

    /** Over training sets, mean over points. */
    private static double covariance(double[][] a, double[][] b) {
        int sets = a.length, points = a[0].length;
        double sum = 0;
        for (int i = 0; i < points; i++) {
            double meanA = 0, meanB = 0, product = 0;
            for (int r = 0; r < sets; r++) {
                meanA += a[r][i] / sets;
                meanB += b[r][i] / sets;
            }
            for (int r = 0; r < sets; r++) product += (a[r][i] - meanA) * (b[r][i] - meanB);
            sum += product / (sets - 1) / points;
        }
        return sum;
    }

    /** One experiment's ratio has a standard deviation of 3% over its draws, so three are averaged. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void correlationAndVarianceOfMembersPredictTheVarianceOfTheAverage() {
        var runs = new double[3][];
        Parallel.range(3, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) runs[r] = varianceRatios(r);
        });
        double[] mean = new double[3];
        for (var run : runs) for (int i = 0; i < 3; i++) mean[i] += run[i] / 3;
        Evidence.of("predicted over measured variance at B = 10, mean of three, off by", Math.abs(mean[0] - 1), below(0.05));
        Evidence.of("predicted over measured variance at B = 50, mean of three, off by", Math.abs(mean[1] - 1), below(0.05));
        assertThat(mean[2]).isBetween(0.05, 0.3);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void deepTreesGainAndLeastSquaresDoesNot() {
        double least = 1, most = 0;
        for (int seed = 0; seed < 20; seed++) {
            var data = Datasets.friedman1(Rng.of(seed), 2100, 10, 1);
            Tensor x = data.range(0, 100).x(), y = data.range(0, 100).y(), z = data.range(100, 2100).x(), t = data.range(100, 2100).y();
            Regressor tree = new DecisionTreeRegressor(), line = new LinearRegression();
            var plan = new Bagging(100).withSeed(seed);
            least = Math.min(least, 1 - mse(plan.of(tree).fit(x, y), z, t) / mse(tree.fit(x, y), z, t));
            most = Math.max(most, Math.abs(1 - mse(plan.of(line).fit(x, y), z, t) / mse(line.fit(x, y), z, t)));
        }
        Evidence.of("least cut of the test error of trees in 20 draws", least, atLeast(0.25));
        Evidence.of("largest change of least squares' test error in 20 draws", most, below(0.05));
    }

    private static double mse(RegressionModel model, Tensor x, Tensor y) { return model.predict(x).sub(y).square().mean().item(); }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void outOfBagErrorIsTheTestErrorOnBreastCancer() {
        double outOfBag = 0, test = 0;
        for (int seed = 0; seed < 20; seed++) {
            var parts = Split.stratified(Datasets.breastCancer(), Rng.of(seed), 2.0 / 3, 1.0 / 3);
            var model = new Bagging(100).withSeed(seed).of(new DecisionTreeClassifier()).fit(parts.get(0).x(), parts.get(0).y());
            outOfBag += (1 - model.oobScore()) / 20;
            test += (1 - model.score(parts.get(1).x(), parts.get(1).y())) / 20;
            if (seed > 0) continue;
            // The score is of rows by members that have not seen them, told by hand.
            double[] votes = model.oobVotes();
            var train = parts.get(0);
            var labels = train.labels();
            var drawn = new int[100][];
            for (int b = 0; b < 100; b++) drawn[b] = new Bagging(100).rows(b, train.size());
            int right = 0;
            for (int i = 0; i < train.size(); i++) {
                double sum = 0, count = 0;
                for (int b = 0; b < 100; b++) {
                    if (Arrays.binarySearch(drawn[b], i) >= 0) continue;
                    sum += model.members().get(b).model().predictProba(train.x().narrow(0, i, 1)).item(0, 1);
                    count++;
                }
                assertThat(votes[2 * i + 1]).isCloseTo(sum / count, within(1e-12));
                if ((sum / count > 0.5 ? 1 : 0) == labels[i]) right++;
            }
            assertThat(model.oobScore()).isCloseTo(right / (double) train.size(), within(1e-12));
        }
        Evidence.of("out-of-bag error less test error, means of 20 splits", Math.abs(outOfBag - test), below(0.015));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void bitsDoNotDependOnThreads() {
        var bits = EnsembleBits.withThreads("bagging");
        assertThat(bits).allMatch(line -> line.startsWith("bits "));
        Evidence.of("different check sums with 1, 2, 5 and 8 threads", bits.stream().distinct().count(), exactly(1));
    }

    @Test void samplesAreWhatThePlanSays() {
        var sub = new Bagging(5).withReplace(false).withRowShare(0.3);
        for (int b = 0; b < 5; b++) assertThat(sub.rows(b, 50)).hasSize(15).doesNotHaveDuplicates().isSorted();
        assertThat(sub.rows(0, 50)).isNotEqualTo(sub.rows(1, 50));
        var codes = new int[100];
        Arrays.fill(codes, 0, 10, 1);
        for (int b = 0; b < 5; b++) {
            int[] drawn = new Bagging(5).withBalanced(true).rows(b, codes, 2);
            assertThat(drawn).hasSize(20);
            assertThat(Arrays.stream(drawn).filter(row -> row < 10).count()).isEqualTo(10);
        }
        assertThat(new Bagging(3).withFeatureShare(0.5).features(0, 10)).hasSize(5).doesNotHaveDuplicates().isSorted();
    }

    @Test void rowsOfWeightZeroAreNeverDrawn() {
        var x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 6, 1);
        var y = Tensor.of(0.0, 0, 0, 1000, 1000, 1000);
        var model = new Bagging(50).of(new DecisionTreeRegressor()).fit(x, y, Tensor.of(1.0, 2, 1, 0, 0, 0));
        assertThat(model.predict(x).toDoubleArray()).containsOnly(0);
    }

    @Test void votesAndVarianceAreThoseOfTheMembers() {
        var data = Datasets.classification(Rng.of(4), 200, 6, 4, 1, 3, 1, 0.2);
        var hard = new Bagging(20).withSoftVotes(false).of(new DecisionTreeClassifier().withMaxDepth(3)).fit(data.x(), data.y());
        double[] p = hard.predictProba(data.x()).toDoubleArray(), v = hard.variance(data.x()).toDoubleArray();
        for (int i = 0; i < p.length; i++) {
            assertThat(p[i] * 20).isCloseTo(Math.rint(p[i] * 20), within(1e-9));
            assertThat(v[i]).isCloseTo(p[i] * (1 - p[i]) * 20 / 19, within(1e-12)); // shares of yes and no
        }
        var lines = new Bagging(9).of(new Perceptron()).fit(data.x(), data.y());
        assertThat(lines.hasProbabilities()).isTrue();
        for (double share : lines.predictProba(data.x()).toDoubleArray())
            assertThat(9 * share).isCloseTo(Math.rint(9 * share), within(1e-9));
    }

    @Test void seedsReachLearnersThatDraw() {
        var data = Datasets.friedman1(Rng.of(1), 100, 10, 1);
        var all = new Bagging(2).withReplace(false);
        var same = all.of(new DecisionTreeRegressor().withMaxFeatures(2)).fit(data.x(), data.y()).memberPredictions(data.x()).toRows();
        assertThat(same[0]).isEqualTo(same[1]);
        var test = Datasets.friedman1(Rng.of(2), 100, 10, 1).x();
        var own = all.ofRegressors(s -> new DecisionTreeRegressor().withMaxFeatures(2).withSeed(s)).fit(data.x(), data.y())
                .memberPredictions(test).toRows();
        assertThat(own[0]).isNotEqualTo(own[1]);
        assertThat(all.of(new DecisionTreeRegressor()).fit(data.x(), data.y()).oobScore()).isNaN();
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new Bagging(0)).hasMessageContaining("0 members");
        assertThatThrownBy(() -> new Bagging(3).withReplace(false).withRowShare(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> new Bagging(3).withFeatureShare(0)).hasMessageContaining("featureShare is 0.0");
        assertThatThrownBy(() -> new Bagging(3).withBalanced(true).of(new LinearRegression())).hasMessageContaining("classifiers");
    }
}
