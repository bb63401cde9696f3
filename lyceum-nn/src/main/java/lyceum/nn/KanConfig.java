package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * How the edges of a {@link KanLayer} begin and what they cost.
 *
 * @param grid intervals of a spline, at least 1
 * @param degree of its pieces, at least 1
 * @param low where the grid begins
 * @param high where it ends; inputs outside are seen by the base alone
 * @param base the curve that every edge has besides its spline
 * @param noise size of the first splines
 * @param price added to the loss while learning, per unit of an edge's mean size: edges that do little go to nothing
 * @param entropyPrice of the entropy of those sizes, times {@code price}: few edges, rather than many small ones
 * @param dtype of the parameters
 */
@Withers
public record KanConfig(int grid, int degree, double low, double high, Activation base, double noise, double price, double entropyPrice,
        DType dtype) implements KanConfigWithers {
    public KanConfig {
        if (grid < 1 || degree < 1 || degree > 10) throw new IllegalArgumentException(
                "KanConfig: grid " + grid + " and degree " + degree + "; grid is positive, degree from 1 to 10");
        if (!(low < high && high - low < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("KanConfig: the grid goes from " + low + " to " + high + "; low comes first");
        if (!(noise >= 0 && price >= 0 && entropyPrice >= 0)) throw new IllegalArgumentException(
                "KanConfig: noise " + noise + ", price " + price + ", entropyPrice " + entropyPrice + "; all are at least 0");
        Objects.requireNonNull(base, "base");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("KanConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Five cubic pieces on [-1, 1], SiLU, noise 0.1, no price, F32. */
    public KanConfig() { this(5, 3, -1, 1, Activation.SILU, 0.1, 0, 2, DType.F32); }
}
