package lyceum.prob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class IncompleteTest {
    private static final Golden GOLDEN = Golden.load("golden/special.json");

    static void assertClose(String what, double actual, double expected, double relative) {
        if (actual == expected) return;
        assertThat(actual).as(what).isCloseTo(expected, within(relative * Math.abs(expected) + 1e-307));
    }

    @Test void incompleteGammaEqualsSixtyDigitsInBothTails() {
        var c = GOLDEN.named("regularisedGamma");
        double[] a = c.doubles("input.a"), x = c.doubles("input.x"), lower = c.doubles("expected.lower"),
                upper = c.doubles("expected.upper");
        for (int i = 0; i < a.length; i++) {
            assertClose("P(" + a[i] + ", " + x[i] + ")", Incomplete.regularisedGammaP(a[i], x[i]), lower[i], 2e-13);
            assertClose("Q(" + a[i] + ", " + x[i] + ")", Incomplete.regularisedGammaQ(a[i], x[i]), upper[i], 2e-13);
        }
    }

    @Test void incompleteBetaEqualsSixtyDigits() {
        var c = GOLDEN.named("regularisedBeta");
        double[] a = c.doubles("input.a"), b = c.doubles("input.b"), x = c.doubles("input.x"), y = c.doubles("expected.y");
        for (int i = 0; i < a.length; i++) {
            assertClose("I(" + a[i] + ", " + b[i] + ", " + x[i] + ")", Incomplete.regularisedBeta(a[i], b[i], x[i]), y[i], 2e-13);
            assertThat(Incomplete.regularisedBetaUpper(a[i], b[i], x[i])).isCloseTo(1 - y[i], within(1e-15));
        }
    }

    @Test void normalIntegralAndItsInverseEqualSixtyDigits() {
        var cdf = GOLDEN.named("normalCdf");
        double[] z = cdf.doubles("input.x"), p = cdf.doubles("expected.y");
        for (int i = 0; i < z.length; i++) assertClose("cdf " + z[i], Incomplete.normalCdf(z[i]), p[i], z[i] < -37 ? 1e-8 : 2e-13);
        var quantile = GOLDEN.named("normalQuantile");
        double[] level = quantile.doubles("input.x"), expected = quantile.doubles("expected.y");
        for (int i = 0; i < level.length; i++) assertClose("quantile " + level[i], Incomplete.normalQuantile(level[i]), expected[i], 1e-14);
    }

    @Test void inversesUndoTheirFunctionsInBothTails() {
        var rng = Rng.of(4);
        for (int i = 0; i < 2000; i++) {
            double a = Math.exp(rng.nextGaussian() * 2.5), b = Math.exp(rng.nextGaussian() * 2.5),
                    p = Math.pow(rng.nextDoublePositive(), 1 + i % 8);
            double x = Incomplete.inverseGammaP(a, p);
            if (x > 1e-300) assertClose("P " + a + " " + p, Incomplete.regularisedGammaP(a, x), p, 1e-11 * Math.max(1, a));
            double u = Incomplete.inverseGammaQ(a, p);
            if (u > 1e-300) assertClose("Q " + a + " " + p, Incomplete.regularisedGammaQ(a, u), p, 1e-11 * Math.max(1, a));
            double z = Incomplete.inverseBeta(a, b, p);
            // near 1 the spacing of doubles, times the density, bounds what an inverse can do
            if (z > 1e-300 && z < 0.9)
                assertClose("I " + a + " " + b + " " + p, Incomplete.regularisedBeta(a, b, z), p, 1e-11 * Math.max(1, Math.max(a, b)));
        }
    }

    @Test void largeArgumentsKeepTheirDigits() {
        // Stirling: log B(n, n) = -2 n log 2 + log(2 sqrt(pi / n)) + 1/(8 n) to first order
        double n = 1e8;
        assertClose("logBeta", Incomplete.logBeta(n, n), -2 * n * Math.log(2) + Math.log(2 * Math.sqrt(Math.PI / n)) + 1 / (8 * n), 1e-15);
        assertClose("choose", Incomplete.logChoose(50, 20), Math.log(47129212243960.0), 1e-14);
        // the median of a gamma variable of large shape is the mean less a third
        assertThat(Incomplete.regularisedGammaP(1e9, 1e9 - 1.0 / 3)).isCloseTo(0.5, within(1e-12));
        assertThat(Incomplete.regularisedGammaP(2e6, 2e6 - 1.0 / 3)).isCloseTo(0.5, within(1e-10));
    }
}
