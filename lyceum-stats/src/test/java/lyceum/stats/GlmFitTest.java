package lyceum.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.prob.Normal;
import org.junit.jupiter.api.Test;

class GlmFitTest {

    /** Column for column the table of statsmodels, whose numbers are in the file. */
    @Test void theTableHasStatsmodelsNumbers() {
        int rows = 0;
        for (var c : Designs.GOLDEN.list("cases")) {
            var d = Designs.of(c);
            double[] coefficients = c.doubles("expected.coefficients"), errors = c.doubles("expected.errors");
            var names = IntStream.range(0, coefficients.length).mapToObj(j -> j == 0 ? "const" : "column" + j).toArray(String[]::new);
            var fit = new Glm(Glm.Family.valueOf(c.text("input.family").toUpperCase(Locale.ROOT))).fit(d.x(), d.y(), d.offset(),
                    d.weights());
            String[] lines = fit.named(names).toString().split("\n");
            assertThat(lines[0]).contains(d.y().length + " observations",
                    String.format(Locale.ROOT, "deviance %.5g", c.number("expected.deviance")));
            assertThat(lines[1].strip().split(" {2,}")).containsExactly("coef", "std err", "z", "P>|z|", "[0.025", "0.975]");
            assertThat(lines).hasSize(2 + coefficients.length);
            for (int j = 0; j < coefficients.length; j++, rows++) {
                String[] cells = lines[2 + j].strip().split("\\s+");
                double z = coefficients[j] / errors[j], half = 1.959963984540054 * errors[j];
                double[] expected = {coefficients[j], errors[j], z, 2 * Normal.STANDARD.survival(Math.abs(z)), coefficients[j] - half,
                        coefficients[j] + half};
                double[] rounding = {1e-4, 1e-4, 1e-3, 1e-3, 1e-4, 1e-4};
                assertThat(cells[0]).isEqualTo(names[j]);
                for (int k = 0; k < 6; k++)
                    assertThat(Double.parseDouble(cells[1 + k])).as(c.text("name") + ", " + names[j] + ", " + lines[1])
                            .isCloseTo(expected[k], within(0.51 * rounding[k]));
            }
        }
        assertThat(rows).isGreaterThan(20);
    }
}
