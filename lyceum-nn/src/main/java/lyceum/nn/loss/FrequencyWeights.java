package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * Weights of classes by how often they occur, of mean 1, for any loss that takes class weights.
 *
 * {@snippet :
 * Loss.focal(2).withClassWeights(FrequencyWeights.effectiveNumber(0.999, 5000, 10));
 * new CrossEntropy().withClassWeights(FrequencyWeights.inverseFrequency(5000, 10));
 * }
 */
public final class FrequencyWeights {
    private FrequencyWeights() {}

    /** In proportion to {@code 1 / count}. @param counts examples of each class, at least 1 */
    public static Tensor inverseFrequency(long... counts) { return ofMeanOne(counts("inverseFrequency", counts).reciprocal()); }

    /**
     * In proportion to {@code (1 - beta) / (1 - beta^count)}, as if a class of n examples had {@code (1 - beta^n) / (1 - beta)} different
     * ones: between equal weights (beta = 0) and inverse frequency (beta towards 1).
     *
     * @param beta in [0, 1)
     * @param counts examples of each class, at least 1
     * @see <a href="https://arxiv.org/abs/1901.05555">Cui, Jia, Lin, Song and Belongie (2019)</a>
     */
    public static Tensor effectiveNumber(double beta, long... counts) {
        if (!(beta >= 0 && beta < 1)) throw new IllegalArgumentException("effectiveNumber: beta is " + beta + "; it lies in [0, 1)");
        // 1 - beta^n without cancellation where beta is near 1.
        return ofMeanOne(counts("effectiveNumber", counts).mul(Math.log(beta)).expm1().neg().reciprocal());
    }

    static Tensor counts(String operation, long... counts) {
        if (counts.length == 0 || Arrays.stream(counts).anyMatch(c -> c < 1)) throw new IllegalArgumentException(
                operation + ": counts of classes are " + Arrays.toString(counts) + "; each class has at least one example");
        return Tensor.of(Arrays.stream(counts).asDoubleStream().toArray());
    }

    private static Tensor ofMeanOne(Tensor weights) { return weights.div(weights.mean()).compute(); }
}
