package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.prob.Categorical;
import lyceum.prob.Dirichlet;
import lyceum.prob.FisherF;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Uniform;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class LogLikelihoodTest {

    private static double[] points(String kind) {
        var x = new double[200];
        for (int k = 0; k < 200; k++) {
            double t = (k - 99.5) / 99.5, u = (k + 1) / 64.0;
            x[k] = switch (kind) {
                case "real" -> t * t * t * 400.0;
                case "positive" -> u * u * u * u;
                case "beyond" -> 1 + u * u * u * u;
                case "unit" -> k < 40 ? Math.scalb(1.0, -(k + 2)) : k < 80 ? 1 - Math.scalb(1.0, -(k - 38)) : (k - 79) / 121.0;
                case "count" -> k < 100 ? k : (k - 90) * (k - 90);
                case "even" -> 2 * k;
                case "bit" -> k % 2;
                case "five" -> k % 5;
                default -> -1 + 4 * (k / 199.0);
            };
        }
        return x;
    }

    private static ParametricFamily family(String name) {
        return switch (name) {
            case "normal" -> ParametricFamily.NORMAL;
            case "exponential" -> ParametricFamily.EXPONENTIAL;
            case "gamma" -> ParametricFamily.GAMMA;
            case "beta" -> ParametricFamily.BETA;
            case "poisson" -> ParametricFamily.POISSON;
            case "bernoulli" -> ParametricFamily.BERNOULLI;
            case "chi2" -> ParametricFamily.CHI_SQUARE;
            case "binomial" -> ParametricFamily.binomial(400);
            case "t" -> ParametricFamily.studentT(5);
            case "cauchy" -> ParametricFamily.studentT(1);
            case "weibull" -> ParametricFamily.WEIBULL;
            case "logistic" -> ParametricFamily.LOGISTIC;
            case "gumbel" -> ParametricFamily.GUMBEL;
            case "lognormal" -> ParametricFamily.LOG_NORMAL;
            case "laplace" -> ParametricFamily.LAPLACE;
            case "rayleigh" -> ParametricFamily.RAYLEIGH;
            case "halfnormal" -> ParametricFamily.HALF_NORMAL;
            case "invgamma" -> ParametricFamily.INVERSE_GAMMA;
            case "geometric" -> ParametricFamily.GEOMETRIC;
            case "negbin" -> ParametricFamily.NEGATIVE_BINOMIAL;
            case "pareto" -> ParametricFamily.pareto(1);
            default -> null;
        };
    }

    @Test
    @Acceptance(topic = "log-likelihood", clause = 1) void logDensitiesEqualSciPy() {
        Gap terms = Gap.relativeBeyondOne(), distributions = Gap.relativeBeyondOne();
        int families = 0;
        for (var c : Golden.load("golden/log-likelihood.json").list("cases")) {
            double[] x = points(c.text("input.points")), p = c.doubles("input.parameters");
            String name = c.text("name");
            var family = family(name);
            if (family != null) {
                boolean fixed = family.parameters().size() < p.length; // trials, degrees of freedom, minimum
                double[] theta = fixed ? Arrays.copyOfRange(p, 1, p.length) : p;
                terms.see(c, "expected.logDensity", family.logLikelihood(x).terms(theta));
                if (family.member() != null)
                    distributions.see(c, "expected.logDensity", family.at(theta).logDensity(Tensor.of(x)).toDoubleArray());
            } else {
                var rows = new double[200][];
                for (int k = 0; k < 200; k++)
                    rows[k] = name.equals("mvn") ? new double[] {x[k], 1 - x[k] / 4} : new double[] {x[k] / 2, x[k] / 2, 1 - x[k]};
                var log = switch (name) {
                    case "uniform" -> new Uniform(p[0], p[1]).logDensity(Tensor.of(x));
                    case "f" -> new FisherF(p[0], p[1]).logDensity(Tensor.of(x));
                    case "categorical" -> new Categorical(p).logDensity(Tensor.of(x));
                    case "mvn" ->
                            new MultivariateNormal(new double[] {1, -1}, new double[][] {{2, 0.5}, {0.5, 1}}).logDensity(Tensor.of(rows));
                    default -> new Dirichlet(2, 3.5, 0.5).logDensity(Tensor.of(rows));
                };
                distributions.see(c, "expected.logDensity", log.toDoubleArray());
            }
            families++;
        }
        Evidence.of("families, 200 points each", families, atLeast(25));
        Evidence.of("largest gap of differentiable terms, relative beyond 1", terms, below(1e-10));
        Evidence.of("largest gap of distributions' log-densities", distributions, below(1e-10));
        Evidence.of("values compared", terms.seen() + distributions.seen(), above(6_000));
    }

    @Test
    @Acceptance(topic = "log-likelihood", clause = 2) void theSumOutlivesTheProduct() {
        var halfLog2Pi = new BigDecimal("0.9189385332046727417803297364056176398614");
        var log07 = new BigDecimal("-0.3566749439387323789126387112411845460218"); // log 0.7
        double worst = 0, products = 0;
        for (int seed = 0; seed < 5; seed++) {
            double[] x = ParametricFamily.NORMAL.at(0, 1).sample(Rng.of(seed), 2_000).toDoubleArray(),
                    y = ParametricFamily.EXPONENTIAL.at(0.7).sample(Rng.of(seed), 2_000).toDoubleArray();
            BigDecimal normal = BigDecimal.ZERO, exponential = BigDecimal.ZERO;
            double productX = 1, productY = 1;
            for (int i = 0; i < 2_000; i++) {
                var v = new BigDecimal(x[i]);
                normal = normal.subtract(v.multiply(v).divide(BigDecimal.TWO)).subtract(halfLog2Pi);
                exponential = exponential.add(log07).subtract(new BigDecimal("0.7").multiply(new BigDecimal(y[i])));
                productX *= ParametricFamily.NORMAL.at(0, 1).density(x[i]);
                productY *= ParametricFamily.EXPONENTIAL.at(0.7).density(y[i]);
            }
            products = Math.max(products, Math.max(productX, productY));
            worst = Math.max(worst, Math
                    .abs(new BigDecimal(ParametricFamily.NORMAL.logLikelihood(x).at(new double[] {0, 1})).subtract(normal).doubleValue()));
            worst = Math.max(worst, Math.abs(new BigDecimal(ParametricFamily.EXPONENTIAL.logLikelihood(y).at(new double[] {0.7}))
                    .subtract(exponential).doubleValue()));
        }
        Evidence.of("largest product of 2,000 densities", products, exactly(0));
        Evidence.of("largest gap of the sum from BigDecimal arithmetic", worst, below(1e-9));
    }

    @Test
    @Acceptance(topic = "log-likelihood", clause = 3) void splitsAddUp() {
        double worst = 0;
        int splits = 0;
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(seed);
            double[] x = ParametricFamily.GAMMA.at(2, 0.5).sample(rng, 50 + rng.nextInt(500)).toDoubleArray(),
                    theta = {0.5 + 3 * rng.nextDouble(), 0.3 + rng.nextDouble()};
            int cut = 1 + rng.nextInt(x.length - 1);
            LogLikelihood whole = ParametricFamily.GAMMA.logLikelihood(x),
                    first = ParametricFamily.GAMMA.logLikelihood(Arrays.copyOf(x, cut)),
                    second = ParametricFamily.GAMMA.logLikelihood(Arrays.copyOfRange(x, cut, x.length));
            double[] g = new double[2], g1 = new double[2], g2 = new double[2];
            double value = whole.at(theta, g), parts = first.at(theta, g1) + second.at(theta, g2), size = Math.max(1, Math.abs(value));
            worst = Math.max(worst, Math.abs(value - parts) / size);
            worst = Math.max(worst, Math.abs(value - first.and(second).at(theta)) / size);
            var weights = new double[x.length];
            for (int i = 0; i < x.length; i++) weights[i] = i < cut ? 1 : 0;
            worst = Math.max(worst, Math.abs(whole.weighted(weights).at(theta) - first.at(theta)) / size);
            splits++;
        }
        Evidence.of("splits", splits, exactly(200));
        Evidence.of("largest gap of a sum from its parts', joined, or by weights of 0, relative beyond 1", worst, below(1e-10));
    }

    @Test
    @Acceptance(topic = "log-likelihood", clause = 4) void gradientsAreScores() {
        var gap = Gap.relativeBeyondOne();
        double mean = 0;
        int scores = 0;
        ParametricFamily[] families = {ParametricFamily.NORMAL, ParametricFamily.EXPONENTIAL, ParametricFamily.GAMMA, ParametricFamily.BETA,
                ParametricFamily.POISSON, ParametricFamily.BERNOULLI, ParametricFamily.CHI_SQUARE, ParametricFamily.studentT(5)};
        double[][] truths = {{1, 2}, {0.7}, {2.5, 0.8}, {2, 5}, {3.3}, {0.3}, {4.5}, {0.5, 2}};
        for (int k = 0; k < families.length; k++) {
            double[] t = truths[k], x = families[k].at(t).sample(Rng.of(40 + k), 20_000).toDoubleArray();
            double[][] s = families[k].logLikelihood(x).scores(t);
            double[] sum = new double[t.length], square = new double[t.length];
            for (int i = 0; i < x.length; i++) {
                double v = x[i], z = t.length > 1 ? (v - t[0]) / t[1] : 0, w = 6 / (5 + z * z);
                double[] closed = switch (k) {
                    case 0 -> new double[] {z / t[1], (z * z - 1) / t[1]};
                    case 1 -> new double[] {1 / t[0] - v};
                    case 2 -> new double[] {Math.log(t[1]) + Math.log(v) - Special.digamma(t[0]), t[0] / t[1] - v};
                    case 3 -> new double[] {Math.log(v) + Special.digamma(t[0] + t[1]) - Special.digamma(t[0]),
                            Math.log1p(-v) + Special.digamma(t[0] + t[1]) - Special.digamma(t[1])};
                    case 4 -> new double[] {v / t[0] - 1};
                    case 5 -> new double[] {v / t[0] - (1 - v) / (1 - t[0])};
                    case 6 -> new double[] {0.5 * (Math.log(v) - Math.log(2) - Special.digamma(t[0] / 2))};
                    default -> new double[] {w * z / t[1], (w * z * z - 1) / t[1]};
                };
                if (i < 500) gap.see(families[k].name(), s[i], closed);
                for (int j = 0; j < t.length; j++) {
                    sum[j] += s[i][j] / x.length;
                    square[j] += s[i][j] * s[i][j] / x.length;
                }
            }
            for (int j = 0; j < t.length; j++) {
                mean = Math.max(mean, Math.abs(sum[j]) / Math.sqrt((square[j] - sum[j] * sum[j]) / x.length));
                scores++;
            }
        }
        Evidence.of("largest gap from closed-form scores of eight families, relative beyond 1", gap, below(1e-8));
        Evidence.of("largest mean score at the truth, in standard errors", mean, below(3));
        Evidence.of("parameters", scores, exactly(12));
    }

    @Test
    @Acceptance(topic = "log-likelihood", clause = 5) void theLogarithmKeepsTheArgmax() {
        int grids = 0, moved = 0, inside = 0;
        for (int seed = 0; seed < 1_000; seed++) {
            var rng = Rng.of(seed);
            var family = List
                    .of(ParametricFamily.EXPONENTIAL, ParametricFamily.POISSON, ParametricFamily.BERNOULLI, ParametricFamily.CHI_SQUARE)
                    .get(seed % 4);
            double truth = seed % 4 == 2 ? 0.3 : 2;
            double[] x = family.at(truth).sample(rng, 4 + rng.nextInt(12)).toDoubleArray(), grid = new double[60];
            for (int k = 0; k < grid.length; k++) grid[k] = truth * (0.11 + (seed % 4 == 2 ? 3.0 : 4.0) * (k + rng.nextDouble()) / 60);
            double[] log = family.logLikelihood(x).slice(new double[1], 0, grid);
            int bestLog = 0, best = 0;
            double most = -1;
            for (int k = 0; k < grid.length; k++) {
                double product = 1; // the likelihood itself, of distributions
                for (double v : x) product *= family.at(grid[k]).density(v);
                if (product > most * (1 + 1e-12)) {
                    most = product;
                    best = k;
                }
                if (log[k] > log[bestLog]) bestLog = k;
            }
            if (best != bestLog) moved++;
            if (best > 0 && best < 59) inside++;
            grids++;
        }
        Evidence.of("grids", grids, exactly(1_000));
        Evidence.of("grids where likelihood and logarithm peak apart", moved, exactly(0));
        Evidence.of("grids whose peak is not at an end", inside, above(700));
    }

    @Test void surfacesWeightsAndErrors() {
        var l = ParametricFamily.NORMAL.logLikelihood(1, 2, 4);
        double[][] surface = l.surface(new double[] {0, 1}, 0, new double[] {1, 2}, 1, new double[] {1, 3, 5});
        assertThat(surface).hasDimensions(3, 2);
        assertThat(surface[2][1]).isCloseTo(l.at(new double[] {2, 5}), within(1e-12));
        // a missing value of weight 0 may be anything
        assertThat(ParametricFamily.GAMMA.logLikelihood(1, -5, 2).weighted(1, 0, 1).at(new double[] {2, 1}))
                .isCloseTo(ParametricFamily.GAMMA.logLikelihood(1, 2).at(new double[] {2, 1}), within(1e-12));
        // far out, where 1 - cdf is 0: log P(X > 10) of a standard normal
        assertThat(ParametricFamily.NORMAL.censoredAbove(10).at(new double[] {0, 1})).isCloseTo(-53.23128515051247, within(1e-9));
        // its score there is the hazard h and z h, and its curvature in the mean h (z - h)
        double h = Math.exp(-50 - 0.5 * Math.log(2 * Math.PI) + 53.23128515051247);
        assertThat(ParametricFamily.NORMAL.censoredAbove(10).scores(new double[] {0, 1})[0]).containsExactly(new double[] {h, 10 * h},
                within(1e-7));
        assertThat(ParametricFamily.NORMAL.censoredAbove(10).hessian(new double[] {0, 1})[0][0]).isCloseTo(h * (10 - h), within(1e-7));
        // weights and joined parts bend the sum as they add to it
        double[] theta = {1.2, 0.7}, v = {0.3, -1};
        LogLikelihood gamma = ParametricFamily.GAMMA.logLikelihood(1, 2, 4), other = ParametricFamily.GAMMA.logLikelihood(1, 1, 2, 2, 2, 5),
                both = gamma.weighted(2, 3, 0).and(ParametricFamily.GAMMA.logLikelihood(5));
        assertThat(both.hessianTimes(theta, v)).containsExactly(other.hessianTimes(theta, v), within(1e-12));
        assertThat(LogLikelihood.sum(new double[] {1e16, 1, -1e16}, new double[] {1, 1, 1})).isEqualTo(1); // compensated
        assertThatThrownBy(() -> l.weighted(1, 2)).isInstanceOf(ShapeException.class).hasMessageContaining("2 weights for 3 observations");
        assertThatThrownBy(() -> l.at(new double[] {1})).hasMessageContaining("1 numbers for 2 parameters");
        assertThatThrownBy(() -> l.and(ParametricFamily.EXPONENTIAL.logLikelihood(1))).hasMessageContaining("share their parameters");
    }
}
