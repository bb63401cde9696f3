package lyceum.prob;

import static lyceum.prob.IncompleteTest.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class FamiliesTest {
    private static final Golden GOLDEN = Golden.load("golden/prob.json");

    static UnivariateDistribution univariate(Golden c) {
        return switch (c.text("input.family")) {
            case "normal" -> new Normal(c.number("input.mean"), c.number("input.sd"));
            case "gamma" -> new Gamma(c.number("input.shape"), c.number("input.rate"));
            case "beta" -> new Beta(c.number("input.alpha"), c.number("input.beta"));
            case "uniform" -> new Uniform(c.number("input.low"), c.number("input.high"));
            case "exponential" -> new Exponential(c.number("input.rate"));
            case "poisson" -> new Poisson(c.number("input.rate"));
            case "binomial" -> new Binomial(c.integer("input.trials"), c.number("input.success"));
            default -> null;
        };
    }

    @Test void densitiesCdfsQuantilesAndMomentsEqualSciPy() {
        int families = 0;
        for (var c : GOLDEN.list("cases")) {
            var d = univariate(c);
            if (d == null) continue;
            families++;
            String name = c.text("name");
            boolean discrete = d.isDiscrete();
            double[] x = c.doubles(discrete ? "input.k" : "input.x"), p = c.doubles("input.p");
            double[] log = c.doubles(discrete ? "expected.logPmf" : "expected.logPdf"),
                    density = c.doubles(discrete ? "expected.pmf" : "expected.pdf");
            double[] cdf = c.doubles("expected.cdf"), survival = c.doubles("expected.survival"), quantile = c.doubles("expected.quantile");
            for (int i = 0; i < x.length; i++) {
                if (Double.isFinite(log[i])) assertThat(d.logDensity(x[i])).as(name + " log density at " + x[i]).isCloseTo(log[i],
                        within(1e-11 * Math.max(1, Math.abs(log[i]))));
                else assertThat(d.logDensity(x[i])).as(name + " log density at " + x[i]).isEqualTo(log[i]);
                assertClose(name + " density at " + x[i], d.density(x[i]), density[i], 1e-11);
                assertClose(name + " cdf at " + x[i], d.cdf(x[i]), cdf[i], 1e-11);
                assertClose(name + " survival at " + x[i], d.survival(x[i]), survival[i], 1e-11);
            }
            for (int i = 0; i < p.length; i++) assertClose(name + " quantile of " + p[i], d.quantile(p[i]), quantile[i], 1e-11);
            assertThat(d.entropy()).as(name + " entropy").isCloseTo(c.number("expected.entropy"), within(1e-11));
            assertClose(name + " mean", d.mean(), c.number("expected.mean"), 1e-14);
            assertClose(name + " variance", d.variance(), c.number("expected.variance"), 1e-14);
        }
        assertThat(families).isGreaterThan(20);
    }

    @Test void vectorFamiliesEqualSciPy() {
        int families = 0;
        for (var c : GOLDEN.list("cases")) {
            MultivariateDistribution d = switch (c.text("input.family")) {
                case "multivariateNormal" -> new MultivariateNormal(c.doubles("input.mean"), c.matrix("input.covariance"));
                case "dirichlet" -> new Dirichlet(c.doubles("input.alpha"));
                default -> null;
            };
            if (d == null) continue;
            families++;
            double[][] x = c.matrix("input.x");
            double[] expected = c.doubles("expected.logPdf"), ours = d.logDensity(Tensor.of(x)).toDoubleArray();
            for (int i = 0; i < x.length; i++) {
                assertThat(ours[i]).as(c.text("name")).isCloseTo(expected[i], within(1e-11 * Math.max(1, Math.abs(expected[i]))));
                assertThat(d.logDensity(x[i])).isEqualTo(ours[i]);
            }
            assertThat(d.entropy()).as(c.text("name")).isCloseTo(c.number("expected.entropy"), within(1e-11));
            if (!c.has("expected.variance")) continue;
            double[] mean = c.doubles("expected.mean"), variance = c.doubles("expected.variance");
            for (int i = 0; i < mean.length; i++) {
                assertClose("mean", d.mean()[i], mean[i], 1e-13);
                assertClose("variance", d.covariance()[i][i], variance[i], 1e-13);
            }
        }
        assertThat(families).isGreaterThan(8);
    }

    @Test void categoricalEqualsSciPy() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("input.family").equals("categorical")) continue;
            var d = new Categorical(c.doubles("input.p"));
            double[] log = c.doubles("expected.logPmf"), cdf = c.doubles("expected.cdf");
            for (int k = 0; k < log.length; k++) {
                assertClose("log mass", d.logDensity(k), log[k], 1e-15);
                assertClose("cdf", d.cdf(k), cdf[k], 1e-15);
                if (d.density(k) > 0) assertThat(d.quantile(cdf[k])).isEqualTo(k);
            }
            assertThat(d.entropy()).isCloseTo(c.number("expected.entropy"), within(1e-15));
        }
    }

    /** The tables' 97.5% and 95% points, and cases with closed forms. */
    @Test void regressionTablesGetTheirTails() {
        assertClose("t", new StudentT(9).survival(2.262157162798205), 0.025, 1e-12);
        assertClose("t", new StudentT(9).quantile(0.975), 2.262157162798205, 1e-13);
        assertClose("Cauchy", new StudentT(1).cdf(-1), 0.25, 1e-14);
        assertClose("Cauchy", new StudentT(1).quantile(0.75), 1, 1e-14);
        assertClose("F", new FisherF(1, 9).survival(2.262157162798205 * 2.262157162798205), 0.05, 1e-12);
        assertClose("chi", new ChiSquare(1).survival(3.841458820694124), 0.05, 1e-13);
        assertClose("chi", new ChiSquare(2).quantile(0.95), -2 * Math.log(0.05), 1e-14);
        assertClose("t to normal", new StudentT(1e12).cdf(-2), Incomplete.normalCdf(-2), 1e-11);
    }

    private static final List<UnivariateDistribution> ALL = List.of(new Normal(1, 2), new Uniform(-1, 3), new Exponential(0.5),
            new Gamma(0.4, 2), new Gamma(7, 0.1), new Beta(0.3, 0.2), new Beta(0.6, 0.7), new Beta(5, 2), new StudentT(5, 1, 2),
            new StudentT(2.5), new ChiSquare(3), new FisherF(5, 9), new Poisson(0.7), new Poisson(35), new Binomial(12, 0.3),
            new Binomial(400, 0.8), new Binomial(5, 0), new Categorical(1, 0, 3, 2), Mixture.of(new Normal(-2, 0.5), new Normal(3, 1)));

    @Test void samplesFollowTheirCdf() {
        for (var d : ALL) {
            int n = 4000;
            double[] draws = d.sample(Rng.of(11), n).sort(0).values().toDoubleArray();
            double gap = 0; // Kolmogorov's distance; for steps both sides of them
            for (int i = 0; i < n; i++) {
                double x = draws[i];
                int last = i;
                while (last + 1 < n && draws[last + 1] == x) last++;
                gap = Math.max(gap, Math.abs(d.cdf(x) - (last + 1.0) / n));
                double before = d.isDiscrete() ? d.cdf(x - 1) : d.cdf(x);
                gap = Math.max(gap, Math.abs(before - (double) i / n));
                i = last;
            }
            assertThat(gap).as(d.toString()).isLessThan(1.95 / Math.sqrt(n)); // the 0.1% point
            assertThat(d.sample(Rng.of(11), 3).toDoubleArray()).isEqualTo(d.sample(Rng.of(11), 3).toDoubleArray());
        }
    }

    @Test void entropyAndMomentsAreExpectations() {
        for (var d : ALL) {
            if (d instanceof StudentT t && t.degreesOfFreedom() < 4) continue;
            if (d instanceof FisherF || d instanceof Beta b && b.beta() < 0.5) continue; // Beta(0.3, 0.2) has visible mass between 1 and the double before it
            double scale = Math.max(1, Math.abs(d.mean()));
            assertThat(Quadrature.expectation(d, x -> x)).as(d + " mean").isCloseTo(d.mean(), within(2e-8 * scale));
            if (!(d instanceof StudentT)) assertThat(Quadrature.expectation(d, x -> (x - d.mean()) * (x - d.mean()))).as(d + " variance")
                    .isCloseTo(d.variance(), within(1e-8 * Math.max(1, d.variance())));
            assertThat(Quadrature.expectation(d, x -> -d.logDensity(x))).as(d + " entropy").isCloseTo(d.entropy(), within(1e-8));
            assertThat(Quadrature.expectation(d, x -> 1)).as(d + " mass").isCloseTo(1, within(1e-9));
        }
        var f = new FisherF(5, 30);
        assertThat(Quadrature.expectation(f, x -> -f.logDensity(x))).isCloseTo(f.entropy(), within(1e-8));
        assertThat(Quadrature.expectation(f, x -> x)).isCloseTo(f.mean(), within(1e-8));
    }

    @Test void quantilesInvertCdfsInBothTails() {
        for (var d : ALL) {
            for (double p : new double[] {1e-12, 1e-5, 0.02, 0.3, 0.5, 0.77, 0.99}) {
                double x = d.quantile(p);
                if (d.isDiscrete()) {
                    assertThat(d.cdf(x)).as(d + " at " + p).isGreaterThanOrEqualTo(p);
                    if (x > d.low()) assertThat(d.cdf(x - 1)).as(d + " at " + p).isLessThan(p);
                } else if (!(d instanceof Mixture) && !(d instanceof Beta && x > 0.999)) {
                    // an x away from zero is a multiple of its ulp, which moves the cdf by density times ulp
                    assertThat(d.cdf(x)).as(d + " quantile of " + p).isCloseTo(p, within(1e-11 * p + 2 * Math.ulp(x) * d.density(x)));
                    double u = d.upperQuantile(p);
                    assertThat(d.survival(u)).as(d + " upper quantile of " + p).isCloseTo(p,
                            within(1e-11 * p + 2 * Math.ulp(u) * d.density(u)));
                }
            }
            assertThat(d.quantile(0)).isEqualTo(d.low());
            assertThat(d.quantile(1)).isEqualTo(d.high());
            assertThatThrownBy(() -> d.quantile(1.4)).hasMessage("quantile: p is 1.4; it lies between 0 and 1");
        }
    }

    @Test void tensorsAreMappedElementByElement() {
        for (var d : ALL) {
            var x = Tensor.of(new double[] {-1, 0, 0.25, 1, 2, 3}, 2, 3);
            assertThat(d.cdf(x).shape()).isEqualTo(x.shape());
            for (int i = 0; i < 6; i++) {
                double v = x.item(i / 3, i % 3);
                double log = d.logDensity(v);
                if (Double.isFinite(log))
                    assertThat(d.logDensity(x).item(i / 3, i % 3)).isCloseTo(log, within(1e-13 * Math.max(1, Math.abs(log))));
                assertThat(d.survival(x).item(i / 3, i % 3)).isEqualTo(d.survival(v));
            }
        }
        var x = Tensor.of(0.5).requiresGrad();
        new Normal(1, 2).logDensity(x).backward(Tensor.of(1.0));
        assertThat(x.grad().item()).isCloseTo(0.125, within(1e-15));
    }

    @Test void vectorSamplesHaveTheirMeanAndCovariance() {
        for (var d : List.of(new MultivariateNormal(new double[] {1, -2}, new double[][] {{2, 0.8}, {0.8, 1}}), new Dirichlet(0.4, 2, 1))) {
            int n = 20_000;
            var draws = d.sample(Rng.of(3), n);
            double[] mean = draws.mean(0).toDoubleArray();
            var centred = draws.sub(draws.mean(0));
            double[][] covariance = centred.transpose().matmul(centred).div(n).toRows();
            for (int i = 0; i < mean.length; i++) {
                assertThat(mean[i]).isCloseTo(d.mean()[i], within(5 * Math.sqrt(d.covariance()[i][i] / n)));
                for (int j = 0; j < mean.length; j++) assertThat(covariance[i][j]).isCloseTo(d.covariance()[i][j], within(0.06));
            }
        }
    }

    @Test void badParametersAreNamed() {
        assertThatThrownBy(() -> new Normal(0, 0)).hasMessage("Normal: standard deviation is 0.0; it must be positive and finite");
        assertThatThrownBy(() -> new Normal(Double.NaN, 1)).hasMessage("Normal: mean is NaN; it must be finite");
        assertThatThrownBy(() -> new Binomial(3, 1.4)).hasMessage("Binomial: probability is 1.4; it lies between 0 and 1");
        assertThatThrownBy(() -> new Categorical(0, -1)).hasMessage("Categorical: weight 1 is -1.0; weights are finite and at least 0");
        assertThatThrownBy(() -> new Categorical(0, 0)).hasMessageContaining("all weights are 0");
        assertThatThrownBy(() -> new MultivariateNormal(new double[] {0, 0}, new double[][] {{1, 2}, {2, 1}}))
                .hasMessageContaining("not positive definite");
        assertThatThrownBy(() -> new MultivariateNormal(new double[] {0, 0}, new double[][] {{1, 0.5}, {0.4, 1}}))
                .hasMessageContaining("not symmetric: (1, 0) is 0.4");
        assertThatThrownBy(() -> new Dirichlet(1, 2).logDensity(Tensor.of(1.0, 2, 3))).isInstanceOf(ShapeException.class);
    }
}
