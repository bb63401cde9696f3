package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.prob.Beta;
import lyceum.prob.BetaBinomial;
import lyceum.prob.Binomial;
import lyceum.prob.Cauchy;
import lyceum.prob.ChiSquare;
import lyceum.prob.Exponential;
import lyceum.prob.FisherF;
import lyceum.prob.Gamma;
import lyceum.prob.Geometric;
import lyceum.prob.Gumbel;
import lyceum.prob.HalfNormal;
import lyceum.prob.InverseGamma;
import lyceum.prob.InverseGaussian;
import lyceum.prob.Laplace;
import lyceum.prob.LogNormal;
import lyceum.prob.Logistic;
import lyceum.prob.Lomax;
import lyceum.prob.NegativeBinomial;
import lyceum.prob.Normal;
import lyceum.prob.Pareto;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.prob.Rayleigh;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.prob.Weibull;
import lyceum.tensor.Tensor;

/**
 * A family of distributions whose log-density is differentiable in its parameters: what {@link LogLikelihood}, {@link FisherInformation} and
 * {@link MaximumLikelihood} differentiate.
 *
 * {@snippet :
 * var l = ParametricFamily.GAMMA.logLikelihood(data);         // of (shape, rate)
 * FisherInformation.expected(ParametricFamily.NORMAL, 0, 2);  // diag(1/4, 1/2), for one observation
 * var weibull = new ParametricFamily("Weibull", List.of("shape", "scale"), List.of(Transform.LOG, Transform.LOG), formula, null);
 * }
 *
 * @param name for messages
 * @param parameters their names
 * @param transforms a coordinate for each parameter in which it may take any value
 * @param formula {@code log p(x; theta)} for parameters (p) and data (n): (n)
 * @param member the distribution at a parameter vector; null if there is none, and then nothing can be drawn or integrated
 * @param start where a search for the maximum begins; null for 0 in every transformed coordinate
 * @param support whether a value is possible, under any parameters
 */
