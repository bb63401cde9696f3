package lyceum.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * A function from n numbers to one, written in ordinary Java over tensors, and its gradient derived by hand: in plain doubles, by
 * formulas that share nothing with the operations' own slopes.
 *
 * @param points where it is looked at
 */
record KnownFunction(String name, UnaryOperator<Tensor> f, UnaryOperator<double[]> gradient, double[]... points) {
    private static final double[] A = {1, -0.5, 0.25, 2, 0.75, -1.5}, B = {0.5, 1.5, -1, 0.3, -0.2, 0.9};
    private static final double EULER = 0.57721566490153286061;

    double value(double... x) { return f.apply(Tensor.of(x)).item(); }

    /** Fifty functions: 33 of one variable, 17 of several; ten have loops, six have branches. */
    static List<KnownFunction> fifty() {
        var all = new ArrayList<KnownFunction>();
        elementary(all);
        loops(all);
        branches(all);
        reductions(all);
        products(all);
        return all;
    }

    private static KnownFunction one(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator slope) {
        return one(name, f, slope, 0.3, 0.9, 1.7);
    }

    private static KnownFunction one(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator slope, double... at) {
        return new KnownFunction(name, x -> f.apply(x).sum(), x -> new double[] {slope.applyAsDouble(x[0])},
                Arrays.stream(at).mapToObj(v -> new double[] {v}).toArray(double[][]::new));
    }

    private static KnownFunction many(String name, UnaryOperator<Tensor> f, UnaryOperator<double[]> gradient) {
        return new KnownFunction(name, f, gradient, new double[] {0.4, 1.3, 0.7, 2.1, 1.6, 0.9},
                new double[] {1.1, 0.2, 1.9, 0.8, 0.5, 1.4});
    }

    private static double[] each(double[] x, IntToDoubleFunction slope) {
        var g = new double[x.length];
        Arrays.setAll(g, slope);
        return g;
    }

    private static double sum(double[] x) { return Arrays.stream(x).sum(); }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void elementary(List<KnownFunction> all) {
        all.add(one("exp(x) sin x", x -> x.exp().mul(x.sin()), x -> Math.exp(x) * (Math.sin(x) + Math.cos(x))));
        all.add(one("log(1 + x^2)", x -> x.square().add(1).log(), x -> 2 * x / (1 + x * x)));
        all.add(one("sqrt(1 + x^4)", x -> x.pow(4).add(1).sqrt(), x -> 2 * x * x * x / Math.sqrt(1 + x * x * x * x)));
        all.add(one("1 / sqrt(1 + x^2)", x -> x.square().add(1).rsqrt(), x -> -x / ((1 + x * x) * Math.sqrt(1 + x * x))));
        all.add(one("tan(x / 3)", x -> x.div(3).tan(), x -> 1 / (3 * Math.cos(x / 3) * Math.cos(x / 3))));
        all.add(one("asin(x / 2)", x -> x.div(2).asin(), x -> 1 / Math.sqrt(4 - x * x)));
        all.add(one("acos(x / 2)", x -> x.mul(0.5).acos(), x -> -1 / Math.sqrt(4 - x * x)));
        all.add(one("atan(x^2)", x -> x.square().atan(), x -> 2 * x / (1 + x * x * x * x)));
        all.add(one("sinh x cosh x", x -> x.sinh().mul(x.cosh()), x -> Math.cosh(2 * x)));
        all.add(one("tanh(2x)", x -> x.mul(2).tanh(), x -> 2 / (Math.cosh(2 * x) * Math.cosh(2 * x))));
        all.add(one("sigmoid(3x)", x -> x.mul(3).sigmoid(), x -> 3 / (2 + Math.exp(3 * x) + Math.exp(-3 * x))));
        all.add(one("softplus(2x)", x -> x.mul(2).softplus(), x -> 2 / (1 + Math.exp(-2 * x))));
        all.add(one("log sigmoid x", Tensor::logSigmoid, x -> 1 / (1 + Math.exp(x))));
        all.add(one("erf x", Tensor::erf, x -> 2 / Math.sqrt(Math.PI) * Math.exp(-x * x)));
        all.add(one("erfc(x^2)", x -> x.square().erfc(), x -> -4 * x / Math.sqrt(Math.PI) * Math.exp(-x * x * x * x)));
        all.add(one("(exp(x) - 1) / x", x -> x.expm1().div(x), x -> (x * Math.exp(x) - Math.expm1(x)) / (x * x)));
        all.add(one("log(1 + x) log2(1 + x)", x -> x.log1p().mul(x.add(1).log2()), x -> 2 * Math.log1p(x) / (Math.log(2) * (1 + x))));
        all.add(one("x^x", x -> x.pow(x), x -> Math.pow(x, x) * (1 + Math.log(x))));
        all.add(one("1 / cos(x / 2)", x -> x.div(2).cos().reciprocal(), x -> Math.tan(x / 2) / (2 * Math.cos(x / 2))));
        all.add(one("log gamma", Tensor::lgamma, x -> x == 0.5 ? -EULER - 2 * Math.log(2) : x == 1 ? -EULER : 1 - EULER, 0.5, 1, 2));
        all.add(one("digamma", Tensor::digamma,
                x -> x == 0.5 ? Math.PI * Math.PI / 2 : x == 1 ? Math.PI * Math.PI / 6 : Math.PI * Math.PI / 6 - 1, 0.5, 1, 2));
    }

