package lyceum.learn.linear;

import lyceum.tensor.Tensor;

/** A positive-definite kernel function: the inner product of two rows after a map that is never computed. */
public sealed interface Kernel {
    /** The kernel of every row of {@code a} (n x p) with every row of {@code b} (m x p): (n x m). */
    Tensor of(Tensor a, Tensor b);

    /** {@code x . z}. */
    record Linear() implements Kernel {
        @Override public Tensor of(Tensor a, Tensor b) { return a.matmul(b.transpose()); }
    }

    /** {@code (gamma x . z + constant)^degree}. */
    record Polynomial(int degree, double gamma, double constant) implements Kernel {
        public Polynomial {
            if (degree < 1) throw new IllegalArgumentException("Polynomial: degree is " + degree + "; it is at least 1");
            if (!(gamma > 0)) throw new IllegalArgumentException("Polynomial: gamma is " + gamma + "; it is positive");
            if (!(constant >= 0)) throw new IllegalArgumentException("Polynomial: constant is " + constant + "; it is at least 0");
        }

        /** {@code (x . z + 1)^degree}. */
        public Polynomial(int degree) { this(degree, 1, 1); }

        @Override public Tensor of(Tensor a, Tensor b) { return a.matmul(b.transpose()).mul(gamma).add(constant).pow(degree); }
    }

    /** {@code exp(-gamma |x - z|^2)}. */
    record Gaussian(double gamma) implements Kernel {
        public Gaussian {
            if (!(gamma > 0)) throw new IllegalArgumentException("Gaussian: gamma is " + gamma + "; it is positive");
        }

        @Override public Tensor of(Tensor a, Tensor b) {
            var squares = a.square().sum(1).unsqueeze(1).add(b.square().sum(1)).sub(a.matmul(b.transpose()).mul(2));
            return squares.mul(-gamma).exp();
        }
    }
}
