package lyceum.bench.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.Supplier;
import lyceum.bench.CorePeer;

/** libtorch through DJL, on one thread. Results are closed at once: DJL frees nothing by itself. */
public final class LibTorch implements CorePeer {
    private final NDManager manager;

    public LibTorch() {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.offline", "true");
        manager = NDManager.newBaseManager();
    }

    @Override public String name() { return "libtorch " + ai.djl.engine.Engine.getInstance().getVersion() + " (DJL)"; }

    private NDArray random(long... shape) { return manager.randomNormal(new Shape(shape)); }

    private static Object closing(NDArray result) {
        result.close();
        return result;
    }

    @Override public Supplier<?> matmul(int n) {
        var a = random(n, n);
        var b = random(n, n);
        return () -> closing(a.matMul(b));
    }

    @Override public Supplier<?> add(int n) {
        var a = random(n, n);
        var b = random(n, n);
        return () -> closing(a.add(b));
    }

    @Override public Supplier<?> scale(int n) {
        var x = random(n);
        return () -> closing(x.mul(1.5f));
    }

    @Override public Supplier<?> chain(int n) {
        var x = random(n);
        return () -> {
            try (var scaled = x.mul(1.5f); var shifted = scaled.add(0.5f); var positive = ai.djl.nn.Activation.relu(shifted)) {
                return closing(positive.mul(0.3f));
            }
        };
    }
}
