package lyceum.tensor;

/**
 * A sparse matrix in compressed columns: column {@code j} has the entries {@code columnStart(j) .. columnStart(j + 1) - 1}, rows ascending. It is
 * the transpose of a {@link Csr} and stores just that. Immutable.
 */
public final class Csc {
    private final Csr transposed;

    private Csc(Csr transposed) { this.transposed = transposed; }

    public static Csc of(Csr matrix) { return new Csc(matrix.transpose()); }

    public Csr toCsr() { return transposed.transpose(); }

    public long rows() { return transposed.columns(); }

    public long columns() { return transposed.rows(); }

    public int entries() { return transposed.entries(); }

    public int columnStart(int j) { return transposed.rowStart(j); }

    /** Row of entry {@code e}. */
    public int row(int e) { return transposed.column(e); }

    /** Values of all columns, one after the other. */
    public Tensor values() { return transposed.values(); }

    /** Column {@code j}. */
    public SparseVector column(int j) { return transposed.row(j); }

    /** Product with a dense matrix or vector. @see Csr#matmul(Tensor) */
    public Tensor matmul(Tensor dense) { return transposed.transposeMatmul(dense); }

    public Tensor toDense() { return transposed.toDense().transpose(); }

    public long bytes() { return transposed.bytes(); }
}
