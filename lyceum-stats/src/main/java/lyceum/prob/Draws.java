package lyceum.prob;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Shapes and noise of tensor-valued draws. */
final class Draws {
    private Draws() {}

    static long[] joined(long[] first, long... then) {
        long[] all = Arrays.copyOf(first, first.length + then.length);
        System.arraycopy(then, 0, all, first.length, then.length);
        return all;
    }

    static Tensor noise(Rng rng, DType type, long[] shape, ToDoubleFunction<Rng> one) {
        long n = 1;
        for (long size : shape) n = Math.multiplyExact(n, size);
        var values = new double[Math.toIntExact(n)];
        for (int i = 0; i < values.length; i++) values[i] = one.applyAsDouble(rng);
        return Tensor.of(values, shape).to(type);
    }
}
