package lyceum.models.generative.diffusion;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A random stream for each item of a batch, so that item i is the same whatever stands beside it: alone, in a batch of 8, in another order.
 *
 * {@snippet :
 * var noise = NoiseStreams.of(Rng.of(1), 16);                // item i draws from the i-th split
 * var again = NoiseStreams.seeds(7, 7, 9);                    // items by their own seeds; the first two are alike
 * }
 *
 * <p>For one sampling: its streams go on from call to call.
 */
public final class NoiseStreams {
    private final Rng[] streams;

    private NoiseStreams(Rng[] streams) {
        if (streams.length == 0) throw new IllegalArgumentException("NoiseStreams: no items; at least one is needed");
        this.streams = streams;
    }

    /** {@code n} streams, the i-th being {@code rng.split(i)}: they do not depend on n. */
    public static NoiseStreams of(Rng rng, int n) {
        var streams = new Rng[Math.max(0, n)];
        for (int i = 0; i < n; i++) streams[i] = rng.split(i);
        return new NoiseStreams(streams);
    }

    /** A stream for each seed. */
    public static NoiseStreams seeds(long... seeds) { return new NoiseStreams(Arrays.stream(seeds).mapToObj(Rng::of).toArray(Rng[]::new)); }

    /** How many items. */
    public int size() { return streams.length; }

    /** The next standard normal numbers of all items. @param shape of an item @return (n, shape) */
    public Tensor normal(DType dtype, long... shape) { return drawn(Rng::nextGaussian, shape).to(dtype); }

    /** The next numbers in (0, 1), all equally likely, F64. @param shape of an item @return (n, shape) */
    public Tensor uniform(long... shape) { return drawn(rng -> Math.max(Double.MIN_NORMAL, rng.nextDouble()), shape); }

    /**
     * A draw for each item from the softmax of its logits, by Gumbel's trick: the largest of scaled logits and noise.
     *
     * @param logits (n, k)
     * @param temperature that logits are divided by; at 0 the likeliest is taken and no number is drawn
     * @return (n), I64
     */
    public Tensor choose(Tensor logits, double temperature) {
        if (logits.rank() != 2 || logits.size(0) != streams.length) throw new ShapeException(
                "NoiseStreams.choose: logits " + logits.shape() + " for " + streams.length + " streams of noise; a row for each");
        if (temperature == 0) return logits.argmax(1);
        return logits.to(DType.F64).div(temperature).add(uniform(logits.size(1)).log().neg().log().neg()).argmax(1);
    }

    private Tensor drawn(ToDoubleFunction<Rng> number, long... shape) {
        long each = 1;
        for (long size : shape) each *= size;
        int count = Math.toIntExact(each), n = streams.length;
        var values = new double[Math.multiplyExact(n, count)];
        Parallel.range(n, Math.max(1, 2_000 / Math.max(1, count)), (from, to) -> {
            for (long i = from; i < to; i++) {
                var rng = streams[(int) i];
                int at = (int) i * count;
                for (int k = 0; k < count; k++) values[at + k] = number.applyAsDouble(rng);
            }
        });
        var whole = new long[shape.length + 1];
        whole[0] = n;
        System.arraycopy(shape, 0, whole, 1, shape.length);
        return Tensor.of(values, whole);
    }

    /** The next standard normal numbers, as many as x has. */
    public Tensor like(Tensor x) {
        if (x.size(0) != streams.length) throw new ShapeException("NoiseStreams: " + streams.length + " streams for a batch " + x.shape());
        return normal(x.dtype(), Arrays.copyOfRange(x.shape().toArray(), 1, x.rank()));
    }
}
