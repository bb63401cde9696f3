package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.RealSchur;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * Exponential, logarithm and square root of square matrices, one or a batch, with gradients of any order.
 *
 * {@snippet :
 * Tensor rotation = MatrixFunctions.exp(Tensor.of(new double[][] {{0, -1}, {1, 0}}));     // by one radian
 * }
 *
 * <p>Computed in F64. The gradient reads the derivative off a matrix of twice the size, {@code f([[A, E], [0, A]])}, whose upper right block it is (Mathias 1996), and
 * asks nothing of {@code A} but what the function itself does.
 */
public final class MatrixFunctions {
    private static final double[] PADE = {64764752532480000., 32382376266240000., 7771770303897600., 1187353796428800., 129060195264000.,
            10559470521600., 670442572800., 33522128640., 1323241920., 40840800., 960960., 16380., 182., 1.};
    /** One-norm up to which the approximant of degree 13 is exact to rounding. */
    private static final double REACH = 5.371920351148152;
    /** Gauss and Legendre's points and weights on (0, 1), seven of them: a Pade approximant of {@code log(1 + x)} in partial fractions. */
    private static final double[] POINTS = {0.025446043828620738, 0.12923440720030278, 0.29707742431130141, 0.5, 0.70292257568869859,
            0.87076559279969722, 0.97455395617137926},
            WEIGHTS = {0.064742483084434847, 0.13985269574463833, 0.19091502525255947, 0.20897959183673469, 0.19091502525255947,
                    0.13985269574463833, 0.064742483084434847};
    private static final int MOST = 100;
    private static final String LOG = "matrix logarithm", SQRT = "matrix square root";

    private MatrixFunctions() {}

    /** {@code e^A}, by scaling, a Pade approximant of degree 13, and squaring (Higham 2005). */
    public static Tensor exp(Tensor a) { return Leading.each(a, x -> of("matrix exponential", x, MatrixFunctions::exponential, false)); }

    /**
     * The principal logarithm: by square roots to near the identity, a Pade approximant there, and doubling (Kenney and Laub 1989).
     *
     * @throws IllegalArgumentException if an eigenvalue is real and not positive: it has none
     */
    public static Tensor log(Tensor a) { return Leading.each(a, x -> of(LOG, x, MatrixFunctions::logarithm, true)); }

    /**
     * The principal square root, whose eigenvalues have positive real parts, by Denman and Beavers' iteration in product form (Cheng, Higham, Kenney and Laub 2001).
     *
     * @throws IllegalArgumentException if an eigenvalue is real and not positive: {@link SymmetricEigen#function} takes semidefinite matrices
     */
    public static Tensor sqrt(Tensor a) { return Leading.each(a, x -> of(SQRT, x, m -> root(SQRT, m), true)); }

    /** @param principal whether eigenvalues are looked at; those of the gradient's matrix are the same up to rounding, which may carry a small one across */
    private static Tensor of(String name, Tensor a, UnaryOperator<Tensor> f, boolean principal) {
        return CustomOp.of(name, in -> {
            Matrices.square(name, in[0]);
            if (in[0].size(0) == 0) return in[0];
            var wide = in[0].to(DType.F64);
            if (principal) requireNoneOnTheCut(name, wide);
            return f.apply(wide).to(Matrices.resultType(in[0]));
        }, (i, g, out, in) -> {
            long n = in[0].size(0);
            // Linear in the gradient: as large as the matrix, so that neither drowns the other.
            double size = g.detach().abs().max().item(), factor = size == 0 ? 1 : Math.max(1e-3, in[0].detach().abs().max().item()) / size;
            Tensor t = in[0].transpose(), above = Tensor.concat(1, t, g.mul(factor)), below = Tensor.concat(1, t.zerosLike(), t);
            return of(name, Tensor.concat(0, above, below), f, false).narrow(0, 0, n).narrow(1, n, n).div(factor);
        }).apply(a);
    }

    private static double oneNorm(Tensor a) { return a.abs().sum(0).max().item(); }

    private static Tensor exponential(Tensor a) {
        int squarings = Math.max(0, Math.getExponent(oneNorm(a) / REACH) + 1);
        var x = a.mul(Math.scalb(1.0, -squarings));
        Tensor one = Tensor.eye(DType.F64, a.size(0)), x2 = x.matmul(x), x4 = x2.matmul(x2), x6 = x4.matmul(x2);
        var odd = x.matmul(x6.matmul(x6.mul(PADE[13]).add(x4.mul(PADE[11])).add(x2.mul(PADE[9]))).add(x6.mul(PADE[7])).add(x4.mul(PADE[5]))
                .add(x2.mul(PADE[3])).add(one.mul(PADE[1])));
        var even = x6.matmul(x6.mul(PADE[12]).add(x4.mul(PADE[10])).add(x2.mul(PADE[8]))).add(x6.mul(PADE[6])).add(x4.mul(PADE[4]))
                .add(x2.mul(PADE[2])).add(one.mul(PADE[0]));
        var result = Lu.of(even.sub(odd)).solve(even.add(odd));
        for (int i = 0; i < squarings; i++) result = result.matmul(result).compute();
        return result;
    }

    private static Tensor logarithm(Tensor a) {
        var one = Tensor.eye(DType.F64, a.size(0));
        var x = a;
        int roots = 0;
        while (oneNorm(x.sub(one)) > 0.26) {
            x = root(LOG, x);
            if (++roots > MOST) throw new ConvergenceException(LOG + ": " + MOST + " square roots do not come near the identity");
        }
        var small = x.sub(one).compute();
        var sum = small.zerosLike();
        for (int j = 0; j < POINTS.length; j++) sum = sum.add(Lu.of(one.add(small.mul(POINTS[j]))).solve(small).mul(WEIGHTS[j]));
        return sum.mul(Math.scalb(1.0, roots));
    }

    /** {@code M -> 1, X -> sqrt(A)}; scaled by the determinant while it is far. */
    private static Tensor root(String name, Tensor a) {
        long n = a.size(0);
        Tensor one = Tensor.eye(DType.F64, n), m = a, x = a;
        double last = Double.POSITIVE_INFINITY;
        for (int k = 0; k < MOST; k++) {
            var lu = Lu.of(m);
            double scale = last > 0.01 ? Math.exp(-lu.logAbsDet() / (2 * n)) : 1;
            Tensor inverse = lu.inverse().mul(1 / (scale * scale)), scaled = m.mul(scale * scale);
            x = x.mul(0.5 * scale).matmul(one.add(inverse)).compute();
            m = one.add(scaled.add(inverse).mul(0.5)).mul(0.5).compute();
            double gap = oneNorm(m.sub(one));
            if (gap <= n * 0x1p-52 || last < 1e-6 && gap >= last) return x;
            if (!(gap < Double.POSITIVE_INFINITY)) break;
            last = gap;
        }
        throw new ConvergenceException(name + ": no convergence in " + MOST + " steps; an eigenvalue is next to the negative real axis");
    }

    private static void requireNoneOnTheCut(String name, Tensor a) {
        var schur = RealSchur.of(Matrices.rows(name, a));
        for (int i = 0; i < schur.n; i++)
            if (schur.imaginary[i] == 0 && schur.real[i] <= 0) throw new IllegalArgumentException(name + ": eigenvalue " + schur.real[i]
                    + " is real and not positive, and has no principal value; a positive multiple of the identity moves it");
    }
}
