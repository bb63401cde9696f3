package lyceum.learn.cluster;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** How {@link KMeans} finds its first centres. */
public sealed interface KMeansStart {
    /**
     * k-means++: each new centre is a row drawn with probability proportional to weight times squared distance from the centres so far; of
     * {@code trials} such draws the one that lowers the inertia most is taken. Expected inertia within {@code 8 (ln k + 2)} of the optimum.
     *
     * @param trials draws for each centre; 0, the default, means {@code 2 + floor(ln k)}, and 1 is the method of the paper
     * @see <a href="https://theory.stanford.edu/~sergei/papers/kMeansPP-soda.pdf">Arthur and Vassilvitskii (2007)</a>
     */
    record PlusPlus(int trials) implements KMeansStart {
        public PlusPlus {
            if (trials < 0) throw new IllegalArgumentException("trials is " + trials + "; it is at least 1, or 0 for 2 + floor(ln k)");
        }

        public PlusPlus() { this(0); }
    }

    /** Distinct rows drawn with probability proportional to their weights (Forgy). */
    record RandomRows() implements KMeansStart {}

    /**
     * Centres that the caller chose.
     *
     * @param centres (k x p), finite
     */
    record Given(Tensor centres) implements KMeansStart {
        public Given {
            if (centres.rank() != 2)
                throw new ShapeException("starting centres have shape " + centres.shape() + "; they are a matrix (k x p)");
            centres = centres.detach().to(DType.F64);
        }
    }
}
