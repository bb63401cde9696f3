package lyceum.linalg;

import lyceum.tensor.Tensor;

/**
 * How many independent directions a matrix {@code (m, n)} keeps, {@link #rank}, and how many it sends to 0, {@link #nullity}: together n.
 *
 * {@snippet :
 * var r = Rank.of(design);                         // r.rank(), r.nullity(), r.tolerance()
 * int sure = Rank.exact(ExactMatrix.of(counts)).rank();
 * Tensor lost = FundamentalSubspaces.of(design).kernel();
 * }
 *
 * <p>In floating point a rank is a decision: singular values up to {@link #tolerance} count as 0. Whole numbers and fractions have an exact one.
 *
 * @param rank dimension of the image
 * @param rows m
 * @param columns n
 * @param tolerance what counts as 0, in the units of the entries; 0 for an exact rank
 * @see <a href="https://doi.org/10.2307/2324660">Strang (1993), The Fundamental Theorem of Linear Algebra</a>
 */
public record Rank(int rank, int rows, int columns, double tolerance) {

    /** Singular values above {@code max(m, n) eps s_1}, with the machine epsilon of the type of {@code a}: the rule of NumPy and LAPACK. */
    public static Rank of(Tensor a) {
        var svd = Svd.of(a);
        return of(a, svd, Svd.defaultTolerance((int) a.size(0), (int) a.size(1), a.dtype()));
    }

    /** Singular values above {@code rcond s_1}. */
    public static Rank of(Tensor a, double rcond) {
        requireRatio(rcond);
        return of(a, Svd.of(a), rcond);
    }

    private static Rank of(Tensor a, Svd svd, double rcond) {
        double[] s = svd.singularValues();
        return new Rank(svd.rank(rcond), (int) a.size(0), (int) a.size(1), s.length == 0 ? 0 : rcond * s[0]);
    }

    /**
     * Diagonal entries of R above {@code max(m, n) eps |R_11|}, by QR with column pivoting: several times faster than singular values, and of the
     * same answer except for matrices made to deceive it (Kahan, 1966).
     */
    public static Rank byQr(Tensor a) { return byQr(Qr.pivoted(a), Svd.defaultTolerance((int) a.size(0), (int) a.size(1), a.dtype())); }

    /** Diagonal entries of R above {@code rcond |R_11|}. */
    public static Rank byQr(Tensor a, double rcond) {
        requireRatio(rcond);
        return byQr(Qr.pivoted(a), rcond);
    }

    private static Rank byQr(Qr qr, double rcond) {
        return new Rank(qr.rank(rcond), qr.size(0), qr.size(1),
                qr.size(0) == 0 || qr.size(1) == 0 ? 0 : rcond * Math.abs(qr.r().item(0, 0)));
    }

    /** By elimination without rounding. */
    public static Rank exact(ExactMatrix a) { return new Rank(a.rank(), a.rows(), a.columns(), 0); }

    /** Dimension of the kernel, {@code n - rank}. */
    public int nullity() { return columns - rank; }

    /** Whether no singular value counts as 0. */
    public boolean isFull() { return rank == Math.min(rows, columns); }

    static void requireRatio(double rcond) {
        if (!(rcond >= 0 && rcond < 1)) throw new IllegalArgumentException("rank: rcond is " + rcond + "; it lies in [0, 1)");
    }
}
