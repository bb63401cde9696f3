package lyceum.linalg.dense;

import lyceum.ShapeException;

/**
 * {@code A P = Q [T 0; 0 0] Z^T} with a triangular T of size rank (Golub and Van Loan, section 5.4.7): minimum-norm solutions at the price of a
 * pivoted QR.
 */
public final class CompleteOrthogonal {
    public final int m, n, rank;
    private final HouseholderQr qr, right;

    /** Overwrites {@code a}. */
    public CompleteOrthogonal(double[][] a, int n, double rcond) {
        m = a.length;
        this.n = n;
        qr = HouseholderQr.pivoted(a, n);
        rank = qr.rank(rcond);
        right = rank == n || rank == 0 ? null : HouseholderQr.of(Dense.transpose(Dense.block(qr.r(), 0, rank, 0, n), n), rank);
    }

    public HouseholderQr qr() { return qr; }

    /** Minimum-norm least-squares solutions (n x columns); overwrites {@code b} (m x columns). */
    public double[][] solve(double[][] b, int columns) {
        if (b.length != m) throw new ShapeException("minimum norm: " + b.length + " rows of right-hand side for " + m + " equations");
        qr.applyTransposed(b, columns);
        var z = new double[n][columns];
        for (int i = 0; i < rank; i++) z[i] = b[i].clone();
        if (right == null) {
            TriangularSolve.upper(qr.r(), false, z, rank, columns);
        } else {
            TriangularSolve.upperTransposed(right.r(), false, z, rank, columns);
            right.apply(z, columns);
        }
        var x = new double[n][];
        for (int j = 0; j < n; j++) x[qr.columns()[j]] = z[j];
        return x;
    }

    /** An orthonormal basis of the range of A: the first {@code rank} columns of Q. */
    public double[][] range() { return qr.q(rank); }
}
