package lyceum.prob;

import static lyceum.math.Special.lgamma;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** A family put together from its parts. */
record NaturalForm<D extends Distribution>(String name, int size, int dimensions, Function<D, double[]> toNatural,
        Function<double[], D> toMember, Predicate<double[]> domain, UnaryOperator<double[]> sufficient, ToDoubleFunction<double[]> base,
        UnaryOperator<Tensor> partition, ToDoubleFunction<double[]> meanBase, Predicate<double[]> interior, UnaryOperator<double[]> first)
        implements ExponentialFamily<D> {

    private static final double LOG_SQRT_2PI = 0.91893853320467274178, NOWHERE = Double.NEGATIVE_INFINITY;

    static NaturalForm<Binomial> bernoulli() {
        return new NaturalForm<>("Bernoulli", 1, 1, b -> {
            if (b.trials() != 1) throw new IllegalArgumentException("natural: " + b.trials() + " trials; a Bernoulli distribution has 1");
            return new double[] {Math.log(b.probability()) - Math.log1p(-b.probability())};
        }, e -> new Binomial(1, 1 / (1 + Math.exp(-e[0]))), e -> true, x -> x, x -> x[0] == 0 || x[0] == 1 ? 0 : NOWHERE,
                e -> at(e, 0).softplus(), e -> 0, m -> m[0] > 0 && m[0] < 1, m -> new double[] {Math.log(m[0]) - Math.log1p(-m[0])});
    }

    static NaturalForm<Poisson> poisson() {
        return new NaturalForm<>("Poisson", 1, 1, p -> new double[] {Math.log(p.rate())}, e -> new Poisson(Math.exp(e[0])), e -> true,
                x -> x, x -> x[0] >= 0 && x[0] == Math.rint(x[0]) && x[0] < Double.POSITIVE_INFINITY ? -lgamma(x[0] + 1) : NOWHERE,
                e -> at(e, 0).exp(), e -> -Quadrature.expectation(new Poisson(Math.exp(e[0])), k -> lgamma(k + 1)), m -> m[0] > 0,
                m -> new double[] {Math.log(m[0])});
    }

    static NaturalForm<Exponential> exponential() {
        return new NaturalForm<>("exponential", 1, 1, p -> new double[] {-p.rate()}, e -> new Exponential(-e[0]), e -> e[0] < 0, x -> x,
                x -> x[0] >= 0 ? 0 : NOWHERE, e -> at(e, 0).neg().log().neg(), e -> 0, m -> m[0] > 0, m -> new double[] {-1 / m[0]});
    }

    static NaturalForm<Gamma> gamma() {
        return new NaturalForm<>("gamma", 2, 1, g -> new double[] {g.shape() - 1, -g.rate()}, e -> new Gamma(e[0] + 1, -e[1]),
                e -> e[0] > -1 && e[1] < 0, x -> new double[] {Math.log(x[0]), x[0]}, x -> x[0] >= 0 ? 0 : NOWHERE, e -> {
                    var shape = at(e, 0).add(1);
                    return shape.lgamma().sub(shape.mul(at(e, 1).neg().log()));
                }, e -> 0, m -> m[1] > 0 && m[0] < Math.log(m[1]), m -> {
                    // Minka (2002), from log shape - digamma(shape) = s
                    double s = Math.log(m[1]) - m[0], shape = (3 - s + Math.sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
                    return new double[] {shape - 1, -shape / m[1]};
                });
    }

    static NaturalForm<Beta> beta() {
        return new NaturalForm<>("beta", 2, 1, b -> new double[] {b.alpha() - 1, b.beta() - 1}, e -> new Beta(e[0] + 1, e[1] + 1),
                NaturalForm::aboveMinusOne, x -> new double[] {Math.log(x[0]), Math.log1p(-x[0])},
                x -> x[0] >= 0 && x[0] <= 1 ? 0 : NOWHERE, NaturalForm::logBeta, e -> 0, NaturalForm::sharesBelowOne,
                NaturalForm::concentrations);
    }

    static NaturalForm<Dirichlet> dirichlet(int k) {
        if (k < 2) throw new IllegalArgumentException("dirichlet: outcomes is " + k + "; at least 2 are needed");
        return new NaturalForm<>("Dirichlet", k, k, d -> Arrays.stream(d.alpha()).map(a -> a - 1).toArray(),
                e -> new Dirichlet(Arrays.stream(e).map(a -> a + 1).toArray()), NaturalForm::aboveMinusOne,
                x -> Arrays.stream(x).map(Math::log).toArray(),
                x -> Arrays.stream(x).allMatch(v -> v >= 0) && Math.abs(Arrays.stream(x).sum() - 1) <= 1e-8 ? 0 : NOWHERE,
                NaturalForm::logBeta, e -> 0, NaturalForm::sharesBelowOne, NaturalForm::concentrations);
    }

    static NaturalForm<Normal> normal() {
        return new NaturalForm<>("normal", 2, 1, n -> new double[] {n.mean() / n.variance(), -0.5 / n.variance()},
                e -> new Normal(-0.5 * e[0] / e[1], Math.sqrt(-0.5 / e[1])), e -> e[1] < 0, x -> new double[] {x[0], x[0] * x[0]},
                x -> -LOG_SQRT_2PI, e -> {
                    var precision = at(e, 1).mul(-2);
                    return at(e, 0).square().div(precision).sub(precision.log()).mul(0.5);
                }, e -> -LOG_SQRT_2PI, m -> m[1] > m[0] * m[0], m -> {
                    double variance = m[1] - m[0] * m[0];
                    return new double[] {m[0] / variance, -0.5 / variance};
                });
    }

    static NaturalForm<Categorical> categorical(int k) {
        if (k < 2) throw new IllegalArgumentException("categorical: outcomes is " + k + "; at least 2 are needed");
        return new NaturalForm<>("categorical", k - 1, 1, c -> logRatios(c.probabilities(), k),
                e -> Categorical.ofLogits(Arrays.copyOf(e, k)), e -> true, x -> {
                    var one = new double[k - 1];
                    if (x[0] >= 0 && x[0] < k - 1) one[(int) x[0]] = 1;
                    return one;
                }, x -> x[0] >= 0 && x[0] < k && x[0] == Math.rint(x[0]) ? 0 : NOWHERE,
                e -> Tensor.concat(0, e, Tensor.of(new double[1])).logSumExp(0), e -> 0,
                m -> Arrays.stream(m).allMatch(p -> p > 0) && Arrays.stream(m).sum() < 1, m -> {
                    double[] p = Arrays.copyOf(m, k);
                    p[k - 1] = 1 - Arrays.stream(m).sum();
                    return logRatios(p, k);
                });
    }

    private static double[] logRatios(double[] p, int k) {
        if (p.length != k) throw new ShapeException("natural: " + p.length + " outcomes; the family has " + k);
        var eta = new double[k - 1];
        for (int i = 0; i < k - 1; i++) eta[i] = Math.log(p[i]) - Math.log(p[k - 1]);
        return eta;
    }

    private static Tensor at(Tensor eta, int i) { return eta.select(0, i); }

    private static boolean aboveMinusOne(double[] eta) { return Arrays.stream(eta).allMatch(e -> e > -1); }

    /** {@code sum lgamma(alpha_i) - lgamma(sum alpha_i)}. */
    private static Tensor logBeta(Tensor eta) {
        var alpha = eta.add(1);
        return alpha.lgamma().sum().sub(alpha.sum().lgamma());
    }

    /** Geometric means of shares sum to less than 1, unless the shares never vary. */
    private static boolean sharesBelowOne(double[] logs) { return Arrays.stream(logs).map(Math::exp).sum() < 1; }

    /** Minka's start: shares in proportion to the geometric means, the total from their sum. */
    private static double[] concentrations(double[] logs) {
        double sum = Arrays.stream(logs).map(Math::exp).sum(), total = (logs.length - 1) / (-2 * Math.log(sum));
        return Arrays.stream(logs).map(t -> Math.exp(t) / sum * total - 1).toArray();
    }

    @Override public double[] natural(D distribution) {
        double[] eta = toNatural.apply(distribution);
        if (eta.length != size) throw new ShapeException("natural: " + eta.length + " parameters; the " + name + " family has " + size);
        for (double e : eta) Arguments.finite("natural", "a parameter of " + distribution, e);
        return eta;
    }

    @Override public D distribution(double... eta) { return toMember.apply(checked("distribution", eta, size)); }

    @Override public boolean contains(double... eta) {
        return Arrays.stream(checked("contains", eta, size)).allMatch(Double::isFinite) && domain.test(eta);
    }

    @Override public double[] statistic(double... x) { return sufficient.apply(checked("statistic", x, dimensions)).clone(); }

    @Override public double logBase(double... x) { return base.applyAsDouble(checked("logBase", x, dimensions)); }

    @Override public Tensor logPartition(Tensor eta) { return partition.apply(eta); }

    @Override public double meanLogBase(double... eta) { return meanBase.applyAsDouble(checked("meanLogBase", eta, size)); }

    @Override public boolean attains(double... mean) { return interior.test(checked("attains", mean, size)); }

    @Override public double[] start(double... mean) { return first.apply(checked("start", mean, size)); }

    private double[] checked(String operation, double[] v, int length) {
        if (v.length != length) throw new ShapeException(operation + ": " + v.length + " numbers; the " + name + " family needs " + length);
        return v;
    }

    @Override public String toString() { return name; }
}
