package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;

/**
 * Attention by the textbook in double, a score at a time, with its gradients: what every implementation is held to. It shares no line with them.
 *
 * @param seen whether query i of a head sees key j
 * @param bias what is added to the scaled score
 */
record ExplicitAttention(int batch, int heads, int keyHeads, int queries, int keys, int d, int e, double scale, Pairs seen, Bias bias) {
    interface Pairs {
        boolean of(int b, int h, int i, int j);
    }

    interface Bias {
        double of(int b, int h, int i, int j);
    }

    record Values(double[] out, double[] q, double[] k, double[] v) {}

    /** @param g the gradient of the result */
    Values of(Tensor queryTensor, Tensor keyTensor, Tensor valueTensor, Tensor gTensor) {
        double[] q = doubles(queryTensor), k = doubles(keyTensor), v = doubles(valueTensor), g = doubles(gTensor);
        double[] out = new double[batch * heads * queries * e], dq = new double[q.length], dk = new double[k.length],
                dv = new double[v.length];
        var p = new double[keys];
        for (int b = 0; b < batch; b++) for (int h = 0; h < heads; h++) for (int i = 0; i < queries; i++) {
            int row = (b * heads + h) * queries + i, keyRow = (b * keyHeads + h * keyHeads / heads) * keys;
            double top = Double.NEGATIVE_INFINITY, total = 0;
            for (int j = 0; j < keys; j++) {
                p[j] = Double.NEGATIVE_INFINITY;
                if (!seen.of(b, h, i, j)) continue;
                double dot = 0;
                for (int c = 0; c < d; c++) dot += q[row * d + c] * k[(keyRow + j) * d + c];
                p[j] = scale * dot + bias.of(b, h, i, j);
                top = Math.max(top, p[j]);
            }
            if (top == Double.NEGATIVE_INFINITY) continue;
            for (int j = 0; j < keys; j++) total += p[j] = Math.exp(p[j] - top);
            double mean = 0;
            var dp = new double[keys];
            for (int j = 0; j < keys; j++) {
                p[j] /= total;
                for (int c = 0; c < e; c++) {
                    out[row * e + c] += p[j] * v[(keyRow + j) * e + c];
                    dv[(keyRow + j) * e + c] += p[j] * g[row * e + c];
                    dp[j] += g[row * e + c] * v[(keyRow + j) * e + c];
                }
                mean += p[j] * dp[j];
            }
            for (int j = 0; j < keys; j++) for (int c = 0; c < d; c++) {
                double ds = scale * p[j] * (dp[j] - mean);
                dq[row * d + c] += ds * k[(keyRow + j) * d + c];
                dk[(keyRow + j) * d + c] += ds * q[row * d + c];
            }
        }
        return new Values(out, dq, dk, dv);
    }

    static double[] doubles(Tensor x) { return Arrays.copyOf(x.detach().to(DType.F64).toDoubleArray(), (int) x.count()); }
}
