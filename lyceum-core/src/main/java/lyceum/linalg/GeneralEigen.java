package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/**
 * All eigenpairs of a square matrix: {@code A v = l v} with complex pairs given by real and imaginary parts. Made by {@link Eigen#general}.
 * Complex values come in conjugate pairs, the one with positive imaginary part first. Immutable.
 */
public final class GeneralEigen {
    private final double[] real, imaginary;
    private final double[][] re, im;
    private final DType type;

    GeneralEigen(double[] real, double[] imaginary, double[][] re, double[][] im, DType type) {
        this.real = real;
        this.imaginary = imaginary;
        this.re = re;
        this.im = im;
        this.type = type;
    }

    /** Real parts of the eigenvalues {@code (n)}. */
    public Tensor real() { return Matrices.tensor(real, type); }

    /** Imaginary parts {@code (n)}; 0 for real eigenvalues. */
    public Tensor imaginary() { return Matrices.tensor(imaginary, type); }

    /** True if every eigenvalue is real. */
    public boolean isReal() {
        for (double v : imaginary) if (v != 0) return false;
        return true;
    }

    /** Real parts of the eigenvectors, as columns {@code (n, n)}, of complex length 1. */
    public Tensor vectors() { return Matrices.tensor(Dense.transpose(re, real.length), real.length, type); }

    /** Imaginary parts of the eigenvectors, as columns {@code (n, n)}. */
    public Tensor imaginaryVectors() { return Matrices.tensor(Dense.transpose(im, real.length), real.length, type); }

    /** The largest {@code |l|}: a linear recurrence {@code x <- A x} dies out if and only if this is below 1. */
    public double spectralRadius() {
        double max = 0;
        for (int i = 0; i < real.length; i++) max = Math.max(max, Math.hypot(real[i], imaginary[i]));
        return max;
    }
}
