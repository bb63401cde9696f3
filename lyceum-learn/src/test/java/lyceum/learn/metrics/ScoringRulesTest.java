package lyceum.learn.metrics;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.Exponential;
import lyceum.prob.Mixture;
import lyceum.prob.Normal;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ScoringRulesTest {
    private static final String TOPIC = "proper-scoring-rules";
    private static final List<ScoringRules> STRICT = List.of(ScoringRules.LOG, ScoringRules.BRIER, ScoringRules.SPHERICAL,
            ScoringRules.RANKED);

    private static double[] simplex(Rng rng, int k) {
        var p = new double[k];
        double sum = 0;
        for (int i = 0; i < k; i++) sum += p[i] = -Math.log(rng.nextDoublePositive());
        for (int i = 0; i < k; i++) p[i] /= sum;
        return p;
    }

    /** Any other report, or one near the truth. */
    private static double[] report(Rng rng, double[] p, int t) {
        var q = simplex(rng, p.length);
        double step = t % 3 == 0 ? 1 : Math.pow(10, -2 * rng.nextDouble());
        for (int k = 0; k < q.length; k++) q[k] = p[k] + step * (q[k] - p[k]);
        return q;
    }

    private static double expected(ScoringRules rule, double[] p, double[] q) {
        double sum = 0;
        for (int y = 0; y < p.length; y++) sum += p[y] * rule.penalty(q, y);
        return sum;
    }

    private static double square(double v) { return v * v; }

    private static double norm(double[] p) { return Math.sqrt(Arrays.stream(p).map(v -> v * v).sum()); }

    private static double dot(double[] p, double[] q) {
        double sum = 0;
        for (int k = 0; k < p.length; k++) sum += p[k] * q[k];
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void noReportBeatsTheTruthAndStrictRulesHaveOneMinimum() {
        var rng = Rng.of(715);
        int pairs = 0, beaten = 0, notUnique = 0;
        for (int t = 0; t < 10_000; t++, pairs++) {
            double[] p = simplex(rng, 2 + t % 5), q = report(rng, p, t);
            double apart = 0;
            for (int k = 0; k < p.length; k++) apart += square(p[k] - q[k]);
            for (var rule : STRICT) {
                double loss = expected(rule, p, q) - expected(rule, p, p);
                if (loss < -1e-15) beaten++;
                // With up to six classes each of them loses more than a thirtieth of the squared distance, and rounding.
                if (!(loss > apart / 30 - 1e-15)) notUnique++;
            }
            if (expected(ScoringRules.ZERO_ONE, p, q) < expected(ScoringRules.ZERO_ONE, p, p) - 1e-15) beaten++;
        }
        // The zero-one score: the truth is not the only minimum.
        double[] p = {0.51, 0.49}, bold = {0.99, 0.01};
        assertThat(expected(ScoringRules.ZERO_ONE, p, bold)).isEqualTo(expected(ScoringRules.ZERO_ONE, p, p));
        Evidence.of("pairs, five rules each", pairs, exactly(10_000));
        Evidence.of("times that the truth was beaten", beaten, exactly(0));
        Evidence.of("times that another report lost less than a thirtieth of its squared distance, strict rules", notUnique, exactly(0));
    }

    @Test void penaltiesByHand() {
        double[] q = {0.2, 0.5, 0.3};
        assertThat(ScoringRules.LOG.penalty(q, 1)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(ScoringRules.BRIER.penalty(q, 2)).isCloseTo(0.04 + 0.25 + 0.49, within(1e-15));
        assertThat(ScoringRules.SPHERICAL.penalty(q, 0)).isCloseTo(1 - 0.2 / Math.sqrt(0.38), within(1e-15));
        assertThat(ScoringRules.RANKED.penalty(q, 0)).isCloseTo(0.64 + 0.09, within(1e-15));
        assertThat(ScoringRules.RANKED.penalty(q, 2)).isCloseTo(0.04 + 0.49, within(1e-15));
        assertThat(ScoringRules.ZERO_ONE.penalty(q, 1)).isZero();
        assertThat(ScoringRules.LINEAR.penalty(q, 1)).isEqualTo(0.5);
        assertThat(ScoringRules.LOG.penalty(new double[] {1, 0}, 1)).isInfinite();
        assertThat(ScoringRules.LOG.expected(new double[] {1, 0}, new double[] {1, 0})).isZero();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theCheckerFindsWhatIsNotProperAndNothingElse() {
        int found = 0, missed = 0, wronged = 0, seeds = 20;
        for (int seed = 0; seed < seeds; seed++) {
            for (int classes = 2; classes <= 5; classes++) {
                var linear = PropernessCheck.of(ScoringRules.LINEAR, classes, 1000, Rng.of(seed));
                var zeroOne = PropernessCheck.of(ScoringRules.ZERO_ONE, classes, 1000, Rng.of(seed));
                if (linear.againstProperness().isPresent() && zeroOne.againstStrictness().isPresent() && zeroOne.isProper()) found++;
                else missed++;
                var c = linear.againstProperness().orElseThrow();
                double gain = dot(c.truth(), c.report()) - dot(c.truth(), c.truth());
                if (!(gain > 0) || Math.abs(gain - c.gain()) > 1e-12) wronged++;
                var s = zeroOne.againstStrictness().orElseThrow();
                if (Math.abs(expected(ScoringRules.ZERO_ONE, s.truth(), s.report())
                        - expected(ScoringRules.ZERO_ONE, s.truth(), s.truth())) > 1e-12)
                    wronged++;
                for (var rule : STRICT) if (!PropernessCheck.of(rule, classes, 1000, Rng.of(seed)).isStrictlyProper()) wronged++;
            }
        }
        Evidence.of("runs of 1,000 tries, of 80, that judged the linear and the zero-one score rightly", found, exactly(80));
        Evidence.of("runs that missed something", missed, exactly(0));
        Evidence.of("counterexamples that are none, and strict rules blamed", wronged, exactly(0));
    }

    @Test void theCheckerJudgesRulesOfUsers() {
        // A quadratic score with its report bent a little, the cube of the absolute error, and the log score of a halved report.
        assertThat(PropernessCheck.of((q, y) -> square(1 - 0.9 * q[y]), 2, 1000, Rng.of(1)).isProper()).isFalse();
        assertThat(PropernessCheck.of((q, y) -> Math.pow(1 - q[y], 3), 2, 1000, Rng.of(1)).isProper()).isFalse();
        assertThat(PropernessCheck.of((q, y) -> 3 - 2 * Math.log(q[y]), 4, 1000, Rng.of(1)).isStrictlyProper()).isTrue();
        // One that looks at the first class alone is proper and not strictly so.
        var first = PropernessCheck.of((q, y) -> square(q[0] - (y == 0 ? 1 : 0)), 3, 1000, Rng.of(1));
        assertThat(first.isProper()).isTrue();
        assertThat(PropernessCheck.of((q, y) -> 0, 3, 1000, Rng.of(1)).isStrictlyProper()).isFalse();
        assertThatThrownBy(() -> PropernessCheck.of(ScoringRules.LOG, 1, 10, Rng.of(1))).hasMessageContaining("1 classes");
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void continuousScoresEqualIntegrationAndPairs() {
        Gap normal = Gap.absolute(), mixture = Gap.absolute(), general = Gap.absolute(), sample = Gap.absolute();
        var golden = GOLDEN.named("crps");
        double[] one = golden.doubles("expected.normal"), many = golden.doubles("expected.mixture");
        for (int i = 0; i < one.length; i++) {
            var r = new Recipe(71500 + i);
            double m = 4 * r.bell(), sd = 0.1 + 3 * r.uniform(), y = 6 * r.bell();
            normal.see("case " + i, Crps.of(new Normal(m, sd), y), one[i]);
            int k = 2 + r.below(3);
            double[] w = r.uniforms(k), ms = r.bells(k), sds = r.uniforms(k);
            var parts = new UnivariateDistribution[k];
            for (int j = 0; j < k; j++) {
                w[j] += 0.1;
                parts[j] = new Normal(4 * ms[j], 0.2 + 2 * sds[j]);
            }
            mixture.see("case " + i, Crps.of(new Mixture(new Categorical(w), List.of(parts)), y), many[i]);
            // A normal distribution that does not say so is integrated.
            general.see("case " + i,
                    Crps.of(new Mixture(new Categorical(new double[] {1, 1}), List.of(new Normal(m, sd), new Shy(new Normal(m, sd)))), y),
                    one[i]);
        }
        var rng = Rng.of(3);
        for (int run = 0; run < 500; run++) {
            int size = 1 + rng.nextInt(40);
            var x = new double[size];
            for (int i = 0; i < size; i++) x[i] = run % 2 == 0 ? 5 + 3 * rng.nextGaussian() : rng.nextInt(6);
            double y = run % 4 == 1 ? x[rng.nextInt(size)] : 5 + 5 * rng.nextGaussian(), near = 0, among = 0;
            for (double a : x) {
                near += Math.abs(a - y);
                for (double b : x) among += Math.abs(a - b);
            }
            sample.see("run " + run, Crps.ofSample(x, y), near / size - among / (2.0 * size * size));
            sample.see("energy " + run,
                    ForecastScores.energy(Arrays.stream(x).mapToObj(a -> new double[] {a}).toArray(double[][]::new), new double[] {y}, 1),
                    near / size - among / (2.0 * size * size));
        }
        Evidence.of("normal forecasts less scipy's integrals", normal, atMost(1e-11));
        Evidence.of("mixtures of normals likewise", mixture, atMost(1e-11));
        Evidence.of("distributions without a closed form likewise", general, atMost(1e-10));
        Evidence.of("samples: sorted less all pairs, 500 samples", sample, atMost(1e-13));
    }

    private static final Golden GOLDEN = Golden.load("golden/proper-scoring-rules.json");

    /** Hides what it is. */
    private record Shy(Normal normal) implements UnivariateDistribution {
        @Override public double logDensity(double x) { return normal.logDensity(x); }

        @Override public double cdf(double x) { return normal.cdf(x); }

        @Override public double survival(double x) { return normal.survival(x); }

        @Override public double quantile(double p) { return normal.quantile(p); }

        @Override public double mean() { return normal.mean(); }

        @Override public double variance() { return normal.variance(); }

        @Override public double low() { return normal.low(); }

        @Override public double high() { return normal.high(); }

        @Override public double entropy() { return normal.entropy(); }

        @Override public boolean isDiscrete() { return false; }

        @Override public double sample(Rng rng) { return normal.sample(rng); }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void expectedScoreIsEntropyPlusDivergence() {
        var rng = Rng.of(4);
        Gap sum = Gap.absolute(), forms = Gap.absolute(), crps = Gap.absolute();
        for (int t = 0; t < 2000; t++) {
            int k = 2 + t % 6;
            double[] p = simplex(rng, k), q = report(rng, p, t);
            double kl = 0, shannon = 0, ranked = 0, spread = 0, cp = 0, cq = 0, apart = 0;
            for (int y = 0; y < k; y++) {
                kl += p[y] * (Math.log(p[y]) - Math.log(q[y]));
                shannon -= p[y] * Math.log(p[y]);
                apart += square(p[y] - q[y]);
                cp += p[y];
                cq += q[y];
                ranked += square(cp - cq);
                if (y < k - 1) spread += cp * (1 - cp);
            }
            double spherical = norm(p) * (1 - dot(p, q) / norm(p) / norm(q));
            double[] divergences = {kl, apart, spherical, ranked}, entropies = {shannon, 1 - dot(p, p), 1 - norm(p), spread};
            for (int r = 0; r < STRICT.size(); r++) {
                var rule = STRICT.get(r);
                sum.see(rule + ", pair " + t, rule.entropy(p) + rule.divergence(p, q), expected(rule, p, q));
                forms.see("divergence, " + rule + ", pair " + t, rule.divergence(p, q), divergences[r]);
                forms.see("entropy, " + rule + ", pair " + t, rule.entropy(p), entropies[r]);
                forms.see("expected, " + rule + ", pair " + t, rule.expected(p, q), expected(rule, p, q));
            }
        }
        for (int t = 0; t < 200; t++) {
            double[] f = new double[1 + rng.nextInt(12)], g = new double[1 + rng.nextInt(12)];
            for (int i = 0; i < f.length; i++) f[i] = t % 2 == 0 ? rng.nextGaussian() : rng.nextInt(5);
            for (int i = 0; i < g.length; i++) g[i] = t % 2 == 0 ? rng.nextGaussian() + 1 : rng.nextInt(5);
            double mean = Arrays.stream(f).map(y -> Crps.ofSample(g, y)).average().orElseThrow();
            crps.see("samples " + t, Crps.entropyOfSample(f) + Crps.divergenceOfSamples(f, g), mean);
        }
        for (int t = 0; t < 20; t++) {
            var f = new Normal(rng.nextGaussian(), 0.5 + rng.nextDouble());
            var g = t % 2 == 0 ? new Normal(rng.nextGaussian(), 0.5 + rng.nextDouble())
                    : new Mixture(new Categorical(new double[] {1, 2}), List.of(new Normal(-1, 0.7), new Normal(1.5, 1)));
            // Trapezoids of smooth functions that vanish at both ends converge like exp(-1 / step).
            double mean = 0, squared = 0, step = f.standardDeviation() / 20;
            for (int i = -300; i <= 300; i++) {
                double y = f.mean() + i * step;
                mean += step * f.density(y) * Crps.of(g, y);
            }
            for (double y = -20; y <= 20; y += 0.01) squared += 0.01 * square(f.cdf(y) - g.cdf(y));
            crps.see("normal " + t, Crps.entropy(f) + Crps.divergence(f, g), mean);
            forms.see("CRPS divergence " + t, Crps.divergence(f, g), squared);
        }
        Evidence.of("entropy + divergence less expected score, four rules, 2,000 pairs", sum, atMost(1e-13));
        Evidence.of("entropy + divergence less expected CRPS, samples and normals", crps, atMost(1e-12));
        Evidence.of("divergences and entropies less their closed forms", forms, atMost(1e-12));
    }

    @Test void scoresOfOtherDistributions() {
        // E|X - y| - E|X - X'| / 2 of an exponential of mean 1: y + 2 exp(-y) - 3/2.
        assertThat(Crps.of(new Exponential(1), 0.7)).isCloseTo(0.7 + 2 * Math.exp(-0.7) - 1.5, within(1e-11));
        assertThat(Crps.of(new Exponential(1), -2)).isCloseTo(2 + 0.5, within(1e-11));
        assertThat(Crps.entropy(new Exponential(1))).isCloseTo(0.5, within(1e-11));
        assertThat(Crps.divergence(new Exponential(1), new Exponential(0.5))).isCloseTo(1 / 2.0 - 2 / 1.5 + 1, within(1e-11));
        // A discrete one as a long sample of its values.
        var coin = new Binomial(3, 0.5);
        double[] tosses = {0, 1, 1, 1, 2, 2, 2, 3}, other = {0, 0, 1, 3};
        for (double y : new double[] {-1.5, 0, 0.3, 2, 4.25})
            assertThat(Crps.of(coin, y)).isCloseTo(Crps.ofSample(tosses, y), within(1e-12));
        assertThat(Crps.entropy(coin)).isCloseTo(Crps.entropyOfSample(tosses), within(1e-12));
        // F - G on [0, 1), [1, 2), [2, 3): 1/8 - 1/2, 1/2 - 3/4, 7/8 - 3/4.
        assertThat(Crps.divergenceOfSamples(tosses, other)).isCloseTo((9 + 4 + 1) / 64.0, within(1e-15));
        assertThat(Crps.divergence(coin, new Binomial(3, 0))).isCloseTo((49 + 16 + 1) / 64.0, within(1e-12));
        assertThat(Crps.ofSample(new double[] {2}, 5)).isEqualTo(3);
        assertThatThrownBy(() -> Crps.ofSample(new double[0], 1)).hasMessageContaining("empty");
        assertThatThrownBy(() -> Crps.divergence(coin, Normal.STANDARD)).hasMessageContaining("not both");
    }

    /** The best quantile and interval by brute force over a sample. */
    @Test void quantileAndIntervalScoresAreLeastAtTheQuantiles() {
        var rng = Rng.of(5);
        double[] y = new double[999];
        for (int i = 0; i < y.length; i++) y[i] = Math.exp(rng.nextGaussian());
        double[] sorted = y.clone();
        Arrays.sort(sorted);
        for (double tau : new double[] {0.1, 0.5, 0.9}) {
            double best = sorted[0];
            for (double q : sorted) if (mean(y, v -> ForecastScores.pinball(q, tau, v)) < meanPinball(y, best, tau)) best = q;
            assertThat(best).isEqualTo(sorted[(int) Math.ceil(999 * tau) - 1]);
        }
        double low = sorted[99], high = sorted[899], least = mean(y, v -> ForecastScores.interval(low, high, 0.2, v));
        assertThat(least).isCloseTo(2 / 0.2 * (meanPinball(y, low, 0.1) + meanPinball(y, high, 0.9)), within(1e-12));
        assertThat(ForecastScores.interval(10, 14, 0.2, 15)).isEqualTo(14);
        assertThat(ForecastScores.interval(10, 14, 0.2, 9.5)).isEqualTo(9);
        assertThat(ForecastScores.energy(new double[][] {{0, 0}, {6, 8}}, new double[] {3, 4}, 1)).isEqualTo(5 - 10 / 4.0);
        assertThat(ForecastScores.energy(new double[][] {{0, 0}, {6, 8}}, new double[] {3, 4}, 1.5))
                .isCloseTo(Math.pow(5, 1.5) - Math.pow(10, 1.5) / 4, within(1e-12));
        assertThatThrownBy(() -> ForecastScores.pinball(1, 1.2, 0)).hasMessageContaining("tau is 1.2");
        assertThatThrownBy(() -> ForecastScores.interval(2, 1, 0.1, 0)).hasMessageContaining("low is 2.0");
    }

    private static double mean(double[] y, DoubleUnaryOperator f) { return Arrays.stream(y).map(f).average().orElseThrow(); }

    private static double meanPinball(double[] y, double q, double tau) { return mean(y, v -> ForecastScores.pinball(q, tau, v)); }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void murphysThreePartsAreTheBrierScoreOfDiscreteForecasts() {
        Gap gap = Gap.absolute(), parts = Gap.absolute();
        var rng = Rng.of(6);
        int runs = 500;
        for (int run = 0; run < runs; run++) {
            int n = 1 + rng.nextInt(200), levels = 1 + rng.nextInt(12);
            var truth = new boolean[n];
            double[] f = new double[n], w = run % 2 == 0 ? null : new double[n];
            for (int i = 0; i < n; i++) {
                f[i] = rng.nextInt(levels) / (double) levels;
                truth[i] = rng.nextDouble() < 0.3 + 0.4 * f[i];
                if (w != null) w[i] = 0.1 + rng.nextDouble();
            }
            double brier = 0, total = 0;
            for (int i = 0; i < n; i++) {
                double wi = w == null ? 1 : w[i];
                brier += wi * square(f[i] - (truth[i] ? 1 : 0));
                total += wi;
            }
            var d = BrierDecomposition.of(truth, f, w);
            gap.see("run " + run, d.reliability() - d.resolution() + d.uncertainty(), brier / total);
            double[] own = murphy(truth, f, w);
            parts.see("run " + run, new double[] {d.reliability(), d.resolution(), d.uncertainty()}, own);
        }
        Evidence.of("reliability - resolution + uncertainty less the score, 500 sets", gap, atMost(1e-14));
        Evidence.of("the parts less their definition, row by row", parts, atMost(1e-14));
        // The twenty days of the article.
        boolean[] rain = new boolean[20];
        var said = new double[20];
        for (int i = 0; i < 20; i++) {
            said[i] = i < 10 ? 0.8 : 0.2;
            rain[i] = i < 7 || i >= 17;
        }
        var days = BrierDecomposition.of(rain, said, null);
        assertThat(new double[] {days.reliability(), days.resolution(), days.uncertainty(), days.score(), days.skill()})
                .containsExactly(new double[] {0.01, 0.04, 0.25, 0.22, 0.12}, within(1e-15));
    }

    /** Row by row: the frequency among the rows of the same forecast stands for its bin. */
    private static double[] murphy(boolean[] truth, double[] f, double[] w) {
        double all = 0, rate = 0, reliability = 0, resolution = 0;
        for (int i = 0; i < f.length; i++) {
            all += w == null ? 1 : w[i];
            if (truth[i]) rate += w == null ? 1 : w[i];
        }
        rate /= all;
        for (int i = 0; i < f.length; i++) {
            double same = 0, came = 0;
            for (int j = 0; j < f.length; j++) {
                if (f[j] != f[i]) continue;
                same += w == null ? 1 : w[j];
                if (truth[j]) came += w == null ? 1 : w[j];
            }
            reliability += (w == null ? 1 : w[i]) * square(f[i] - came / same);
            resolution += (w == null ? 1 : w[i]) * square(came / same - rate);
        }
        return new double[] {reliability / all, resolution / all, rate * (1 - rate)};
    }

    @Test void meansOfRowsWithWeightsAndChecks() {
        var truth = Tensor.of(new int[] {0, 2});
        var p = Tensor.of(new double[][] {{0.5, 0.25, 0.25}, {0.1, 0.1, 0.8}});
        assertThat(ScoringRules.LOG.mean(truth, p)).isCloseTo(-(Math.log(0.5) + Math.log(0.8)) / 2, within(1e-15));
        assertThat(ScoringRules.LOG.mean(truth, p, Tensor.of(3.0, 1.0))).isCloseTo(-(3 * Math.log(0.5) + Math.log(0.8)) / 4, within(1e-15));
        assertThat(ScoringRules.skill(0.22, 0.25)).isCloseTo(0.12, within(1e-15));
        assertThatThrownBy(() -> ScoringRules.BRIER.mean(Tensor.of(new int[] {0, 3}), p)).hasMessageContaining("class 3 in row 1");
        assertThatThrownBy(() -> ScoringRules.BRIER.mean(truth, p.mul(2))).hasMessageContaining("sum to 2.0");
        assertThatThrownBy(() -> ScoringRules.LOG.mean(truth, p, Tensor.of(0.0, 0.0))).hasMessageContaining("all weights are 0");
    }
}
