package lyceum.linalg;

import lyceum.tensor.Tensor;

/**
 * Orthonormal bases, as columns, of the four subspaces of a matrix {@code A (m, n)} of rank r: what it reads, what it loses, what it reaches and
 * what it cannot reach.
 *
 * {@snippet :
 * var s = FundamentalSubspaces.of(a);
 * Tensor solution = any.add(s.kernel().matmul(free));       // every solution of A x = b
 * boolean solvable = s.leftKernel().transpose().matmul(b).abs().max().item() < 1e-10;
 * }
 *
 * <p>From the full singular value decomposition, {@code O(m n min(m, n) + m^3 + n^3)}. Row space and kernel are orthogonal and fill R^n, image and
 * left kernel fill R^m.
 *
 * @param rowSpace {@code (n, r)}
 * @param kernel {@code (n, n - r)}: {@code A x = 0}
 * @param image {@code (m, r)}
 * @param leftKernel {@code (m, m - r)}: {@code A^T y = 0}
 * @see <a href="https://doi.org/10.2307/2324660">Strang (1993), The Fundamental Theorem of Linear Algebra</a>
 */
public record FundamentalSubspaces(Tensor rowSpace, Tensor kernel, Tensor image, Tensor leftKernel) {

    /** With singular values up to {@code max(m, n) eps s_1} taken as 0, as {@link Rank#of(Tensor)} does. */
    public static FundamentalSubspaces of(Tensor a) {
        var svd = Svd.full(a);
        return of(svd, svd.rank());
    }

    /** With singular values up to {@code rcond s_1} taken as 0. */
    public static FundamentalSubspaces of(Tensor a, double rcond) {
        Rank.requireRatio(rcond);
        var svd = Svd.full(a);
        return of(svd, svd.rank(rcond));
    }

    private static FundamentalSubspaces of(Svd svd, int r) {
        Tensor u = svd.u(), v = svd.v();
        return new FundamentalSubspaces(v.narrow(1, 0, r), v.narrow(1, r, v.size(1) - r), u.narrow(1, 0, r), u.narrow(1, r, u.size(1) - r));
    }

    public int rank() { return (int) image.size(1); }

    /** Dimension of the kernel. */
    public int nullity() { return (int) kernel.size(1); }
}