public record ParametricFamily(String name, List<String> parameters, List<Transform> transforms, Formula formula,
        Function<double[], ? extends UnivariateDistribution> member, Start start, DoublePredicate support) {

    private static final DoublePredicate REAL = x -> true, POSITIVE = x -> x > 0, AT_LEAST_0 = x -> x >= 0,
            COUNT = x -> x >= 0 && x == Math.rint(x);

    private static final double LOG_SQRT_2PI = 0.91893853320467274178;

    /** A log-density in tensor operations. */
    @FunctionalInterface
    public interface Formula {
        /** {@code theta[j]} is parameter j, a scalar; x has shape (n), and so has the result. */
        Tensor logDensity(Tensor[] theta, Tensor x);
    }

    /** Estimates from data. @param closed if they are the maximum of the likelihood and nothing is left to search */
    public record Start(Function<double[], double[]> estimates, boolean closed) {}

    private static Start closed(Function<double[], double[]> estimates) { return new Start(estimates, true); }

    private static Start near(Function<double[], double[]> estimates) { return new Start(estimates, false); }

    private static double variance(double[] x) { return Descriptive.variance(x, null, 0, Descriptive.Weights.FREQUENCY); }

    /** Mean and standard deviation. */
    public static final ParametricFamily NORMAL = new ParametricFamily("normal", List.of("mean", "standard deviation"),
            List.of(Transform.IDENTITY, Transform.LOG),
            (t, x) -> x.sub(t[0]).div(t[1]).square().mul(-0.5).sub(t[1].log()).sub(LOG_SQRT_2PI), t -> new Normal(t[0], t[1]),
            closed(x -> new double[] {Descriptive.mean(x), Math.sqrt(variance(x))}), REAL);

    /** Rate. */
    public static final ParametricFamily EXPONENTIAL = new ParametricFamily("exponential", List.of("rate"), List.of(Transform.LOG),
            (t, x) -> t[0].log().sub(t[0].mul(x)), t -> new Exponential(t[0]), closed(x -> new double[] {1 / Descriptive.mean(x)}),
            AT_LEAST_0);

    /** Shape and rate. */
    public static final ParametricFamily GAMMA = new ParametricFamily("gamma", List.of("shape", "rate"),
            List.of(Transform.LOG, Transform.LOG),
            (t, x) -> t[0].mul(t[1].log()).add(t[0].sub(1).mul(x.log())).sub(t[1].mul(x)).sub(t[0].lgamma()), t -> new Gamma(t[0], t[1]),
            near(x -> new double[] {Math.pow(Descriptive.mean(x), 2) / variance(x), Descriptive.mean(x) / variance(x)}), AT_LEAST_0);

    /** The two exponents. */
    public static final ParametricFamily BETA = new ParametricFamily("beta", List.of("alpha", "beta"),
            List.of(Transform.LOG, Transform.LOG),
            (t, x) -> t[0].sub(1).mul(x.log()).add(t[1].sub(1).mul(x.neg().log1p()))
                    .add(t[0].add(t[1]).lgamma().sub(t[0].lgamma()).sub(t[1].lgamma())),
            t -> new Beta(t[0], t[1]), near(ParametricFamily::betaByMoments), x -> x >= 0 && x <= 1);

    /** Rate. */
    public static final ParametricFamily POISSON = new ParametricFamily("Poisson", List.of("rate"), List.of(Transform.LOG),
            (t, x) -> x.mul(t[0].log()).sub(t[0]).sub(x.add(1).lgamma()), t -> new Poisson(t[0]),
            closed(x -> new double[] {Descriptive.mean(x)}), COUNT);

    /** Probability of 1. */
    public static final ParametricFamily BERNOULLI = new ParametricFamily("Bernoulli", List.of("probability"), List.of(Transform.LOGIT),
            (t, x) -> x.mul(t[0].log()).add(x.rsub(1).mul(t[0].neg().log1p())), t -> new Binomial(1, t[0]),
            closed(x -> new double[] {Descriptive.mean(x)}), x -> x == 0 || x == 1);

    /** Degrees of freedom. */
    public static final ParametricFamily CHI_SQUARE = new ParametricFamily("chi-square", List.of("degrees of freedom"),
            List.of(Transform.LOG),
            (t, x) -> t[0].mul(0.5).sub(1).mul(x.log()).sub(x.mul(0.5)).sub(t[0].mul(0.5 * Math.log(2))).sub(t[0].mul(0.5).lgamma()),
            t -> new ChiSquare(t[0]), near(x -> new double[] {Descriptive.mean(x)}), AT_LEAST_0);

    /** Shape and scale. */
    public static final ParametricFamily WEIBULL = formula("Weibull", List.of("shape", "scale"), List.of(Transform.LOG, Transform.LOG),
            (t, x) -> {
                var z = x.div(t[1]).log();
                return t[0].log().sub(t[1].log()).add(z.mul(t[0].sub(1))).sub(z.mul(t[0]).exp());
            }, t -> new Weibull(t[0], t[1]), AT_LEAST_0);

    /** Location and scale. */
    public static final ParametricFamily LOGISTIC = formula("logistic", List.of("location", "scale"),
            List.of(Transform.IDENTITY, Transform.LOG), (t, x) -> {
                var z = x.sub(t[0]).div(t[1]);
                return z.neg().sub(t[1].log()).sub(z.neg().softplus().mul(2));
            }, t -> new Logistic(t[0], t[1]), REAL);

    /** Of maxima: location and scale. */
    public static final ParametricFamily GUMBEL = formula("Gumbel", List.of("location", "scale"),
            List.of(Transform.IDENTITY, Transform.LOG), (t, x) -> {
                var z = x.sub(t[0]).div(t[1]);
                return z.neg().sub(z.neg().exp()).sub(t[1].log());
            }, t -> new Gumbel(t[0], t[1]), REAL);

    /** Mean and standard deviation of the logarithm. */
    public static final ParametricFamily LOG_NORMAL = formula("log-normal", List.of("mu", "sigma"),
            List.of(Transform.IDENTITY, Transform.LOG),
            (t, x) -> x.log().sub(t[0]).div(t[1]).square().mul(-0.5).sub(t[1].log()).sub(x.log()).sub(LOG_SQRT_2PI),
            t -> new LogNormal(t[0], t[1]), POSITIVE);

    /** Location and scale; its score has a jump at the location. */
    public static final ParametricFamily LAPLACE = formula("Laplace", List.of("location", "scale"),
            List.of(Transform.IDENTITY, Transform.LOG), (t, x) -> x.sub(t[0]).abs().div(t[1]).neg().sub(t[1].mul(2).log()),
            t -> new Laplace(t[0], t[1]), REAL);

    /** Scale. */
    public static final ParametricFamily RAYLEIGH = formula("Rayleigh", List.of("scale"), List.of(Transform.LOG),
            (t, x) -> x.log().sub(t[0].log().mul(2)).sub(x.div(t[0]).square().mul(0.5)), t -> new Rayleigh(t[0]), AT_LEAST_0);

    /** Scale, of x of at least 0. */
    public static final ParametricFamily HALF_NORMAL = formula("half-normal", List.of("scale"), List.of(Transform.LOG),
            (t, x) -> x.div(t[0]).square().mul(-0.5).sub(t[0].log()).add(0.5 * Math.log(2 / Math.PI)), t -> new HalfNormal(t[0]),
            AT_LEAST_0);

    /** Shape and scale: one over a gamma variable. */
    public static final ParametricFamily INVERSE_GAMMA = formula("inverse gamma", List.of("shape", "scale"),
            List.of(Transform.LOG, Transform.LOG),
            (t, x) -> t[0].mul(t[1].log()).sub(t[0].add(1).mul(x.log())).sub(t[1].div(x)).sub(t[0].lgamma()),
            t -> new InverseGamma(t[0], t[1]), POSITIVE);

    /** Probability of a success; the number of failures before it. */
    public static final ParametricFamily GEOMETRIC = formula("geometric", List.of("probability"), List.of(Transform.LOGIT),
            (t, x) -> t[0].log().add(x.mul(t[0].neg().log1p())), t -> new Geometric(t[0]), COUNT);

    /** Size and probability; the number of failures before so many successes. */
    public static final ParametricFamily NEGATIVE_BINOMIAL = formula(
            "negative binomial", List.of("size", "probability"), List.of(Transform.LOG, Transform.LOGIT), (t, x) -> x.add(t[0]).lgamma()
                    .sub(t[0].lgamma()).sub(x.add(1).lgamma()).add(t[0].mul(t[1].log())).add(x.mul(t[1].neg().log1p())),
            t -> new NegativeBinomial(t[0], t[1]), COUNT);

    /** Location and scale: the median, and half of the distance between the quartiles. */
    public static final ParametricFamily CAUCHY = new ParametricFamily("Cauchy", List.of("location", "scale"),
            List.of(Transform.IDENTITY, Transform.LOG), (t, x) -> x.sub(t[0]).div(t[1]).square().log1p().neg().sub(t[1].mul(Math.PI).log()),
            t -> new Cauchy(t[0], t[1]),
            near(x -> new double[] {Descriptive.median(x), (Descriptive.quantile(x, 0.75) - Descriptive.quantile(x, 0.25)) / 2}), REAL);

    /** Shape and scale: a Pareto variable from 0 on. */
    public static final ParametricFamily LOMAX = new ParametricFamily("Lomax", List.of("shape", "scale"),
            List.of(Transform.LOG, Transform.LOG), (t, x) -> t[0].log().sub(t[1].log()).sub(x.div(t[1]).log1p().mul(t[0].add(1))),
            t -> new Lomax(t[0], t[1]), near(x -> {
                double mean = Descriptive.mean(x), beyond = variance(x) / (mean * mean) - 1, shape = beyond > 0.1 ? 2 + 2 / beyond : 20;
                return new double[] {shape, mean * (shape - 1)};
            }), AT_LEAST_0);

    /** Mean and shape. */
    public static final ParametricFamily INVERSE_GAUSSIAN = new ParametricFamily(
            "inverse Gaussian", List.of("mean", "shape"), List.of(Transform.LOG, Transform.LOG), (t, x) -> t[1].log().mul(0.5)
                    .sub(LOG_SQRT_2PI).sub(x.log().mul(1.5)).sub(x.sub(t[0]).div(t[0]).square().div(x).mul(t[1]).mul(0.5)),
            t -> new InverseGaussian(t[0], t[1]), closed(x -> {
                double mean = Descriptive.mean(x);
                return new double[] {mean, 1 / Descriptive.mean(Arrays.stream(x).map(v -> 1 / v - 1 / mean).toArray())};
            }), POSITIVE);

    /** Degrees of freedom above and below the line. */
    public static final ParametricFamily FISHER_F = new ParametricFamily("F", List.of("numerator", "denominator"),
            List.of(Transform.LOG, Transform.LOG), (t, x) -> {
                Tensor a = t[0].mul(0.5), b = t[1].mul(0.5);
                return a.mul(t[0].log()).add(b.mul(t[1].log())).add(a.sub(1).mul(x.log())).sub(a.add(b).mul(t[0].mul(x).add(t[1]).log()))
                        .sub(a.lgamma()).sub(b.lgamma()).add(a.add(b).lgamma());
            }, t -> new FisherF(t[0], t[1]), near(x -> {
                double mean = Descriptive.mean(x);
                return new double[] {5, mean > 1.05 ? 2 * mean / (mean - 1) : 40};
            }), POSITIVE);

    /** Of what lies beyond a threshold: shape, other than 0, and scale. */
    public static final ParametricFamily GENERALIZED_PARETO = TailFamilies.beyondAThreshold();

    /** Of the largest of many: shape, other than 0, location and scale. */
    public static final ParametricFamily GENERALIZED_EXTREME_VALUE = TailFamilies.largestOfMany();

    private static ParametricFamily formula(String name, List<String> parameters, List<Transform> transforms, Formula formula,
            Function<double[], ? extends UnivariateDistribution> member, DoublePredicate support) {
        return new ParametricFamily(name, parameters, transforms, formula, member, null, support);
    }

    /** Exponent, for x of at least the given minimum. */
    public static ParametricFamily pareto(double minimum) {
        return formula("Pareto from " + minimum, List.of("exponent"), List.of(Transform.LOG),
                (t, x) -> t[0].log().sub(x.log()).sub(t[0].mul(x.div(minimum).log())), t -> new Pareto(t[0], minimum), x -> x >= minimum);
    }

    /** Successes in so many trials: the probability. */
    public static ParametricFamily binomial(int trials) {
        double n = trials, logFactorial = Special.lgamma(n + 1);
        return new ParametricFamily("binomial of " + trials, List.of("probability"), List.of(Transform.LOGIT),
                (t, x) -> x.mul(t[0].log()).add(x.rsub(n).mul(t[0].neg().log1p())).sub(x.add(1).lgamma()).sub(x.rsub(n).add(1).lgamma())
                        .add(logFactorial),
                t -> new Binomial(trials, t[0]), closed(x -> new double[] {Descriptive.mean(x) / n}), x -> COUNT.test(x) && x <= n);
    }

    /** Successes in so many trials that share a probability, which varies from observation to observation: alpha and beta of its beta distribution. */
    public static ParametricFamily betaBinomial(int trials) {
        double n = trials, logFactorial = Special.lgamma(n + 1);
        return new ParametricFamily("beta-binomial of " + trials, List.of("alpha", "beta"), List.of(Transform.LOG, Transform.LOG),
                (t, x) -> x.add(t[0]).lgamma().add(x.rsub(n).add(t[1]).lgamma()).sub(t[0].add(t[1]).add(n).lgamma()).sub(t[0].lgamma())
                        .sub(t[1].lgamma()).add(t[0].add(t[1]).lgamma()).sub(x.add(1).lgamma()).sub(x.rsub(n).add(1).lgamma())
                        .add(logFactorial),
                t -> new BetaBinomial(trials, t[0], t[1]), near(x -> {
                    double p = Math.clamp(Descriptive.mean(x) / n, 0.01, 0.99);
                    return new double[] {4 * p, 4 * (1 - p)};
                }), x -> COUNT.test(x) && x <= n);
    }

    /** Location and scale, for given degrees of freedom. */
    public static ParametricFamily studentT(double degreesOfFreedom) {
        double v = degreesOfFreedom, constant = new StudentT(v).logDensity(0);
        return new ParametricFamily("Student's t of " + v + " degrees of freedom", List.of("location", "scale"),
                List.of(Transform.IDENTITY, Transform.LOG),
                (t, x) -> x.sub(t[0]).div(t[1]).square().div(v).log1p().mul(-(v + 1) / 2).sub(t[1].log()).add(constant),
                t -> new StudentT(v, t[0], t[1]),
                near(x -> new double[] {Descriptive.median(x), (Descriptive.quantile(x, 0.75) - Descriptive.quantile(x, 0.25)) / 1.5}),
                REAL);
    }

    private static double[] betaByMoments(double[] x) {
        double mean = Descriptive.mean(x), size = Math.max(0.1, mean * (1 - mean) / variance(x) - 1);
        return new double[] {mean * size, (1 - mean) * size};
    }

    /** A formula for any real numbers. */
    public ParametricFamily(String name, List<String> parameters, List<Transform> transforms, Formula formula,
            Function<double[], ? extends UnivariateDistribution> member) {
        this(name, parameters, transforms, formula, member, null, REAL);
    }

    public ParametricFamily {
        parameters = List.copyOf(parameters);
        transforms = List.copyOf(transforms);
        if (parameters.size() != transforms.size()) throw new IllegalArgumentException(
                "ParametricFamily " + name + ": " + parameters.size() + " parameters and " + transforms.size() + " transforms");
    }

    /** The distribution at these parameters. @throws UnsupportedOperationException if the family has a formula alone */
    public UnivariateDistribution at(double... theta) {
        if (member == null) throw new UnsupportedOperationException("ParametricFamily " + name + " has a formula and no distribution");
        if (theta.length != parameters.size()) throw new ShapeException(
                "ParametricFamily " + name + ": " + theta.length + " numbers for " + parameters.size() + " parameters " + parameters);
        return member.apply(theta);
    }

    /** {@code log p(x; theta)}: theta (p), x (n), result (n). */
    public Tensor logDensity(Tensor theta, Tensor x) {
        var each = new Tensor[parameters.size()];
        for (int j = 0; j < each.length; j++) each[j] = theta.select(0, j);
        return formula.logDensity(each, x);
    }

    /** Of independent observations, as a function of the parameters; the term of one outside the support is {@code -Infinity}, or NaN where the parameters move the support. */
    public LogLikelihood logLikelihood(double... data) { return within(support, data, this::logDensity); }

    /** Impossible values are replaced by a possible one and {@code -Infinity} is added: with a weight of 0 no NaN spoils the gradient. */
    private LogLikelihood within(DoublePredicate possible, double[] data, BinaryOperator<Tensor> logDensity) {
        var impossible = new double[data.length];
        double one = Arrays.stream(data).filter(v -> possible.test(v) && Double.isFinite(v)).findFirst().orElse(1);
        var values = data.clone();
        boolean any = false;
        for (int i = 0; i < data.length; i++) {
            if (possible.test(data[i]) && !Double.isNaN(data[i])) continue;
            any = true;
            impossible[i] = Double.isNaN(data[i]) ? Double.NaN : Double.NEGATIVE_INFINITY;
            values[i] = one;
        }
        Tensor x = Tensor.of(values), mask = Tensor.of(impossible);
        UnaryOperator<Tensor> terms = any ? theta -> logDensity.apply(theta, x).add(mask) : theta -> logDensity.apply(theta, x);
        return LogLikelihood.of(data.length, parameters.size(), terms);
    }

    /**
     * Of observations that are only known to lie beyond limits (alive when the study ended): {@code log P(X > limit)} each, by the family's
     * distribution, which is continuous. Its score is the mean score beyond the limit.
     */
    public LogLikelihood censoredAbove(double... limits) {
        return LogLikelihood.of(limits.length, parameters.size(),
                theta -> Tensor.stack(0, Arrays.stream(limits).mapToObj(limit -> logSurvival(theta, limit)).toArray(Tensor[]::new)));
    }

    /** Of data that could be seen above a limit alone: {@code log p(x) - log P(X > limit)}. */
    public LogLikelihood truncatedBelow(double limit, double... data) {
        return within(x -> x > limit && support.test(x), data, (theta, x) -> logDensity(theta, x).sub(logSurvival(theta, limit)));
    }

    /** {@code log sum_k m_k p(x_k; theta) / p(x_k; here)} over quantiles of the tail: its value at theta = here is exact, and so are its derivatives. */
    private Tensor logSurvival(Tensor theta, double limit) {
        var here = theta.detach();
        var law = at(here.toDoubleArray());
        double beyond = law.survival(limit);
        double[] nodes = new double[161], mass = new double[161];
        for (int k = 0; k < nodes.length; k++) {
            double z = (k - 80) / 8.0;
            nodes[k] = law.upperQuantile(beyond * Normal.STANDARD.survival(z));
            mass[k] = Math.log(beyond * Normal.STANDARD.density(z) / 8);
        }
        var x = Tensor.of(nodes);
        return logDensity(theta, x).sub(logDensity(here, x)).add(Tensor.of(mass)).logSumExp(0);
    }

    /** The same family in the coordinates {@code eta = g(theta)}. */
    public ParametricFamily in(Transform... coordinates) {
        if (coordinates.length != parameters.size()) throw new IllegalArgumentException(
                "ParametricFamily " + name + ": " + coordinates.length + " coordinates for " + parameters.size() + " parameters");
        var names = new String[coordinates.length];
        for (int j = 0; j < names.length; j++)
            names[j] = coordinates[j] == Transform.IDENTITY ? parameters.get(j)
                    : coordinates[j].name().toLowerCase(Locale.ROOT) + " " + parameters.get(j);
        Formula changed = (eta, x) -> {
            var theta = new Tensor[eta.length];
            for (int j = 0; j < theta.length; j++) theta[j] = coordinates[j].from(eta[j]);
            return formula.logDensity(theta, x);
        };
        Function<double[], UnivariateDistribution> at = member == null ? null : eta -> {
            var theta = new double[eta.length];
            for (int j = 0; j < theta.length; j++) theta[j] = coordinates[j].from(eta[j]);
            return member.apply(theta);
        };
        var free = new Transform[coordinates.length];
        for (int j = 0; j < free.length; j++)
            free[j] = coordinates[j] == transforms.get(j) ? Transform.IDENTITY
                    : coordinates[j] == Transform.RECIPROCAL ? Transform.LOG : transforms.get(j);
        return new ParametricFamily(name, Arrays.asList(names), Arrays.asList(free), changed, at, start == null ? null : new Start(x -> {
            var eta = start.estimates.apply(x);
            for (int j = 0; j < eta.length; j++) eta[j] = coordinates[j].to(eta[j]);
            return eta;
        }, start.closed), support);
    }

    /**
     * The log-likelihood that the distribution at {@code truth} expects of one observation, as a function of the parameters: terms at the nodes
     * of a quadrature (or at every value of a discrete one) whose weights are the truth's mass there.
     */
    public LogLikelihood expected(double... truth) {
        var rule = Quadrature.rule(at(truth));
        return logLikelihood(rule.nodes()).weighted(rule.weights());
    }
}
