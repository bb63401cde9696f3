package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class TaylorTest {
    /** A composition and the coefficients of its series at 0 up to t^6, from the tables. */
    private record Known(String name, UnaryOperator<Tensor> f, double... coefficients) {}

    private static final double ROOT_PI = Math.sqrt(Math.PI);

    private static final List<Known> KNOWN = List.of(
            new Known("exp(sin t)", x -> x.sin().exp(), 1, 1, 1 / 2.0, 0, -1 / 8.0, -1 / 15.0, -1 / 240.0),
            new Known("log(1 + t)", x -> x.add(1).log(), 0, 1, -1 / 2.0, 1 / 3.0, -1 / 4.0, 1 / 5.0, -1 / 6.0),
            new Known("exp(t) / (1 - t)", x -> x.exp().div(x.rsub(1)), 1, 2, 5 / 2.0, 8 / 3.0, 65 / 24.0, 163 / 60.0, 1957 / 720.0),
            new Known("tan t", Tensor::tan, 0, 1, 0, 1 / 3.0, 0, 2 / 15.0, 0),
            new Known("log cos t", x -> x.cos().log(), 0, 0, -1 / 2.0, 0, -1 / 12.0, 0, -1 / 45.0),
            new Known("sqrt(1 + t)", x -> x.add(1).sqrt(), 1, 1 / 2.0, -1 / 8.0, 1 / 16.0, -5 / 128.0, 7 / 256.0, -21 / 1024.0),
            new Known("exp(-t^2)", x -> x.square().neg().exp(), 1, 0, -1, 0, 1 / 2.0, 0, -1 / 6.0),
            new Known("atan t", Tensor::atan, 0, 1, 0, -1 / 3.0, 0, 1 / 5.0, 0),
            new Known("tanh t", Tensor::tanh, 0, 1, 0, -1 / 3.0, 0, 2 / 15.0, 0),
            new Known("sin(t^2)", x -> x.square().sin(), 0, 0, 1, 0, 0, 0, -1 / 6.0),
            new Known("exp(t) cos t", x -> x.exp().mul(x.cos()), 1, 1, 0, -1 / 3.0, -1 / 6.0, -1 / 30.0, 0),
            new Known("1 / (1 + t + t^2)", x -> x.square().add(x).add(1).reciprocal(), 1, -1, 0, 1, -1, 0, 1),
            new Known("(1 + t)^2.5", x -> x.add(1).pow(2.5), 1, 2.5, 15 / 8.0, 5 / 16.0, -5 / 128.0, 3 / 256.0, -5 / 1024.0),
            new Known("asin t", Tensor::asin, 0, 1, 0, 1 / 6.0, 0, 3 / 40.0, 0),
            new Known("sigmoid t", Tensor::sigmoid, 1 / 2.0, 1 / 4.0, 0, -1 / 48.0, 0, 1 / 480.0, 0),
            new Known("cosh(log(1 + t))", x -> x.log1p().cosh(), 1, 0, 1 / 2.0, -1 / 2.0, 1 / 2.0, -1 / 2.0, 1 / 2.0),
            new Known("sinh t", Tensor::sinh, 0, 1, 0, 1 / 6.0, 0, 1 / 120.0, 0),
            new Known("expm1 t", Tensor::expm1, 0, 1, 1 / 2.0, 1 / 6.0, 1 / 24.0, 1 / 120.0, 1 / 720.0),
            new Known("1 / sqrt(1 + t)", x -> x.add(1).rsqrt(), 1, -1 / 2.0, 3 / 8.0, -5 / 16.0, 35 / 128.0, -63 / 256.0, 231 / 1024.0),
            new Known("acos t", Tensor::acos, Math.PI / 2, -1, 0, -1 / 6.0, 0, -3 / 40.0, 0),
            new Known("log2(1 + t) log 2", x -> x.add(1).log2().mul(Math.log(2)), 0, 1, -1 / 2.0, 1 / 3.0, -1 / 4.0, 1 / 5.0, -1 / 6.0),
            new Known("erf(t) sqrt(pi)", x -> x.erf().mul(ROOT_PI), 0, 2, 0, -2 / 3.0, 0, 1 / 5.0, 0),
            new Known("erfc(t) sqrt(pi)", x -> x.erfc().mul(ROOT_PI), ROOT_PI, -2, 0, 2 / 3.0, 0, -1 / 5.0, 0),
            new Known("gelu(t) sqrt(2 pi)", x -> x.gelu().mul(Math.sqrt(2) * ROOT_PI), 0, ROOT_PI / Math.sqrt(2), 1, 0, -1 / 6.0, 0,
                    1 / 40.0),
            new Known("softplus t", Tensor::softplus, Math.log(2), 1 / 2.0, 1 / 8.0, 0, -1 / 192.0, 0, 1 / 2880.0),
            new Known("(1 + t)^t", x -> x.add(1).pow(x), 1, 0, 1, -1 / 2.0, 5 / 6.0, -3 / 4.0, 33 / 40.0),
            new Known("(1 + t)^6", x -> x.add(1).pow(6), 1, 6, 15, 20, 15, 6, 1),
            new Known("|t + 1| - 2 |t - 1|", x -> x.add(1).abs().sub(x.sub(1).abs().mul(2)), -1, 3, 0, 0, 0, 0, 0),
            new Known("relu(t + 1) + relu(t - 1)", x -> x.add(1).relu().add(x.sub(1).relu()), 1, 1, 0, 0, 0, 0, 0),
            new Known("max(1 + t, 2 + t^2)", x -> x.add(1).maximum(x.square().add(2)), 2, 0, 1, 0, 0, 0, 0),
            new Known("min(1 + t, 2 + t^2)", x -> x.add(1).minimum(x.square().add(2)), 1, 1, 0, 0, 0, 0, 0),
            new Known("t > -1 ? sin t : t", x -> x.gt(-1).where(x.sin(), x), 0, 1, 0, -1 / 6.0, 0, 1 / 120.0, 0),
            new Known("(7 + t) mod (2 + t)", x -> x.add(7).mod(x.add(2)), 1, -2, 0, 0, 0, 0, 0), new Known("the larger entry of (exp t, t)",
                    x -> Tensor.concat(0, x.exp(), x).max(), 1, 1, 1 / 2.0, 1 / 6.0, 1 / 24.0, 1 / 120.0, 1 / 720.0));

    @Acceptance(topic = "automatic-differentiation", clause = 2)
    @Test void sixthOrderCoefficientsEqualTheKnownSeries() {
        var gap = Gap.absolute();
        for (var known : KNOWN) {
            var c = Autograd.taylor(known.f, Tensor.of(0.0), Tensor.of(1.0), 6);
            assertThat(c).hasSize(7);
            for (int k = 0; k <= 6; k++) gap.see(known.name + ", t^" + k, c[k].item(), known.coefficients[k]);
        }
        Evidence.of("compositions", KNOWN.size(), atLeast(30));
        Evidence.of("largest error of a coefficient", gap, atMost(1e-12));
    }

    /** Coefficients up to the sixth by a formula. */
    private static double[] coefficients(IntToDoubleFunction formula) { return IntStream.rangeClosed(0, 6).mapToDouble(formula).toArray(); }

    private static double[] product(double[] a, double[] b) {
        return coefficients(k -> IntStream.rangeClosed(0, k).mapToDouble(j -> a[j] * b[k - j]).sum());
    }

    private static double[] quotient(double[] a, double[] b) {
        var z = new double[7];
        for (int k = 0; k < 7; k++) {
            z[k] = a[k];
            for (int j = 0; j < k; j++) z[k] -= z[j] * b[k - j];
            z[k] /= b[0];
        }
        return z;
    }

    private static double[] integral(double first, double[] slope) { return coefficients(k -> k == 0 ? first : slope[k - 1] / k); }

    /** Of {@code (base + s)^y}. */
    private static double[] power(double base, double y) {
        return coefficients(k -> {
            double c = Math.pow(base, y - k);
            for (int i = 0; i < k; i++) c *= (y - i) / (i + 1);
            return c;
        });
    }

    /** Of {@code factor * exp(rate s)}, and of {@code exp(-rate s^2)}. */
    private static double[] growth(double factor, double rate) { return coefficients(k -> factor * Math.pow(rate, k) / factorial(k)); }

    private static double[] bell(double rate) { return coefficients(k -> k % 2 == 1 ? 0 : Math.pow(-rate, k / 2) / factorial(k / 2)); }

    /** {@code (f(a) + f(s)) / (1 + sign f(a) f(s))}: tan for the sign -1, tanh for 1. */
    private static double[] sumRule(double at, double[] f, double sign) {
        double[] over = f.clone(), under = coefficients(k -> (k == 0 ? 1 : 0) + sign * at * f[k]);
        over[0] += at;
        return quotient(over, under);
    }

    /** Away from 0, where no function is its own argument, along a direction of another length than 1. */
    @Acceptance(topic = "automatic-differentiation", clause = 2)
    @Test void coefficientsElsewhereAreThoseOfTheirFormulas() {
        double a = 0.4, along = 0.5, e = Math.exp(a);
        double[] tangent = {0, 1, 0, 1 / 3.0, 0, 2 / 15.0, 0}, hyperbolic = {0, 1, 0, -1 / 3.0, 0, 2 / 15.0, 0},
                half = sumRule(Math.tanh(a / 2), hyperbolic, 1),
                sigmoid = coefficients(k -> half[k] / Math.pow(2, k + 1) + (k == 0 ? 0.5 : 0)),
                error = product(growth(2 / ROOT_PI * Math.exp(-a * a), -2 * a), bell(1)),
                normal = product(growth(Math.exp(-a * a / 2) / (Math.sqrt(2) * ROOT_PI), -a), bell(0.5));
        double[] falling = power(1 - a, -0.5);
        for (int k = 1; k < 7; k += 2) falling[k] *= -1; // of 1 - a - s
        double[] arc = product(falling, power(1 + a, -0.5));
        double erf = 0.4283923550466685, phi = 0.6554217416103242; // Abramowitz and Stegun, tables 7.1 and 26.1
        var known = List.of(new Known("exp", Tensor::exp, growth(e, 1)),
                new Known("expm1", Tensor::expm1, coefficients(k -> k == 0 ? Math.expm1(a) : e / factorial(k))),
                new Known("sin", Tensor::sin, coefficients(k -> Math.sin(a + k * Math.PI / 2) / factorial(k))),
                new Known("cos", Tensor::cos, coefficients(k -> Math.cos(a + k * Math.PI / 2) / factorial(k))),
                new Known("sinh", Tensor::sinh, coefficients(k -> (k % 2 == 0 ? Math.sinh(a) : Math.cosh(a)) / factorial(k))),
                new Known("cosh", Tensor::cosh, coefficients(k -> (k % 2 == 0 ? Math.cosh(a) : Math.sinh(a)) / factorial(k))),
                new Known("log", Tensor::log, integral(Math.log(a), power(a, -1))),
                new Known("log1p", Tensor::log1p, integral(Math.log1p(a), power(1 + a, -1))),
                new Known("log2", x -> x.log2().mul(Math.log(2)), integral(Math.log(a), power(a, -1))),
                new Known("sqrt", Tensor::sqrt, power(a, 0.5)), new Known("rsqrt", Tensor::rsqrt, power(a, -0.5)),
                new Known("reciprocal", Tensor::reciprocal, power(a, -1)), new Known("t^2.5", x -> x.pow(2.5), power(a, 2.5)),
                new Known("t^-3", x -> x.pow(-3), power(a, -3)), new Known("t^6", x -> x.pow(6), power(a, 6)),
                new Known("((1 + t)^2)^2.5", x -> x.add(1).square().pow(2.5), power(1 + a, 5)),
                new Known("1 / (1 + t)^2", x -> x.add(1).square().reciprocal(), power(1 + a, -2)),
                new Known("tan", Tensor::tan, sumRule(Math.tan(a), tangent, -1)),
                new Known("tanh", Tensor::tanh, sumRule(Math.tanh(a), hyperbolic, 1)), new Known("sigmoid", Tensor::sigmoid, sigmoid),
                new Known("softplus", Tensor::softplus, integral(Math.log1p(e), sigmoid)),
                new Known("asin", Tensor::asin, integral(Math.asin(a), arc)),
                new Known("acos", x -> x.acos().neg(), integral(-Math.acos(a), arc)),
                new Known("atan", Tensor::atan,
                        coefficients(k -> k == 0 ? Math.atan(a)
                                : (k % 2 == 1 ? 1 : -1) * Math.sin(k * Math.atan2(1, a)) / k * Math.pow(1 + a * a, -k / 2.0))),
                new Known("erf", Tensor::erf, integral(erf, error)), new Known("erfc", x -> x.erfc().neg(), integral(erf - 1, error)),
                new Known("gelu", Tensor::gelu, product(power(a, 1), integral(phi, normal))),
                new Known("min(2 + t, 1 + t^2)", x -> x.add(2).minimum(x.square().add(1)), 1 + a * a, 2 * a, 1, 0, 0, 0, 0),
                new Known("t > 1 ? t : exp t", x -> x.gt(1).where(x, x.exp()), growth(e, 1)),
                new Known("the larger entry of (t, exp t)", x -> Tensor.concat(0, x, x.exp()).max(), growth(e, 1)),
                new Known("the larger entry of (t, t)", x -> Tensor.concat(0, x, x).max(), power(a, 1)));
        var gap = Gap.relativeBeyondOne();
        for (var f : known) {
            var c = Autograd.taylor(f.f, Tensor.of(a), Tensor.of(along), 6);
            for (int k = 0; k <= 6; k++) gap.see(f.name + ", s^" + k, c[k].item(), f.coefficients[k] * Math.pow(along, k));
        }
        var cube = Autograd.taylor(x -> x.pow(3), Tensor.of(0.0), Tensor.of(1.0), 6);
        for (int k = 0; k <= 6; k++) gap.see("t^3 at 0, t^" + k, cube[k].item(), k == 3 ? 1 : 0);
        Evidence.of("compositions at 0.4", known.size(), exactly(31));
        Evidence.of("largest error of a coefficient there", gap, atMost(1e-12));
    }

    @Test void secondCoefficientsAreHessianProducts() {
        var w = Tensor.randn(Rng.of(1), DType.F64, 4, 3).compute();
        List<UnaryOperator<Tensor>> functions = List.of(x -> w.matmul(x).tanh().square().sum(), x -> x.softmax(0).mul(x).sum(),
                x -> x.logSumExp(), x -> x.cumsum(0).sin().get(2).mul(x.get(0)), x -> Tensor.concat(0, x.exp(), x.flip(0)).softplus().sum(),
                x -> x.maximum(0.1).sqrt().max().mul(x.sum()), x -> x.square().add(1).pow(x.sin()).sum(),
                x -> x.indexSelect(0, Tensor.of(2, 0)).erf().sum().add(x.sort(0).values().get(1).expm1()));
        for (int i = 0; i < functions.size(); i++) {
            var f = functions.get(i);
            Tensor x = Tensor.randn(Rng.of(10 + i), DType.F64, 3).compute(), v = Tensor.randn(Rng.of(20 + i), DType.F64, 3).compute();
            var c = Autograd.taylor(f, x, v, 2);
            assertThat(c[0].item()).isCloseTo(f.apply(x).item(), within(1e-14));
            assertThat(c[1].item()).as("function " + i).isCloseTo(Autograd.jvp(f, x, v).item(), within(1e-10));
            assertThat(2 * c[2].item()).as("function " + i).isCloseTo(Autograd.hvp(f, x, v).dot(v).item(), within(1e-10));
        }
    }

    /** Functions at 0 whose k-th coefficient is a formula. */
    private record Formula(String name, UnaryOperator<Tensor> f, IntToDoubleFunction coefficient) {}

    /** Bernoulli's numbers B_2 .. B_12, for tanh. */
    private static final double[] BERNOULLI = {1 / 6.0, -1 / 30.0, 1 / 42.0, -1 / 30.0, 5 / 66.0, -691 / 2730.0};

    private static double factorial(int k) { return k < 2 ? 1 : k * factorial(k - 1); }

    private static double tanhCoefficient(int k) {
        if (k % 2 == 0) return 0;
        int n = (k + 1) / 2;
        double power = Math.pow(4, n);
        return power * (power - 1) * BERNOULLI[n - 1] / factorial(2 * n);
    }

    private static double rootCoefficient(int k) {
        double binomial = 1;
        for (int i = 0; i < k; i++) binomial *= (0.5 - i) / (i + 1);
        return binomial;
    }

    @Acceptance(topic = "taylor-series", clause = 1)
    @Test void tenthOrderCoefficientsEqualTheKnownSeries() {
        var formulas = List.of(new Formula("exp", Tensor::exp, k -> 1 / factorial(k)),
                new Formula("sin", Tensor::sin, k -> k % 2 == 0 ? 0 : (k % 4 == 1 ? 1 : -1) / factorial(k)),
                new Formula("log1p", Tensor::log1p, k -> k == 0 ? 0 : (k % 2 == 1 ? 1.0 : -1.0) / k),
                new Formula("1/(1-x)", x -> x.rsub(1).reciprocal(), k -> 1), new Formula("tanh", Tensor::tanh, TaylorTest::tanhCoefficient),
                new Formula("sqrt(1+x)", x -> x.add(1).sqrt(), TaylorTest::rootCoefficient));
        var gap = Gap.relative();
        for (var known : formulas) {
            var polynomial = Taylor.polynomial(known.f, 0, 10);
            for (int k = 0; k <= 10; k++)
                gap.see(known.name + ", t^" + k, polynomial.coefficients()[k], known.coefficient.applyAsDouble(k));
        }
        Evidence.of("coefficients compared", gap.seen(), exactly(66));
        Evidence.of("largest relative error of a coefficient", gap, atMost(1e-12));
    }

    @Acceptance(topic = "taylor-series", clause = 2)
    @Test void secondOrderAlongADirectionIsGradientAndHessian() {
        var gap = Gap.relativeBeyondOne();
        var rng = Rng.of(452);
        for (int i = 0; i < 100; i++) {
            double x = rng.nextGaussian(), y = rng.nextGaussian(), v = rng.nextGaussian(), w = rng.nextGaussian(), e = Math.exp(x),
                    r = 1 + x * x + y * y;
            Tensor at = Tensor.of(x, y), along = Tensor.of(v, w);
            var wave = Autograd.taylor(p -> p.get(0).exp().mul(p.get(1).sin()), at, along, 2);
            gap.see("wave", new double[] {wave[1].item(), wave[2].item()}, new double[] {e * Math.sin(y) * v + e * Math.cos(y) * w,
                    (e * Math.sin(y) * v * v + 2 * e * Math.cos(y) * v * w - e * Math.sin(y) * w * w) / 2});
            var bowl = Autograd.taylor(p -> p.square().sum().log1p(), at, along, 2);
            double slope = 2 * (x * v + y * w) / r;
            gap.see("bowl", new double[] {bowl[1].item(), bowl[2].item()}, new double[] {slope, (v * v + w * w) / r - slope * slope / 2});
            UnaryOperator<Tensor> f = p -> p.get(0).mul(p.get(1)).tanh().add(p.softmax(0).mul(p).sum());
            var c = Autograd.taylor(f, at, along, 2);
            var model = Taylor.quadratic(f, at);
            gap.see("by gradient and Hessian", new double[] {c[0].item(), c[1].item(), c[2].item()}, new double[] {f.apply(at).item(),
                    model.gradient().dot(along).item(), along.dot(model.hessian().matmul(along)).item() / 2});
        }
        Evidence.of("numbers compared", gap.seen(), exactly(700));
        Evidence.of("largest gap to gradient and Hessian forms", gap, atMost(1e-10));
    }

    @Acceptance(topic = "taylor-series", clause = 3)
    @Test void theQuadraticModelsErrorFallsWithTheCubeOfTheStep() {
        var w = Tensor.randn(Rng.of(1), DType.F64, 6, 4).compute();
        List<UnaryOperator<Tensor>> functions = List.of(x -> w.matmul(x).logSumExp(), x -> w.matmul(x).tanh().sum(),
                x -> x.sin().add(2).prod(), x -> x.square().sum().add(1).sqrt().mul(x.get(0)),
                x -> x.exp().sum().log().add(x.get(1).mul(x.get(2)).sin()));
        double furthest = 0;
        for (int i = 0; i < functions.size(); i++) {
            var f = functions.get(i);
            Tensor x = Tensor.randn(Rng.of(30 + i), DType.F64, 4).compute(), v = Tensor.randn(Rng.of(40 + i), DType.F64, 4).compute();
            var model = Taylor.quadratic(f, x);
            int steps = 8;
            double[] size = new double[steps], error = new double[steps];
            for (int k = 0; k < steps; k++) {
                double h = 0.02 * Math.pow(2, -k);
                var there = x.add(v.mul(h)).compute();
                size[k] = Math.log(h);
                error[k] = Math.log(Math.abs(model.apply(there) - f.apply(there).item()));
            }
            double slope = LeastSquares.slope(size, error);
            furthest = Math.max(furthest, Math.abs(slope - 3));
        }
        Evidence.of("functions", functions.size(), exactly(5));
        Evidence.of("log-log slope of the error, furthest from 3", furthest, atMost(0.1));
    }

    /** Derivatives of exp, sin, log1p and 1/(1-x) are largest at an end of the interval or at most 1; errors against Java's functions. */
    @Acceptance(topic = "taylor-series", clause = 4)
    @Test void theErrorLiesUnderLagrangesBound() {
        var rng = Rng.of(454);
        double worst = Double.NEGATIVE_INFINITY;
        var closest = new double[8];
        int points = 0;
        for (int i = 0; i < 1_000; i++) {
            int order = rng.nextInt(8);
            double a = 1.4 * rng.nextDouble() - 0.7, x = 1.4 * rng.nextDouble() - 0.7, low = Math.min(a, x), high = Math.max(a, x);
            double most, truth;
            UnaryOperator<Tensor> f;
            switch (i % 4) {
                case 0 -> {
                    f = Tensor::exp;
                    truth = Math.exp(x);
                    most = Math.exp(high);
                }
                case 1 -> {
                    f = Tensor::sin;
                    truth = Math.sin(x);
                    most = 1;
                }
                case 2 -> {
                    f = Tensor::log1p;
                    truth = Math.log1p(x);
                    most = factorial(order) / Math.pow(1 + low, order + 1);
                }
                default -> {
                    f = t -> t.rsub(1).reciprocal();
                    truth = 1 / (1 - x);
                    most = factorial(order + 1) / Math.pow(1 - high, order + 2);
                }
            }
            var polynomial = Taylor.polynomial(f, a, order);
            double error = Math.abs(polynomial.apply(x) - truth), bound = polynomial.remainder(x, most);
            worst = Math.max(worst, error - bound);
            if (bound > 1e-8) closest[order] = Math.max(closest[order], error / bound);
            points++;
        }
        Evidence.of("points", points, exactly(1_000));
        Evidence.of("error beyond the bound, but for rounding", worst, atMost(1e-14));
        Evidence.of("the bound is not idle: largest error over bound, of the order with the least",
                Arrays.stream(closest).min().orElseThrow(), atLeast(0.95));
    }

    @Test void whatHasNoRuleIsPassedByNestedPushForwards() {
        var c = Autograd.taylor(Tensor::lgamma, Tensor.of(1.0), Tensor.of(1.0), 4);
        double[] known = {0, -0.5772156649015329, Math.PI * Math.PI / 12, -1.2020569031595942 / 3, Math.pow(Math.PI, 4) / 360};
        for (int k = 0; k <= 4; k++) assertThat(c[k].item()).as("t^" + k).isCloseTo(known[k], within(1e-11));
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> Autograd.taylor(Tensor::exp, Tensor.of(1.0), Tensor.of(1.0, 2.0), 2)).hasMessageContaining("(2,)");
        assertThatThrownBy(() -> Autograd.taylor(Tensor::exp, Tensor.of(1.0), Tensor.of(1.0), -1)).hasMessageContaining("-1");
    }
}
