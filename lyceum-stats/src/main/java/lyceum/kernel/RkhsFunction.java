package lyceum.kernel;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A function of a kernel's reproducing kernel Hilbert space: {@code f = sum_i a_i k(x_i, .)}. In that space {@code <f, g> = sum_ij a_i
 * b_j k(x_i, z_j)} and {@code <f, k(x, .)> = f(x)}.
 *
 * {@snippet :
 * var kernel = new Rbf(1.0);
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 20, 2);
 * RkhsFunction f = new RkhsFunction(kernel, x, Tensor.randn(Rng.of(2), DType.F64, 20));
 * f.at(x);                                        // values (20)
 * f.norm();                                       // |f(x)| <= f.norm() sqrt(k(x, x))
 * RkhsFunction mean = RkhsFunction.mean(kernel, x);
 * f.inner(mean);                                  // the mean of f over the rows
 * }
 *
 * @param centres (n x p)
 * @param coefficients (n)
 * @see <a href="https://doi.org/10.1090/S0002-9947-1950-0051437-7">Aronszajn (1950)</a>
 */
public record RkhsFunction(KernelFunction kernel, Tensor centres, Tensor coefficients) {
    public RkhsFunction {
        if (centres.rank() != 2 || coefficients.rank() != 1 || centres.size(0) != coefficients.size(0))
            throw new ShapeException("RkhsFunction: centres " + centres.shape() + " and coefficients " + coefficients.shape()
                    + "; one coefficient for each row");
        centres = centres.to(DType.F64);
        coefficients = coefficients.to(DType.F64);
    }

    /** {@code k(x, .)}, which evaluates at x. */
    public static RkhsFunction evaluation(KernelFunction kernel, double... x) {
        return new RkhsFunction(kernel, Tensor.of(x, 1, x.length), Tensor.of(1.0));
    }

    /** The mean embedding of a sample, {@code mean_i k(x_i, .)}: its inner product with f is the mean of f. */
    public static RkhsFunction mean(KernelFunction kernel, Tensor x) {
        return new RkhsFunction(kernel, x, Tensor.full(DType.F64, 1.0 / x.size(0), x.size(0)));
    }

    /** Values at the rows of x (m x p): (m), F64. */
    public Tensor at(Tensor x) { return kernel.gram(x, centres).matmul(coefficients); }

    /** {@code f(x)}. */
    public double at(double... x) { return at(Tensor.of(x, 1, x.length)).item(0); }

    /** {@code <f, g>}. @throws IllegalArgumentException if the kernels differ: the functions live in different spaces */
    public double inner(RkhsFunction other) {
        same("inner", other);
        return coefficients.mul(other.at(centres)).sum().item();
    }

    /** {@code <f, f>}, at least 0. */
    public double squaredNorm() { return Math.max(0, inner(this)); }

    /** {@code sqrt(<f, f>)}. */
    public double norm() { return Math.sqrt(squaredNorm()); }

    /** {@code f + scale g}. */
    public RkhsFunction plus(double scale, RkhsFunction other) {
        same("plus", other);
        return new RkhsFunction(kernel, Tensor.concat(0, centres, other.centres),
                Tensor.concat(0, coefficients, other.coefficients.mul(scale)));
    }

    /** {@code |f - g|}; of two mean embeddings the maximum mean discrepancy. */
    public double distance(RkhsFunction other) { return plus(-1, other).norm(); }

    private void same(String operation, RkhsFunction other) {
        if (!kernel.equals(other.kernel)) throw new IllegalArgumentException(
                "RkhsFunction." + operation + ": kernels " + kernel + " and " + other.kernel + " differ, and so do the spaces");
    }
}
