package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class BetaDirichletTest {
    private static final Golden GOLDEN = Golden.load("golden/beta-dirichlet.json");

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 1) void densitiesCdfsAndMomentsEqualSciPys() {
        Gap relative = Gap.relative(), beyondOne = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("beta ")) {
            var d = new Beta(c.number("input.alpha"), c.number("input.beta"));
            String name = c.text("name");
            double[] x = c.doubles("input.x"), p = c.doubles("input.p");
            for (int i = 0; i < x.length; i++) {
                relative.see(name + " density at " + x[i], d.density(x[i]), c.doubles("expected.pdf")[i]);
                beyondOne.see(name + " log density at " + x[i], d.logDensity(x[i]), c.doubles("expected.logPdf")[i]);
                relative.see(name + " cdf at " + x[i], d.cdf(x[i]), c.doubles("expected.cdf")[i]);
            }
            for (int i = 0; i < p.length; i++)
                beyondOne.see(name + " quantile of " + p[i], d.quantile(p[i]), c.doubles("expected.quantile")[i]);
            relative.see(name + " mean", d.mean(), c.number("expected.mean"));
            relative.see(name + " variance", d.variance(), c.number("expected.variance"));
            beyondOne.see(name + " entropy", d.entropy(), c.number("expected.entropy"));
        }
        for (var c : GOLDEN.cases("dirichlet")) {
            var d = new Dirichlet(c.doubles("input.alpha"));
            String name = c.text("name");
            double[][] x = c.matrix("input.x"), covariance = c.matrix("expected.covariance");
            for (int i = 0; i < x.length; i++) beyondOne.see(name + " log density", d.logDensity(x[i]), c.doubles("expected.logPdf")[i]);
            for (int i = 0; i < covariance.length; i++) {
                relative.see(name + " mean", d.mean()[i], c.doubles("expected.mean")[i]);
                relative.see(name + " covariance", d.covariance()[i], covariance[i]);
            }
            beyondOne.see(name + " entropy", d.entropy(), c.number("expected.entropy"));
        }
        Evidence.of("values", relative.seen() + beyondOne.seen(), atLeast(700));
        Evidence.of("densities, cdfs and moments, relative", relative, below(1e-10));
        Evidence.of("logarithms, quantiles and entropies", beyondOne, below(1e-10));
    }

    private static double[] share(double[][] draws, int... parts) {
        return Arrays.stream(draws).mapToDouble(x -> Arrays.stream(parts).mapToDouble(i -> x[i]).sum()).toArray();
    }

    private static double ks(double[] draws, Beta law) {
        return HypothesisTest.kolmogorovSmirnov(draws, law, Alternative.TWO_SIDED).pValue();
    }

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 2) void sharesAreBetaAndMergingAdds() {
        double least = 1, merged = 1;
        for (double[] alpha : new double[][] {{0.4, 2, 3.5}, {7, 1, 0.9, 12}}) {
            var d = new Dirichlet(alpha);
            double total = Arrays.stream(alpha).sum();
            var rng = Rng.of(515 + alpha.length);
            double[][] draws = IntStream.range(0, 20_000).mapToObj(i -> d.sample(rng)).toArray(double[][]::new);
            for (int i = 0; i < alpha.length; i++) {
                least = Math.min(least, ks(share(draws, i), new Beta(alpha[i], total - alpha[i])));
                assertThat(d.marginal(i).alpha()).isEqualTo(alpha[i]);
                assertThat(d.marginal(i).beta()).isCloseTo(total - alpha[i], within(1e-14));
            }
            merged = Math.min(merged, ks(share(draws, 0, 2), new Beta(alpha[0] + alpha[2], total - alpha[0] - alpha[2])));
            int[] rest = IntStream.range(1, alpha.length).filter(i -> i != 2).toArray();
            assertThat(d.merged(rest, new int[] {2, 0}).alpha())
                    .containsExactly(new double[] {total - alpha[0] - alpha[2], alpha[0] + alpha[2]}, within(1e-14));
        }
        Evidence.of("least p of seven shares", least, above(0.01));
        Evidence.of("least p of merged shares", merged, above(0.01));
    }

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 3) void tinyConcentrationsGiveNumbers() {
        double worst = 0, corners = 0;
        int draws = 0, zeros = 0, bad = 0;
        for (int k : new int[] {2, 3, 10, 1_000}) {
            var alpha = new double[k];
            Arrays.fill(alpha, 0.001);
            var d = new Dirichlet(alpha);
            var rng = Rng.of(3 + k);
            var wins = new int[k];
            for (int n = 0; n < 200_000 / k; n++, draws++) {
                double sum = 0, most = 0;
                int at = 0;
                double[] x = d.sample(rng);
                for (int i = 0; i < k; i++) {
                    if (!(x[i] >= 0)) bad++;
                    if (x[i] == 0) zeros++;
                    sum += x[i];
                    if (x[i] > most) {
                        most = x[i];
                        at = i;
                    }
                }
                worst = Math.max(worst, Math.abs(sum - 1));
                wins[at]++;
            }
            // Corners come equally often
            if (k < 20) {
                var even = new double[k];
                Arrays.fill(even, 200_000 / k / (double) k);
                corners = Math.max(corners, 1 - HypothesisTest.chiSquare(Arrays.stream(wins).asDoubleStream().toArray(), even).pValue());
            }
        }
        Evidence.of("draws at 0.001", draws, exactly(100_000 + 66_666 + 20_000 + 200));
        Evidence.of("entries that are NaN or negative", bad, exactly(0));
        Evidence.of("sums less 1", worst, below(1e-12));
        Evidence.of("entries that are 0, as plain gamma draws over their sum would make NaN of", zeros, above(10_000));
        Evidence.of("1 - p of even corners", corners, below(0.999));
        var rng = Rng.of(5);
        var beta = new Beta(0.001, 0.003);
        double ones = 0;
        for (int i = 0; i < 50_000; i++) {
            double x = beta.sample(rng);
            assertThat(x).isBetween(0.0, 1.0);
            ones += x / 50_000;
        }
        assertThat(ones).isCloseTo(0.25, within(4 * Math.sqrt(0.25 * 0.75 / 50_000)));
    }

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 4) void fitsRecoverTheParameters() {
        double worst = 0, slope = 0;
        int fits = 0;
        for (double[] alpha : new double[][] {{0.3, 0.2}, {2, 5, 0.7}, {0.1, 0.1, 0.1, 0.1}, {30, 1, 8, 3, 0.5}, {200, 300}, {8, 4}}) {
            var d = new Dirichlet(alpha);
            var rng = Rng.of(4_000 + fits++);
            int n = 5_000;
            double[][] rows = new double[n][];
            for (int i = 0; i < n; i++) {
                do rows[i] = d.sample(rng); while (Arrays.stream(rows[i]).anyMatch(x -> x == 0));
            }
            double[] fitted = Dirichlet.fit(rows).alpha();
            double total = Arrays.stream(fitted).sum();
            for (int i = 0; i < alpha.length; i++) {
                worst = Math.max(worst, Math.abs(fitted[i] / alpha[i] - 1));
                double gradient = n * (Special.digamma(total) - Special.digamma(fitted[i]));
                for (var row : rows) gradient += Math.log(row[i]);
                slope = Math.max(slope, Math.abs(gradient));
            }
            if (alpha.length == 2 && alpha[0] > 1) {
                var beta = Beta.fit(share(rows, 0));
                assertThat(beta.alpha()).isCloseTo(fitted[0], within(1e-9 * fitted[0]));
                assertThat(beta.beta()).isCloseTo(fitted[1], within(1e-9 * fitted[1]));
            }
        }
        Evidence.of("fits of 5,000 draws", fits, exactly(6));
        Evidence.of("parameters, relative", worst, atMost(0.1));
        Evidence.of("gradient of the log-likelihood", slope, below(1e-8));
    }

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 5) void drawsMoveAlongTheirCdf() {
        Gap slopes = Gap.relativeBeyondOne(), quantiles = Gap.relativeBeyondOne(), shares = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("beta ")) {
            var d = new Beta(c.number("input.alpha"), c.number("input.beta"));
            double[] x = c.doubles("input.x");
            for (int i = 0; i < x.length; i++) {
                slopes.see(c.text("name") + " at " + x[i], d.pathwise(x[i]), c.matrix("expected.slopes")[i]);
                double p = d.cdf(x[i]), q = d.survival(x[i]), h = 1e-4 * d.alpha();
                if (x[i] < 1e-9 || p < 1e-6) continue;
                double moved = p < 0.5 ? new Beta(d.alpha() + h, d.beta()).quantile(p) - new Beta(d.alpha() - h, d.beta()).quantile(p)
                        : new Beta(d.alpha() + h, d.beta()).upperQuantile(q) - new Beta(d.alpha() - h, d.beta()).upperQuantile(q);
                quantiles.see(c.text("name") + " at " + x[i], d.pathwise(x[i])[0], moved / (2 * h));
            }
        }
        for (var c : GOLDEN.cases("gamma")) {
            var d = new Gamma(c.number("input.shape"), 1);
            double[] x = c.doubles("input.x");
            for (int i = 0; i < x.length; i++) {
                slopes.see(c.text("name") + " at " + x[i], d.pathwise(x[i])[0], c.doubles("expected.slopes")[i]);
                slopes.see("of rate 3", new Gamma(d.shape(), 3).pathwise(x[i] / 3)[0], c.doubles("expected.slopes")[i] / 3);
            }
        }
        for (double[] alpha : new double[][] {{0.4, 2, 3.5}, {7, 1, 0.9, 12}}) {
            var d = new Dirichlet(alpha);
            double total = Arrays.stream(alpha).sum();
            var rng = Rng.of(55);
            for (int n = 0; n < 50; n++) {
                double[] x = d.sample(rng);
                double[][] moves = d.pathwise(x);
                for (int j = 0; j < x.length; j++) {
                    double h = 1e-4 * alpha[j], p = new Beta(alpha[j], total - alpha[j]).cdf(x[j]), sum = 0;
                    double moved = new Beta(alpha[j] + h, total - alpha[j]).quantile(p)
                            - new Beta(alpha[j] - h, total - alpha[j]).quantile(p);
                    shares.see("share " + j, moves[j][j], moved / (2 * h));
                    for (int i = 0; i < x.length; i++) sum += moves[i][j];
                    assertThat(sum).isCloseTo(0, within(1e-14));
                }
            }
        }
        Evidence.of("slopes against 50 digits", slopes.seen(), atLeast(100));
        Evidence.of("largest gap", slopes, below(1e-12));
        Evidence.of("beta draws against moved quantiles", quantiles, below(1e-5));
        Evidence.of("Dirichlet shares against moved quantiles", shares, below(1e-5));
    }

    /** d/dalpha_j of E f by averages along draws, against closed forms: what the moves of all shares together are for. */
    @Test void averagedMovesAreGradients() {
        double[] alpha = {0.8, 2, 3.5};
        var d = new Dirichlet(alpha);
        double total = Arrays.stream(alpha).sum();
        int n = 40_000;
        double[][] sum = new double[3][3], square = new double[3][3];
        var rng = Rng.of(56);
        for (int t = 0; t < n; t++) {
            double[] x = d.sample(rng);
            double[][] moves = d.pathwise(x);
            for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) { // f = x_i x_0
                double v = moves[i][j] * x[0] + x[i] * moves[0][j];
                sum[i][j] += v / n;
                square[i][j] += v * v / n;
            }
        }
        for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
            double up = product(alpha, total, i, j, 1e-5), down = product(alpha, total, i, j, -1e-5);
            assertThat(sum[i][j]).isCloseTo((up - down) / 2e-5, within(4 * Math.sqrt((square[i][j] - sum[i][j] * sum[i][j]) / n)));
        }
    }

    /** {@code E x_i x_0} with alpha_j moved by h. */
    private static double product(double[] alpha, double total, int i, int j, double h) {
        double a = alpha[i] + (i == j ? h : 0), first = alpha[0] + (j == 0 ? h : 0), t = total + h;
        return a * (first + (i == 0 ? 1 : 0)) / (t * (t + 1));
    }

    @Test
    @Acceptance(topic = "beta-dirichlet", clause = 6) void countsAddToTheParameters() {
        double worst = 0;
        int cases = 0;
        var rng = Rng.of(66);
        for (; cases < 100; cases++) {
            int k = 2 + rng.nextInt(5);
            double[] alpha = new double[k], counts = new double[k], sum = new double[k];
            for (int i = 0; i < k; i++) {
                alpha[i] = Math.exp(rng.nextGaussian());
                counts[i] = rng.nextInt(20);
                sum[i] = alpha[i] + counts[i];
            }
            var prior = new Dirichlet(alpha);
            var posterior = prior.posterior(counts);
            assertThat(posterior.alpha()).containsExactly(sum);
            if (k == 2) assertThat(new Beta(alpha[0], alpha[1]).posterior(counts[0], counts[1])).isEqualTo(new Beta(sum[0], sum[1]));
            // Prior times likelihood is the posterior times one number at all points
            double first = Double.NaN;
            for (int t = 0; t < 6; t++) {
                double[] x = new Dirichlet(1.5, 3, 1, 1, 1, 2).sample(rng);
                x = Arrays.copyOf(x, k);
                double total = Arrays.stream(x).sum(), log = 0;
                for (int i = 0; i < k; i++) {
                    x[i] /= total;
                    log += counts[i] * Math.log(x[i]);
                }
                double evidence = prior.logDensity(x) + log - posterior.logDensity(x);
                if (t == 0) first = evidence;
                worst = Math.max(worst, Math.abs(evidence - first) / Math.max(1, Math.abs(log)));
            }
        }
        Evidence.of("priors, parameters added to the last bit", cases, exactly(100));
        Evidence.of("prior times likelihood over posterior, point to point", worst, below(1e-12));
    }

    @Test void refusals() {
        assertThatThrownBy(() -> Dirichlet.fit(new double[][] {{0.5, 0.5}, {0, 1}})).hasMessageContaining("the share 0.0 in [0.0, 1.0]");
        assertThatThrownBy(() -> Dirichlet.fit(new double[][] {{0.5, 0.5}, {0.5, 0.6}})).hasMessageContaining("has the sum 1.1");
        assertThatThrownBy(() -> Dirichlet.fit(new double[][] {{0.25, 0.75}, {0.25, 0.75}})).hasMessageContaining("all shares are alike");
        assertThatThrownBy(() -> new Dirichlet(1, 2, 3).merged(new int[] {0}, new int[] {0, 1})).hasMessageContaining("outcome 0;");
        assertThatThrownBy(() -> new Dirichlet(1, 2, 3).merged(new int[] {0}, new int[] {1}))
                .hasMessageContaining("1 outcomes are in no group");
        assertThatThrownBy(() -> new Dirichlet(1, 2).posterior(1, -1)).hasMessageContaining("-1.0 is negative");
        assertThatThrownBy(() -> new Gamma(1, 2).pathwise(0)).hasMessageContaining("x is 0.0");
        assertThat(new Beta(2, 3).pathwise(1)).containsExactly(new double[2], within(0.0));
    }

    @Test void cornersHaveTheLimitOfSharesThatShrinkAlike() {
        double[] corner = {0, 0, 1};
        assertThat(new Dirichlet(0.5, 2, 3).logDensity(corner)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(new Dirichlet(2, 0.5, 3).logDensity(corner)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(new Dirichlet(0.25, 1.5, 3).logDensity(corner)).isEqualTo(Double.POSITIVE_INFINITY);
        for (double[] alpha : new double[][] {{0.5, 1.5, 3}, {1, 1, 2}, {1.75, 0.25, 0.5}}) {
            var d = new Dirichlet(alpha);
            assertThat(d.logDensity(corner)).isCloseTo(d.logDensity(new double[] {1e-12, 1e-12, 1 - 2e-12}), within(1e-9));
        }
        assertThat(new Dirichlet(0.5, 2, 3).logDensity(new double[] {0, 0.5, 0.5})).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(new Dirichlet(0.5, 2, 3).logDensity(new double[] {0, 0, 0.5})).isEqualTo(Double.NEGATIVE_INFINITY);
    }
}
