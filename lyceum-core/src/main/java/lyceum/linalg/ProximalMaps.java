package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.tensor.Tensor;

/**
 * Proximal maps of penalties: {@code prox(c) = argmin_x |x - c|_2^2 / 2 + strength * penalty(x)}, the step that replaces a gradient step where the
 * penalty has corners. {@code c - prox(c)} is {@code strength} times a subgradient of the penalty at the result.
 *
 * {@snippet :
 * x = ProximalMaps.softThreshold(x.sub(gradient.mul(rate)), rate * lambda);     // one step of the lasso
 * a = ProximalMaps.singularValues(a, lambda);                                   // one step of matrix completion
 * }
 *
 * <p>Results have the shape and float type of their argument. {@link #softThreshold(Tensor, double)} and {@link #ridge} are tensor operations and have
 * gradients, the others have none. {@code strength} is finite and not negative. What takes arrays gives new ones; NaN goes through them, where tensors
 * are checked. {@link lyceum.optim.Proximal} has these maps, and more, as functions to minimise.
 *
 * @see <a href="https://doi.org/10.1561/2400000003">Parikh and Boyd, Proximal Algorithms (2014), chapter 6</a>
 */
public final class ProximalMaps {
    private ProximalMaps() {}

    /** Of {@code |x|_1}: {@code sign(c_i) max(|c_i| - strength, 0)}, exactly 0 where {@code |c_i| <= strength}. */
    public static Tensor softThreshold(Tensor c, double strength) {
        requireStrength(strength);
        var x = c.to(Matrices.resultType(c));
        return x.sub(x.clamp(-strength, strength));
    }

    /** The same of an array. */
    public static double[] softThreshold(double[] c, double strength) {
        requireStrength(strength);
        var x = new double[c.length];
        for (int i = 0; i < x.length; i++) x[i] = softThreshold(c[i], strength);
        return x;
    }

    /** The same of one number, for loops: {@code strength} is not checked. */
    public static double softThreshold(double c, double strength) { return Math.abs(c) <= strength ? 0 : c - Math.copySign(strength, c); }

    /** Of {@code |x|_2^2 / 2}: {@code c / (1 + strength)}, which is 0 only where c is. */
    public static Tensor ridge(Tensor c, double strength) {
        requireStrength(strength);
        return c.div(1 + strength);
    }

    /** Of {@code |x|_2}, all entries as one block: {@code c max(1 - strength / |c|_2, 0)}. The block keeps its direction or vanishes whole. */
    public static Tensor blockShrink(Tensor c, double strength) {
        requireStrength(strength);
        return Tensor.of(shrink(Norms.flat("block shrink", c), strength), c.shape().toArray()).to(Matrices.resultType(c));
    }

    /** The same of an array. */
    public static double[] blockShrink(double[] c, double strength) {
        requireStrength(strength);
        return shrink(c.clone(), strength);
    }

    /** Of the sum of the rows' {@code |.|_2}: {@link #blockShrink(Tensor, double)} of each row of a matrix {@code (m, n)} by itself, as the group lasso does. */
    public static Tensor rowShrink(Tensor c, double strength) {
        requireStrength(strength);
        var rows = Matrices.rows("row shrink", c);
        for (double[] row : rows) shrink(row, strength);
        return Matrices.tensor(rows, (int) c.size(1), Matrices.resultType(c));
    }

    private static double[] shrink(double[] x, double strength) {
        Rows.scale(keptShare(Rows.norm(x, 0, x.length), strength), x, 0, x.length);
        return x;
    }

    /** What a block of this length keeps of it: {@code max(1 - strength / length, 0)}. {@code strength} is not checked. */
    public static double keptShare(double length, double strength) { return length <= strength ? 0 : 1 - strength / length; }

    /** Of {@code max |x_i|}: {@code c} less its projection on the L1 ball of radius {@code strength} (Moreau); the largest sizes are levelled. */
    public static Tensor maxNorm(Tensor c, double strength) {
        requireStrength(strength);
        return c.detach().to(Matrices.resultType(c)).sub(Projections.onL1Ball(c, strength));
    }

    /** Of the nuclear norm of a matrix: {@code U diag(max(s_i - strength, 0)) V^T}, which has a lower rank if singular values fall to 0. */
    public static Tensor singularValues(Tensor c, double strength) {
        requireStrength(strength);
        var rows = Matrices.rows("singular value threshold", c);
        int n = (int) c.size(1), kept = 0;
        var svd = Svd.of(rows, n, Svd.Method.GOLUB_KAHAN, SvdSteps.Vectors.THIN, DType.F64);
        double[] s = svd.singularValues();
        while (kept < s.length && s[kept] > strength) kept++;
        return Matrices.tensor(svd.combine(kept, value -> value - strength), n, Matrices.resultType(c));
    }

    private static void requireStrength(double strength) {
        if (!(strength >= 0) || Double.isInfinite(strength))
            throw new IllegalArgumentException("proximal map: strength is " + strength + "; it is finite and not negative");
    }
}
