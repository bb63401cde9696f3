package lyceum.prob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.info.ClosedForms;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class DistributionPartsTest {
    @Test void supportsReachTheWholeLine() {
        for (var s : List.of(Support.REAL, Support.POSITIVE, Support.UNIT, new Support(Double.NEGATIVE_INFINITY, 3, false),
                new Support(-2, 5, false))) {
            for (double y : new double[] {-3, -0.2, 0, 1.7}) {
                double x = s.constrain(y);
                assertThat(s.contains(x)).isTrue();
                assertThat(s.unconstrain(x)).isCloseTo(y, within(1e-12));
                assertThat(s.constrain(Tensor.of(y)).item()).isCloseTo(x, within(1e-12));
                assertThat(s.logSlope(Tensor.of(y)).item())
                        .isCloseTo(Math.log(Math.abs(s.constrain(y + 1e-6) - s.constrain(y - 1e-6)) / 2e-6), within(1e-7));
            }
        }
        assertThat(new Beta(2, 3).support()).isEqualTo(Support.UNIT);
        assertThatThrownBy(() -> new Poisson(3).support().constrain(0.5)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> Support.UNIT.unconstrain(1)).hasMessage("unconstrain: 1.0 does not lie between 0.0 and 1.0");
    }

    @Test void productsAndMatricesAddUp() {
        var d = Independent.of(new Normal(1, 2), new Dirichlet(2, 3, 4), new Exponential(2));
        double[] x = {0.5, 0.2, 0.3, 0.5, 0.7};
        assertThat(d.logDensity(x)).isCloseTo(
                new Normal(1, 2).logDensity(0.5) + new Dirichlet(2, 3, 4).logDensity(new double[] {0.2, 0.3, 0.5}) + Math.log(2) - 1.4,
                within(1e-14));
        assertThat(d.mean()).containsExactly(new double[] {1, 2 / 9.0, 3 / 9.0, 4 / 9.0, 0.5}, within(1e-15));
        assertThat(d.covariance()[0][0]).isEqualTo(4);
        assertThat(d.covariance()[1][2]).isCloseTo(new Dirichlet(2, 3, 4).covariance()[0][1], within(1e-16));
        assertThat(d.covariance()[0][1]).isZero();
        assertThat(d.entropy()).isCloseTo(new Normal(1, 2).entropy() + new Dirichlet(2, 3, 4).entropy() + new Exponential(2).entropy(),
                within(1e-14));
        assertThatThrownBy(() -> Independent.of(new Normal(0, 1), new Poisson(1)))
                .hasMessageContaining("not both discrete or both continuous");
        // A matrix normal is a multivariate one of the rows in a line, with the Kronecker product of both covariances
        double[][] u = {{2, 0.5}, {0.5, 1}}, v = {{1, 0.2, 0}, {0.2, 3, -0.4}, {0, -0.4, 0.7}}, m = {{1, 2, 3}, {-1, 0, 1}},
                kron = new double[6][6];
        for (int i = 0; i < 6; i++) for (int j = 0; j < 6; j++) kron[i][j] = u[i / 3][j / 3] * v[i % 3][j % 3];
        var flat = new MultivariateNormal(new double[] {1, 2, 3, -1, 0, 1}, kron);
        var matrix = new MatrixNormal(m, u, v);
        var points = matrix.sample(Rng.of(1), 20_000);
        assertThat(matrix.logDensity(points.narrow(0, 0, 5)).toDoubleArray())
                .containsExactly(flat.logDensity(points.narrow(0, 0, 5).reshape(5, 6)).toDoubleArray(), within(1e-11));
        assertThat(matrix.entropy()).isCloseTo(flat.entropy(), within(1e-12));
        double[] scaled = points.reshape(20_000, 6).sub(Tensor.of(flat.mean())).toDoubleArray();
        double gap = 0;
        for (int i = 0; i < 6; i++) for (int j = 0; j < 6; j++) {
            double sum = 0;
            for (int k = 0; k < 20_000; k++) sum += scaled[6 * k + i] * scaled[6 * k + j];
            gap = Math.max(gap, Math.abs(sum / 20_000 - kron[i][j]));
        }
        assertThat(gap).isLessThan(0.15);
    }

    @Test void closedDivergencesAreIntegrals() {
        List<UnivariateDistribution[]> pairs = List.of(new UnivariateDistribution[] {new LogNormal(0.2, 0.5), new LogNormal(0, 0.8)},
                new UnivariateDistribution[] {new Laplace(1, 0.5), new Laplace(0, 2)},
                new UnivariateDistribution[] {new Weibull(1.5, 2), new Weibull(2.2, 1.7)},
                new UnivariateDistribution[] {new InverseGamma(4, 2), new InverseGamma(3, 3)},
                new UnivariateDistribution[] {new Geometric(0.3), new Geometric(0.45)},
                new UnivariateDistribution[] {new Bernoulli(0.3), new Bernoulli(0.6)});
        for (var pair : pairs) {
            double expected = Quadrature.expectation(pair[0], x -> pair[0].logDensity(x) - pair[1].logDensity(x), 1e-13);
            assertThat(ClosedForms.STANDARD.kl(pair[0], pair[1]).orElseThrow()).as(pair[0].toString()).isCloseTo(expected, within(1e-9));
        }
    }
}
