package lyceum.learn.selection;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.prob.Beta;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.MlpFit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GeneralizationTest {

    /** Two overlapping bells in the plane. */
    private static Dataset bells(int n, Rng rng) {
        var x = new double[n][2];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            y[i] = rng.nextInt(2);
            x[i][0] = 1.5 * y[i] + rng.nextGaussian();
            x[i][1] = rng.nextGaussian();
        }
        return Dataset.of(Tensor.of(x), Tensor.of(y));
    }

    private static Dataset linear(int n, Rng rng) {
        var x = new double[n][5];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 5; j++) y[i] += (j - 1) * (x[i][j] = rng.nextGaussian());
            y[i] += 1 + rng.nextGaussian();
        }
        return Dataset.of(Tensor.of(x), Tensor.of(y));
    }

    /** 0/1 losses, with both intervals, and a loss between 0 and 1, with Hoeffding's; held-out sets of three sizes. */
    @Acceptance(topic = "generalization", clause = 1)
    @Test void heldOutIntervalsCoverTheTrueRisk() {
        var train = bells(60, Rng.of(1));
        var model = new LogisticRegression().fit(train.x(), train.y());
        var world = bells(1_000_000, Rng.of(2));
        double[] p = model.predictProba(world.x()).toDoubleArray();
        int[] truth = world.labels();
        double[] wrong = new double[truth.length], brier = new double[truth.length];
        for (int i = 0; i < truth.length; i++) {
            double other = p[2 * i + 1 - truth[i]];
            wrong[i] = other > 0.5 ? 1 : 0;
            brier[i] = other * other;
        }
        double risk = Arrays.stream(wrong).average().orElseThrow(), squared = Arrays.stream(brier).average().orElseThrow();
        // Coverage alone would let a wider or a somewhat narrower interval pass
        var fifty = new double[1_000];
        Arrays.fill(fifty, 0, 50, 1);
        var known = Generalization.heldOut(0.95, fifty);
        Interval byFormula = new Interval(0.05 - Math.sqrt(Math.log(40) / 2_000), 0.05 + Math.sqrt(Math.log(40) / 2_000)),
                exactly = known.exact().orElseThrow();
        double gap = Math.max(Math.abs(known.hoeffding().low() - byFormula.low()), Math.abs(known.hoeffding().high() - byFormula.high()));
        gap = Math.max(gap, Math.abs(exactly.low() - new Beta(50, 951).quantile(0.025)));
        gap = Math.max(gap, Math.abs(exactly.high() - new Beta(51, 950).quantile(0.975)));
        Evidence.of("ends for 50 mistakes in 1,000 from the formulas", gap, below(1e-12));
        int repetitions = 1_000, checked = 0;
        double least = 1, most = 0;
        for (int n : new int[] {50, 200, 1_000}) {
            int hoeffding = 0, exact = 0, bounded = 0;
            double narrower = 0;
            for (int r = 0; r < repetitions; r++) {
                var fresh = bells(n, Rng.of(1_000L * n + r));
                var held = Generalization.heldOut(0.95, model, fresh.x(), fresh.y());
                if (held.hoeffding().contains(risk)) hoeffding++;
                Interval counted = held.exact().orElseThrow();
                if (counted.contains(risk)) exact++;
                narrower += held.hoeffding().width() - counted.width();
                double[] q = model.predictProba(fresh.x()).toDoubleArray();
                int[] labels = fresh.labels();
                var loss = new double[n];
                for (int i = 0; i < n; i++) loss[i] = Math.pow(q[2 * i + 1 - labels[i]], 2);
                var any = Generalization.heldOut(0.95, loss);
                assertThat(any.exact()).isEmpty();
                if (any.hoeffding().contains(squared)) bounded++;
            }
            assertThat(narrower).isPositive();
            for (int covered : new int[] {hoeffding, exact, bounded}) {
                least = Math.min(least, covered / (double) repetitions);
                most = Math.max(most, covered / (double) repetitions);
                checked++;
            }
        }
        Evidence.of("least coverage of " + checked + " kinds of interval", least, atLeast(0.94));
        Evidence.of("largest coverage", most, between(0.94, 1));
    }

    @Acceptance(topic = "generalization", clause = 2)
    @Test void theGapOfLeastSquaresFallsAsOneOverN() {
        int[] sizes = {50, 100, 200, 400};
        var curve = Generalization.overSize(new LinearRegression(), Population.of(GeneralizationTest::linear), 2_000, 400, Rng.of(3),
                sizes);
        Evidence.of("slope of log gap over log n", Generalization.decay(curve), equalTo(-1, 0.15));
        // Five columns and an intercept of Gaussian noise 1: in closed form (p + 1)/n below, and p/(n - p - 2) and 1/n above
        double worst = 0;
        double[] gaps = Generalization.gaps(curve);
        for (int k = 0; k < sizes.length; k++) {
            double n = sizes[k], expected = 6 / n + (5 / (n - 7)) * (1 + 1 / n) + 1 / n;
            worst = Math.max(worst, Math.abs(gaps[k] / expected - 1));
        }
        assertThat(worst).isLessThan(0.2);
    }

    @Acceptance(topic = "generalization", clause = 3)
    @Tag("slow")
    @Test void aWideNetworkMemorisesShuffledDigits() {
        var digits = Datasets.digits().shuffled(Rng.of(4)).to(DType.F32);
        var found = Generalization.randomLabels(
                new MlpClassifier(1_024)
                        .withFit(new MlpFit().withEpochs(150).withBatchSize(100).withPenalty(0).withPatience(3).withTolerance(1e-2)),
                digits.range(0, 1_000), digits.range(1_000, digits.size()), Rng.of(5));
        Evidence.of("train accuracy with true labels", found.train(), exactly(1));
        Evidence.of("test accuracy with true labels", found.test(), atLeast(0.9));
        Evidence.of("train accuracy with shuffled labels", found.shuffledTrain(), exactly(1));
        Evidence.of("test accuracy with shuffled labels", found.shuffledTest(), equalTo(0.1, 0.05));
    }

    @Acceptance(topic = "generalization", clause = 4)
    @Test void theNearestNeighbourRemembersNoise() {
        var world = Population.of(GeneralizationTest::bells);
        var curve = Generalization.overNoise(new KNeighborsClassifier(1), world, 2, 200, 20, 500, Rng.of(6), 0.1, 0.2, 0.4);
        double seen = 0, least = 1;
        for (int k = 0; k < 3; k++) for (int r = 0; r < 20; r++) {
            seen = Math.max(seen, curve.train()[k][r]);
            least = Math.min(least, curve.validation()[k][r]);
        }
        Evidence.of("largest train error of 60 fits", seen, exactly(0));
        Evidence.of("least test error of 60 fits", least, above(0));
        // With labels wrong at rate s and a neighbour as wrong, 2 s (1 - s) of pairs disagree where the classes do not overlap
        var apart = Population.of((n, rng) -> {
            var d = bells(n, rng);
            return d.withX(d.x().add(d.y().to(DType.F64).mul(30).reshape(n, 1)));
        });
        var clear = Generalization.overNoise(new KNeighborsClassifier(1), apart, 2, 200, 20, 500, Rng.of(7), 0, 0.2);
        assertThat(clear.validation(0)).isZero();
        assertThat(clear.validation(1)).isCloseTo(2 * 0.2 * 0.8, within(0.02));
    }

    @Test void capacityWidensTheGapAndRowsNarrowIt() {
        var world = Population.of(GeneralizationTest::linear);
        var curve = Generalization.overCapacity(d -> new DecisionTreeRegressor().withMaxDepth(d), world, 200, 5, 500, Rng.of(8), 1, 3, 6,
                12);
        assertThat(Generalization.gaps(curve)).isSorted();
        var rows = Generalization.overSize(new KNeighborsClassifier(5), Population.rows(Datasets.digits()), 4, 300, Rng.of(9), 50, 200,
                800);
        assertThat(rows.validation(2)).isLessThan(rows.validation(0));
        var again = Generalization.overSize(new KNeighborsClassifier(5), Population.rows(Datasets.digits()), 4, 300, Rng.of(9), 50, 200,
                800);
        assertThat(again.validation()[1]).isEqualTo(rows.validation()[1]);
    }

    @Test void badUseIsNamed() {
        assertThatThrownBy(() -> Generalization.heldOut(0.95, 0.5, 1.2)).hasMessageContaining("a loss is 1.2; losses lie between 0 and 1");
        assertThatThrownBy(() -> Generalization.heldOut(1, 0.5)).hasMessageContaining("level is 1.0");
        assertThatThrownBy(() -> Generalization.heldOut(0.95)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Population.rows(Datasets.iris()).draw(100, 100, Rng.of(1)))
                .hasMessageContaining("100 and 100 rows of 150");
        assertThatThrownBy(() -> Population.rows(Datasets.iris()).withLabelNoise(1.5, 3)).hasMessageContaining("a share of 1.5");
        assertThatThrownBy(() -> Generalization
                .decay(new FitCurve(new double[] {1, 2}, new double[][] {{1}, {1}}, new double[][] {{1}, {2}}, new double[] {1})))
                .hasMessageContaining("all positive");
    }
}
