package lyceum.tensor;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;

/**
 * Runs code for the shapes it makes: operations check and report as ever, but nothing is computed, and their results are <i>hollow</i>: they have type,
 * shape and strides, and a word of memory that tells them apart. So a model that no machine could hold can be built and differentiated.
 *
 * <p>Hollow tensors belong to the run; using one afterwards is an error that says so. The gradients that leaves
 * collect in a run go with it. Values are undefined: whoever needs
 * them (a length of a loop, a mask of given lengths) cannot run this way.
 */
public final class ShapesOnly {
    private static final ScopedValue<Run> RUN = ScopedValue.newInstance();
    /** Kernels return nothing; the others are name and description. */
    private static final Backend IDLE = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> idle(proxy, method, arguments));

    /** @param scope that hollow tensors end with @param gradients that leaves had before */
    private record Run(Scope scope, Map<Tensor, Optional<Tensor>> gradients) {
        void restore() {
            gradients.forEach((leaf, gradient) -> {
                leaf.zeroGrad();
                gradient.ifPresent(leaf::collect);
            });
        }
    }

    private ShapesOnly() {}

    /** Runs {@code body} on this thread. */
    public static <T> T run(Supplier<T> body) {
        var result = new Object() {
            T value;
        };
        try (var scope = Scope.open("shapes only")) {
            var run = new Run(scope, new IdentityHashMap<>());
            try {
                ScopedValue.where(RUN, run)
                        .run(() -> Backend.with(IDLE, () -> Fusion.with(Fusion.Mode.SHAPES, () -> result.value = body.get())));
            } finally {
                run.restore();
            }
        }
        return result.value;
    }

    /** Whether this thread is in such a run, where tensors have no values to check. */
    public static boolean isRunning() { return Fusion.isShapesOnly(); }

    static void collect(Tensor leaf, Tensor gradient) {
        RUN.get().gradients.putIfAbsent(leaf, Optional.ofNullable(leaf.grad()));
        leaf.collect(gradient);
    }

    /** A hollow tensor of the run that is going on: for operations that would take memory of their own for their result. */
    public static Tensor tensor(DType type, long... sizes) {
        var shape = Shape.of(sizes);
        return new Tensor(hollow(type, shape), shape);
    }

    static View hollow(DType type, Shape shape) {
        return new View(type, Allocator.allocate(Double.BYTES, RUN.get().scope), 0, shape.sizes(), View.contiguousStrides(shape.sizes()));
    }

    private static Object idle(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "name", "toString" -> "shapes";
            case "description" -> "computes nothing";
            case "computes" -> false;
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> null;
        };
    }
}
