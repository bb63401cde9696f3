package lyceum.nn.onnx;

import java.util.Arrays;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Support vector machines, domain {@code ai.onnx.ml}. */
final class SupportVectorOperators {
    private static final double SUREST = 1e-7;

    static final String ROWS = "ai.onnx.ml:SVMRegressor 1, ai.onnx.ml:SVMClassifier 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "ai.onnx.ml:SVMRegressor 1" -> SupportVectorOperators::regressed;
            case "ai.onnx.ml:SVMClassifier 1" -> SupportVectorOperators::classified;
            default -> throw Operators.unknown(row);
        };
    }

    private SupportVectorOperators() {}

    /** Kernel of each row with each support vector. */
    private static Tensor kernel(Call c, Tensor x, long vectors) {
        float[] p = c.numbers("kernel_params");
        double gamma = p.length > 0 ? p[0] : 0, shift = p.length > 1 ? p[1] : 0, degree = p.length > 2 ? p[2] : 0;
        var v = Tensor.of(c.numbers("support_vectors")).to(DType.F64).reshape(vectors, -1);
        var products = x.matmul(v.transpose());
        return switch (c.text("kernel_type", "LINEAR")) {
            case "LINEAR" -> products;
            case "POLY" -> products.mul(gamma).add(shift).pow(degree);
            case "SIGMOID" -> products.mul(gamma).add(shift).tanh();
            default -> x.square().sum(-1, true).add(v.square().sum(-1)).sub(products.mul(2)).mul(-gamma).exp();
        };
    }

    /** Sum over support vectors of a coefficient times a kernel of x and the vector; without vectors a linear function. */
    private static Object regressed(Call c) {
        var x = c.x(0).to(DType.F64);
        long n = c.integer("n_supports", 0);
        var y = (n == 0 ? x : kernel(c, x, n)).matmul(Tensor.of(c.numbers("coefficients")).to(DType.F64).reshape(-1, 1));
        y = y.add(c.numbers("rho").length > 0 ? c.numbers("rho")[0] : 0);
        return OnnxValue.of((c.flag("one_class") ? y.gt(0).where(y.onesLike(), y.onesLike().neg()) : y).to(DType.F32));
    }

    /**
     * One machine for each pair of classes, which votes for the first where its sum is positive; most votes win, the first of equals. Scores are the sums, or
     * the probabilities that Wu, Lin and Weng (2004) couple of the pairs'. Without support vectors a linear function of each class.
     */
    private static Object classified(Call c) {
        long[] each = c.integers("vectors_per_class");
        var x = c.x(0).to(DType.F64);
        var coefficients = Tensor.of(c.numbers("coefficients")).to(DType.F64);
        float[] rho = c.numbers("rho");
        int classes = MlOperators.classes(c, "classlabels_ints");
        if (each.length == 0) {
            var y = x.matmul(coefficients.reshape(classes, -1).transpose()).add(rho.length > 0 ? rho[0] : 0);
            return MlOperators.decided(c, y.toRows(), "classlabels_ints");
        }
        int pairs = classes * (classes - 1) / 2;
        long vectors = Arrays.stream(each).sum();
        if (each.length != classes || rho.length != pairs || classes < 2 || Arrays.stream(each).anyMatch(n -> n < 0)
                || coefficients.count() != (classes - 1) * vectors)
            throw new IllegalArgumentException("vectors_per_class " + Arrays.toString(each) + ", " + rho.length + " rho and "
                    + coefficients.count() + " coefficients for " + classes + " classes");
        double[][] kernels = kernel(c, x, vectors).toRows(), weights = coefficients.reshape(classes - 1, vectors).toRows();
        var sums = new double[kernels.length][pairs];
        var chosen = new int[kernels.length];
        for (int r = 0; r < kernels.length; r++) {
            var votes = new int[classes];
            for (int i = 0, pair = 0, first = 0; i < classes; first += (int) each[i++])
                for (int j = i + 1, second = first + (int) each[i]; j < classes; second += (int) each[j++], pair++) {
                    double sum = rho[pair];
                    for (int k = first; k < first + each[i]; k++) sum += weights[j - 1][k] * kernels[r][k];
                    for (int k = second; k < second + each[j]; k++) sum += weights[i][k] * kernels[r][k];
                    sums[r][pair] = sum;
                    votes[sum > 0 ? i : j]++;
                }
            for (int k = 1; k < classes; k++) if (votes[k] > votes[chosen[r]]) chosen[r] = k;
        }
        return new Object[] {MlOperators.labels(c, chosen, "classlabels_ints"), MlOperators.transformed(c, scores(c, sums, classes))};
    }

    private static double[][] scores(Call c, double[][] sums, int classes) {
        float[] a = c.numbers("prob_a"), b = c.numbers("prob_b");
        var scores = new double[sums.length][];
        for (int r = 0; r < scores.length; r++)
            scores[r] = a.length > 0 ? coupled(sums[r], a, b, classes) : classes == 2 ? new double[] {-sums[r][0], sums[r][0]} : sums[r];
        return scores;
    }

    /** Probabilities of the classes out of those of the pairs, the logistic function of {@code -(a sum + b)}. */
    private static double[] coupled(double[] sums, float[] a, float[] b, int classes) {
        if (a.length != sums.length || b.length != sums.length)
            throw new IllegalArgumentException(a.length + " prob_a and " + b.length + " prob_b for " + sums.length + " pairs");
        var r = new double[classes][classes];
        for (int i = 0, pair = 0; i < classes; i++) for (int j = i + 1; j < classes; j++, pair++) {
            r[i][j] = Math.clamp(1 / (1 + Math.exp(a[pair] * sums[pair] + b[pair])), SUREST, 1 - SUREST);
            r[j][i] = 1 - r[i][j];
        }
        // p minimises p'Qp on the simplex: one coordinate after another, then scaled to sum to one (their algorithm 2)
        var q = new double[classes][classes];
        for (int t = 0; t < classes; t++) for (int j = 0; j < classes; j++) {
            if (j == t) continue;
            q[t][t] += r[j][t] * r[j][t];
            q[t][j] = -r[j][t] * r[t][j];
        }
        var p = new double[classes];
        Arrays.fill(p, 1.0 / classes);
        var qp = new double[classes];
        for (int turn = 0; turn < Math.max(100, classes); turn++) {
            double pqp = 0, worst = 0;
            for (int t = 0; t < classes; t++) {
                qp[t] = 0;
                for (int j = 0; j < classes; j++) qp[t] += q[t][j] * p[j];
                pqp += p[t] * qp[t];
            }
            for (int t = 0; t < classes; t++) worst = Math.max(worst, Math.abs(qp[t] - pqp));
            if (worst < 0.005 / classes) break;
            for (int t = 0; t < classes; t++) {
                double step = (pqp - qp[t]) / q[t][t];
                p[t] += step;
                pqp = (pqp + step * (step * q[t][t] + 2 * qp[t])) / ((1 + step) * (1 + step));
                for (int j = 0; j < classes; j++) {
                    qp[j] = (qp[j] + step * q[t][j]) / (1 + step);
                    p[j] /= 1 + step;
                }
            }
        }
        return p;
    }
}