    private static void loops(List<KnownFunction> all) {
        all.add(one("x^7 by a loop", x -> {
            var y = x;
            for (int i = 1; i < 7; i++) y = y.mul(x);
            return y;
        }, x -> 7 * Math.pow(x, 6)));
        all.add(one("exp by Horner's rule", x -> {
            var y = x.onesLike();
            for (int k = 30; k >= 1; k--) y = y.mul(x).div(k).add(1);
            return y;
        }, Math::exp));
        all.add(one("a geometric series", x -> {
            Tensor term = x.onesLike(), y = term;
            for (int i = 0; i < 80; i++) y = y.add(term = term.mul(x).div(4));
            return y;
        }, x -> 4 / ((4 - x) * (4 - x))));
        all.add(one("a continued fraction", x -> {
            var y = x.onesLike();
            for (int i = 0; i < 80; i++) y = x.div(y).add(1);
            return y;
        }, x -> 1 / Math.sqrt(1 + 4 * x)));
        all.add(one("a Chebyshev polynomial by its recurrence", x -> {
            Tensor before = x.onesLike(), y = x;
            for (int i = 1; i < 6; i++) {
                var next = x.mul(2).mul(y).sub(before);
                before = y;
                y = next;
            }
            return y;
        }, x -> 6 * Math.sin(6 * Math.acos(x)) / Math.sin(Math.acos(x)), -0.7, 0.2, 0.6));
        all.add(one("three rounds of the logistic map", x -> {
            for (int i = 0; i < 3; i++) x = x.mul(x.rsub(1)).mul(4);
            return x;
        }, x -> 4 * Math.sin(16 * Math.asin(Math.sqrt(x))) / Math.sqrt(x * (1 - x)), 0.3, 0.45, 0.9));
        all.add(one("a root by Newton's iteration until it stands", x -> {
            var y = x.add(1).div(2);
            for (int i = 0; i < 3 || Math.abs(y.square().sub(x).item()) > 1e-15 && i < 20; i++) y = y.add(x.div(y)).div(2);
            return y.add(x.div(y)).div(2);
        }, x -> 0.5 / Math.sqrt(x)));
        all.add(one("halving while above 0.2", x -> {
            while (x.item() > 0.2) x = x.div(2).add(0.01);
            return x;
        }, x -> {
            double slope = 1;
            for (; x > 0.2; slope /= 2) x = x / 2 + 0.01;
            return slope;
        }));
        all.add(many("Rosenbrock's function, a loop over pairs", x -> {
            Tensor sum = null;
            for (int i = 0; i < 5; i++) {
                Tensor a = x.select(0, i), b = x.select(0, i + 1), term = b.sub(a.square()).square().mul(100).add(a.rsub(1).square());
                sum = sum == null ? term : sum.add(term);
            }
            return sum;
        }, x -> each(x, i -> (i < 5 ? -400 * x[i] * (x[i + 1] - x[i] * x[i]) - 2 * (1 - x[i]) : 0)
                + (i > 0 ? 200 * (x[i] - x[i - 1] * x[i - 1]) : 0))));
        all.add(many("every pair's distance squared, a double loop", x -> {
            var sum = Tensor.scalar(0);
            for (int i = 0; i < 6; i++) for (int j = 0; j < i; j++) sum = sum.add(x.select(0, i).sub(x.select(0, j)).square());
            return sum;
        }, x -> each(x, i -> 2 * (6 * x[i] - sum(x)))));
    }

