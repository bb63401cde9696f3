package lyceum.optim;

import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A function of a flat F64 vector with a gradient and products with its Hessian: what {@link Newton} minimises.
 *
 * {@snippet :
 * var minimum = new Newton().minimize(SecondOrderObjective.of(x -> x.square().square().sum()), start);
 * }
 */
public interface SecondOrderObjective extends Objective {

    /** {@code H(x) v}, a new array; neither argument is changed or kept. */
    double[] hessianTimes(double[] x, double[] v);

    /** The Hessian at x, by default a product a column; the halves are averaged, so that rounding leaves it symmetric. */
    default double[][] hessian(double[] x) {
        int n = x.length;
        var h = new double[n][];
        for (int j = 0; j < n; j++) {
            var unit = new double[n];
            unit[j] = 1;
            h[j] = hessianTimes(x, unit);
        }
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) h[i][j] = h[j][i] = (h[i][j] + h[j][i]) / 2;
        return h;
    }

    @Override default SecondOrderObjective negated() {
        var first = Objective.super.negated();
        var upright = this;
        return new SecondOrderObjective() {
            @Override public double at(double[] x, double[] gradient) { return first.at(x, gradient); }

            @Override public double[] hessianTimes(double[] x, double[] v) { return minus(upright.hessianTimes(x, v)); }

            @Override public double[][] hessian(double[] x) {
                var h = upright.hessian(x);
                for (double[] row : h) minus(row);
                return h;
            }

            private static double[] minus(double[] v) {
                for (int i = 0; i < v.length; i++) v[i] = -v[i];
                return v;
            }
        };
    }

    /** A scalar-valued function of an F64 vector, differentiated twice by {@link Autograd}. */
    static SecondOrderObjective of(UnaryOperator<Tensor> f) {
        var first = Objective.of(f);
        return new SecondOrderObjective() {
            @Override public double at(double[] x, double[] gradient) { return first.at(x, gradient); }

            @Override public double[] hessianTimes(double[] x, double[] v) {
                return Autograd.hvp(f, Tensor.of(x), Tensor.of(v)).toDoubleArray();
            }
        };
    }
}
