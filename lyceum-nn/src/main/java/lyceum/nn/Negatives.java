package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Classes drawn to stand for all others in a {@linkplain SoftmaxHead#sampledLoss sampled softmax}.
 *
 * @param classes (n), class numbers
 * @param expectedCounts (n), how often each is drawn on average in a draw of n
 */
public record Negatives(Tensor classes, Tensor expectedCounts) {
    public Negatives {
        if (classes.rank() != 1 || !classes.shape().equals(expectedCounts.shape())) throw new ShapeException(
                "Negatives: classes " + classes.shape() + " with expected counts " + expectedCounts.shape() + "; both are (n)");
    }

    /** n different classes, all with one probability. @throws IllegalArgumentException if n exceeds the classes */
    public static Negatives uniform(int classes, int n, Rng rng) {
        if (n < 1 || n > classes)
            throw new IllegalArgumentException("Negatives: " + n + " different ones of " + classes + " classes; draw 1 to " + classes);
        return new Negatives(Tensor.of(rng.sample(classes, n)).to(DType.I64), Tensor.full(DType.F64, (double) n / classes, n));
    }

    /** n draws, with repetition, of class c with probability {@code log((c + 2) / (c + 1)) / log(classes + 1)}: Zipf's law for classes sorted by frequency. */
    public static Negatives logUniform(int classes, int n, Rng rng) {
        var numbers = new long[n];
        var counts = new double[n];
        double all = Math.log1p(classes);
        for (int i = 0; i < n; i++) {
            numbers[i] = Math.min(classes - 1, (long) Math.expm1(rng.nextDouble() * all));
            counts[i] = n * Math.log((numbers[i] + 2.0) / (numbers[i] + 1.0)) / all;
        }
        return new Negatives(Tensor.of(numbers), Tensor.of(counts));
    }

    /** n draws, with repetition, in proportion to weights (such as the classes' frequencies), at least 0. */
    public static Negatives weighted(double[] weights, int n, Rng rng) {
        var upTo = new double[weights.length];
        double sum = 0;
        for (int c = 0; c < weights.length; c++) {
            if (!(weights[c] >= 0 && weights[c] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Negatives: the weight of class " + c + " is " + weights[c] + "; it is at least 0");
            upTo[c] = sum += weights[c];
        }
        if (!(sum > 0)) throw new IllegalArgumentException("Negatives: all weights are 0");
        var numbers = new long[n];
        var counts = new double[n];
        for (int i = 0; i < n; i++) {
            double at = rng.nextDouble() * sum;
            int low = 0, high = weights.length - 1;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (upTo[middle] > at) high = middle;
                else low = middle + 1;
            }
            numbers[i] = low;
            counts[i] = n * weights[low] / sum;
        }
        return new Negatives(Tensor.of(numbers), Tensor.of(counts));
    }
}
