package lyceum.llm.eval;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.linalg.LeastSquares;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScalingLawTest {
    /** Runs of a law on a log grid, their losses multiplied by lognormal noise. */
    private static List<ScalingRun> grid(ScalingLaw law, int sizes, double least, double most, int amounts, double few, double many,
            double noise, Rng rng) {
        var runs = new ArrayList<ScalingRun>();
        for (int i = 0; i < sizes; i++) for (int j = 0; j < amounts; j++) {
            double n = least * Math.pow(most / least, i / (sizes - 1.0)), d = few * Math.pow(many / few, j / (amounts - 1.0));
            runs.add(new ScalingRun(n, d, law.loss(n, d) * Math.exp(noise * rng.nextGaussian())));
        }
        return runs;
    }

    /** Golden section over log N, which knows no formula but the loss without its floor. */
    private static double leastSize(ScalingLaw law, double flops) {
        var bare = new ScalingLaw(0, law.sizeScale(), law.dataScale(), law.sizeExponent(), law.dataExponent());
        DoubleUnaryOperator f = x -> bare.loss(Math.exp(x), flops / 6 / Math.exp(x));
        double a = 0, b = Math.log(flops / 6), ratio = (Math.sqrt(5) - 1) / 2;
        while (b - a > 1e-9) {
            double c = b - ratio * (b - a), d = a + ratio * (b - a);
            if (f.applyAsDouble(c) < f.applyAsDouble(d)) b = d;
            else a = c;
        }
        return Math.exp((a + b) / 2);
    }

    /** Chinchilla, clause 1. */
    @Acceptance(topic = "chinchilla", clause = 1)
    @Tag("slow")
    @Test void thePublishedConstantsComeBackFromNoisyRuns() {
        var law = ScalingLaw.chinchilla();
        int recovered = 0;
        double exponent = 0, floor = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var runs = grid(law, 15, 1e6, 1e10, 15, 1e7, 1e12, 0.01, Rng.of(seed));
            assertThat(runs).hasSize(225);
            var fit = new ScalingLawFit().fit(runs);
            double e = Math.max(Math.abs(fit.sizeExponent() - 0.34), Math.abs(fit.dataExponent() - 0.28)), f = Math.abs(fit.floor() - 1.69);
            if (e <= 0.02 && f <= 0.05) recovered++;
            exponent = Math.max(exponent, e);
            floor = Math.max(floor, f);
        }
        Evidence.of("worst exponent, off by", exponent, atMost(0.02));
        Evidence.of("worst floor, off by", floor, atMost(0.05));
        Evidence.of("runs of 20", recovered, exactly(20));
    }

    /** Chinchilla, clause 2. */
    @Acceptance(topic = "chinchilla", clause = 2)
    @Test void gophersBudgetBuysAsPublished() {
        var law = ScalingLaw.chinchilla();
        var best = law.allocation(5.76e23);
        Evidence.of("billions of parameters", best.parameters() / 1e9, between(32.185, 32.195));
        Evidence.of("exponent", law.allocationExponent(), between(0.4516125, 0.4516135));
        double gap = 0;
        for (var each : List.of(law, ScalingLaw.replicated()))
            for (double flops = 1e17; flops < 1e27; flops *= 10)
                gap = Math.max(gap, Math.abs(each.allocation(flops).parameters() / leastSize(each, flops) - 1));
        gap = Math.max(gap, Math.abs(best.parameters() / leastSize(law, 5.76e23) - 1));
        Evidence.of("parameters against a numeric minimum, relative", gap, atMost(1e-6));
        assertThat(best.parameters() * best.tokens() * 6).isCloseTo(5.76e23, within(1e12));
        assertThat(best.tokensPerParameter()).isBetween(92.0, 94.0);
    }

    /** Chinchilla, clause 3: the paper's nine budgets, nine sizes to a factor of ten. */
    @Acceptance(topic = "chinchilla", clause = 3)
    @Test void valleysAgreeWithTheFormula() {
        double worst = 0, between = 0;
        int budgets = 0;
        for (var law : List.of(ScalingLaw.chinchilla(), ScalingLaw.replicated())) {
            var runs = new ArrayList<ScalingRun>();
            for (double flops : new double[] {6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21})
                for (double n = 2e7; n < 2e11; n *= Math.pow(10, 1 / 9.0))
                    runs.add(new ScalingRun(n, flops / 6 / n, law.loss(n, flops / 6 / n)));
            var frontier = ComputeFrontier.isoFlop(runs, 5);
            for (var optimum : frontier.optima()) {
                double formula = law.allocation(optimum.flops()).parameters();
                worst = Math.max(worst, Math.abs(optimum.parameters() / formula - 1));
                budgets++;
            }
            between = Math.max(between, Math.abs(frontier.exponent() - law.allocationExponent()));
        }
        Evidence.of("budgets", budgets, exactly(18));
        Evidence.of("worst lowest point, relative to the formula", worst, atMost(0.05));
        Evidence.of("exponent of the frontier, off by", between, atMost(0.01));
    }

    @Test void theEnvelopeOfCurvesFindsTheExponent() {
        var law = ScalingLaw.chinchilla();
        var points = new ArrayList<ScalingRun>();
        for (double n = 1e7; n < 1e11; n *= 1.2) for (double d = 1e8; d < 1e13; d *= 1.3) points.add(new ScalingRun(n, d, law.loss(n, d)));
        var budgets = new double[60];
        for (int i = 0; i < budgets.length; i++) budgets[i] = 1e19 * Math.pow(1e4, i / 59.0);
        var frontier = ComputeFrontier.envelope(points, budgets);
        assertThat(frontier.exponent()).isCloseTo(law.allocationExponent(), within(0.02));
        assertThat(frontier.parameters(1e21)).isCloseTo(law.allocation(1e21).parameters(), within(0.2 * law.allocation(1e21).parameters()));
        assertThat(frontier.optima()).hasSize(60);
    }

    /** Scaling laws, clause 1. */
    @Acceptance(topic = "scaling-laws", clause = 1)
    @Tag("heavy")
    @Test void exponentsComeBackAndIntervalsCover() {
        int runs = 200, sizes = 0, data = 0;
        double worst = 0;
        for (int run = 1; run <= runs; run++) {
            var rng = Rng.of(run);
            var law = planted(rng);
            var points = grid(law, 10, 1e6, 1e10, 6, 1e7, 1e12, 0.005, rng);
            assertThat(points).hasSize(60);
            var boot = new ScalingLawFit().withHuber(1.345 * 0.005).bootstrap(points, 200, rng.split(1)); // 1.345 deviations, as usual
            var fit = boot.estimate();
            worst = Math.max(worst,
                    Math.max(Math.abs(fit.sizeExponent() / law.sizeExponent() - 1), Math.abs(fit.dataExponent() / law.dataExponent() - 1)));
            if (boot.interval(ScalingLaw::sizeExponent, 0.9).contains(law.sizeExponent())) sizes++;
            if (boot.interval(ScalingLaw::dataExponent, 0.9).contains(law.dataExponent())) data++;
        }
        Evidence.of("worst exponent of 200 laws, relative", worst, atMost(0.05));
        Evidence.of("share of intervals that cover the size's exponent", (double) sizes / runs, between(0.84, 0.96));
        Evidence.of("share of intervals that cover the text's", (double) data / runs, between(0.84, 0.96));
    }

    /** Floors, exponents and scales about those published. */
    private static ScalingLaw planted(Rng rng) {
        double a = 0.25 + 0.2 * rng.nextDouble(), b = 0.25 + 0.2 * rng.nextDouble();
        // at the middle of the grid each term is about a nat
        return new ScalingLaw(1.2 + 0.8 * rng.nextDouble(), (0.5 + rng.nextDouble()) * Math.pow(1e8, a),
                (0.5 + rng.nextDouble()) * Math.pow(1e9, b), a, b);
    }

    /** Scaling laws, clause 2. */
    @Acceptance(topic = "scaling-laws", clause = 2)
    @Test void theOptimumIsTheNumericOne() {
        double gap = 0, slope = 0;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            var law = planted(rng);
            double[] logC = new double[5], logN = new double[5];
            for (int i = 0; i < 5; i++) {
                double flops = Math.pow(10, 16 + 2 * i + rng.nextDouble()), n = leastSize(law, flops);
                gap = Math.max(gap, Math.abs(law.allocation(flops).parameters() / n - 1));
                logC[i] = Math.log(flops);
                logN[i] = Math.log(n);
            }
            slope = Math.max(slope, Math.abs(LeastSquares.slope(logC, logN) - law.allocationExponent()));
        }
        Evidence.of("parameters against a numeric minimum, relative", gap, atMost(1e-4));
        Evidence.of("exponent of the numeric minima, off by", slope, atMost(1e-4));
    }

    /** Scaling laws, clause 3. */
    @Acceptance(topic = "scaling-laws", clause = 3)
    @Tag("slow")
    @Test void ridgelessRegressionFollowsItsTheory() {
        var world = SpectrumRegression.power(1500, 2);
        double[] sizes = {16, 32, 64, 128, 256, 512}, risks = new double[sizes.length];
        double worst = 0;
        for (int i = 0; i < sizes.length; i++) {
            for (int seed = 1; seed <= 5; seed++) risks[i] += world.risk((int) sizes[i], Rng.of(seed).split((long) sizes[i])) / 5;
            worst = Math.max(worst, Math.abs(risks[i] / world.equivalentRisk((int) sizes[i]) - 1));
        }
        double small = 0; // five designs of 16 examples vary by 4%: the mean of many tells what they vary about
        for (int seed = 101; seed <= 300; seed++) small += world.risk(16, Rng.of(seed)) / 200;
        Evidence.of("worst risk against the deterministic equivalent", worst, atMost(0.05));
        Evidence.of("mean risk of 200 designs of 16 examples against it", Math.abs(small / world.equivalentRisk(16) - 1), atMost(0.05));
        Evidence.of("fitted exponent", new ScalingLawFit().withHuber(Double.POSITIVE_INFINITY).power(sizes, risks).exponent(),
                between(0.9, 1.1));
    }

    @Test void aPowerLawComesBackExactly() {
        var law = new PowerLaw(1.69, 406.4, 0.34);
        double[] x = {1e6, 1e7, 1e8, 1e9, 1e10}, y = new double[5];
        for (int i = 0; i < 5; i++) y[i] = law.at(x[i]);
        var fit = new ScalingLawFit().power(x, y);
        assertThat(fit.exponent()).isCloseTo(0.34, within(1e-4));
        assertThat(fit.floor()).isCloseTo(1.69, within(1e-3));
        assertThat(fit.at(7e10)).isCloseTo(law.at(7e10), within(1e-3));
    }

    @Test void outliersDoNotMoveTheFit() {
        var runs = grid(ScalingLaw.chinchilla(), 8, 1e6, 1e10, 8, 1e7, 1e12, 0, Rng.of(1));
        runs.set(20, new ScalingRun(runs.get(20).parameters(), runs.get(20).tokens(), 2 * runs.get(20).loss()));
        var fit = new ScalingLawFit().fit(runs);
        var squares = new ScalingLawFit().withHuber(Double.POSITIVE_INFINITY).fit(runs);
        assertThat(fit.sizeExponent()).isCloseTo(0.34, within(2e-3));
        assertThat(Math.abs(squares.sizeExponent() - 0.34)).isGreaterThan(5e-3);
        assertThat(ScalingLawFit.rSquared(ScalingLaw.chinchilla(), grid(ScalingLaw.chinchilla(), 8, 1e6, 1e10, 8, 1e7, 1e12, 0, Rng.of(1))))
                .isCloseTo(1, within(1e-12));
    }

    @Test void resamplesWithoutALawAreLeftOutAndCounted() {
        for (int seed : new int[] {4, 7}) { // a run that is low by 3% among nine
            var runs = new ArrayList<>(grid(ScalingLaw.chinchilla(), 3, 1e7, 1e8, 3, 1e9, 2e9, 0, Rng.of(seed)));
            runs.set(seed, new ScalingRun(runs.get(seed).parameters(), runs.get(seed).tokens(), runs.get(seed).loss() * 0.97));
            var boot = new ScalingLawFit().bootstrap(runs, 40, Rng.of(seed));
            assertThat(boot.refused()).isBetween(1, 39);
            assertThat(boot.laws()).hasSize(40 - boot.refused());
            assertThat(boot.interval(ScalingLaw::sizeExponent, 0.9).low()).isPositive();
        }
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> new ScalingLaw(1, -1, 1, 1, 1)).hasMessageContaining("-1.0");
        assertThatThrownBy(() -> ScalingLaw.chinchilla().allocation(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new ScalingRun(1, 1, Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new ScalingLawFit().fit(List.of(new ScalingRun(1, 1, 1)))).hasMessageContaining("1 runs for 5 unknowns");
        assertThatThrownBy(() -> new ScalingLawFit().power(new double[] {2, 2, 2}, new double[] {1, 1, 1}))
                .hasMessageContaining("no exponent");
        assertThatThrownBy(() -> ComputeFrontier.isoFlop(List.of(new ScalingRun(1, 1, 1)), 10)).hasMessageContaining("at least 3 sizes");
        assertThatThrownBy(() -> new SpectrumRegression(1, 1).risk(2, Rng.of(1))).hasMessageContaining("fewer than features");
        assertThatThrownBy(() -> new ScalingLawFit(0, 1, 1)).hasMessageContaining("positive");
    }
}
