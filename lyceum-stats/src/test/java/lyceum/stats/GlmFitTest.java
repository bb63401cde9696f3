package lyceum.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class GlmFitTest {
    /** Half a unit in the last digit of each column of the table, and a little. */
    private static final double[] ROUNDING = {0.51e-4, 0.51e-4, 0.51e-3, 0.51e-3, 0.51e-4, 0.51e-4};

    private static GlmFit fit(Golden c, Designs d) {
        return new Glm(Glm.Family.valueOf(c.text("input.family").toUpperCase(Locale.ROOT))).fit(d.x(), d.y(), d.offset(), d.weights());
    }

    /** Column for column the table of statsmodels, whose numbers are in the file. */
    @Test void theTableHasStatsmodelsNumbers() {
        int rows = 0;
        for (var c : Designs.GOLDEN.list("cases")) {
            var d = Designs.of(c);
            double[][] expected = {c.doubles("expected.coefficients"), c.doubles("expected.errors"), c.doubles("expected.z"),
                    c.doubles("expected.p"), c.doubles("expected.low"), c.doubles("expected.high")};
            var names = IntStream.range(0, expected[0].length).mapToObj(j -> j == 0 ? "const" : "column" + j).toArray(String[]::new);
            String[] lines = fit(c, d).named(names).toString().split("\n");
            assertThat(lines[0]).contains(d.y().length + " observations",
                    String.format(Locale.ROOT, "deviance %.5g", c.number("expected.deviance")));
            assertThat(lines[1].strip().split(" {2,}")).containsExactly("coef", "std err", "z", "P>|z|", "[0.025", "0.975]");
            assertThat(lines).hasSize(2 + names.length);
            for (int j = 0; j < names.length; j++, rows++) {
                String[] cells = lines[2 + j].strip().split("\\s+");
                assertThat(cells[0]).isEqualTo(names[j]);
                for (int k = 0; k < expected.length; k++)
                    assertThat(Double.parseDouble(cells[1 + k])).as(c.text("name") + ", " + names[j] + ", " + lines[1])
                            .isCloseTo(expected[k][j], within(ROUNDING[k]));
            }
        }
        assertThat(rows).isGreaterThan(20);
    }

    /** Down to 1e-191: a probability taken from 1 would be 0 long before. */
    @Test void smallProbabilitiesHaveTheirDigits() {
        double gap = 0, least = 1;
        for (var c : Designs.GOLDEN.list("cases")) {
            var fit = fit(c, Designs.of(c));
            double[] z = c.doubles("expected.z"), p = c.doubles("expected.p");
            for (int j = 0; j < p.length; j++) {
                gap = Math.max(gap, Math.abs(fit.z()[j] - z[j]) / Math.max(1, Math.abs(z[j])));
                if (p[j] < Double.MIN_NORMAL) {
                    assertThat(fit.pValues()[j]).isLessThan(Double.MIN_NORMAL);
                    continue;
                }
                // An error of z comes to P multiplied by z and the density's share, which is z as well.
                gap = Math.max(gap, Math.abs(fit.pValues()[j] / p[j] - 1) / (1 + z[j] * z[j]));
                least = Math.min(least, p[j]);
            }
        }
        assertThat(gap).isLessThan(1e-6);
        assertThat(least).isLessThan(1e-190);
    }

    /** A. Dobson, An Introduction to Generalized Linear Models (1990), page 93: counts by outcome and treatment, as R 4 prints them below {@code ?glm}. */
    @Test void dobsonsCountsGiveRsTable() {
        var x = new double[9][];
        for (int i = 0; i < 9; i++) x[i] = new double[] {1, i % 3 == 1 ? 1 : 0, i % 3 == 2 ? 1 : 0, i / 3 == 1 ? 1 : 0, i / 3 == 2 ? 1 : 0};
        var fit = new Glm(Glm.Family.POISSON).fit(x, new double[] {18, 17, 15, 20, 10, 20, 25, 13, 12});
        assertThat(fit.coefficients()).containsExactly(new double[] {3.045, -0.4543, -0.2930, 0, 0}, within(0.51e-3));
        assertThat(fit.standardErrors()).containsExactly(new double[] {0.1709, 0.2022, 0.1927, 0.2000, 0.2000}, within(0.51e-4));
        assertThat(fit.z()).containsExactly(new double[] {17.815, -2.247, -1.520, 0, 0}, within(0.51e-3));
        assertThat(fit.pValues()).containsExactly(new double[] {2e-16, 0.0246, 0.1285, 1, 1}, within(0.51e-4));
        assertThat(fit.pValues()[0]).isLessThan(2e-16);
        assertThat(fit.deviance()).isCloseTo(5.1291, within(0.51e-4));
    }
}
