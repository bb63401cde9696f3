package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Normal;
import lyceum.prob.Uniform;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class HypothesisTestTest {
    private static final Alternative[] SIDES = {Alternative.TWO_SIDED, Alternative.LESS, Alternative.GREATER};

    /** x, y, z and w of {@code tools/golden/stats_tests.py}. */
    static double[][] samples(int i) {
        var r = new Recipe(51800 + i);
        int m = 60, n = 75, k = 58;
        if (i < 16) {
            m = 5 + r.below(14);
            n = 5 + r.below(14);
            k = 5 + r.below(14);
        }
        double[][] s = {r.bells(m), scaled(r.bells(n), 1.5, 0.5), scaled(r.bells(k), 0.75, -0.25), scaled(r.bells(m), 1, 0.5)};
        if (i % 2 == 1) for (var v : s) for (int j = 0; j < v.length; j++) v[j] = Math.rint(2 * v[j]);
        return s;
    }

    private static double[] scaled(double[] v, double scale, double shift) {
        return Arrays.stream(v).map(x -> x * scale + shift).toArray();
    }

    private static int[] counts(Recipe r, int bound, int n) { return Arrays.stream(r.belows(bound, n)).map(c -> c + 1).toArray(); }

    private static double[] numbers(int[] counts) { return Arrays.stream(counts).asDoubleStream().toArray(); }

    /** Statistic and p-values as the golden file has them. */
    private static double[] three(Function<Alternative, TestResult> test, boolean statistics) {
        var out = new double[statistics ? 6 : 4];
        int at = 0;
        for (var side : SIDES) {
            var t = test.apply(side);
            if (at == 0 || statistics) out[at++] = t.statistic();
            out[at++] = t.pValue();
        }
        return out;
    }

    private static double[] pair(TestResult t) { return new double[] {t.statistic(), t.pValue()}; }

    @Test
    @Acceptance(topic = "hypothesis-testing", clause = 1) void statisticsAndPValuesEqualSciPyOnTwentyDataSets() {
        var gap = Gap.relativeBeyondOne();
        int sets = 0;
        for (var c : Golden.load("golden/hypothesis-testing.json").cases("set ")) {
            double[][] s = samples(sets);
            double[] x = s[0], y = s[1], z = s[2], w = s[3];
            var r = new Recipe(c.integer("input.countsSeed"));
            int[] flat = counts(r, 9, 4), many = counts(r, 20, 12), observed = counts(r, 30, 6);
            int[][] table = {{flat[0], flat[1]}, {flat[2], flat[3]}};
            var wide = new double[3][];
            for (int i = 0; i < 3; i++) wide[i] = numbers(Arrays.copyOfRange(many, 4 * i, 4 * i + 4));
            double[] shares = scaled(r.uniforms(6), 1, 0.2);
            double total = Arrays.stream(observed).sum(), sum = Arrays.stream(shares).sum();
            int trials = 1 + r.below(60);
            double p0 = r.uniform();
            int successes = Math.min(trials, r.below(trials + 1));
            double[] small = Arrays.copyOf(x, 5), other = Arrays.copyOf(y, 5);

            gap.see(c, "expected.z", three(a -> HypothesisTest.z(x, 0.25, 1.25, a), false));
            gap.see(c, "expected.t", three(a -> HypothesisTest.t(x, 0.25, a), false));
            gap.see(c, "expected.two", three(a -> HypothesisTest.t(x, y, a), false));
            gap.see(c, "expected.welch", three(a -> HypothesisTest.welch(x, y, a), false));
            gap.see(c, "expected.paired", three(a -> HypothesisTest.paired(x, w, a), false));
            gap.see(c, "expected.anova", pair(HypothesisTest.anova(x, y, z)));
            gap.see(c, "expected.gof", pair(HypothesisTest.chiSquare(numbers(observed), scaled(shares, total / sum, 0))));
            gap.see(c, "expected.independence", pair(HypothesisTest.chiSquare(wide, true)));
            gap.see(c, "expected.yates", pair(HypothesisTest.chiSquare(new double[][] {numbers(table[0]), numbers(table[1])}, true)));
            gap.see(c, "expected.fisher", three(a -> HypothesisTest.fisher(table, a), false));
            gap.see(c, "expected.mannWhitney", three(a -> HypothesisTest.mannWhitney(x, y, a), false));
            gap.see(c, "expected.wilcoxon", three(a -> HypothesisTest.wilcoxon(x, w, a), true));
            gap.see(c, "expected.kruskal", pair(HypothesisTest.kruskal(x, y, z)));
            gap.see(c, "expected.ks", three(a -> HypothesisTest.kolmogorovSmirnov(x, new Normal(0.1, 1.1), a), true));
            gap.see(c, "expected.ks2", three(a -> HypothesisTest.kolmogorovSmirnov(x, y, a), true));
            gap.see(c, "expected.binomial", three(a -> HypothesisTest.binomial(successes, trials, p0, a), false));
            gap.see(c, "expected.permutation",
                    three(a -> HypothesisTest.permutation(small, other, HypothesisTest::meanDifference, 1_000, Rng.of(1), a), false));
            sets++;
        }
        Evidence.of("data sets for each of 17 tests", sets, exactly(20));
        Evidence.of("largest gap of a statistic or p-value", gap, below(1e-9));
    }

    static double[] ends(Interval i) { return new double[] {i.low(), i.high()}; }

    private static double[] normals(Rng rng, int n) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = rng.nextGaussian();
        return x;
    }

    @Test
    @Acceptance(topic = "hypothesis-testing", clause = 2) void underTheNullContinuousTestsHaveUniformPValues() {
        var two = Alternative.TWO_SIDED;
        var tests = new LinkedHashMap<String, ToDoubleFunction<Rng>>();
        tests.put("z", rng -> HypothesisTest.z(normals(rng, 8), 0, 1, two).pValue());
        tests.put("t", rng -> HypothesisTest.t(normals(rng, 8), 0, two).pValue());
        tests.put("two-sample t", rng -> HypothesisTest.t(normals(rng, 8), normals(rng, 12), two).pValue());
        tests.put("paired t", rng -> HypothesisTest.paired(normals(rng, 8), normals(rng, 8), two).pValue());
        tests.put("Welch", rng -> HypothesisTest.welch(normals(rng, 40), scaled(normals(rng, 30), 2, 0), two).pValue());
        tests.put("anova", rng -> HypothesisTest.anova(normals(rng, 5), normals(rng, 7), normals(rng, 6)).pValue());
        tests.put("Kolmogorov-Smirnov", rng -> HypothesisTest.kolmogorovSmirnov(normals(rng, 20), Normal.STANDARD, two).pValue());
        tests.put("one-sided Kolmogorov-Smirnov",
                rng -> HypothesisTest.kolmogorovSmirnov(normals(rng, 20), Normal.STANDARD, Alternative.GREATER).pValue());
        long seed = 0;
        for (var test : tests.entrySet()) {
            var rng = Rng.of(518).split(seed++);
            var p = new double[10_000];
            int rejected = 0;
            for (int r = 0; r < p.length; r++) if ((p[r] = test.getValue().applyAsDouble(rng.split(r))) <= 0.05) rejected++;
            Evidence.of(test.getKey() + ": p of uniformity", uniformity(p), above(0.01));
            Evidence.of(test.getKey() + ": rejected at 5%", rejected / 10_000.0, between(0.044, 0.056));
        }
    }

    /** Kolmogorov's test written out, with his limit law. */
    private static double uniformity(double[] p) {
        double[] sorted = p.clone();
        Arrays.sort(sorted);
        double d = 0, n = p.length, tail = 0;
        for (int i = 0; i < n; i++) d = Math.max(d, Math.max((i + 1) / n - sorted[i], sorted[i] - i / n));
        for (int k = 1; k < 100; k++) tail += (k % 2 == 1 ? 2 : -2) * Math.exp(-2 * k * k * n * d * d);
        return tail;
    }

    @Test
    @Acceptance(topic = "hypothesis-testing", clause = 3) void powerOfTheTTestEqualsStatsmodelsAndSimulation() {
        var two = Alternative.TWO_SIDED;
        double power = Power.twoSampleT(0.5, 64, 64, 0.05, two);
        Evidence.of("gap to the clause's 0.8015", Math.abs(power - 0.8015), below(5e-5));
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/hypothesis-testing.json").cases("power ")) {
            double d = c.number("input.effect"), alpha = c.number("input.alpha");
            int n = c.integer("input.n");
            gap.see(c, "expected.two", Power.twoSampleT(d, n, n, alpha, two));
            gap.see(c, "expected.larger", Power.twoSampleT(d, n, n, alpha, Alternative.GREATER));
            gap.see(c, "expected.uneven", Power.twoSampleT(d, n, 2 * n, alpha, two));
            gap.see(c, "expected.one", Power.oneSampleT(d, n, alpha, two));
            gap.see(c, "expected.anova", Power.anova(d, 4, n, alpha));
            gap.see(c, "expected.chi", Power.chiSquare(d, 3, n, alpha));
        }
        Evidence.of("largest gap to statsmodels", gap, below(1e-6));
        double simulated = Power.simulate(rng -> HypothesisTest.t(scaled(normals(rng, 64), 1, 0.5), normals(rng, 64), two).pValue(), 0.05,
                20_000, Rng.of(3));
        Evidence.of("simulated less analytic power", Math.abs(simulated - power), below(0.01));
        assertThat(Power.twoSampleT(-0.5, 64, 64, 0.05, Alternative.LESS))
                .isCloseTo(Power.twoSampleT(0.5, 64, 64, 0.05, Alternative.GREATER), within(1e-13));
        assertThat(Power.z(0, 10, 0.05, two)).isCloseTo(0.05, within(1e-14));
        assertThat(Power.binomial(0.5, 0.5, 10, 0.05)).isCloseTo(22 / 1024.0, within(1e-12));
    }

    @Test
    @Acceptance(topic = "hypothesis-testing", clause = 4) void sixtyFourAGroupFindHalfADeviationWithEightyPercent() {
        Evidence.of("n for 80%", Power.sampleSize(n -> Power.twoSampleT(0.5, n, n, 0.05, Alternative.TWO_SIDED), 0.8), exactly(64));
        Evidence.of("n for an effect of 0.2", Power.sampleSize(n -> Power.twoSampleT(0.2, n, n, 0.05, Alternative.TWO_SIDED), 0.8),
                exactly(394));
        assertThat(Power.detectableEffect(d -> Power.twoSampleT(d, 64, 64, 0.05, Alternative.TWO_SIDED), 0.8)).isCloseTo(0.4991,
                within(1e-3));
    }

    @Test void effectSizesAndIntervalsMeanWhatTheySay() {
        double[] x = {5, 7, 9, 11, 8}, y = {2, 3, 4, 1, 5};
        var gap = Gap.relativeBeyondOne();
        for (int i = 0; i < 20; i++) {
            double[][] v = samples(i);
            // a side changes the p-value, not the interval
            gap.see("t", ends(HypothesisTest.t(v[0], 9, Alternative.LESS).interval()), ends(ConfidenceInterval.mean(v[0], 0.95)));
            gap.see("pooled", ends(HypothesisTest.t(v[0], v[1], Alternative.GREATER).interval()),
                    ends(ConfidenceInterval.pooled(v[0], v[1], 0.95)));
            gap.see("Welch", ends(HypothesisTest.welch(v[0], v[1], Alternative.GREATER).interval()),
                    ends(ConfidenceInterval.welch(v[0], v[1], 0.95)));
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-13);
        assertThat(HypothesisTest.t(x, y, Alternative.TWO_SIDED).effectSize()).isCloseTo(5 / Math.sqrt((20 + 10) / 8.0), within(1e-14));
        assertThat(HypothesisTest.mannWhitney(x, y, Alternative.GREATER).estimate()).isEqualTo(24.5 / 25);
        var u = HypothesisTest.mannWhitney(new double[] {1, 4, 6, 8, 9, 3}, new double[] {2, 5, 7, 0, 1}, Alternative.TWO_SIDED);
        assertThat(u.interval().contains(u.estimate())).isTrue();
        assertThat(u.interval().low()).isBetween(0.0, 0.5);
        var eta = HypothesisTest.anova(x, y, new double[] {4, 6, 5});
        assertThat(eta.interval().contains(eta.effectSize())).isTrue();
        // Doll and Hill's smokers: odds ratio 14.04, Woolf's interval by hand
        var fisher = HypothesisTest.fisher(new int[][] {{647, 2}, {622, 27}}, Alternative.TWO_SIDED);
        assertThat(fisher.estimate()).isCloseTo(14.0426, within(1e-3));
        assertThat(fisher.interval().low()).isCloseTo(14.0426 / Math.exp(1.959964 * Math.sqrt(1 / 647.0 + 0.5 + 1 / 622.0 + 1 / 27.0)),
                within(1e-3));
        // Wilcoxon's interval inverts the test: 95% of symmetric samples of 12 keep their centre inside
        double covered = ConfidenceInterval.coverage(
                rng -> HypothesisTest.wilcoxon(normals(rng, 12), new double[12], Alternative.TWO_SIDED).interval(), 0, 4_000, Rng.of(8));
        assertThat(covered).isBetween(0.94, 0.97);
        // Without Yates' correction: n (ad - bc)^2 over the product of the margins.
        assertThat(HypothesisTest.chiSquare(new double[][] {{10, 20}, {30, 5}}, false).statistic())
                .isCloseTo(65 * 550.0 * 550 / (30 * 35 * 40 * 25), within(1e-12));
        assertThat(HypothesisTest.fisher(new int[][] {{4, 0}, {0, 4}}, Alternative.GREATER).pValue()).isCloseTo(1.0 / 70, within(1e-14));
    }

    @Test void largeSamplesUseTheLimitLaws() {
        var rng = Rng.of(4);
        var x = new double[1_000];
        for (int i = 0; i < x.length; i++) x[i] = rng.nextDouble();
        // The limit at a shifted argument beside the exact law at the size where one takes over from the other.
        for (double d : new double[] {0.02, 0.03, 0.045}) {
            double exact = KolmogorovSmirnov.twoSidedTail(1_000, d), near = KolmogorovSmirnov.twoSidedTail(1_001, d * 1_000.5 / 1_001);
            assertThat(near).isCloseTo(exact, within(2e-3));
        }
        assertThat(HypothesisTest.kolmogorovSmirnov(x, new Uniform(0, 1), Alternative.TWO_SIDED).pValue()).isBetween(0.01, 1.0);
        assertThat(KolmogorovSmirnov.limitTail(0.9999999)).isCloseTo(KolmogorovSmirnov.limitTail(1.0000001), within(1e-6));
    }

    @Test void randomPermutationsAreNeverOfProbabilityZero() {
        var rng = Rng.of(5);
        double[] x = scaled(normals(rng, 20), 1, 10), y = normals(rng, 20);
        assertThat(HypothesisTest.permutation(x, y, HypothesisTest::meanDifference, 999, rng, Alternative.GREATER).pValue())
                .isEqualTo(0.001);
        assertThatThrownBy(() -> HypothesisTest.t(new double[] {1}, 0, Alternative.LESS)).hasMessageContaining("a sample of 1");
        assertThatThrownBy(() -> HypothesisTest.t(new double[] {1, 1}, 0, Alternative.LESS)).hasMessageContaining("no spread");
        assertThatThrownBy(() -> HypothesisTest.chiSquare(new double[] {1, 2}, new double[] {1, 3}))
                .hasMessageContaining("3.0 observed but 4.0");
    }
}
