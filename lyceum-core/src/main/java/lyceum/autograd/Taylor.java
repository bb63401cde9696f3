package lyceum.autograd;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.backend.Backend.Reduction;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.ReduceOp;
import lyceum.tensor.Tensor;

/**
 * Taylor's theorem: {@code f(x + s) = sum_k f^(k)(x) s^k / k! + R}, with the coefficients by Taylor mode: all derivatives up to an order along a line at
 * once, by carrying a truncated power series through every operation. Order K costs O(K^2) evaluations, where nesting first derivatives costs O(2^K).
 *
 * {@snippet :
 * var cubic = Taylor.polynomial(Tensor::exp, 0, 3);
 * cubic.apply(0.5);                               // 1.6458, where exp(0.5) is 1.6487
 * cubic.remainder(0.5, Math.exp(0.5));            // at most 0.0043, since no fourth derivative exceeds exp(0.5)
 * var model = Taylor.quadratic(loss, w);          // value, gradient and Hessian
 * }
 *
 * @see <a href="https://doi.org/10.1137/1.9780898717761">Griewank and Walther, Evaluating Derivatives (2nd ed., 2008), chapter 13</a>
 */
public final class Taylor {
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126, LN2 = 0.6931471805599453, SQRT_HALF = 0.7071067811865476;

    private Taylor() {}

    /** {@code sum_k c_k (x - at)^k}: what a function of one variable looks like from a point. */
    public record Polynomial(double at, double... coefficients) {
        public int order() { return coefficients.length - 1; }

        /** The value at x, by Horner's rule. */
        public double apply(double x) {
            double sum = 0;
            for (int k = order(); k >= 0; k--) sum = sum * (x - at) + coefficients[k];
            return sum;
        }

        /** A bound on the error at x, if {@code most} bounds the derivative of order K + 1 between there and here. @see Taylor#remainder */
        public double remainder(double x, double most) { return Taylor.remainder(order(), x - at, most); }
    }

    /** The polynomial of that order of a function of one number. */
    public static Polynomial polynomial(UnaryOperator<Tensor> f, double at, int order) {
        var c = coefficients(f, Tensor.scalar(at), Tensor.scalar(1), order);
        return new Polynomial(at, Arrays.stream(c).mapToDouble(Tensor::item).toArray());
    }

    /**
     * Lagrange's bound on what a polynomial of order K leaves out at a distance t: {@code most |t|^(K+1) / (K+1)!}. Of several variables t is along a
     * direction v, and {@code most} bounds the derivative of order K + 1 along v.
     */
    public static double remainder(int order, double distance, double most) {
        if (!(most >= 0)) throw new IllegalArgumentException("remainder: a derivative of size " + most + "; a bound is at least 0");
        double bound = most;
        for (int k = 1; k <= order + 1; k++) bound *= Math.abs(distance) / k;
        return bound;
    }

    /** {@code f(x) + g's + s'Hs / 2} around x; gradient and Hessian in the elements of x, (n) and (n, n). */
    public record Quadratic(Tensor at, double value, Tensor gradient, Tensor hessian) {
        /** The model's value at a point of the shape of {@code at}. */
        public double apply(Tensor x) {
            var s = x.sub(at).flatten();
            return value + gradient.dot(s).item() + 0.5 * s.dot(hessian.matmul(s)).item();
        }

        /** Without the Hessian: the tangent plane. */
        public double linear(Tensor x) { return value + gradient.dot(x.sub(at).flatten()).item(); }
    }

    /** The second-order model of a scalar-valued f at x. */
    public static Quadratic quadratic(UnaryOperator<Tensor> f, Tensor x) {
        var first = Autograd.valueAndGrad(f, x);
        return new Quadratic(x, first.value().item(), first.gradient().flatten(), Autograd.hessian(f, x));
    }

