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
 * <p>Inside, a small matrix is a {@code double[][]} of rows, because the loops over two or more whole rows become vector code and a row exchange is a
 * pointer exchange; one of about a hundred rows or more is factored in blocks outside the heap, by products of the backend. Milliseconds of one thread of a Zen 4
 * with AVX-512 at n = 256, 1024 and 2048, and those of PyTorch 2.6 with OpenBLAS in brackets: Cholesky 0.33, 11, 69 (0.34, 16, 114), LU 0.51, 18, 130 (0.56, 26,
 * 193), QR with Q 1.6, 74, 515 (2.6, 115, 877), a solve 0.43, 18, 127 (0.47, 23, 167); at 256 and 1024 symmetric eigenpairs 5.4, 202 (5.6, 196); singular values
 * at 200 and 1024 2.9, 219 (2.2, 209).
 */
package lyceum.linalg;
