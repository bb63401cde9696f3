package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * What {@link Nmf} found: {@code X ~ W H}. Scales are free between the two: a row of H may grow as the column of W shrinks.
 *
 * @param w how much of each part the training rows hold (n x k), F64
 * @param h the parts (k x p), F64
 * @param divergence of the data from {@code W H}: {@code |X - W H|^2 / 2} for Frobenius
 * @param history divergence plus penalties, before the first iteration and after each
 * @param iterations done
 * @param converged whether it ended by its tolerance
 * @param learner what was fitted
 */
public record NmfModel(Tensor w, Tensor h, double divergence, double[] history, int iterations, boolean converged, Nmf learner)
        implements FittedTransformer {
    /** Steps of a new row at most, and the violation over the first one at which it ends. */
    private static final int STEPS = 5_000;
    private static final double TOLERANCE = 1e-12;

    @Override public int nFeatures() { return (int) h.size(1); }

    @Override public int nOutputs() { return (int) h.size(0); }

    /** A copy. */
    @Override public double[] history() { return history.clone(); }

    /** {@code sqrt(2 divergence)}: for Frobenius the norm {@code |X - W H|}. */
    public double reconstructionError() { return Math.sqrt(2 * divergence); }

    /** W of new rows (n x k) for these parts, each row solved by itself to the end. */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x);
        if (x.count() > 0 && input.x().min().item() < 0)
            throw new IllegalArgumentException(input.operation() + ": x holds " + input.x().min().item() + "; values are at least 0 here");
        return transform(NonnegativeRows.of(input.x()), input.operation()).to(input.x().dtype());
    }

    /** W of new sparse rows, F64. */
    public Tensor transform(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("NmfModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        Nmf.checkNotNegative("NmfModel", x);
        return transform(NonnegativeRows.of(x), "NmfModel");
    }

    private Tensor transform(NonnegativeRows x, String operation) {
        learner.checkZeros(operation, x);
        int k = nOutputs(), n = x.rows();
        double[] ht = h.transpose().contiguous().toDoubleArray(), out = new double[n * k];
        double all = Arrays.stream(ht).sum() / k;
        Parallel.range(n, 8, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                double sum = 0;
                for (int e = x.start()[i]; e < x.start()[i + 1]; e++) sum += x.value()[e];
                if (sum == 0 || all == 0) continue;
                Arrays.fill(out, i * k, i * k + k, sum / (k * all));
                learner.step(x, ht, learner.alphaW() * nFeatures(), sum / nFeatures()).solve(i, out, STEPS, TOLERANCE);
            }
        });
        return Tensor.of(out, n, k);
    }

    @Override public boolean isInvertible() { return true; }

    /** {@code W H}. */
    @Override public Tensor inverse(Tensor transformed) {
        if (transformed.rank() != 2 || transformed.size(1) != nOutputs())
            throw new ShapeException("NmfModel.inverse: shape " + transformed.shape() + "; W has " + nOutputs() + " columns");
        var back = transformed.to(DType.F64).matmul(h);
        return transformed.dtype().isFloat() ? back.to(transformed.dtype()) : back;
    }
}
