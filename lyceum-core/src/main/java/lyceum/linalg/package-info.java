/**
 * Linear algebra: decompositions, systems, least squares, eigenproblems, matrix-free iterations; norms, subspaces, maps and similarity.
 *
 * <p>Start from {@link lyceum.linalg.Svd}; the other decompositions look alike: {@code X.of(a)} gives an immutable result with its factors as
 * tensors. {@link lyceum.linalg.Cholesky}, {@link lyceum.linalg.Ldl}, {@link lyceum.linalg.Lu}, {@link lyceum.linalg.Qr},
 * {@link lyceum.linalg.Eigen}, {@link lyceum.linalg.PseudoInverse}, {@link lyceum.linalg.LeastSquares} are dense;
 * {@link lyceum.linalg.Lanczos}, {@link lyceum.linalg.Lobpcg}, {@link lyceum.linalg.TruncatedSvd} and
 * {@link lyceum.linalg.ConjugateGradient} take a {@link lyceum.linalg.LinearMap}.
 *
 * <p>Inside a loss, {@link lyceum.linalg.Linalg} has the decompositions and solves with gradients, over leading axes, as {@link lyceum.linalg.MatrixFunctions}
 * and {@link lyceum.linalg.Fourier} have theirs; {@link lyceum.linalg.Sylvester} and {@link lyceum.linalg.Toeplitz} are of one matrix. {@link lyceum.linalg.Gmres} and
 * {@link lyceum.linalg.Minres} solve where a map is not definite.
 *
 * <p>What they are used for: {@link lyceum.linalg.Norms}, {@link lyceum.linalg.ProximalMaps} and {@link lyceum.linalg.Projections} measure, shrink and
 * project; {@link lyceum.linalg.Rank}, {@link lyceum.linalg.FundamentalSubspaces} and {@link lyceum.linalg.ExactMatrix} tell what a matrix keeps and
 * loses; {@link lyceum.linalg.PositiveDefinite} tests and mends; {@link lyceum.linalg.AffineMap} moves points and pictures;
 * {@link lyceum.linalg.Similarity} compares vectors and {@link lyceum.linalg.Slerp} goes from one to another.
 *
 * <p>Inside, a matrix is a {@code double[][]} of rows, because the loops over two or more whole rows become vector code and a row exchange is a
 * pointer exchange. Measured on one thread of a Zen 4 at n = 512, against OpenBLAS and LAPACK through SciPy in brackets: product 14 ms (5),
 * Cholesky 3.3 (5.9), LU 5.6 (3.6), QR with Q 22 (25), symmetric eigen 62 (38), general eigen 304 (320), SVD 126 (82).
 */
package lyceum.linalg;
