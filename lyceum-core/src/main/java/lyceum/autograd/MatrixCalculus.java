package lyceum.autograd;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Gradients of scalar functions of a matrix: {@code G} with {@code dL = tr(G' dX)}, which has the shape of X and needs no layout convention. A catalogue
 * of the textbook's identities, and a check for those one derives oneself.
 *
 * {@snippet :
 * UnaryOperator<Tensor> loss = w -> y.sub(x.matmul(w)).square().sum();         // |Y - XW|^2
 * Tensor g = x.transpose().matmul(y.sub(x.matmul(w))).mul(-2);                 // -2 X'(Y - XW)
 * MatrixCalculus.check(loss, g, w, Rng.of(1)).holds();                         // true
 * MatrixCalculus.extract((at, d) -> Linalg.solve(at, d).trace(), s);        // the gradient read off d log det X = tr(X^-1 dX)
 * }
 *
 * <p>The matrix-valued operations themselves, with their rules in both modes, are in {@link lyceum.linalg.Linalg}: solve, inverse, det, logDet, kron,
 * cholesky, eigh, svd, pinv; products and traces in {@link Tensor}. Try an identity on matrices that are not square, or not symmetric: a transposed
 * gradient fits everywhere else.
 *
 * @see <a href="https://doi.org/10.1002/9781119541219">Magnus and Neudecker, Matrix Differential Calculus (3rd ed., 2019)</a>
 */
public final class MatrixCalculus {
    private MatrixCalculus() {}

    /**
     * An identity of the catalogue.
     *
     * @param loss what is differentiated, such as {@code tr(AXB)}
     * @param gradient its gradient, such as {@code A'B'}
     * @param isSymmetric whether the gradient equals its transpose, or is a vector, so that transposing it is no mistake
     */
    public record Identity(String loss, String gradient, boolean isSymmetric, Drawing drawing) {
        /** Constants and a point drawn from {@code rng}; X is about (rows, columns) where the identity leaves that open, else square or as it says. */
        public Instance draw(Rng rng, int rows, int columns) { return drawing.draw(rng, rows, columns); }
    }

    /** Draws an instance of an identity. */
    @FunctionalInterface
    public interface Drawing {
        Instance draw(Rng rng, int rows, int columns);
    }

    /** An identity with its constants: a point, the function, and the gradient by the identity's formula. */
    public record Instance(Tensor x, UnaryOperator<Tensor> loss, UnaryOperator<Tensor> gradient) {}

    /** Twenty-six identities, from {@code a'Xb} to the largest eigenvalue. */
    public static List<Identity> catalogue() { return MatrixIdentities.ALL; }

    /**
     * How far a claimed gradient is from what it should be, each over the size of its largest entry where that is above 1.
     *
     * @param autodiff largest gap to reverse mode
     * @param differences largest gap to central differences, entry by entry
     * @param direction gap of {@code tr(G'D)} to the change of the loss along a random D, by a fourth-order difference
     */
    public record Check(double autodiff, double differences, double direction) {
        /** Within 1e-9, 1e-5 and 1e-8; for F64. */
        public boolean holds() { return autodiff < 1e-9 && differences < 1e-5 && direction < 1e-8; }
    }

    /**
     * Checks a gradient that somebody derived.
     *
     * @param gradient in the shape of x
     * @param rng for the direction
     * @throws DTypeException if x is not F64: the differences need its digits
     * @throws ShapeException if the shapes differ: then it is transposed, or of something else
     */
    public static Check check(UnaryOperator<Tensor> loss, Tensor gradient, Tensor x, Rng rng) {
        if (x.dtype() != DType.F64) throw new DTypeException("check: a point of type " + x.dtype() + "; make it F64 with to(DType.F64)");
        if (!gradient.shape().equals(x.shape())) throw new ShapeException("check: a gradient of shape " + gradient.shape()
                + " at a point of shape " + x.shape() + "; dL = tr(G'dX) needs one of the same shape");
        double size = Math.max(1, gradient.abs().max().item());
        double autodiff = gap(Autograd.grad(loss).apply(x), gradient), differences = gap(differences(loss, x), gradient);
        var d = Tensor.randn(rng, x.dtype(), x.shape().toArray()).compute();
        double change = directional(loss, x, d), claimed = gradient.mul(d).sum().item();
        return new Check(autodiff / size, differences / size, Math.abs(change - claimed) / Math.max(size, Math.abs(claimed)));
    }

    private static double gap(Tensor a, Tensor b) {
        double largest = a.sub(b).abs().max().item();
        return Double.isNaN(largest) ? Double.POSITIVE_INFINITY : largest;
    }

    /** {@code (L(X + hE) - L(X - hE)) / 2h} for each entry, with h = 1e-5. */
    public static Tensor differences(UnaryOperator<Tensor> loss, Tensor x) {
        double h = 1e-5;
        var at = x.toDoubleArray();
        var g = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double here = at[i];
            at[i] = here + h;
            double above = valueAt(loss, at, x);
            at[i] = here - h;
            g[i] = (above - valueAt(loss, at, x)) / (2 * h);
            at[i] = here;
        }
        return Tensor.of(g).reshape(x.shape().toArray());
    }

    private static double valueAt(UnaryOperator<Tensor> loss, double[] at, Tensor like) {
        return loss.apply(Tensor.of(at.clone()).reshape(like.shape().toArray())).item();
    }

    /** The derivative along d by five points: {@code (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h}, h = 1e-3; the error falls with h^4. */
    public static double directional(UnaryOperator<Tensor> loss, Tensor x, Tensor d) {
        double h = 1e-3;
        return (8 * (along(loss, x, d, h) - along(loss, x, d, -h)) - (along(loss, x, d, 2 * h) - along(loss, x, d, -2 * h))) / (12 * h);
    }

    private static double along(UnaryOperator<Tensor> loss, Tensor x, Tensor d, double t) {
        return loss.apply(x.add(d.mul(t)).compute()).item();
    }

    /**
     * Reads G off a differential: {@code G_ij} is dL at the matrix that is 1 at (i, j) and 0 elsewhere.
     *
     * @param differential {@code (X, dX) -> dL}, a scalar that is linear in dX
     * @throws IllegalArgumentException if it is not linear in dX
     */
    public static Tensor extract(BinaryOperator<Tensor> differential, Tensor x) {
        int n = Math.toIntExact(x.count());
        var shape = x.shape().toArray();
        var g = new double[n];
        for (int i = 0; i < n; i++) g[i] = differential.apply(x, Tensor.arange(n).eq(i).to(x.dtype()).reshape(shape)).item();
        var gradient = Tensor.of(g).reshape(shape);
        var d = Tensor.randn(Rng.of(n), DType.F64, shape).compute();
        double direct = differential.apply(x, d.to(x.dtype())).item(), read = gradient.mul(d).sum().item();
        if (!(Math.abs(direct - read) <= 1e-6 * Math.max(1, Math.abs(read)))) throw new IllegalArgumentException(
                "extract: dL is " + direct + " along a matrix where its parts add up to " + read + "; a differential is linear in dX");
        return gradient.to(x.dtype());
    }

    /** {@code (G + G') / 2}: the gradient among symmetric matrices. See Srinivasan and Panda (2023). */
    public static Tensor symmetrised(Tensor g) { return g.add(g.transpose()).mul(0.5); }
}
