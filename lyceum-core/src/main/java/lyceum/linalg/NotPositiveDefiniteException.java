package lyceum.linalg;

/** A matrix that had to be positive definite is not; says where the factorisation stopped. */
public final class NotPositiveDefiniteException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final int pivotIndex;
    private final double pivot;

    NotPositiveDefiniteException(String operation, int pivotIndex, double pivot) {
        super(operation + ": the matrix is not positive definite: pivot " + pivotIndex + " is " + pivot + " (its leading "
                + (pivotIndex + 1) + " x " + (pivotIndex + 1)
                + " block is the first that fails); add a jitter to the diagonal, or use Ldl or SymmetricEigen");
        this.pivotIndex = pivotIndex;
        this.pivot = pivot;
    }

    /** The 0-based index of the first pivot that is not positive: the leading minor of order {@code pivotIndex + 1} fails. */
    public int pivotIndex() { return pivotIndex; }

    /** The value of that pivot. */
    public double pivot() { return pivot; }
}
