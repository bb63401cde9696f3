package lyceum.autograd;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A smooth function from n numbers to m in which every input reaches every output along two paths, over tensors, and beside it the
 * same function, its Jacobian and its Hessians derived by hand, in plain doubles.
 *
 * @param kind which of five formulas
 * @param a    m rows of n numbers; so b
 */
record SmoothMap(int kind, double[][] a, double[][] b) {

    static SmoothMap random(Rng rng, int n, int m) { return new SmoothMap(rng.nextInt(5), matrix(rng, m, n), matrix(rng, m, n)); }

    private static double[][] matrix(Rng rng, int m, int n) {
        var flat = Tensor.randn(rng, DType.F64, m, n).mul(0.5).toDoubleArray();
        var rows = new double[m][n];
        for (int i = 0; i < m * n; i++) rows[i / n][i % n] = flat[i];
        return rows;
    }

    /** Over tensors; {@code square} takes squares, so that a wrong one can be planted. */
    Tensor apply(Tensor x, UnaryOperator<Tensor> square) {
        Tensor s = Tensor.of(a).matmul(x), r = Tensor.of(b).matmul(x);
        return switch (kind) {
            case 0 -> s.tanh().mul(r);
            case 1 -> Tensor.of(a).matmul(x.sin()).add(Tensor.of(b).matmul(square.apply(x)));
            case 2 -> s.sigmoid().add(x.logSumExp().mul(r));
            case 3 -> square.apply(s).add(1).log().sub(Tensor.of(b).matmul(x.cos()));
            default -> s.exp().div(square.apply(r).add(1).sqrt());
        };
    }

    double[] value(double[] x) {
        var y = new double[a.length];
        for (int i = 0; i < y.length; i++) {
            double s = dot(a[i], x), r = dot(b[i], x);
            y[i] = switch (kind) {
                case 0 -> Math.tanh(s) * r;
                case 1 -> over(x, i, (p, q, t) -> p * Math.sin(t) + q * t * t);
                case 2 -> 1 / (1 + Math.exp(-s)) + Math.log(partition(x)) * r;
                case 3 -> Math.log(1 + s * s) - over(x, i, (p, q, t) -> q * Math.cos(t));
                default -> Math.exp(s) / Math.sqrt(1 + r * r);
            };
        }
        return y;
    }

    double[][] jacobian(double[] x) {
        var j = new double[a.length][x.length];
        for (int i = 0; i < j.length; i++) {
            double s = dot(a[i], x), r = dot(b[i], x), t = Math.tanh(s), g = 1 / (1 + Math.exp(-s)), w = 1 + r * r;
            for (int c = 0; c < x.length; c++) {
                double p = a[i][c], q = b[i][c];
                j[i][c] = switch (kind) {
                    case 0 -> (1 - t * t) * r * p + t * q;
                    case 1 -> p * Math.cos(x[c]) + 2 * q * x[c];
                    case 2 -> g * (1 - g) * p + Math.exp(x[c]) / partition(x) * r + Math.log(partition(x)) * q;
                    case 3 -> 2 * s / (1 + s * s) * p + q * Math.sin(x[c]);
                    default -> Math.exp(s) / Math.sqrt(w) * (p - r / w * q);
                };
            }
        }
        return j;
    }

    /** Second derivatives of output {@code i}. */
    double[][] hessian(int i, double[] x) {
        double s = dot(a[i], x), r = dot(b[i], x), t = Math.tanh(s), g = 1 / (1 + Math.exp(-s)), w = 1 + r * r, z = partition(x);
        var h = new double[x.length][x.length];
        for (int c = 0; c < x.length; c++) {
            for (int d = 0; d < x.length; d++) {
                double pp = a[i][c] * a[i][d], mixed = a[i][c] * b[i][d] + b[i][c] * a[i][d], qq = b[i][c] * b[i][d];
                double one = c == d ? 1 : 0, pc = Math.exp(x[c]) / z, pd = Math.exp(x[d]) / z;
                h[c][d] = switch (kind) {
                    case 0 -> -2 * t * (1 - t * t) * r * pp + (1 - t * t) * mixed;
                    case 1 -> one * (-a[i][c] * Math.sin(x[c]) + 2 * b[i][c]);
                    case 2 -> g * (1 - g) * (1 - 2 * g) * pp + (one * pc - pc * pd) * r + pc * b[i][d] + pd * b[i][c];
                    case 3 -> 2 * (1 - s * s) / ((1 + s * s) * (1 + s * s)) * pp + one * b[i][c] * Math.cos(x[c]);
                    default -> Math.exp(s) / Math.sqrt(w) * (pp - r / w * mixed + (2 * r * r - 1) / (w * w) * qq);
                };
            }
        }
        return h;
    }

    private interface Term { double at(double a, double b, double x); }

    private double over(double[] x, int i, Term term) {
        double sum = 0;
        for (int c = 0; c < x.length; c++) sum += term.at(a[i][c], b[i][c], x[c]);
        return sum;
    }

    private static double partition(double[] x) {
        double z = 0;
        for (double v : x) z += Math.exp(v);
        return z;
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
