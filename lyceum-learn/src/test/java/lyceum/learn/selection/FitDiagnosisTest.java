package lyceum.learn.selection;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.PolynomialFeatures;
import lyceum.learn.linear.Ridge;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.learn.selection.FitDiagnosis.Cause;
import lyceum.learn.selection.FitDiagnosis.Verdict;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FitDiagnosisTest {

    private static Learner polynomial(int degree) { return Pipeline.of(new PolynomialFeatures(degree), new LinearRegression()); }

    /** Inputs from -1 to 1, one period of a sine, noise of deviation sigma. */
    private static Tensor[] sine(Rng rng, int n, double sigma) {
        double[][] x = new double[n][1];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = 2 * rng.nextDouble() - 1;
            y[i] = Math.sin(Math.PI * (x[i][0] + 1)) + sigma * rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(y)};
    }

    @Test
    @Acceptance(topic = "overfitting", clause = 1) void polynomialsThroughTwentyPointsOverfit() {
        int repeats = 200;
        double[] validation = new double[16];
        double rise = Double.NEGATIVE_INFINITY;
        for (int r = 0; r < repeats; r++) {
            Tensor[] seen = sine(Rng.of(r), 20, 0.3), fresh = sine(Rng.of(10_000 + r), 400, 0.3);
            double before = Double.POSITIVE_INFINITY;
            for (int degree = 1; degree <= 15; degree++) {
                var model = ((Regressor) polynomial(degree)).fit(seen[0], seen[1]);
                double train = model.predict(seen[0]).sub(seen[1]).square().mean().item();
                rise = Math.max(rise, train - before);
                before = train;
                validation[degree] += model.predict(fresh[0]).sub(fresh[1]).square().mean().item() / repeats;
            }
        }
        int best = 1;
        for (int degree = 2; degree <= 15; degree++) if (validation[degree] < validation[best]) best = degree;
        Evidence.of("largest rise of the training error with the degree, 200 repeats", rise, atMost(1e-10));
        Evidence.of("degree of the least mean validation error", best, between(3, 6));
        Evidence.of("that of degree 15 over it", validation[15] / validation[best], atLeast(5));
    }

    private record Family(String name, IntFunction<Learner> byCapacity, int[] capacities) {}

    private static final List<Family> FAMILIES = List.of(
            new Family("polynomials", FitDiagnosisTest::polynomial, new int[] {1, 3, 5, 14, 25}),
            new Family("trees", d -> new DecisionTreeRegressor().withMaxDepth(d), new int[] {1, 2, 3, 5, 12}),
            new Family("neighbours", c -> new KNeighborsRegressor(Math.max(1, 40 / c)), new int[] {1, 4, 8, 20, 40}), new Family(
                    "penalised", c -> Pipeline.of(new PolynomialFeatures(25), new Ridge(Math.pow(10, 3 - c))), new int[] {1, 3, 4, 6, 14}));

    /** Status by expected risk: of 30 training sets on 500 fresh points, against the best of the family. */
    private static Verdict truth(Family family, int n, double sigma, int point) {
        double[] risk = new double[family.capacities.length];
        for (int r = 0; r < 30; r++) {
            Tensor[] seen = sine(Rng.of(77).split(r), n * 4 / 5, sigma), fresh = sine(Rng.of(78).split(r), 500, sigma);
            for (int k = 0; k < risk.length; k++)
                risk[k] += ((Regressor) family.byCapacity.apply(family.capacities[k])).fit(seen[0], seen[1]).predict(fresh[0]).sub(fresh[1])
                        .square().mean().item() / 30;
        }
        int best = 0;
        for (int k = 1; k < risk.length; k++) if (risk[k] < risk[best]) best = k;
        if (risk[point] <= 1.05 * risk[best]) return Verdict.WELL_FITTED;
        if (risk[point] < 1.6 * risk[best]) return null; // neither
        return point > best ? Verdict.OVERFITTED : Verdict.UNDERFITTED;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "overfitting", clause = 2) void verdictsAreTheKnownOnes() {
        var counts = new EnumMap<Verdict, Integer>(Verdict.class);
        var wrong = new ArrayList<String>();
        int right = 0, total = 0;
        var truths = new HashMap<String, Optional<Verdict>>();
        for (int pass = 0; pass < 14; pass++)
            for (var family : FAMILIES)
                for (double sigma : new double[] {0.2, 0.4}) for (int point = 0; point < family.capacities.length; point++) {
                    int n = 120, at = point;
                    var known = truths.computeIfAbsent(family.name + sigma + point, key -> Optional.ofNullable(truth(family, n, sigma, at)))
                            .orElse(null);
                    if (known == null || counts.getOrDefault(known, 0) == 40) continue;
                    counts.merge(known, 1, Integer::sum);
                    Tensor[] data = sine(Rng.of(5_000 + 100 * pass + total), n, sigma);
                    var curve = FitCurve.overCapacity(family.byCapacity, data[0], data[1], 30, family.capacities);
                    var found = FitDiagnosis.of(curve, point);
                    total++;
                    if (found.verdict() == known) right++;
                    else wrong.add(family.name + " " + family.capacities[point] + " sigma " + sigma + " is " + known + ", said "
                            + found.verdict() + ": " + found.evidence());
                }
        Evidence.of("pairs of learner and data, 40 of each status", total, exactly(120));
        assertThat(counts.values()).containsOnly(40);
        assertThat(wrong).hasSizeLessThanOrEqualTo(6);
        Evidence.of("verdicts that are right", right / 120.0, atLeast(0.95));
    }

    @Test
    @Acceptance(topic = "overfitting", clause = 3) void aDeepTreeOnNoiseIsFlagged() {
        double worst = 0, train = 1;
        int flagged = 0;
        double mean = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            int n = 1_000;
            var labels = new long[n];
            for (int i = 0; i < n; i++) labels[i] = rng.nextInt(2);
            Tensor x = Tensor.randn(rng, DType.F64, n, 5).compute(), y = Tensor.of(labels);
            var curve = FitCurve.overCapacity(d -> new DecisionTreeClassifier().withMaxDepth(d), x, y, 20, 1, 3, 50);
            train = Math.min(train, 1 - curve.train(2));
            worst = Math.max(worst, Math.abs(1 - curve.validation(2) - 0.5));
            mean += (1 - curve.validation(2)) / 5;
            if (FitDiagnosis.of(curve, 2).verdict() == Verdict.OVERFITTED) flagged++;
            assertThat(FitDiagnosis.of(curve, 0).verdict()).isNotEqualTo(Verdict.WELL_FITTED);
        }
        Evidence.of("least training accuracy of deep trees on random labels", train, exactly(1));
        Evidence.of("largest distance of the validation accuracy from 0.5, five draws", worst, atMost(0.03));
        Evidence.of("called overfitted, of five", flagged, exactly(5));
    }

    @Test
    @Acceptance(topic = "underfitting", clause = 1) void aLineThroughASineHasTheErrorThatItMustHave() {
        double exact = 0.5 - 3 / (Math.PI * Math.PI), apart = 0, off = 0;
        for (int seed = 0; seed < 5; seed++) {
            Tensor[] data = sine(Rng.of(seed), 6_000, 0);
            var curve = FitCurve.overCapacity(FitDiagnosisTest::polynomial, data[0], data[1], 20, 1, 7);
            apart = Math.max(apart, Math.abs(curve.validation(0) / curve.train(0) - 1));
            off = Math.max(off, Math.max(Math.abs(curve.validation(0) / exact - 1), Math.abs(curve.train(0) / exact - 1)));
            assertThat(FitDiagnosis.of(curve, 0).verdict()).isEqualTo(Verdict.UNDERFITTED);
        }
        Evidence.of("validation over training error of the line, less 1: largest of five draws", apart, atMost(0.05));
        Evidence.of("either over 1/2 - 3/pi^2, less 1", off, atMost(0.05));
    }

    /** Inputs from twenty places, so that they repeat. */
    private static Tensor[] repeated(Rng rng, int n, double sigma) {
        double[][] x = new double[n][1];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = (rng.nextInt(20) + 0.5) / 10 - 1;
            y[i] = Math.sin(Math.PI * (x[i][0] + 1)) + sigma * rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(y)};
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "underfitting", clause = 2) void fourPlantedCausesAreNamed() {
        int right = 0, total = 0;
        var wrong = new ArrayList<String>();
        var named = new EnumMap<Cause, Integer>(Cause.class);
        var boosted = new GbdtRegressor().withMaxDepth(2);
        for (int seed = 0; seed < 30; seed++) for (var planted : Cause.values()) {
            Tensor[] data = planted == Cause.NOISE ? repeated(Rng.of(seed), 150, 1)
                    : seed % 2 == 0 ? sine(Rng.of(seed), 150, 0.2) : repeated(Rng.of(seed), 150, 0.2);
            Learner learner = switch (planted) {
                case CAPACITY -> new Ridge(1e-3);
                case PENALTY -> Pipeline.of(new PolynomialFeatures(7), new Ridge(1_000));
                case TRAINING -> boosted.withRounds(4);
                case NOISE -> Pipeline.of(new PolynomialFeatures(5), new Ridge(0.1));
            };
            // Always all three: what is solved in one step is trained no further.
            Map<Cause, Learner> alternatives = switch (planted) {
                case CAPACITY -> Map.of(Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(7), new Ridge(1e-3)), Cause.PENALTY,
                        new Ridge(1e-5), Cause.TRAINING, learner);
                case PENALTY -> Map.of(Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(14), new Ridge(1_000)), Cause.PENALTY,
                        Pipeline.of(new PolynomialFeatures(7), new Ridge(10)), Cause.TRAINING, learner);
                case TRAINING -> Map.of(Cause.CAPACITY, boosted.withRounds(4).withMaxDepth(6), Cause.PENALTY,
                        boosted.withRounds(4).withL2(0), Cause.TRAINING, boosted.withRounds(80));
                case NOISE -> Map.of(Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(9), new Ridge(0.1)), Cause.PENALTY,
                        Pipeline.of(new PolynomialFeatures(5), new Ridge(1e-4)), Cause.TRAINING, boosted.withRounds(40));
            };
            var found = FitDiagnosis.underfitting(learner, alternatives, data[0], data[1], 12);
            total++;
            named.merge(planted, found.cause() == planted ? 1 : 0, Integer::sum);
            if (found.cause() == planted) right++;
            else wrong.add(seed + ": " + planted + ", said " + found);
            assertThat(found.errors().keySet()).containsExactly(Cause.CAPACITY, Cause.PENALTY, Cause.TRAINING);
        }
        Evidence.of("planted causes, four of 30 seeds each", total, exactly(120));
        Evidence.of("named rightly", right / 120.0, atLeast(0.9));
        Evidence.of("least so of a cause, of 30", named.values().stream().min(Integer::compare).orElseThrow(), atLeast(27));
        assertThat(wrong).hasSizeLessThanOrEqualTo(12);
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "underfitting", clause = 3) void repeatedInputsTellTheNoise() {
        double worst = 0;
        int accused = 0;
        for (int seed = 0; seed < 100; seed++) {
            double sigma = 0.2 + seed % 5 * 0.3;
            double noise = 0;
            for (int part = 0; part < 5; part++) {
                Tensor[] data = repeated(Rng.of(900 + seed).split(part), 400, sigma);
                noise += FitDiagnosis.noise(data[0], data[1]) / 5;
            }
            worst = Math.max(worst, Math.abs(noise / (sigma * sigma) - 1));
            Tensor[] data = repeated(Rng.of(900 + seed), 400, sigma);
            // The right model, beside richer ones that may look better by luck.
            if (FitDiagnosis.underfitting(polynomial(7),
                    Map.of(Cause.CAPACITY, polynomial(11), Cause.PENALTY, new DecisionTreeRegressor().withMaxDepth(5)), data[0], data[1], 8)
                    .isUnderfitted())
                accused++;
        }
        Evidence.of("noise of 2,000 rows at twenty places over the true one, less 1: largest of 100", worst, atMost(0.1));
        Evidence.of("models at the noise's level that are called underfitted, of 100", accused, exactly(0));
        // By hand: labels 0 0 1 of one input and 2 2 of another: one departs, of 3 that tell.
        assertThat(FitDiagnosis.noise(Tensor.of(new double[][] {{1}, {1}, {1}, {2}, {2}}), Tensor.of(new long[] {0, 0, 1, 2, 2})))
                .isEqualTo(1 / 3.0);
        assertThat(FitDiagnosis.noise(Tensor.of(new double[][] {{1}, {2}}), Tensor.of(1.0, 2))).isNaN();
    }

    @Test void curvesOverRowsFallAndBadInputIsNamed() {
        Tensor[] data = sine(Rng.of(3), 400, 0.3);
        var curve = FitCurve.overSize(polynomial(5), data[0], data[1], 20, 10, 40, 320);
        assertThat(curve.validation(0)).isGreaterThan(curve.validation(1)).isGreaterThan(curve.validation(2));
        assertThat(curve.train(0)).isLessThan(curve.train(2));
        assertThat(Arrays.stream(curve.baseline()).average().orElseThrow()).isBetween(0.5, 0.7);
        assertThatThrownBy(() -> FitDiagnosis.of(curve, 3)).hasMessageContaining("point 3 of 3");
        assertThatThrownBy(() -> FitCurve.overCapacity(FitDiagnosisTest::polynomial, data[0], data[1], 1, 2))
                .hasMessageContaining("1 splits");
        for (int size : new int[] {0, 321})
            assertThatThrownBy(() -> FitCurve.overSize(polynomial(1), data[0], data[1], 3, 10, size))
                    .hasMessageContaining("a size of " + size + " rows; between 1 and the 320 of 400");
        assertThatThrownBy(() -> FitDiagnosis.underfitting(new Ridge(1.0), Map.of(Cause.NOISE, new Ridge(1.0)), data[0], data[1], 3))
                .hasMessageContaining("not an alternative");
    }
}
