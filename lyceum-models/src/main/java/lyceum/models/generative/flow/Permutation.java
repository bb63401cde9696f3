package lyceum.models.generative.flow;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Another order of the numbers or channels on axis 1: place i has what was at {@code order[i]}. Volume stays. */
public final class Permutation extends FlowLayer {
    private final Tensor order;

    public Permutation(int... order) {
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        if (order.length == 0 || !Arrays.equals(sorted, IntStream.range(0, order.length).toArray())) throw new IllegalArgumentException(
                "Permutation: " + Arrays.toString(order) + " is not a permutation of 0 to " + (order.length - 1));
        this.order = Tensor.of(order).to(DType.I64).compute();
    }

    /** The last first: what stands between autoregressive layers. */
    public static Permutation reversal(int n) { return new Permutation(IntStream.range(0, n).map(i -> n - 1 - i).toArray()); }

    public static Permutation random(int n, Rng rng) { return new Permutation(rng.permutation(n)); }

    private Moved moved(Tensor x, Tensor by) {
        if (x.rank() < 2 || x.size(1) != order.count())
            throw new ShapeException("Permutation: items " + x.shape() + " for an order of " + order.count());
        return new Moved(x.indexSelect(1, by), none(x));
    }

    @Override public Moved transform(Tensor x, Pass pass) { return moved(x, order); }

    @Override public Moved inverse(Tensor y, Pass pass) { return moved(y, order.argsort(0)); }
}
