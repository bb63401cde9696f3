package lyceum.optim;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Recipe;

/** The objectives of the golden files, drawn by the recipes that stand in them, and a few more that tests share. */
final class TestProblems {
    private TestProblems() {}

    static UnaryOperator<Tensor> named(String name) {
        return switch (name) {
            case "bowl" -> bowl();
            case "ravine" -> x -> x.square().mul(Tensor.of(1.0, 10, 100, 1000)).sum().mul(0.5);
            case "rosenbrock" -> x -> {
                var head = x.narrow(0, 0, 3);
                return x.narrow(0, 1, 3).sub(head.square()).square().mul(100).add(head.rsub(1).square()).sum();
            };
            case "logistic" -> logistic();
            case "factors" -> factors();
            default -> throw new AssertionError("no problem is named " + name);
        };
    }

    private static UnaryOperator<Tensor> bowl() {
        var r = new Recipe(7900);
        var b = Tensor.of(r.matrix(6, 6));
        var a = b.transpose().matmul(b).div(6).add(Tensor.eye(DType.F64, 6).mul(0.1));
        var c = Tensor.of(r.bells(6));
        return x -> x.matmul(a.matmul(x)).mul(0.5).sub(c.matmul(x)).add(x.cos().sum().mul(0.5));
    }

    private static UnaryOperator<Tensor> logistic() {
        var r = new Recipe(7901);
        var rows = r.matrix(50, 5);
        var bells = r.bells(50);
        var signs = new double[50];
        for (int i = 0; i < 50; i++) signs[i] = rows[i][0] - 0.5 * rows[i][2] + 0.7 * bells[i] > 0 ? 1 : -1;
        var z = Tensor.of(rows);
        var t = Tensor.of(signs);
        return x -> z.matmul(x).mul(t).neg().softplus().mean();
    }

    private static UnaryOperator<Tensor> factors() {
        var m = Tensor.of(new Recipe(7902).matrix(4, 3));
        return x -> x.narrow(0, 0, 8).reshape(4, 2).matmul(x.narrow(0, 8, 6).reshape(3, 2).transpose()).sub(m).square().sum().mul(0.5);
    }

    /** {@code 0.5 sum_i curvature_i (x_i - center_i)^2} in the coordinates of an orthogonal basis. */
    record Quadratic(double[][] hessian, double[] center) implements Objective {
        static Quadratic of(double[] curvature, double[] center, Rng rng) {
            int n = curvature.length;
            var q = new double[n][n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) q[i][j] = rng.nextGaussian();
                for (int k = 0; k < i; k++) Vectors.addScaled(q[i], -Vectors.dot(q[i], q[k]), q[k]);
                double norm = Vectors.norm(q[i]);
                for (int j = 0; j < n; j++) q[i][j] /= norm;
            }
            var hessian = new double[n][n];
            for (int k = 0; k < n; k++)
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) hessian[i][j] += curvature[k] * q[k][i] * q[k][j];
            return new Quadratic(hessian, center);
        }

        @Override public double at(double[] x, double[] gradient) {
            var error = error(x);
            double value = 0;
            for (int i = 0; i < x.length; i++) {
                gradient[i] = Vectors.dot(hessian[i], error);
                value += 0.5 * gradient[i] * error[i];
            }
            return value;
        }

        double[] error(double[] x) {
            var error = x.clone();
            Vectors.addScaled(error, -1, center);
            return error;
        }
    }
}
