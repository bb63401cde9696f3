package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link FastIca} found: {@code s = W (x - mean)} and {@code x ~ A s + mean}; tensors are F64.
 *
 * @param mean (p)
 * @param unmixing W (k x p), a source a row
 * @param mixing A (p x k), the pseudo-inverse of W
 * @param kurtosis {@code E[s^4] - 3} of each source: below 0 for flat ones, above for peaked ones, 0 for a normal one
 * @param negentropy {@code (E[G(s)] - E[G(v)])^2} of each source with the learner's contrast G and v standard normal: proportional to an
 *     approximation of its distance from normal
 * @param iterations done, for deflation the most of any component
 * @param converged whether every component ended by the tolerance; if not, more iterations or another contrast may help
 */
public record FastIcaModel(Tensor mean, Tensor unmixing, Tensor mixing, double[] kurtosis, double[] negentropy, int iterations,
        boolean converged) implements FittedTransformer {
    @Override public int nFeatures() { return (int) unmixing.size(1); }

    @Override public int nOutputs() { return (int) unmixing.size(0); }

    /** A copy. */
    @Override public double[] kurtosis() { return kurtosis.clone(); }

    /** A copy. */
    @Override public double[] negentropy() { return negentropy.clone(); }

    /** The sources of each row (n x k). */
    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return rows.to(DType.F64).sub(mean).matmul(unmixing.transpose()).to(rows.dtype());
    }

    @Override public boolean isInvertible() { return true; }

    /** {@code A s + mean}: a source set to 0 before is taken out of the rows. */
    @Override public Tensor inverse(Tensor transformed) {
        if (transformed.rank() != 2 || transformed.size(1) != nOutputs()) throw new ShapeException(
                "FastIcaModel.inverse: shape " + transformed.shape() + "; there are " + nOutputs() + " sources, a column each");
        var back = transformed.to(DType.F64).matmul(mixing.transpose()).add(mean);
        return transformed.dtype().isFloat() ? back.to(transformed.dtype()) : back;
    }
}
