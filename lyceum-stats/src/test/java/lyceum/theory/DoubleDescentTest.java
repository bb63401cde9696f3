package lyceum.theory;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.linalg.PseudoInverse;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.DoubleDescent.FeatureMap;
import lyceum.theory.DoubleDescent.Sample;
import org.junit.jupiter.api.Test;

class DoubleDescentTest {
    private static final double[] GAMMAS = {0.1, 0.2, 0.3, 0.5, 0.7, 1.5, 2, 3, 5, 8};

    @Test
    @Acceptance(topic = "double-descent", clause = 1) void isotropicRiskFollowsTheAsymptoticFormula() {
        double worst = 0, formula = 0;
        for (double g : GAMMAS) {
            var risk = DoubleDescent.isotropic(200, (int) Math.round(200 * g), 0, 50, Rng.of(1));
            for (double[] rs : new double[][] {{3, 1}, {1, 1}, {0.5, 2}, {1, 0.1}}) {
                double r = rs[0], s = rs[1], told = g < 1 ? s * s * g / (1 - g) : r * r * (1 - 1 / g) + s * s / (g - 1);
                worst = Math.max(worst, Math.abs(risk.of(r, s) / told - 1));
                formula = Math.max(formula, Math.abs(DoubleDescent.asymptoticRisk(g, r, s, 0) / told - 1));
            }
        }
        Evidence.of("n = 200, 50 draws, ten gammas, four signals: largest relative distance from the formula", worst, atMost(0.05));
        assertThat(formula).isLessThan(1e-14);
    }

    /** Bias and variance given X are averages over beta and noise: here both are drawn. */
    @Test
    @Acceptance(topic = "double-descent", clause = 1) void theAverageOverSignalAndNoiseIsTheOneOfDraws() {
        double worst = 0;
        for (int p : new int[] {30, 90}) for (double ridge : new double[] {0, 0.3}) {
            int n = 60, draws = 4_000;
            double r = 2, s = 1.5, sum = 0, squares = 0;
            var rng = Rng.of(5);
            for (int t = 0; t < draws / 100; t++) {
                Tensor x = Tensor.randn(rng, DType.F64, n, p).compute(), beta = Tensor.randn(rng, DType.F64, p, 100);
                beta = beta.div(beta.square().sum(0).sqrt()).mul(r).compute();
                var y = x.matmul(beta).add(Tensor.randn(rng, DType.F64, n, 100).mul(s));
                var w = ridge == 0 ? PseudoInverse.of(x).solve(y)
                        : Linalg.solve(x.transpose().matmul(x).div((double) n).add(Tensor.eye(DType.F64, p).mul(ridge)),
                                x.transpose().matmul(y).div((double) n));
                double mean = w.sub(beta).square().sum().item() / 100;
                sum += mean;
                squares += mean * mean;
            }
            int runs = draws / 100;
            double mean = sum / runs, error = Math.sqrt((squares / runs - mean * mean) / (runs - 1));
            double told = DoubleDescent.isotropic(n, p, ridge, 400, Rng.of(6)).of(r, s);
            worst = Math.max(worst, Math.abs(mean - told) / error);
        }
        Evidence.of("largest distance of 4,000 drawn fits' risk from it, in standard errors, four cases", worst, atMost(4));
    }

    @Test void ridgedRiskFollowsItsFormulaAndIsLeastWhereItSays() {
        for (double g : new double[] {0.5, 0.95, 1, 1.2, 4}) {
            double r = 1.5, s = 1, best = g * s * s / (r * r);
            for (double ridge : new double[] {0.05, best, 2})
                assertThat(DoubleDescent.asymptoticRisk(g, r, s, ridge)).as("gamma %s, ridge %s", g, ridge)
                        .isCloseTo(DoubleDescent.isotropic(400, (int) (400 * g), ridge, 12, Rng.of(2)).of(r, s), within(0.03));
            double least = DoubleDescent.asymptoticRisk(g, r, s, best);
            for (double other : new double[] {0.8, 0.99, 1.01, 1.25})
                assertThat(DoubleDescent.asymptoticRisk(g, r, s, other * best)).isGreaterThan(least);
            if (g != 1)
                assertThat(DoubleDescent.asymptoticRisk(g, r, s, 1e-12)).isCloseTo(DoubleDescent.asymptoticRisk(g, r, s, 0), within(1e-7));
        }
        assertThat(DoubleDescent.asymptoticRisk(1, 1, 1, 0)).isInfinite();
        // The dip at r / (r - s): 2rs - s^2.
        assertThat(DoubleDescent.asymptoticRisk(1.5, 3, 1, 0)).isCloseTo(5, within(1e-12));
    }

    private static final class Fashion {
        static final Tensor X = Datasets.fashionMnist().test().flat().to(DType.F64).x().div(255).compute();
        static final int[] LABELS = Datasets.fashionMnist().test().labels();

        /** Rows of a shuffled order, targets one of ten. */
        static Sample rows(int[] order, int from, int to) {
            var y = new double[to - from][10];
            var rows = new long[to - from];
            for (int i = from; i < to; i++) {
                rows[i - from] = order[i];
                y[i - from][LABELS[order[i]]] = 1;
            }
            return new Sample(X.indexSelect(0, Tensor.of(rows)).compute(), Tensor.of(y));
        }
    }

