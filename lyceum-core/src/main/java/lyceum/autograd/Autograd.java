package lyceum.autograd;

import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Backward;
import lyceum.tensor.Checkpoint;
import lyceum.tensor.Forward;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * Derivatives of functions from tensors to tensors.
 *
 * {@snippet :
 * UnaryOperator<Tensor> slope = Autograd.grad(x -> x.pow(3).sum());
 * slope.apply(Tensor.of(2.0));                          // [12.]
 * Autograd.hessian(x -> x.pow(3).sum(), x);             // diag(6 x)
 * }
 *
 * <p>All of them nest: the gradient of a function that calls {@link #grad} is exact. The functions passed in must not write in place, but may use
 * any Java control flow.
 */
public final class Autograd {
    private Autograd() {}

    /** Runs {@code body} without recording: for inference and parameter updates. */
    public static <T> T noGrad(Supplier<T> body) { return GradMode.stopped(body); }

    public static void noGrad(Runnable body) {
        GradMode.stopped(() -> {
            body.run();
            return null;
        });
    }

    /** The function {@code x -> df(x)/dx} of a scalar-valued {@code f}. */
    public static UnaryOperator<Tensor> grad(UnaryOperator<Tensor> f) { return x -> valueAndGrad(f, x).gradient(); }

    /** A value and its gradient. */
    public record ValueAndGradient(Tensor value, Tensor gradient) {}

    public static ValueAndGradient valueAndGrad(UnaryOperator<Tensor> f, Tensor x) {
        var pulled = pullback(f, x);
        if (pulled.value.count() != 1)
            throw new ShapeException("grad: f gives shape " + pulled.value.shape() + ", not a scalar; use vjp or jacobian");
        return new ValueAndGradient(pulled.value, pulled.back.apply(pulled.value.onesLike()));
    }

    /** Gradients of a scalar with respect to recorded tensors; with {@code recorded} they can themselves be differentiated. */
    public static Tensor[] gradients(Tensor output, Tensor[] inputs, boolean recorded) {
        if (output.count() != 1) throw new ShapeException("gradients: shape " + output.shape() + " is not a scalar");
        return recorded ? Backward.gradients(output, output.onesLike(), inputs, true)
                : GradMode.stopped(() -> Backward.gradients(output, output.onesLike(), inputs, false));
    }

    /** {@code f(x)}, and the function {@code v -> v' J} that pulls a gradient back through it. */
    public record Pullback(Tensor value, UnaryOperator<Tensor> back) {}

    /** Reverse mode as a function: one evaluation, any number of pull-backs. */
    public static Pullback pullback(UnaryOperator<Tensor> f, Tensor x) {
        var leaf = Backward.entrance(x);
        var y = GradMode.with(true, () -> f.apply(leaf));
        if (!y.isTracked()) return new Pullback(y, v -> x.zerosLike());
        boolean outside = Backward.reachesBehind(y, leaf);
        var value = outside && GradMode.isRecording() ? y : Backward.exit(y);
        // The pull-back is recorded when something outside may differentiate it: what f reads, or v, carries a history.
        return new Pullback(value,
                v -> Backward.gradients(y, v, new Tensor[] {leaf}, GradMode.isRecording() && (outside || v.isTracked()))[0]);
    }

    /** Vector-Jacobian product {@code v' J} at x: reverse mode, one sweep. v has the shape of f(x). */
    public static Tensor vjp(UnaryOperator<Tensor> f, Tensor x, Tensor v) { return pullback(f, x).back.apply(v); }

    /**
     * Jacobian-vector product {@code J v} at x, v in the shape of x: the derivative of f along v, by forward mode. It is computed along with the value, at
     * about the cost of two more evaluations, and saves nothing: memory does not grow with the length of f (inside {@link #noGrad(Supplier)}, if f reads recorded
     * tensors). What f does on other threads is treated as constant.
     */
    public static Tensor jvp(UnaryOperator<Tensor> f, Tensor x, Tensor v) { return valueAndJvp(f, x, v).tangent(); }

    /** {@code f(x)} and {@code J v}. @see #jvp */
    public static Forward.Dual valueAndJvp(UnaryOperator<Tensor> f, Tensor x, Tensor v) {
        requireDirection("jvp", x, v);
        return Forward.along(f, x, v);
    }

    static void requireDirection(String operation, Tensor x, Tensor v) {
        if (!v.shape().equals(x.shape()))
            throw new ShapeException(operation + ": direction " + v.shape() + " at a point of shape " + x.shape() + "; they must agree");
    }

    /**
     * The Jacobian, of shape (elements of f(x), elements of x): row i is the gradient of output i. By rows, one pull-back each, or, where f has more
     * outputs than inputs, by columns, one {@link #jvp} each: whichever {@link Mode#cheaper} picks.
     */
    public static Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
        if (x.count() == 0) return jacobian(f, x, Mode.REVERSE);
        var first = Mode.column(f, x, 0); // tells the number of outputs, and is of use if there are many
        return Mode.cheaper(x.count(), first.value().count()) == Mode.FORWARD ? Mode.columns(f, x, first) : Mode.REVERSE.jacobian(f, x);
    }

    /** The Jacobian by a given mode. @see #jacobian(UnaryOperator, Tensor) */
    public static Tensor jacobian(UnaryOperator<Tensor> f, Tensor x, Mode mode) {
        return x.count() == 0 ? Tensor.zeros(x.dtype(), f.apply(x).count(), 0) : mode.jacobian(f, x);
    }

    /** The Hessian of a scalar-valued f, of shape (elements of x, elements of x): forward over reverse, column by column. */
    public static Tensor hessian(UnaryOperator<Tensor> f, Tensor x) { return hessian(f, x, Mode.FORWARD); }

    /**
     * The Hessian as the Jacobian of the gradient.
     *
     * @param mode of the second derivative; the first is always by reverse mode. {@link Mode#BATCHED_FORWARD} runs one program for all columns
     */
    public static Tensor hessian(UnaryOperator<Tensor> f, Tensor x, Mode mode) {
        return x.count() == 0 ? Tensor.zeros(x.dtype(), 0, 0) : mode.jacobian(grad(f), x);
    }

    /** Hessian-vector product {@code H v} of a scalar-valued f, forward over reverse, at the cost of a few gradients. */
    public static Tensor hvp(UnaryOperator<Tensor> f, Tensor x, Tensor v) {
        requireDirection("hvp", x, v);
        return jvp(grad(f), x, v);
    }

    /**
     * Taylor coefficients {@code c_0 .. c_order} of {@code t -> f(x + t v)}: {@code c_k} is the k-th directional derivative over k!, in the shape
     * of f(x). One pass in O(order^2); f is traced, so its branches are those taken at x. See Griewank and Walther (2008), chapter 13.
     *
     * <p>An operation without a series rule, such as lgamma or a user-defined one, is handled by nested push-forwards.
     */
    public static Tensor[] taylor(UnaryOperator<Tensor> f, Tensor x, Tensor v, int order) { return Taylor.coefficients(f, x, v, order); }

    /**
     * Gradients of {@code f(x, example)} with respect to x for each entry of the first axis of {@code examples}, along a new first axis: one program for
     * all of them. @see #vmap(Function, Tensor...)
     */
    public static Tensor perSample(BinaryOperator<Tensor> f, Tensor x, Tensor examples) {
        return vmap(in -> grad(t -> f.apply(t, in[0])).apply(x), examples);
    }

    /**
     * {@code f(x)} whose intermediate values are not kept for the gradient but recomputed when it is needed: memory for time. Gradients reach x
     * and all else that f reads, such as a layer's parameters.
     *
     * <p>f runs again, so it must do the same each time: draw from a stream that it creates itself ({@code rng.split(layer)}), write to nothing. What it
     * computes belongs to a {@link lyceum.memory.Scope} that ends with it; f keeps none of it elsewhere.
     */
    public static Tensor checkpoint(UnaryOperator<Tensor> f, Tensor x) { return Checkpoint.of(f, x); }

    /**
     * As {@link #checkpoint(UnaryOperator, Tensor)} for an f that draws, such as a layer with dropout: the state of the stream is kept, and the second run
     * draws what the first drew.
     */
    public static Tensor checkpoint(BiFunction<Tensor, Rng, Tensor> f, Tensor x, Rng rng) { return checkpoint(redrawing(f, rng), x); }

    /** Whether the function of a {@link #checkpoint} runs again: what it counts or averages over its runs has seen this one already. */
    public static boolean isRecomputing() { return Checkpoint.isAgain(); }

    /** Draws from {@code rng} the first time, and the same again every further time. */
    static UnaryOperator<Tensor> redrawing(BiFunction<Tensor, Rng, Tensor> f, Rng rng) {
        var before = new Rng[1];
        return x -> {
            if (before[0] != null) return f.apply(x, before[0].copy());
            before[0] = rng.copy();
            return f.apply(x, rng);
        };
    }

    /**
     * {@code f} of each entry of an axis, the results stacked along it.
     *
     * @see #vmap(Function, Tensor...)
     */
    public static Tensor vmap(Function<Tensor, Tensor> f, Tensor x, int axis) {
        return vmap(in -> f.apply(in[0]), x.moveAxis(axis, 0)).moveAxis(0, axis);
    }

    /**
     * {@code f} of the entries of each argument along its first axis, the results along a new first axis. f runs once, on the first entries; what it does is
     * then done for the whole batch, by as many kernels as for one entry. Equal to a loop: bit for bit for element-wise work, else to the rounding of
     * another order of sums. It nests with itself, {@link #grad} and {@link #jvp}, inside and outside. An operation of the user without a batching rule
     * is done entry by entry. What f does not get as an argument, random draws too, is the same for every entry.
     *
     * @return of an empty batch, nothing: shape (0, ..)
     * @throws ShapeException if the batches differ in size, or one is a scalar
     * @throws lyceum.LyceumException if f reads a value that depends on the entry (item, toDoubleArray, a mask's places): one entry would decide for all
     */
    public static Tensor vmap(Function<Tensor[], Tensor> f, Tensor... batches) { return Vmap.map(f, batches); }
}
