package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.kernel.KernelFunction;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link KernelPca} found; all parts are F64.
 *
 * @param rows the training rows (n x p)
 * @param dual (n x k): column c has squared length {@code 1 / eigenvalues[c]}
 * @param eigenvalues of the centred Gram matrix (k), descending: n times the variance of each score
 * @param means of the Gram matrix's columns (n)
 * @param scores of the training rows (n x k), with pre-images, else null
 * @param back (n x p): rows are {@code k(scores, z) back}, with pre-images, else null
 */
public record KernelPcaModel(KernelFunction kernel, Tensor rows, Tensor dual, Tensor eigenvalues, Tensor means, Tensor scores, Tensor back)
        implements FittedTransformer {
    @Override public int nFeatures() { return (int) rows.size(1); }

    @Override public int nOutputs() { return (int) dual.size(1); }

    /** Scores. New rows are centred with the means of the training kernel, not with their own. */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        var k = kernel.gram(input, rows);
        return k.sub(k.mean(1).unsqueeze(1)).sub(means).add(means.mean()).matmul(dual).to(input.dtype());
    }

    @Override public boolean isInvertible() { return back != null; }

    /**
     * Rows whose scores are about these, by kernel ridge regression from scores to rows.
     *
     * @throws UnsupportedOperationException if fitted without {@code preImages}
     */
    @Override public Tensor inverse(Tensor transformed) {
        if (back == null)
            throw new UnsupportedOperationException("KernelPcaModel.inverse: fitted without pre-images; use withPreImages(penalty)");
        if (transformed.rank() != 2 || transformed.size(1) != nOutputs())
            throw new ShapeException("KernelPcaModel.inverse: shape " + transformed.shape() + "; scores have " + nOutputs() + " columns");
        var rebuilt = kernel.gram(transformed.to(DType.F64), scores).matmul(back);
        return transformed.dtype().isFloat() ? rebuilt.to(transformed.dtype()) : rebuilt;
    }
}
