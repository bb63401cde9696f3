package lyceum.autograd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.Lu;
import lyceum.linalg.Norms;
import lyceum.tensor.Tensor;

/**
 * A function from n numbers to m that knows how it composes: its Jacobian by the chain rule, a bound on its Lipschitz constant, and its inverse where
 * the parts have one.
 *
 * {@snippet :
 * var layer = Differentiable.affine(w, b).andThen(Differentiable.elementwise(5, Tensor::tanh, 1));
 * layer.jacobian(x);                       // diag(1 - tanh^2) W
 * layer.lipschitz();                       // the largest singular value of W
 * }
 *
 * <p>A composition is the list of its parts, innermost first; nesting leaves no trace, so that {@code (f.g).h} and {@code f.(g.h)} are the same list.
 * Arguments are (.., n) and results (.., m), as far as the parts work along the last axis; Jacobians are of one vector. Lipschitz constants are in the
 * Euclidean norm: of a composition the product, {@code |f(g(a)) - f(g(b))| <= Kf Kg |a - b|}, often far above the smallest one. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/1312.6199">Szegedy et al. (2014), section 4.3, for the bound on networks</a>
 */
public final class Differentiable {
    private final List<Part> parts;
    private final long inputs, outputs;

    /** One function that is not a composition; {@code back} is its inverse, null for none. */
    private record Part(long inputs, long outputs, UnaryOperator<Tensor> value, UnaryOperator<Tensor> jacobian, double lipschitz,
            UnaryOperator<Tensor> back, UnaryOperator<Tensor> backJacobian, double backLipschitz) {

        Tensor at(Tensor x) {
            var y = value.apply(x);
            if (y.rank() < 1 || y.size(-1) != outputs) throw new ShapeException("apply: a part from " + inputs + " to " + outputs
                    + " numbers gave shape " + y.shape() + " for " + x.shape() + "; its last axis has " + outputs);
            return y;
        }

        Part inverse() {
            if (back == null) throw new IllegalStateException(
                    "inverse: a part from " + inputs + " to " + outputs + " numbers has none; give it one with withInverse");
            return new Part(outputs, inputs, back, backJacobian, backLipschitz, value, jacobian, lipschitz);
        }
    }

