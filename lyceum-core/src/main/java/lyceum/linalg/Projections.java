package lyceum.linalg;

import java.util.Arrays;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/**
 * The nearest point of a convex set in the Euclidean distance: {@code argmin |x - c|_2 over x in the set}. Exact up to rounding, not iterative.
 *
 * {@snippet :
 * Tensor weights = Projections.onSimplex(scores, 1);      // at least 0, sum 1, many of them exactly 0
 * Tensor sparse = Projections.onL1Ball(x, 3);
 * }
 *
 * <p>The entries of a tensor of any shape are one vector; results have its shape and float type, and no gradient. What takes arrays gives new ones; NaN
 * goes through them, where tensors are checked. Radii are not negative. {@link lyceum.optim.ProximalSet} has these sets, and more, as constraints.
 *
 * @see <a href="https://doi.org/10.1145/1390156.1390191">Duchi, Shalev-Shwartz, Singer and Chandra (2008), Efficient Projections onto the l1-Ball</a>
 */
public final class Projections {
    private Projections() {}

    /** On {@code |x|_2 <= radius}: shortened to the radius if longer. */
    public static Tensor onL2Ball(Tensor c, double radius) { return like(c, shorten(Norms.flat("projection on the L2 ball", c), radius)); }

    /** The same of an array. */
    public static double[] onL2Ball(double[] c, double radius) { return shorten(c.clone(), radius); }

    private static double[] shorten(double[] x, double radius) {
        requireRadius(radius);
        double norm = Rows.norm(x, 0, x.length);
        if (norm > radius) for (int i = 0; i < x.length; i++) x[i] = x[i] / norm * radius;
        return x;
    }

    /** On {@code max |x_i| <= radius}: each entry clamped. */
    public static Tensor onMaxBall(Tensor c, double radius) {
        requireRadius(radius);
        double[] x = Norms.flat("projection on the max ball", c);
        for (int i = 0; i < x.length; i++) x[i] = Math.clamp(x[i], -radius, radius);
        return like(c, x);
    }

    /** On {@code sum |x_i| <= radius}: sizes projected on the simplex if their sum is larger, signs kept. {@code O(n log n)}. */
    public static Tensor onL1Ball(Tensor c, double radius) { return like(c, lessen(Norms.flat("projection on the L1 ball", c), radius)); }

    /** The same of an array. */
    public static double[] onL1Ball(double[] c, double radius) { return lessen(c.clone(), radius); }

    private static double[] lessen(double[] x, double radius) {
        requireRadius(radius);
        if (Norms.p(x, 1) <= radius) return x;
        var sizes = new double[x.length];
        for (int i = 0; i < x.length; i++) sizes[i] = Math.abs(x[i]);
        simplex(sizes, radius);
        for (int i = 0; i < x.length; i++) x[i] = Math.copySign(sizes[i], x[i]);
        return x;
    }

    /**
     * On {@code x_i >= 0, sum x_i = total}: {@code max(c_i - theta, 0)} with the theta that gives the sum, found by sorting (Held, Wolfe and Crowder,
     * 1974). {@code O(n log n)}.
     */
    public static Tensor onSimplex(Tensor c, double total) { return like(c, simplex(Norms.flat("projection on the simplex", c), total)); }

    /** The same of an array. */
    public static double[] onSimplex(double[] c, double total) { return simplex(c.clone(), total); }

    /** In place. The largest entry is taken off first: a projection on the simplex does not see it, and sums of huge entries would lose the total. */
    private static double[] simplex(double[] x, double total) {
        if (!(total >= 0) || Double.isInfinite(total))
            throw new IllegalArgumentException("projection on the simplex: the total is " + total + "; it is finite and not negative");
        if (x.length == 0)
            throw new IllegalArgumentException("projection on the simplex: the vector is empty; it needs an entry to hold the total");
        double most = x[0];
        for (double v : x) most = Math.max(most, v);
        for (int i = 0; i < x.length; i++) x[i] -= most;
        double[] falling = x.clone();
        Arrays.sort(falling);
        double sum = 0, theta = 0;
        for (int j = 1, i = falling.length - 1; i >= 0; i--, j++) {
            sum += falling[i];
            double candidate = (sum - total) / j;
            if (falling[i] <= candidate) break;
            theta = candidate;
        }
        for (int i = 0; i < x.length; i++) x[i] = Math.max(x[i] - theta, 0);
        return x;
    }

    private static Tensor like(Tensor c, double[] x) { return Tensor.of(x, c.shape().toArray()).to(Matrices.resultType(c)); }

    private static void requireRadius(double radius) {
        if (!(radius >= 0)) throw new IllegalArgumentException("projection: the radius is " + radius + "; it is not negative");
    }
}
