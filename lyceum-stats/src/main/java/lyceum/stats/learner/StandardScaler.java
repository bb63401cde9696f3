package lyceum.stats.learner;

import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * Columns of mean 0 and standard deviation 1: {@code z = (x - mean) / deviation}, both weighted, of the rows fitted; the variance divides by
 * the total weight. A column without spread is centred only.
 *
 * {@snippet :
 * Tensor x = Tensor.of(new double[][] {{1, 200}, {3, 600}});
 * Tensor z = new StandardScaler().fit(x).transform(x);      // (-1, -1), (1, 1)
 * }
 *
 * <p>In a {@link Pipeline} it sees the training rows of each fold alone. x and the result are (n x p), in the type of x.
 */
public record StandardScaler() implements Transformer {
    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var w = Tensor.of(input.weights(weights));
        Tensor share = w.div(w.sum()), rows = input.x().to(DType.F64), first = rows.select(0, 0);
        // about the first row, so that a constant column has its constant for mean, whatever its size
        Tensor mean = first.add(share.matmul(rows.sub(first)));
        Tensor deviation = share.matmul(rows.sub(mean).square()).sqrt(), spread = deviation.gt(mean.abs().mul(1e-14));
        return new Fitted(mean.compute(), spread.where(deviation, deviation.onesLike()).compute());
    }

    /** @param mean of each column (p), F64 @param deviation of each column (p), 1 for one without spread */
    public record Fitted(Tensor mean, Tensor deviation) implements FittedTransformer {
        @Override public int nFeatures() { return (int) mean.count(); }

        @Override public int nOutputs() { return nFeatures(); }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            return rows.to(DType.F64).sub(mean).div(deviation).to(rows.dtype());
        }

        @Override public boolean isInvertible() { return true; }

        @Override public Tensor inverse(Tensor z) { return z.to(DType.F64).mul(deviation).add(mean).to(z.dtype()); }
    }
}
