package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * A drawn {@link RandomProjection}.
 *
 * @param nFeatures p
 * @param nOutputs k
 * @param matrix (p x k), F64; null for the Hadamard kind
 * @param signs of the columns, for the Hadamard kind
 * @param picks transformed columns that are kept, for the Hadamard kind
 */
public record RandomProjectionModel(int nFeatures, int nOutputs, Tensor matrix, double[] signs, int[] picks) implements FittedTransformer {
    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        if (matrix != null) return rows.to(DType.F64).matmul(matrix).to(rows.dtype());
        int n = (int) rows.size(0), wide = Integer.highestOneBit(Math.max(1, 2 * nFeatures - 1));
        double[] values = rows.to(DType.F64).toDoubleArray(), out = new double[n * nOutputs];
        double scale = 1 / Math.sqrt(nOutputs);
        Parallel.range(n, 8, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                var row = new double[wide];
                for (int j = 0; j < nFeatures; j++) row[j] = signs[j] * values[i * nFeatures + j];
                hadamard(row);
                for (int c = 0; c < nOutputs; c++) out[i * nOutputs + c] = scale * row[picks[c]];
            }
        });
        return Tensor.of(out, n, nOutputs).to(rows.dtype());
    }

    /** Sparse rows, which are not filled; not for the Hadamard kind. */
    public Tensor transform(Csr x) {
        if (matrix == null)
            throw new IllegalStateException("RandomProjectionModel: a Hadamard transform fills sparse rows; take the sparse kind");
        if (x.columns() != nFeatures)
            throw new ShapeException("RandomProjectionModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures);
        return x.matmul(matrix.to(x.dtype()));
    }

    /** The unscaled Walsh-Hadamard transform, in place. */
    private static void hadamard(double[] x) {
        for (int half = 1; half < x.length; half *= 2) {
            for (int block = 0; block < x.length; block += 2 * half) {
                for (int j = block; j < block + half; j++) {
                    double a = x[j], b = x[j + half];
                    x[j] = a + b;
                    x[j + half] = a - b;
                }
            }
        }
    }
}
