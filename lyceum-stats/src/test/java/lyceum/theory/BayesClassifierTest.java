package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import lyceum.math.Special;
import lyceum.prob.Binomial;
import lyceum.prob.Gamma;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BayesClassifierTest {
    private static final double[] EVEN = {0.5, 0.5};

    /** {@code Phi(z)} by the complementary error function. */
    private static double phi(double z) { return 0.5 * Special.erfc(-z / Math.sqrt(2)); }

    @Test
    @Acceptance(topic = "bayes-risk", clause = 1) void equalGaussiansErrAtHalfTheirDistance() {
        double line = 0, space = 0, outside = 0;
        var rng = Rng.of(1);
        for (double d : new double[] {0.1, 0.5, 1, 2, 3, 4, 6, 8}) {
            for (double scale : new double[] {0.01, 1, 30})
                line = Math.max(line,
                        Math.abs(BayesClassifier.of(EVEN, new Normal(5, scale), new Normal(5 + d * scale, scale)).risk() - phi(-d / 2)));
            // The difference of the means is A u d for a covariance A A' and a unit vector u: a Mahalanobis distance of d.
            int p = 3;
            double[][] a = new double[p][p], covariance = new double[p][p];
            double[] u = new double[p], other = new double[p];
            double norm = 0;
            for (int i = 0; i < p; i++) {
                for (int j = 0; j < p; j++) a[i][j] = rng.nextGaussian() + (i == j ? 2 : 0);
                u[i] = rng.nextGaussian();
                norm += u[i] * u[i];
            }
            for (int i = 0; i < p; i++) for (int j = 0; j < p; j++) {
                other[i] += a[i][j] * u[j] / Math.sqrt(norm) * d;
                for (int k = 0; k < p; k++) covariance[i][j] += a[i][k] * a[j][k];
            }
            space = Math.max(space, Math.abs(BayesClassifier.gaussianRisk(0.5, new double[p], other, covariance) - phi(-d / 2)));
            if (d > 4) continue; // 5,000 draws see too few errors
            var classes = BayesClassifier.of(EVEN, new MultivariateNormal(new double[p], covariance),
                    new MultivariateNormal(other, covariance));
            var sampled = classes.sampleRisk(5_000, 0.95, rng);
            outside = Math.max(outside, Math.abs(sampled.risk() - phi(-d / 2)) / sampled.standardError());
        }
        Evidence.of("largest distance from Phi(-d/2) on the line, by quadrature", line, atMost(1e-8));
        Evidence.of("in three dimensions, in closed form", space, atMost(1e-8));
        Evidence.of("in three dimensions, by 5,000 draws, in standard errors", outside, atMost(4));
        // Uneven priors: the error of the cut at 3/4 + ln 4 / 1.5 by hand, the closed form, quadrature and draws.
        var uneven = BayesClassifier.of(new double[] {0.8, 0.2}, new Normal(0, 1), new Normal(1.5, 1));
        double cut = 0.75 + Math.log(4) / 1.5, byHand = 0.8 * phi(-cut) + 0.2 * phi(cut - 1.5);
        assertThat(uneven.risk()).isCloseTo(byHand, within(1e-9));
        assertThat(BayesClassifier.gaussianRisk(0.8, new double[] {0}, new double[] {1.5}, new double[][] {{1}})).isCloseTo(byHand,
                within(1e-12));
        var drawn = uneven.sampleRisk(20_000, 0.95, rng);
        assertThat(drawn.risk()).isCloseTo(byHand, within(4 * drawn.standardError()));
        assertThat(drawn.interval().width()).isCloseTo(2 * 1.959964 * drawn.standardError(), within(1e-7));
        assertThatThrownBy(() -> uneven.sampleRisk(100, 95, rng)).hasMessageContaining("level 95.0");
    }

    @Test
    @Acceptance(topic = "bayes-risk", clause = 3) void theNearestNeighbourIsAtItsAsymptote() {
        var classes = BayesClassifier.of(EVEN, new Normal(-1, 1), new Normal(1, 1));
        double bayes = phi(-1), asymptote = classes.nearestNeighbourRisk();
        // The asymptote by Simpson's rule: eta = 1 / (1 + e^(-2x)).
        double simpson = 0;
        for (int i = 0; i <= 4_000; i++) {
            double x = -12 + 24 * i / 4_000.0, eta = 1 / (1 + Math.exp(-2 * x));
            double density = 0.5 * (Math.exp(-(x - 1) * (x - 1) / 2) + Math.exp(-(x + 1) * (x + 1) / 2)) / Math.sqrt(2 * Math.PI);
            simpson += (i == 0 || i == 4_000 ? 1 : i % 2 == 1 ? 4 : 2) * 24 / 4_000.0 / 3 * 2 * eta * (1 - eta) * density;
        }
        Evidence.of("asymptote less E 2 eta (1 - eta) by Simpson's rule", Math.abs(asymptote - simpson), below(1e-9));
        double apart = 0, most = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(3 + seed);
            int n = 20_000;
            var sample = new double[n][];
            for (int i = 0; i < n; i++) {
                int label = rng.nextDouble() < 0.5 ? 0 : 1;
                sample[i] = new double[] {rng.nextGaussian() + 2 * label - 1, label};
            }
            Arrays.sort(sample, Comparator.comparingDouble(z -> z[0]));
            // Each point rules from midway to its left to midway to its right: the mass of the other class there is the error.
            double risk = 0;
            for (int i = 0; i < n; i++) {
                double from = i == 0 ? Double.NEGATIVE_INFINITY : (sample[i - 1][0] + sample[i][0]) / 2,
                        to = i == n - 1 ? Double.POSITIVE_INFINITY : (sample[i][0] + sample[i + 1][0]) / 2,
                        mean = sample[i][1] == 0 ? 1 : -1;
                risk += 0.5 * (phi(to - mean) - phi(from - mean));
            }
            apart = Math.max(apart, Math.abs(risk / asymptote - 1));
            most = Math.max(most, risk / (2 * bayes * (1 - bayes)));
            assertThat(BayesClassifier.coverHart(risk, 2).contains(bayes)).isTrue();
        }
        Evidence.of("largest distance of the risk at n = 20,000 from the asymptote, relative", apart, atMost(0.05));
        Evidence.of("largest risk over 2R(1 - R)", most, atMost(1));
        assertThat(asymptote).isCloseTo(0.225, within(5e-4));
        // Both ends of the bracket are reached: equal posteriors everywhere, and one certain class.
        var same = BayesClassifier.coverHart(2.0 / 3, 3);
        assertThat(same.low()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(BayesClassifier.coverHart(2 * 0.1 * 0.9, 2).low()).isCloseTo(0.1, within(1e-12));
    }

    /** Three classes by hand: a normal, a wider one, and a gamma. */
    private static double[] byHand(double x) {
        double[] p = {0.5 * Math.exp(-(x + 1) * (x + 1) / 2) / Math.sqrt(2 * Math.PI),
                0.3 * Math.exp(-(x - 1) * (x - 1) / 8) / (2 * Math.sqrt(2 * Math.PI)), x > 0 ? 0.2 * 4 * x * Math.exp(-2 * x) : 0};
        double sum = p[0] + p[1] + p[2];
        for (int k = 0; k < 3; k++) p[k] /= sum;
        return p;
    }

    private static final BayesClassifier THREE = BayesClassifier.of(new double[] {0.5, 0.3, 0.2}, new Normal(-1, 1), new Normal(1, 2),
            new Gamma(2, 2));

    @Test
    @Acceptance(topic = "bayes-risk", clause = 4) void rejectingIsAThresholdOnTheLargestPosterior() {
        var rng = Rng.of(5);
        int same = 0, rejected = 0;
        for (int i = 0; i < 10_000; i++) {
            double x = -6 + 14 * rng.nextDouble(), cost = 0.66 * rng.nextDouble();
            int decision = THREE.decideOrReject(cost, x);
            boolean declined = decision == BayesClassifier.REJECT;
            double most = Arrays.stream(byHand(x)).max().orElseThrow();
            if (declined == most < 1 - cost && (declined || byHand(x)[decision] == most)) same++;
            if (declined) rejected++;
        }
        Evidence.of("points of 10,000 rejected exactly below the threshold", same, exactly(10_000));
        Evidence.of("points rejected", rejected, above(1_000));
        assertThat(rejected).isLessThan(9_000);
    }

    @Test
    @Acceptance(topic = "bayes-risk", clause = 5) void theZeroOneRuleIsTheLikeliestClass() {
        var rng = Rng.of(6);
        int same = 0;
        var chosen = new int[3];
        double worst = 0;
        for (int i = 0; i < 10_000; i++) {
            double x = -6 + 14 * rng.nextDouble();
            double[] p = byHand(x), posterior = THREE.posterior(x);
            int likeliest = p[1] > p[0] ? p[2] > p[1] ? 2 : 1 : p[2] > p[0] ? 2 : 0;
            if (THREE.decide(x) == likeliest) same++;
            chosen[likeliest]++;
            for (int k = 0; k < 3; k++) worst = Math.max(worst, Math.abs(p[k] - posterior[k]));
        }
        Evidence.of("points of 10,000 given to the likeliest class", same, exactly(10_000));
        Evidence.of("largest distance of a posterior from the one by hand", worst, below(1e-12));
        Evidence.of("points of the rarest decision", Arrays.stream(chosen).min().orElseThrow(), above(500));
    }

    @Test void costsMasksAndBadInput() {
        // A miss nine times dearer: the cut moves to -ln(9) / 2.
        var machines = BayesClassifier.of(EVEN, new Normal(-1, 1), new Normal(1, 1));
        double[][] cost = {{0, 9}, {1, 0}};
        double cut = -Math.log(9) / 2;
        assertThat(machines.decide(cost, cut - 1e-9)).isZero();
        assertThat(machines.decide(cost, cut + 1e-9)).isEqualTo(1);
        assertThat(machines.risk(cost)).isCloseTo(0.5 * (phi(-(cut + 1)) + 9 * phi(cut - 1)), within(1e-9));
        // Masses: the smaller of the two at each count, summed.
        var counts = BayesClassifier.of(new double[] {0.4, 0.6}, new Binomial(10, 0.3), new Binomial(10, 0.6));
        double sum = 0;
        for (int k = 0; k <= 10; k++) sum += Math.min(0.4 * new Binomial(10, 0.3).density(k), 0.6 * new Binomial(10, 0.6).density(k));
        assertThat(counts.risk()).isCloseTo(sum, within(1e-12));
        assertThatThrownBy(() -> BayesClassifier.of(new double[] {0.4, 0.4}, new Normal(0, 1), new Normal(1, 1)))
                .hasMessageContaining("add up to 0.8");
        assertThatThrownBy(() -> BayesClassifier.of(EVEN, new Normal(0, 1))).hasMessageContaining("2 priors of 1 classes");
        assertThatThrownBy(() -> BayesClassifier.of(EVEN, new Normal(0, 1), new Binomial(3, 0.5)))
                .hasMessageContaining("all discrete or all continuous");
        assertThatThrownBy(() -> BayesClassifier.coverHart(0.6, 2)).hasMessageContaining("risk of 0.6 for 2 classes");
        assertThatThrownBy(() -> machines.decide(new double[][] {{1}}, 0)).hasMessageContaining("a row of 1 costs for 2 classes");
    }
}
