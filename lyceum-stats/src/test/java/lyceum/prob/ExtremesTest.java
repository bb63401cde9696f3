package lyceum.prob;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Parameters and places at which the formulas of textbooks cancel or overflow, against 60 digits. */
class ExtremesTest {
    private static Distribution distribution(Golden c) {
        double[] p = c.doubles("input.parameters");
        return switch (c.text("input.family")) {
            case "studentT" -> new StudentT(p[0]);
            case "beta" -> new Beta(p[0], p[1]);
            case "gamma" -> new Gamma(p[0], p[1]);
            case "fisherF" -> new FisherF(p[0], p[1]);
            case "dirichlet" -> new Dirichlet(p);
            case "poisson" -> new Poisson(p[0]);
            default -> throw new AssertionError(c);
        };
    }

    @Test void entropiesAndDensitiesKeepTheirDigits() {
        Gap entropies = Gap.relativeBeyondOne(), densities = Gap.relativeBeyondOne();
        for (var c : Golden.load("golden/prob-extreme.json").list("cases")) {
            var d = distribution(c);
            if (c.has("expected.entropy")) entropies.see(c.text("name"), d.entropy(), c.number("expected.entropy"));
            double[] x = c.doubles("input.x"), log = c.doubles("expected.logPdf");
            for (int i = 0; i < x.length; i++)
                densities.see(c.text("name") + " at " + x[i], ((UnivariateDistribution) d).logDensity(x[i]), log[i]);
        }
        assertThat(entropies.seen()).isEqualTo(26);
        assertThat(entropies.worst()).as("%s", entropies).isLessThan(1e-14);
        assertThat(densities.seen()).isEqualTo(63);
        assertThat(densities.worst()).as("%s", densities).isLessThan(1e-13);
    }
}
