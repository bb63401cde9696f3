package lyceum.stats;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.linalg.LeastSquares;
import lyceum.math.Incomplete;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.ChiSquare;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Poisson;
import lyceum.prob.StudentT;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class CentralLimitTest {
    private static final int[] SIZES = {4, 16, 64, 256};
    /** The third absolute central moments over sigma^3, by hand: Bernoulli (p^2 + q^2) / sqrt(pq), exponential 12/e - 2, uniform 3 sqrt(3) / 4. */
    private static final double[] THIRD = {(0.01 + 0.81) / 0.3, 12 / Math.E - 2, 0.75 * Math.sqrt(3)};
    private static final List<UnivariateDistribution> LAWS = List.of(new Binomial(1, 0.1), new Exponential(2), new Uniform(-1, 3));

    @Test
    @Acceptance(topic = "clt", clause = 1) void theDistanceStaysUnderBerryAndEsseensBound() {
        int runs = 20_000, held = 0;
        double bound = 0, simulated = 0;
        // The sample's own distance is below this in all but 0.1% of draws (Dvoretzky, Kiefer and Wolfowitz, with Massart's constant).
        double error = Math.sqrt(Math.log(2 / 0.001) / (2 * runs));
        for (int law = 0; law < 3; law++) for (int n : SIZES) {
            var x = LAWS.get(law);
            double most = 0.4748 * THIRD[law] / Math.sqrt(n), exact = CentralLimit.law(x, n).distance();
            double seen = CentralLimit.distance(CentralLimit.means(x, n, runs, Rng.of(1901 + n)));
            bound = Math.max(bound, Math.abs(CentralLimit.berryEsseen(x, n) - most));
            simulated = Math.max(simulated, Math.abs(seen - exact));
            if (seen <= most + error && exact <= most) held++;
        }
        Evidence.of("laws and sizes whose distance, simulated and exact, stays under 0.4748 rho / (s^3 sqrt n)", held, exactly(12));
        Evidence.of("the unit's bound less the one by hand", bound, atMost(1e-8));
        Evidence.of("simulated less exact distance, over its Monte Carlo error", simulated / error, atMost(1));
    }

    @Test
    @Acceptance(topic = "clt", clause = 2) void theDistanceFallsAtTheRootAndForSymmetricLawsFaster() {
        Evidence.of("log-log slope, exponential", slope(new Exponential(1)), between(-0.6, -0.4));
        Evidence.of("log-log slope, uniform", slope(new Uniform(0, 1)), between(-1.15, -0.85));
        // The article's table, computed by the gamma law.
        assertThat(Arrays.stream(SIZES).mapToDouble(n -> CentralLimit.law(new Exponential(1), n).distance()).toArray())
                .containsExactly(new double[] {0.067, 0.033, 0.017, 0.008}, within(5e-4));
        // Two uniform variables by hand: z = (s - 1) sqrt(6), the sum's distribution function s^2 / 2 up to 1.
        for (double s : new double[] {0.1, 0.4, 0.9, 1})
            assertThat(CentralLimit.law(new Uniform(0, 1), 2).cdf().applyAsDouble((s - 1) * Math.sqrt(6))).isCloseTo(s * s / 2,
                    within(1e-8));
        // Four: s^4 / 24 up to 1.
        for (double s : new double[] {0.3, 0.8, 1})
            assertThat(CentralLimit.law(new Uniform(0, 1), 4).cdf().applyAsDouble((s - 2) * Math.sqrt(3))).isCloseTo(Math.pow(s, 4) / 24,
                    within(1e-9));
        // All sizes by Irwin's and Hall's alternating sum, exactly.
        double gap = 0;
        for (int n : SIZES)
            for (double z : new double[] {-2.5, -1.7, -0.75, -0.3, 0.2, 0.742, 1.4, 3})
                gap = Math.max(gap, Math.abs(
                        CentralLimit.law(new Uniform(0, 1), n).cdf().applyAsDouble(z) - irwinHall(n / 2.0 + z * Math.sqrt(n / 12.0), n)));
        Evidence.of("law of uniform means against the sum of powers in integers", gap, atMost(1e-9));
    }

    /** {@code sum_k (-1)^k C(n, k) (s - k)^n / n!} over k up to s. */
    private static double irwinHall(double s, int n) {
        BigDecimal sum = BigDecimal.ZERO, choose = BigDecimal.ONE;
        for (int k = 0; k <= n && k < s; k++) {
            var term = new BigDecimal(s).subtract(BigDecimal.valueOf(k)).pow(n, new MathContext(700)).multiply(choose);
            sum = k % 2 == 0 ? sum.add(term) : sum.subtract(term);
            choose = choose.multiply(BigDecimal.valueOf(n - k)).divide(BigDecimal.valueOf(k + 1));
        }
        for (int k = 2; k <= n; k++) sum = sum.divide(BigDecimal.valueOf(k), new MathContext(700));
        return sum.doubleValue();
    }

    /** Of log distance on log n. */
    private static double slope(UnivariateDistribution x) {
        return LeastSquares.slope(Arrays.stream(SIZES).mapToDouble(Math::log).toArray(),
                Arrays.stream(SIZES).mapToDouble(n -> Math.log(CentralLimit.law(x, n).distance())).toArray());
    }

    @Test
    @Acceptance(topic = "clt", clause = 3) void meansOfCauchyVariablesNeverSettle() {
        var cauchy = new StudentT(1);
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int n : SIZES) {
            double[] quarters = Descriptive.quantiles(CentralLimit.plainMeans(cauchy, n, 40_000, Rng.of(n)), 0.25, 0.75);
            least = Math.min(least, quarters[1] - quarters[0]);
            most = Math.max(most, quarters[1] - quarters[0]);
        }
        Evidence.of("least interquartile range over the Cauchy law's 2", least / 2, between(0.95, 1.05));
        Evidence.of("largest interquartile range over the Cauchy law's 2", most / 2, between(0.95, 1.05));
        assertThatThrownBy(() -> CentralLimit.means(cauchy, 4, 10, Rng.of(1))).hasMessageContaining("the theorem needs a finite one");
    }

    @Test
    @Acceptance(topic = "clt", clause = 4) void theDeltaMethodGivesTheVarianceOfALogMean() {
        var x = new Gamma(4, 2);
        int n = 200, runs = 20_000;
        double[] logs = Arrays.stream(CentralLimit.plainMeans(x, n, runs, Rng.of(4))).map(Math::log).toArray();
        double predicted = CentralLimit.deltaVariance(m -> m.log().sum(), Tensor.of(2.0), Tensor.of(new double[][] {{1}}), n);
        assertThat(predicted).isCloseTo(1.0 / (4 * n), within(1e-15));
        Evidence.of("measured variance of log mean over the delta method's", Descriptive.variance(logs) / predicted, between(0.95, 1.05));
        // A ratio of means of two dependent variables.
        var pair = new MultivariateNormal(new double[] {3, 2}, new double[][] {{1, 0.5}, {0.5, 2}});
        var rng = Rng.of(5);
        var ratios = new ArrayList<Double>();
        for (int r = 0; r < 20_000; r++) {
            double a = 0, b = 0;
            for (int i = 0; i < n; i++) {
                double[] draw = pair.sample(rng);
                a += draw[0];
                b += draw[1];
            }
            ratios.add(a / b);
        }
        double ratio = CentralLimit.deltaVariance(m -> m.get(0).div(m.get(1)), Tensor.of(3.0, 2), Tensor.of(pair.covariance()), n);
        Evidence.of("measured variance of a ratio of means over the delta method's",
                Descriptive.variance(ratios.stream().mapToDouble(v -> v).toArray()) / ratio, between(0.95, 1.05));
    }

    @Test void latticesJumpAndVectorsBecomeChiSquare() {
        // Ten tosses of a fair coin: P(sum <= 5) = 638 / 1024, and 386 / 1024 just before.
        var law = CentralLimit.law(new Binomial(1, 0.5), 10);
        assertThat(law.cdf().applyAsDouble(0)).isCloseTo(638.0 / 1024, within(1e-12));
        assertThat(law.left().applyAsDouble(0)).isCloseTo(386.0 / 1024, within(1e-12));
        assertThat(law.distance()).isCloseTo(0.5 - 386.0 / 1024, within(1e-3));
        assertThat(CentralLimit.law(new Poisson(2), 50).distance()).isCloseTo(CentralLimit.law(new Poisson(100), 1).distance(),
                within(1e-12));
        var vector = new MultivariateNormal(new double[] {1, -2, 0}, new double[][] {{2, 1, 0}, {1, 3, 0}, {0, 0, 1}});
        double[] squares = CentralLimit.squaredMeans(vector, 5, 5_000, Rng.of(6));
        assertThat(HypothesisTest.kolmogorovSmirnov(squares, new ChiSquare(3), Alternative.TWO_SIDED).statistic())
                .isLessThan(1.95 / Math.sqrt(5_000));
        assertThat(CentralLimit.distance(new double[] {0})).isCloseTo(0.5, within(1e-15));
        assertThat(CentralLimit.distance(new double[] {Incomplete.normalQuantile(0.25), Incomplete.normalQuantile(0.75)})).isCloseTo(0.25,
                within(1e-12));
        assertThatThrownBy(() -> CentralLimit.law(new Beta(2, 2), 3)).hasMessageContaining("simulate them with means");
        assertThatThrownBy(() -> CentralLimit.means(new Exponential(1), 0, 3, Rng.of(1))).hasMessageContaining("3 means of 0 draws");
    }
}
