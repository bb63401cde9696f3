package lyceum.causal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class PotentialOutcomesTest {
    private static double[] normals(Rng rng, int n, double mean, double deviation) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = mean + deviation * rng.nextGaussian();
        return x;
    }

    /** k of n, each choice equally likely. */
    private static boolean[] lot(Rng rng, int n, int k) {
        var assignment = new boolean[n];
        for (int i : rng.sample(n, k)) assignment[i] = true;
        return assignment;
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 1) void allAssignmentsAverageToTheEffect() {
        var rng = Rng.of(729);
        double bias = 0, least = Double.POSITIVE_INFINITY, constantGap = 0, formula = 0;
        int tables = 0, assignments = 0;
        for (; tables < 50; tables++) {
            boolean constant = tables % 5 == 0;
            double[] y0 = normals(rng, 8, 3, 2), y1 = new double[8], gain = normals(rng, 8, 1, 1);
            for (int i = 0; i < 8; i++) y1[i] = y0[i] + (constant ? 1.7 : gain[i]);
            var table = new ScienceTable(y0, y1);
            double truth = 0;
            for (int i = 0; i < 8; i++) truth += (y1[i] - y0[i]) / 8;
            boolean[][] all = ScienceTable.assignments(8, 4);
            assignments += all.length;
            double mean = 0, variance = 0, estimated = 0;
            var seen = new double[all.length];
            for (int k = 0; k < all.length; k++) {
                var effect = table.experiment(all[k]).differenceInMeans();
                mean += (seen[k] = effect.estimate()) / all.length;
                estimated += effect.standardError() * effect.standardError() / all.length;
            }
            for (double s : seen) variance += (s - truth) * (s - truth) / all.length;
            bias = Math.max(bias, Math.abs(mean - truth));
            // Neyman: the estimate is too large by the variance of the effects over n.
            double spread = 0;
            for (int i = 0; i < 8; i++) spread += (y1[i] - y0[i] - truth) * (y1[i] - y0[i] - truth) / 7;
            formula = Math.max(formula, Math.abs(estimated - variance - spread / 8));
            if (constant) constantGap = Math.max(constantGap, Math.abs(estimated - variance));
            else least = Math.min(least, estimated - variance);
            assertThat(table.averageEffect()).isCloseTo(truth, within(1e-14));
        }
        Evidence.of("assignments of 50 tables", assignments, exactly(50 * 70));
        Evidence.of("mean difference in means less the ATE", bias, below(1e-12));
        Evidence.of("smallest excess of the mean Neyman variance, varying effects", least, above(0));
        Evidence.of("its excess over the true one, constant effects", constantGap, below(1e-12));
        Evidence.of("excess less the effects' variance over n", formula, below(1e-12));
        // The article's four units.
        var four = new ScienceTable(new double[] {3, 5, 4, 8}, new double[] {7, 6, 8, 11});
        double mean = 0, estimated = 0, variance = 0;
        for (boolean[] a : ScienceTable.assignments(4, 2)) {
            var effect = four.experiment(a).differenceInMeans();
            mean += effect.estimate() / 6;
            estimated += effect.standardError() * effect.standardError() / 6;
            variance += (effect.estimate() - 3) * (effect.estimate() - 3) / 6;
        }
        assertThat(mean).isCloseTo(3, within(1e-14));
        assertThat(estimated).isCloseTo(4.67, within(0.005));
        assertThat(variance).isCloseTo(4.17, within(0.005));
    }

    private static double coverage(long seed, boolean constant) {
        var rng = Rng.of(seed);
        int covered = 0;
        for (int run = 0; run < 4_000; run++) {
            double[] y0 = normals(rng, 200, 5, 1), y1 = new double[200];
            for (int i = 0; i < 200; i++) y1[i] = y0[i] + 0.5 + (constant ? 0 : rng.nextGaussian());
            var table = new ScienceTable(y0, y1);
            if (table.experiment(lot(rng, 200, 100)).differenceInMeans().interval(0.95).contains(table.averageEffect())) covered++;
        }
        return covered / 4_000.0;
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 2) void neymanIntervalsCover() {
        Evidence.of("coverage at n = 200, 4,000 simulations, constant effect", coverage(1, true), between(0.935, 0.965));
        Evidence.of("coverage with effects that vary with the outcome's own sd", coverage(2, false), atLeast(0.955));
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 3) void estimatesEqualStatsmodels() {
        double estimates = 0, errors = 0;
        int compared = 0, withError = 0;
        for (var c : Golden.load("golden/potential-outcomes.json").cases("e")) {
            double[] t = c.doubles("input.t");
            var treated = new boolean[t.length];
            for (int i = 0; i < t.length; i++) treated[i] = t[i] == 1;
            var data = new PotentialOutcomes(c.matrix("input.x"), treated, c.doubles("input.y"));
            Effect[] ours = {data.weighting(), data.regressionAdjustment(), data.doublyRobust(), data.regressionAdjustmentOfTreated(),
                    data.weightingOfTreated()};
            String[] names = {"ipw", "ra", "aipw", "raTreated", "ipwTreated"};
            for (int k = 0; k < 5; k++) {
                double[] theirs = c.doubles("expected." + names[k]);
                estimates = Math.max(estimates, Math.abs(ours[k].estimate() - theirs[0]));
                if (theirs.length > 1) {
                    errors = Math.max(errors, Math.abs(ours[k].standardError() / theirs[1] - 1));
                    withError++;
                }
                compared++;
            }
        }
        Evidence.of("estimates compared", compared, exactly(30));
        Evidence.of("IPW, RA and AIPW, of all and of the treated: largest gap", estimates, below(1e-10));
        Evidence.of("standard errors compared", withError, exactly(12));
        Evidence.of("of IPW and RA, relative", errors, below(1e-4));
    }

    /** Mean error of AIPW over samples of a law with curved propensity and outcome. */
    private static double bias(long seed, boolean outcomeRight, boolean propensityRight) {
        var rng = Rng.of(seed);
        int runs = 200, n = 1_500;
        double bias = 0;
        for (int run = 0; run < runs; run++) {
            double[][] right = new double[n][], wrong = new double[n][];
            var treated = new boolean[n];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                double x = rng.nextGaussian(), square = x * x - 1;
                right[i] = new double[] {x, square};
                wrong[i] = new double[] {x};
                treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-0.3 * x - 0.5 * square));
                y[i] = 2 + x + square + (treated[i] ? 1 : 0) + rng.nextGaussian();
            }
            bias += (new PotentialOutcomes(right, treated, y).doublyRobust(outcomeRight ? right : wrong, propensityRight ? right : wrong)
                    .estimate() - 1) / runs;
        }
        return Math.abs(bias);
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 4) void oneRightModelIsEnough() {
        Evidence.of("bias of AIPW, both models right", bias(11, true, true), below(0.05));
        Evidence.of("propensity wrong", bias(12, true, false), below(0.05));
        Evidence.of("outcome wrong", bias(13, false, true), below(0.05));
        Evidence.of("both wrong", bias(14, false, false), above(0.1));
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 5) void randomisationTestIsExact() {
        var rng = Rng.of(732);
        double worst = 0, gap = 0;
        int tables = 0, attained = 0;
        for (; tables < 20; tables++) {
            var y = normals(rng, 8, 0, 1);
            // Every fourth table has ties.
            if (tables % 4 == 0) for (int i = 0; i < 8; i++) y[i] = Math.rint(y[i]);
            var sharpNull = new ScienceTable(y, y);
            boolean[][] all = ScienceTable.assignments(8, 4);
            var p = new double[all.length];
            for (int k = 0; k < all.length; k++) p[k] = sharpNull.experiment(all[k]).randomisationTest(70, rng).pValue();
            // By hand: the share of assignments whose difference is as large.
            var differences = new double[all.length];
            for (int k = 0; k < all.length; k++) {
                double sum = 0;
                for (int i = 0; i < 8; i++) sum += all[k][i] ? y[i] / 4 : -y[i] / 4;
                differences[k] = Math.abs(sum);
            }
            for (int k = 0; k < all.length; k++) {
                double at = differences[k];
                gap = Math.max(gap, Math.abs(p[k] - Arrays.stream(differences).filter(d -> d >= at - 1e-12).count() / 70.0));
            }
            var values = new TreeSet<Double>();
            for (double v : p) values.add(v);
            for (double a : values) worst = Math.max(worst, Math.abs(Arrays.stream(p).filter(v -> v <= a).count() / 70.0 - a));
            for (int a = 0; a <= 1_000; a++) {
                double level = a / 1_000.0;
                assertThat(Arrays.stream(p).filter(v -> v <= level).count() / 70.0).isLessThanOrEqualTo(level + 1e-12);
            }
            attained += values.size();
        }
        Evidence.of("tables, 70 assignments each", tables, exactly(20));
        Evidence.of("attainable p values", attained, above(300));
        Evidence.of("largest |P(p <= a) - a| at attainable a", worst, below(1e-12));
        Evidence.of("p against enumeration by hand", gap, below(1e-12));
    }

    @Test
    @Acceptance(topic = "potential-outcomes", clause = 6) void weakOverlapIsFlagged() {
        var rng = Rng.of(733);
        int samples = 0, wrong = 0, flagged = 0, good = 0;
        for (; samples < 20; samples++) {
            int n = 400;
            double strength = samples % 2 == 0 ? 2.5 : 0.3;
            var x = new double[n][1];
            var treated = new boolean[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = rng.nextGaussian();
                treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-strength * x[i][0]));
            }
            var overlap = new PotentialOutcomes(x, treated, new double[n]).overlap(0.01);
            double[] b = logistic(x, treated);
            var expected = new TreeSet<Integer>();
            for (int i = 0; i < n; i++) {
                double e = 1 / (1 + Math.exp(-b[0] - b[1] * x[i][0]));
                if (e < 0.01 || e > 0.99) expected.add(i);
            }
            if (!Arrays.equals(overlap.flagged(), expected.stream().mapToInt(i -> i).toArray())) wrong++;
            if (overlap.isGood() != expected.isEmpty()) wrong++;
            flagged += expected.size();
            if (expected.isEmpty()) good++;
        }
        Evidence.of("samples", samples, exactly(20));
        Evidence.of("units with a propensity below 0.01 or above 0.99", flagged, above(50));
        Evidence.of("samples without any", good, atLeast(10));
        Evidence.of("samples flagged otherwise than by hand", wrong, exactly(0));
    }

    /** Intercept and slope by Newton's method. */
    private static double[] logistic(double[][] x, boolean[] treated) {
        double a = 0, b = 0;
        for (int step = 0; step < 50; step++) {
            double ga = 0, gb = 0, haa = 0, hab = 0, hbb = 0;
            for (int i = 0; i < x.length; i++) {
                double e = 1 / (1 + Math.exp(-a - b * x[i][0])), r = (treated[i] ? 1 : 0) - e, w = e * (1 - e);
                ga += r;
                gb += r * x[i][0];
                haa += w;
                hab += w * x[i][0];
                hbb += w * x[i][0] * x[i][0];
            }
            double det = haa * hbb - hab * hab;
            a += (hbb * ga - hab * gb) / det;
            b += (haa * gb - hab * ga) / det;
        }
        return new double[] {a, b};
    }

    @Test void otherEstimatorsFindTheEffect() {
        var rng = Rng.of(734);
        int n = 3_000;
        var x = new double[n][2];
        var treated = new boolean[n];
        double[] y0 = new double[n], y1 = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = rng.nextGaussian();
            x[i][1] = 5 * rng.nextGaussian();
            treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-0.8 * x[i][0] + 0.1 * x[i][1]));
            y0[i] = 1 + 2 * x[i][0] - 0.2 * x[i][1] + rng.nextGaussian();
            y1[i] = y0[i] + 1 + x[i][0];
        }
        var table = new ScienceTable(y0, y1);
        var data = table.experiment(treated, x);
        double ate = table.averageEffect(), att = table.averageEffect(treated);
        assertThat(att - ate).isGreaterThan(0.2);
        for (Effect e : new Effect[] {data.matching(1, false), data.matching(4, false), data.weighting(), data.crossFitted(5, rng),
                data.doublyRobust()})
            assertThat(e.estimate()).isCloseTo(ate, within(4 * e.standardError()));
        for (Effect e : new Effect[] {data.matching(3, true), data.weightingOfTreated(), data.regressionAdjustmentOfTreated()})
            assertThat(e.estimate()).isCloseTo(att, within(4 * e.standardError()));
        assertThat(Math.abs(data.differenceInMeans().estimate() - ate)).isGreaterThan(1);
        double[] effects = data.conditionalEffects(new double[][] {{-1, 0}, {0, 3}, {2, 0}});
        assertThat(effects).containsExactly(new double[] {0, 1, 3}, within(0.25));
        double[] before = data.balance(false), after = data.balance(true);
        for (int j = 0; j < 2; j++) {
            assertThat(Math.abs(before[j])).isGreaterThan(0.3);
            assertThat(Math.abs(after[j])).isLessThan(0.08);
        }
        assertThat(data.doublyRobust().pValue()).isLessThan(1e-6);
        assertThat(data.matching(4, false).standardError()).isBetween(0.02, 0.12);
    }

    /** A constant effect added to all treated moves every estimate by itself and leaves the errors; a unit of money for the outcome multiplies both. */
    @Test void errorsDoNotDependOnTheEffectsSize() {
        var rng = Rng.of(735);
        int n = 300;
        var x = new double[n][2];
        var treated = new boolean[n];
        double[] y = new double[n], moved = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 2; j++) x[i][j] = rng.nextGaussian();
            treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-0.7 * x[i][0]));
            y[i] = x[i][0] + x[i][1] * x[i][1] + rng.nextGaussian();
            moved[i] = 3 * (y[i] + (treated[i] ? 50 : 0));
        }
        PotentialOutcomes before = new PotentialOutcomes(x, treated, y), after = new PotentialOutcomes(x, treated, moved);
        List<Function<PotentialOutcomes, Effect>> estimators = List.of(PotentialOutcomes::differenceInMeans,
                PotentialOutcomes::regressionAdjustment, PotentialOutcomes::regressionAdjustmentOfTreated, PotentialOutcomes::weighting,
                PotentialOutcomes::weightingOfTreated, PotentialOutcomes::doublyRobust, d -> d.crossFitted(4, Rng.of(1)),
                d -> d.matching(2, false), d -> d.matching(2, true));
        for (var estimator : estimators) {
            Effect a = estimator.apply(before), b = estimator.apply(after);
            assertThat(b.estimate()).isCloseTo(3 * (a.estimate() + 50), within(1e-7));
            assertThat(b.standardError()).isCloseTo(3 * a.standardError(), within(1e-7));
        }
        // AIPW by its formula, from the propensities.
        double[] e = before.propensities();
        var means = before.doublyRobust(new double[n][0], x); // outcome models are the arms' means
        double one = Arrays.stream(before.outcomes(true)).average().orElseThrow(),
                none = Arrays.stream(before.outcomes(false)).average().orElseThrow();
        double sum = 0, square = 0;
        for (int i = 0; i < n; i++) {
            double term = one - none + (treated[i] ? (y[i] - one) / e[i] : -(y[i] - none) / (1 - e[i]));
            sum += term / n;
            square += term * term / n;
        }
        assertThat(means.estimate()).isCloseTo(sum, within(1e-9));
        assertThat(means.standardError()).isCloseTo(Math.sqrt((square - sum * sum) / n), within(1e-9));
        double[] weights = new double[2], squares = new double[2];
        for (int i = 0; i < n; i++) {
            double w = treated[i] ? 1 / e[i] : 1 / (1 - e[i]);
            weights[treated[i] ? 0 : 1] += w;
            squares[treated[i] ? 0 : 1] += w * w;
        }
        assertThat(before.overlap(0.01).effectiveSize())
                .containsExactly(new double[] {weights[0] * weights[0] / squares[0], weights[1] * weights[1] / squares[1]}, within(1e-9));
    }

    /** What each method says of its error against the spread of its estimates, where the covariate matters a lot and the propensity is estimated. */
    @Test void errorsAreTheSpread() {
        List<Function<PotentialOutcomes, Effect>> estimators = List.of(PotentialOutcomes::regressionAdjustment,
                PotentialOutcomes::regressionAdjustmentOfTreated, PotentialOutcomes::weighting, PotentialOutcomes::weightingOfTreated,
                PotentialOutcomes::doublyRobust, d -> d.crossFitted(4, Rng.of(1)), d -> d.matching(1, false), d -> d.matching(3, true));
        var rng = Rng.of(737);
        int runs = 500, n = 300;
        double[] error = new double[estimators.size()], mean = error.clone(), square = error.clone();
        for (int run = 0; run < runs; run++) {
            var x = new double[n][1];
            var treated = new boolean[n];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = rng.nextGaussian();
                treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-0.6 * x[i][0]));
                y[i] = 4 * x[i][0] + (treated[i] ? 1 : 0) + rng.nextGaussian();
            }
            var data = new PotentialOutcomes(x, treated, y);
            for (int k = 0; k < error.length; k++) {
                var effect = estimators.get(k).apply(data);
                error[k] += effect.standardError() / runs;
                mean[k] += effect.estimate() / runs;
                square[k] += effect.estimate() * effect.estimate() / runs;
            }
        }
        for (int k = 0; k < error.length; k++)
            assertThat(error[k] / Math.sqrt(square[k] - mean[k] * mean[k])).as("method " + k).isBetween(0.88, 1.12);
    }

    /** Twenty covariates that mean nothing: fits see their own noise and promise too small an error; without a unit's fold they do not. */
    @Test void crossFittingIsHonestAboutOverfitting() {
        var rng = Rng.of(736);
        int runs = 100, n = 200;
        double promised = 0, crossed = 0, spread = 0;
        for (int run = 0; run < runs; run++) {
            var x = new double[n][];
            for (int i = 0; i < n; i++) x[i] = normals(rng, 20, 0, 1);
            var data = new PotentialOutcomes(x, lot(rng, n, 100), normals(rng, n, 0, 1));
            promised += data.doublyRobust().standardError() / runs;
            var fit = data.crossFitted(5, rng);
            crossed += fit.standardError() / runs;
            spread += fit.estimate() * fit.estimate() / runs;
        }
        assertThat(Math.sqrt(spread) / promised).isGreaterThan(1.3);
        assertThat(Math.sqrt(spread) / crossed).isBetween(0.7, 1.05);
    }

    @Test void matchesAreTheNearest() {
        var data = new PotentialOutcomes(new double[][] {{0}, {1}, {1.4}, {3}, {10}}, new boolean[] {true, false, false, true, false},
                new double[] {1, 2, 4, 8, 16});
        // 0 takes 1 and 1.4; 3 takes 1.4 and 1; the others take both treated.
        assertThat(data.matching(2, true).estimate()).isCloseTo((1 - 3 + 8 - 3) / 2.0, within(1e-15));
        // 0 takes 1; 3 takes 1.4; 1 takes 0; 1.4 takes 0; 10 takes 3.
        assertThat(data.matching(1, false).estimate()).isCloseTo((1 - 2 + 8 - 4 + 1 - 2 + 1 - 4 + 8 - 16) / 5.0, within(1e-15));
        assertThatThrownBy(() -> data.matching(3, false)).hasMessageContaining("size of the smaller arm, 2");
        assertThatThrownBy(() -> new PotentialOutcomes(new double[2][0], new boolean[2], new double[2]))
                .hasMessageContaining("0 of 2 units");
        assertThatThrownBy(() -> data.overlap(0.7)).hasMessageContaining("between 0 and 0.5");
    }
}
