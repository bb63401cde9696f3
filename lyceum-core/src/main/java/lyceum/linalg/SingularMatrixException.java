package lyceum.linalg;

/** A square system has no unique solution because a pivot or eigenvalue is zero, exactly or to rounding. */
public final class SingularMatrixException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final int pivotIndex;

    SingularMatrixException(String operation, int pivotIndex) {
        super(operation + ": the matrix is singular: pivot " + pivotIndex
                + " is 0; use LeastSquares or PseudoInverse for a minimum-norm solution");
        this.pivotIndex = pivotIndex;
    }

    /** Of another system than one matrix: the message whole. */
    SingularMatrixException(int pivotIndex, String message) {
        super(message);
        this.pivotIndex = pivotIndex;
    }

    /** The 0-based index of the first such pivot. */
    public int pivotIndex() { return pivotIndex; }
}
