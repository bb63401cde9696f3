package lyceum.linalg;

import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/** A few eigenpairs found by an iteration: {@code A V = V diag(values)} up to {@link #residuals()}. Immutable. */
public final class EigenPairs {
    private final double[] values, residuals;
    private final double[][] vectorRows;
    private final int products;
    private final boolean converged;

    private EigenPairs(double[] values, double[][] vectorRows, double[] residuals, int products, boolean converged) {
        this.values = values;
        this.vectorRows = vectorRows;
        this.residuals = residuals;
        this.products = products;
        this.converged = converged;
    }

    /** The first k values and rows, with residuals measured by one more product each. */
    static EigenPairs of(LinearMap a, double[] values, double[][] rows, int k, int products, boolean converged) {
        var kept = new double[k][];
        var found = new double[k];
        var residuals = new double[k];
        for (int i = 0; i < k; i++) {
            kept[i] = rows[i];
            found[i] = values[i];
            double[] w = a.times(rows[i].clone());
            Rows.axpy(-values[i], rows[i], w, 0, w.length);
            residuals[i] = Rows.norm(w, 0, w.length);
        }
        return new EigenPairs(found, kept, residuals, products + k, converged);
    }

    /** Eigenvalues {@code (k)}, F64. */
    public Tensor values() { return Tensor.of(values, values.length); }

    /** Eigenvectors as columns {@code (n, k)}, F64, of length 1. */
    public Tensor vectors() {
        int n = vectorRows.length == 0 ? 0 : vectorRows[0].length;
        return Tensor.of(Dense.toRowMajor(Dense.transpose(vectorRows, n), values.length), n, values.length);
    }

    /** {@code |A v - l v|} for each pair. */
    public Tensor residuals() { return Tensor.of(residuals, residuals.length); }

    /** Products with the operator that were used. */
    public int products() { return products; }

    /** False if the iteration stopped at its limit; the pairs are then the best it had. */
    public boolean converged() { return converged; }
}