    /**
     * Taylor coefficients {@code c_0 .. c_order} of {@code t -> f(x + t v)}: {@code c_k} is the k-th directional derivative over k!, in the shape
     * of f(x). f is traced, so its branches are those taken at x. An operation without a rule for series, such as lgamma or one of a user's own, is passed by nested
     * push-forwards: as many evaluations of it as 2 to the order.
     */
    public static Tensor[] coefficients(UnaryOperator<Tensor> f, Tensor x, Tensor v, int order) {
        if (order < 0) throw new IllegalArgumentException("taylor: order is " + order + "; it is at least 0");
        Autograd.requireDirection("taylor", x, v);
        var graph = Rewriting.dropDead(Rewriting.lower(Graph.traceOne(f, x)));
        var series = new Series[graph.nodes().size()];
        for (var node : graph.nodes()) {
            series[node.id()] = switch (node) {
                case Input input -> {
                    var start = Series.constant(x, order);
                    if (order > 0) start.c()[1] = v;
                    yield start;
                }
                case Constant constant -> Series.constant(constant.value(), order);
                case Call call -> step(call, call.operands().stream().map(i -> series[i]).toArray(Series[]::new));
            };
        }
        var result = series[graph.outputs().getFirst()].c();
        for (int k = 0; k <= order; k++) {
            var shape = result[0].shape().toArray();
            result[k] = result[k] == null ? result[0].zerosLike() : result[k].expand(shape);
        }
        return result;
    }

    private static Series step(Call call, Series[] in) {
        if (Arrays.stream(in).allMatch(Series::isConstant)) return applied(call, in);
        var operation = call.operation();
        if (!operation.isDifferentiable()) return applied(call, in);
        if (operation.isLinear()) return linear(call, in);
        if (operation.isBilinear() && in.length == 2) return in[0].times(in[1], operation::apply);
        return switch (operation) {
            case ElementwiseOp e -> elementwise(call, e, in);
            case ReduceOp r when r.reduction() == Reduction.MAX || r.reduction() == Reduction.MIN -> extreme(call, r, in[0]);
            default -> nested(call, in);
        };
    }

    /** By the operation's own push-forward, nested as often as the order says, along the operands' polynomials: right for all, dear for high orders. */
    private static Series nested(Call call, Series[] in) {
        int order = in[0].order();
        UnaryOperator<Tensor> along = t -> call.operation().apply(Arrays.stream(in).map(s -> polynomial(s, t)).toArray(Tensor[]::new));
        var z = new Tensor[order + 1];
        double factorial = 1;
        for (int k = 0; k <= order; k++) {
            if (k > 0) {
                var before = along;
                along = t -> Autograd.jvp(before, t, t.onesLike());
                factorial *= k;
            }
            var type = Arrays.stream(in).map(s -> s.c()[0].dtype()).filter(DType::isFloat).findFirst().orElse(DType.F64);
            z[k] = along.apply(Tensor.full(type, 0.0)).div(factorial);
        }
        return new Series(z);
    }

    private static Tensor polynomial(Series s, Tensor t) {
        var sum = s.c()[0];
        Tensor power = null;
        for (int k = 1; k < s.c().length; k++) {
            power = power == null ? t : power.mul(t);
            if (s.c()[k] != null) sum = sum.add(s.c()[k].mul(power));
        }
        return sum;
    }

    /** On values alone: nothing depends on t. */
    private static Series applied(Call call, Series[] in) {
        return Series.constant(call.operation().apply(Arrays.stream(in).map(s -> s.c()[0]).toArray(Tensor[]::new)), in[0].order());
    }

    /** Coefficient by coefficient, where there is one; index operands are the same for all. */
    private static Series linear(Call call, Series[] in) {
        var z = new Tensor[in[0].c().length];
        for (int k = 0; k < z.length; k++) {
            int at = k;
            if (Arrays.stream(in).allMatch(s -> s.c()[at] == null)) continue;
            z[k] = call.operation()
                    .apply(Arrays.stream(in).map(s -> s.c()[0].dtype().isFloat() ? coefficient(s, at) : s.c()[0]).toArray(Tensor[]::new));
        }
        return new Series(z);
    }

    private static Tensor coefficient(Series x, int k) { return x.c()[k] == null ? x.c()[0].zerosLike() : x.c()[k]; }

