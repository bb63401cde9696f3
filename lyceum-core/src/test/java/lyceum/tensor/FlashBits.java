package lyceum.tensor;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.FlashAttention.Order;

/** Prints a hash of the bits of what {@link FlashAttention} gives, for a JVM of so many threads. */
public final class FlashBits {
    static final int RESULTS = 4 * (4 * 4 + 3 * 4 + 3 * 4);

    private FlashBits() {}

    public static void main(String[] args) {
        System.out.println("threads " + Parallel.threads());
        Attention[] options = {new Attention(), new Attention().withCausal(true), new Attention().withWindow(70),
                new Attention().withCausal(true).withPacking(Packing.of(200, 50, 350))};
        FlashAttention[] ways = {new FlashAttention(), new FlashAttention().withQueryTile(48).withKeyTile(64).withSplits(3),
                new FlashAttention().withPipelined(true).withQueryTile(64), new FlashAttention().withOrder(Order.KEYS_OUTER)};
        // Heads enough for a task a thread; and so few tasks that threads share what is in one, or keys are split.
        bits(options, ways, 6, 600, 600);
        bits(Arrays.copyOf(options, 3), ways, 2, 100, 600);
        bits(Arrays.copyOf(options, 3), ways, 4, 1, 5000);
    }

    private static void bits(Attention[] options, FlashAttention[] ways, int heads, int queries, int keys) {
        for (var option : options) for (var way : ways) {
            Tensor q = Tensor.randn(Rng.of(1), 1, heads, queries, 64).compute(), k = Tensor.randn(Rng.of(2), 1, 2, keys, 64).compute(),
                    v = Tensor.randn(Rng.of(3), 1, 2, keys, 64).compute(), g = Tensor.randn(Rng.of(4), 1, heads, queries, 64).compute();
            var forward = way.forward(option, q, k, v);
            var gradients = way.backward(option, q, k, v, forward, g);
            for (var x : new Tensor[] {forward.out(), gradients.q(), gradients.k(), gradients.v()})
                System.out.println("bits " + Arrays.hashCode(x.toFloatArray()));
        }
    }
}
