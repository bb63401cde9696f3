package lyceum.prob;

import static lyceum.prob.GradientEstimator.PATHWISE;
import static lyceum.prob.GradientEstimator.SCORE;
import static lyceum.prob.GradientEstimator.SCORE_LEAVE_ONE_OUT;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ReparameterizationTest {
    private static final Golden GOLDEN = Golden.load("golden/reparameterization-trick.json");
    private static final double EULER = 0.57721566490153286061;

    /** An expectation whose gradient is known. @param closed of each parameter, one after the other */
    private record Case(String name, Function<Tensor[], TensorDistribution> law, UnaryOperator<Tensor> f, Tensor[] at, double... closed) {}

    private static Case of(String name, Function<Tensor[], TensorDistribution> law, UnaryOperator<Tensor> f, double[] at,
            double... closed) {
        return new Case(name, law, f, Arrays.stream(at).mapToObj(Tensor::scalar).map(t -> t.to(DType.F64)).toArray(Tensor[]::new), closed);
    }

    /** Means of gradients over batches, each with its distance from the closed form in standard errors; the largest. */
    private static double[] distance(Case c, GradientEstimator estimator, int batches, int draws) {
        double[] mean = new double[c.closed.length], squares = new double[c.closed.length];
        for (int b = 0; b < batches; b++) {
            var leaves = Arrays.stream(c.at).map(t -> t.detach().copy().requiresGrad()).toArray(Tensor[]::new);
            estimator.expectation(c.law.apply(leaves), c.f, draws, Rng.of(17).split(b)).backward();
            int at = 0;
            for (var leaf : leaves) for (double g : leaf.grad().toDoubleArray()) {
                double change = g - mean[at];
                mean[at] += change / (b + 1);
                squares[at] += change * (g - mean[at]);
                at++;
            }
        }
        double worst = 0, error = 0;
        for (int i = 0; i < mean.length; i++) {
            double se = Math.sqrt(squares[i] / (batches - 1) / batches), off = Math.abs(mean[i] - c.closed[i]);
            worst = Math.max(worst, off < 1e-12 ? 0 : off / se); // some gradients do not vary
            error = Math.max(error, se / Math.max(1, Math.abs(c.closed[i])));
        }
        return new double[] {worst, error};
    }

    private static double slope(DoubleUnaryOperator f, double x) { return (f.applyAsDouble(x + 1e-5) - f.applyAsDouble(x - 1e-5)) / 2e-5; }

    @Acceptance(topic = "reparameterization-trick", clause = 1)
    @Test void gradientsEqualTheirClosedForms() {
        UnaryOperator<Tensor> self = x -> x, square = Tensor::square;
        double m = 0.7, s = 1.3, a = 2.5, b = 1.6, t = a + b, e = Math.exp(0.2 + 0.18), w = Special.lgamma(1 + 1 / 1.7);
        double[] alpha = {0.6, 1.5, 2};
        double total = 4.1, second = total * (total + 1), falls = 2 * total + 1;
        double[][] l = {{1.2, 0}, {0.5, 0.8}};
        // E (x0 + 2 x1)^2: with c = (1, 2), gradient 2 c (c.mean) and 2 c (c L)
        double dot = 0.4 + 2 * -0.3, c0 = 1.2 + 2 * 0.5, c1 = 2 * 0.8, c2 = (1 + s) * (1 + s) + m * m;
        DoubleUnaryOperator relaxed = z -> Quadrature.expectation(new Logistic(0, 1), v -> Math.pow(Special.sigmoid((z + v) / 0.5), 2));
        var cases = List.of(of("normal, E z^2", p -> Reparameterized.normal(p[0], p[1]), square, new double[] {m, s}, 2 * m, 2 * s),
                of("normal, E z^4", p -> Reparameterized.normal(p[0], p[1]), x -> x.square().square(), new double[] {m, s},
                        4 * m * m * m + 12 * m * s * s, 12 * m * m * s + 12 * s * s * s),
                of("log-normal", p -> Reparameterized.logNormal(p[0], p[1]), self, new double[] {0.2, 0.6}, e, 0.6 * e),
                of("Laplace", p -> Reparameterized.laplace(p[0], p[1]), square, new double[] {m, s}, 2 * m, 4 * s),
                of("logistic", p -> Reparameterized.logistic(p[0], p[1]), square, new double[] {m, s}, 2 * m,
                        2 * s * Math.PI * Math.PI / 3),
                of("Gumbel", p -> Reparameterized.gumbel(p[0], p[1]), self, new double[] {m, s}, 1, EULER),
                of("Cauchy, E 1/(1 + x^2)", p -> Reparameterized.cauchy(p[0], p[1]), x -> x.square().add(1).reciprocal(),
                        new double[] {m, s}, -2 * m * (1 + s) / (c2 * c2), (m * m - (1 + s) * (1 + s)) / (c2 * c2)),
                of("uniform", p -> Reparameterized.uniform(p[0], p[1]), square, new double[] {-1, 2}, (2 * -1 + 2) / 3.0,
                        (2 * 2 - 1) / 3.0),
                of("exponential", p -> Reparameterized.exponential(p[0]), square, new double[] {s}, -4 / (s * s * s)),
                of("Weibull", p -> Reparameterized.weibull(p[0], p[1]), self, new double[] {1.7, s},
                        -s * Math.exp(w) * Special.digamma(1 + 1 / 1.7) / (1.7 * 1.7), Math.exp(w)),
                of("Pareto", p -> Reparameterized.pareto(p[0], p[1]), self, new double[] {4, 2}, -2 / 9.0, 4 / 3.0),
                of("gamma, E x^2", p -> Reparameterized.gamma(p[0], p[1]), square, new double[] {a, b}, (2 * a + 1) / (b * b),
                        -2 * a * (a + 1) / (b * b * b)),
                of("gamma of small shape, E log", p -> Reparameterized.gamma(p[0], p[1]), Tensor::log, new double[] {0.3, b},
                        Special.polygamma(1, 0.3), -1 / b),
                of("beta", p -> Reparameterized.beta(p[0], p[1]), self, new double[] {a, b}, b / (t * t), -a / (t * t)),
                of("beta, E x^2", p -> Reparameterized.beta(p[0], p[1]), square, new double[] {a, b},
                        (2 * a + 1) / (t * (t + 1)) - a * (a + 1) * (2 * t + 1) / Math.pow(t * (t + 1), 2),
                        -a * (a + 1) * (2 * t + 1) / Math.pow(t * (t + 1), 2)),
                of("Student, E x^2", p -> Reparameterized.studentT(p[0], p[1], p[2]), square, new double[] {9, m, s}, -2 * s * s / 49,
                        2 * m, 2 * s * 9 / 7),
                new Case("Dirichlet, E x0^2", p -> Reparameterized.dirichlet(p[0]), x -> x.select(1, 0).square(),
                        new Tensor[] {Tensor.of(alpha)}, (2 * 0.6 + 1) / second - 0.6 * 1.6 * falls / (second * second),
                        -0.6 * 1.6 * falls / (second * second), -0.6 * 1.6 * falls / (second * second)),
                new Case("normal vector", p -> Reparameterized.multivariateNormal(p[0], p[1]),
                        x -> x.select(1, 0).add(x.select(1, 1).mul(2)).square(), new Tensor[] {Tensor.of(0.4, -0.3), Tensor.of(l)}, 2 * dot,
                        4 * dot, 2 * c0, 0, 4 * c0, 4 * c1),
                new Case("Gumbel-softmax of two, E x0^2 by quadrature", p -> new GumbelSoftmax(p[0], 0.5), x -> x.select(1, 0).square(),
                        new Tensor[] {Tensor.of(0.8, 0.1)}, slope(relaxed, 0.7), -slope(relaxed, 0.7)));
        double worst = 0, error = 0, scored = 0;
        int gradients = 0;
        for (var c : cases) {
            double[] found = distance(c, PATHWISE, 200, 100);
            assertThat(found[0]).as(c.name).isLessThanOrEqualTo(3);
            worst = Math.max(worst, found[0]);
            error = Math.max(error, found[1]);
            gradients += c.closed.length;
        }
        Evidence.of("largest distance of " + gradients + " pathwise gradients from the closed form, standard errors", worst, atMost(3));
        Evidence.of("largest standard error, of a gradient of at least 1 relative", error, below(0.1));
        var others = List.of(cases.get(0), cases.get(11), cases.get(13),
                new Case("Bernoulli", p -> TensorDistribution.bernoulli(p[0]), x -> x.mul(3), new Tensor[] {Tensor.of(0.4)},
                        3 * Special.sigmoid(0.4) * Special.sigmoid(-0.4)),
                new Case("categorical", p -> TensorDistribution.categorical(p[0]), x -> x.to(DType.F64),
                        new Tensor[] {Tensor.of(0.0, 0, 0)}, -1 / 3.0, 0, 1 / 3.0));
        for (var c : others)
            for (var estimator : List.of(SCORE, SCORE_LEAVE_ONE_OUT))
                scored = Math.max(scored, distance(vectors(c), estimator, 200, 100)[0]);
        Evidence.of("largest distance of score-function gradients of 5 laws, with and without baseline", scored, atMost(3));
    }

    /** f gives one number a draw, whatever the shape of the parameters. */
    private static Case vectors(Case c) { return new Case(c.name, c.law, x -> c.f.apply(x.reshape(x.size(0))), c.at, c.closed); }

    private static Reparameterized golden(String name, Tensor[] p) {
        return name.startsWith("multivariate") ? Reparameterized.multivariateNormal(p[0], p[1])
                : name.startsWith("log") ? Reparameterized.logNormal(p[0], p[1]) : Reparameterized.normal(p[0], p[1]);
    }

    private static Tensor tensor(Golden c, String path, DType type) {
        long[] shape = Arrays.stream(c.shape(path)).asLongStream().toArray();
        return Tensor.of(c.flat(path), shape).to(type);
    }

    @Acceptance(topic = "reparameterization-trick", clause = 2)
    @Test void pathwiseGradientsEqualPyTorchsAndImplicitOnesTheQuantiles() {
        double draws = 0, gradients = 0;
        int cases = 0;
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            var type = name.endsWith("f32") ? DType.F32 : DType.F64;
            Tensor[] p = {tensor(c, "input.parameters.0", type).requiresGrad(), tensor(c, "input.parameters.1", type).requiresGrad()};
            var z = golden(name, p).rsample(tensor(c, "input.noise", type));
            assertThat(z.dtype()).isEqualTo(type);
            z.sin().mul(z.square()).sum().backward();
            draws = Math.max(draws, gap(z.toDoubleArray(), c.flat("expected.z")));
            for (int i = 0; i < 2; i++)
                gradients = Math.max(gradients, gap(p[i].grad().toDoubleArray(), c.flat("expected.gradients." + i)));
            cases++;
        }
        Evidence.of("draws from PyTorch's for the same noise, of " + cases + " cases", draws, atMost(1e-6));
        Evidence.of("pathwise gradients from PyTorch's", gradients, atMost(1e-6));
        double worst = 0;
        int points = 0;
        for (double shape : new double[] {0.1, 0.5, 1, 2.7, 10, 60}) for (double rate : new double[] {0.4, 1, 3}) {
            Tensor a = Tensor.full(DType.F64, shape, 40).requiresGrad(), b = Tensor.full(DType.F64, rate, 40).requiresGrad();
            var x = Reparameterized.gamma(a, b).rsample(Rng.of(points));
            x.sum().backward();
            for (int i = 0; i < 40; i++) {
                double at = x.item(i);
                // Quantiles from the nearer tail, where the probability keeps its digits
                double lower = new Gamma(shape, rate).cdf(at), upper = new Gamma(shape, rate).survival(at), h = 1e-4 * shape,
                        k = 1e-4 * rate;
                double alpha = (inverse(shape + h, rate, lower, upper) - inverse(shape - h, rate, lower, upper)) / (2 * h);
                double beta = (inverse(shape, rate + k, lower, upper) - inverse(shape, rate - k, lower, upper)) / (2 * k);
                worst = Math.max(worst, Math.max(Math.abs(a.grad().item(i) - alpha) / Math.max(1, Math.abs(alpha)),
                        Math.abs(b.grad().item(i) - beta) / Math.max(1, Math.abs(beta))));
                points++;
            }
        }
        Evidence.of("implicit gamma derivatives from differences of the quantile, largest gap of " + points + " draws", worst,
                atMost(1e-4));
    }

    private static double inverse(double shape, double rate, double lower, double upper) {
        return lower < upper ? new Gamma(shape, rate).quantile(lower) : new Gamma(shape, rate).upperQuantile(upper);
    }

    private static double gap(double[] a, double[] b) {
        double gap = 0;
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) gap = Math.max(gap, Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i])));
        return gap;
    }

    @Acceptance(topic = "reparameterization-trick", clause = 3)
    @Test void pathwiseGradientsVaryTenTimesLess() {
        int n = 2_000, d = 10;
        double[][] variance = new double[3][2 * d];
        for (var estimator : GradientEstimator.values()) {
            var squares = variance[estimator.ordinal()];
            var mean = new double[2 * d];
            // Two draws an estimate, so that the baseline has something to stand on
            for (int i = 0; i < n; i++) {
                Tensor mu = Tensor.zeros(DType.F64, d).requiresGrad(), sigma = Tensor.full(DType.F64, 1.0, d).requiresGrad();
                estimator.expectation(Reparameterized.normal(mu, sigma), z -> z.sub(2).square().sum(1), 2, Rng.of(3).split(i)).backward();
                for (int j = 0; j < 2 * d; j++) {
                    double g = (j < d ? mu : sigma).grad().item(j % d), change = g - mean[j];
                    mean[j] += change / (i + 1);
                    squares[j] += change * (g - mean[j]) / (n - 1);
                }
            }
        }
        double least = Double.POSITIVE_INFINITY, baseline = Double.POSITIVE_INFINITY;
        for (int j = 0; j < 2 * d; j++) {
            least = Math.min(least, variance[SCORE.ordinal()][j] / variance[PATHWISE.ordinal()][j]);
            baseline = Math.min(baseline, variance[SCORE.ordinal()][j] / variance[SCORE_LEAVE_ONE_OUT.ordinal()][j]);
        }
        Evidence.of("score-function variance over pathwise, least of 20 parameters", least, atLeast(10));
        Evidence.of("gain of the leave-one-out baseline, least of 20", baseline, above(1));
    }

    @Test void logDensitiesAreThoseOfTheFamilies() {
        record Pair(TensorDistribution tensor, UnivariateDistribution number) {}
        Tensor one = Tensor.of(1.4), two = Tensor.of(0.7);
        for (var p : List.of(new Pair(Reparameterized.normal(one, two), new Normal(1.4, 0.7)),
                new Pair(Reparameterized.logNormal(one, two), new LogNormal(1.4, 0.7)),
                new Pair(Reparameterized.laplace(one, two), new Laplace(1.4, 0.7)),
                new Pair(Reparameterized.logistic(one, two), new Logistic(1.4, 0.7)),
                new Pair(Reparameterized.gumbel(one, two), new Gumbel(1.4, 0.7)),
                new Pair(Reparameterized.cauchy(one, two), new Cauchy(1.4, 0.7)),
                new Pair(Reparameterized.uniform(two, one), new Uniform(0.7, 1.4)),
                new Pair(Reparameterized.exponential(one), new Exponential(1.4)),
                new Pair(Reparameterized.weibull(one, two), new Weibull(1.4, 0.7)),
                new Pair(Reparameterized.pareto(one, two), new Pareto(1.4, 0.7)),
                new Pair(Reparameterized.gamma(one, two), new Gamma(1.4, 0.7)),
                new Pair(Reparameterized.beta(one, two), new Beta(1.4, 0.7)),
                new Pair(Reparameterized.studentT(Tensor.of(5.0), one, two), new StudentT(5, 1.4, 0.7)),
                new Pair(TensorDistribution.bernoulli(one), Bernoulli.ofLogit(1.4)))) {
            double[] x = p.number.sample(Rng.of(2), 20).toDoubleArray();
            double[] log = p.tensor.logDensity(Tensor.of(x, 20, 1)).toDoubleArray();
            for (int i = 0; i < 20; i++)
                assertThat(log[i]).as(p.number + " at " + x[i]).isCloseTo(p.number.logDensity(x[i]), within(1e-10));
            // and the draws are the family's: their median splits them
            double[] drawn = p.tensor.sample(Rng.of(3), 2_000).toDoubleArray();
            if (!p.number.isDiscrete())
                assertThat(Arrays.stream(drawn).filter(v -> v < p.number.quantile(0.5)).count()).isBetween(900L, 1_100L);
        }
        var vector = new MultivariateNormal(new double[] {1, -1}, new double[][] {{4, 1}, {1, 1.25}});
        var x = Tensor.of(new double[][] {{0, 0}, {1.5, -2}, {3, 0.1}});
        assertThat(Reparameterized.multivariateNormal(Tensor.of(1.0, -1), Tensor.of(new double[][] {{2, 0}, {0.5, 1}})).logDensity(x)
                .toDoubleArray()).containsExactly(vector.logDensity(x).toDoubleArray(), within(1e-12));
        var shares = Tensor.of(new double[][] {{0.2, 0.3, 0.5}, {0.7, 0.1, 0.2}});
        assertThat(Reparameterized.dirichlet(Tensor.of(0.5, 2, 3)).logDensity(shares).toDoubleArray())
                .containsExactly(new Dirichlet(0.5, 2, 3).logDensity(shares).toDoubleArray(), within(1e-12));
        assertThat(TensorDistribution.categorical(Tensor.of(0.0, Math.log(2), Math.log(5))).logDensity(Tensor.of(2L, 0L)).toDoubleArray())
                .containsExactly(new double[] {Math.log(5 / 8.0), Math.log(1 / 8.0)}, within(1e-14));
        // The concrete density integrates to 1
        var relaxed = new GumbelSoftmax(Tensor.of(0.8, 0.1), 0.7);
        assertThat(Quadrature.integrate(u -> Math.exp(relaxed.logDensity(Tensor.of(u, 1 - u)).item()), 0, 1, 1e-9)).isCloseTo(1,
                within(1e-6));
    }

    @Test void straightThroughIsOneHotForwardAndSoftBackward() {
        var logits = Tensor.of(1.0, 0, -1).requiresGrad();
        var relaxed = new GumbelSoftmax(logits, 0.6);
        var hard = relaxed.straightThrough(Rng.of(4), 3_000);
        double[] sums = hard.sum(0).toDoubleArray(), p = {Math.E / (Math.E + 1 + 1 / Math.E), 1 / (Math.E + 1 + 1 / Math.E)};
        assertThat(sums[0] / 3_000).isCloseTo(p[0], within(0.03));
        assertThat(sums[1] / 3_000).isCloseTo(p[1], within(0.03));
        for (double v : hard.toDoubleArray()) assertThat(v == 0 || v == 1).isTrue();
        var weights = Tensor.of(1.0, 2, 4);
        hard.mul(weights).sum().backward();
        double[] through = logits.grad().toDoubleArray();
        var again = logits.detach().copy().requiresGrad();
        new GumbelSoftmax(again, 0.6).rsample(Rng.of(4), 3_000).mul(weights).sum().backward();
        assertThat(through).containsExactly(again.grad().toDoubleArray(), within(1e-12));
    }

    @Test void shapesBroadcastAndBadUseIsNamed() {
        var q = Reparameterized.gamma(Tensor.full(DType.F32, 2.0, 3, 1), Tensor.full(DType.F32, 1.5, 4));
        assertThat(q.rsample(Rng.of(1), 5, 2).shape().toArray()).containsExactly(5, 2, 3, 4);
        assertThat(q.rsample(Rng.of(1)).dtype()).isEqualTo(DType.F32);
        var mean = Tensor.of(1.0).requiresGrad();
        assertThat(Reparameterized.normal(mean, Tensor.of(1.0)).sample(Rng.of(1), 3).isTracked()).isFalse();
        assertThat(Reparameterized.normal(mean, Tensor.of(1.0)).rsample(Rng.of(1), 3).isTracked()).isTrue();
        assertThatThrownBy(() -> q.rsample(Tensor.of(1.0))).hasMessageContaining("differentiated implicitly");
        assertThatThrownBy(() -> PATHWISE.expectation(TensorDistribution.bernoulli(mean), x -> x, 3, Rng.of(1)))
                .hasMessageContaining("has no differentiable draws");
        assertThatThrownBy(() -> SCORE_LEAVE_ONE_OUT.expectation(Reparameterized.normal(mean, mean), x -> x, 1, Rng.of(1)))
                .hasMessageContaining("at least 2");
        assertThatThrownBy(() -> PATHWISE.expectation(Reparameterized.normal(mean, mean), Tensor::sum, 3, Rng.of(1)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Reparameterized.gamma(Tensor.of(-1.0), Tensor.of(1.0)).rsample(Rng.of(1)))
                .hasMessageContaining("shape is -1.0");
        assertThatThrownBy(() -> Reparameterized.multivariateNormal(Tensor.of(1.0, 2), Tensor.of(new double[][] {{1}})))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new GumbelSoftmax(mean, 0)).hasMessageContaining("temperature is 0.0");
    }
}
