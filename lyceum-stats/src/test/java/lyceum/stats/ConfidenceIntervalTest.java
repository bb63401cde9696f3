package lyceum.stats;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ConfidenceIntervalTest {

    @Test
    @Acceptance(topic = "confidence-interval", clause = 1) void boundsEqualSciPyAndStatsmodels() {
        var gap = Gap.relativeBeyondOne();
        int sets = 0;
        for (var c : Golden.load("golden/confidence-interval.json").list("cases")) {
            double[][] s = HypothesisTestTest.samples(sets++);
            double[] x = s[0], y = s[1], w = s[3];
            double level = c.number("input.level");
            int k1 = c.integer("input.k1"), n1 = c.integer("input.n1"), k2 = c.integer("input.k2"), n2 = c.integer("input.n2");
            see(gap, c, "t", ConfidenceInterval.mean(x, level));
            see(gap, c, "z", ConfidenceInterval.meanZ(x, 1.25, level));
            see(gap, c, "pooled", ConfidenceInterval.pooled(x, y, level));
            see(gap, c, "welch", ConfidenceInterval.welch(x, y, level));
            see(gap, c, "paired", ConfidenceInterval.paired(x, w, level));
            see(gap, c, "variance", ConfidenceInterval.variance(x, level));
            see(gap, c, "ratio", ConfidenceInterval.varianceRatio(x, y, level));
            see(gap, c, "correlation", ConfidenceInterval.correlation(Descriptive.correlation(x, w), x.length, level));
            see(gap, c, "newcombe", ConfidenceInterval.proportionDifference(k1, n1, k2, n2, level));
            see(gap, c, "rate", ConfidenceInterval.rate(c.integer("input.events"), 1, level));
            see(gap, c, "normal", ProportionInterval.WALD.of(k1, n1, level));
            see(gap, c, "wilson", ProportionInterval.WILSON.of(k1, n1, level));
            see(gap, c, "agresti_coull", ProportionInterval.AGRESTI_COULL.of(k1, n1, level));
            see(gap, c, "beta", ProportionInterval.CLOPPER_PEARSON.of(k1, n1, level));
        }
        Evidence.of("sets, each with 14 kinds of interval", sets, exactly(20));
        Evidence.of("largest gap of a bound", gap, below(1e-10));
    }

    private static void see(Gap gap, Golden c, String name, Interval interval) {
        gap.see(c, "expected." + name, HypothesisTestTest.ends(interval));
    }

    @Test
    @Acceptance(topic = "confidence-interval", clause = 2) void studentsIntervalCoversTheMeanOfTenNormalValues() {
        double covered = ConfidenceInterval.coverage(rng -> {
            var x = new double[10];
            for (int i = 0; i < 10; i++) x[i] = 7 + 3 * rng.nextGaussian();
            return ConfidenceInterval.mean(x, 0.95);
        }, 7, 20_000, Rng.of(270));
        Evidence.of("coverage of 20,000 samples of 10", covered, between(0.945, 0.955));
    }

    @Test
    @Acceptance(topic = "confidence-interval", clause = 3) void clopperPearsonKeepsItsPromiseEverywhereAndWaldDoesNot() {
        var grid = new double[999];
        for (int i = 0; i < grid.length; i++) grid[i] = (i + 1) / 1000.0;
        double exact = 1, best = 0;
        int points = 0;
        for (int n = 10; n <= 50; n++) {
            double[] clopper = ConfidenceInterval.coverage(ProportionInterval.CLOPPER_PEARSON, n, 0.95, grid);
            double least = Arrays.stream(clopper).min().orElseThrow();
            exact = Math.min(exact, least);
            points += clopper.length;
            best = Math.max(best, Arrays.stream(ConfidenceInterval.coverage(ProportionInterval.WALD, n, 0.95, grid)).min().orElseThrow());
        }
        Evidence.of("probabilities and sizes", points, exactly(999 * 41));
        Evidence.of("least coverage of Clopper-Pearson", exact, atLeast(0.95));
        Evidence.of("Wald's worst coverage, at the n where it is best", best, below(0.85));
        // n = 2 by hand: at p = 1/2 all of Wald's three intervals but [0, 0] and [1, 1] hold it
        assertThat(ConfidenceInterval.coverage(ProportionInterval.WALD, 2, 0.95, 0.5)[0]).isCloseTo(0.5, within(1e-14));
    }

    @Test void profileLikelihoodOfANormalMeanIsNearlyStudents() {
        double[] x = {4.1, 5.3, 6.2, 4.4, 5.0, 5.9, 3.8, 5.5};
        double mean = Descriptive.mean(x), n = x.length;
        // -n/2 log(sigma^2 hat + (mean - m)^2): the interval has a closed form
        double spread = Descriptive.variance(x) * (n - 1) / n, half = Math.sqrt(spread * (Math.exp(3.841458820694124 / n) - 1));
        var interval = ConfidenceInterval.profileLikelihood(m -> -n / 2 * Math.log(spread + (mean - m) * (mean - m)), mean,
                Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 0.95);
        assertThat(interval.low()).isCloseTo(mean - half, within(1e-7));
        assertThat(interval.high()).isCloseTo(mean + half, within(1e-7));
        // A rate is per unit of exposure, and without an event 0 to -log(tail).
        assertThat(ConfidenceInterval.rate(7, 10, 0.9).high()).isCloseTo(ConfidenceInterval.rate(7, 1, 0.9).high() / 10, within(1e-15));
        assertThat(ConfidenceInterval.rate(7, 10, 0.9).low()).isCloseTo(ConfidenceInterval.rate(7, 1, 0.9).low() / 10, within(1e-15));
        assertThat(ConfidenceInterval.rate(0, 2, 0.9)).isEqualTo(new Interval(0, ConfidenceInterval.rate(0, 2, 0.9).high()));
        assertThat(ConfidenceInterval.rate(0, 2, 0.9).high()).isCloseTo(Math.log(20) / 2, within(1e-12));
        // 0 of 20: the likelihood (1 - p)^20 falls from the edge
        var edge = ConfidenceInterval.profileLikelihood(p -> 20 * Math.log1p(-p), 0, 0, 1, 0.95);
        assertThat(edge.low()).isZero();
        assertThat(edge.high()).isCloseTo(1 - Math.exp(-3.841458820694124 / 40), within(1e-12));
        assertThatThrownBy(() -> ConfidenceInterval.mean(x, 95)).hasMessageContaining("level is 95.0");
        assertThatThrownBy(() -> ConfidenceInterval.rate(-1, 1, 0.9)).hasMessageContaining("-1 events");
    }
}
