package lyceum.nn;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/**
 * Modules whose large parameters have shapes and no memory: to count a published model, to list its names, and to be given a checkpoint's
 * tensors by
 * {@link Module#with} without a second copy of them.
 *
 * {@snippet :
 * var skeleton = Skeleton.of(() -> new Linear(50_000, 50_000, Rng.of(1)));
 * long count = skeleton.parameterCount();                                        // 2,500,050,000
 * }
 *
 * <p>Linear and convolution layers, embeddings and tables of positions leave their weights out; norms, biases and other small parameters
 * are there. A large weight of a skeleton
 * reads as zero everywhere and must not be written.
 */
public final class Skeleton {
    private static final ScopedValue<Boolean> BUILDING = ScopedValue.newInstance();

    private Skeleton() {}

    /** What {@code build} makes, without its large weights. */
    public static <M extends Module> M of(Supplier<M> build) { return ScopedValue.where(BUILDING, true).call(build::get); }

    /** A large parameter of a skeleton: zero everywhere, in one number's memory. Where nothing has memory anyway, it is like any other. */
    static Tensor blank(DType dtype, long... shape) {
        return ShapesOnly.isRunning() ? Tensor.zeros(dtype, shape) : Tensor.zeros(dtype).expand(shape);
    }

    /** Whether what is being built is a skeleton. */
    public static boolean isBuilding() { return BUILDING.isBound(); }
}
