package lyceum.linalg;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Spherical linear interpolation: along the great circle from u to v, at constant speed,
 * {@code sin((1 - t) w) / sin(w) u + sin(t w) / sin(w) v} for unit vectors at the angle w (Shoemake, 1985).
 *
 * {@snippet :
 * Tensor latent = Slerp.of(z0, z1, 0.5);                                       // stays on the shell where z0 and z1 are
 * Tensor merged = new Slerp().withLength(Slerp.Length.RAW).run(w0, w1, 0.3);   // as merging scripts do
 * Tensor turn = Slerp.quaternion(q0, q1, t);                                   // the short way round
 * }
 *
 * <p>Tensors of any shape are one vector; results have their shape and float type, computed in F64, and no gradient. The angle is taken by
 * {@code 2 atan2(|u - v|, |u + v|)}, so that it has its digits near 0 and pi; at 0 the weights are the linear ones, which is their limit. A tensor of zeros
 * has no direction: weights are then linear.
 *
 * @param length what becomes of lengths, {@link Length#LINEAR} by default
 * @param axis where to go if u and v are opposite and every way is shortest: towards the part of this vector that is orthogonal to u; null, the
 *        default, makes that an error
 * @see <a href="https://doi.org/10.1145/325334.325242">Shoemake (1985), Animating rotation with quaternion curves</a>
 */
@Withers
public record Slerp(Length length, Tensor axis) implements SlerpWithers {
    /** Sines of angles this near to pi have lost half of their digits. */
    private static final double OPPOSITE = 1e-8;

    /** What becomes of the lengths of u and v. */
    public enum Length {
        /** Directions go round, lengths go straight: {@code (1 - t) |u| + t |v|}. */
        LINEAR,
        /** Directions go round, lengths grow evenly: {@code |u|^(1 - t) |v|^t}. */
        GEOMETRIC,
        /** The sine weights on the vectors as they are; for lengths that differ, neither of the above. */
        RAW
    }

    public Slerp() { this(Length.LINEAR, null); }

    /** With the defaults. */
    public static Tensor of(Tensor u, Tensor v, double t) { return new Slerp().run(u, v, t); }

    /**
     * @param t from 0, u, to 1, v
     * @throws IllegalArgumentException if u and v are opposite and there is no axis
     */
    public Tensor run(Tensor u, Tensor v, double t) {
        if (!u.shape().equals(v.shape())) throw new ShapeException("slerp: shapes " + u.shape() + " and " + v.shape() + " differ");
        if (!(t >= 0 && t <= 1)) throw new IllegalArgumentException("slerp: t is " + t + "; it lies between 0 and 1");
        double[] x = Norms.flat("slerp", u), y = Norms.flat("slerp", v);
        int n = x.length;
        double a = Rows.norm(x, 0, n), b = Rows.norm(y, 0, n), first = 1 - t, second = t, size = 1;
        if (a > 0 && b > 0) {
            double minus = 0, plus = 0;
            for (int i = 0; i < n; i++) {
                double p = x[i] / a, q = y[i] / b;
                minus += (p - q) * (p - q);
                plus += (p + q) * (p + q);
            }
            double w = 2 * Math.atan2(Math.sqrt(minus), Math.sqrt(plus));
            size = length == Length.GEOMETRIC ? Math.pow(a, 1 - t) * Math.pow(b, t) : (1 - t) * a + t * b;
            if (Math.sqrt(plus) < OPPOSITE) {
                y = sideways(x, a);
                b = 1;
                first = Math.cos(t * Math.PI);
                second = Math.sin(t * Math.PI);
            } else if (w > 0) {
                first = Math.sin((1 - t) * w) / Math.sin(w);
                second = Math.sin(t * w) / Math.sin(w);
            }
            if (length != Length.RAW || Math.sqrt(plus) < OPPOSITE) {
                first *= size / a;
                second *= size / b;
            }
        }
        for (int i = 0; i < n; i++) x[i] = first * x[i] + second * y[i];
        return Tensor.of(x, u.shape().toArray()).to(Matrices.resultType(u));
    }

    /** The unit vector orthogonal to u towards the axis. */
    private double[] sideways(double[] u, double norm) {
        if (axis == null) throw new IllegalArgumentException(
                "slerp: the inputs are opposite, so that every direction is shortest; choose one by withAxis");
        double[] s = Norms.flat("slerp axis", axis);
        if (s.length != u.length) throw new ShapeException("slerp: an axis of " + s.length + " numbers for inputs of " + u.length);
        double before = Rows.norm(s, 0, s.length);
        for (int pass = 0; pass < 2; pass++) Rows.axpy(-Rows.dot(s, u, 0, u.length) / norm / norm, u, s, 0, u.length);
        double left = Rows.norm(s, 0, s.length);
        if (!(left > 1e-10 * before))
            throw new IllegalArgumentException("slerp: the axis is parallel to the inputs; choose one that is not");
        Rows.scale(1 / left, s, 0, s.length);
        return s;
    }

    /**
     * Between rotations as quaternions {@code (4)}, in any order of their parts: q and -q are one rotation, so q1 is negated if its inner product with
     * q0 is negative, and the way is never longer than half a turn. Inputs are normalised, and so is the result.
     */
    public static Tensor quaternion(Tensor q0, Tensor q1, double t) {
        Tensor p = unit(q0), q = unit(q1);
        return of(p, p.dot(q).item() < 0 ? q.neg() : q, t).to(Matrices.resultType(q0));
    }

    private static Tensor unit(Tensor q) {
        if (q.rank() != 1 || q.size(0) != 4)
            throw new ShapeException("slerp: shape " + q.shape() + " is not a quaternion; it has 4 numbers");
        double norm = Norms.p(q, 2);
        if (norm == 0) throw new IllegalArgumentException("slerp: a quaternion of zeros is no rotation");
        return q.detach().to(DType.F64).div(norm);
    }
}