    private static void branches(List<KnownFunction> all) {
        all.add(one("a cube above 1, a sine below", x -> x.item() > 1 ? x.pow(3) : x.sin(), x -> x > 1 ? 3 * x * x : Math.cos(x)));
        all.add(one("x^2 clamp(x, 0.5, 1.2)", x -> x.square().mul(x.clamp(0.5, 1.2)), x -> x < 0.5 ? x : x > 1.2 ? 2.4 * x : 3 * x * x));
        all.add(one("|sin 3x|", x -> x.mul(3).sin().abs(), x -> 3 * Math.cos(3 * x) * Math.signum(Math.sin(3 * x))));
        all.add(one("relu(x - 1)^2 + max(x, 0.5)", x -> x.sub(1).relu().square().add(x.maximum(0.5)),
                x -> (x > 1 ? 2 * (x - 1) : 0) + (x > 0.5 ? 1 : 0)));
        all.add(many("Huber's loss", x -> {
            var d = x.sub(1);
            return d.abs().lt(0.5).where(d.square().div(2), d.abs().sub(0.25).div(2)).sum();
        }, x -> each(x, i -> Math.abs(x[i] - 1) < 0.5 ? x[i] - 1 : 0.5 * Math.signum(x[i] - 1))));
        all.add(many("largest times smallest", x -> x.max().mul(x.min()), x -> {
            double high = Arrays.stream(x).max().orElseThrow(), low = Arrays.stream(x).min().orElseThrow();
            return each(x, i -> x[i] == high ? low : x[i] == low ? high : 0);
        }));
    }

    private static void reductions(List<KnownFunction> all) {
        all.add(many("log-sum-exp", Tensor::logSumExp, x -> {
            double z = Arrays.stream(x).map(Math::exp).sum();
            return each(x, i -> Math.exp(x[i]) / z);
        }));
        all.add(many("entropy of a softmax", x -> x.softmax(0).mul(x.logSoftmax(0)).sum().neg(), x -> {
            double z = Arrays.stream(x).map(Math::exp).sum(), h = Math.log(z) - Arrays.stream(x).map(v -> v * Math.exp(v) / z).sum();
            return each(x, i -> -Math.exp(x[i]) / z * (x[i] - Math.log(z) + h));
        }));
        all.add(many("norm", Tensor::norm, x -> each(x, i -> x[i] / Math.sqrt(dot(x, x)))));
        all.add(many("variance", x -> x.var(), x -> each(x, i -> 2 * (x[i] - sum(x) / 6) / 5)));
        all.add(many("geometric mean", x -> x.log().mean().exp(),
                x -> each(x, i -> Math.pow(Arrays.stream(x).reduce(1, (a, b) -> a * b), 1 / 6.0) / (6 * x[i]))));
        all.add(many("harmonic mean", x -> x.reciprocal().mean().reciprocal(), x -> each(x, i -> {
            double h = 6 / Arrays.stream(x).map(v -> 1 / v).sum();
            return h * h / (6 * x[i] * x[i]);
        })));
        all.add(many("sum of squared running sums", x -> x.cumsum(0).square().sum(), x -> each(x, i -> {
            double g = 0;
            for (int k = i; k < 6; k++) g += 2 * sum(Arrays.copyOf(x, k + 1));
            return g;
        })));
    }

    private static void products(List<KnownFunction> all) {
        all.add(many("product", x -> x.prod(), x -> each(x, i -> Arrays.stream(x).reduce(1, (a, b) -> a * b) / x[i])));
        all.add(many("neighbours on a ring", x -> x.mul(x.roll(0, 1)).sum(), x -> each(x, i -> x[(i + 5) % 6] + x[(i + 1) % 6])));
        all.add(many("|x x'|^2", x -> x.outer(x).square().sum(), x -> each(x, i -> 4 * dot(x, x) * x[i])));
        all.add(many("logistic loss", x -> x.dot(Tensor.of(A)).softplus().add(x.dot(Tensor.of(B)).neg().softplus()),
                x -> each(x, i -> A[i] / (1 + Math.exp(-dot(A, x))) - B[i] / (1 + Math.exp(dot(B, x))))));
        all.add(many("a small network", x -> Tensor.of(new double[][] {A, B}).div(4).matmul(x).tanh().dot(Tensor.of(1.0, -2.0)),
                x -> each(x,
                        i -> A[i] / (4 * Math.pow(Math.cosh(dot(A, x) / 4), 2)) - B[i] / (2 * Math.pow(Math.cosh(dot(B, x) / 4), 2)))));
        all.add(new KnownFunction("atan2(y, x) + y^x", p -> p.select(0, 1).atan2(p.select(0, 0)).add(p.select(0, 1).pow(p.select(0, 0))),
                p -> {
                    double x = p[0], y = p[1], r = x * x + y * y;
                    return new double[] {-y / r + Math.pow(y, x) * Math.log(y), x / r + x * Math.pow(y, x - 1)};
                }, new double[] {0.8, 1.3}, new double[] {1.9, 0.6}));
    }
}
