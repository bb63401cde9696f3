package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Where {@link Nmf} begins. The problem has many local optima, and the start decides which one is reached. */
public sealed interface NmfStart {
    /**
     * From the singular vectors: of each pair the positive or the negative parts, whichever weigh more. Needs no seed; at most
     * {@code min(n, p)} components.
     *
     * @param filled whether zeros become the mean of the data (NNDSVDa), the default. Multiplicative updates cannot leave a zero
     * @see <a href="https://doi.org/10.1016/j.patcog.2007.09.010">Boutsidis and Gallopoulos (2008), SVD based initialization</a>
     */
    record SingularVectors(boolean filled) implements NmfStart {
        public SingularVectors() { this(true); }
    }

    /** Absolute values of normal draws, scaled so that {@code W H} has the mean of the data. */
    record Random() implements NmfStart {}

    /**
     * Factors that the caller chose.
     *
     * @param w (n x k), at least 0
     * @param h (k x p), at least 0
     */
    record Given(Tensor w, Tensor h) implements NmfStart {
        public Given {
            if (w.rank() != 2 || h.rank() != 2 || w.size(1) != h.size(0)) throw new ShapeException(
                    "starting factors have shapes " + w.shape() + " and " + h.shape() + "; they are (n x k) and (k x p)");
            w = nonnegative("W", w);
            h = nonnegative("H", h);
        }

        private static Tensor nonnegative(String name, Tensor factor) {
            for (double v : factor.toDoubleArray()) {
                if (!(v >= 0 && v < Double.POSITIVE_INFINITY))
                    throw new IllegalArgumentException("the starting factor " + name + " holds " + v + "; its entries are at least 0");
            }
            return factor.detach().to(DType.F64);
        }
    }
}
