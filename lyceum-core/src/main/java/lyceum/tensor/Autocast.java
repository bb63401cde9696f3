package lyceum.tensor;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.backend.Parallel;

/**
 * Chooses the element type operator by operator: products (matmul, affine maps, convolutions, attention) are computed in a half-width type, sums and
 * what is made of exponentials (sum, mean, log-sum-exp, softmax, its logarithm) in F32, and all else in the type of its operands. F64 and integers are left alone. A conversion is
 * recorded like any operation, so that gradients come back in the type of the tensor they belong to.
 *
 * {@snippet :
 * Tensor loss = Autocast.in(DType.BF16, () -> criterion.of(model.forward(x, pass), y));      // parameters stay F32
 * }
 *
 * <p>A scoped value that {@link Parallel} carries into its workers. A function that is computed again in the sweep (a checkpoint) must be swept
 * inside as well.
 *
 * @see <a href="https://arxiv.org/abs/1710.03740">Micikevicius and others (2018), Mixed Precision Training</a>
 */
public final class Autocast {
    private static final ScopedValue<DType> TYPE = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound. */
    private static volatile boolean ever;

    static {
        Parallel.carry(TYPE);
    }

    private Autocast() {}

    /**
     * Runs {@code body} with products in {@code type}: BF16 or F16, or F32 to switch off an outer one.
     *
     * @throws DTypeException if the type is another
     */
    public static <T> T in(DType type, Supplier<T> body) {
        if (type != DType.BF16 && type != DType.F16 && type != DType.F32)
            throw new DTypeException("Autocast: " + type + " cannot be used for products; take BF16 or F16, or F32 to switch Autocast off");
        ever = true;
        return ScopedValue.where(TYPE, type).call(body::get);
    }

    /** The type of products here, F32 where none was asked for. */
    public static DType type() { return ever && TYPE.isBound() ? TYPE.get() : DType.F32; }

    /** An operand of a product; may be null. */
    static Tensor low(Tensor x) {
        if (x == null || !ever || !TYPE.isBound()) return x;
        var type = TYPE.get();
        if (type == DType.F32 || x.dtype() == type || !x.dtype().isFloat() || x.dtype() == DType.F64) return x;
        return isTurned(x) ? x.transpose().to(type).transpose() : x.to(type);
    }

    /**
     * True for a weight (outputs, inputs) seen as the right matrix: its copy lies as it does, since to turn it on the way takes several times as long
     * (half of a training step of GPT-2's blocks), and its gradient would lie turned, too.
     */
    private static boolean isTurned(Tensor x) {
        var view = x.viewIfStored();
        if (view == null || x.rank() < 2) return false;
        long[] strides = view.strides();
        return strides[strides.length - 2] == 1 && strides[strides.length - 1] > 1;
    }

    /** x as an operand of a sum: in F32 if products here are half as wide. What a loss makes of a model's output. */
    public static Tensor high(Tensor x) {
        return ever && x.dtype().isFloat() && x.dtype().bytes() == 2 && TYPE.isBound() && TYPE.get() != DType.F32 ? x.to(DType.F32) : x;
    }
}
