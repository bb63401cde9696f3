package lyceum.stats;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.prob.BetaBinomial;
import lyceum.prob.Cauchy;
import lyceum.prob.FisherF;
import lyceum.prob.Gamma;
import lyceum.prob.GeneralizedExtremeValue;
import lyceum.prob.GeneralizedPareto;
import lyceum.prob.InverseGaussian;
import lyceum.prob.Lomax;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MaximumLikelihoodTest {
    private static final Transform ID = Transform.IDENTITY, LOG = Transform.LOG;

    private static final Map<String, ParametricFamily> FAMILIES = Map.ofEntries(Map.entry("normal", ParametricFamily.NORMAL),
            Map.entry("exponential", ParametricFamily.EXPONENTIAL), Map.entry("poisson", ParametricFamily.POISSON),
            Map.entry("bernoulli", ParametricFamily.BERNOULLI), Map.entry("gamma", ParametricFamily.GAMMA),
            Map.entry("beta", ParametricFamily.BETA), Map.entry("t", ParametricFamily.studentT(4)),
            Map.entry("chi2", ParametricFamily.CHI_SQUARE), Map.entry("weibull", ParametricFamily.WEIBULL),
            Map.entry("logistic", ParametricFamily.LOGISTIC), Map.entry("gumbel", ParametricFamily.GUMBEL),
            Map.entry("lognormal", ParametricFamily.LOG_NORMAL));

    private static double[] data(Golden c) {
        var r = new Recipe(c.integer("input.seed"));
        double[] u = r.uniforms(c.integer("input.rows"));
        double[] q = new double[u.length];
        for (int i = 0; i < q.length; i++) q[i] = switch (c.text("input.family")) {
            case "poisson" -> Designs.poisson(3.3, u[i]);
            case "bernoulli" -> u[i] < 0.3 ? 1 : 0;
            case "beta" -> u[i] * u[i] * 0.98 + 0.01;
            case "exponential", "gamma", "chi2", "weibull", "lognormal" -> -Math.log(1 - u[i]) + 0.05 + 2 * u[i];
            default -> Math.log(u[i] + 1e-3) - Math.log(1.001 - u[i]) + 2;
        };
        return q;
    }

    @Test
    @Acceptance(topic = "mle", clause = 1) void estimatesEqualScoreRootsAndStatsmodels() {
        Gap families = Gap.relative(), glm = Gap.relative();
        int count = 0;
        for (var c : Golden.load("golden/mle.json").list("cases")) {
            var fit = new MaximumLikelihood().fit(FAMILIES.get(c.text("input.family")), data(c));
            families.see(c, "expected.estimate", fit.estimate());
            assertThat(fit.warnings()).as(c.text("name")).isEmpty();
            count++;
        }
        for (var c : Designs.GOLDEN.list("cases")) {
            String family = c.text("input.family");
            if (!family.equals("poisson") && !family.equals("binomial") || c.flag("input.weighted")) continue;
            var d = Designs.of(c);
            Tensor x = Tensor.of(d.x()), y = Tensor.of(d.y()),
                    offset = Tensor.of(d.offset() == null ? new double[d.y().length] : d.offset());
            var l = LogLikelihood.of(d.y().length, d.x()[0].length, w -> {
                var z = x.matmul(w).add(offset);
                return y.mul(z).sub(family.equals("poisson") ? z.exp() : z.softplus());
            });
            var fit = new MaximumLikelihood().fit(l, new double[d.x()[0].length]);
            var irls = new Glm(Glm.Family.valueOf(family.toUpperCase())).fit(d.x(), d.y(), d.offset(), null);
            glm.see(c, "expected.coefficients", fit.estimate());
            glm.see(c, "expected.errors", fit.standardErrors());
            glm.see(c, "expected.coefficients", irls.coefficients());
            glm.see(c, "expected.errors", irls.standardErrors());
        }
        Evidence.of("families", count, exactly(12));
        Evidence.of("largest relative gap from closed forms or roots of the score", families, below(1e-6));
        Evidence.of("largest relative gap from statsmodels' Poisson and logit GLM, parameters and errors", glm, below(1e-6));
        Evidence.of("numbers compared with statsmodels", glm.seen(), atLeast(50));
    }

    private static final List<Map.Entry<ParametricFamily, UnivariateDistribution>> MORE = List.of(
            Map.entry(ParametricFamily.CAUCHY, new Cauchy(-2, 0.7)), Map.entry(ParametricFamily.LOMAX, new Lomax(2.5, 3)),
            Map.entry(ParametricFamily.INVERSE_GAUSSIAN, new InverseGaussian(2, 3)),
            Map.entry(ParametricFamily.FISHER_F, new FisherF(6, 9)),
            Map.entry(ParametricFamily.GENERALIZED_PARETO, new GeneralizedPareto(0.3, 2)),
            Map.entry(ParametricFamily.GENERALIZED_PARETO, new GeneralizedPareto(-0.2, 1)),
            Map.entry(ParametricFamily.GENERALIZED_EXTREME_VALUE, new GeneralizedExtremeValue(0.2, 5, 2)),
            Map.entry(ParametricFamily.GENERALIZED_EXTREME_VALUE, new GeneralizedExtremeValue(-0.3, 0, 1)),
            Map.entry(ParametricFamily.betaBinomial(12), new BetaBinomial(12, 2, 3)));

    /** By the log-densities of the distributions themselves, which share no code with the families' formulas. */
    @Test void moreFamiliesEndAtTheTopOfTheirDistributionsLikelihood() {
        int n = 2_000;
        for (var entry : MORE) {
            var family = entry.getKey();
            var truth = entry.getValue();
            var rng = Rng.of(1922);
            double[] data = new double[n];
            for (int i = 0; i < n; i++) data[i] = truth.sample(rng);
            var fit = new MaximumLikelihood().fit(family, data);
            assertThat(fit.warnings()).as(truth.toString()).isEmpty();
            double[] found = fit.estimate();
            double top = sum(family.at(found), data);
            assertThat(fit.logLikelihood()).as(truth.toString()).isCloseTo(top, within(1e-8 * n));
            assertThat(top).isGreaterThanOrEqualTo(sum(truth, data));
            for (int j = 0; j < found.length; j++) for (double step : new double[] {-1e-3, 1e-3}) {
                var beside = found.clone();
                beside[j] += step * Math.max(1, Math.abs(found[j]));
                assertThat(sum(family.at(beside), data)).as("%s, parameter %d", truth, j).isLessThan(top);
            }
        }
    }

    private static double sum(UnivariateDistribution law, double[] data) { return Arrays.stream(data).map(law::logDensity).sum(); }

    @Test
    @Acceptance(topic = "mle", clause = 2) void waldIntervalsCover() {
        int runs = 2_000, n = 200;
        double least = 1, most = 0;
        ParametricFamily[] families = {ParametricFamily.NORMAL, ParametricFamily.EXPONENTIAL, ParametricFamily.POISSON,
                ParametricFamily.BERNOULLI};
        double[][] truths = {{1, 2}, {0.7}, {3}, {0.3}};
        for (int k = 0; k < families.length; k++) {
            var law = families[k].at(truths[k]);
            int[] covered = new int[truths[k].length];
            for (int r = 0; r < runs; r++) {
                var rng = Rng.of(1_000_003L * k + r);
                var data = new double[n];
                for (int i = 0; i < n; i++) data[i] = law.sample(rng);
                var fit = new MaximumLikelihood().fit(families[k], data);
                for (int j = 0; j < covered.length; j++) if (fit.wald(j, 0.95).contains(truths[k][j])) covered[j]++;
            }
            for (int c : covered) {
                least = Math.min(least, (double) c / runs);
                most = Math.max(most, (double) c / runs);
            }
        }
        Evidence.of("least coverage of five parameters", least, between(0.93, 0.97));
        Evidence.of("largest coverage", most, between(0.93, 0.97));
    }

    @Test
    @Acceptance(topic = "mle", clause = 3) void theVarianceIsTheInverseInformation() {
        int runs = 10_000, n = 1_000;
        double worst = 0;
        ParametricFamily[] families = {ParametricFamily.EXPONENTIAL, ParametricFamily.BERNOULLI, ParametricFamily.NORMAL};
        double[][] truths = {{0.7}, {0.3}, {1, 2}};
        for (int k = 0; k < families.length; k++) {
            int p = truths[k].length;
            var law = families[k].at(truths[k]);
            var rng = Rng.of(77 + k);
            double[] data = new double[n], sum = new double[p], square = new double[p];
            for (int r = 0; r < runs; r++) {
                for (int i = 0; i < n; i++) data[i] = law.sample(rng);
                var estimate = new MaximumLikelihood().estimate(families[k], data);
                for (int j = 0; j < p; j++) {
                    double d = Math.sqrt(n) * (estimate[j] - truths[k][j]);
                    sum[j] += d / runs;
                    square[j] += d * d / runs;
                }
            }
            var inverse = closedInverse(k);
            for (int j = 0; j < p; j++) worst = Math.max(worst, Math.abs((square[j] - sum[j] * sum[j]) / inverse[j] - 1));
        }
        Evidence.of("largest relative distance of a variance from the inverse information, four parameters", worst, below(0.05));
    }

    private static double[] closedInverse(int family) {
        return switch (family) {
            case 0 -> new double[] {0.7 * 0.7};
            case 1 -> new double[] {0.3 * 0.7};
            default -> new double[] {4, 2};
        };
    }

    @Test
    @Acceptance(topic = "mle", clause = 4) void estimatesCarryOverToOtherParameters() {
        var gap = Gap.relative();
        Map<ParametricFamily, double[]> truths = Map.of(ParametricFamily.EXPONENTIAL, new double[] {0.7}, ParametricFamily.BERNOULLI,
                new double[] {0.3}, ParametricFamily.GAMMA, new double[] {2.5, 1.2}, ParametricFamily.NORMAL, new double[] {3, 0.8});
        for (var t : truths.entrySet()) {
            var family = t.getKey();
            for (var g : new Transform[] {LOG, Transform.LOGIT, Transform.RECIPROCAL}) {
                if (g == Transform.LOGIT && family != ParametricFamily.BERNOULLI) continue;
                int last = t.getValue().length - 1;
                var data = family.at(t.getValue()).sample(Rng.of(9 + last), 300).toDoubleArray();
                var plain = new MaximumLikelihood().withGradientTolerance(1e-13).fit(family, data).estimate();
                var coordinates = new Transform[last + 1];
                Arrays.fill(coordinates, ID);
                coordinates[last] = g;
                // a fresh start: neither the estimate nor what it is transformed from
                var start = t.getValue().clone();
                for (int j = 0; j <= last; j++) start[j] *= 1.3;
                start[last] = g.to(start[last]);
                for (var method : MaximumLikelihood.Method.values()) {
                    var search = new MaximumLikelihood().withMethod(method).withGradientTolerance(1e-11);
                    var moved = search.fit(family.in(coordinates).logLikelihood(data), start).estimate();
                    gap.see(family.name() + " " + g + " " + method, moved[last], g.to(plain[last]));
                }
            }
        }
        Evidence.of("largest relative gap between g(estimate) and the estimate of g", gap, below(1e-8));
        Evidence.of("fits compared", gap.seen(), atLeast(18));
    }

    @Test
    @Acceptance(topic = "mle", clause = 5) void theUniformsMaximumIsBiased() {
        int runs = 200_000, n = 10;
        double theta = 3, sum = 0, wrong = 0;
        var rng = Rng.of(90);
        var data = new double[n];
        for (int r = 0; r < runs; r++) {
            double largest = 0;
            for (int i = 0; i < n; i++) largest = Math.max(largest, data[i] = theta * rng.nextDouble());
            double estimate = MaximumLikelihood.uniformUpper(data);
            if (estimate != largest) wrong++;
            sum += estimate - theta;
        }
        Evidence.of("estimates that are not the largest value", wrong, exactly(0));
        Evidence.of("bias over -theta / (n + 1)", sum / runs / (-theta / (n + 1)), between(0.99, 1.01));
    }

    /** Held at the lower end of the shape, the scale's estimate lies outside the support: the profile is told by a grid of scales. */
    @Test void profilesGoWhereTheParametersMoveTheSupport() {
        double[] data = new double[50];
        for (int i = 0; i < 50; i++) data[i] = new GeneralizedPareto(-0.2, 1).quantile((i + 0.5) / 50);
        var fit = new MaximumLikelihood().fit(ParametricFamily.GENERALIZED_PARETO, data);
        var shape = fit.profile(0, 0.95);
        for (double end : new double[] {shape.low(), shape.high()}) {
            double best = Double.NEGATIVE_INFINITY;
            for (double scale = 0.5; scale < 2.5; scale += 1e-3) {
                double held = sum(new GeneralizedPareto(end, scale), data);
                if (held > best) best = held;
            }
            assertThat(2 * (fit.logLikelihood() - best)).as("shape %s", end).isCloseTo(3.841458820694124, within(1e-3));
        }
    }

    @Test void profilesCensoringTruncationAndWeights() {
        // the article of log-likelihood: three dead at 2, 5, 7, two alive at 10; rate 3 / 34
        var bulbs = ParametricFamily.EXPONENTIAL.logLikelihood(2, 5, 7).and(ParametricFamily.EXPONENTIAL.censoredAbove(10, 10));
        var fit = new MaximumLikelihood().fit(bulbs, List.of(LOG), new double[] {0.3});
        assertThat(fit.estimate()[0]).isCloseTo(3.0 / 34, within(1e-10));
        assertThat(fit.standardErrors()[0]).isCloseTo(Math.sqrt(3) / 34, within(1e-9)); // information 3 / rate^2
        var profile = fit.profile(0, 0.95);
        for (double end : new double[] {profile.low(), profile.high()})
            assertThat(2 * (fit.logLikelihood() - (3 * Math.log(end) - 34 * end))).isCloseTo(3.841458820694124, within(1e-8));
        var inMeans = new MaximumLikelihood().fit(bulbs, List.of(Transform.RECIPROCAL), new double[] {0.3}).profile(0, 0.95);
        assertThat(new double[] {inMeans.low(), inMeans.high()}).containsExactly(new double[] {profile.low(), profile.high()},
                within(1e-9));
        // of a gamma law's shape: the best rate for it is shape / mean
        double[] three = {1, 2, 5};
        var gamma = new MaximumLikelihood().fit(ParametricFamily.GAMMA, three);
        var shape = gamma.profile(0, 0.95);
        for (double end : new double[] {shape.low(), shape.high()}) {
            double held = Arrays.stream(three).map(x -> new Gamma(end, end * 3 / 8).logDensity(x)).sum();
            assertThat(2 * (gamma.logLikelihood() - held)).isCloseTo(3.841458820694124, within(1e-8));
        }
        // beyond a limit an exponential begins anew
        double[] seen = {4.5, 6, 9, 5};
        var cut = new MaximumLikelihood().fit(ParametricFamily.EXPONENTIAL.truncatedBelow(4, seen), List.of(LOG), new double[] {1});
        assertThat(cut.estimate()[0]).isCloseTo(4 / (0.5 + 2 + 5 + 1), within(1e-9));
        // weight 2 is the row twice
        var weighted = new MaximumLikelihood().fit(ParametricFamily.GAMMA.logLikelihood(1, 2, 4).weighted(2, 1, 1), List.of(LOG, LOG),
                new double[] {1, 1});
        assertThat(weighted.estimate()).containsExactly(new MaximumLikelihood().fit(ParametricFamily.GAMMA, 1, 1, 2, 4).estimate(),
                within(1e-8));
        // of the normal mean the profile is the t interval's likelihood form: n log(1 + (m - mu)^2 / s^2) = chi
        double[] x = {1, 2, 4, 7};
        var normal = new MaximumLikelihood().fit(ParametricFamily.NORMAL, x);
        var mean = normal.profile(0, 0.9);
        double half = Math.sqrt(5.25 * Math.expm1(2.705543454095404 / 4));
        assertThat(mean.high() - 3.5).isCloseTo(half, within(1e-7));
        assertThat(3.5 - mean.low()).isCloseTo(half, within(1e-7));
        assertThat(new MaximumLikelihood().fit(ParametricFamily.POISSON.logLikelihood(3, 5).weighted(2, 1), new double[] {3}).bic())
                .isCloseTo(new MaximumLikelihood().fit(ParametricFamily.POISSON, 3, 3, 5).bic(), within(1e-9));
        assertThat(normal.aic()).isCloseTo(4 - 2 * normal.logLikelihood(), within(1e-12));
        assertThat(normal.bic()).isCloseTo(2 * Math.log(4) - 2 * normal.logLikelihood(), within(1e-12));
    }

    @Test void whatIsNotIdentifiedIsTold() {
        Tensor y = Tensor.of(1.0, 2, 3);
        var twice = LogLikelihood.of(3, 2, t -> y.sub(t.select(0, 0)).sub(t.select(0, 1)).square().mul(-0.5));
        var fit = new MaximumLikelihood().fit(twice, new double[2]);
        assertThat(fit.warnings()).hasSize(1).first().asString().contains("not identified");
        assertThat(fit.standardErrors()).containsOnly(Double.NaN);
        // separated classes: the maximum is at infinity
        Tensor x = Tensor.of(-2.0, -1, 1, 2), labels = Tensor.of(0.0, 0, 1, 1);
        var separated = LogLikelihood.of(4, 1, w -> labels.mul(x.mul(w)).sub(x.mul(w).softplus()));
        var far = new MaximumLikelihood().fit(separated, new double[1]);
        assertThat(far.warnings()).as(far.toString()).hasSize(1).first().asString().contains("at infinity");
        assertThatThrownBy(() -> new MaximumLikelihood().fit(ParametricFamily.NORMAL)).hasMessageContaining("no data");
    }

    @Test void transformsSlopesAndBendsAreTheirDerivatives() {
        for (var g : Transform.values()) for (double eta : new double[] {-2.5, -0.3, 0.8, 3}) {
            if (g != Transform.RECIPROCAL || eta > 0) assertThat(g.to(g.from(eta))).as(g + " of " + eta).isCloseTo(eta, within(1e-12));
            var at = Tensor.of(eta);
            double slope = Autograd.grad(t -> g.from(t).sum()).apply(at).item();
            assertThat(g.slope(eta)).as(g + " of " + eta).isCloseTo(slope, within(1e-14));
            assertThat(g.bend(eta)).isCloseTo(Autograd.hvp(t -> g.from(t).sum(), at, Tensor.of(1.0)).item(), within(1e-13));
            assertThat(g.logSlope(at).item()).isCloseTo(Math.log(Math.abs(slope)), within(1e-13));
        }
    }

    @Test void impossibleValuesAreNamed() {
        var search = new MaximumLikelihood();
        assertThatThrownBy(() -> search.fit(ParametricFamily.EXPONENTIAL, 2, -1, 5)).hasMessageContaining("value 1 is -1.0, impossible in");
        assertThatThrownBy(() -> search.estimate(ParametricFamily.EXPONENTIAL, 2, -1, 5)).hasMessageContaining("value 1 is -1.0");
        assertThatThrownBy(() -> search.fit(ParametricFamily.POISSON, 1.5, 2)).hasMessageContaining("value 0 is 1.5");
        assertThatThrownBy(() -> search.fit(ParametricFamily.binomial(4), 1, 2, 5)).hasMessageContaining("value 2 is 5.0");
        assertThatThrownBy(() -> search.fit(ParametricFamily.NORMAL, 1, Double.NaN)).hasMessageContaining("value 1 is NaN");
        assertThatThrownBy(() -> search.fit(ParametricFamily.GAMMA, 0, 2, 5)).hasMessageContaining("log-density is -Infinity at the start");
        assertThatThrownBy(() -> search.fit(ParametricFamily.NORMAL, 3, 3)).hasMessageContaining("standard deviation of the normal family");
        assertThatThrownBy(() -> search.fit(ParametricFamily.BERNOULLI, 1, 1)).hasMessageContaining("would be 1.0, on the edge");
        assertThat(search.estimate(ParametricFamily.BERNOULLI, 1, 1)).containsExactly(1);
    }

    @Test void missingAndImpossibleValuesOfWeightZeroChangeNothing() {
        var l = ParametricFamily.GAMMA.logLikelihood(1, Double.NaN, 2, -5, 4).weighted(1, 0, 1, 0, 1);
        for (var method : MaximumLikelihood.Method.values())
            assertThat(new MaximumLikelihood().withMethod(method).fit(l, List.of(LOG, LOG), new double[] {1, 1}).estimate())
                    .containsExactly(new MaximumLikelihood().fit(ParametricFamily.GAMMA, 1, 2, 4).estimate(), within(1e-7));
        assertThat(ParametricFamily.HALF_NORMAL.logLikelihood(1, -1, Double.NaN).terms(new double[] {1}))
                .containsExactly(new double[] {0.5 * Math.log(2 / Math.PI) - 0.5, Double.NEGATIVE_INFINITY, Double.NaN}, within(1e-14));
        assertThat(ParametricFamily.EXPONENTIAL.truncatedBelow(4, 3, 5).terms(new double[] {1}))
                .containsExactly(new double[] {Double.NEGATIVE_INFINITY, -1}, within(1e-12));
    }
}