    /** The winner's series; among ties the mean of theirs. */
    private static Series extreme(Call call, ReduceOp reduce, Series x) {
        var value = call.operation().apply(x.c()[0]);
        var axes = reduce.axes().toArray();
        var wide = x.c()[0].shape().toArray();
        for (int axis : axes) wide[axis] = 1;
        var winners = x.c()[0].eq(value.reshape(wide)).to(value.dtype().accumulator());
        var share = winners.div(winners.sum(axes, true));
        var z = x.map(t -> t.mul(share).sum(axes, reduce.keep()).to(value.dtype())).c();
        z[0] = value;
        return new Series(z);
    }

    private static Series elementwise(Call call, ElementwiseOp e, Series[] in) {
        Series x = in[0], y = in.length > 1 ? in[1] : null;
        var x0 = x.c()[0];
        return switch (e.op()) {
            case CAST -> e.type().isFloat() ? x.map(t -> t.to(e.type())) : applied(call, in);
            case NEG -> x.neg();
            case ADD -> x.add(y);
            case SUB -> x.sub(y);
            case MUL -> x.mul(y);
            case DIV -> x.div(y);
            case FMA -> x.mul(y).add(in[2]);
            case SQUARE -> x.mul(x);
            case RECIPROCAL -> x.reciprocal();
            case SQRT -> x.sqrt();
            case RSQRT -> x.sqrt().reciprocal();
            case EXP -> x.exp();
            case EXPM1 -> x.through(x0.expm1(), x.exp());
            case LOG -> x.log();
            case LOG1P -> x.through(x0.log1p(), x.shift(1).reciprocal());
            case LOG2 -> x.through(x0.log2(), x.scale(LN2).reciprocal());
            case SIN -> x.circle(x0.sin(), x0.cos(), -1)[0];
            case COS -> x.circle(x0.sin(), x0.cos(), -1)[1];
            case SINH -> x.circle(x0.sinh(), x0.cosh(), 1)[0];
            case COSH -> x.circle(x0.sinh(), x0.cosh(), 1)[1];
            case TAN -> x.through(x0.tan(), 1, 0, 1);
            case TANH -> x.through(x0.tanh(), 1, 0, -1);
            case SIGMOID -> x.through(x0.sigmoid(), 0, 1, -1);
            case SOFTPLUS -> x.through(x0.softplus(), x.through(x0.sigmoid(), 0, 1, -1));
            case ASIN -> x.through(x0.asin(), x.mul(x).neg().shift(1).sqrt().reciprocal());
            case ACOS -> x.through(x0.acos(), x.mul(x).neg().shift(1).sqrt().reciprocal().neg());
            case ATAN -> x.through(x0.atan(), x.mul(x).shift(1).reciprocal());
            case GELU -> x
                    .mul(x.through(x0.mul(-SQRT_HALF).erfc().mul(0.5), x.mul(x).scale(-0.5).exp().scale(SQRT_HALF * TWO_OVER_SQRT_PI / 2)));
            case ERF -> x.through(x0.erf(), x.mul(x).neg().exp().scale(TWO_OVER_SQRT_PI));
            case ERFC -> x.through(x0.erfc(), x.mul(x).neg().exp().scale(-TWO_OVER_SQRT_PI));
            case POW -> power(x, y);
            case ABS -> x.where(x0.ge(0), x.neg());
            case RELU -> x.where(x0.gt(0), Series.constant(x0.zerosLike(), x.order()));
            case MAX -> x.where(x0.ge(y.c()[0]), y);
            case MIN -> x.where(x0.le(y.c()[0]), y);
            case WHERE -> in[1].where(x0, in[2]);
            case MOD -> x.sub(y.mul(Series.constant(x0.floorDiv(y.c()[0]), x.order())));
            case ATAN2, LGAMMA, DIGAMMA, TRIGAMMA, POLYGAMMA, ERFINV -> nested(call, in);
            default -> applied(call, in); // steps and comparisons: constant almost everywhere
        };
    }

    private static Series power(Series x, Series y) {
        if (y.isConstant() && y.c()[0].count() == 1) return x.pow(y.c()[0].item());
        return x.log().mul(y).exp();
    }
}
