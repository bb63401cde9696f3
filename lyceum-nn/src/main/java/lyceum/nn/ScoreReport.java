package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * What a score does to its softmax: whether a gradient still passes.
 *
 * @param variance of all scores
 * @param topWeight mean over queries of the largest weight
 * @param entropy mean over queries of the weights' entropy, in nats
 * @param jacobian median over queries of the Frobenius norm of the softmax's Jacobian, {@code |diag(w) - w w'|}: 0 where it is saturated
 */
public record ScoreReport(double variance, double topWeight, double entropy, double jacobian) {

    /** For queries (n, d) and keys (m, e), all keys seen. */
    public static ScoreReport of(AttentionScore score, Tensor q, Tensor k) {
        return Autograd.noGrad(() -> {
            var scores = score.of(q, k).to(DType.F64); // the Jacobian of a saturated softmax is a small difference
            var weights = scores.softmax(-1);
            // |diag(w) - w w'|^2 = sum w^2 - 2 sum w^3 + (sum w^2)^2
            Tensor squares = weights.square().sum(-1), cubes = weights.pow(3).sum(-1);
            double[] sizes = squares.sub(cubes.mul(2)).add(squares.square()).relu().sqrt().toDoubleArray();
            Arrays.sort(sizes);
            int n = sizes.length;
            return new ScoreReport(scores.sub(scores.mean()).square().mean().item(), weights.max(-1, false).mean().item(),
                    new AttentionWeights(weights).entropy().mean().item(),
                    n % 2 == 1 ? sizes[n / 2] : (sizes[n / 2 - 1] + sizes[n / 2]) / 2);
        });
    }
}
