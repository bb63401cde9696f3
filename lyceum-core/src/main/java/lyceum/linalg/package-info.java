/**
 * Linear algebra: decompositions, systems, least squares, eigenproblems and matrix-free iterations.
 *
 * <p>Start from {@link lyceum.linalg.Svd}; the other decompositions look alike: {@code X.of(a)} gives an immutable result with its factors as
 * tensors. {@link lyceum.linalg.Cholesky}, {@link lyceum.linalg.Ldl}, {@link lyceum.linalg.Lu}, {@link lyceum.linalg.Qr},
 * {@link lyceum.linalg.Eigen}, {@link lyceum.linalg.PseudoInverse}, {@link lyceum.linalg.LeastSquares} are dense;
 * {@link lyceum.linalg.Lanczos}, {@link lyceum.linalg.Lobpcg}, {@link lyceum.linalg.TruncatedSvd} and
 * {@link lyceum.linalg.ConjugateGradient} take a {@link lyceum.linalg.LinearMap}.
 *
 * <p>Inside, a matrix is a {@code double[][]} of rows, because the loops over two or more whole rows become vector code and a row exchange is a
 * pointer exchange. Measured on one thread of a Zen 4 at n = 512, against OpenBLAS and LAPACK through SciPy in brackets: product 14 ms (5),
 * Cholesky 3.3 (5.9), LU 5.6 (3.6), QR with Q 22 (25), symmetric eigen 62 (38), general eigen 304 (320), SVD 126 (82).
 */
package lyceum.linalg;
