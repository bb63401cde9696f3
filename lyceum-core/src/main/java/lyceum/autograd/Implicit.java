package lyceum.autograd;

import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.LinearMap;
import lyceum.linalg.SingularMatrixException;
import lyceum.tensor.Tensor;

/**
 * Derivatives of what is defined by an equation: {@code z} with {@code F(z, theta) = 0}. However z was found, by the implicit function theorem
 * {@code dz/dtheta = -(dF/dz)^-1 dF/dtheta} at the solution; nothing is differentiated through the solver's iterations, and none are stored.
 *
 * {@snippet :
 * // The square root as the root of z^2 = theta.
 * Tensor z = Implicit.root((s, t) -> s.square().sub(t), Tensor.of(1.0), theta);
 * }
 */
public final class Implicit {
    private static final int STEPS = 100;

    private Implicit() {}

    /**
     * The root that {@code solve} finds, differentiable in {@code theta} to any order.
     *
     * @param solve finds z for a theta; runs unrecorded and may do anything
     * @param equation F(z, theta), of as many elements as z, with an invertible Jacobian in z at the solution
     * @throws lyceum.linalg.SingularMatrixException from the derivative, where the Jacobian is singular
     */
    public static Tensor root(UnaryOperator<Tensor> solve, BinaryOperator<Tensor> equation, Tensor theta) {
        return Primitive.of("root", in -> solve.apply(in[0]), (i, g, z, in) -> {
            var j = Autograd.jacobian(s -> equation.apply(s, in[0]), z);
            if (j.size(0) != j.size(1))
                throw new ShapeException("root: " + j.size(0) + " equations for " + j.size(1) + " unknowns; their numbers must agree");
            var lambda = Linalg.solve(j.transpose(), g.flatten().neg());
            var value = equation.apply(z.detach(), in[0].detach());
            return Autograd.vjp(t -> equation.apply(z, t), in[0], lambda.reshape(value.shape().toArray()));
        }).apply(theta);
    }

    /**
     * The root nearest to {@code start} in the sense of Newton's method, whose steps are halved where the residual does not fall.
     *
     * @throws ConvergenceException if the residual does not become small: says how large it stayed
     */
    public static Tensor root(BinaryOperator<Tensor> equation, Tensor start, Tensor theta) {
        return root(t -> newton(s -> equation.apply(s, t), start.detach()), equation, theta);
    }

    /**
     * {@code x} with {@code A(theta) x = b}, found by an iterative solver and differentiable in {@code theta} and {@code b} to any order. A gradient is one more solve, with the
     * transpose, which reverse mode gives; nothing is stored of the iterations.
     *
     * {@snippet :
     * Tensor x = Implicit.solve((t, v) -> v.mul(t), Tensor.of(2.0, 3), Tensor.of(1.0, 1), (a, side) -> new Gmres().solve(a, side).x());
     * }
     *
     * @param product {@code A(theta) x} of theta and a vector x, linear in x
     * @param b a vector
     * @param solver x for a map and a right-hand side; it is asked for the transposed map as well
     */
    public static Tensor solve(BinaryOperator<Tensor> product, Tensor theta, Tensor b, BiFunction<LinearMap, Tensor, Tensor> solver) {
        if (b.rank() != 1) throw new ShapeException("implicit solve: shape " + b.shape() + " where a vector is needed");
        int n = Math.toIntExact(b.size(0));
        return Primitive
                .of("implicit solve", in -> solver.apply(LinearMap.of(n, n, x -> product.apply(in[0], x)), in[1]), (i, g, x, in) -> {
                    BinaryOperator<Tensor> transposed = (t, y) -> Autograd.vjp(v -> product.apply(t, v), y.zerosLike(), y);
                    var back = solve(transposed, in[0], g, solver);
                    return i == 1 ? back : Autograd.vjp(t -> product.apply(t, x), in[0], back.neg());
                }).apply(theta, b);
    }

    private static Tensor newton(UnaryOperator<Tensor> f, Tensor start) {
        var z = start;
        var value = f.apply(z);
        double size = value.norm().item();
        for (int step = 0; step < STEPS && size > 0; step++) {
            var point = z;
            Tensor direction;
            try {
                direction = Linalg.solve(Autograd.jacobian(f, point), value.flatten()).reshape(point.shape().toArray());
            } catch (SingularMatrixException flat) {
                break; // no direction from here: the residual below tells whether this is a root all the same
            }
            double length = 1, next = Double.NaN;
            Tensor tried = null, there = null;
            while (!(next < size) && length > 1e-10) {
                tried = point.sub(direction.mul(length)).compute();
                there = f.apply(tried);
                next = there.norm().item();
                length /= 2;
            }
            if (!(next < size)) break; // rounding, or a minimum of the residual
            z = tried;
            value = there;
            size = next;
        }
        double scale = 1 + z.norm().item();
        if (!(size <= 1e-6 * scale))
            throw new ConvergenceException("root: the residual stays at " + size + "; start nearer, or check that there is a root");
        return z;
    }
}
