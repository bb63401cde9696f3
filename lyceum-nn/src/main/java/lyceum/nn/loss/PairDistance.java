package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;

/**
 * How far apart two embeddings are, along the last axis: differentiable, from (.., d) and (.., d) to (..), as arrays broadcast.
 *
 * {@snippet :
 * PairDistance.norm(2).between(x, y);
 * PairDistance.COSINE.between(x.unsqueeze(1), x.unsqueeze(0));      // all pairs of rows
 * }
 */
@FunctionalInterface
public interface PairDistance {
    /** {@code |x - y|^2}, as FaceNet has it. */
    PairDistance SQUARED = (x, y) -> difference(x, y).square().sum(-1);

    /** {@code 1 - cos(x, y)}, 0 to 2; a vector of zeros is 1 from any other. */
    PairDistance COSINE = (x, y) -> Similarity.cosine(x, y).rsub(1);

    Tensor between(Tensor x, Tensor y);

    /** The p-norm of the difference, with PyTorch's epsilon of 1e-6. */
    static PairDistance norm(double p) { return new Norm(p, 1e-6); }

    /**
     * {@code (sum |x_i - y_i + epsilon|^p)^(1/p)}.
     *
     * @param p at least 1; infinity for the largest difference
     * @param epsilon keeps equal vectors off the kink at 0, whose gradient is 0 without it
     */
    record Norm(double p, double epsilon) implements PairDistance {
        public Norm {
            if (!(p >= 1)) throw new IllegalArgumentException("PairDistance: p is " + p + "; it is at least 1, or no distance");
            if (!(epsilon >= 0 && epsilon < 1))
                throw new IllegalArgumentException("PairDistance: epsilon is " + epsilon + "; it lies between 0 and 1");
        }

        @Override public Tensor between(Tensor x, Tensor y) {
            var size = difference(x, y).add(epsilon).abs();
            if (p == 1) return size.sum(-1);
            if (p == Double.POSITIVE_INFINITY) return size.max(-1);
            var sum = (p == 2 ? size.square() : size.pow(p)).sum(-1);
            var none = sum.eq(0); // the root's slope is infinite there
            var safe = none.where(sum.onesLike(), sum);
            return none.where(sum.zerosLike(), p == 2 ? safe.sqrt() : safe.pow(1 / p));
        }
    }

    private static Tensor difference(Tensor x, Tensor y) {
        if (x.rank() == 0 || y.rank() == 0 || x.size(-1) != y.size(-1)) throw new ShapeException(
                "PairDistance: shapes " + x.shape() + " and " + y.shape() + "; embeddings of one length lie along the last axis");
        return x.sub(y);
    }
}
