package lyceum.llm.eval;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A model whose scaling law can be derived: the least-norm fit of a linear teacher from D examples with Gaussian features of given variances, D fewer than the features.
 * With variances {@code k^-(1 + a)} its risk falls about as {@code D^-a} until the features run out.
 *
 * <p>The teacher has independent coordinates of variance 1 and is averaged exactly: with P the projection onto the examples and S the diagonal of variances, the
 * risk is {@code tr(S) - tr(P S)}.
 *
 * @param variances of the features, positive
 * @see <a href="https://arxiv.org/abs/2102.06701">Bahri et al. (2021), Explaining Neural Scaling Laws</a>
 */
public record SpectrumRegression(double... variances) {
    public SpectrumRegression {
        variances = variances.clone();
        if (variances.length < 2 || !Arrays.stream(variances).allMatch(v -> v > 0 && v < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("SpectrumRegression: " + variances.length + " variances; at least 2, positive and finite");
    }

    /** Variances {@code k^-power}. */
    public static SpectrumRegression power(int features, double power) {
        var variances = new double[features];
        Arrays.setAll(variances, k -> Math.pow(k + 1, -power));
        return new SpectrumRegression(variances);
    }

    /** The risk after one design of so many examples. */
    public double risk(int examples, Rng rng) {
        check(examples);
        int n = variances.length;
        double total = Arrays.stream(variances).sum();
        var s = Tensor.of(variances);
        var x = Tensor.randn(rng, DType.F64, examples, n).mul(s.sqrt());
        var projected = Cholesky.of(x.matmul(x.transpose(0, 1))).solve(x.mul(s).matmul(x.transpose(0, 1)));
        double[] flat = projected.toDoubleArray();
        for (int i = 0; i < examples; i++) total -= flat[i * examples + i];
        return total;
    }

    /**
     * The same by the deterministic equivalent: {@code k^2 sum v / (v + k)^2 / (1 - g)} with k where {@code sum v / (v + k) = D} and
     * {@code g = sum v^2 / (v + k)^2 / D}.
     *
     * @see <a href="https://arxiv.org/abs/1903.08560">Hastie, Montanari, Rosset and Tibshirani (2022)</a>
     */
    public double equivalentRisk(int examples) {
        check(examples);
        double low = 0, high = Arrays.stream(variances).sum() / examples; // v / (v + k) < v / k
        while (true) {
            double k = (low + high) / 2, sum = 0;
            if (k == low || k == high) break;
            for (double v : variances) sum += v / (v + k);
            if (sum > examples) low = k;
            else high = k;
        }
        double left = 0, squares = 0;
        for (double v : variances) {
            left += high * high * v / ((v + high) * (v + high));
            squares += v * v / ((v + high) * (v + high));
        }
        return left / (1 - squares / examples);
    }

    private void check(int examples) {
        if (examples < 1 || examples >= variances.length) throw new IllegalArgumentException(
                "SpectrumRegression: " + examples + " examples for " + variances.length + " features; at least 1 and fewer than features");
    }
}