    private Differentiable(long inputs, long outputs, List<Part> parts) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.parts = parts;
    }

    private static Differentiable of(Part part) { return new Differentiable(part.inputs, part.outputs, List.of(part)); }

    /** {@code f} from vectors of n numbers to vectors of m, with no bound (infinity) and no inverse as yet; its Jacobian is {@link Autograd#jacobian}. */
    public static Differentiable of(long inputs, long outputs, UnaryOperator<Tensor> f) {
        return of(new Part(inputs, outputs, f, x -> Autograd.jacobian(f, x), Double.POSITIVE_INFINITY, null, null, 0));
    }

    /** A function of one number applied to each of n. @param slope a bound on the size of its derivative */
    public static Differentiable elementwise(long n, UnaryOperator<Tensor> f, double slope) { return of(n, n, f).withLipschitz(slope); }

    /** {@code W x + b} for W (m, n) and b (m): its constant is the largest singular value; invertible if W is. */
    public static Differentiable affine(Tensor w, Tensor b) {
        if (w.rank() != 2 || b.rank() != 1 || b.size(0) != w.size(0))
            throw new ShapeException("affine: weights " + w.shape() + " and offsets " + b.shape() + "; they are (m, n) and (m)");
        UnaryOperator<Tensor> value = x -> x.matmul(w.transpose()).add(b), slope = x -> w;
        long m = w.size(0), n = w.size(1);
        if (m != n || !Lu.of(w.detach()).isNonsingular()) return of(new Part(n, m, value, slope, Norms.spectral(w), null, null, 0));
        var inverse = Linalg.inverse(w);
        UnaryOperator<Tensor> back = y -> y.sub(b).matmul(inverse.transpose());
        return of(new Part(n, n, value, slope, Norms.spectral(w), back, y -> inverse, Norms.spectral(inverse)));
    }

    /** {@code x -> x}, of no parts. */
    public static Differentiable identity(long n) { return new Differentiable(n, n, List.of()); }

    /** This function with a bound that the caller vouches for. */
    public Differentiable withLipschitz(double constant) {
        if (!(constant >= 0)) throw new IllegalArgumentException("withLipschitz: " + constant + " is not a bound; it is at least 0");
        return of(new Part(inputs, outputs, this::apply, this::jacobian, constant, isInvertible() ? y -> inverse().apply(y) : null,
                y -> inverse().jacobian(y), isInvertible() ? inverse().lipschitz() : 0));
    }

    /** This function with the inverse that the caller vouches for, and a bound on that one's Lipschitz constant (infinity for none). */
    public Differentiable withInverse(UnaryOperator<Tensor> inverse, double constant) {
        return of(
                new Part(inputs, outputs, this::apply, this::jacobian, lipschitz(), inverse, y -> Autograd.jacobian(inverse, y), constant));
    }

    public long inputs() { return inputs; }

    public long outputs() { return outputs; }

    /** f(x). */
    public Tensor apply(Tensor x) {
        require("apply", x);
        for (var part : parts) x = part.at(x);
        return x;
    }

    private void require(String operation, Tensor x) {
        if (x.rank() < 1 || x.size(-1) != inputs)
            throw new ShapeException(operation + ": an argument of shape " + x.shape() + " for a function of " + inputs + " numbers");
    }

    /** {@code x -> next(this(x))}, this first. @throws ShapeException if the sizes do not meet */
    public Differentiable andThen(Differentiable next) {
        if (next.inputs != outputs) throw new ShapeException(
                "andThen: the first function gives " + outputs + " numbers and the next takes " + next.inputs + "; they must agree");
        var all = new ArrayList<>(parts);
        all.addAll(next.parts);
        return new Differentiable(inputs, next.outputs, List.copyOf(all));
    }

    /** {@code this . first}, {@code x -> this(first(x))}. @throws ShapeException if the sizes do not meet */
    public Differentiable compose(Differentiable first) { return first.andThen(this); }

    /** {@code (x, y) -> (this(x), other(y))} on vectors laid end to end: a block-diagonal Jacobian, the larger of the constants. */
    public Differentiable product(Differentiable other) {
        var f = this;
        boolean both = isInvertible() && other.isInvertible();
        return of(new Part(inputs + other.inputs, outputs + other.outputs, x -> beside(f, other, x), x -> blocks(f, other, x),
                Math.max(lipschitz(), other.lipschitz()), both ? y -> beside(f.inverse(), other.inverse(), y) : null,
                y -> blocks(f.inverse(), other.inverse(), y), both ? Math.max(inverse().lipschitz(), other.inverse().lipschitz()) : 0));
    }

    private static Tensor beside(Differentiable f, Differentiable g, Tensor x) {
        return Tensor.concat(-1, f.apply(x.narrow(-1, 0, f.inputs)), g.apply(x.narrow(-1, f.inputs, g.inputs)));
    }

    private static Tensor blocks(Differentiable f, Differentiable g, Tensor x) {
        Tensor a = f.jacobian(x.narrow(-1, 0, f.inputs)), b = g.jacobian(x.narrow(-1, f.inputs, g.inputs));
        var above = Tensor.concat(1, a, Tensor.zeros(a.dtype(), f.outputs, g.inputs));
        return Tensor.concat(0, above, Tensor.concat(1, Tensor.zeros(b.dtype(), g.outputs, f.inputs), b));
    }

    /** {@code x -> (this(x), other(x))}: Jacobians one above the other, constant {@code sqrt(Kf^2 + Kg^2)}. */
    public Differentiable branch(Differentiable other) {
        if (other.inputs != inputs)
            throw new ShapeException("branch: functions of " + inputs + " and of " + other.inputs + " numbers; they must agree");
        return of(new Part(inputs, outputs + other.outputs, x -> Tensor.concat(-1, apply(x), other.apply(x)),
                x -> Tensor.concat(0, jacobian(x), other.jacobian(x)), Math.hypot(lipschitz(), other.lipschitz()), null, null, 0));
    }

    /** This function k times over; the inverse's |k|-th for a negative k, the identity for 0. */
    public Differentiable iterated(int k) {
        if (inputs != outputs) throw new ShapeException("iterated: from " + inputs + " to " + outputs + " numbers; they must agree");
        var once = k < 0 ? inverse() : this;
        var all = new ArrayList<Part>();
        for (int i = 0; i < Math.abs(k); i++) all.addAll(once.parts);
        return new Differentiable(inputs, inputs, List.copyOf(all));
    }

    public boolean isInvertible() { return parts.stream().allMatch(part -> part.back != null); }

    /** The inverses of the parts, last on, first off. @throws IllegalStateException if a part has none */
    public Differentiable inverse() {
        var back = new ArrayList<Part>();
        for (var part : parts) back.add(part.inverse());
        Collections.reverse(back);
        return new Differentiable(outputs, inputs, List.copyOf(back));
    }

    /** The Jacobian (m, n) at a vector x: {@code J_fg(x) = J_f(g(x)) J_g(x)}, multiplied from the input's side. */
    public Tensor jacobian(Tensor x) {
        require("jacobian", x);
        Tensor product = null;
        for (var part : parts) {
            var local = part.jacobian.apply(x);
            product = product == null ? local : local.matmul(product);
            x = part.at(x);
        }
        return product == null ? Tensor.eye(x.dtype(), inputs) : product;
    }

    /** A K with {@code |f(a) - f(b)| <= K |a - b|}: the product of the parts' bounds, infinity where one is not known. */
    public double lipschitz() {
        double product = 1;
        for (var part : parts) product *= part.lipschitz;
        return Double.isNaN(product) ? Double.POSITIVE_INFINITY : product; // a constant part (0) beside an unbounded one says nothing
    }
}
