package lyceum.prob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Discrete laws whose values are no whole numbers: moved, mixed and cut. */
class DiscreteValuesTest {
    private static final Bijection FALLING = Bijection.affine(-0.1, 2), NEGATED = Bijection.affine(-1, 0);

    @Test void quantilesThroughAFallingMapAreTheLeastValuesThatReachP() {
        for (var base : List.of(FiniteDistribution.uniform(1, 6), new Binomial(4, 0.5),
                FiniteDistribution.of(new double[] {-2.5, 0, 0.3, 9}, 1, 2, 4, 1)))
            for (var map : List.of(NEGATED, FALLING)) {
                var y = new Transformed(base, map);
                double[] values = base instanceof FiniteDistribution f ? f.values() : new double[] {0, 1, 2, 3, 4};
                double[] moved = Arrays.stream(values).map(map::apply).sorted().toArray();
                double below = 0;
                for (double v : moved) {
                    double mass = base.density(values[values.length - 1 - Arrays.binarySearch(moved, v)]), at = below + mass;
                    assertThat(y.density(v)).isCloseTo(mass, within(1e-15));
                    assertThat(y.cdf(v)).isCloseTo(at, within(1e-15));
                    assertThat(y.survival(v)).isCloseTo(1 - at, within(1e-15));
                    // where the cdf reaches p to the last bit, and between two steps
                    assertThat(y.quantile(y.cdf(v))).as(y + " at " + v).isEqualTo(v);
                    assertThat(y.upperQuantile(y.survival(v))).as(y + " at " + v).isEqualTo(v);
                    assertThat(y.quantile(below + mass / 2)).isEqualTo(v);
                    assertThat(y.upperQuantile(1 - below - mass / 2)).isEqualTo(v);
                    below = at;
                }
            }
    }

    @Test void massesStayWhereTheInverseRounds() {
        var y = new Transformed(new Poisson(4), Bijection.EXP);
        for (int k = 0; k < 40; k++) {
            assertThat(y.density(Math.exp(k))).isEqualTo(new Poisson(4).density(k));
            assertThat(y.cdf(Math.exp(k))).isEqualTo(new Poisson(4).cdf(k));
            assertThat(y.valueAbove(Math.exp(k))).isEqualTo(Math.exp(k + 1));
        }
        assertThat(y.mean()).isCloseTo(Math.exp(4 * Math.expm1(1)), within(1e-9));
    }

    @Test void expectationsVisitEveryValue() {
        var halves = FiniteDistribution.of(new double[] {0.25, 0.5, 3.75, 1e6}, 1, 2, 3, 4);
        assertThat(Quadrature.expectation(halves, x -> x * x)).isCloseTo(0.1 * 0.0625 + 0.2 * 0.25 + 0.3 * 14.0625 + 4e11, within(1e-3));
        assertThat(Quadrature.expectation(halves, x -> 1)).isCloseTo(1, within(1e-15));
        var moved = new Transformed(new Poisson(3), Bijection.affine(0.5, 0.25));
        assertThat(Quadrature.expectation(moved, x -> x)).isCloseTo(1.75, within(1e-12));
        var rule = Quadrature.rule(moved);
        double sum = 0;
        for (int i = 0; i < rule.nodes().length; i++) sum += rule.weights()[i] * rule.nodes()[i] * rule.nodes()[i];
        assertThat(sum).isCloseTo(0.75 + 1.75 * 1.75, within(1e-12));
        // two heaps with nothing between them
        var apart = Mixture.of(new Poisson(2), new Poisson(1e6));
        assertThat(Quadrature.expectation(apart, x -> 1)).isCloseTo(1, within(1e-9));
        assertThat(Quadrature.expectation(apart, x -> x)).isCloseTo(500_001, within(1e-3));
        assertThat(apart.entropy()).isCloseTo(Math.log(2) + (new Poisson(2).entropy() + new Poisson(1e6).entropy()) / 2, within(1e-7));
    }

    @Test void mixturesAndCutsOfFractions() {
        var mixed = Mixture.of(FiniteDistribution.of(new double[] {0.1, 0.7}, 1, 1), FiniteDistribution.of(new double[] {0.4, 0.7}, 1, 3),
                new Transformed(new Bernoulli(0.25), Bijection.affine(0.2, 0.1)));
        double[] values = {0.1, Bijection.affine(0.2, 0.1).apply(1), 0.4, 0.7}, masses = {1.25 / 3, 0.25 / 3, 0.25 / 3, 1.25 / 3};
        double below = 0, entropy = 0;
        for (int i = 0; i < 4; i++) {
            assertThat(mixed.density(values[i])).isCloseTo(masses[i], within(1e-15));
            assertThat(mixed.quantile(below + masses[i] / 2)).isEqualTo(values[i]);
            assertThat(mixed.upperQuantile(1 - below - masses[i] / 2)).isEqualTo(values[i]);
            below += masses[i];
            entropy -= masses[i] * Math.log(masses[i]);
        }
        assertThat(mixed.entropy()).isCloseTo(entropy, within(1e-14));
        var cut = new Truncated(mixed, 0.2, 0.5);
        assertThat(cut.mean()).isCloseTo((values[1] + 0.4) / 2, within(1e-14));
        assertThat(cut.quantile(0.4)).isEqualTo(values[1]);
        assertThat(cut.quantile(0.6)).isEqualTo(0.4);
        assertThat(cut.cdf(0.35)).isCloseTo(0.5, within(1e-14));
    }

    @Test void searchesFindTheLeastValueFromAnywhere() {
        var negative = new Transformed(new Poisson(7), Bijection.affine(-1e-6, 0));
        var both = Mixture.of(negative, new Transformed(new Poisson(3), Bijection.affine(1e6, 0)));
        for (double p : new double[] {1e-6, 0.01, 0.2, 0.4, 0.51, 0.6, 0.9, 0.999}) {
            double y = both.quantile(p);
            assertThat(both.cdf(y)).isGreaterThanOrEqualTo(p);
            assertThat(both.density(y)).isPositive();
            assertThat(both.cdf(both.valueBelow(y))).isLessThan(p);
        }
    }
}