    @Test
    @Acceptance(topic = "double-descent", clause = 2) void randomFeaturesOfPicturesPeakWhereTheyAreAsManyAsTheSamples() {
        int[] widths = {20, 50, 100, 150, 170, 180, 190, 200, 210, 220, 240, 300, 500, 1_000, 4_000};
        double furthest = 0, least = Double.POSITIVE_INFINITY, residue = 0, hidden = 0;
        for (int seed = 0; seed < 2; seed++) for (boolean relu : new boolean[] {true, false}) {
            int[] order = Rng.of(40 + seed).permutation(10_000);
            Sample train = Fashion.rows(order, 0, 200), test = Fashion.rows(order, 200, 700);
            var curve = new DoubleDescent(relu ? FeatureMap.relu(seed) : FeatureMap.fourier(0.1, seed)).sweep(train, test, widths);
            furthest = Math.max(furthest, Math.abs(curve.peak(0) / 200.0 - 1));
            double[] risk = curve.test()[0];
            least = Math.min(least, risk[7] / risk[14]);
            for (int i = 11; i < widths.length; i++) residue = Math.max(residue, curve.train()[0][i]);
            hidden = Math.max(hidden, risk[14] / Arrays.stream(risk, 0, 7).min().orElseThrow());
        }
        Evidence.of("distance of the peak from p = n, over n, ReLU and Fourier features, two draws", furthest, atMost(0.1));
        Evidence.of("least risk at p = n over that at 20 n", least, atLeast(5));
        Evidence.of("largest training error from p = 1.5 n on (some ReLUs are off on all pictures)", residue, below(1e-12));
        assertThat(hidden).as("the second valley is the lower one here").isLessThan(1);
    }

    @Test
    @Acceptance(topic = "double-descent", clause = 3) void tunedRidgeTakesTheSpikeAway() {
        int[] widths = {25, 50, 100, 150, 200, 250, 400, 1_000, 2_000};
        double[] ridges = {0, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3, 10, 30}, mean = new double[widths.length], bare = new double[widths.length];
        double apart = 0;
        var chosen = new TreeSet<Integer>();
        for (int seed = 0; seed < 10; seed++) {
            int[] order = Rng.of(70 + seed).permutation(10_000);
            Sample train = Fashion.rows(order, 0, 200), held = Fashion.rows(order, 200, 500);
            var curve = new DoubleDescent(FeatureMap.relu(seed), ridges).sweep(train, held, Fashion.rows(order, 500, 1_000), widths);
            for (int i = 0; i < widths.length; i++) {
                int least = 0;
                for (int r = 1; r < ridges.length; r++) if (curve.heldOut()[r][i] < curve.heldOut()[least][i]) least = r;
                chosen.add(least);
                mean[i] += curve.test()[least][i] / 10;
                bare[i] += curve.test()[0][i] / 10;
                assertThat(curve.tuned()[i]).isEqualTo(curve.test()[least][i]);
            }
            if (seed == 0) for (int i : new int[] {2, 6}) {
                Tensor phi = FeatureMap.relu(0).of(train.x(), widths[i]), fresh = FeatureMap.relu(0).of(held.x(), widths[i]);
                double byHand = fresh.matmul(PseudoInverse.of(phi).solve(train.y())).sub(held.y()).square().mean().item();
                apart = Math.max(apart, Math.abs(curve.heldOut()[0][i] / byHand - 1));
            }
        }
        Evidence.of("held-out risk without a ridge at two widths, relative to the pseudoinverse's", apart, atMost(1e-9));
        assertThat(chosen).as("different ridges are chosen").hasSizeGreaterThan(1);
        double rise = 0, spike = 0;
        for (int i = 1; i < widths.length; i++) {
            rise = Math.max(rise, mean[i] / mean[i - 1]);
            spike = Math.max(spike, bare[i] / bare[i - 1]);
        }
        Evidence.of("largest ratio of the tuned risk to that of the next smaller width, ten draws", rise, atMost(1.05));
        Evidence.of("without a ridge that ratio is", spike, atLeast(2));
    }

    @Test void oneWidthOverSamplesHasThePeakToo() {
        var rng = Rng.of(9);
        Tensor x = Tensor.randn(rng, DType.F64, 2_400, 60).compute(), beta = Tensor.randn(rng, DType.F64, 60).div(8),
                y = x.matmul(beta).add(Tensor.randn(rng, DType.F64, 2_400)).compute();
        Sample train = new Sample(x.narrow(0, 0, 400), y.narrow(0, 0, 400)),
                test = new Sample(x.narrow(0, 400, 2_000), y.narrow(0, 400, 2_000));
        var curve = new DoubleDescent(FeatureMap.columns()).sweepSamples(train, test, 60, 20, 40, 60, 90, 150, 400);
        assertThat(curve.peak(0)).isEqualTo(60);
        // More data hurt: 60 samples are worse than 20.
        assertThat(curve.test()[0][2]).isGreaterThan(2 * curve.test()[0][0]);
        var byHand = PseudoInverse.of(x.narrow(0, 0, 150)).solve(y.narrow(0, 0, 150));
        assertThat(curve.test()[0][4]).isCloseTo(test.x().matmul(byHand).sub(test.y()).square().mean().item(), within(1e-12));
        assertThatThrownBy(curve::tuned).hasMessageContaining("held-out");
        assertThatThrownBy(() -> new DoubleDescent(FeatureMap.columns(), new double[] {-1})).hasMessageContaining("-1.0");
        assertThatThrownBy(() -> new DoubleDescent(FeatureMap.columns()).sweep(train, test, 0)).hasMessageContaining("size of 0");
    }
}
